"""Several wishes in one message: its parts, and the order in which they are done.

"Drop the second, more like the fourth, but under 3 minutes, and save it as Sunday" removes, searches and saves. Only
messages that change a playlist, or react to several tracks, are taken apart: what only searches is one wish, however
many commas it has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from agent.values import TurnPlan

_BETWEEN = re.compile(
    r"\s*[,;]\s*(?:(?:and|but|then|also)\b\s*)*|[.!?]\s+(?:(?:and|but|then|also)\b\s*)*"
    r"|\s+(?:and then|then|and also|and|but)\s+",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“„«][^\"”“»]{2,120}[\"”“»]")
_MOST = 6
_LONGEST, _LONGEST_NAME = 300, 3  # characters of a message, words of a name


def parts_of(message: str) -> list[tuple[int, int]]:
    """Return where the parts between commas and conjunctions start and end; names in quotes stay whole."""
    quotes = [range(*found.span()) for found in _QUOTED.finditer(message)]
    edges = [found.span() for found in _BETWEEN.finditer(message) if not any(found.start() in q for q in quotes)]
    starts, ends = [0, *(end for _, end in edges)], [*(start for start, _ in edges), len(message)]
    return [span for span in zip(starts, ends, strict=True) if message[slice(*span)].strip()]


def steps_of(message: str, plan_of: Callable[[str], TurnPlan]) -> tuple[TurnPlan, ...]:
    """Return the steps of a message in the order of doing, () where it is about one thing.

    Changes and reactions come first, since places are those of the list on the screen; then the one search, or what
    else there is; saving comes last, since it is the outcome that is saved.
    """
    parts = parts_of(message) if len(message) <= _LONGEST else []
    if not 1 < len(parts) <= _MOST:
        return ()
    before: list[TurnPlan] = []
    after: list[TurnPlan] = []
    rest: list[str] = []
    saves_from: int | None = None
    for start, end in parts:
        part = message[start:end]
        plan = plan_of(part)
        if saves_from is not None and plan.intent == "recommend" and len(part.split()) <= _LONGEST_NAME:
            # "Save it as Rock, Jazz and Pop": the name goes on.
            after[-1] = _said(plan_of(message[saves_from:end]), message[saves_from:end])
        elif _acts(plan):
            saves_from = start if plan.edit == "save" else None
            (after if plan.edit == "save" else before).append(_said(plan, part))
        elif before and not rest and _continues(before[-1], plan):
            before[-1] = _with_more(before[-1], plan, part)
        else:
            rest.append(part)
    if not (any(plan.intent == "edit_playlist" for plan in (*before, *after)) or len(before) > 1):
        return ()
    middle: list[TurnPlan] = []
    if rest:
        said = ", ".join(rest)
        plan = plan_of(said)
        # "Please", "thanks": nothing that would have to be done.
        if plan.intent not in {"clarify", "chitchat"}:
            middle = [_said(plan, said)]
    steps = (*before, *middle, *after)
    return tuple(steps) if len(steps) > 1 else ()


def leading(steps: Sequence[TurnPlan]) -> TurnPlan:
    """Return the step that decides the answer: the search where there is one, else the first."""
    return next((step for step in steps if not _acts(step)), steps[0])


def _said(plan: TurnPlan, part: str) -> TurnPlan:
    return plan.model_copy(update={"said": part.strip()})


def _acts(plan: TurnPlan) -> bool:
    """Tell whether a part does something to tracks or lists of its own."""
    if plan.intent == "edit_playlist":
        return plan.edit == "save" or bool(plan.handles or plan.named)
    return plan.intent == "feedback" and plan.reaction is not None and bool(plan.handles)


def _continues(last: TurnPlan, plan: TurnPlan) -> bool:
    """Tell whether a part only names more tracks for what was done before: "remove #2 and #3"."""
    alone = not (plan.constraints or plan.comparisons or plan.fresh)
    return alone and plan.intent == "exact_track" and bool(plan.handles) and bool(last.handles)


def _with_more(last: TurnPlan, plan: TurnPlan, part: str) -> TurnPlan:
    handles = tuple(dict.fromkeys((*last.handles, *plan.handles)))
    return last.model_copy(update={"handles": handles, "said": f"{last.said}, {part}"})
