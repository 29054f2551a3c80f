"""Changes of a list that need no search: a track moved to a place, a new name.

"Move the last one to the top", "put #5 first", "rename it to Sunday".
"""

from __future__ import annotations

import re

from agent.planner.pointing import HANDLE, handles_in

_PLACES = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "top": 1, "opener": 1, "closer": -1, "start": 1, "beginning": 1, "front": 1,
    "last": -1, "end": -1, "bottom": -1,
}  # fmt: skip
_ONE = (
    r"(?:#\s?\d{1,3}|(?:number|track|song)\s+\d{1,3}|"
    r"the\s+(?:\w+th|first|second|third|last)(?:\s+(?:one|track|song))?|it|that(?:\s+one)?|this(?:\s+one)?)"
)
_WHAT = rf"(?P<what>{_ONE}(?:\s*(?:,|\band\b)\s*{_ONE}){{0,9}})"
_MOVE = re.compile(
    r"(?:^|[,.;!]|\b(?:and|then|please|now|can you|could you|ok|okay|but|also|just)\b)\s*"
    rf"(?:move|put|shift|bring|place|push|drag|send|make)\s+{_WHAT}\s+(?:up\s+|down\s+|back\s+|right\s+|all\s+the\s+way\s+)*"
    r"(?:(?:to|at|in|as|into|on)\s+(?:the\s+)?(?:very\s+)?|(?=first\b|last\b))"
    rf"(?:(?:position|place|number|spot|slot)\s+(?:#\s?)?(?P<number>\d{{1,3}})|#\s?(?P<mark>\d{{1,3}})|(?P<word>{'|'.join(_PLACES)}))\b"
    r"(?:\s+(?:place|position|spot|slot|one|track|song))?(?:\s+of\s+(?:the|my|this)\s+(?:play)?list)?"
    r"(?=\s*(?:[,.;!]|$|(?:and|then|please|now|again|instead)\b))",
    re.IGNORECASE,
)
_RENAME = re.compile(
    r"\b(?:rename|re-?title)\s+(?:(?:it|this|that|(?:the|my|this)\s+(?:play)?list)\s+)?(?:to|as|into)\s+[\"“]?(?P<title>[^\"”\n,.!?]{1,80}?)[\"”]?"
    r"(?:,?\s*(?:please|thanks))?(?:,?\s+and)?\s*[.!?]*$|"
    r"\b(?:rename|re-?title)\s+(?:it|(?:the|my|this)\s+(?:play)?list)\s+[\"“]?(?P<plain>(?!to\b|as\b|into\b)[^\"”\n,.!?]{1,80}?)[\"”]?(?:,?\s*(?:please|thanks))?\s*[.!?]*$|"
    r"(?<!n.t )(?<!not )\b(?:call|name|title)\s+(?:it|this|that|(?:the|my|this)\s+(?:play)?list)\s+(?!what)"
    r"[\"“]?(?P<rather>[^\"”\n,.!?]{1,80}?)[\"”]?"
    r",?\s+(?:instead|rather)\s*[.!?]*$|"
    r"\b(?:change|set)\s+(?:its|the)\s+(?:name|title)\s+(?:of\s+(?:it|this|the\s+(?:play)?list)\s+)?to\s+[\"“]?(?P<other>[^\"”\n,.!?]{1,80}?)[\"”]?\s*[.!?]*$",
    re.IGNORECASE,
)


def moved_in(message: str, results: int) -> tuple[tuple[int, ...], int] | None:
    """Return the places (from 1) of the tracks that a message moves, and where to (from 1; -1 is the end)."""
    found = _MOVE.search(message) if results else None
    if found is None:
        return None
    handles = handles_in(found["what"], results)
    if not handles and HANDLE.search(found["what"]) is None:
        return None  # "put it on top" of what?
    number = found["number"] or found["mark"]
    return handles, int(number) if number else _PLACES[found["word"].casefold()]


def new_title_in(message: str) -> str | None:
    """Return the name that a message gives the list anew."""
    found = _RENAME.search(message)
    return None if found is None else next(filter(None, found.groups())).strip()
