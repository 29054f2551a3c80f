"""The tempo that a text asks for: "around 120 bpm", "faster than 140", "slow"."""

from __future__ import annotations

import re

from retrieval.constraints import Constraint
from retrieval.reading.numbers import ABOUT, ABOVE, BELOW, NOT, OR_LESS, OR_MORE, limit, pair
from retrieval.reading.reader import Reader

# "Faster, like 124".
_PACED = "|".join(rf"(?<={pace}{gap})(?:like|to)" for pace in ("faster", "slower") for gap in (" ", ", "))
# "Around 130", "above 140", "120-125": numbers that only beats per minute are, at the end of a clause.
_BARE_BEATS = re.compile(
    rf"(?:(?:\b(?:around|about|roughly|approximately|near|up\s+(?:at|to)|down\s+(?:at|to)|at|say|maybe|{_PACED})|~)\s*(?P<n>[7-9]\d|1\d\d)"
    r"|\b(?:over|above|under|below|past|beyond|faster\s+than|slower\s+than)\s+(?P<limit>1\d\d)"
    r"|(?<![\d:.,/#-])(?P<low>[6-9]\d|1\d\d)\s*(?:-|–|to)\s*(?P<high>[89]\d|1\d\d|2[01]\d))"
    r"(?=\s*(?:[,;!?)]|\.(?!\d)|$|(?:and|but|please|or\s+so|for|if|with|without|though|max|tops|only)\b))",
    re.IGNORECASE,
)


# Ages, counts, years and volumes are none; below 100 beats are meant where music moves somebody.
_NO_BEATS = re.compile(
    r"\b(?:people|persons?|aged?|ages|years?|she|he|i.?m|grand\w*|mum|dad|mother|father|crowd|guests|"
    r"volume|op(?:us)?|from|driv\w+|top)\b[^,;.!?]{0,24}$|\b(?:list|tracks|songs)\s+(?:of\s+)?$",
    re.IGNORECASE,
)
_MOVES = re.compile(
    r"\b(?:bpm|tempo|beats?|speed|pace|cadence|steps|run\w*|jog\w*|walk\w*|spin\w*|cardio|cycl\w+|yoga|workout|gym|danc\w+|"
    r"set|mix|dj|techno|house|trance|dnb|trap|hip[ -]?hop|lo-?fi|waltz|ballad|slow\w*|fast\w*|make it|rather)\b",
    re.IGNORECASE,
)


def _bare_beats(reader: Reader) -> None:
    """Give bare numbers their unit, so that they are read as any other tempo."""

    def unit(found: re.Match[str]) -> str:
        least = float(found["n"] or found["limit"] or found["high"])
        falls = bool(found["low"]) and float(found["low"]) >= least
        strange = _NO_BEATS.search(found.string[: found.start()]) is not None
        unlikely = least < 100 and _MOVES.search(found.string) is None
        return found[0] if falls or strange or unlikely else f"{found[0]} bpm"

    reader.rest = _BARE_BEATS.sub(unit, reader.rest)


def read_tempo(reader: Reader) -> None:
    """Read the tempo, in beats per minute."""
    # "10 bpm slower" compares; it is no tempo of its own.
    reader.take(r"\b\d{1,3}\s*bpm(?=\s+(?:slower|faster|more|less|higher|lower)\b)", lambda m: [])
    if re.search(r"\d", reader.rest):
        _bare_beats(reader)
        _beats(reader)
    _range_of_beats(reader)
    reader.take(
        r"\b(?P<way>faster|slower)\s+than\s+(\d{2,3})\b(?!\s*(?:s|secs?|seconds?|m|mins?|minutes?|%)\b)",
        lambda m: Constraint("tempo", "min" if m["way"].casefold() == "faster" else "max", float(m[2])),
    )
    reader.take(
        r"(?P<no>\b(?:not|never|isn['’]?t|aren['’]?t|too|nothing|no|without|except(?:\s+for)?|excluding|avoid)\s+"
        r"(?:(?:too|so|that|very|overly|all that|any|the|anything)\s+)?)?"
        r"(?:\b(slow|fast|moderate|medium|high|low|up|quick)(?:[\s-]*(?:tempo|paced|beat(?!s?[\w]))|"
        r"(?<![hwp])\s+(?=song|track|music|one|tune))|\b(slow|fast)\b(?!er))",
        lambda m: _spoken_tempo((m.group(2) or m.group(3)).casefold(), negated=m["no"] is not None),
    )


