"""ABC as a tune: parsed by music21 a bar at a time, checked for metre, bar lengths and key.

What a model writes is data: it is cut to size before anything parses it, repeats are played once, and whatever else
than notes, rests, bar lines and chord symbols stands in it is refused with a sentence that the model can act on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.generation.abc_tunes.notating import abc_key
from agent.generation.theory import Key, parse_key
from agent.generation.values import InvalidRequestError

MAX_CHARS = 6_000
MIN_BARS, MAX_BARS = 4, 16
MAX_REPEATS = 8
MAX_WHY = 300
_LEAST_NOTES = 8
_OUTSIDE = 0.15
_WIDEST = 26
_TOLD = 5
_FIELD = re.compile(r"([A-Za-z]):(.*)")
_QUOTED = re.compile(r'"([^"\n]{0,12})"')
_REPEATS = re.compile(r"\|*:+\|*|\|[12]|\[[12]")
_NOTES = re.compile(r"[A-Ga-gzx0-9/,'^_=()\-<>\s]*")
_KEY = re.compile(r"([A-G][#b]?)\s*(maj|major|m|min|minor|dor|phr|lyd|mix|dorian|phrygian|lydian|mixolydian)?")
_MODES = {"dor": "dorian", "phr": "phrygian", "lyd": "lydian", "mix": "mixolydian", "m": "minor"}


class TuneError(ValueError):
    """A reply is no tune that was asked for; `problems` are sentences that its writer can act on."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class TuneBar:
    """A bar: notes as (start, length) in sixteenths and MIDI pitch; `chord` are the pitch classes of its symbol."""

    notes: tuple[tuple[float, float, int], ...]
    root: int | None = None
    chord: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Tune:
    """A tune that was checked; `abc` is what was read, `why` what its writer says of it."""

    beats: int
    key: Key
    bars: tuple[TuneBar, ...]
    abc: str
    why: str


def read_tune(reply: str, beats: int, key: Key) -> Tune:
    """Read what a model wrote.

    Args:
        reply: a line of reasons and one tune.
        beats: quarters a bar that were asked for.
        key: that was asked for.

    Raises:
        TuneError: it is none, or not in that metre and key; with what is wrong, at most five sentences.
    """
    if len(reply) > MAX_CHARS:
        raise TuneError([f"The reply has {len(reply)} characters, over {MAX_CHARS}; write one tune of 8 bars."])
    why, fields, body = _parts(reply)
    problems = _head_problems(fields, beats, key)
    texts = _bar_texts(body, problems)
    if not problems and not MIN_BARS <= len(texts) <= MAX_BARS:
        problems.append(f"There are {len(texts)} bars; write 8.")
    bars = [] if problems else [_bar(number, text, beats, key, problems) for number, text in enumerate(texts, 1)]
    if not problems:
        problems += _tune_problems(bars, key)
    if problems:
        raise TuneError(problems[:_TOLD])
    head = f"X:1\nM:{beats}/4\nL:1/8\nK:{abc_key(key)}\n"
    return Tune(beats, key, tuple(bars), head + " | ".join(texts) + " |]", why)


def _parts(reply: str) -> tuple[str, dict[str, str], str]:
    """Take a reply apart: the reasons before the tune, its fields, the lines of notes up to the first empty one."""
    before, found, rest = reply.replace("\r", "").partition("X:")
    if not found:
        raise TuneError(["There is no tune; begin it with the line X:1."])
    why = " ".join(re.sub(r"```\w*", " ", before).split()).removeprefix("Why:").strip()[:MAX_WHY]
    fields: dict[str, str] = {}
    body: list[str] = []
    for line in f"X:{rest}".split("\n"):
        line = line.partition("%")[0].strip()
        field = _FIELD.fullmatch(line)
        if line.startswith("```") or (body and not line):
            break
        if field is not None and not body:
            fields.setdefault(field[1], field[2].strip())
        elif line:
            body.append(line)
    return why, fields, "\n".join(body)


