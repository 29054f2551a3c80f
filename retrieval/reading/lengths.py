"""The lengths that a text asks for, of a track or of a whole list: "under 4 minutes", "an hour of jazz"."""

from __future__ import annotations

import re
from functools import partial

from retrieval.constraints import Constraint, Op
from retrieval.reading.numbers import ABOVE, AFTER, BELOW, LIMITS, LONG, NOT, NUM, UNIT, limit, number, pair, seconds
from retrieval.reading.reader import Reader

_WORTH = re.compile(r"(?<=[^\W\d_])(?:['’]s|s['’]|(?<=s)['’])\s+worth\s+of\b", re.IGNORECASE)
# What takes time beside the music: "an hour's worth of ideas", "wait a minute", "I spent two hours searching".
_MUSIC = r"(?:of|long|songs?|tracks?|pieces?|tunes?|playlist|mix|set|version|loops?)\b"
_ELSEWHERE = tuple(
    rf"\b{start}{NUM}\s*{UNIT}{end}"
    for start, end in (
        ("", r"\s+of\s+(?:(?:your|my|our|their|his|her)\b|(?:ideas?|suggestions?|time|work|sleep|driving)\b)"),
        (
            r"(?:(?:wait|hold on|hang on|just|give me)\s+(?=(?:an?|one)\s+(?:min|sec))"
            r"|(?:have|got|in)\s+(?=(?:an?|one)\b))",
            rf"(?!\s+{_MUSIC})",
        ),
        (
            r"(?:spent|spend|wasted|awake|was up|slept|worked|drove|it.?s been|been \w+ing)"
            r"(?:\s+(?:for|just|about|almost|only|already))*\s+",
            rf"(?!\s+{_MUSIC})",
        ),
    )
)
# "For a two-hour drive": a list that lasts as long, no track of that length.
_OCCASION = (
    r"(?:drive|ride|trip|flight|run|walk|workout|commute|shift|party|dinner|meeting|hike|journey|show|set|session"
    r"|playlist|mix)"
)


def _time_elsewhere(reader: Reader) -> None:
    """Take out the lengths of time that are no lengths of music."""
    reader.rest = _WORTH.sub(lambda m: "s of" if m[0].startswith("s") else " of", reader.rest)
    for pattern in _ELSEWHERE:
        reader.take(pattern, lambda _: [])


