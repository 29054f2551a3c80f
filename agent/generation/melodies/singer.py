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

from agent.generation.form import PHRASE, Form, Section
from agent.generation.instruments import Instrument
from agent.generation.melodies.features import LENGTHS, TOKENS
from agent.generation.melodies.network import Line, MelodyModel, shipped
from agent.generation.melodies.passages import PITCHES, REST, ZERO, Event, Harmony, reference
from agent.generation.notes import GridNote
from agent.generation.theory import Chord, Key

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
    _heard: dict[tuple[str, int], list[Bar]] = field(default_factory=dict)

    def write(self, chords: Sequence[Chord]) -> list[GridNote]:
        """Write the tune for all sections that sing; introduction and break stay without."""
        phrases = list(_phrases(self.form))
        sung = [bar for phrase in phrases for bar in phrase.bars]
        if not sung:
            return []
        bar = 4 * self.form.beats
        density = [self._density * self.form.beats / 4] * len(sung)
        harmonies = [(harmony_of(chords[n], self.key),) * 2 for n in sung]
        line = Line(self.model, bar, self.key.is_minor, harmonies, density)
        notes: list[GridNote] = []
        for phrase in phrases:
            written = self._phrase(line, phrase, chords)
            self._heard.setdefault((phrase.letter, phrase.number), written)
            notes += [
                self._played(number, at, event, phrase.level)
                for number, events in zip(phrase.bars, written, strict=True)
                for at, event in events
                if event.pitch < PITCHES
            ]
        return notes

    @property
    def _density(self) -> float:
        return 2.5 + 5 * self.busy

    @property
    def low(self) -> int:
        """The MIDI pitch of the tonic that the line is told from."""
        return lowest_tonic(self.key, self.instrument)

    def _played(self, bar: int, at: int, event: Event, level: float) -> GridNote:
        stress = 8 if at == 0 else 4 if at % 8 == 0 else 0
        pitch = self.low + event.pitch - ZERO
        return GridNote(bar, at, event.length * _TOUCHED, pitch, 78 + stress + 10 * level)

    def _phrase(self, line: Line, phrase: _Phrase, chords: Sequence[Chord]) -> list[Bar]:
        again = self._heard.get((phrase.letter, phrase.number))
        first = self._heard.get((phrase.letter, 0))
        written: list[Bar] = []
        for inside, bar in enumerate(phrase.bars):
            may = self._may(chords[bar])
            if inside == len(phrase.bars) - 1:
                written.append(self._closing(line, may, last=bar == self.form.bars - 1))
            elif again is not None and inside < len(again) - 1:
                written.append(self._taken_up(line, may, again[inside], whole=True))
            elif first is not None and inside == 0 and len(first) > 1:
                written.append(self._taken_up(line, may, first[0], whole=True))
            elif inside == 2:
                written.append(self._taken_up(line, may, written[0], whole=False))
            else:
                written.append(self._free(line, may, line.bar))
        return written

    def _free(self, line: Line, may: _May, end: int) -> Bar:
        """Write up to `end`, a sixteenth of this bar."""
        written: Bar = []
        while (at := _end(written)) < end:
            scores = line.lengths() - (self._density / _USUAL - 1) * _INSISTENCE * _LOGARITHMS
            scores[0] = -np.inf
            scores[end - at + 1 :] = -np.inf
            length = self._draw(scores)
            written.append(self._note(line, may, at, length, rests=at > 0 and length <= line.bar // 4))
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

    def _closing(self, line: Line, may: _May, *, last: bool) -> Bar:
        """Come to rest: a chord tone held from the middle of the bar (the second beat of three), then a breath."""
        close = 8 if line.bar == 16 else 4
        written = self._free(line, may, close)
        held = line.bar - close - _BREATH
        home = final_pitch(self.key, self.instrument) - self.low + ZERO if last else None
        written.append(self._note(line, may, close, held, home=home))
        written.append(_take(line, line.bar - _BREATH, Event(_BREATH, REST)))
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
        allowed = may.tones(at, length, line.bar, line.sung)
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

    def _may(self, chord: Chord) -> _May:
        low = self.low
        pitches = np.arange(PITCHES) + low - ZERO
        inside = (pitches >= self.instrument.low) & (pitches <= self.instrument.high)
        scale = {self.key.pitch(step, chord) % 12 for step in range(7)}
        tones = {self.key.pitch(step, chord) % 12 for step in chord.steps[:3]}
        return _May(*(inside & np.isin(pitches % 12, list(classes)) for classes in (scale, tones)))


@dataclass(frozen=True, slots=True)
class _May:
    """Which pitches the rules allow over one chord: ``(37,)`` each, of the scale and of the chord."""

    scale: Allowed
    chord: Allowed

    def tones(self, at: int, length: int, bar: int, before: int | None) -> Allowed:
        """Return ``(39,)``: what may sound at this place of the bar after that pitch; rests are never in it."""
        strong = at == 0 or (bar == 16 and at == 8) or length >= _LONG
        of_place = self.chord if strong else self.scale
        if before is not None:
            near = np.isin(np.abs(np.arange(PITCHES) - before), list(_LEAPS))
            of_place = _where(of_place & near, of_place)
        allowed = np.zeros(TOKENS, bool)
        allowed[:PITCHES] = of_place
        return allowed


def lowest_tonic(key: Key, instrument: Instrument) -> int:
    """Give the MIDI pitch of the tonic that a line in the middle of an instrument is told from."""
    return reference((instrument.low + instrument.high) / 2, key.tonic)


def final_pitch(key: Key, instrument: Instrument) -> int:
    """Give the tonic nearest to the middle of an instrument's range, the note to end on."""
    low, centre = lowest_tonic(key, instrument), (instrument.low + instrument.high) / 2
    return min((low, low + 12), key=lambda pitch: abs(pitch - centre))


def harmony_of(chord: Chord, key: Key) -> Harmony:
    """Tell a chord of the composer from the tonic."""
    tones = [(key.pitch(step, chord) - key.tonic) % 12 for step in chord.steps[:4]]
    return Harmony(tones[0], frozenset(tones))


def _phrases(form: Form) -> list[_Phrase]:
    found: list[_Phrase] = []
    for section in form.sections:
        if section.name not in {"intro", "break"}:
            letter = "B" if section.name == "B" else "A"
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
