"""Going on with a playlist.

values      request and answer
models      one Protocol: co-occurrence in playlists, closeness in sound
continuer   `PlaylistContinuer`: resolve, score, fuse, fill, explain
feedback    what was liked, skipped and disliked, as a lean of the next list
recipes     going on with a stored playlist; refreshing a standing one
"""