def read_lengths(reader: Reader) -> None:
    """Read how long a track, or the whole list, should be."""
    _time_elsewhere(reader)
    clock = r"(\d{1,2}):([0-5]\d)\b"
    reader.rest = re.sub(
        r"\b(\d{1,2}):([0-5]\d)\s*(?:hours?|hrs?)\b",
        lambda m: f"{60 * int(m[1]) + int(m[2])} minutes",
        reader.rest,
        flags=re.IGNORECASE,
    )
    reader.rest = re.sub(
        r"\b(an?|one|two|three)\s+hours?\s+and\s+a\s+half\b",
        lambda m: f"{60 * number(m[1]) + 30:g} minutes",
        reader.rest,
        flags=re.IGNORECASE,
    )
    # One length in two units is one number: "2 min 30 s", "an hour and 15 minutes".
    reader.rest = re.sub(
        r"\b(\d{1,2}|an?|one|two|three)\s*h(?:(?:ou)?rs?)?\s*(?:and\s+)?(\d{1,2})\s*m(?:in(?:ute)?s?)?\b",
        lambda m: f"{60 * number(m[1]) + int(m[2]):g} minutes",
        reader.rest,
        flags=re.IGNORECASE,
    )
    reader.rest = re.sub(
        r"\b(\d{1,3})\s*m(?:in(?:ute)?s?)?\s*(?:and\s+)?(\d{1,2})\s*s(?:ec(?:ond)?s?)?\b",
        lambda m: f"{60 * int(m[1]) + int(m[2])} s",
        reader.rest,
        flags=re.IGNORECASE,
    )
    reader.rest = re.sub(
        rf"{NUM}\s+(?:min(?:ute)?s?\s+and\s+a\s+half|and\s+a\s+half\s+min(?:ute)?s?)\b",
        lambda m: f"{60 * number(m[1]) + 30:g} s",
        reader.rest,
        flags=re.IGNORECASE,
    )
    reader.take(
        rf"{NOT}(?:between\s+|from\s+)?{NUM}\s*(?:-|–|to|and)\s*{NUM}\s*{UNIT}{LONG}",
        lambda m: limit("duration", "between", pair(seconds(m[2], m[4]), seconds(m[3], m[4])), m["no"]),
    )
    reader.take(
        rf"{NOT}(?:between\s+|from\s+)?{NUM}\s*{UNIT}\s*(?:-|–|to)\s*{NUM}\s*{UNIT}{LONG}",
        lambda m: limit("duration", "between", pair(seconds(m[2], m[3]), seconds(m[4], m[5])), m["no"]),
    )
    reader.take(
        rf"{ABOVE}{NUM}(?:\s*{UNIT})?\s*,?\s*(?:but|and)\s+{BELOW}{NUM}\s*(?:{UNIT})?{LONG}",
        lambda m: _between(m[1], m[2], m[3], m[4]),
    )
    for words, op in AFTER:
        reader.take(rf"{NOT}(?:from\s+|at\s+)?\b{NUM}[\s-]*{UNIT}{LONG}{words}{LONG}", partial(_length_limit, op))
    reader.take(
        rf"\b(?:end|ends|over|done|finish(?:ed|es)?)\s+before\s+{clock}",
        lambda m: Constraint("duration", "max", 60.0 * int(m[1]) + int(m[2])),
    )
    reader.take(
        rf"\b(?:about|around|roughly|approximately|approx\.?|circa|some|nearly|almost|exactly)\s+{NUM}[\s-]*{UNIT}(?P<of>\s+of\b)?",
        lambda m: _about(reader, m),
    )
    for words, op in LIMITS:
        reader.take(
            rf"(?:but\s+)?{NOT}{words}{clock}",
            partial(_clock_limit, op),
        )
        reader.take(
            rf"(?:but\s+)?{NOT}{words}{NUM}\s*{UNIT}{LONG}",
            partial(_length_limit, op),
        )
    reader.take(
        rf"\b(?:an?\s+)?{NUM}[\s-]*{UNIT}(?:\s+of\b|(?=\s+(?:long\s+)?{_OCCASION}\b))",
        lambda m: _whole(reader, m[1], m[2]),
    )
    # "Upbeat, 1:30".
    reader.take(
        r"(?:(?<=^)|(?<=[,;])\s*)(\d{1,2}):([0-5]\d)(?=\s*(?:$|[,;.!]|long\b))",
        lambda m: Constraint("duration", "is", 60.0 * int(m[1]) + int(m[2])),
    )
    reader.take(rf"\b{NUM}\s?\+\s*{UNIT}{LONG}", lambda m: Constraint("duration", "min", seconds(m[1], m[2])))
    reader.take(
        r"(?P<no>\b(?:no|not|without|nothing)\s+(?:(?:too|so|very|any|overly)\s+)?)?(?<!how )\b(long|short)"
        r"(?=\s+(?:[\w-]+\s+){0,2}(?:songs?|tracks?|pieces?|tunes?|jingles?|loops?|music)\b)",
        lambda m: _spoken_length(m[2].casefold(), negated=m["no"] is not None),
    )
    reader.take(rf"\b{NUM}[\s-]*{UNIT}(?:{LONG}|\s+of\b)", lambda m: _bare_length(reader, m))


# From here on a track is long, up to here it is short.
_LONG_S, _SHORT_S = 300.0, 90.0


def _spoken_length(word: str, *, negated: bool) -> Constraint:
    """Return what "long tracks" and "no short songs" mean."""
    if negated:
        op: Op
        op, end = ("max", _LONG_S) if word == "long" else ("min", _SHORT_S)
        return Constraint("duration", op, end, hard=False)
    return Constraint("duration", "between", (_LONG_S, 86_400.0) if word == "long" else (0.0, _SHORT_S), hard=False)


