"""Artists told by their tracks: "more by the artist of #2", "nothing by whoever made the last one", "same singer"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.planner.pointing import handles_in

_WHO = (
    r"(?:artist|band|singer|composer|musician|group|producer|dj|act|guy|person|man|woman|lady|performer|author|"
    r"songwriter)s?\b"
)
_DID = r"(?:made|makes|did|wrote|plays|played|sings|sang|recorded|composed|produced|is\s+behind)"
_TRACK = (
    r"(?P<track>#\s?\d{1,3}|(?:number|track|song)\s+\d{1,3}|"
    r"the\s+(?:very\s+)?(?:\w+(?:th|st|nd|rd)|first|second|third|last)(?:\s+(?:one|track|song))?|"
    r"(?:it|this|that)(?:\s+(?:one|track|song))?)(?!\w)"
)
_NUMBERED = r"(?P<track>#\s?\d{1,3}|(?:number|track|song)\s+\d{1,3}|the\s+\w+\s+(?:one|track|song))(?!\w)"
_ENDS = r"(?=\W*$|\W+(?:but|please|and|under|over|again|with|without|only|instead|though)\b)"
_BY = r"(?:\b(?:by|from|of|with)\s+)?"
_TOLD = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_BY}\b(?:the\s+)?(?:same\s+)?{_WHO}\s+(?:of|by|behind|as\s+in|as)\s+{_TRACK}",
        rf"{_BY}\b(?:the\s+)?(?:same\s+)?{_WHO}\s+(?:from|on|in)\s+{_NUMBERED}",
        rf"{_BY}\b(?:the\s+)?(?:same\s+)?{_WHO}\s+(?:who|that|which)\s+{_DID}\s+{_TRACK}",
        rf"{_BY}{_TRACK}['’]s\s+{_WHO}",
        rf"\b(?:by|from|of)\s+(?:whoever|who\s+ever|the\s+(?:people|one|ones)\s+who)\s+{_DID}\s+{_TRACK}",
        rf"(?:\b(?:by|from|of|with)\s+(?:the\s+same|that|this)\s+{_WHO}|\b(?:the\s+)?same\s+{_WHO}(?:\s+again)?){_ENDS}",
        r"\bwhat\s+(?:else|other\s+\w+)\s+(?:has|have|did|does|do)\s+(?:he|she|they)\s+"
        r"(?:done|made|make|do|record(?:ed)?|got|get|have|written|wrote|released?|sung|sing|play(?:ed)?)\b(?:\s+so\s+far)?",
        rf"(?P<lead>\b(?:more|else|anything|something|songs|tracks|stuff|music)(?:\s+\w+)?\s+)(?:by|from)\s+(?:them|him|her){_ENDS}",
    )
)
_REFUSES = re.compile(
    r"\bbut\s*$|\bother\b.*\bthan\s*$|\b(?:rather\s+than|instead\s+of)\s*$|\b(?:no|not|nothing|none|never|without|except|stop|skip|ban|block|exclude|remove|drop|avoid|enough|sick|tired|hate|dislike|"
    r"different)\b|\b(?:don|can|doesn|won)['’]?t\b|\b(?:fed\s+up|leave\s+out)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;.!?]\s*|\b(?:and|then)\s+|(?<!thing )(?<!one )(?<!body )(?<!all )\bbut\s+", re.IGNORECASE)
_NOT_REFUSED = re.compile(
    r"(?:\bcan.?t\s+get\s+enough|\bdon.?t\s+stop|\bnot\s+sure|\bno\s+doubt|\bwhy\s+not|\bnot\s+only)\b", re.IGNORECASE
)
_NEW = re.compile(r"\b(?:more|else|others?|another|further)\b", re.IGNORECASE)
_ASKS_FOR = re.compile(
    r"\b(?:more|else|others?|another|further|anything|something|everything|all|stuff|music|songs?|tracks?|only|just|"
    r"show|play|give|find|hear|list|got|have|has)\b|^\W*(?:by|from|the\s+same|same)\b",
    re.IGNORECASE,
)
# "Who is the artist of #2?" asks for the name.
_ASKS_WHO = re.compile(
    r"^\W*(?:and\s+|so\s+)?(?:who|what|which)(?:['’]?s|\s+is|\s+was|\s+are)?\s+(?!else|other|more)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Whose:
    """Artists by the places of their tracks (none: of the first); `refused` where they are not to be heard.

    `fresh`: only what was not shown yet. `rest` is what else the message says.
    """

    handles: tuple[int, ...]
    refused: bool
    fresh: bool
    rest: str


def whose_in(message: str, results: int) -> Whose | None:
    """Return whose tracks a message asks for, or refuses, by tracks of theirs on the screen; None where it does not."""
    if not results:
        return None
    found = next((match for pattern in _TOLD if (match := pattern.search(message)) is not None), None)
    if found is None:
        return None
    start = found.end("lead") if found.groupdict().get("lead") else found.start()
    before, after = message[:start], message[found.end() :]
    # What is refused in another clause ("no drums, more by the artist of #2") is refused there alone.
    clause = max((end.end() for end in _CLAUSE.finditer(before)), default=0)
    said, own = before[:clause], before[clause:]
    refused = _REFUSES.search(own) is not None and _NOT_REFUSED.search(own) is None
    if not refused and (_ASKS_WHO.match(message) or not _ASKS_FOR.search(f"{before} {after}" or found[0])):
        return None
    if re.search(r"\bhow\s+many\b", message, re.IGNORECASE):
        return None
    track = found.groupdict().get("track")
    if refused and track is None:
        return None  # "not the same artist": none of those on the screen
    handles = handles_in(track or "", results) or (1,)
    rest = f"{said} {_AGAIN.sub(' ', own) if refused else own} {_AGAIN.sub(' ', after) if refused else after}"
    return Whose(handles, refused, not refused and _NEW.search(own) is not None, rest)


# "I don't want to hear any more ... again": what is left of a refusal is no wish.
_AGAIN = re.compile(
    r"\b(?:i\s+)?(?:(?:don|can|doesn|won)['’]?t\s+(?:want|like|need|stand|show|play|give)(?:\s+to\s+hear)?|no|not|nothing|none|never|"
    r"without|except|stop|skip|ban|block|exclude|remove|drop|avoid|enough|sick|tired|fed\s+up|hate|dislike|leave\s+out|any(?:thing|one|body)?|"
    r"more|else|but|again|songs?|tracks?|stuff|me)\b",
    re.IGNORECASE,
)
