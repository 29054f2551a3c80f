"""Melody: a motif, repeated and varied over the harmony, in four-bar phrases that breathe and come to rest.

Each kind of section has its motif: the rhythm of two bars and the moves between its notes. It is laid over the chords:
notes on strong beats and long notes become chord tones, the others pass between them by step. Returns of a section
bring the same tune back, ornamented; the last phrase of the piece leads to the tonic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from agent.generation.form import PHRASE, Form, Section
from agent.generation.instruments import Instrument
from agent.generation.notes import GridNote
from agent.generation.theory import Chord, Key

Cell = tuple[tuple[int, int], ...]
# (start, length) in sixteenths over half a bar of four beats, from calm to busy.
_CELLS_CALM: tuple[Cell, ...] = (((0, 8),), ((0, 6), (6, 2)), ((0, 4), (4, 4)), ((4, 4),))
_CELLS_MIDDLE: tuple[Cell, ...] = (
    ((0, 4), (4, 2), (6, 2)),
    ((0, 2), (2, 2), (4, 4)),
    ((0, 3), (3, 3), (6, 2)),
    ((2, 2), (4, 4)),
    ((0, 6), (6, 2)),
)
_CELLS_BUSY: tuple[Cell, ...] = (
    ((0, 2), (2, 2), (4, 2), (6, 2)),
    ((0, 3), (3, 1), (4, 2), (6, 2)),
    ((0, 1), (1, 1), (2, 2), (4, 4)),
    ((0, 2), (2, 4), (6, 2)),
)
_CELLS_THREE: tuple[Cell, ...] = (
    ((0, 8), (8, 4)),
    ((0, 4), (4, 4), (8, 4)),
    ((0, 4), (4, 2), (6, 2), (8, 4)),
    ((0, 6), (6, 2), (8, 4)),
    ((0, 2), (2, 2), (4, 4), (8, 4)),
)
# Moves in scale steps from note to note: turns, arches, falls, and leaps that step back.
_SHAPES: tuple[tuple[int, ...], ...] = (
    (1, 1, -1, -1, -1),
    (-1, -1, 1, 1),
    (2, -1, -1, 1),
    (1, -1, 2, -1),
    (4, -1, -1, -1),
    (-2, 1, 1, 1),
    (0, 1, 1, -2),
    (3, -1, -1, 1, -1),
    (-1, 1, -1, -2, 1),
)


@dataclass(frozen=True, slots=True)
class _Motif:
    """Rhythm and moves of one bar."""

    rhythm: Cell
    moves: tuple[int, ...]


# Where the bars of a phrase begin, in scale steps from the section's home: lines that go somewhere.
_ARCS: tuple[tuple[int, ...], ...] = ((0, 1, 2), (0, 2, 4), (2, 1, 0), (0, 2, 1), (2, 4, 1), (0, -1, 2), (4, 2, 0))


@dataclass(slots=True)
class Melodist:
    """Writes one melody line; what it has invented for a section comes back when the section does."""

    form: Form
    key: Key
    instrument: Instrument
    busy: float
    rng: np.random.Generator
    _motifs: dict[tuple[str, int], _Motif] = field(default_factory=dict)
    _homes: dict[str, tuple[int, tuple[int, ...]]] = field(default_factory=dict)

    def write(self, chords: Sequence[Chord]) -> list[GridNote]:
        """Write the tune for all sections that sing; introduction and break stay without."""
        notes: list[GridNote] = []
        sung: set[str] = set()
        for section in self.form.sections:
            if section.name in {"intro", "break"}:
                continue
            letter = "B" if section.name == "B" else "A"
            for first in range(0, section.bars, PHRASE):
                bars = range(section.start + first, section.start + min(first + PHRASE, section.bars))
                phrase = self._phrase(section, letter, bars, chords)
                notes += self._ornamented(phrase) if letter in sung else phrase
            sung.add(letter)
        return notes

    def final_pitch(self) -> int:
        """Give the tonic in the middle of the instrument's range, the note to end on."""
        return self.key.pitch(self._near_centre(0))

    def _near_centre(self, degree: int) -> int:
        centre = self.instrument.low + 0.5 * (self.instrument.high - self.instrument.low)
        return min(
            (degree + 7 * octave for octave in range(-4, 5)), key=lambda step: abs(self.key.pitch(step) - centre)
        )

    def _home(self, letter: str) -> tuple[int, tuple[int, ...]]:
        """Recall or draw where a section's phrases begin; the contrasting section lies higher."""
        if letter not in self._homes:
            home = self._near_centre(int(self.rng.choice([0, 2, 4]))) + (2 if letter == "B" else 0)
            self._homes[letter] = (home, _ARCS[int(self.rng.integers(len(_ARCS)))])
        return self._homes[letter]

    def _motif(self, letter: str, bar: int) -> _Motif:
        """Recall or invent: bars 1 and 3 of a phrase share a motif, bar 2 answers."""
        place = (letter, bar % 2)
        if place not in self._motifs:
            rhythm = self._rhythm()
            shape = _SHAPES[int(self.rng.integers(len(_SHAPES)))]
            self._motifs[place] = _Motif(rhythm, tuple(shape[index % len(shape)] for index in range(len(rhythm))))
        return self._motifs[place]

    def _rhythm(self) -> Cell:
        if self.form.metre.sixteenths == 12:
            return _CELLS_THREE[int(self.rng.integers(len(_CELLS_THREE)))]
        first, second = self._cell(), self._cell()
        return first + tuple((start + 8, length) for start, length in second)

    def _cell(self) -> Cell:
        draw = float(self.rng.uniform(-0.25, 0.25)) + self.busy
        cells = _CELLS_CALM if draw < 0.35 else _CELLS_MIDDLE if draw < 0.72 else _CELLS_BUSY
        return cells[int(self.rng.integers(len(cells)))]

    def _phrase(self, section: Section, letter: str, bars: range, chords: Sequence[Chord]) -> list[GridNote]:
        notes: list[GridNote] = []
        home, arc = self._home(letter)
        position = home
        for inside, bar in enumerate(bars):
            if inside == len(bars) - 1:
                laid = self._cadence(bar, chords[bar], position)
            else:
                start = self._settle(self._inside(home + arc[inside]), chords[bar])
                laid, position = self._lay(self._motif(letter, inside), bar, chords[bar], start)
            notes += [replace(note, velocity=note.velocity + 10 * section.level) for note in laid]
        return notes

    def _cadence(self, bar: int, chord: Chord, position: int) -> list[GridNote]:
        """End a phrase: two steps towards a chord tone that is held, with room to breathe after it."""
        if bar == self.form.bars - 1:  # the tonic comes next: come to rest beside it
            position = self._near_centre(0) + 1
        goal = self._settle(self._inside(position), chord)
        side = 1 if goal <= position or self.key.pitch(goal) - 4 < self.instrument.low else -1
        whole = self.form.metre.sixteenths
        plan = ((0, 4, goal + 2 * side), (4, 4, goal + side), (8, whole - 9, goal))
        return [
            GridNote(bar, start, length, self.key.pitch(step, chord), 78 + (8 if start == 0 else 0))
            for start, length, step in plan
        ]

    def _lay(self, motif: _Motif, bar: int, chord: Chord, position: int) -> tuple[list[GridNote], int]:
        notes = []
        for index, (start, length) in enumerate(motif.rhythm):
            if index:
                before = position
                position = self._inside(position + motif.moves[index])
                if start % 8 == 0 or length >= 6:
                    position = self._settle(position, chord, avoid=before if motif.moves[index] else None)
            stress = 8 if start == 0 else 4 if start % 8 == 0 else 0
            notes.append(GridNote(bar, start, length * 0.96, self.key.pitch(position, chord), 78 + stress))
        return notes, position

    def _settle(self, position: int, chord: Chord, avoid: int | None = None) -> int:
        """Move to the nearest chord tone, rather not to the one to avoid; of equals to the one nearer the middle."""
        centre = self._near_centre(0) + 2
        near = [position + move for move in range(-3, 4) if chord.has(position + move)]
        return self._inside(
            min(near, key=lambda step: (abs(step - position) + 2 * (step == avoid), abs(step - centre)))
        )

    def _inside(self, position: int) -> int:
        while self.key.pitch(position) > self.instrument.high - 2:
            position -= 7
        while self.key.pitch(position) < self.instrument.low + 2:
            position += 7
        return position

    def _ornamented(self, phrase: list[GridNote]) -> list[GridNote]:
        """Vary a returning phrase: some long notes are split by a repeated or neighbouring note."""
        varied: list[GridNote] = []
        for note in phrase:
            if note.length < 3.5 or self.rng.random() > 0.3:
                varied.append(note)
                continue
            half = note.length / 2
            neighbour = self._neighbour(note.pitch)
            varied.append(GridNote(note.bar, note.start, half / 2, note.pitch, note.velocity))
            varied.append(GridNote(note.bar, note.start + half / 2, half / 2, neighbour, note.velocity - 10))
            varied.append(GridNote(note.bar, note.start + half, half, note.pitch, note.velocity - 4))
        return varied

    def _neighbour(self, pitch: int) -> int:
        allowed = {(self.key.tonic + offset) % 12 for offset in self.key.scale}
        return next((pitch + up for up in (1, 2) if (pitch + up) % 12 in allowed), pitch)
