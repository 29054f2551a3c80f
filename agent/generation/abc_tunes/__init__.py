"""Tunes that a language model writes in ABC notation, after tunes that people wrote.

exemplars   songs to write like, in any key
notating    a passage as ABC
reading     ABC as a tune that was checked bar by bar
writing     asking, and asking again for what was wrong
arranging   a tune as a piece
backend     the generator
"""
