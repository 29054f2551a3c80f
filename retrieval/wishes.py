"""Wishes out of words: numbers, keys, names and concepts that a text asks for, each with the words that say so.

Deterministic and the same at every door. What is left of the text is what to search by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from catalog.names import fold
from retrieval.constraints import Constraint, Field
from retrieval.vocabulary import Vocabulary, load_vocabulary

MAX_WISHES = 40
_NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "half": 0.5, "a": 1, "an": 1,
}  # fmt: skip
_NUM = r"(\d+(?:[.,]\d+)?|" + "|".join(w for w in _NUMBER_WORDS if len(w) > 2) + r"|an?(?=\s+(?:minute|hour)))"
_UNIT = r"(hours?|hrs?|h|minutes?|mins?|min|m|seconds?|secs?|sec|s)\b"
_BELOW = r"(?:under|below|less than|shorter than|at most|no more than|not more than|max(?:imum)?|up to|slower than|<)"
_ABOVE = r"(?:over|above|more than|longer than|at least|no less than|min(?:imum)?|faster than|>)"
_ABOUT = r"(?:around|about|roughly|approximately|~|at|exactly)"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a text asks for. `rest` is the text without names, numbers and keys; concept words stay in it."""

    constraints: tuple[Constraint, ...]
    rest: str
    n: int | None = None


def parse_wishes(text: str, artists: Iterable[str] = (), vocabulary: Vocabulary | None = None) -> Wishes:
    """Read the wishes of a text.

    Args:
        text: what the user wrote.
        artists: names of the catalogue's artists, so that "by the bards" is known for a name.
        vocabulary: the concepts to look for.
    """
    reader = _Reader(text[:10_000])
    for rule in (_tempo, _years, _duration, _key, _licence, _provenance, _language, _unknowable, _count):
        rule(reader)
    _artists(reader, {fold(a): a for a in artists if fold(a)})
    _album(reader)
    _concepts(reader, vocabulary or load_vocabulary())
    unique = {(c.field, c.op, str(c.value)): c for c in reader.found}
    return Wishes(tuple(unique.values())[:MAX_WISHES], " ".join(reader.rest.split()), reader.n)


class _Reader:
    """The text with what was understood blanked out, so that no words are read twice."""

    def __init__(self, text: str) -> None:
        self.rest = text
        self.found: list[Constraint] = []
        self.n: int | None = None

    def take(self, pattern: str, use: Callable[[re.Match[str]], Constraint | list[Constraint] | None]) -> None:
        for match in re.finditer(pattern, self.rest, re.IGNORECASE):
            made = use(match)
            if made is None:
                continue
            source = match.group(0).strip()
            for wish in made if isinstance(made, list) else [made]:
                self.found.append(replace(wish, source_text=source))
            self.rest = self.rest[: match.start()] + " " * len(match.group(0)) + self.rest[match.end() :]


def number(text: str) -> float:
    """Return the value of a number in digits or in words (one to thirty)."""
    lowered = text.casefold()
    return float(_NUMBER_WORDS[lowered]) if lowered in _NUMBER_WORDS else float(text.replace(",", "."))


def seconds(amount: str, unit: str) -> float:
    """Return a length of time in seconds."""
    factor = {"h": 3600.0, "m": 60.0}.get(unit[0].casefold(), 1.0)
    return number(amount) * factor


def _tempo(reader: _Reader) -> None:
    bpm = r"\s*(?:bpm|beats per minute)"
    reader.take(
        rf"(?:between\s+|from\s+)?(\d{{2,3}})(?:\s*bpm)?\s*(?:-|–|to|and)\s*(\d{{2,3}}){bpm}",
        lambda m: Constraint("tempo", "between", _pair(m)),
    )
    reader.take(rf"{_BELOW}\s+(\d{{2,3}}){bpm}", lambda m: Constraint("tempo", "max", float(m.group(1))))
    reader.take(rf"{_ABOVE}\s+(\d{{2,3}}){bpm}", lambda m: Constraint("tempo", "min", float(m.group(1))))
    reader.take(
        rf"(?:around|about|roughly|approximately|~)\s*(\d{{2,3}}){bpm}",
        lambda m: Constraint("tempo", "between", (round(0.9 * float(m[1])), round(1.1 * float(m[1])))),
    )
    reader.take(rf"(?:{_ABOUT}\s+)?\b(\d{{2,3}}){bpm}", lambda m: Constraint("tempo", "is", float(m.group(1))))
    reader.take(
        r"\b(slow|fast|moderate|medium)(?:[\s-]+(?:tempo|paced|beat)|\s+(?=song|track|music|one|tune))|\b(slow|fast)\b(?!er)",
        lambda m: _spoken_tempo((m.group(1) or m.group(2)).casefold()),
    )


