"""Chords under tunes that were handed over, found by the infilling model: one for each half bar, each bar of 3/4.

The model sees the tunes and nothing else; what it finds is told as a degree of the key where it is one, so that styles
can add their sevenths, else by its symbol.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from agent.generation.infilling.filling import fill
from agent.generation.infilling.grid import BAR, CHORDS, MASK, QUALITIES, ROWS, SPAN, laid, learned
from agent.generation.infilling.network import Told
from agent.generation.metre import Metre
from agent.generation.symbols import parse_symbol
from agent.generation.theory import AnyChord, Chord, Key
from agent.generation.tunes import Tune

_ROOTS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_SUFFIXES = ("", "m", "dim", "aug", "7")


def chords_under(
    lines: Mapping[int, Tune], key: Key, metre: Metre, bars: int, size: int, rng: np.random.Generator
) -> list[tuple[AnyChord, ...]]:
    """Return the chords of each bar, one or two.

    Args:
        lines: tunes by the part they are of, 0 is the top one of four.
        key: what they are in.
        metre: how long a bar is.
        bars: how many.
        size: tones a chord of the key, 3 to 5.
        rng: draws.
    """
    name = learned(metre.name)
    steps = bars * metre.sixteenths
    grid = np.full((ROWS, -(-steps // BAR[name]) * BAR[name]), MASK)
    for row, tune in lines.items():
        line = [(round(note.start), max(1, round(note.length)), note.pitch) for note in tune.notes]
        grid[row] = laid(line, grid.shape[1])
    told = Told(name, key.tonic, key.is_minor, song=len(lines) == 1)
    found = fill(grid, told, rng, wanted=())[CHORDS]
    every = min(SPAN[name], metre.sixteenths)
    by_bar = [
        [int(found[at]) for at in range(bar * metre.sixteenths, (bar + 1) * metre.sixteenths, every)]
        for bar in range(bars)
    ]
    return [tuple(named(token, key, size) for token in dict.fromkeys(tokens)) for tokens in by_bar]


def named(token: int, key: Key, size: int) -> AnyChord:
    """Return a chord of the grid as a degree of a key, where it is one, else by its symbol."""
    root, quality = divmod(token - 1, len(QUALITIES))
    classes = frozenset((root + step) % 12 for step in QUALITIES[quality])
    degrees = [Chord(degree, tones) for degree in range(7) for tones in (3, 4)]
    if key.is_minor:
        degrees += [Chord(4, tones, raised=True) for tones in (3, 4)]
    for chord in degrees:
        if frozenset(chord.classes(key)) == classes and chord.classes(key)[0] == root:
            return Chord(chord.degree, max(chord.size, min(size, 4)), chord.raised)
    return parse_symbol(_ROOTS[root] + _SUFFIXES[quality])
