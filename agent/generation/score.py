"""The composer's desk: a request becomes an arrangement, the arrangement a score.

Everything is drawn from one seeded generator in a fixed order, so the same request gives the same bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agent.generation.accompaniment import bass_root, lay_bass, lay_comp, lay_pad, open_chords, power_chords
from agent.generation.changes import Changes
from agent.generation.drums import lay_drums
from agent.generation.figures import ALL, POWER, bass_figures, comp_figures
from agent.generation.form import Form, Section, plan_form
from agent.generation.harmony import given_harmony, plan_harmony, tonic, voice
from agent.generation.instruments import BY_NAME, DRUM_KIT, Instrument, Role, find_instrument
from agent.generation.melodies.singer import Singer, final_pitch
from agent.generation.metre import METRES, Metre
from agent.generation.notes import SIXTEENTHS_PER_BEAT, GridNote, Note, Part, swung
from agent.generation.planning import plan_sections
from agent.generation.styles import GENRE_WORDS, MOOD_WORDS, MOODS, NEUTRAL, STYLES, Mood, Style
from agent.generation.symbols import Symbol, key_of, parse_bars
from agent.generation.theory import AnyChord, Key, parse_key
from agent.generation.values import GenerationRequest

_MINOR_TONICS = (9, 4, 2, 7, 0, 11)
_MAJOR_TONICS = (0, 7, 2, 5, 9, 10)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Who plays what: the decisions made before the first note."""

    style: Style
    mood: Mood
    key: Key
    form: Form
    energy: float
    players: tuple[tuple[Role, Instrument], ...]
    asked: tuple[tuple[Symbol, ...], ...] = ()
    """Chords by bar that were asked for; they repeat."""

    @property
    def swing(self) -> float:
        """The style's; a beat of three parts has none."""
        return 0.5 if self.form.metre.compound else self.style.swing

    def with_role(self, role: Role) -> list[Instrument]:
        """Give the instruments of a role, in order."""
        return [instrument for played, instrument in self.players if played == role]


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
    planned = [(chord,) for chord in plan_harmony(form, style, arrangement.mood.harmony, key, rng)]
    bars: Sequence[Sequence[AnyChord]] = given_harmony(form.bars, arrangement.asked) if arrangement.asked else planned
    # The last chord rings after the body: bar number form.bars.
    changes = Changes.of_bars([*bars, (tonic(style, key),)], form.metre)
    parts = _write(arrangement, changes, rng)
    return Score(arrangement, parts, Changes(changes.all[:-1]))


def metre_of(request: GenerationRequest) -> Metre:
    """Return the metre asked for, where it can be written, else the style's."""
    own = METRES["3/4" if style_of(request).beats == 3 else "4/4"]
    return METRES.get(request.time_signature or "", own)


def style_of(request: GenerationRequest) -> Style:
    """Choose the style: by genre word, else by instruments that call for one, else by mood."""
    for text in filter(None, (request.genre, request.text)):
        name = text.lower() if text.lower() in STYLES else style_named(text)
        if name is not None:
            return STYLES[name]
    asked = {instrument.name for name in request.instruments if (instrument := find_instrument(name))}
    if asked and asked <= {"piano", "violin", "cello", "strings", "harp"}:
        return STYLES["piano" if "piano" in asked else "orchestral"]
    return STYLES[mood_of(request).style]


def style_named(text: str) -> str | None:
    """Find the style that a text names, the longest name first; None when it names none."""
    lowered = f" {text.lower()} "
    for word in sorted(GENRE_WORDS, key=len, reverse=True):
        at = lowered.find(word)
        if at > 0 and not lowered[at - 1].isalnum() and not lowered[at + len(word)].isalnum():
            return GENRE_WORDS[word]
    return None


