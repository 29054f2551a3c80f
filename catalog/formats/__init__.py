"""Playlist files: M3U8, XSPF and JSPF, read and written as values; nothing in them is ever opened or fetched.

- `values`: `PlaylistDocument`, `PlaylistEntry`, `PlaylistFormatError`, the limits.
- `playlist`: `read_playlist` (looks at the content, not at the extension) and `write_playlist`.
- `m3u`, `xspf`, `jspf`: one format each. `locations`: paths and URIs.
"""
