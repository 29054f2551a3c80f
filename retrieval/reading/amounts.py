"""The amounts that a text asks for: tempo, years, lengths, loudness, energy, how many tracks and how many an artist."""

from __future__ import annotations

import re
from functools import partial

from retrieval.constraints import Constraint, Op
from retrieval.reading.lengths import read_lengths
from retrieval.reading.numbers import ABOUT, ABOVE, BELOW, LIMITS, NOT, UNIT, VERBS, limit, number, pair, seconds
from retrieval.reading.reader import Reader
from retrieval.reading.tempos import read_tempo
from retrieval.reading.years import read_years

# A limit, or the number itself, comes next.
_LEADING = re.compile(
    rf"\b(?:(?:that|which|who)\s+(?:{VERBS}\s+)*|whose\s+(?=(?:tempo|length|duration|bpm|runtime)\s)|"
    rf"(?<!\bthe\s){VERBS}\s+)"
    rf"(?:(?:for|at|on)\s+)?(?=(?:(?:tempo|length|duration|bpm|runtime)\s+(?:{VERBS}\s+)?)?"
    rf"{NOT.replace('?P<no>', '?:')}(?:{BELOW}|{ABOVE}|{ABOUT})?\d)",
    re.IGNORECASE,
)


def read_amounts(reader: Reader) -> None:
    """Read every amount that the text asks for."""
    reader.rest = _LEADING.sub(lambda m: " " * len(m[0]), reader.rest)
    for rule in (_negative, read_tempo, read_years, read_lengths, _loudness, _energy, _per_artist):
        rule(reader)


def _negative(reader: Reader) -> None:
    """Refuse numbers below zero: "-5 minutes" is no length, and surely not five minutes."""
    minus = r"(?:(?<=\s)|^)[-−](\d{1,6}(?:[.,]\d{1,3})?)\s*"
    reader.take(rf"{minus}(?:bpm|beats per minute)", lambda m: Constraint("tempo", "is", -number(m[1])))
    reader.take(rf"{minus}{UNIT}", lambda m: Constraint("duration", "is", -seconds(m[1], m[2])))


def _loudness(reader: Reader) -> None:
    # Loudness lies below zero; who writes "14 LUFS" means -14.
    unit, level = r"\s*(?:lufs|lkfs|dbfs|db)\b", r"[-–−]?\s?(\d{1,2}(?:[.,]\d)?)"

    def below_zero(text: str) -> float:
        return -number(text)

    reader.take(
        rf"{NOT}(?:between\s+|from\s+)?{level}(?:{unit})?\s*(?:to|and)\s*{level}{unit}",
        lambda m: limit("loudness", "between", pair(below_zero(m[2]), below_zero(m[3])), m["no"]),
    )
    reader.take(rf"{NOT}{BELOW}{level}{unit}", lambda m: limit("loudness", "max", below_zero(m[2]), m["no"]))
    reader.take(rf"{NOT}{ABOVE}{level}{unit}", lambda m: limit("loudness", "min", below_zero(m[2]), m["no"]))
    reader.take(rf"(?:{ABOUT})?(?<!\d){level}{unit}", lambda m: Constraint("loudness", "is", below_zero(m[1])))
    measured = any(c.field == "loudness" for c in reader.found)
    reader.take(
        r"(?P<no>\b(?:not|never|(?:no|nothing)(?=\s+(?:\w+\s+)?loud\s*(?:music|songs?|tracks?|ones?|stuff|tunes?)?\s*(?:$|[,.;!?]|(?:please|thanks|for|at|in|today|tonight|now|and|but)\b)|\s+too\b)|"
        r"isn['’]?t|aren['’]?t|less|too)\s+(?:(?:too|so|that|very|overly)\s+)?)?\bloud\b",
        # Beside a number the word says nothing more.
        lambda m: [] if measured else _loud(m["no"] is not None),
    )


# About the loudest and the quietest third of what is released today.
_LOUD, _NOT_LOUD = -11.0, -14.0


def _loud(negated: bool) -> Constraint:
    if negated:
        return Constraint("loudness", "max", _NOT_LOUD, hard=False)
    return Constraint("loudness", "min", _LOUD, hard=False)


