"""Simulated dialogues with gold plans and gold tracks, drawn from a catalogue.

values      a dialogue, its turns, and JSON Lines of them
canonical   one form for wishes that mean the same
facets      the wishes that hold for a track, with the words for them
templates   what users say: ``templates.toml``, split by template
everyday    messages with their kinds alone, for the router: ``everyday.toml``
noise       typos, lower case, fillers, ellipsis
moves       what a turn may be, and what it does to the dialogue
drawing     a goal, a cascade of wishes, and other intents between them
"""
