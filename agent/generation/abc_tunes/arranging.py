"""A tune as a piece: its sections repeat it, its chords carry the other players."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from agent.generation.abc_tunes.reading import Tune, TuneBar
from agent.generation.abc_tunes.writing import Frame
from agent.generation.arranging import Arrangement, arrange, style_of
from agent.generation.instruments import BY_NAME, Instrument
from agent.generation.notes import GridNote
from agent.generation.score import Score, accompany
from agent.generation.theory import Chord, Key
from agent.generation.values import GenerationRequest

_VELOCITY = 88


def arranged_for(request: GenerationRequest) -> tuple[Arrangement, np.random.Generator]:
    """Decide who plays, key, tempo and form, before there is a tune; somebody has the lead."""
    rng = np.random.default_rng([request.seed, zlib.crc32(style_of(request).name.encode())])
    arrangement = arrange(request, rng)
    if not arrangement.with_role("lead"):
        arrangement = replace(arrangement, players=(("lead", BY_NAME["piano"]), *arrangement.players))
    return arrangement, rng


def frame_of(arrangement: Arrangement) -> Frame:
    """Return what a tune is to fit."""
    form = arrangement.form
    return Frame(form.metre.sixteenths // 4, arrangement.key, form.tempo, arrangement.energy)


def arranged(tune: Tune, arrangement: Arrangement, rng: np.random.Generator) -> Score:
    """Lay the tune over the form, each section from its first bar on, and write the other players around it."""
    lead = arrangement.with_role("lead")[0]
    shift = _shift(tune, lead)
    chords: list[Chord] = []
    notes: list[GridNote] = []
    harmonised = [_chord(bar, tune.key) for bar in tune.bars]
    for section in arrangement.form.sections:
        for number in range(section.bars):
            at = number % len(tune.bars)
            chords.append(harmonised[at])
            if section.name in {"intro", "break"}:
                continue
            notes += [
                GridNote(section.start + number, start, length, _inside(pitch + shift, lead), _VELOCITY)
                for start, length, pitch in tune.bars[at].notes
            ]
    return accompany(arrangement, chords, notes, rng)


def _shift(tune: Tune, lead: Instrument) -> int:
    """Return by how many octaves, in semitones, the tune lies best within an instrument."""
    pitches = [pitch for bar in tune.bars for _, _, pitch in bar.notes]
    middle = (lead.low + lead.high) / 2
    return 12 * round((middle - float(np.mean(pitches))) / 12)


def _inside(pitch: int, lead: Instrument) -> int:
    while pitch < lead.low:
        pitch += 12
    while pitch > lead.high:
        pitch -= 12
    return pitch


def _chord(bar: TuneBar, key: Key) -> Chord:
    """Return the chord of the key that is nearest to the bar's symbol, or to its notes where it has none."""
    options = [Chord(degree) for degree in range(7)]
    if key.mode == "minor":
        options.append(Chord(4, 3, raised=True))
    return max(options, key=lambda chord: _fit(chord, bar, key))


def _fit(chord: Chord, bar: TuneBar, key: Key) -> float:
    tones = [key.pitch(step, chord) % 12 for step in chord.steps]
    heard = _weighed(bar.notes, tones)
    if bar.root is None:
        return heard
    return 2.0 * (tones[0] == bar.root) + len(bar.chord & set(tones)) + 0.1 * heard


def _weighed(notes: Sequence[tuple[float, float, int]], tones: Sequence[int]) -> float:
    total = sum(length for _, length, _ in notes)
    return sum(length for _, length, pitch in notes if pitch % 12 in tones) / total if total else 0.0