def _beats(reader: Reader) -> None:
    bpm = r"\s*(?:bpm|beats per minute)(?:-?ish\b)?"
    named = r"\b(?:tempo|bpm)(?:\s+(?:of|is|range))?\s*:?\s*"
    for lead, beats, unit in (("", r"(\d{1,4})", bpm), (named, r"(\d{2,4})", rf"(?:{bpm})?(?![\d.])")):
        start = rf"{NOT}{lead}"
        reader.take(
            rf"{start}(?:between\s+|from\s+)?{beats}(?:\s*bpm)?\s*(?:-|–|to|and)\s*{beats}{unit}",
            lambda m: limit("tempo", "between", pair(m[2], m[3]), m["no"]),
        )
        reader.take(
            rf"{start}(?:from\s+|at\s+)?{beats}{unit}{OR_MORE}", lambda m: limit("tempo", "min", float(m[2]), m["no"])
        )
        reader.take(
            rf"{start}(?:from\s+|at\s+)?{beats}{unit}{OR_LESS}", lambda m: limit("tempo", "max", float(m[2]), m["no"])
        )
        reader.take(rf"{start}{BELOW}{beats}{unit}", lambda m: limit("tempo", "max", float(m[2]), m["no"]))
        reader.take(rf"{start}{ABOVE}{beats}{unit}", lambda m: limit("tempo", "min", float(m[2]), m["no"]))
        reader.take(rf"{start}\bfrom\s+{beats}{unit}", lambda m: limit("tempo", "min", float(m[2]), m["no"]))
        reader.take(rf"{start}{beats}\s?\+{unit}", lambda m: limit("tempo", "min", float(m[2]), m["no"]))
        reader.take(
            rf"{start}(?:around|about|roughly|approximately|~)\s*{beats}{unit}",
            lambda m: limit("tempo", "between", (round(0.9 * float(m[2])), round(1.1 * float(m[2]))), m["no"]),
        )
        reader.take(rf"{start}(?:{ABOUT})?\b{beats}{unit}", lambda m: limit("tempo", "is", float(m[2]), m["no"]))


# Two numbers that only a tempo lies between: "techno between 120 and 126 please".
_SLOWEST, _FASTEST, _WIDEST = 60, 220, 1.5
_NO_UNIT = (
    r"(?!\s*(?:%|€|\$|£|\d|(?:tracks?|songs?|pieces?|tunes?|titles?|min(?:ute)?s?|sec(?:ond)?s?|hours?|hz|db|people|guests|years?|"
    r"percent|euros?|dollars?|pounds?|pages?|words|bars|kids|km|miles|m|s|h|am|pm)\b))"
)


def _range_of_beats(reader: Reader) -> None:
    reader.take(rf"\bbetween\s+(\d{{2,3}})\s+and\s+(\d{{2,3}})\b(?![.,:]\d){_NO_UNIT}", _between_beats)


def _between_beats(found: re.Match[str]) -> Constraint | None:
    low, high = float(found[1]), float(found[2])
    likely = _SLOWEST <= low < high <= _FASTEST and high <= _WIDEST * low
    return Constraint("tempo", "between", (low, high)) if likely else None


def _spoken_tempo(word: str, *, negated: bool) -> Constraint | None:
    slow, fast = (20.0, 90.0), (125.0, 400.0)
    word = {"high": "fast", "up": "fast", "quick": "fast", "low": "slow"}.get(word, word)
    if negated:
        ends = {"slow": (slow[1], fast[1]), "fast": (slow[0], fast[0])}.get(word)
        return None if ends is None else Constraint("tempo", "between", ends, hard=False)
    span = {"slow": slow, "fast": fast}.get(word, (85.0, 130.0))
    return Constraint("tempo", "between", span, hard=False)
