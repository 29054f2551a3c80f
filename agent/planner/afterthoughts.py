"""What a message makes of what is there already: wishes taken back or put right, a piece varied, a list rearranged."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace

from agent.planner.arranging import moved_in, new_title_in
from agent.planner.correcting import corrected, shifted, widened
from agent.planner.forgetting import forgotten
from agent.planner.forms import CERTAIN
from agent.planner.patterns import Patterns
from agent.planner.pointing import handles_in
from agent.planner.titles import CALL_IT
from agent.planner.varying import variation_in
from agent.values import DialogueState, TurnPlan
from retrieval.constraints import Constraint
from retrieval.lexical import content_words
from retrieval.reading.wishes import Wishes, residue
from retrieval.vocabulary import load_vocabulary

# "Scrap all that. What about some jazz?"
_OVER = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|well|so|no|nah|right|please|let.?s|actually|you know what|hm+)\b\W*)*"
    r"(?:start(?:ing)?\s+(?:over|again|fresh|anew|from\s+scratch)|new\s+search|reset(?:\s+everything)?|"
    r"(?:forget|scrap|ditch|bin|drop|clear)\s+(?:all\s+(?:of\s+)?(?:it|that|this|them)|everything(?:\s+(?:so\s+far|before))?|the\s+lot|the\s+whole\s+thing))"
    r"\s*[,.;:!?–-]+\s*(?P<rest>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)


# What only a piece that is there can take: a change of its notes.
_SHAPING = frozenset({"tempo", "key", "duration", "instrument", "energy", "loudness"})
# Pieces are shorter, and "around" a length is one of a piece as well.
_TRACK_S, _WIDER = 120.0, 1.3
_TAKES_OUT = re.compile(r"\b(?:drop|remove|lose|cut|leave\s+out|take\s+out|kill|too\s+(?:much|many))\b", re.IGNORECASE)
_ACTS = re.compile(
    r"\b(?:save|store|export|rename|add\s+(?:it|them|this|these)|play\s+(?:it|this|that))\b", re.IGNORECASE
)


_NO_SUCH_WISH = re.compile(
    r"\W*(?:forget|drop|scrap)\s+(?:the|my)\s+wish\s+for\s+.{2,60}|"
    r"\W*(?:forget|never\s?mind)\s+(?:about\s+)?what\s+i\s+said\s+(?:about|on)\s+[^,.;]{2,60}|"
    r"\W*forget\s+(?:about\s+)?the\s+(?:key|tempo|speed|bpm|year|decade|length|duration|licen[cs]e|volume|loudness)\W*|"
    r"\W*(?:the\s+)?\w+\s+(?:does\s*n.?t|does\s+not)\s+matter(?:\s+any\s?more)?\W*",
    re.IGNORECASE,
)


_OPPOSITE = re.compile(
    r"\W*(?:(?:now|ok|okay|and|no|then|please|rather|actually|hm+)\W+)*(?:(?:give\s+me|show\s+me|play|find|i\s+(?:want|need))\s+)?"
    r"(?:something\s+)?(?:the\s+)?(?:exact\s+|complete\s+|total\s+|very\s+)?opposite"
    r"(?:\s+(?:of\s+)?(?:that|this|these|those|it|them|all\s+(?:that|this)))?(?:\s+please)?\W*",
    re.IGNORECASE,
)
_OPPOSITES = {
    "calm": "energetic", "energetic": "calm", "happy": "sad", "sad": "happy", "dark": "happy", "aggressive": "calm",
    "instrumental": "vocal", "vocal": "instrumental", "acoustic": "electronic", "electronic": "acoustic",
}  # fmt: skip


def said_after_all_is_dropped(message: str) -> str | None:
    """Return what a message asks for after it drops all that stands; None where it drops nothing."""
    found = _OVER.match(message)
    return None if found is None else found["rest"]


def mended(message: str, state: DialogueState, parse: Callable[[str], Wishes], patterns: Patterns) -> TurnPlan | None:
    """Return the plan of a message that takes wishes back or puts a number right; None where it does neither."""
    standing = state.standing.constraints
    made: tuple[Constraint, ...] = ()
    results = len(state.standing.results)
    shown = results > 0
    points = bool(handles_in(message, results))
    taken_back, unsaid, rest = forgotten(message, standing, "" if points else state.standing.text)
    if not (taken_back or unsaid):
        anew = (
            shifted(message, standing, parse)
            or corrected(message, standing, parse, results)
            or widened(message, standing, parse)
        )
        if anew is None:
            # What does not stand is not taken back, and is no wish.
            none_such = shown and _NO_SUCH_WISH.fullmatch(message)
            return TurnPlan(intent="refine", confidence=CERTAIN) if none_such else None
        number, made, rest = anew
        taken_back = (number,)
    # "#4 was great, more of those, but at 140", "... and save it as Run": more than a wish, done step by step.
    if points or _ACTS.search(rest):
        return None
    more = parse(patterns.without_comparisons(rest) if shown else rest)
    if made and not any(map(load_vocabulary().knows, content_words(more.rest))):
        # "My feet hurt, bring it down to 140": the rest is a story.
        more = replace(more, rest="")
    return TurnPlan(
        intent="refine",
        text=residue(more.rest),
        constraints=(*made, *more.constraints),
        comparisons=patterns.comparisons_in(rest) if shown else (),
        without=taken_back,
        unsaid=unsaid,
        confidence=0.95,
    )


def opposed(message: str, state: DialogueState) -> TurnPlan | None:
    """Return the plan of a message that wants the opposite of what stands; None where nothing of that has one."""
    if _OPPOSITE.fullmatch(message) is None:
        return None
    concept = load_vocabulary().concept
    numbered = list(enumerate(state.standing.constraints, 1))
    told = [(n, w, c.id) for n, w in numbered if w.op == "is" and (c := concept(str(w.value))) is not None]
    turned = [(n, replace(w, value=_OPPOSITES[i], source_text="")) for n, w, i in told if i in _OPPOSITES]
    if not turned:
        return None
    numbers, wishes = zip(*turned, strict=True)
    return TurnPlan(intent="refine", constraints=wishes, without=numbers, confidence=CERTAIN)


def varied(message: str, state: DialogueState, parse: Callable[[str], Wishes], patterns: Patterns) -> TurnPlan | None:
    """Return the plan of a message that goes on from the piece that the last turn composed; else None."""
    if state.composed is None or state.composed_at != state.turn:
        return None
    comparisons = patterns.comparisons_in(message)
    wishes = parse(patterns.without_comparisons(message))
    if state.standing.results and any(map(_of_tracks, wishes.constraints)):
        return None
    shaping = bool(comparisons) or any(c.field in _SHAPING for c in wishes.constraints)
    variation = variation_in(message, wishes=bool(comparisons or wishes.constraints), shaping=shaping)
    if variation is None:
        return None
    out = _TAKES_OUT.search(message) is not None
    lengths = [c for c in wishes.constraints if c.field == "duration"]
    return TurnPlan(
        intent="generate",
        text=wishes.rest,
        constraints=tuple(_out(c) if out else c for c in wishes.constraints if c not in lengths),
        comparisons=comparisons,
        duration_s=length_of(lengths[0]) if lengths else wishes.total_s,
        variation=variation,
        confidence=0.95,
    )


def _of_tracks(wish: Constraint) -> bool:
    """Tell whether a length is a limit that tracks of a list have, not the length of a piece: "shorter than 4 min"."""
    ends = [end for end in wish.bounds() if math.isfinite(end)] if wish.field == "duration" else []
    spans = wish.op in {"min", "max"} or (wish.op == "between" and max(ends, default=0) > _WIDER * min(ends, default=1))
    return bool(ends) and spans and max(ends) >= _TRACK_S


def _out(wish: Constraint) -> Constraint:
    return replace(wish, op="not") if wish.field in {"instrument", "genre"} and wish.op == "is" else wish


def arranged(message: str, results: int) -> TurnPlan | None:
    """Return the plan of a message that moves tracks in a list or renames it; None where it does neither."""
    if (moved := moved_in(message, results)) is not None:
        return TurnPlan(intent="edit_playlist", edit="move", handles=moved[0], place=moved[1], confidence=0.95)
    if results and (named := CALL_IT.search(message)) is not None and not content_words(message[: named.start()]):
        return TurnPlan(intent="edit_playlist", edit="save", playlist_title=named["name"].strip(), confidence=0.95)
    if results and (title := new_title_in(message)) is not None:
        return TurnPlan(intent="edit_playlist", edit="rename", playlist_title=title, confidence=0.95)
    return None


def length_of(wish: Constraint) -> float:
    """Return one length for a wish of a span: its middle, or its only end."""
    ends = [end for end in wish.bounds() if math.isfinite(end)]
    return sum(ends) / len(ends)
