"""What numbers, units and limits look like in a text: "at least two", "no more than 4 minutes", "120 or faster"."""

from __future__ import annotations

from retrieval.constraints import Constraint, Field, Op

_NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "sixty": 60, "ninety": 90, "half": 0.5,
    "half a": 0.5, "half an": 0.5, "a": 1, "an": 1,
}  # fmt: skip
NUM = (
    r"((?<![\d.,])\d{1,6}(?:[.,]\d{1,3})?|(?:"
    + "|".join(sorted((w for w in _NUMBER_WORDS if len(w) > 2), key=len, reverse=True))
    # A number in words stands apart from its unit: "ones" is not one second.
    + r")(?=[\s-])|an?(?=\s+(?:minute|hour)))"
)
# "Two hours ago" is a time, no length; "2000s" are years.
UNIT = r"(hours?|hrs?|h|minutes?|mins?|min|m|seconds?|secs?|sec|(?<!19\d0)(?<!20\d0)s)\b(?!\s+(?:ago|later|earlier)\b)"
LONG = r"(?:\s+(?:long|in\s+length))?"
BELOW = (
    r"(?:(?:under|below|beneath|less than|fewer than|lower than|shorter than|slower than|quieter than|softer than|"
    r"(?:no|not)\s+(?:(?:single\s+)?(?:one|pieces?|tracks?|songs?|tunes?|titles?)\s+(?:that.?s\s+|that\s+(?:is|are)\s+)?)?"
    r"(?:more|longer|faster|higher|louder|bigger|greater)\s+than|not\s+(?:over|above|past|beyond)|"
    r"(?:at\s+)?max(?:imum|imally|\.)?(?:\s+of)?|at\s+(?:the\s+)?(?:very\s+)?most|up\s+to|within|capped\s+at|"
    r"(?:top(?:s|ping)?\s+out|limited)\s+(?:at|to)|(?:(?:an?|the)\s+)?(?:upper\s+)?(?:ceiling|limit|cap)\s+(?:of|at|is)|"
    r"(?:at\s+or\s+(?:below|under)|(?:below|under)\s+or\s+at))\s+|[<≤]=?\s*)"
)
ABOVE = (
    r"(?:(?:over|above|past|beyond|more than|greater than|higher than|longer than|faster than|louder than|exceeding|"
    r"exceeds?|(?:no|not)\s+(?:less|fewer|shorter|slower|lower|quieter)\s+than|not\s+(?:under|below|beneath)|"
    r"(?:at\s+)?min(?:imum|imally|\.)?(?:\s+of)?|at\s+(?:the\s+)?(?:very\s+)?least|upwards?\s+of|north\s+of|"
    r"starting\s+(?:at|from)|(?:(?:an?|the)\s+)?floor\s+(?:of|at|is)|"
    r"(?:at\s+or\s+(?:above|over)|(?:above|over)\s+or\s+at))\s+|[>≥]=?\s*)"
)
ABOUT = r"(?:around|about|roughly|approximately|~|at|exactly)\s+"
LIMITS: tuple[tuple[str, Op], ...] = ((BELOW, "max"), (ABOVE, "min"), (ABOUT, "is"))
# What may lead to a limit and says nothing more: "that stay below", "whose tempo is", "which run for".
VERBS = (
    r"(?:is|are|stays?|staying|runs?|running|lasts?|lasting|goes|going|go|gets?|clocks?\s+in|ends?|keeps?|falls?|drops?|"
    r"dips?|sits?|comes?\s+in|takes?|be)"
)
NOT = (
    r"(?P<no>\b(?:not|no|nothing|none|never|without|except(?:\s+for)?|excluding|avoid|don['’]?t|doesn['’]?t|"
    r"won['’]?t|mustn['’]?t|shouldn['’]?t)\s+"
    r"(?:(?:any|anything|music|songs?|tracks?|stuff|want|like|need|include|play|hear|much|more|"
    rf"{VERBS})\s+)*)?"
)


# What a refusal makes of a limit: "nothing over 5 minutes" is at most 5 minutes.
_OTHER_WAY: dict[Op, Op] = {"min": "max", "max": "min", "is": "not", "between": "not"}
OR_MORE = (
    r",?\s+(?:(?:or|and)\s+(?:faster|more|above|up|upwards?|higher|longer|louder|later|newer|onwards?)|"
    r"or\s+(?:over|after)|and\s+(?:over|after)|(?:as\s+an?\s+)?min(?:imum|\.)?|at\s+(?:the\s+)?(?:very\s+)?(?:least|earliest)|"
    r"plus|upwards?|up)\b(?!\s*(?:\d|than\b|(?:half|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|ninety)\b))"
)
OR_LESS = (
    r",?\s+(?:(?:or|and)\s+(?:slower|less|below|lower|shorter|quieter|earlier|older|fewer|before)|or\s+under|and\s+under|"
    r"(?:as\s+an?\s+)?max(?:imum|\.)?|tops|at\s+(?:the\s+)?(?:very\s+)?(?:most|latest))\b(?!\s*(?:\d|than\b|(?:half|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|ninety)\b))"
)
AFTER: tuple[tuple[str, Op], ...] = ((OR_MORE, "min"), (OR_LESS, "max"))


def limit(field: Field, op: Op, value: float | tuple[float, float], no: str | None) -> Constraint:
    """Return a limit, or the other side of it where it is refused (`no`)."""
    return Constraint(field, _OTHER_WAY[op] if no else op, value)


def number(text: str) -> float:
    """Return the value of a number in digits or in words (half to ninety)."""
    lowered = " ".join(text.casefold().split())
    return float(_NUMBER_WORDS[lowered]) if lowered in _NUMBER_WORDS else float(text.replace(",", "."))


def seconds(amount: str, unit: str) -> float:
    """Return a length of time in seconds."""
    factor = {"h": 3600.0, "m": 60.0}.get(unit[0].casefold(), 1.0)
    return number(amount) * factor


def pair(first: str | float, second: str | float) -> tuple[float, float]:
    """Return two numbers, the lower one first."""
    low, high = sorted((float(first), float(second)))
    return low, high
