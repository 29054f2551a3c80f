"""Harmony: chords by bar for the whole piece, cadences where sections end, and voicings that move little."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from agent.generation.form import Form, Section
from agent.generation.styles import PROGRESSIONS, STYLE_PROGRESSIONS, Style
from agent.generation.symbols import Symbol
from agent.generation.theory import AnyChord, Chord, Key

# In these styles a minor key closes with its major dominant; in the others with the flat seventh.
_CLASSICAL_CLOSE = frozenset({"orchestral", "jazz", "latin", "waltz", "piano", "folk", "epic", "chiptune", "dark"})


def plan_harmony(form: Form, style: Style, harmony: str, key: Key, rng: np.random.Generator) -> list[Chord]:
    """Choose a chord for every bar of the body; the piece ends on the tonic after the last of them.

    Args:
        form: the sections.
        style: gives the size of chords and how long each stays.
        harmony: the mood's kind of harmony, a key of `PROGRESSIONS`.
        key: major or minor decides which progressions there are.
        rng: draws among them.
    """
    table = STYLE_PROGRESSIONS.get((key.is_minor, style.name), PROGRESSIONS[key.is_minor, harmony])
    verse, bridge = (str(rng.choice(choices)) for choices in table)
    third = str(rng.choice(table[1])) if any(section.name == "C" for section in form.sections) else bridge
    held = style.bars_per_chord * (2 if form.metre.sixteenths < 12 else 1)
    chords: list[Chord] = []
    for index, section in enumerate(form.sections):
        text = bridge if section.name in {"B", "break"} else third if section.name == "C" else verse
        bars = laid_out([chord_of(word, style, key) for word in text.split()], section, held)
        last = index == len(form.sections) - 1
        if last or section.name == "B":
            bars = closed(bars, style, key, whole=last)
        chords += bars
    return chords


def given_harmony(bars: int, asked: Sequence[tuple[Symbol, ...]]) -> list[tuple[Symbol, ...]]:
    """Return chords that were asked for over all bars; fewer repeat from the first."""
    return [asked[bar % len(asked)] for bar in range(bars)]


def tonic(style: Style, key: Key) -> Chord:
    """Build the chord that the piece ends on: a triad, or with its sixth and seventh left to the style."""
    return Chord(0, min(style.chord_size, 4) if style.name in {"jazz", "lofi", "latin"} else 3)


def chord_of(word: str, style: Style, key: Key, shift: int = 0) -> Chord:
    """Read a chord of a progression, such as ``5!``, moved up by so many degrees."""
    raised = word.endswith("!") and key.is_minor
    degree = (int(word.rstrip("!")) - 1 + shift) % 7
    size = max(style.chord_size, 4) if raised else style.chord_size
    if size >= 5 and (key.pitch(degree + 8) - key.pitch(degree)) % 12 != 2:
        size = 4  # a flat ninth bites
    return Chord(degree, size, raised and key.scale[6] == 10)


def laid_out(progression: list[Chord], section: Section, held: int) -> list[Chord]:
    """Repeat the progression over the section; slow styles hold each chord, if the section leaves room for it."""
    hold = held if section.bars >= 2 * held else 1
    return [progression[(bar // hold) % len(progression)] for bar in range(section.bars)]


def closed(bars: list[Chord], style: Style, key: Key, *, whole: bool) -> list[Chord]:
    """Lead the end of a section back home: a dominant last, and before the very end a chord that prepares it."""
    size = style.chord_size
    if not key.is_minor:
        dominant = Chord(4, min(max(size, 3), 4))
    elif style.name in _CLASSICAL_CLOSE and key.scale[6] == 10:
        dominant = Chord(4, max(min(size, 4), 3), raised=True)
    else:
        dominant = Chord(6, 3)
    closed = [*bars[:-1], dominant] if bars else []
    if whole and len(closed) >= 4:
        closed[-2] = Chord(3, min(size, 4)) if style.name not in {"jazz", "lofi"} else Chord(1, min(size, 4))
    return closed


def voice(chords: Sequence[AnyChord], key: Key, low: int, high: int, *, notes: int = 4) -> list[tuple[int, ...]]:
    """Voice each chord between two pitches so that the parts move as little as they can.

    Args:
        chords: one after the other.
        key: gives the pitches.
        low: lowest MIDI pitch.
        high: highest MIDI pitch; at least 16 above `low`.
        notes: voices, 3 or 4; a triad in four voices doubles its root.

    Returns:
        Rising MIDI pitches a chord; none for one without tones.
    """
    voicings: list[tuple[int, ...]] = []
    centre = (low + high) / 2
    previous: tuple[int, ...] | None = None
    for chord in chords:
        classes = list(chord.classes(key))
        if not classes:
            voicings.append(())
            continue
        options = _options(classes, low, high, notes)
        previous = min(options, key=lambda option: _cost(option, previous, centre))
        voicings.append(previous)
    return voicings


def _options(classes: list[int], low: int, high: int, notes: int) -> list[tuple[int, ...]]:
    if len(classes) > notes:
        classes = [classes[0], classes[1], *classes[3:]][:notes]  # the fifth can be spared first
    while len(classes) < notes:
        classes.append(classes[0])
    options = []
    for order in set(itertools.permutations(classes)):
        for start in range(low, low + 12):
            if start % 12 != order[0]:
                continue
            pitches = [start]
            for pitch_class in order[1:]:
                pitches.append(pitches[-1] + ((pitch_class - pitches[-1]) % 12 or 12))
            options += [
                tuple(pitch + 12 * up for pitch in pitches) for up in (0, 1, 2) if pitches[-1] + 12 * up <= high
            ]
    return options or [tuple(sorted(low + (pitch_class - low) % 12 for pitch_class in classes))]


def _cost(option: tuple[int, ...], previous: tuple[int, ...] | None, centre: float) -> float:
    spread = option[-1] - option[0]
    muddy = sum(upper - lower < 3 and lower < 55 for lower, upper in itertools.pairwise(option))
    gaps = [upper - lower for lower, upper in itertools.pairwise(option)]
    crowded = 5 * sum(gap == 1 for gap in gaps) + 2 * max(0, sum(gap == 2 for gap in gaps) - 1)
    cost = crowded + abs(sum(option) / len(option) - centre) * 0.35 + max(0, spread - 14) * 0.6 + 4 * muddy
    if previous is None:
        return cost
    moves = [new - old for new, old in zip(option, previous, strict=True)]
    parallel = all(move > 0 for move in moves) or all(move < 0 for move in moves)
    return cost + sum(abs(move) for move in moves) + 2.5 * parallel
