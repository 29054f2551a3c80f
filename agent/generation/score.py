"""The composer's desk: a request becomes an arrangement, the arrangement a score.

Everything is drawn from one seeded generator in a fixed order, so the same request gives the same bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from agent.generation.accompaniment import bass_root, lay_bass, lay_comp, lay_pad, open_chords, power_chords
from agent.generation.affect import plan_film_harmony
from agent.generation.arranging import Arrangement, arrange, style_of
from agent.generation.changes import Changes
from agent.generation.density import pace_at, thinned
from agent.generation.drums import lay_drums
from agent.generation.figures import ALL, POWER, bass_figures, comp_figures
from agent.generation.form import Form, Section
from agent.generation.harmonising import chords_under
from agent.generation.harmony import given_harmony, plan_harmony, tonic, voice
from agent.generation.instruments import Instrument, Role
from agent.generation.melodies.singer import Singer, final_pitch
from agent.generation.notes import SIXTEENTHS_PER_BEAT, GridNote, Note, Part, swung
from agent.generation.quartet import fill_quartet
from agent.generation.skeletons import asks_filling, filled_in
from agent.generation.spotting import places_hit
from agent.generation.theory import AnyChord, Chord
from agent.generation.tunes import Tune
from agent.generation.values import GenerationRequest

_ACCENT = 20.0
_STILL, _MOVING = 0.75, 0.9  # factors below which an accompaniment plays strong beats, and beats, alone


@dataclass(frozen=True, slots=True)
class Score:
    """A finished composition: who plays what, the parts, and the chords of the body."""

    arrangement: Arrangement
    parts: tuple[Part, ...]
    changes: Changes

    @property
    def tempo(self) -> float:
        return self.arrangement.form.tempo


def compose(request: GenerationRequest, attempt: int = 0) -> Score:
    """Compose a whole piece.

    Args:
        request: what to write.
        attempt: another number is another piece for the same seed.

    Raises:
        InvalidRequestError: the key or a chord is unknown, or the sections do not fit the length.
    """
    # The style goes into the seed, or the same seed would draw the same key and shapes in every style.
    drawn = [request.seed, zlib.crc32(style_of(request).name.encode())]
    rng = np.random.default_rng([*drawn, attempt] if attempt else drawn)
    arrangement = arrange(request, rng)
    form, style, key = arrangement.form, arrangement.style, arrangement.key
    if arrangement.tune is not None and asks_filling(request):
        arrangement = replace(arrangement, tune=filled_in(arrangement.tune, key, form.metre, rng))
    bars = given_harmony(form.bars, arrangement.asked) if arrangement.asked else _planned(arrangement, rng)
    # The last chord rings after the body: bar number form.bars.
    changes = Changes.of_bars([*bars, (tonic(style, key),)], form.metre)
    parts = _write(arrangement, changes, rng)
    return Score(arrangement, parts, Changes(changes.all[:-1]))


def accompany(
    arrangement: Arrangement, chords: Sequence[Chord], tune: Sequence[GridNote], rng: np.random.Generator
) -> Score:
    """Write a piece around a lead line that is there: `tune` on the grid, `chords` one a bar."""
    last = (tonic(arrangement.style, arrangement.key),)
    changes = Changes.of_bars([*((chord,) for chord in chords), last], arrangement.form.metre)
    parts = _write(arrangement, changes, rng, tune)
    return Score(arrangement, parts, Changes(changes.all[:-1]))


def _planned(arrangement: Arrangement, rng: np.random.Generator) -> Sequence[Sequence[AnyChord]]:
    """Choose chords for each bar: under a tune that was handed over, by a film, or as the style likes them."""
    form, style, key = arrangement.form, arrangement.style, arrangement.key
    if arrangement.tune is not None:
        lines = arrangement.lines or {0: arrangement.tune}
        around = max(line.bars(form.metre) for line in lines.values())
        once = chords_under(lines, key, form.metre, min(around, form.bars), style.chord_size, rng)
        return [once[bar % around] for bar in range(form.bars)]
    if arrangement.film is not None:
        return [(chord,) for chord in plan_film_harmony(form, arrangement.film, style, key, rng)]
    return [(chord,) for chord in plan_harmony(form, style, arrangement.mood.harmony, key, rng)]


def _write(
    arrangement: Arrangement, changes: Changes, rng: np.random.Generator, tune: Sequence[GridNote] | None = None
) -> tuple[Part, ...]:
    if arrangement.lines is not None:
        return _quartet(arrangement, arrangement.lines, changes, rng)
    lines: list[tuple[Role, Instrument, list[GridNote]]] = []
    for role, instrument in arrangement.players:
        doubled = any(line[0] == role for line in lines)
        if tune is not None and role == "lead" and not doubled:
            notes = list(tune)
        else:
            notes = _line(role, instrument, arrangement, changes, rng, doubled=doubled)
        if arrangement.rhythm and not (role == "lead" and (tune is not None or arrangement.tune is not None)):
            notes = _dense(notes, role, arrangement)
        notes = _accented(notes, role, instrument, arrangement, changes) if arrangement.film is not None else notes
        lines.append((role, instrument, notes + _final(role, instrument, arrangement, changes)))
    return tuple(
        Part(role, instrument, _in_time(notes, role, instrument, arrangement, rng)) for role, instrument, notes in lines
    )


def _dense(notes: list[GridNote], role: Role, arrangement: Arrangement) -> list[GridNote]:
    """Let a part follow a curve of rhythm; what pads hold has none."""
    if role == "pad":
        return notes
    return thinned(notes, arrangement.density(), arrangement.form.metre, sustained=role in {"lead", "bass"})


def _quartet(
    arrangement: Arrangement, handed: Mapping[int, Tune], changes: Changes, rng: np.random.Generator
) -> tuple[Part, ...]:
    """Fill in the parts of a quartet that are not there, and let all close on the tonic, a voice each."""
    form, key, players = arrangement.form, arrangement.key, arrangement.players
    around = max((line.bars(form.metre) for line in handed.values()), default=form.bars)
    given = {row: _sung(line, form, players[row][1], around) for row, line in handed.items()}
    if not given:
        given[0] = _line("lead", players[0][1], arrangement, changes, rng, doubled=False)
    lines = fill_quartet(given, changes, form, key, rng)
    last = _final("lead", players[0][1], arrangement, changes)[0]
    root, third, fifth = changes.all[-1].chord.classes(key)[:3]
    closing = (last.pitch, 57 + (third - 57) % 12, 57 + (fifth - 57) % 12, 36 + (root - 36) % 12)
    parts = []
    for (role, player), line, pitch in zip(players, lines, closing, strict=True):
        notes = [*line, GridNote(form.bars, 0, last.length, pitch, 72)]
        parts.append(Part(role, player, _in_time(notes, role, player, arrangement, rng)))
    return tuple(parts)


def _accented(
    notes: list[GridNote], role: Role, instrument: Instrument, arrangement: Arrangement, changes: Changes
) -> list[GridNote]:
    """Accent the beats on which cuts of the film fall; drums, bass and accompaniment strike there if they did not."""
    assert arrangement.film is not None
    hits = {(bar, at): strength for bar, at, strength in places_hit(arrangement.form, arrangement.film)}
    found = [
        replace(note, velocity=note.velocity + _ACCENT * (0.5 + 0.5 * hits[note.bar, int(note.start)]))
        if (note.bar, int(note.start)) in hits and note.start % 1 < 0.5
        else note
        for note in notes
    ]
    struck = {(note.bar, int(note.start)) for note in notes}
    voicings = _voicings(role, instrument, arrangement, changes) if role == "comp" else []
    for (bar, at), strength in hits.items():
        loud = 82 + _ACCENT * strength
        if role == "drums":
            found += [GridNote(bar, at, 4, pitch, loud) for pitch in ((36, 49) if strength > 0.5 else (36,))]
        elif (bar, at) not in struck and role == "comp":
            found += [GridNote(bar, at, 3, pitch, loud) for pitch in voicings[changes.index(bar, at)]]
        elif (bar, at) not in struck and role == "bass" and changes.at(bar, at).chord.classes(arrangement.key):
            found.append(GridNote(bar, at, 3, bass_root(changes.at(bar, at).chord, arrangement.key), loud))
    return found


def _line(
    role: Role,
    instrument: Instrument,
    arrangement: Arrangement,
    changes: Changes,
    rng: np.random.Generator,
    *,
    doubled: bool,
) -> list[GridNote]:
    """Write one player's notes for the body; a second lead answers with a slower line of its own."""
    form, style, key = arrangement.form, arrangement.style, arrangement.key
    sections = form.sections
    if role == "lead" and arrangement.tune is not None:
        return [] if doubled else _sung(arrangement.tune, form, instrument)
    if role == "lead":
        busy = (style.busy + 0.25 * (arrangement.energy - 0.5)) * (0.5 if doubled else 1.0)
        pace = None if arrangement.film is None and not arrangement.rhythm else _pace(arrangement)
        return Singer(form, key, instrument, float(np.clip(busy, 0, 1)), rng, pace=pace).write(changes)
    if role == "drums":
        return lay_drums(style.drums or "shaker", sections, arrangement.energy, rng, form.metre) if form.bars else []
    if role == "bass":
        playing = [section for section in sections if section.level >= 0.5 or len(sections) == 1]
        figures = bass_figures(style.bass_line if style.bass_line != "none" else "long", form.metre)
        return [note for section in playing for note in lay_bass(figures, changes, key, _bars(section), section.level)]
    voicings = _voicings(role, instrument, arrangement, changes)
    if role == "pad":
        whole = form.metre.sixteenths
        return [note for part in sections for note in lay_pad(changes, voicings, _bars(part), whole, part.level)]
    playing = [section for section in sections if section.name != "break" or not arrangement.with_role("pad")]
    comp = comp_figures(style.comp, form.metre)
    laid = [
        note
        for section in playing
        for note in lay_comp(comp, changes, voicings, _bars(section), section.level, instrument)
    ]
    return laid if arrangement.film is None else _thinned(laid, arrangement)


