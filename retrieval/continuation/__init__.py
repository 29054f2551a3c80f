"""Going on with a playlist.

values      request and answer
models      one Protocol: co-occurrence in playlists, closeness in sound
continuer   `PlaylistContinuer`: resolve, score, fuse, order, explain
asking      from a request to what the list should be
resolving   which tracks a file's entries are, or why not
sequencing  from scores to a list that plays well, by
            selecting (no song twice), filling (how many, how long, of whom), arcs (of energy), transitions (what
            follows what), objective (all of it as one number), moves and ordering (local search), inserting (into gaps)
reshaping   a list made another length, order or course as a whole
servers     songs and playlists of music servers
listening   what somebody listened to, as playlists to learn from
feedback    what was liked, skipped and disliked, as a lean of the next list
recipes     going on with a stored playlist; refreshing a standing one
"""
