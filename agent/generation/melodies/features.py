"""What the network sees: the same numbers when it learns from whole passages and when it writes event by event.

Three levels, as in CM-HRNN (Guo et al., 2019): a bar is told by what sounded in the bar before and its chords, a beat
by what sounded in the beat before and its chord, a note by the event before, its place in the bar, the chord now and
next, how many notes a bar are wanted, and what began at the same place one, two and four bars earlier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from agent.generation.melodies.passages import PITCHES, REST, ZERO, Event, Harmony
from encoders.values import FloatArray

BEAT = 4
LONGEST_BAR = 16
LOOK_BACK = (1, 2, 4)
LENGTHS = 33  # 0 is none
TOKENS = PITCHES + 2  # REST, and none
NONE = REST + 1
CHORD = 24
BAR_INPUT = LONGEST_BAR + 15 + 2 * CHORD
BEAT_INPUT = BEAT + 15 + CHORD
PLACE = LONGEST_BAR + 2 + 2 * CHORD + 2
_BUSIEST = 8.0


def chord_row(chord: Harmony | None) -> FloatArray:
    """Return ``(24,)``: root and tones as pitch classes; zeros where there is none or it is unknown."""
    row = np.zeros(CHORD, np.float32)
    if chord is not None and chord.tones:
        row[chord.root] = 1
        row[[12 + tone for tone in chord.tones]] = 1
    return row


def content_row(sounding: Sequence[int], struck: Sequence[bool], size: int) -> FloatArray:
    """Tell what sounded in a bar or beat: where notes began, the share of each pitch class and of rests, mean and last.

    Args:
        sounding: the pitch token in each sixteenth.
        struck: whether a note begins there.
        size: sixteenths that there is room for; a bar of three beats leaves the last ones empty.

    Returns:
        ``(size + 15,)``.
    """
    row = np.zeros(size + 15, np.float32)
    row[: len(struck)] = struck
    pitches = [pitch for pitch in sounding if pitch < PITCHES]
    for pitch in pitches:
        row[size + (pitch - ZERO) % 12] += 1 / len(sounding)
    row[size + 12] = 1 - len(pitches) / max(len(sounding), 1)
    if pitches:
        row[size + 13] = (sum(pitches) / len(pitches) - 18) / 12
        row[size + 14] = (pitches[-1] - 18) / 12
    return row


def chord_at(chords: Sequence[tuple[Harmony, Harmony]], sixteenth: int, bar: int) -> Harmony | None:
    """Return the chord at a sixteenth of the passage; None behind its end."""
    number, inside = divmod(sixteenth, bar)
    return chords[number][inside >= 8] if number < len(chords) else None


def place_row(
    at: int, bar: int, minor: bool, chords: Sequence[tuple[Harmony, Harmony]], density: float | None
) -> FloatArray:
    """Tell where an event begins: its place in the bar, metre, mode, the chord now and half a bar on, notes a bar."""
    row = np.zeros(PLACE, np.float32)
    row[at % bar] = 1
    row[LONGEST_BAR], row[LONGEST_BAR + 1] = bar == LONGEST_BAR, minor
    first = LONGEST_BAR + 2
    row[first : first + CHORD] = chord_row(chord_at(chords, at, bar))
    following = at // 8 * 8 + 8 if bar == LONGEST_BAR else at // bar * bar + bar
    row[first + CHORD : first + 2 * CHORD] = chord_row(chord_at(chords, following, bar))
    if density is not None:
        row[-2], row[-1] = density / _BUSIEST, 1
    return row


def remembered(at: int, bar: int, begun: Mapping[int, Event]) -> list[tuple[int, int]]:
    """Return length and pitch of what began here one, two and four bars ago; (0, none) where nothing did."""
    found = (begun.get(at - back * bar) for back in LOOK_BACK)
    return [(0, NONE) if event is None else (event.length, event.pitch) for event in found]


def densities(events: Sequence[Event], bars: int, bar: int) -> list[float]:
    """Return notes a bar around each bar: the mean of it and its neighbours."""
    counts = np.zeros(bars)
    at = 0
    for event in events:
        if event.pitch < PITCHES and at // bar < bars:
            counts[at // bar] += 1
        at += event.length
    return [float(counts[max(0, n - 1) : n + 2].mean()) for n in range(bars)]