def _sung(tune: Tune, form: Form, instrument: Instrument, around: int | None = None) -> list[GridNote]:
    """Lay a tune over the body, again from its beginning where it is shorter, in octaves that the instrument has."""
    size, around = form.metre.sixteenths, around or tune.bars(form.metre)
    middle = float(np.mean([note.pitch for note in tune.notes]))
    shift = 12 * round(((instrument.low + instrument.high) / 2 - middle) / 12)
    if all(instrument.low <= note.pitch <= instrument.high for note in tune.notes):
        shift = 0
    notes = []
    for first in range(0, form.bars, around):
        for note in tune.notes:
            bar, at = divmod(note.start, size)
            if first + bar < form.bars:
                length = min(note.length, (form.bars - first - bar) * size - at)
                notes.append(GridNote(first + int(bar), at, length, note.pitch + shift, note.velocity))
    return notes


def _thinned(notes: Sequence[GridNote], arrangement: Arrangement) -> list[GridNote]:
    """Strike beats alone where little moves in the film, and strong ones where it is still."""
    metre, pace = arrangement.form.metre, _pace(arrangement)

    def stays(note: GridNote) -> bool:
        if pace[note.bar] >= _MOVING:
            return True
        at = int(note.start)
        return at in metre.strong if pace[note.bar] < _STILL else at % metre.beat == 0

    return [note for note in notes if stays(note)]


