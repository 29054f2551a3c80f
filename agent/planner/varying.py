"""What goes on from the piece that was composed last: another try, a longer one, the same with changes."""

from __future__ import annotations

import re

from agent.values import Variation

_LEAD = r"^\W*(?:(?:ok(?:ay)?|and|now|please|nice|great|good|cool|hmm+|well|yes|but|can you|could you|let.?s)\b\W*)*"
_IT = r"(?:it|this|that|the (?:piece|song|track|tune|composition|music|one)|this one)"
_AGAIN = re.compile(
    _LEAD + r"(?:(?:try|do|compose|make|generate|give me|once)\s+)?(?:(?:it|this|that)\s+)?"
    r"(?:(?:another|a different|a new|one more|the next|a second)\s+(?:version|take|try|variation|attempt|one|go)|"
    r"a\s+variation|again|once more|differently|something else)(?:\s+(?:of (?:it|this|that)|please|then))*\W*$",
    re.IGNORECASE,
)
_LONGER = re.compile(
    _LEAD + rf"(?:continue|extend|prolong|go on with|keep going with|carry on with|lengthen)\s+{_IT}"
    r"(?:\s+(?:for|by|with)\b.{0,40})?\W*$",
    re.IGNORECASE,
)
# What asks for tracks of the catalogue, or for lists of them, is about something else.
_OF_TRACKS = re.compile(
    r"\b(?:find|search|show|play|recommend|suggest|songs|tracks|tunes|playlist|list|library|catalogue|save|#\d+|"
    r"similar|put on|hear|listen|mood for|some\s+\w+\s+(?:music|by)|what about|how about|from now on|subject|topic)\b|"
    r"\bsome\s+(?:more\s+)?\w+\W*$",
    re.IGNORECASE,
)
# A style or a mood alone may be a new search; with these it is said of the piece.
_OF_THE_PIECE = re.compile(
    _LEAD + r"(?:same|make|add|with|without|again|instead|give it|the same|turn it|change it|it should|could it|can it|"
    r"have it|drop|remove|less|too|a (?:bit|little|tad)|slightly)\b",
    re.IGNORECASE,
)
_CHANGES = re.compile(
    _LEAD + r"(?:same|make|add|drop|remove|without|with|no|not|more|less|a (?:bit|little|lot|tad)|much|way|too|"
    r"slightly|only|just|in|at|again|instead|rather|change|turn|give it|the same|slower|faster|longer|shorter|louder|"
    r"softer|quieter|calmer|happier|sadder|darker|brighter|wilder|livelier|quicker|lighter|gloomier|use|put|take|try|"
    r"it should|could it|can it|have it)\b",
    re.IGNORECASE,
)


def variation_in(message: str, *, wishes: bool, shaping: bool) -> Variation | None:
    """Return how a message goes on from the last piece.

    `wishes` tells whether it has a comparison or a wish, `shaping` whether one that changes notes that are there.
    """
    if _OF_TRACKS.search(message):
        return None
    if _AGAIN.match(message):
        return "again"
    if _LONGER.match(message):
        return "longer"
    said_of_it = _CHANGES if shaping else _OF_THE_PIECE
    return "changed" if wishes and said_of_it.match(message) else None
