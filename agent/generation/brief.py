"""Words to a request, by rules: tempo, key, length, mood, genre, instruments, what to leave out.

What has a form of its own (lyrics, chords, sections, tracks, the part of a file) is read by `spoken`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields

from agent import languages
from agent.generation.arranging import style_named
from agent.generation.instruments import UNPLAYABLE, find_instrument, instruments_in
from agent.generation.material import Clip
from agent.generation.metre import METRES
from agent.generation.planning import planned_s
from agent.generation.spoken import VOICES, read_parts, take_quotations
from agent.generation.styles import GENRE_WORDS, MOOD_WORDS
from agent.generation.theory import parse_key
from agent.generation.values import (
    MAX_DURATION_S,
    MAX_INSTRUMENTS,
    MAX_TEMPO_BPM,
    MAX_TEXT,
    MIN_DURATION_S,
    MIN_TEMPO_BPM,
    GenerationRequest,
    InvalidRequestError,
)

_NUMBER = r"(\d+(?:[.,]\d+)?|an?|one|two|three|four|five|six|seven|eight|nine|ten|half an?)"
_SECONDS = re.compile(_NUMBER + r"[\s-]*(?:s|secs?|seconds?)\b", re.IGNORECASE)
_MINUTES = re.compile(_NUMBER + r"[\s-]*(?:m|mins?|minutes?)\b", re.IGNORECASE)
_CLOCK = re.compile(r"\b(\d{1,2}):([0-5]\d)\b")
_BPM = re.compile(
    r"\b(\d{2,3}(?:\.\d+)?)\s*(?:bpm|beats (?:per|a) minute)\b|\b(?:tempo|bpm)\D{0,8}(\d{2,3}(?:\.\d+)?)\b"
    r"|\bat (\d{2,3})\b(?!\s*(?:[%:./]|s\b|sec|min|bars?|in the|o'clock|[ap]\.?m|hz|khz|db|\d))",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"\b([A-G](?:[#♯b♭]|[\s-](?:sharp|flat))?)[\s-]*(major|minor|maj|min|dorian|phrygian|lydian|mixolydian|m)\b"
    r"|\b(?:key of|in)\s+([A-G](?:[#♯b♭]|[\s-](?:sharp|flat))?)(?![\w'#])"
    r"(?!\s+(?!(?:with|and|at|for|using|please|on|but)\b)[a-z])"
)
_LOWER_KEY = re.compile(r"\b(?:in|key of)\s+([a-g](?:#|b)?)\s+(major|minor)\b")
_WITHOUT = re.compile(
    r"\b(?:no|without|avoid|minus|not too much|leave out|leaving out|do(?: not|n't) use|skip|exclude|excluding"
    r"|nothing with|free of|free from|sans|(?:hold|lose|drop|ditch|omit)(?= the\b))"
    r"\s+(?:the\s+)?((?:any\s+)?[\w-]+(?:\s+(?:or|and|,)\s*[\w-]+)?)",
    re.IGNORECASE,
)
_WORDS = {
    "a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0,
    "eight": 8.0, "nine": 9.0, "ten": 10.0, "half a": 0.5, "half an": 0.5,
}  # fmt: skip
_TEMPO_WORDS = {
    "very slow": 60.0, "slow": 72.0, "downtempo": 78.0, "mid-tempo": 100.0, "midtempo": 100.0, "very fast": 160.0,
    "fast": 140.0, "quick": 136.0, "uptempo": 128.0, "up-tempo": 128.0, "adagio": 70.0, "andante": 88.0,
    "moderato": 110.0, "allegro": 132.0, "presto": 170.0, "largo": 54.0,
}  # fmt: skip
_ENERGY_WORDS = {
    "low energy": 0.2, "low-energy": 0.2, "minimal": 0.25, "high energy": 0.9, "high-energy": 0.9, "intense": 0.85,
    "energetic": 0.85, "gentle": 0.25, "mellow": 0.3, "massive": 0.95, "calm": 0.2,
}  # fmt: skip


def parse_brief(text: str, *, duration_s: float = 30.0, seed: int = 0, files: Sequence[Clip] = ()) -> GenerationRequest:
    """Read a request in words, such as "30 seconds of calm piano in D minor, no drums", also in the other languages.

    Args:
        text: the user's words; only the first 2,000 characters are read.
        duration_s: used where the words name no length, in seconds.
        seed: the seed of the request.
        files: what was handed over; the words say what each is for.

    Raises:
        InvalidRequestError: the words name a length or a tempo outside the limits, or contradict themselves.
    """
    spoken = take_quotations(text[:MAX_TEXT])
    english = languages.read(spoken.words, brief=True).text
    read = read_parts(english, files)
    parts, english = spoken.fields | read.fields, read.words
    if "lyrics" in parts and parts.get("vocals"):
        del parts["vocals"]  # said by the lyrics
    negative = ", ".join(match[1] for match in _WITHOUT.finditer(english))
    wanted = _WITHOUT.sub(" ", english)
    tracks, length, tempo = parts.get("wanted", ()), _duration(wanted), _tempo(wanted)
    if gap := parts.get("fills"):
        length = gap.end_s - gap.start_s
    if length is None:
        metre = METRES.get(parts.get("time_signature", ""), METRES["4/4"])
        length = planned_s(parts.get("sections", ()), tempo, metre)
    return GenerationRequest(
        text=text[:MAX_TEXT],
        duration_s=_limited("length", length, MIN_DURATION_S, MAX_DURATION_S, "s") or duration_s,
        tempo_bpm=_limited("tempo", tempo, MIN_TEMPO_BPM, MAX_TEMPO_BPM, "BPM"),
        key=_key(wanted),
        mood=_longest(wanted, MOOD_WORDS),
        genre=_longest(wanted, GENRE_WORDS) if style_named(wanted) else None,
        instruments=tuple(
            name for name in instruments_in(wanted) if name not in tracks and not ("vocals" in parts and name in VOICES)
        )[:MAX_INSTRUMENTS],
        energy=_ENERGY_WORDS.get(_longest(wanted, _ENERGY_WORDS) or ""),
        seed=seed,
        negative=_canonical(negative),
        **parts,
    )


def fields_said(text: str) -> tuple[str, ...]:
    """Return the fields of a request that these words give; all others are left open, or a default.

    Raises:
        InvalidRequestError: as `parse_brief`.
    """
    one, other = (parse_brief(text, duration_s=default) for default in (10.0, 20.0))
    return tuple(
        field.name
        for field in fields(GenerationRequest)
        if field.name not in {"text", "seed"}
        and (value := getattr(one, field.name)) == getattr(other, field.name)
        and (field.name == "duration_s" or value != field.default)
    )


def _duration(text: str) -> float | None:
    if clock := _CLOCK.search(text):
        return int(clock[1]) * 60.0 + int(clock[2])
    minutes, seconds = _MINUTES.search(text), _SECONDS.search(text)
    if minutes is None and seconds is None:
        return None
    return (60.0 * _number(minutes[1]) if minutes else 0.0) + (_number(seconds[1]) if seconds else 0.0)


def _number(word: str) -> float:
    word = " ".join(word.lower().split())
    return _WORDS[word] if word in _WORDS else float(word.replace(",", "."))


def _tempo(text: str) -> float | None:
    if found := _BPM.search(text):
        return float(found[1] or found[2] or found[3])
    return _TEMPO_WORDS.get(_longest(text, _TEMPO_WORDS) or "")


def _key(text: str) -> str | None:
    found = _KEY.search(text) or _LOWER_KEY.search(text)
    if found is None:
        return None
    groups = [group for group in found.groups() if group]
    return parse_key(" ".join(groups)).name


def _longest(text: str, words: dict[str, str] | dict[str, float]) -> str | None:
    """Find the longest of these words that the text holds as a whole word; the first named among equals."""
    lowered = text.lower()
    hits = [
        (-len(word), match.start(), word)
        for word in words
        if (match := re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", lowered))
    ]
    return min(hits)[2] if hits else None


def _limited(what: str, value: float | None, low: float, high: float, unit: str) -> float | None:
    if value is not None and not low <= value <= high:
        raise InvalidRequestError(f"{what} {value:g} {unit} is outside {low:g} to {high:g} {unit}; choose one inside")
    return value


def _canonical(negative: str) -> str:
    """Call the unwanted instruments by our names, so that they are recognised later."""
    words = re.split(r",\s*|\s+(?:or|and)\s+", negative)
    named = []
    for word in filter(None, (word.strip() for word in words)):
        if word.lower().removeprefix("any ") in VOICES:
            continue  # said by `vocals`
        instrument = find_instrument(word.removeprefix("any "))
        named.append(instrument.name if instrument and word.lower() not in UNPLAYABLE else word)
    return ", ".join(named)
