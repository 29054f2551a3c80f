"""The amounts that a text asks for: tempo, years, lengths, loudness, energy, how many tracks and how many an artist."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from retrieval.constraints import Constraint, Field, Op
from retrieval.reading.reader import Reader

_NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "sixty": 60, "ninety": 90, "half": 0.5,
    "half a": 0.5, "half an": 0.5, "a": 1, "an": 1,
}  # fmt: skip
_NUM = (
    r"((?<![\d.,])\d{1,6}(?:[.,]\d{1,3})?|(?:"
    + "|".join(sorted((w for w in _NUMBER_WORDS if len(w) > 2), key=len, reverse=True))
    # A number in words stands apart from its unit: "ones" is not one second.
    + r")(?=[\s-])|an?(?=\s+(?:minute|hour)))"
)
# "Two hours ago" is a time, no length; "2000s" are years.
_UNIT = r"(hours?|hrs?|h|minutes?|mins?|min|m|seconds?|secs?|sec|(?<!19\d0)(?<!20\d0)s)\b(?!\s+(?:ago|later|earlier)\b)"
_LONG = r"(?:\s+(?:long|in\s+length))?"
_BELOW = (
    r"(?:(?:under|below|beneath|less than|fewer than|lower than|shorter than|slower than|quieter than|softer than|"
    r"(?:no|not)\s+(?:(?:single\s+)?(?:one|pieces?|tracks?|songs?|tunes?|titles?)\s+(?:that.?s\s+|that\s+(?:is|are)\s+)?)?"
    r"(?:more|longer|faster|higher|louder|bigger|greater)\s+than|not\s+(?:over|above|past|beyond)|"
    r"(?:at\s+)?max(?:imum|imally|\.)?(?:\s+of)?|at\s+(?:the\s+)?(?:very\s+)?most|up\s+to|within|capped\s+at|"
    r"(?:top(?:s|ping)?\s+out|limited)\s+(?:at|to)|(?:(?:an?|the)\s+)?(?:upper\s+)?(?:ceiling|limit|cap)\s+(?:of|at|is)|"
    r"(?:at\s+or\s+(?:below|under)|(?:below|under)\s+or\s+at))\s+|[<≤]=?\s*)"
)
_ABOVE = (
    r"(?:(?:over|above|past|beyond|more than|greater than|higher than|longer than|faster than|louder than|exceeding|"
    r"exceeds?|(?:no|not)\s+(?:less|fewer|shorter|slower|lower|quieter)\s+than|not\s+(?:under|below|beneath)|"
    r"(?:at\s+)?min(?:imum|imally|\.)?(?:\s+of)?|at\s+(?:the\s+)?(?:very\s+)?least|upwards?\s+of|north\s+of|"
    r"starting\s+(?:at|from)|(?:(?:an?|the)\s+)?floor\s+(?:of|at|is)|"
    r"(?:at\s+or\s+(?:above|over)|(?:above|over)\s+or\s+at))\s+|[>≥]=?\s*)"
)
_ABOUT = r"(?:around|about|roughly|approximately|~|at|exactly)\s+"
_LIMITS: tuple[tuple[str, Op], ...] = ((_BELOW, "max"), (_ABOVE, "min"), (_ABOUT, "is"))
# What may lead to a limit and says nothing more: "that stay below", "whose tempo is", "which run for".
_VERBS = (
    r"(?:is|are|stays?|staying|runs?|running|lasts?|lasting|goes|going|go|gets?|clocks?\s+in|ends?|keeps?|falls?|drops?|"
    r"dips?|sits?|comes?\s+in|takes?|be)"
)
_NOT = (
    r"(?P<no>\b(?:not|no|nothing|none|never|without|except(?:\s+for)?|excluding|avoid|don['’]?t|doesn['’]?t|"
    r"won['’]?t|mustn['’]?t|shouldn['’]?t)\s+"
    r"(?:(?:any|anything|music|songs?|tracks?|stuff|want|like|need|include|play|hear|much|more|"
    rf"{_VERBS})\s+)*)?"
)
# A limit, or the number itself, comes next.
_LEADING = re.compile(
    rf"\b(?:(?:that|which|who)\s+(?:{_VERBS}\s+)*|whose\s+(?=(?:tempo|length|duration|bpm|runtime)\s)|"
    rf"(?<!\bthe\s){_VERBS}\s+)"
    rf"(?:(?:for|at|on)\s+)?(?=(?:(?:tempo|length|duration|bpm|runtime)\s+(?:{_VERBS}\s+)?)?"
    rf"{_NOT.replace('?P<no>', '?:')}(?:{_BELOW}|{_ABOVE}|{_ABOUT})?\d)",
    re.IGNORECASE,
)


def read_amounts(reader: Reader) -> None:
    """Read every amount that the text asks for."""
    reader.rest = _LEADING.sub(lambda m: " " * len(m[0]), reader.rest)
    for rule in (_negative, _tempo, _years, _duration, _loudness, _energy, _per_artist):
        rule(reader)


def number(text: str) -> float:
    """Return the value of a number in digits or in words (half to ninety)."""
    lowered = " ".join(text.casefold().split())
    return float(_NUMBER_WORDS[lowered]) if lowered in _NUMBER_WORDS else float(text.replace(",", "."))


def seconds(amount: str, unit: str) -> float:
    """Return a length of time in seconds."""
    factor = {"h": 3600.0, "m": 60.0}.get(unit[0].casefold(), 1.0)
    return number(amount) * factor


# What a refusal makes of a limit: "nothing over 5 minutes" is at most 5 minutes.
_OTHER_WAY: dict[Op, Op] = {"min": "max", "max": "min", "is": "not", "between": "not"}
_OR_MORE = (
    r",?\s+(?:(?:or|and)\s+(?:faster|more|above|up|upwards?|higher|longer|louder|later|newer|onwards?)|"
    r"or\s+(?:over|after)|and\s+(?:over|after)|(?:as\s+an?\s+)?min(?:imum|\.)?|at\s+(?:the\s+)?(?:very\s+)?(?:least|earliest)|"
    r"plus|upwards?|up)\b(?!\s*(?:\d|than\b))"
)
_OR_LESS = (
    r",?\s+(?:(?:or|and)\s+(?:slower|less|below|lower|shorter|quieter|earlier|older|fewer|before)|or\s+under|and\s+under|"
    r"(?:as\s+an?\s+)?max(?:imum|\.)?|tops|at\s+(?:the\s+)?(?:very\s+)?(?:most|latest))\b(?!\s*(?:\d|than\b))"
)
_AFTER: tuple[tuple[str, Op], ...] = ((_OR_MORE, "min"), (_OR_LESS, "max"))


def _limit(field: Field, op: Op, value: float | tuple[float, float], no: str | None) -> Constraint:
    return Constraint(field, _OTHER_WAY[op] if no else op, value)


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


def _tempo(reader: Reader) -> None:
    # "10 bpm slower" compares; it is no tempo of its own.
    reader.take(r"\b\d{1,3}\s*bpm(?=\s+(?:slower|faster|more|less|higher|lower)\b)", lambda m: [])
    if re.search(r"\d", reader.rest):
        _bare_beats(reader)
        _beats(reader)
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
        start = rf"{_NOT}{lead}"
        reader.take(
            rf"{start}(?:between\s+|from\s+)?{beats}(?:\s*bpm)?\s*(?:-|–|to|and)\s*{beats}{unit}",
            lambda m: _limit("tempo", "between", _pair(m[2], m[3]), m["no"]),
        )
        reader.take(
            rf"{start}(?:from\s+|at\s+)?{beats}{unit}{_OR_MORE}", lambda m: _limit("tempo", "min", float(m[2]), m["no"])
        )
        reader.take(
            rf"{start}(?:from\s+|at\s+)?{beats}{unit}{_OR_LESS}", lambda m: _limit("tempo", "max", float(m[2]), m["no"])
        )
        reader.take(rf"{start}{_BELOW}{beats}{unit}", lambda m: _limit("tempo", "max", float(m[2]), m["no"]))
        reader.take(rf"{start}{_ABOVE}{beats}{unit}", lambda m: _limit("tempo", "min", float(m[2]), m["no"]))
        reader.take(rf"{start}\bfrom\s+{beats}{unit}", lambda m: _limit("tempo", "min", float(m[2]), m["no"]))
        reader.take(rf"{start}{beats}\s?\+{unit}", lambda m: _limit("tempo", "min", float(m[2]), m["no"]))
        reader.take(
            rf"{start}(?:around|about|roughly|approximately|~)\s*{beats}{unit}",
            lambda m: _limit("tempo", "between", (round(0.9 * float(m[2])), round(1.1 * float(m[2]))), m["no"]),
        )
        reader.take(rf"{start}(?:{_ABOUT})?\b{beats}{unit}", lambda m: _limit("tempo", "is", float(m[2]), m["no"]))


def _spoken_tempo(word: str, *, negated: bool) -> Constraint | None:
    slow, fast = (20.0, 90.0), (125.0, 400.0)
    word = {"high": "fast", "up": "fast", "quick": "fast", "low": "slow"}.get(word, word)
    if negated:
        ends = {"slow": (slow[1], fast[1]), "fast": (slow[0], fast[0])}.get(word)
        return None if ends is None else Constraint("tempo", "between", ends, hard=False)
    span = {"slow": slow, "fast": fast}.get(word, (85.0, 130.0))
    return Constraint("tempo", "between", span, hard=False)


def _pair(first: str | float, second: str | float) -> tuple[float, float]:
    low, high = sorted((float(first), float(second)))
    return low, high


def _negative(reader: Reader) -> None:
    """Refuse numbers below zero: "-5 minutes" is no length, and surely not five minutes."""
    minus = r"(?:(?<=\s)|^)[-−](\d{1,6}(?:[.,]\d{1,3})?)\s*"
    reader.take(rf"{minus}(?:bpm|beats per minute)", lambda m: Constraint("tempo", "is", -number(m[1])))
    reader.take(rf"{minus}{_UNIT}", lambda m: Constraint("duration", "is", -seconds(m[1], m[2])))


_DECADE_WORDS = {
    "twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960, "seventies": 1970,
    "eighties": 1980, "nineties": 1990, "noughties": 2000,
}  # fmt: skip
_DECADE = r"((?:(?:early|mid|late)[\s-]+)?(?:19|20)?\d0)['’]?s\b"
# Which of a decade's ten years are meant.
_PART_OF = {"early": (0, 4), "mid": (3, 6), "late": (5, 9), "": (0, 9)}


def _years(reader: Reader) -> None:
    year = r"((?:1[89]|20)\d\d)"
    reader.rest = re.sub(
        rf"\b(?:{'|'.join(_DECADE_WORDS)})\b", lambda m: f"{_DECADE_WORDS[m[0].casefold()]}s", reader.rest, flags=re.I
    )
    reader.take(
        rf"{_NOT}(?:between|from)\s+{year}\s*(?:-|–|to|and|until)\s*{year}",
        lambda m: Constraint("year", "not" if m["no"] else "between", _pair(m[2], m[3])),
    )
    reader.take(
        rf"{_NOT}\b{year}\s*[-–]\s*{year}\b",
        lambda m: Constraint("year", "not" if m["no"] else "between", _pair(m[2], m[3])),
    )
    _years_ago(reader)
    made = r"(?:\b(?:(?:released|made|recorded|published|out|came\s+out|dating)\s+)?(?:from|in|since)\s+)"
    reader.take(rf"(?:from|since)\s+{year}\s+(?:on|onwards?)\b", lambda m: Constraint("year", "min", float(m[1])))
    for words, op in _AFTER:
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
        rf"{_NOT}(?:before|older than|pre)[\s-]+{year}",
        lambda m: Constraint("year", "min", float(m[2])) if m["no"] else Constraint("year", "max", float(m[2]) - 1),
    )
    reader.take(
        rf"{_NOT}(?:after|newer than|post)[\s-]+{year}",
        lambda m: Constraint("year", "max", float(m[2])) if m["no"] else Constraint("year", "min", float(m[2]) + 1),
    )
    reader.take(
        r"(?:\b(?:from|in|of)\s+)?(?:the\s+)?\byear\s+(\d{4})\b", lambda m: Constraint("year", "is", float(m[1]))
    )
    _around_decades(reader)
    reader.take(
        rf"{_NOT}(?P<hard>from the |in the |of the )?(?:the\s+)?\b{_DECADE}"
        rf"(?:\s*(?:,\s*(?:and|or)|and|or|&|,|/|to|-)\s*(?:the\s+)?{_DECADE})+",
        lambda m: _decades(re.findall(_DECADE, m[0], re.IGNORECASE), m["no"], bool(m["hard"])),
    )
    reader.take(
        # "30s" is a decade in "30s swing" and a length in "under 30s" and "a 30s loop".
        r"(?:(?=(?:19|20)\d0)"
        r"|(?<!under )(?<!over )(?<!than )(?<!about )(?<!around )(?<!least )(?<!most )(?<!max )(?<!to ))"
        rf"{_NOT}(?P<hard>from the |in the |of the )?(?:the\s+)?\b{_DECADE}"
        r"(?!\s+(?:long|clip|video|loop|jingle|intro|spot|of)\b)",
        lambda m: _decades([m[3]], m["no"], bool(m["hard"])),
    )
    reader.take(
        rf"{_NOT}(?:from|in|of|released in|made in)\s+{year}\b|\b{year}\s+(?=release)",
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
        rf"{_NOT}(?:older\s+than|more\s+than|over|at\s+least)\s+{span}(?:\s+(?:old|ago))?",
        lambda m: _limit("year", "max", now - number(m[2]), m["no"]),
    )
    reader.take(
        rf"{_NOT}(?:newer\s+than|younger\s+than|less\s+than|(?:from|in|of|within)\s+(?:the\s+)?(?:last|past))\s+{span}"
        r"(?:\s+(?:old|ago))?",
        lambda m: _limit("year", "min", now - number(m[2]), m["no"]),
    )
    reader.take(
        rf"{_NOT}(?:from|in|of|within)\s+(?:the\s+)?(?:last|past)\s+(?:(two|three|four|five|\d)\s+)?decades?\b",
        lambda m: _limit("year", "min", now - 10 * number(m[2] or "1"), m["no"]),
    )
    reader.take(
        r"\b(?:from|in|of)\s+(?P<when>this|last)\s+year\b",
        lambda m: Constraint("year", "is", now - (m["when"].casefold() == "last")),
    )


def _around_decades(reader: Reader) -> None:
    reader.take(
        rf"{_NOT}\b(?:before|pre|older\s+than|until)[\s-]+(?:the\s+)?{_DECADE}",
        lambda m: Constraint("year", "min" if m["no"] else "max", _decade(m[2])[0] - (not m["no"])),
    )
    reader.take(
        rf"{_NOT}\b(?:after|post|newer\s+than)[\s-]+(?:the\s+)?{_DECADE}",
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


_WORTH = re.compile(r"(?<=[^\W\d_])(?:['’]s|s['’]|(?<=s)['’])\s+worth\s+of\b", re.IGNORECASE)
# What takes time beside the music: "an hour's worth of ideas", "wait a minute", "I spent two hours searching".
_MUSIC = r"(?:of|long|songs?|tracks?|pieces?|tunes?|playlist|mix|set|version|loops?)\b"
_ELSEWHERE = tuple(
    rf"\b{start}{_NUM}\s*{_UNIT}{end}"
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


def _duration(reader: Reader) -> None:
    _time_elsewhere(reader)
    clock = r"(\d{1,2}):([0-5]\d)\b"
    reader.rest = re.sub(
        r"\b(\d{1,2}):([0-5]\d)\s*(?:hours?|hrs?)\b",
        lambda m: f"{60 * int(m[1]) + int(m[2])} minutes",
        reader.rest,
        flags=re.IGNORECASE,
    )
    # One length in two units is one number: "2 min 30 s".
    reader.rest = re.sub(
        r"\b(\d{1,3})\s*m(?:in(?:ute)?s?)?\s*(?:and\s+)?(\d{1,2})\s*s(?:ec(?:ond)?s?)?\b",
        lambda m: f"{60 * int(m[1]) + int(m[2])} s",
        reader.rest,
        flags=re.IGNORECASE,
    )
    reader.rest = re.sub(
        rf"{_NUM}\s+(?:minutes?\s+and\s+a\s+half|and\s+a\s+half\s+minutes?)\b",
        lambda m: f"{60 * number(m[1]) + 30:g} s",
        reader.rest,
        flags=re.IGNORECASE,
    )
    reader.take(
        rf"{_NOT}(?:between\s+|from\s+)?{_NUM}\s*(?:-|–|to|and)\s*{_NUM}\s*{_UNIT}{_LONG}",
        lambda m: _limit("duration", "between", _pair(seconds(m[2], m[4]), seconds(m[3], m[4])), m["no"]),
    )
    reader.take(
        rf"{_ABOVE}{_NUM}(?:\s*{_UNIT})?\s*,?\s*(?:but|and)\s+{_BELOW}{_NUM}\s*(?:{_UNIT})?{_LONG}",
        lambda m: _between(m[1], m[2], m[3], m[4]),
    )
    for words, op in _AFTER:
        reader.take(rf"{_NOT}(?:from\s+|at\s+)?\b{_NUM}[\s-]*{_UNIT}{_LONG}{words}{_LONG}", partial(_length_limit, op))
    reader.take(
        rf"\b(?:end|ends|over|done|finish(?:ed|es)?)\s+before\s+{clock}",
        lambda m: Constraint("duration", "max", 60.0 * int(m[1]) + int(m[2])),
    )
    for words, op in _LIMITS:
        reader.take(
            rf"(?:but\s+)?{_NOT}{words}{clock}",
            partial(_clock_limit, op),
        )
        reader.take(
            rf"(?:but\s+)?{_NOT}{words}{_NUM}\s*{_UNIT}{_LONG}",
            partial(_length_limit, op),
        )
    reader.take(
        rf"\b(?:an?\s+)?{_NUM}[\s-]*{_UNIT}(?:\s+of\b|(?=\s+(?:long\s+)?{_OCCASION}\b))",
        lambda m: _whole(reader, m[1], m[2]),
    )
    reader.take(rf"\b{_NUM}\s?\+\s*{_UNIT}{_LONG}", lambda m: Constraint("duration", "min", seconds(m[1], m[2])))
    reader.take(
        r"(?<!how )\b(long|short)(?=\s+(?:[\w-]+\s+){0,2}(?:songs?|tracks?|pieces?|tunes?|jingles?|loops?|music)\b)",
        lambda m: Constraint(
            "duration", "between", (300.0, 86_400.0) if m[1].casefold() == "long" else (0.0, 90.0), hard=False
        ),
    )
    reader.take(rf"\b{_NUM}[\s-]*{_UNIT}(?:{_LONG}|\s+of\b)", lambda m: _bare_length(reader, m))


# What a length of many minutes may be that of: "a 20 minute piece", "12 minutes each".
_OF_ONE = re.compile(
    r"[\s-]*(?:[\w-]+\s+){0,2}?(?:tracks?|songs?|pieces?|tunes?|compositions?|versions?|jams?|epics?|suites?|symphon\w+|sonatas?|drones?|"
    r"movements?|mix(?:es)?|long|each|apiece|per)\b",
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


def _clock_limit(op: Op, found: re.Match[str]) -> Constraint:
    return _limit("duration", op, 60.0 * int(found[2]) + int(found[3]), found["no"])


def _length_limit(op: Op, found: re.Match[str]) -> Constraint:
    return _limit("duration", op, seconds(found[2], found[3]), found["no"])


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


def _loudness(reader: Reader) -> None:
    # Loudness lies below zero; who writes "14 LUFS" means -14.
    unit, level = r"\s*(?:lufs|lkfs|dbfs|db)\b", r"[-–−]?\s?(\d{1,2}(?:[.,]\d)?)"

    def below_zero(text: str) -> float:
        return -number(text)

    reader.take(
        rf"{_NOT}(?:between\s+|from\s+)?{level}(?:{unit})?\s*(?:to|and)\s*{level}{unit}",
        lambda m: _limit("loudness", "between", _pair(below_zero(m[2]), below_zero(m[3])), m["no"]),
    )
    reader.take(rf"{_NOT}{_BELOW}{level}{unit}", lambda m: _limit("loudness", "max", below_zero(m[2]), m["no"]))
    reader.take(rf"{_NOT}{_ABOVE}{level}{unit}", lambda m: _limit("loudness", "min", below_zero(m[2]), m["no"]))
    reader.take(rf"(?:{_ABOUT})?(?<!\d){level}{unit}", lambda m: Constraint("loudness", "is", below_zero(m[1])))
    measured = any(c.field == "loudness" for c in reader.found)
    reader.take(
        r"(?P<no>\b(?:not|never|(?:no|nothing)(?=\s+(?:\w+\s+)?loud\s*(?:music|songs?|tracks?|ones?|stuff|tunes?)?\W*(?:$|[,.;])|\s+too\b)|"
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
    for words, op in _LIMITS:
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