# What a length of many minutes may be that of: "a 20 minute piece", "12 minutes each".
_OF_ONE = re.compile(
    r"[\s-]*(?:[\w-]+\s+){0,2}?(?:tracks?|songs?|pieces?|tunes?|compositions?|versions?|jams?|epics?|suites?|symphon\w+|sonatas?|drones?|"
    r"movements?|mix(?:es)?|long|each|apiece|per)\b",
    re.IGNORECASE,
)


_ONE_OF = re.compile(
    r"\b(?:tracks?|songs?|pieces?|tunes?|compositions?|versions?|ones?)\s+(?:of|at|with|lasting|that\s+\w+|which\s+\w+|running)\s*$",
    re.IGNORECASE,
)
_CLAUSE_AFTER = re.compile(
    r"\s*(?:$|[,;:.!?)–-]|(?:total|altogether|in\s+total|in\s+all|or\s+so|please|and|but|of|max|tops)\b)", re.IGNORECASE
)
_AT_WORK = re.compile(
    r"\b(?:i|we|ich|wir|stand\w*|steh\w*|work\w*|sit\w*|wait\w*|am|been|gleich|for\s+the)\s*$", re.IGNORECASE
)
_LATER = re.compile(r"\b(?:time|starts?|begins?|leave|leaving|off|here|back|is|are|over)\s+in\s*$", re.IGNORECASE)


def _bare_length(reader: Reader, found: re.Match[str]) -> Constraint | list[Constraint]:
    """Return the length of a track; many minutes without a track to have them are those of the whole list."""
    length = seconds(found[1], found[2])
    if _LATER.search(found.string[: found.start()]):
        return []  # "It's tidy-up time in ten minutes"
    wish = Constraint("duration", "is", length)
    of_one = "long" in found[0].casefold() or _OF_ONE.match(found.string, found.end()) is not None
    if length < WHOLE_LIST_S or of_one or reader.total_s is not None:
        return wish
    if _AT_WORK.search(found.string[: found.start()]) and not _CLAUSE_AFTER.match(found.string, found.end()):
        return []  # "eight hours at the grill" are nobody's music
    reader.total_s = length
    return []


def _about(reader: Reader, found: re.Match[str]) -> list[Constraint] | None:
    """Take "about an hour of piano" as the length of the whole list; of a track it is a limit."""
    length = seconds(found[1], found[2])
    alone = found["of"] or _CLAUSE_AFTER.match(found.string, found.end())
    of_one = _OF_ONE.match(found.string, found.end()) or _ONE_OF.search(found.string[: found.start()])
    if length < WHOLE_LIST_S or not alone or of_one or reader.total_s is not None:
        return None
    reader.total_s = length
    return []


def _clock_limit(op: Op, found: re.Match[str]) -> Constraint | None:
    if re.match(r"at\s+\d", found[0], re.IGNORECASE):
        return None  # "lunch at 12:30"
    return limit("duration", op, 60.0 * int(found[2]) + int(found[3]), found["no"])


def _length_limit(op: Op, found: re.Match[str]) -> Constraint:
    return limit("duration", op, seconds(found[2], found[3]), found["no"])


def _between(low: str, low_unit: str | None, high: str, high_unit: str | None) -> Constraint | None:
    """Return a span of which one end may have the unit for both; None where neither has one."""
    if not (unit := low_unit or high_unit):
        return None
    least, most = seconds(low, low_unit or unit), seconds(high, high_unit or unit)
    # "Over 5 and under 2 minutes" are two wishes that nothing holds.
    return Constraint("duration", "between", (least, most)) if least < most else None


# From this much on, "20 minutes of jazz" is a list that long and no track.
WHOLE_LIST_S = 600.0


def _whole(reader: Reader, amount: str, unit: str) -> list[Constraint] | None:
    """Take "an hour of ambient" as the length of the whole list; shorter ones are lengths of a track."""
    if seconds(amount, unit) < WHOLE_LIST_S:
        return None
    reader.total_s = seconds(amount, unit)
    return []
