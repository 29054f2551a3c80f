"""The room under the video desk.

timeline    what is known of a film, as it is kept; a stretch of it as a clip of its own
matching    where in a track to begin, so that what sets in falls on the cuts
onsets      the onset curves of tracks, made once and kept
files       where clips, thumbnails, proxies and renders lie
desk        films, suggestions and offsets
sheets      a cue sheet as what its files are written from
gone        cues whose track was deleted
jobs        renders, proxies and the search for every cut, in the background
"""
