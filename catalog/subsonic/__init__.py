"""Music servers that speak OpenSubsonic (https://opensubsonic.netlify.app): Navidrome, Gonic, Ampache and others.

- `values`: songs and playlists of a server, `SubsonicError`.
- `client`: `SubsonicClient`: list the library and the playlists, write a playlist back. Nothing is connected at import.
"""
