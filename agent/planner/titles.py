"""Names that a message gives a list: "save it as Sunday", "a playlist called Road Trip", "name it X and store it"."""

from __future__ import annotations

import re

# What is done with a list beside naming it.
_SENT = r"(?:send|export|download|give|e?mail|share)\b[^,.!?]{0,60}"
SAVE_AS = re.compile(
    r"(?:\b(?:(?:save|store|export)\b|(?:keep|remember)\s+(?:it|this|these|them|(?:the|this)\s+\w+)\b).{0,100}?"
    r"(?:\b(?:as|called|named|under(?!\s+\d))\s+|\bname(?::\s*|\s+is\s+))(?:the\s+(?:name|title)\s+(?:of\s+)?)?"
    r"(?:an?\s+(?:new\s+)?(?:play)?list\s+(?:called|named)\s+)?|"
    r"\bmake\s+(?:this|it|these)\s+(?:my|a|the)\s+(?=\S.{0,60}?\s+(?:playlist|list)\W*$))[\"“]?([^\"”\n]{1,80}?)[\"”]?"
    r"(?:\s+(?:playlist|list)(?=\W*$))?"
    r"(?:,?\s*(?:please|thanks|thank you))?\s*[.!?]*$",
    re.IGNORECASE,
)
# A name at the end: "name this list Sunday and store it", "keep it under Road Trip".
LAST_NAME = re.compile(
    r"\b(?:as|under|called|named|titled|name (?:(?:the|this) list|it|this|that)|call (?:it|this))\s+(?:the name\s+)?"
    r"(?:an?\s+(?:new\s+)?(?:play)?list\s+(?:called|named)\s+)?"
    r"[\"“]?(?P<name>[^\"”\n,.!?]{1,80}?)[\"”]?"
    rf"(?:,?\s*(?:and (?:(?:save|store|keep) (?:it|this|that|them)|{_SENT})|please|thanks))*\s*[.!?]*$",
    re.IGNORECASE,
)
# "Make a playlist called Sunday Pancakes with twelve soul tracks".
CALLED = re.compile(
    r"\b(?:play)?list\s+(?:called|named|titled|by the name of)\s+[\"“]?([^\"”\n,.;:!?]{1,60}?)[\"”]?"
    r"(?=\s*(?:[,.;:!?]|$|(?:with|of|from|for|out of|that|which|and|about)\b))",
    re.IGNORECASE,
)
# One order in two clauses: "name this list Sunday and store it".
NAMED_AND_SAVED = re.compile(
    r"\b(?:name|call|title)\s+(?:(?:the|this)\s+(?:play)?list|it|this|that)\s+(?P<name>[^,.;!?\n]{1,60}?)"
    rf",?\s+and\s+(?:(?:save|store|keep)(?:\s+(?:it|this|that|them)\b|(?=\W*$))|{_SENT})",
    re.IGNORECASE,
)
# "Make me a playlist for my class, call it Clay Tuesday".
CALL_IT = re.compile(
    r"(?:[,.;]|\band\b)\s*(?:please\s+)?(?:call|name|title)\s+(?:it|this|that|(?:the|this)\s+(?:play)?list)\s+"
    r"[\"“]?(?P<name>(?!(?:a\s+day|whatever|what\s+you|it|short|long|quits)\b)[^\"”\n,.;!?]{1,60}?)[\"”]?"
    rf"(?=\s*(?:,?\s*(?:please|thanks)\s*)?[.!?]*$|\s+with\s+\d|,?\s+and\s+{_SENT})",
    re.IGNORECASE,
)
# "A band called Muse", "the song called Hello": other things have names, too.
_THINGS = (
    "band artist singer group song track album film movie show game book person friend dog cat horse baby place club"
)
_NO_NAMED_THING = "".join(rf"(?<!\b{thing})" for thing in _THINGS.split())
# "A playlist of soul for braiding hair called Braid Day".
CALLED_LAST = re.compile(
    r"(?P<list>\b(?:play)?list\b.{0,200}?)"
    + _NO_NAMED_THING
    + r"[\s,]+(?:called|named|titled)\s+[\"“]?(?P<name>[^\"”\n,.;:!?]{1,60}?)[\"”]?\s*[.!]*$",
    re.IGNORECASE,
)
# "..., named “Night Run”, start calm".
_NAMED_QUOTED = re.compile(
    _NO_NAMED_THING + r"[\s,]+(?:called|named|titled)\s+[\"“](?P<name>[^\"”\n]{1,60})[\"”]", re.IGNORECASE
)
# "Export it as m3u" says a format, no name.
_FORMATS = frozenset("m3u m3u8 xspf jspf csv json pls txt pdf file files spotify playlist".split())


# "Save it as “Sunday” and sort it by tempo".
_SAVED_QUOTED = re.compile(
    r"\b(?:save|store|keep|export)\b[^.;!?\"“]{0,60}?\b(?:as|under|called|named)\s+[\"“](?P<name>[^\"”\n]{1,80})[\"”]",
    re.IGNORECASE,
)


_A_FORMAT = re.compile(
    r"(?:an?\s+)?(?:m3u8?|xspf|jspf|csv|pls)(?=\s+(?:file|for|to|on|playlist|list)\b)", re.IGNORECASE
)


def title_in(message: str, *, made: bool) -> str | None:
    """Return the name that a list gets; `made`: the message makes the list, and may name it in passing."""
    found = _SAVED_QUOTED.search(message) or SAVE_AS.search(message)
    if found is None and made:
        found = (
            CALLED.search(message)
            or CALL_IT.search(message)
            or CALLED_LAST.search(message)
            or _NAMED_QUOTED.search(message)
        )
    title = None if found is None else (found["name"] if "name" in found.re.groupindex else found[1]).strip()
    if title is None or _A_FORMAT.match(title) or set(re.sub(r"^an?\s", "", title.casefold()).split()) <= _FORMATS:
        return None
    return (title.strip(" ,;.'‘’") if title[:1] in "'‘" else title.rstrip(" ,;")) or None