def _pace(arrangement: Arrangement) -> tuple[float, ...]:
    """Return by what factor each bar has more notes: after how much moves in the film, and by a curve of rhythm."""
    form, density = arrangement.form, arrangement.density() or (None,) * arrangement.form.bars
    moved = [1.0 if arrangement.film is None else arrangement.louder(form.time_of(bar, 0)) for bar in range(form.bars)]
    return tuple(factor * pace_at(value) for factor, value in zip(moved, density, strict=True))


def _bars(section: Section) -> range:
    return range(section.start, section.start + section.bars)


def _voicings(role: Role, instrument: Instrument, arrangement: Arrangement, changes: Changes) -> list[tuple[int, ...]]:
    """Return the voicing of each change."""
    style, key, chords = arrangement.style, arrangement.key, changes.chords
    tones = {tone for figure in comp_figures(style.comp, arrangement.form.metre) for _, _, tone, _ in figure}
    if role == "comp" and POWER in tones:
        return power_chords(chords, key)
    if role == "comp" and style.comp == "broken_chords":
        return open_chords(chords, key)
    low = max(instrument.low, 52 if role == "pad" else 50)
    # An arpeggio runs through each tone once an octave; held and struck chords are fuller with the root doubled.
    arpeggiated = role == "comp" and tones != {ALL}
    count = min(max(3, *(len(chord.classes(key)) for chord in chords)), 4) if arpeggiated else 4
    return voice(chords, key, low, max(low + 17, min(instrument.high, low + 22)), notes=count)