def _energy(reader: Reader) -> None:
    share = r"(\d{1,3}\s?%|[01]?[.,]\d{1,2}|[01](?![\d.,]))"

    def part(text: str) -> float:
        return number(text[:-1].strip()) / 100 if text.endswith("%") else number(text.replace(",", "."))

    def limit(op: Op, found: re.Match[str]) -> Constraint:
        return Constraint("energy", op, part(found[1]))

    reader.take(
        rf"\benergy\s+(?:level\s+)?(?:between\s+|from\s+){share}\s*(?:-|–|to|and)\s*{share}",
        lambda m: Constraint("energy", "between", (min(part(m[1]), part(m[2])), max(part(m[1]), part(m[2])))),
    )
    for words, op in LIMITS:
        for said in (
            rf"(?:\b(?:high|low|an?)\s+)?\benergy\s+(?:level\s+)?(?:of\s+)?{words}{share}",
            rf"{words}{share}\s+(?:in\s+|of\s+)?energy\b",
        ):
            reader.take(said, partial(limit, op))
    reader.take(
        rf"\benergy\s+(?:level\s+)?(?:of\s+|is\s+|:\s*)?{share}", lambda m: Constraint("energy", "is", part(m[1]))
    )


_EACH = (
    r"(?:per|for\s+each|from\s+each|of\s+each|by\s+each|by\s+(?:the\s+)?same|from\s+(?:the\s+)?same|"
    r"of\s+(?:the\s+)?same|by\s+any\s+one|from\s+any\s+one|by\s+one|from\s+one|each\s+by\s+an?|an)"
)
_ARTIST = r"(?:artist|band|singer|musician|composer)s?\b"


_ONE_EACH = Constraint("per_artist", "max", 1.0)


def _per_artist(reader: Reader) -> None:
    few = {"one": 1, "a": 1, "single": 1, "two": 2, "three": 3, "four": 4, "five": 5, "once": 1, "twice": 1}
    reader.take(
        r"\b(?:(?:at most|max(?:imum)?(?: of)?|no more than|not more than|only|just|but|with|up to|a)\s+)*"
        r"(\d{1,2}|one|single|two|three|four|five)\s+(?:(?:songs?|tracks?|titles?|pieces?|tunes?|of them)\s+)?"
        rf"{_EACH}\s+{_ARTIST}",
        lambda m: Constraint("per_artist", "max", float(few.get(m[1].casefold()) or m[1])),
    )
    reader.take(
        rf"\bno\s+{_ARTIST[:-4]}s?\s+(?:more\s+than\s+(once|twice)|twice)\b",
        lambda m: Constraint("per_artist", "max", 2.0 if (m[1] or "").casefold() == "twice" else 1.0),
    )
    reader.take(
        rf"\b(?:not|never|without|no)\s+the\s+same\s+{_ARTIST}\s+(?:more\s+than\s+once|twice|again\s+and\s+again)\b",
        lambda _: _ONE_EACH,
    )
    reader.take(
        rf"\b(?:by|from|with|of)\s+(?:only\s+|all\s+|many\s+)?different\s+{_ARTIST}",
        # "Like Ada Sun, but by different artists" means others than her.
        lambda m: None if re.search(r"\b(?:like|similar)\b", m.string[: m.start()]) else _ONE_EACH,
    )
    reader.take(
        rf"\b(?:all|each|every\s+(?:song|track|one))\s+(?:(?:by|from|with)\s+)?(?:an?\s+)?different\s+{_ARTIST}|"
        rf"\b(?:no|without|don['’]?t)\s+repeat(?:ed|ing)?\s+(?:any\s+|an\s+|the\s+)?{_ARTIST}",
        lambda _: _ONE_EACH,
    )


def read_count(reader: Reader) -> None:
    """Read how many tracks are asked for."""
    things = r"(?:songs?|tracks?|tunes?|pieces?|titles?|results?|suggestions?|recommendations?|options?|ideas?|more)\b"
    match = re.search(
        rf"\b(\d{{1,3}}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty)\s+(?!of\b)"
        rf"(?:\w+\s+){{0,3}}?{things}|\btop\s+(?P<top>\d{{1,3}})\b",
        reader.rest,
        re.IGNORECASE,
    )
    group = "top" if match and match["top"] else 1
    if match and 1 <= number(match[group]) <= 100:
        reader.n = int(number(match[group]))
        reader.blank(*match.span(group))