def mood_of(request: GenerationRequest) -> Mood:
    """Find the mood in the request's own word, else in its text."""
    for text in filter(None, (request.mood, request.text)):
        words = text.lower().replace(",", " ").replace(".", " ").split()
        name = next((MOOD_WORDS[word] for word in words if word in MOOD_WORDS), None)
        if name is not None:
            return MOODS[name]
    return NEUTRAL


def arrange(request: GenerationRequest, rng: np.random.Generator) -> Arrangement:
    """Decide style, key, tempo, form and players."""
    mood, style = mood_of(request), style_of(request)
    energy = request.energy if request.energy is not None else (mood.energy + style.energy) / 2
    minor = mood.minor if mood is not NEUTRAL else bool(style.minor)
    tonics = _MINOR_TONICS if minor else _MAJOR_TONICS
    drawn = Key(int(rng.choice(tonics)), "minor" if minor else "major")
    asked = tuple(parse_bars(request.chords))
    key = parse_key(request.key) if request.key else key_of(asked) if asked else drawn
    low, high = style.tempo
    liked = (low + (high - low) * (0.25 + 0.5 * energy)) * mood.tempo * float(rng.uniform(0.96, 1.04))
    metre, linger = metre_of(request), float(rng.uniform(0.85, 1.3))
    form = (
        plan_sections(request.sections, request.duration_s, metre, request.tempo_bpm, style.tempo, liked)
        if request.sections
        else plan_form(request.duration_s, metre, request.tempo_bpm, style.tempo, liked, linger)
    )
    return Arrangement(style, mood, key, form, energy, _players(request, style, energy, rng), asked)


def _players(
    request: GenerationRequest, style: Style, energy: float, rng: np.random.Generator
) -> tuple[tuple[Role, Instrument], ...]:
    """Seat the style's band, put the instruments asked for in their places, and send home the unwanted ones."""
    band: dict[Role, list[Instrument]] = {
        "lead": _drawn(style.lead, rng),
        "comp": _drawn(style.comp_with, rng),
        "pad": _drawn(style.pad, rng),
        "bass": _drawn(style.bass, rng),
        "drums": [DRUM_KIT] if style.drums and energy >= 0.15 else [],
    }
    taken: set[Role] = set()
    for instrument in filter(None, map(find_instrument, request.instruments)):
        role = next((role for role in instrument.roles if role not in taken), instrument.roles[0])
        band[role] = [*(band[role] if role in taken else []), instrument]
        taken.add(role)
    return tuple(
        (role, player) for role, players in band.items() for player in players if not _unwanted(role, player, request)
    )


def _drawn(names: tuple[str, ...], rng: np.random.Generator) -> list[Instrument]:
    return [BY_NAME[names[int(rng.integers(len(names)))]]] if names else []


def _unwanted(role: Role, player: Instrument, request: GenerationRequest) -> bool:
    words = request.negative.lower()
    return player.name in words or (role == "bass" and "bass" in words) or (role == "drums" and "percussion" in words)


def _write(arrangement: Arrangement, changes: Changes, rng: np.random.Generator) -> tuple[Part, ...]:
    lines: list[tuple[Role, Instrument, list[GridNote]]] = []
    for role, instrument in arrangement.players:
        notes = _line(role, instrument, arrangement, changes, rng, doubled=any(line[0] == role for line in lines))
        lines.append((role, instrument, notes + _final(role, instrument, arrangement, changes)))
    return tuple(
        Part(role, instrument, _in_time(notes, role, instrument, arrangement, rng)) for role, instrument, notes in lines
    )


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
    if role == "lead":
        busy = (style.busy + 0.25 * (arrangement.energy - 0.5)) * (0.5 if doubled else 1.0)
        return Singer(form, key, instrument, float(np.clip(busy, 0, 1)), rng).write(changes)
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
    return [
        note
        for section in playing
        for note in lay_comp(comp, changes, voicings, _bars(section), section.level, instrument)
    ]


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
        velocity = round(np.clip((note.velocity + touch) * (0.82 + 0.3 * arrangement.energy), 12, 124))
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