def _head_problems(fields: dict[str, str], beats: int, key: Key) -> list[str]:
    problems = []
    if fields.get("M") not in {f"{beats}/4", *(["C"] if beats == 4 else [])}:
        problems.append(f"M: is {fields.get('M', 'missing')[:12]!r}; write M:{beats}/4.")
    if fields.get("L") != "1/8":
        problems.append(f"L: is {fields.get('L', 'missing')[:12]!r}; write L:1/8.")
    if _key(fields.get("K", "")) != key:
        problems.append(f"K: is {fields.get('K', 'missing')[:12]!r}; write K:{abc_key(key)}.")
    return problems


def _key(text: str) -> Key | None:
    found = _KEY.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return parse_key(f"{found[1]} {_MODES.get(found[2], found[2] or 'major')}")
    except InvalidRequestError:
        return None


def _bar_texts(body: str, problems: list[str]) -> list[str]:
    """Cut the notes into bars, repeats played once."""
    symbols = [found[1] for found in _QUOTED.finditer(body)]
    bare = _QUOTED.sub("\x00", body)
    repeats = len(_REPEATS.findall(bare))
    if repeats > MAX_REPEATS:
        problems.append(f"There are {repeats} repeat signs; write each bar once, without repeats.")
        return []
    bare = re.sub(r"\|[\]|]*|\[\|", "|", _REPEATS.sub("|", bare))
    strange = sorted(set(_NOTES.sub("", bare)) - {"|", "\x00"})
    if strange:
        problems.append(f"{' '.join(map(repr, strange[:4]))} cannot be used; write notes, rests (z), bars and chords.")
        return []
    if (longest := re.search(r"\d{3,}", bare)) is not None:
        problems.append(f"{longest[0][:12]} is no length of a note; write 1 to 16.")
        return []
    left = iter(symbols)
    restored = re.sub("\x00", lambda _: f'"{next(left)}"', bare)
    return [" ".join(text.split()) for text in restored.split("|") if text.strip()]


def _bar(number: int, text: str, beats: int, key: Key, problems: list[str]) -> TuneBar:
    """Parse one bar; what is wrong with it is added to the problems."""
    from music21 import converter, harmony, note

    # Of version 2.1 on an accidental holds to the end of its bar.
    head = f"%abc-2.1\nX:1\nM:{beats}/4\nL:1/8\nK:{abc_key(key)}\n"
    try:
        parsed = converter.parse(f"{head}{text} |]\n", format="abc").flatten()
        elements = list(parsed.getElementsByClass([note.Note, note.Rest]))
        symbols = list(parsed.getElementsByClass(harmony.ChordSymbol))
        chord = symbols[0] if symbols else None
        root = None if chord is None else int(chord.root().pitchClass)
        tones = frozenset() if chord is None else frozenset(int(each) for each in chord.pitchClasses)
    except Exception as error:  # music21 raises whatever it stumbles on, of many types
        problems.append(f"Bar {number} ({text[:40]}) cannot be read: {type(error).__name__}.")
        return TuneBar(())
    at, notes = 0.0, []
    for element in elements:
        length = float(element.duration.quarterLength)
        if isinstance(element, note.Note):
            notes.append((4 * at, 4 * length, int(element.pitch.midi)))
        at += length
    if abs(at - beats) > 1e-3:
        problems.append(
            f"Bar {number} ({text[:40]}) has {2 * at:g} eighths; it must have exactly {2 * beats}: "
            f"{'take some away' if at > beats else 'add some'}."
        )
    return TuneBar(tuple(notes), root, tones)


def _tune_problems(bars: Sequence[TuneBar], key: Key) -> list[str]:
    pitches = [pitch for bar in bars for _, _, pitch in bar.notes]
    if len(pitches) < _LEAST_NOTES or len(set(pitches)) < 3:
        return [f"There are {len(pitches)} notes of {len(set(pitches))} pitches; write a tune."]
    problems = []
    outside = sum(pitch % 12 not in key.pitch_classes() for pitch in pitches) / len(pitches)
    if outside > _OUTSIDE:
        problems.append(f"{outside:.0%} of the notes are outside {key.name}; keep to the key.")
    if max(pitches) - min(pitches) > _WIDEST:
        problems.append(f"The tune spans {max(pitches) - min(pitches)} semitones; keep it within two octaves.")
    return problems