def _spoken_tempo(word: str) -> Constraint:
    span = {"slow": (20.0, 90.0), "fast": (125.0, 400.0)}.get(word, (85.0, 130.0))
    return Constraint("tempo", "between", span, hard=False)


def _pair(m: re.Match[str]) -> tuple[float, float]:
    low, high = float(m.group(1)), float(m.group(2))
    return (low, high) if low <= high else (high, low)


def _years(reader: _Reader) -> None:
    year = r"((?:1[89]|20)\d\d)"
    reader.take(
        rf"(?:between|from)\s+{year}\s*(?:-|–|to|and|until)\s*{year}", lambda m: Constraint("year", "between", _pair(m))
    )
    reader.take(rf"(?:before|until|older than)\s+{year}", lambda m: Constraint("year", "max", float(m.group(1)) - 1))
    reader.take(rf"(?:after|since|newer than)\s+{year}", lambda m: Constraint("year", "min", float(m.group(1)) + 1))
    reader.take(
        r"(?P<hard>from the |in the |of the )?\b((?:19|20)?\d0)'?s\b", lambda m: _decade(m.group(2), bool(m["hard"]))
    )
    reader.take(
        rf"(?:from|in|of|released in|made in)\s+{year}\b|\b{year}\s+(?=release)",
        lambda m: Constraint("year", "is", float(m.group(1) or m.group(2))),
    )


def _decade(digits: str, hard: bool) -> Constraint:
    start = int(digits) if len(digits) == 4 else int(digits) + (2000 if int(digits) < 30 else 1900)
    return Constraint("year", "between", (float(start), float(start + 9)), hard=hard)


def _duration(reader: _Reader) -> None:
    clock = r"(\d{1,2}):([0-5]\d)\b"
    reader.take(
        rf"(?:between\s+|from\s+)?{_NUM}\s*(?:-|–|to|and)\s*{_NUM}\s*{_UNIT}",
        lambda m: Constraint(
            "duration", "between", tuple(sorted((seconds(m[1], m[3]), seconds(m[2], m[3]))))  # type: ignore[arg-type]
        ),
    )  # fmt: skip
    for words, op in ((_BELOW, "max"), (_ABOVE, "min"), (_ABOUT, "is")):
        reader.take(
            rf"(?:but\s+)?{words}\s+{clock}",
            lambda m, op=op: Constraint("duration", op, 60.0 * int(m[1]) + int(m[2])),  # type: ignore[misc]
        )
        reader.take(
            rf"(?:but\s+)?{words}\s+{_NUM}\s*{_UNIT}(?:\s+long)?",
            lambda m, op=op: Constraint("duration", op, seconds(m[1], m[2])),  # type: ignore[misc]
        )
    reader.take(
        rf"\b{_NUM}[\s-]*{_UNIT}(?:\s+long|\s+of\b)?", lambda m: Constraint("duration", "is", seconds(m[1], m[2]))
    )


def _key(reader: _Reader) -> None:
    reader.take(
        r"\b(?:in\s+)?(?:the\s+)?(?:key\s+(?:of\s+)?)?([A-G](?:\s?(?:#|♯|b|♭|sharp|flat))?)[\s-]+(major|minor|maj|min)\b",
        lambda m: Constraint("key", "is", f"{m.group(1)} {m.group(2)}"),
    )
    reader.take(r"\bkey\s+of\s+([A-G][#b♯♭]?m?)(?![\w#])", lambda m: Constraint("key", "is", m.group(1)))


def _licence(reader: _Reader) -> None:
    reader.take(
        r"\b(?:licen[sc]ed?\s+(?:as\s+|under\s+)?)?(cc0|public[\s-]domain|cc[\s-]by(?:[\s-](?:sa|nc))*)(?:[\s-]\d\.\d)?"
        r"(?:\s+licen[sc]ed?)?\b",
        lambda m: Constraint("licence", "is", re.sub(r"\s", "-", m.group(1).casefold())),
    )
    reader.take(
        r"\b(?:for\s+)?(?:commercial(?:ly)?(?:\s+(?:use|project|film|video))?|royalty[\s-]free|monetiz\w+)\b",
        lambda _: Constraint("licence", "is", "commercial"),
    )


def _provenance(reader: _Reader) -> None:
    reader.take(
        r"\b(?:no|not|without)\s+(?:any\s+)?(?:ai|generated)(?:[\s-](?:music|generated|tracks?|made))*\b|"
        r"\bhuman[\s-]made(?:\s+only)?\b|\bmade by humans\b",
        lambda _: Constraint("provenance", "is", "human"),
    )


