"""The tracks on the screen as a set: what is asked about them, and which kind of them stays or goes.

"Which of these is the longest?", "are any of them in minor?", "which of them mix with 1?"; "remove everything over 4
minutes", "keep only the ones with piano".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace

from agent.planner.pointing import handles_in
from agent.values import TurnPlan
from retrieval.constraints import Constraint
from retrieval.reading.wishes import Wishes, residue

_THESE = r"(?:of|among|in|from|out\s+of)\s+(?:all\s+)?(?:these|them|those|(?:the|this|my)\s+(?:list|playlist|results))"
_OF_THESE = re.compile(rf"\b(?:{_THESE}|here)\b", re.IGNORECASE)
_WHICH = re.compile(
    r"^\W*(?:(?:and|so|but|ok|okay|hm+|well|please|now|tell me|show me|do you know)\W+)*"
    rf"(?:(?P<one>which)\s+(?:ones?|tracks?|songs?|pieces?)(?:\s+{_THESE})?|what\s+(?:ones?|tracks?|songs?|pieces?)\s+{_THESE}|(?:which|what)(?:['’]s|\s+is)?(?:\s+{_THESE})?|"
    r"(?:is|are|do|does|has|have|was|were)\s+(?:(?P<any>any|some|all|one|none|either|both)(?:\s+of)?\s+(?:these|them|those|this|it)(?!\s+(?:list|playlist|mix))|(?P<they>they)\s+all))"
    r"(?:\s+(?:is|are|was|were|has|have|got|do|does|would|could|will|be))*\b",
    re.IGNORECASE,
)
# "May I use any of these in a video?" asks for their licences.
_MAY_USE = re.compile(
    r"^\W*(?:(?:and|so|but|ok|okay)\W+)*(?:can|may|could|am|are)\s+(?:i|we)\s+(?:allowed\s+to\s+)?(?:legally\s+)?use\s+"
    r"(?:(?:any|some|all|which|one|either)\s+(?:of\s+)?)?(?:these|them|those|this)\b",
    re.IGNORECASE,
)
# "The ones after 1960 out" takes them out.
_THEM_OUT = re.compile(
    r"^\W*(?:the\s+|all\s+the\s+)?(?P<what>(?:ones|tracks|songs)\s+(?:that|which|with|without|by|from|over|under|longer|shorter|faster|slower|"
    r"older|newer|before|after|between|in)\b.{2,80}?)\s+(?:out|away|gone|(?:can|must|should|have\s+to)\s+go)(?:\s+please)?\W*$",
    re.IGNORECASE,
)
# The catalogue is meant, not the list.
_ALL = re.compile(r"\b(?:you|your|we|i|there|library|catalogue|catalog|collection|database|archive)\b", re.IGNORECASE)
_ALSO = re.compile(r"\b(?:and|but|then)\s+(?:add|show|keep|give|play|put|save|find|make)\b", re.IGNORECASE)
_MIXES = re.compile(
    r"\b(?:mix(?:es|ed)?|blend(?:s|ed)?|match(?:es)?|(?:in|same|compatible)\s+key|in\s+tune|harmonic(?:ally)?|harmoni[sz]es?|segue)\b",
    re.IGNORECASE,
)
_KIND = (
    r"(?:(?:all|every|any)(?:\s+of)?\s+)?(?:(?:the|these|those|my)\s+)?"
    r"(?:(?:ones|tracks|songs|pieces|everything|anything|stuff|every\s+(?:one|track|song))\b)"
)
# What follows tells them apart: "the ones with vocals", "everything that is over 4 minutes".
_TOLD_BY = (
    r"\s+(?:in\s+)?(?=(?:that|which|with|without|by|from|over|under|above|below|longer|shorter|faster|slower|louder|quieter|older|newer|"
    r"before|after|between|in|at|of|past|beyond|more|less|not)\b)(?:(?:that|which)(?:['’]s|\s+(?:is|are|has|have|sounds?|feels?))?\s+)?"
    r"(?P<which>(?:(?!\b(?:and|but|then)\s+(?:add|show|keep|give|play|put|save|find|make)\b)[^.!?;])+)"
    r"(?:\b(?:and|but|then)\s+(?P<also>(?:add|give\s+me|play|find)\b[^.!?;]+))?[.!?]*$"
)
_OUT = re.compile(
    r"^\W*(?:(?:and|please|now|then|ok|okay|can you|could you|also|just)\W+)*"
    r"(?:remove|delete|drop|exclude|skip|ditch|lose|cut|bin|scrap|weed\s+out|filter\s+out|get\s+rid\s+of|(?:throw|take|kick|leave|sort|cut)\s+(?:out|away|off))"
    rf"\s+{_KIND}{_TOLD_BY}",
    re.IGNORECASE,
)
_KEEP = re.compile(
    r"^\W*(?:(?:and|please|now|then|ok|okay|can you|could you|also)\W+)*"
    r"(?:(?:only|just)\s+(?:keep|leave|show(?:\s+me)?)|(?:keep|leave|show(?:\s+me)?)\s+(?:only|just))"
    rf"\s+{_KIND}{_TOLD_BY}",
    re.IGNORECASE,
)


# "Remove the longest": one track, by the end of an order that it is at.
_OUT_END = re.compile(
    r"^\W*(?:(?:and|please|now|then|ok|okay|can you|could you|also|just)\W+)*"
    r"(?:remove|delete|drop|exclude|skip|ditch|lose|cut|bin|scrap|get\s+rid\s+of|(?:throw|take|kick|leave)\s+(?:out|away|off))\s+"
    r"(?P<which>(?:the\s+)?\w+est(?:\s+(?:one|track|song))?)\W*$",
    re.IGNORECASE,
)


def sifted(message: str, results: int, parse: Callable[[str], Wishes]) -> TurnPlan | None:
    """Return the plan of a message about the tracks on the screen as a set; None where it is about anything else."""
    if not results:
        return None
    return _asked(message, results, parse) or _kept(message, results, parse)


def _asked(message: str, results: int, parse: Callable[[str], Wishes]) -> TurnPlan | None:
    message = _MAY_USE.sub("which of these are free to use", message)
    lead = _WHICH.match(message)
    if lead is None or _ALL.search(message):
        return None
    if not (lead["one"] or lead["any"] or lead["they"] or _OF_THESE.search(message)):
        return None
    rest = _OF_THESE.sub(" ", message[lead.end() :])
    handles = handles_in(rest, results)
    if handles:
        mixes = _MIXES.search(rest) is not None
        return TurnPlan(intent="explain", handles=handles[:1], attribute="harmony", confidence=0.95) if mixes else None
    if _ALSO.search(rest):
        return None
    wishes = parse(rest)
    told = tuple(c for c in wishes.constraints if c.field != "other")
    if not told or len(told) < len(wishes.constraints) or residue(wishes.rest):
        return None
    return TurnPlan(intent="explain", constraints=told, confidence=0.95)


def _kept(message: str, results: int, parse: Callable[[str], Wishes]) -> TurnPlan | None:
    if handles_in(message, results):
        return None
    if (end := _OUT_END.match(message)) is not None:
        first = tuple(c for c in parse(end["which"]).constraints if c.field == "order")
        return TurnPlan(intent="edit_playlist", edit="remove", constraints=first, confidence=0.95) if first else None
    message = _THEM_OUT.sub(r"remove the \g<what>", message)
    out = _OUT.match(message)
    found = out or _KEEP.match(message)
    if found is None:
        return None
    wishes, also = parse(found["which"]), parse(found["also"] or "")
    told = tuple(c for c in wishes.constraints if c.field not in {"other", "order"})
    if not told or len(told) < len(wishes.constraints) or residue(wishes.rest) or residue(also.rest):
        return None
    kept = tuple(_opposite(c) if out else replace(c, hard=True) for c in told)
    return TurnPlan(intent="refine", constraints=(*kept, *also.constraints), confidence=0.95)


def _opposite(wish: Constraint) -> Constraint:
    """Return the wish that holds for all that a wish does not hold for; what nobody knows of is left in."""
    low, high = (-math.inf, math.inf) if isinstance(wish.value, str) else wish.bounds()
    if wish.field == "vocal" and wish.op == "is" and wish.value in {"vocal", "instrumental"}:
        return replace(wish, value="instrumental" if wish.value == "vocal" else "vocal", hard=True)
    if wish.op == "not":
        return replace(wish, op="is", hard=True)
    # A year is a whole one: before 1990 goes, so 1990 stays.
    step = 1.0 if wish.field == "year" else 0.0
    if wish.op == "min" or (math.isinf(high) and not math.isinf(low)):
        return replace(wish, op="max", value=low - step, hard=True)
    if wish.op == "max" or (math.isinf(low) and not math.isinf(high)):
        return replace(wish, op="min", value=high + step, hard=True)
    return replace(wish, op="not", hard=True)