def _final(role: Role, instrument: Instrument, arrangement: Arrangement, changes: Changes) -> list[GridNote]:
    """Write the last chord: everyone lands on the tonic and lets it ring."""
    form, key = arrangement.form, arrangement.key
    ring = (form.total_s - form.body_s) * form.tempo * SIXTEENTHS_PER_BEAT / 60.0
    length, bar = ring * 0.8, form.bars
    if role == "drums":
        hit = (36, 49) if arrangement.energy > 0.45 and form.bars else (35,)
        return [GridNote(bar, 0, 4, pitch, 84) for pitch in hit]
    if role == "bass":
        return [GridNote(bar, 0, length, bass_root(changes.all[-1].chord, key), 84)]
    if role == "lead":
        return [GridNote(bar, 0, length * 0.9, final_pitch(key, instrument), 80)]
    voicing = _voicings(role, instrument, arrangement, changes)[-1]
    roll = 0.0 if role == "pad" else min(1.0, ring / 16)
    return [GridNote(bar, roll * index, length - roll * index, pitch, 66) for index, pitch in enumerate(voicing)]


def _in_time(
    notes: Sequence[GridNote], role: Role, instrument: Instrument, arrangement: Arrangement, rng: np.random.Generator
) -> tuple[Note, ...]:
    """Turn the grid into seconds with swing, and let people play it: small errors of timing and touch."""
    form, style = arrangement.form, arrangement.style
    loose = style.loose_ms / 1000 * (0.4 if role in {"drums", "bass"} else 1.0)
    played = []
    for note in sorted(notes, key=lambda note: (note.bar, note.start, note.pitch)):
        at = swung(note.start, arrangement.swing, sixteenths=style.swing_sixteenths)
        late = float(np.clip(rng.normal(0.0, loose), -2.5 * loose, 2.5 * loose)) if loose else 0.0
        touch = float(rng.normal(0.0, 3.5 if style.loose_ms else 0.0))
        written = form.time_of(note.bar, at)
        start = max(0.0, written + late)
        lasts = form.time_of(note.bar, at + note.length) - written
        end = min(max(start + lasts, start + 0.04), form.total_s)
        touched = (note.velocity + touch) * (0.82 + 0.3 * arrangement.energy)
        velocity = round(np.clip(touched * arrangement.louder(start), 12, 124))
        if start < end - 0.01:
            played.append(Note(start, end, int(note.pitch), int(velocity)))
    return _without_overlaps(played)


def _without_overlaps(notes: Sequence[Note]) -> tuple[Note, ...]:
    """End a note where the same key is struck again: MIDI cannot hold one pitch twice."""
    kept: list[Note] = []
    last: dict[int, int] = {}
    for note in sorted(notes, key=lambda note: (note.start, note.pitch)):
        before = last.get(note.pitch)
        if before is not None and kept[before].end > note.start - 0.005:
            old = kept[before]
            if note.start - old.start < 0.03:
                continue
            kept[before] = Note(old.start, note.start - 0.005, old.pitch, old.velocity)
        last[note.pitch] = len(kept)
        kept.append(note)
    return tuple(kept)
