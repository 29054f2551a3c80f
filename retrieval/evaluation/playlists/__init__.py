"""Playlist continuation, measured as in the RecSys Challenge 2018.

metrics     R-precision with artist credit, NDCG, recommended-songs clicks
scenarios   the ten kinds of request, cut out of whole lists
datasets    readers: playlists with a title and tracks, from several sources, split by playlist
challenge   the Million Playlist Dataset: slices, challenge set, submission with the official checks
run         trains every model, asks every scenario, tables with intervals
"""
