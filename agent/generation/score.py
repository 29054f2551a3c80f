"""The composer's desk: a request becomes an arrangement, the arrangement a score.

Everything is drawn from one seeded generator in a fixed order, so the same request gives the same bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from agent.generation.accompaniment import bass_root, lay_bass, lay_comp, lay_pad, open_chords, power_chords
from agent.generation.affect import ends_in_minor, loudness_of, mood_of_film, plan_film_harmony
from agent.generation.changes import Changes
from agent.generation.drums import lay_drums
from agent.generation.figures import ALL, POWER, bass_figures, comp_figures
from agent.generation.form import Form, Section, plan_form
from agent.generation.harmony import given_harmony, plan_harmony, tonic, voice
from agent.generation.instruments import BY_NAME, DRUM_KIT, Instrument, Role, find_instrument
from agent.generation.material import Film
from agent.generation.melodies.singer import Singer, final_pitch
from agent.generation.metre import METRES, Metre
from agent.generation.notes import SIXTEENTHS_PER_BEAT, GridNote, Note, Part, swung
from agent.generation.planning import plan_sections
from agent.generation.spotting import feeling_of, places_hit, plan_film
from agent.generation.styles import GENRE_WORDS, MOOD_WORDS, MOODS, NEUTRAL, STYLES, Mood, Style
from agent.generation.symbols import Symbol, key_of, parse_bars
from agent.generation.theory import AnyChord, Key, parse_key
from agent.generation.values import GenerationRequest

_MINOR_TONICS = (9, 4, 2, 7, 0, 11)
_MAJOR_TONICS = (0, 7, 2, 5, 9, 10)
_SOFTEST, _LOUDEST = 0.55, 1.25  # factors on velocity at the ends of a curve of loudness
_ACCENT = 20.0
_STILL, _MOVING = 0.75, 0.9  # factors below which an accompaniment plays strong beats, and beats, alone


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
    film: Film | None = None
    loudness: tuple[float | None, ...] = ()
    """How loud it is to be, 0 to 1 at even steps over the piece; None and empty: as the sections are."""

    @property
    def swing(self) -> float:
        """The style's; a beat of three parts has none."""
        return 0.5 if self.form.metre.compound else self.style.swing

    def louder(self, time_s: float) -> float:
        """Return by what factor notes at a time are struck harder."""
        known = [(n, value) for n, value in enumerate(self.loudness) if value is not None]
        if not known or self.loudness[self._step(time_s)] is None:
            return 1.0
        places, values = zip(*known, strict=True)
        at = time_s / self.form.total_s * (len(self.loudness) - 1)
        return _SOFTEST + (_LOUDEST - _SOFTEST) * float(np.interp(at, places, values))

    def _step(self, time_s: float) -> int:
        last = len(self.loudness) - 1
        return min(last, max(0, round(time_s / self.form.total_s * last)))

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
    planned = [
        (chord,)
        for chord in (
            plan_film_harmony(form, request.film, style, key, rng)
            if request.film is not None
            else plan_harmony(form, style, arrangement.mood.harmony, key, rng)
        )
    ]
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
    return NEUTRAL if request.film is None else MOODS[mood_of_film(request.film)]


def arrange(request: GenerationRequest, rng: np.random.Generator) -> Arrangement:
    """Decide style, key, tempo, form and players."""
    mood, style = mood_of(request), style_of(request)
    energy = request.energy if request.energy is not None else (mood.energy + style.energy) / 2
    if request.film is not None and request.energy is None:
        energy = (energy + feeling_of(request.film, 0.0, request.duration_s)[0]) / 2
    minor = mood.minor if mood is not NEUTRAL else bool(style.minor)
    if request.film is not None:
        minor = ends_in_minor(request.film, request.duration_s)
    tonics = _MINOR_TONICS if minor else _MAJOR_TONICS
    drawn = Key(int(rng.choice(tonics)), "minor" if minor else "major")
    asked = tuple(parse_bars(request.chords))
    key = parse_key(request.key) if request.key else key_of(asked) if asked else drawn
    low, high = style.tempo
    liked = (low + (high - low) * (0.25 + 0.5 * energy)) * mood.tempo * float(rng.uniform(0.96, 1.04))
    metre, linger = metre_of(request), float(rng.uniform(0.85, 1.3))
    form = _form(request, metre, style, liked, linger)
    players = _players(request, style, energy, rng)
    return Arrangement(style, mood, key, form, energy, players, asked, request.film, _loudness(request))


def _form(request: GenerationRequest, metre: Metre, style: Style, liked: float, linger: float) -> Form:
    """Plan the form: by sections that were asked for, else by the film, else as the composer likes it."""
    length, tempo, usual = request.duration_s, request.tempo_bpm, style.tempo
    if request.sections:
        return plan_sections(request.sections, length, metre, tempo, usual, liked)
    if request.film is not None:
        return plan_film(request.film, length, metre, tempo, usual, liked)
    return plan_form(length, metre, tempo, usual, liked, linger)


def _loudness(request: GenerationRequest) -> tuple[float | None, ...]:
    """Return the curve of loudness that was asked for, else that of the film."""
    curve = next((curve for curve in request.curves if curve.of == "dynamics"), None)
    if curve is not None:
        return curve.values
    return () if request.film is None else loudness_of(request.film, request.duration_s)


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
        notes = _accented(notes, role, instrument, arrangement, changes) if arrangement.film is not None else notes
        lines.append((role, instrument, notes + _final(role, instrument, arrangement, changes)))
    return tuple(
        Part(role, instrument, _in_time(notes, role, instrument, arrangement, rng)) for role, instrument, notes in lines
    )


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
    if role == "lead":
        busy = (style.busy + 0.25 * (arrangement.energy - 0.5)) * (0.5 if doubled else 1.0)
        pace = None if arrangement.film is None else _pace(arrangement)
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
    """Return by what factor each bar has more notes, after how much moves in the film."""
    form = arrangement.form
    return tuple(arrangement.louder(form.time_of(bar, 0)) for bar in range(form.bars))


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
