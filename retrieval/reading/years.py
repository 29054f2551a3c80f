"""The years that a text asks for: "before 1990", "the late 80s", "the last ten years"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from retrieval.constraints import Constraint, Op
from retrieval.reading.numbers import AFTER, NOT, limit, number, pair
from retrieval.reading.reader import Reader

_DECADE_WORDS = {
    "twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960, "seventies": 1970,
    "eighties": 1980, "nineties": 1990, "noughties": 2000,
}  # fmt: skip
_DECADE = r"((?:(?:early|mid|late)[\s-]+)?(?:19|20)?\d0)['’]?s\b"
# Which of a decade's ten years are meant.
_PART_OF = {"early": (0, 4), "mid": (3, 6), "late": (5, 9), "": (0, 9)}


def read_years(reader: Reader) -> None:
    """Read from which years the music should be."""
    year = r"((?:1[89]|20)\d\d)"
    reader.rest = re.sub(
        rf"\b(?:{'|'.join(_DECADE_WORDS)})\b", lambda m: f"{_DECADE_WORDS[m[0].casefold()]}s", reader.rest, flags=re.I
    )
    reader.take(
        rf"{NOT}(?:between|from)\s+{year}\s*(?:-|–|to|and|until)\s*{year}",
        lambda m: Constraint("year", "not" if m["no"] else "between", pair(m[2], m[3])),
    )
    reader.take(
        rf"{NOT}\b{year}\s*[-–]\s*{year}\b",
        lambda m: Constraint("year", "not" if m["no"] else "between", pair(m[2], m[3])),
    )
    _years_ago(reader)
    made = r"(?:\b(?:(?:released|made|recorded|published|out|came\s+out|dating)\s+)?(?:from|in|since)\s+)"
    reader.take(rf"(?:from|since)\s+{year}\s+(?:on|onwards?)\b", lambda m: Constraint("year", "min", float(m[1])))
    for words, op in AFTER:
        reader.take(rf"{made}?\b{year}{words}", partial(_year_limit, op))
    reader.take(
        rf"\b(?:(?:released|made|recorded)\s+)?(?:(?:no|not|nothing|none)\s+(?:earlier|older|sooner)\s+than|at\s+the\s+earliest|"
        rf"starting\s+(?:from|in|with|at)|beginning\s+(?:in|with))\s+{made}?{year}",
        partial(_year_limit, "min"),
    )
    reader.take(
        rf"\b(?:(?:released|made|recorded)\s+)?(?:(?:no|not|nothing|none)\s+(?:later|newer|younger)\s+than|at\s+the\s+latest|through)\s+"
        rf"{made}?{year}|\b(?:released|made|recorded|out)\s+by\s+{year}",
        partial(_year_limit, "max"),
    )
    # "Nothing from before 2010", "none over 4 minutes": what is refused is the other side.
    reader.rest = re.sub(rf"\b(nothing|none|no\s+\w+|not)\s+from\s+(before|after)\s+(?={year})", r"\1 \2 ", reader.rest)
    # "Since 2010" and "until 2010" count that year, "after" and "before" do not.
    reader.take(rf"\bsince\s+{year}", lambda m: Constraint("year", "min", float(m[1])))
    reader.take(rf"\b(?:until|till|up to)\s+{year}", lambda m: Constraint("year", "max", float(m[1])))
    reader.take(
        rf"{NOT}(?:before|older than|pre)[\s-]+{year}",
        lambda m: Constraint("year", "min", float(m[2])) if m["no"] else Constraint("year", "max", float(m[2]) - 1),
    )
    reader.take(
        rf"{NOT}(?:after|newer than|post)[\s-]+{year}",
        lambda m: Constraint("year", "max", float(m[2])) if m["no"] else Constraint("year", "min", float(m[2]) + 1),
    )
    reader.take(
        r"(?:\b(?:from|in|of)\s+)?(?:the\s+)?\byear\s+(\d{4})\b", lambda m: Constraint("year", "is", float(m[1]))
    )
    _around_decades(reader)
    reader.take(
        rf"{NOT}(?P<hard>from the |in the |of the )?(?:the\s+)?\b{_DECADE}"
        rf"(?:\s*(?:,\s*(?:and|or)|and|or|&|,|/|to|-)\s*(?:from\s+)?(?:the\s+)?{_DECADE})+",
        lambda m: _decades(re.findall(_DECADE, m[0], re.IGNORECASE), m["no"], bool(m["hard"])),
    )
    reader.take(
        # "30s" is a decade in "30s swing" and a length in "under 30s" and "a 30s loop".
        r"(?:(?=(?:19|20)\d0)"
        r"|(?<!under )(?<!over )(?<!than )(?<!about )(?<!around )(?<!least )(?<!most )(?<!max )(?<!to ))"
        rf"{NOT}(?P<hard>from the |in the |of the )?(?:the\s+)?\b{_DECADE}"
        r"(?!\s+(?:long|clip|video|loop|jingle|intro|spot|of)\b)",
        lambda m: _decades([m[3]], m["no"], bool(m["hard"])),
    )
    reader.take(
        rf"{NOT}(?:from|in|of|released in|made in)\s+{year}\b|\b{year}\s+(?=release)",
        lambda m: Constraint("year", "not" if m["no"] else "is", float(m[2] or m[3])),
    )


def _year_limit(op: Op, found: re.Match[str]) -> Constraint:
    return Constraint("year", op, float(found[1] or found[2]) if found.re.groups > 1 else float(found[1]))


def this_year() -> int:
    """Return the year that "this year" is."""
    return datetime.now(tz=UTC).year


def _years_ago(reader: Reader) -> None:
    now, span = (
        float(this_year()),
        r"(\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty|thirty)\s+years",
    )
    reader.take(
        rf"{NOT}(?:older\s+than|more\s+than|over|at\s+least)\s+{span}(?:\s+(?:old|ago))?",
        lambda m: limit("year", "max", now - number(m[2]), m["no"]),
    )
    reader.take(
        rf"{NOT}(?:newer\s+than|younger\s+than|less\s+than|(?:from|in|of|within)\s+(?:the\s+)?(?:last|past))\s+{span}"
        r"(?:\s+(?:old|ago))?",
        lambda m: limit("year", "min", now - number(m[2]), m["no"]),
    )
    reader.take(
        rf"{NOT}(?:from|in|of|within)\s+(?:the\s+)?(?:last|past)\s+(?:(?:(two|three|four|five|\d)\s+)decades|decade)\b(?!\s+of\b)",
        lambda m: limit("year", "min", now - 10 * number(m[2] or "1"), m["no"]),
    )
    reader.take(
        r"\b(?:from|in|of)\s+(?P<when>this|last)\s+year\b",
        lambda m: Constraint("year", "is", now - (m["when"].casefold() == "last")),
    )


def _around_decades(reader: Reader) -> None:
    reader.take(
        rf"{NOT}\b(?:before|pre|older\s+than|until)[\s-]+(?:the\s+)?{_DECADE}",
        lambda m: Constraint("year", "min" if m["no"] else "max", _decade(m[2])[0] - (not m["no"])),
    )
    reader.take(
        rf"{NOT}\b(?:after|post|newer\s+than)[\s-]+(?:the\s+)?{_DECADE}",
        lambda m: Constraint("year", "max" if m["no"] else "min", _decade(m[2])[1] + (not m["no"])),
    )
    reader.take(
        rf"(?:since|from)\s+(?:the\s+)?{_DECADE}\s+(?:on|onwards?)\b|\bsince\s+(?:the\s+)?{_DECADE}",
        lambda m: Constraint("year", "min", _decade(m[1] or m[2])[0]),
    )
    # Said of music as a whole, and no more than a leaning.
    reader.take(
        r"\b(?:recent|newer)\b(?=\s+(?:[\w-]+\s+)?(?:music|songs?|tracks?|stuff|releases?|ones?|artists?)\b)",
        lambda _: Constraint("year", "min", float(this_year() - RECENT_YEARS), hard=False),
    )
    reader.take(
        r"\b(?:golden\s+)?oldies\b|\bold\b(?=\s+(?:music|songs?|tracks?|recordings?|stuff)\b)",
        lambda _: Constraint("year", "max", float(this_year() - OLD_YEARS), hard=False),
    )


RECENT_YEARS, OLD_YEARS = 5, 40


def _decades(decades: Sequence[str], no: str | None, hard: bool) -> Constraint:
    spans = [_decade(words) for words in decades]
    span = (min(s[0] for s in spans), max(s[1] for s in spans))
    return Constraint("year", "not" if no else "between", span, hard=hard or no is not None)


def _decade(words: str) -> tuple[float, float]:
    digits = re.sub(r"\D", "", words)
    start = int(digits) if len(digits) == 4 else int(digits) + (2000 if int(digits) < 30 else 1900)
    first, last = _PART_OF[re.sub(r"[^a-z]", "", words.casefold())]
    return float(start + first), float(start + last)
