"""Scores in two dimensions, after GETMusic (Lv et al., 2023): four parts and a row of chords by sixteenths.

A cell of a part is a rest, a pitch that is struck, or a pitch that is held: so each cell tells what sounds in it. A
cell of the last row is the chord of its half bar (its bar in 3/4), 0 where none is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

PARTS = 4
ROWS = PARTS + 1
CHORDS = PARTS
STEPS = 96
REST, STRUCK = 0, 1
LOWEST, HIGHEST = 33, 93
PITCHES = HIGHEST - LOWEST + 1
HELD = STRUCK + PITCHES
TOKENS = HELD + PITCHES
MASK = TOKENS
QUALITIES = ((0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 8), (0, 4, 7, 10))
CHORD_TOKENS = 1 + 12 * len(QUALITIES)
METRES = ("4/4", "3/4", "6/8")
BAR = {"4/4": 16, "3/4": 12, "6/8": 12}
SPAN = {"4/4": 8, "3/4": 12, "6/8": 6}  # sixteenths a chord
PLACES = sum(BAR.values())
Grid = NDArray[np.int64]
Line = Sequence[tuple[int, int, int]]


def places(metre: str, steps: int) -> Grid:
    """Return ``(steps,)``: which sixteenth of the bar each step is, counted on over the metres there are."""
    before = sum(BAR[name] for name in METRES[: METRES.index(metre)])
    return before + np.arange(steps) % BAR[metre]


def learned(signature: str) -> str:
    """Return which of `METRES` a time signature of the composer is written in: two bars of 2/4 are one of 4/4."""
    return signature if signature in METRES else "4/4"


def laid(line: Line, steps: int) -> Grid:
    """Lay one part: notes as (start, length, pitch) in sixteenths, pitches moved by octaves into the range."""
    row = np.full(steps, REST, np.int64)
    for start, length, pitch in sorted(line):
        if 0 <= start < steps:
            at = within(pitch) - LOWEST
            row[start:] = REST  # what came before ends
            row[start : start + max(1, length)] = HELD + at
            row[start] = STRUCK + at
    return row


def within(pitch: int) -> int:
    """Move a MIDI pitch by octaves into the range of the grid."""
    while pitch < LOWEST:
        pitch += 12
    while pitch > HIGHEST:
        pitch -= 12
    return pitch


def notes_in(row: Grid) -> list[tuple[int, int, int]]:
    """Read a part back: (start, length, pitch) in sixteenths; a pitch held after another one is struck."""
    notes: list[tuple[int, int, int]] = []
    before = -1
    for at, token in enumerate(row.tolist()):
        pitch = sounding(token)
        if pitch >= 0 and token >= HELD and pitch == before:
            start, length, _ = notes[-1]
            notes[-1] = (start, length + 1, pitch)
        elif pitch >= 0:
            notes.append((at, 1, pitch))
        before = pitch
    return notes


def sounding(token: int) -> int:
    """Return the MIDI pitch of a cell, -1 for a rest."""
    return -1 if token == REST else LOWEST + (token - STRUCK) % PITCHES


def chord_token(root: int, tones: Iterable[int]) -> int:
    """Return the token of a chord given by pitch classes: the quality that shares most tones; 0 for no tones."""
    steps = {(tone - root) % 12 for tone in tones}
    if not steps:
        return 0
    agree = [2 * len(steps & set(quality)) - len(quality) for quality in QUALITIES]
    return 1 + root % 12 * len(QUALITIES) + int(np.argmax(agree))
