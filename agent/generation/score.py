"""The composer's desk: a request becomes an arrangement, the arrangement a score.

Everything is drawn from one seeded generator in a fixed order, so the same request gives the same bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agent.generation.accompaniment import (
    ALL,
    COMP,
    POWER,
    bass_root,
    lay_bass,
    lay_comp,
    lay_pad,
    open_chords,
    power_roots,
)
from agent.generation.drums import lay_drums
from agent.generation.form import Form, Section, plan_form
from agent.generation.harmony import plan_harmony, tonic, voice
from agent.generation.instruments import BY_NAME, DRUM_KIT, Instrument, Role, find_instrument
from agent.generation.melodies.singer import Singer, final_pitch
from agent.generation.notes import SIXTEENTHS_PER_BEAT, GridNote, Note, Part, swung
from agent.generation.styles import GENRE_WORDS, MOOD_WORDS, MOODS, NEUTRAL, STYLES, Mood, Style
from agent.generation.theory import Chord, Key, parse_key
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

    def with_role(self, role: Role) -> list[Instrument]:
        """Give the instruments of a role, in order."""
        return [instrument for played, instrument in self.players if played == role]


@dataclass(frozen=True, slots=True)
class Score:
    """A finished composition: tempo in BPM, key, length in seconds, the parts, and the chord of each bar."""

    arrangement: Arrangement
    parts: tuple[Part, ...]
    chords: tuple[Chord, ...]

    @property
    def tempo(self) -> float:
        return self.arrangement.form.tempo


def compose(request: GenerationRequest, attempt: int = 0) -> Score:
    """Compose a whole piece.

    Args:
        request: what to write.
        attempt: another number is another piece for the same seed.

    Raises:
        InvalidRequestError: the key is unknown.
    """
    # The style goes into the seed, or the same seed would draw the same key and shapes in every style.
    drawn = [request.seed, zlib.crc32(style_of(request).name.encode())]
    rng = np.random.default_rng([*drawn, attempt] if attempt else drawn)
    arrangement = arrange(request, rng)
    chords = plan_harmony(arrangement.form, arrangement.style, arrangement.mood.harmony, arrangement.key, rng)
    return Score(arrangement, _write(arrangement, chords, rng), tuple(chords))


def accompany(
    arrangement: Arrangement, chords: Sequence[Chord], tune: Sequence[GridNote], rng: np.random.Generator
) -> Score:
    """Write a piece around a lead line that is there: `tune` on the grid, `chords` one a bar."""
    return Score(arrangement, _write(arrangement, chords, rng, tune), tuple(chords))


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
    key = parse_key(request.key) if request.key else drawn
    low, high = style.tempo
    liked = (low + (high - low) * (0.25 + 0.5 * energy)) * mood.tempo * float(rng.uniform(0.96, 1.04))
    form = plan_form(
        request.duration_s, style.beats, request.tempo_bpm, style.tempo, liked, float(rng.uniform(0.85, 1.3))
    )
    return Arrangement(style, mood, key, form, energy, _players(request, style, energy, rng))


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


def _write(
    arrangement: Arrangement,
    chords: Sequence[Chord],
    rng: np.random.Generator,
    tune: Sequence[GridNote] | None = None,
) -> tuple[Part, ...]:
    sung = [
        *chords,
        tonic(arrangement.style, arrangement.key),
    ]  # the last chord rings after the body: bar number form.bars
    lines: list[tuple[Role, Instrument, list[GridNote]]] = []
    for role, instrument in arrangement.players:
        doubled = any(line[0] == role for line in lines)
        given = list(tune) if tune is not None and role == "lead" and not doubled else None
        notes = _line(role, instrument, arrangement, sung, rng, doubled=doubled) if given is None else given
        lines.append((role, instrument, notes + _final(role, instrument, arrangement, sung)))
    return tuple(
        Part(role, instrument, _in_time(notes, role, instrument, arrangement, rng)) for role, instrument, notes in lines
    )


def _line(
    role: Role,
    instrument: Instrument,
    arrangement: Arrangement,
    chords: Sequence[Chord],
    rng: np.random.Generator,
    *,
    doubled: bool,
) -> list[GridNote]:
    """Write one player's notes for the body; a second lead answers with a slower line of its own."""
    form, style, key = arrangement.form, arrangement.style, arrangement.key
    sections = form.sections
    if role == "lead":
        busy = (style.busy + 0.25 * (arrangement.energy - 0.5)) * (0.5 if doubled else 1.0)
        return Singer(form, key, instrument, float(np.clip(busy, 0, 1)), rng).write(chords)
    if role == "drums":
        return lay_drums(style.drums or "shaker", sections, arrangement.energy, rng) if form.bars else []
    if role == "bass":
        playing = [section for section in sections if section.level >= 0.5 or len(sections) == 1]
        figure = style.bass_line if style.bass_line != "none" else "long"
        return [note for section in playing for note in lay_bass(figure, chords, key, _bars(section), section.level)]
    voicings = _voicings(role, instrument, arrangement, chords)
    if role == "pad":
        whole = style.beats * SIXTEENTHS_PER_BEAT
        return [note for section in sections for note in lay_pad(voicings, _bars(section), whole, section.level)]
    playing = [section for section in sections if section.name != "break" or not arrangement.with_role("pad")]
    return [
        note
        for section in playing
        for note in lay_comp(style.comp, voicings, _bars(section), section.level, instrument)
    ]


