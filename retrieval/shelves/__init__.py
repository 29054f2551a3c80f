"""The library as its owner sees it.

browsing    filtered, sorted pages with counts
statistics  what there is, counted
duplicates  tracks that are one recording, and which of them to keep
positions   the music map: two dimensions of the music space
"""