_LANGUAGES = (
    "english|german|french|spanish|italian|portuguese|japanese|chinese|mandarin|korean|russian|hindi|arabic|polish|dutch|"
    "swedish|turkish"
)


def _language(reader: _Reader) -> None:
    reader.take(
        rf"\b(?:sung\s+|singing\s+|lyrics\s+)?in\s+({_LANGUAGES})\b|\b({_LANGUAGES})\s+(?:lyrics|vocals|language|words)\b",
        lambda m: Constraint("language", "is", (m.group(1) or m.group(2)).casefold()),
    )


def _unknowable(reader: _Reader) -> None:
    reader.take(
        r"\b(popular|famous|well[\s-]known|top[\s-]rated|best[\s-]selling|award[\s-]winning|viral|trending|chart[\s-]topping|"
        r"new releases?|underrated|obscure|hit songs?|number one hits?)\b",
        lambda m: Constraint("other", "is", m.group(1).casefold()),
    )


def _count(reader: _Reader) -> None:
    things = r"(?:songs?|tracks?|tunes?|pieces?|titles?|results?|suggestions?|recommendations?|options?|ideas?|more)\b"
    match = re.search(
        rf"\b(\d{{1,3}}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty)\s+(?:\w+\s+){{0,3}}?{things}",
        reader.rest,
        re.IGNORECASE,
    )
    if match and 1 <= number(match.group(1)) <= 100:
        reader.n = int(number(match.group(1)))
        start, end = match.span(1)
        reader.rest = reader.rest[:start] + " " * (end - start) + reader.rest[end:]


def _artists(reader: _Reader, known: dict[str, str]) -> None:
    def wish(op: str) -> Callable[[re.Match[str]], Constraint | None]:
        def make(m: re.Match[str]) -> Constraint | None:
            name = _known_prefix(m.group(1), known) or (m.group(1) if m.group(1)[:1].isupper() else None)
            return None if name is None else Constraint("artist", "not" if op == "not" else "is", name.strip(" .,!?"))

        return make

    name = r"([^\s,.;!?\"“”][^,.;!?\"“”\n]{0,60}?)"
    end = r"(?=\s+(?:but|and|with|in|from|under|over|that|which|please|for|at|on)\b|[,.;!?\n]|\s*$)"
    reader.take(rf"\b(?:not|nothing|except|excluding|without|other than)\s+(?:by|from)\s+{name}{end}", wish("not"))
    reader.take(rf"\b(?:except|excluding|other than)\s+{name}{end}", _only_known(known))
    reader.take(rf"\bby\s+(?:the artist\s+|the band\s+)?{name}{end}", wish("is"))


def _only_known(known: dict[str, str]) -> Callable[[re.Match[str]], Constraint | None]:
    def make(m: re.Match[str]) -> Constraint | None:
        name = known.get(fold(m.group(1)))
        return None if name is None else Constraint("artist", "not", name)

    return make


def _known_prefix(words: str, known: dict[str, str]) -> str | None:
    """Return the longest known artist with which the words begin: "the bards please" names "The Bards"."""
    parts = fold(words).split()
    for end in range(len(parts), 0, -1):
        if (name := known.get(" ".join(parts[:end]))) is not None:
            return name
    return None


def _album(reader: _Reader) -> None:
    reader.take(
        r"\b(?:from|on|off)\s+the\s+(?:album|soundtrack|game)\s+(?:of\s+|called\s+)?[\"“]?([^\"”,.;!?\n]{2,60}?)[\"”]?"
        r"(?=\s+(?:but|and|with|under|over)\b|[,.;!?\n]|\s*$)",
        lambda m: Constraint("album", "is", m.group(1).strip()),
    )


_FIELDS: dict[str, Field] = {"genre": "genre", "mood": "mood", "instrument": "instrument", "vocal": "vocal"}


def _concepts(reader: _Reader, vocabulary: Vocabulary) -> None:
    lowered = reader.rest.casefold()
    negated_until = -1
    for mention in vocabulary.mentions(reader.rest):
        # "no drums or guitars": a negation runs on through a list.
        between = lowered[negated_until : mention.start] if negated_until >= 0 else "."
        negated = mention.negated or re.fullmatch(r"\s*(?:,|or|and|nor|/)*\s*(?:or|and)?\s*", between) is not None
        negated_until = mention.end if negated else -1
        concept = mention.concept
        if concept.id in {"vocal", "instrumental"}:
            wanted = "instrumental" if (concept.id == "instrumental") != negated else "vocal"
            reader.found.append(Constraint("vocal", "is", wanted, mention.text))
            continue
        reader.found.append(
            Constraint(_FIELDS[concept.family], "not" if negated else "is", mention.text, mention.text, hard=negated)
        )
