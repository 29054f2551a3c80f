"""The singer: the composer's lead line, sampled from the melody model within the composer's rules.

The model says what is likely; the rules say what may be: the instrument's range, the tones of the key, chord tones on
strong beats and under long notes, no leap beyond a sixth but the octave, phrases of four bars that come to rest and
breathe, and tunes that come back with their section. The third bar of a phrase takes up the rhythm of the first, every
second phrase begins as the one before, a section that returns brings its phrases with it and closes anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.generation.changes import Changes
from agent.generation.form import PHRASE, Form, Section
from agent.generation.instruments import Instrument
from agent.generation.melodies.features import LENGTHS, TOKENS
from agent.generation.melodies.network import Line, MelodyModel, shipped
from agent.generation.melodies.passages import PITCHES, REST, ZERO, Event, Harmony, reference
from agent.generation.metre import Metre
from agent.generation.notes import GridNote
from agent.generation.theory import AnyChord, Key

_LONG = 6
_LEAPS = frozenset({*range(10), 12})
_BREATH = 2
_USUAL = 4.0  # notes a bar of four beats in the songs that the model learned from
_INSISTENCE = 1.2  # the model alone follows a wish for few or many notes half-heartedly
_LIKENESS = 2.0  # how much likelier a tone becomes by moving as the bar that is taken up does
_TOUCHED = 0.96  # of its length a note sounds
_LOGARITHMS = np.log(np.maximum(np.arange(LENGTHS), 1))
Bar = list[tuple[int, Event]]
Allowed = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Phrase:
    letter: str
    number: int
    level: float
    bars: range


@dataclass(slots=True)
class Singer:
    """Writes one line; the same state of `rng` gives the same line.

    `busy` (0 to 1) is how many notes a bar are wanted: 2.5 to 7.5 of four beats.
    """

    form: Form
    key: Key
    instrument: Instrument
    busy: float
    rng: np.random.Generator
    model: MelodyModel = field(default_factory=shipped)
    pace: tuple[float, ...] | None = None
    """By what factor each bar of the form has more notes; None: all alike."""
    _heard: dict[tuple[str, int], list[Bar]] = field(default_factory=dict)

    def write(self, changes: Changes) -> list[GridNote]:
        """Write the tune for all sections that sing; introduction and break stay without."""
        phrases = list(_phrases(self.form))
        sung = [bar for phrase in phrases for bar in phrase.bars]
        if not sung:
            return []
        harmonies = self._harmonies(changes, sung)
        size = 16 if self.form.metre.sixteenths == 8 else self.form.metre.sixteenths
        wanted = [self._wanted(bar) for bar in sung]
        if len(harmonies) < len(sung):
            wanted = [sum(wanted[n : n + 2]) / len(wanted[n : n + 2]) for n in range(0, len(wanted), 2)]
        line = Line(self.model, size, self.key.is_minor, harmonies, [density * size / 16 for density in wanted])
        notes: list[GridNote] = []
        for phrase in phrases:
            written = self._phrase(line, phrase, changes)
            self._heard.setdefault((phrase.letter, phrase.number), written)
            notes += [
                self._played(number, at, event, phrase.level)
                for number, events in zip(phrase.bars, written, strict=True)
                for at, event in events
                if event.pitch < PITCHES
            ]
        return notes

    def _harmonies(self, changes: Changes, sung: Sequence[int]) -> list[tuple[Harmony, Harmony]]:
        """Return two chords a bar of the model, which has learned bars of 2/4 in pairs."""
        size = self.form.metre.sixteenths

        def at(bar: int, start: int) -> Harmony:
            return harmony_of(changes.at(bar, start).chord, self.key)

        if size == 8:
            pairs = [sung[n : n + 2] for n in range(0, len(sung), 2)]
            return [(at(pair[0], 0), at(pair[-1], 0)) for pair in pairs]
        return [(at(bar, 0), at(bar, 8)) for bar in sung]

    def _wanted(self, bar: int) -> float:
        """Return how many notes a bar of four beats are wanted there."""
        return (2.5 + 5 * self.busy) * (1.0 if self.pace is None else self.pace[bar])

    @property
    def low(self) -> int:
        """The MIDI pitch of the tonic that the line is told from."""
        return lowest_tonic(self.key, self.instrument)

    def _played(self, bar: int, at: int, event: Event, level: float) -> GridNote:
        stress = 8 if at == 0 else 4 if at in self.form.metre.strong else 0
        pitch = self.low + event.pitch - ZERO
        return GridNote(bar, at, event.length * _TOUCHED, pitch, 78 + stress + 10 * level)

    def _phrase(self, line: Line, phrase: _Phrase, changes: Changes) -> list[Bar]:
        again = self._heard.get((phrase.letter, phrase.number))
        first = self._heard.get((phrase.letter, 0))
        written: list[Bar] = []
        for inside, bar in enumerate(phrase.bars):
            may = self._may(changes, bar)
            if inside == len(phrase.bars) - 1:
                written.append(self._closing(line, may, bar))
            elif again is not None and inside < len(again) - 1:
                written.append(self._taken_up(line, may, again[inside], whole=True))
            elif first is not None and inside == 0 and len(first) > 1:
                written.append(self._taken_up(line, may, first[0], whole=True))
            elif inside == 2:
                written.append(self._taken_up(line, may, written[0], whole=False))
            else:
                written.append(self._free(line, may, bar, self.form.metre.sixteenths))
        return written

    def _free(self, line: Line, may: _May, number: int, end: int) -> Bar:
        """Sing up to a place of the bar; a last note that would go beyond ends there."""
        written: Bar = []
        while (at := _end(written)) < end:
            scores = line.lengths() - (self._wanted(number) / _USUAL - 1) * _INSISTENCE * _LOGARITHMS
            scores[0] = -np.inf
            scores[min(end, may.until(at)) - at + 1 :] = -np.inf
            length = self._draw(scores)
            written.append(self._note(line, may, at, length, rests=at > 0 and length <= may.metre.sixteenths // 4))
        return written

    def _taken_up(self, line: Line, may: _May, heard: Bar, *, whole: bool) -> Bar:
        """Take up a bar: its rhythm, and its pitches (`whole`) or how it moves, as far as the chord allows."""
        written: Bar = []
        before: int | None = None
        for at, event in heard:
            if event.pitch == REST:
                written.append(_take(line, at, event))
                continue
            wanted = event.pitch if whole else None
            move = None if whole or before is None else event.pitch - before
            written.append(self._note(line, may, at, event.length, wanted=wanted, move=move))
            before = event.pitch
        return written

    def _closing(self, line: Line, may: _May, number: int) -> Bar:
        """Come to rest: a chord tone held from the middle of the bar (the second beat of three), then a breath."""
        bar = self.form.metre.sixteenths
        close = {8: 0, 12: self.form.metre.beat, 16: 8}[bar]
        written = self._free(line, may, number, close)
        held = bar - close - _BREATH
        home = final_pitch(self.key, self.instrument) - self.low + ZERO if number == self.form.bars - 1 else None
        written.append(self._note(line, may, close, held, home=home))
        written.append(_take(line, bar - _BREATH, Event(_BREATH, REST)))
        return written

    def _note(
        self,
        line: Line,
        may: _May,
        at: int,
        length: int,
        *,
        rests: bool = False,
        wanted: int | None = None,
        move: int | None = None,
        home: int | None = None,
    ) -> tuple[int, Event]:
        allowed = may.tones(at, length, line.sung)
        if home is not None:
            allowed = _where(allowed & (np.abs(np.arange(TOKENS) - home) <= 4), allowed)
        if wanted is not None and allowed[wanted]:
            return _take(line, at, Event(length, wanted))
        scores = line.pitches(length).copy()
        if move is not None and line.sung is not None:
            near = np.abs(np.arange(TOKENS) - line.sung - move) <= 1
            scores[near] += _LIKENESS
        allowed[REST] = rests
        return _take(line, at, Event(length, self._draw(np.where(allowed, scores, -np.inf))))

    def _draw(self, scores: NDArray[np.floating[Any]]) -> int:
        shares = np.exp(scores.astype(np.float64) - scores.max())
        return int(self.rng.choice(len(shares), p=shares / shares.sum()))

    def _may(self, changes: Changes, bar: int) -> _May:
        low = self.low
        pitches = np.arange(PITCHES) + low - ZERO
        inside = (pitches >= self.instrument.low) & (pitches <= self.instrument.high)
        over = []
        for _, change in changes.within(bar):
            scale = change.chord.scale(self.key)
            tones = change.chord.classes(self.key)[:3] or scale
            allowed = [inside & np.isin(pitches % 12, list(classes)) for classes in (scale, tones)]
            over.append((change.start, allowed[0], allowed[1]))
        return _May(tuple(over), self.form.metre)


@dataclass(frozen=True, slots=True)
class _May:
    """Which pitches the rules allow in a bar: from a sixteenth on, ``(37,)`` of the scale and of the chord there."""

    over: tuple[tuple[int, Allowed, Allowed], ...]
    metre: Metre

    def tones(self, at: int, length: int, before: int | None) -> Allowed:
        """Return ``(39,)``: what may sound at this place of the bar after that pitch; rests are never in it."""
        _, scale, chord = max((one for one in self.over if one[0] <= at), key=lambda one: one[0])
        begins = len(self.over) > 1 and any(start == at for start, _, _ in self.over)
        of_place = chord if at in self.metre.strong or length >= _LONG or begins else scale
        if before is not None:
            near = np.isin(np.abs(np.arange(PITCHES) - before), list(_LEAPS))
            of_place = _where(of_place & near, of_place)
        allowed = np.zeros(TOKENS, bool)
        allowed[:PITCHES] = of_place
        return allowed

    def until(self, at: int) -> int:
        """Return up to where a note may last: the next chord of the bar; in 6/8 also the next beat, on it the bar."""
        ends = [start for start, _, _ in self.over if start > at]
        beat = self.metre.beat
        if self.metre.compound and at % beat:
            ends.append(at // beat * beat + beat)
        return min([*ends, self.metre.sixteenths])


def lowest_tonic(key: Key, instrument: Instrument) -> int:
    """Give the MIDI pitch of the tonic that a line in the middle of an instrument is told from."""
    return reference((instrument.low + instrument.high) / 2, key.tonic)


def final_pitch(key: Key, instrument: Instrument) -> int:
    """Give the tonic nearest to the middle of an instrument's range, the note to end on."""
    low, centre = lowest_tonic(key, instrument), (instrument.low + instrument.high) / 2
    return min((low, low + 12), key=lambda pitch: abs(pitch - centre))


def harmony_of(chord: AnyChord, key: Key) -> Harmony:
    """Tell a chord of the composer from the tonic."""
    tones = [(one - key.tonic) % 12 for one in chord.classes(key)[:4]]
    return Harmony(tones[0], frozenset(tones)) if tones else Harmony()


def _phrases(form: Form) -> list[_Phrase]:
    found: list[_Phrase] = []
    for section in form.sections:
        if section.name not in {"intro", "break"}:
            letter = section.name if section.name in {"B", "C"} else "A"
            found += [_Phrase(letter, number % 2, section.level, bars) for number, bars in enumerate(_fours(section))]
    return found


def _fours(section: Section) -> list[range]:
    end = section.start + section.bars
    return [range(first, min(first + PHRASE, end)) for first in range(section.start, end, PHRASE)]


def _where(wanted: Allowed, otherwise: Allowed) -> Allowed:
    return wanted if wanted.any() else otherwise


def _end(written: Bar) -> int:
    return written[-1][0] + written[-1][1].length if written else 0


def _take(line: Line, at: int, event: Event) -> tuple[int, Event]:
    line.take(event)
    return at, event
