"""Playlist files: M3U8, XSPF, JSPF and CSV, read and written as values; PLS read. Nothing in them is opened or fetched.

- `values`: `PlaylistDocument`, `PlaylistEntry`, `PlaylistFormatError`, the limits.
- `playlist`: `read_playlist` (looks at the content, not at the extension), `read_playlist_file` and `write_playlist`.
- `m3u`, `xspf`, `jspf`, `tables` (CSV), `pls`: one format each.
- `musicbrainz`: identifiers, and the extension of MusicBrainz and ListenBrainz.
- `listens`: ListenBrainz's export of what somebody listened to.
- `locations`: paths and URIs. `labels`: artist and title out of one text.
"""
