"""Going on with a playlist.

values      request and answer
models      one Protocol: co-occurrence in playlists, closeness in sound
continuer   `PlaylistContinuer`: resolve, score, fuse, fill, explain
"""
