"""Before the first note: style, mood, key, metre, form and players, decided from a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from agent.generation.affect import ends_in_minor, loudness_of, mood_of_film
from agent.generation.form import PHRASE, Form, Section, plan_form
from agent.generation.instruments import BY_NAME, DRUM_KIT, Instrument, Role, find_instrument
from agent.generation.material import Film
from agent.generation.metre import METRES, Metre
from agent.generation.planning import plan_sections
from agent.generation.quartet import PLAYERS, asks_quartet, seated
from agent.generation.spotting import feeling_of, plan_film
from agent.generation.styles import GENRE_WORDS, MOOD_WORDS, MOODS, NEUTRAL, STYLES, Mood, Style
from agent.generation.symbols import Symbol, key_of, parse_bars
from agent.generation.theory import Key, parse_key
from agent.generation.tunes import Tune, key_of_tune, read_lines, read_tune
from agent.generation.values import MAX_TEMPO_BPM, MIN_TEMPO_BPM, GenerationRequest

_MINOR_TONICS = (9, 4, 2, 7, 0, 11)
_MAJOR_TONICS = (0, 7, 2, 5, 9, 10)
_SOFTEST, _LOUDEST = 0.55, 1.25  # factors on velocity at the ends of a curve of loudness


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
    tune: Tune | None = None
    """A melody that was handed over: the lead line."""
    lines: Mapping[int, Tune] | None = None
    """Of a string quartet, the parts that were handed over, by number from the top; None: it is no quartet."""
    loudness: tuple[float | None, ...] = ()
    """How loud it is to be, 0 to 1 at even steps over the piece; None and empty: as the sections are."""
    rhythm: tuple[float | None, ...] = ()
    """How dense its rhythm is to be, 0 to 1 at even steps over the piece; None and empty: as the style is."""

    @property
    def swing(self) -> float:
        """The style's; a beat of three parts has none."""
        return 0.5 if self.form.metre.compound else self.style.swing

    def louder(self, time_s: float) -> float:
        """Return by what factor notes at a time are struck harder."""
        value = self._asked(self.loudness, time_s)
        return 1.0 if value is None else _SOFTEST + (_LOUDEST - _SOFTEST) * value

    def density(self) -> tuple[float | None, ...]:
        """Return how dense the rhythm of each bar is to be; None where it is free, and nothing without a curve."""
        if not self.rhythm:
            return ()
        middle = self.form.metre.sixteenths / 2
        return tuple(self._asked(self.rhythm, self.form.time_of(bar, middle)) for bar in range(self.form.bars))

    def _asked(self, curve: Sequence[float | None], time_s: float) -> float | None:
        """Return the value of a curve at a time, between its known steps; None where it is free."""
        known = [(n, value) for n, value in enumerate(curve) if value is not None]
        at, last = time_s / self.form.total_s * (len(curve) - 1), len(curve) - 1
        if not known or curve[min(last, max(0, round(at)))] is None:
            return None
        places, values = zip(*known, strict=True)
        return float(np.interp(at, places, values))

    def with_role(self, role: Role) -> list[Instrument]:
        """Give the instruments of a role, in order."""
        return [instrument for played, instrument in self.players if played == role]


def metre_of(request: GenerationRequest, tune: Tune | None = None) -> Metre:
    """Return the metre asked for, where it can be written, else that of a tune handed over, else the style's."""
    own = METRES["3/4" if style_of(request).beats == 3 else "4/4"] if tune is None else tune.metre
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
    tune = None if request.melody is None else read_tune(request.melody.existing())
    found = key_of(asked) if asked else drawn if tune is None else key_of_tune(tune)
    key = parse_key(request.key) if request.key else found
    low, high = style.tempo
    liked = (low + (high - low) * (0.25 + 0.5 * energy)) * mood.tempo * float(rng.uniform(0.96, 1.04))
    metre, linger = metre_of(request, tune), float(rng.uniform(0.85, 1.3))
    if tune is not None and request.tempo_bpm is None:
        request = replace(request, tempo_bpm=min(max(tune.tempo, MIN_TEMPO_BPM), MAX_TEMPO_BPM))
    form = _form(request, metre, style, liked, linger)
    dense = any(curve.of == "rhythm" for curve in request.curves) and request.film is None
    if (tune is not None or dense) and not request.sections:
        form = replace(form, sections=_verses(form.bars, even=dense))
    lines = None
    if asks_quartet(request):
        lines = {} if request.melody is None else seated(read_lines(request.melody.existing()))
    players = _players(request, style, energy, rng) if lines is None else PLAYERS
    rhythm = next((curve.values for curve in request.curves if curve.of == "rhythm"), ()) if lines is None else ()
    loudness = _loudness(request)
    return Arrangement(style, mood, key, form, energy, players, asked, request.film, tune, lines, loudness, rhythm)


def _verses(bars: int, *, even: bool) -> tuple[Section, ...]:
    """Part bars under a tune that was handed over, or by a curve of rhythm: eight by eight; all play from the start.

    Every other time it is fuller, unless it is to be `even`, since the curve says when.
    """
    starts, levels = range(0, bars, 2 * PHRASE), (0.8, 0.8) if even else (0.7, 0.9)
    return tuple(
        Section("AB"[n % 2], start, min(2 * PHRASE, bars - start), levels[n % 2]) for n, start in enumerate(starts)
    )


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
    named = [*request.instruments, *(name for name in request.wanted if name.lower() not in band)]
    for instrument in filter(None, map(find_instrument, named)):
        role = next((role for role in instrument.roles if role not in taken), instrument.roles[0])
        band[role] = [*(band[role] if role in taken else []), instrument]
        taken.add(role)
    seated = [
        (role, player) for role, players in band.items() for player in players if not _unwanted(role, player, request)
    ]
    if request.task == "chords":
        return _under(seated, request)
    return tuple(one for one in seated if _alone(*one, request)) if request.wanted else tuple(seated)


def _under(band: Sequence[tuple[Role, Instrument]], request: GenerationRequest) -> tuple[tuple[Role, Instrument], ...]:
    """Keep the lead and who plays chords; where nobody does, a piano. Players that were asked for stay."""
    asked = {one.name for one in map(find_instrument, request.instruments) if one is not None}
    kept = tuple(one for one in band if one[0] in {"lead", "comp", "pad"} or one[1].name in asked)
    chords = any(role in {"comp", "pad"} for role, _ in kept)
    return kept if chords else (*kept, ("comp", BY_NAME["piano"]))


def _alone(role: Role, player: Instrument, request: GenerationRequest) -> bool:
    """Whether a player is one of the tracks that alone are to come out, by its role's or its own name."""
    names = {name.lower() for name in request.wanted}
    known = {one.name for one in map(find_instrument, names) if one is not None}
    return (
        player.name in known
        or role in names
        or (role == "lead" and "melody" in names)
        or (role == "bass" and "bass" in known)
    )


def _drawn(names: tuple[str, ...], rng: np.random.Generator) -> list[Instrument]:
    return [BY_NAME[names[int(rng.integers(len(names)))]]] if names else []


def _unwanted(role: Role, player: Instrument, request: GenerationRequest) -> bool:
    words = request.negative.lower()
    return player.name in words or (role == "bass" and "bass" in words) or (role == "drums" and "percussion" in words)
