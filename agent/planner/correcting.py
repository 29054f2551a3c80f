"""Numbers put right: "I said 10, I meant 5", "bring it down to 140", "rather 128 to 132".

Such a number has no unit of its own; it is one of the wish that it corrects, and is read with that wish's words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from retrieval.constraints import Constraint
from retrieval.reading.wishes import Wishes

_NUMBER = r"\d{1,4}(?:[.,]\d+)?"
_NEW = rf"(?P<new>{_NUMBER})(?:\s*(?:to|-|–|and)\s*(?P<high>{_NUMBER}))?"
_SMALL = r"(?:(?:like|about|around|say|so|more|something|just|maybe|please|with|at|it|that)\s+)*"
_END = r"(?:\s*(?:then|instead|please|or so|-?ish|actually|sorry|max|tops))*\s*(?=[,.;!?]|$|and\b|but\b)"
_CORRECTIONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bi\s+(?:said|wrote|typed|put)\s+(?P<old>{_NUMBER})\W+(?:but\s+)?(?:i\s+)?(?:really\s+)?"
        rf"(?:meant?|want(?:ed)?)\s+{_SMALL}{_NEW}{_END}",
        rf"\bi\s+meant?\s+{_SMALL}{_NEW}(?:\W+(?:and\s+)?not\s+(?P<old>{_NUMBER}))?{_END}",
        rf"\bnot\s+(?P<old>{_NUMBER})\s*(?:,|\bbut\b|-|–)\s*(?:but\s+)?{_SMALL}{_NEW}{_END}",
        r"(?:\b(?:lower|raise|set|drop|bring|take|push|turn|change|bump|nudge|crank)\s+(?:it|that|this|them|the\s+(?:tempo|bpm))\s+(?:(?:down|up|back)\s+)?(?:to|at)|"
        r"(?:^|[,.;!?]|\b(?:and|but|no|wait|sorry|oops|ok|now)\b)\s*"
        r"(?:(?:no|wait|sorry|oops|actually|or|ok|well|then|please|can you|could you|let.?s)\W+)*"
        r"(?:rather|better|make\s+(?:it|that)|say|try|more\s+like|(?:go|come)\s+(?:down|up|back)\s+to|up\s+at))\s+"
        rf"{_SMALL}{_NEW}{_END}",
        rf"\bmake\s+(?:it|that)\s+at\s+least\s+{_NEW}{_END}",
    )
)
_LONGEST = 300  # characters; who puts a number right says little else
_LIMIT = re.compile(r"\b(?:(?P<about>around|about|-?ish)|max|tops|at most)\b", re.IGNORECASE)
_IN_SOURCE = re.compile(_NUMBER)
_UNITS = {"tempo": "bpm", "duration": "minutes", "year": ""}
# Which numbers a field can mean where none is named.
_LIKELY = {"tempo": (40.0, 240.0), "duration": (0.0, 30.0), "year": (1000.0, 2100.0)}


def corrected(
    message: str, wishes: Sequence[Constraint], parse: Callable[[str], Wishes], places: int = 0
) -> tuple[int, tuple[Constraint, ...], str] | None:
    """Return the number (from 1) of the wish that a message puts right, what it becomes, and what else is said.

    A number up to `places` that is not said to take another's place points at a track of the list.
    """
    if len(message) > _LONGEST or not any(wish.field in _UNITS for wish in wishes):
        return None
    for pattern in _CORRECTIONS:
        found = pattern.search(message)
        if found is None:
            continue
        old = found.groupdict().get("old")
        new = float(found["new"].replace(",", "."))
        if old is None and new <= places:
            return None
        number = _meant(wishes, old, new)
        if number is None:
            return None
        anew = parse(_put_right(wishes[number - 1], old, found)).constraints
        made = tuple(wish for wish in anew if wish.field == wishes[number - 1].field)
        if made:
            return number, made, f"{message[: found.start()]} {message[found.end() :]}"
    return None


# "Take it down 25 or so": as many beats a minute less than what stands.
_BY = re.compile(
    r"\b(?:take|bring|turn|drop|push|raise|bump|knock)\s+(?:it|that|this|the\s+(?:tempo|bpm|speed))\s+(?P<way>down|up)\s+"
    r"(?:by\s+)?(?:about\s+|like\s+)?(?P<by>\d{1,2})(?!\d|\s*(?:%|percent|places?|spots?|positions?|ranks?|notch|minutes?|seconds?|tracks?|songs?|semitones?|db)\b|\s*%)(?:\s*(?:bpm|beats|or\s+so|ish))*",
    re.IGNORECASE,
)


def shifted(
    message: str, wishes: Sequence[Constraint], parse: Callable[[str], Wishes]
) -> tuple[int, tuple[Constraint, ...], str] | None:
    """Return the number (from 1) of the tempo that a message moves by some beats, what it becomes, and the rest."""
    found = _BY.search(message)
    number = next((n for n, w in enumerate(wishes, 1) if w.field == "tempo" and all(map(math.isfinite, w.bounds()))), 0)
    if found is None or not number:
        return None
    middle = sum(wishes[number - 1].bounds()) / 2
    new = middle + (float(found["by"]) if found["way"].casefold() == "up" else -float(found["by"]))
    made = parse(f"around {new:.0f} bpm").constraints if new > 0 else ()
    return (number, made, f"{message[: found.start()]} {message[found.end() :]}") if made else None


# "The 90s are fine too", "or from the 1990s": more years than those that stand.
_DECADE = r"(?:the\s+)?(?:(?:19|20)\d\d|\d0)s?"
_ALSO = re.compile(
    rf"\b(?P<fine>{_DECADE})\s+(?:is|are|would\s+be)\s+(?:also\s+|just\s+as\s+)?(?:fine|ok(?:ay)?|good|alright|welcome)"
    r"(?:\s+(?:too|as\s+well|also))?"
    rf"|(?:^\W*|\b)(?:also|or|and\s+also|plus|include|(?:extend|widen|stretch)(?:\s+it)?\s+(?:in)?to)\s+(?:from\s+)?(?P<more>{_DECADE})"
    r"(?:\s+(?:too|as\s+well))?(?=\W*$)",
    re.IGNORECASE,
)


def widened(
    message: str, wishes: Sequence[Constraint], parse: Callable[[str], Wishes]
) -> tuple[int, tuple[Constraint, ...], str] | None:
    """Return the number (from 1) of the years of which a message lets more in, what they become, and the rest."""
    found = _ALSO.search(message)
    number = next((n for n, w in enumerate(wishes, 1) if w.field == "year" and w.op in {"is", "between"}), None)
    if found is None or number is None:
        return None
    said = found["fine"] or found["more"]
    old = wishes[number - 1]
    more = next((c for c in parse(f"from {said}").constraints if c.field == "year"), None)
    if more is None:
        return None
    ends = (*old.bounds(), *more.bounds())
    apart = max(old.bounds()[0], more.bounds()[0]) - min(old.bounds()[1], more.bounds()[1])
    if apart > 1:
        return None  # "or the 60s" beside the 80s: the 70s were not asked for
    made = replace(old, op="between", value=(min(ends), max(ends)), source_text=f"{old.source_text} or {said}")
    return number, (made,), f"{message[: found.start()]} {message[found.end() :]}"


def _meant(wishes: Sequence[Constraint], old: str | None, new: float) -> int | None:
    """Return the last wish with the old number in its words; without one, the last that the new number may be of."""
    numeric = [n for n, wish in enumerate(wishes, 1) if wish.field in _UNITS and _IN_SOURCE.search(wish.source_text)]
    if old is not None:
        return next((n for n in reversed(numeric) if old in _IN_SOURCE.findall(wishes[n - 1].source_text)), None)
    # A length is one of few small numbers: only the last wish of all is meant by one without its unit.
    likely = [n for n in reversed(numeric) if wishes[n - 1].field != "duration" or n == len(wishes)]
    low_high = ((n, _LIKELY[wishes[n - 1].field]) for n in likely)
    return next((n for n, (low, high) in low_high if low <= new <= high), None)


def _put_right(wish: Constraint, old: str | None, found: re.Match[str]) -> str:
    """Return the words of a wish with other numbers in them."""
    said, new, unit = wish.source_text, found["new"], _UNITS[wish.field]
    if found["high"] is not None:
        return f"between {new} and {found['high']} {unit}"
    if old is not None:
        return re.sub(rf"(?<!\d){re.escape(old)}(?!\d)", new, said, count=1)
    if limit := _LIMIT.search(found[0]):
        return f"{'around' if limit['about'] else 'at most'} {new} {unit}"
    return said.replace(_IN_SOURCE.findall(said)[0], new, 1) if len(_IN_SOURCE.findall(said)) == 1 else f"{new} {unit}"