def _bars(section: Section) -> range:
    return range(section.start, section.start + section.bars)


def _voicings(
    role: Role, instrument: Instrument, arrangement: Arrangement, chords: Sequence[Chord]
) -> list[tuple[int, ...]]:
    style, key = arrangement.style, arrangement.key
    if role == "comp" and any(tone == POWER for figure in COMP[style.comp] for _, _, tone, _ in figure):
        return power_roots(chords, key)
    if role == "comp" and style.comp == "broken_chords":
        return open_chords(chords, key)
    low = max(instrument.low, 52 if role == "pad" else 50)
    arpeggiated = role == "comp" and any(tone != ALL for figure in COMP[style.comp] for _, _, tone, _ in figure)
    # An arpeggio runs through each tone once an octave; held and struck chords are fuller with the root doubled.
    count = min(max(chord.size for chord in chords), 4) if arpeggiated else 4
    return voice(chords, key, low, max(low + 17, min(instrument.high, low + 22)), notes=count)


def _final(role: Role, instrument: Instrument, arrangement: Arrangement, chords: Sequence[Chord]) -> list[GridNote]:
    """Write the last chord: everyone lands on the tonic and lets it ring."""
    form, key = arrangement.form, arrangement.key
    ring = (form.total_s - form.body_s) * form.tempo * SIXTEENTHS_PER_BEAT / 60.0
    length, bar = ring * 0.8, form.bars
    if role == "drums":
        hit = (36, 49) if arrangement.energy > 0.45 and form.bars else (35,)
        return [GridNote(bar, 0, 4, pitch, 84) for pitch in hit]
    if role == "bass":
        return [GridNote(bar, 0, length, bass_root(chords[-1], key), 84)]
    if role == "lead":
        return [GridNote(bar, 0, length * 0.9, final_pitch(key, instrument), 80)]
    voicing = _voicings(role, instrument, arrangement, chords)[-1]
    pitches = (voicing[0], voicing[0] + 7, voicing[0] + 12) if len(voicing) == 1 else voicing
    roll = 0.0 if role == "pad" else min(1.0, ring / 16)
    return [GridNote(bar, roll * index, length - roll * index, pitch, 66) for index, pitch in enumerate(pitches)]


def _in_time(
    notes: Sequence[GridNote], role: Role, instrument: Instrument, arrangement: Arrangement, rng: np.random.Generator
) -> tuple[Note, ...]:
    """Turn the grid into seconds with swing, and let people play it: small errors of timing and touch."""
    form, style = arrangement.form, arrangement.style
    sixteenth = 60.0 / form.tempo / SIXTEENTHS_PER_BEAT
    loose = style.loose_ms / 1000 * (0.4 if role in {"drums", "bass"} else 1.0)
    played = []
    for note in sorted(notes, key=lambda note: (note.bar, note.start, note.pitch)):
        at = swung(note.start, style.swing, sixteenths=style.swing_sixteenths)
        late = float(np.clip(rng.normal(0.0, loose), -2.5 * loose, 2.5 * loose)) if loose else 0.0
        touch = float(rng.normal(0.0, 3.5 if style.loose_ms else 0.0))
        start = max(0.0, note.bar * form.bar_s + at * sixteenth + late)
        end = min(max(start + note.length * sixteenth, start + 0.04), form.total_s)
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
