"""Whether a message bears out the orders that a model made of it: the names, numbers and instruments in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from agent.values import TurnPlan
from catalog.names import fold
from retrieval.vocabulary import load_vocabulary

# rapidfuzz's ratio of a name and the part of the message that is most like it.
_SPELT = 80.0
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
# Up to here people write numbers as words, and ordinals: "the third", "zwölf", "第三首".
_COUNTED = 20.0


def unbacked(plan: TurnPlan, certain: TurnPlan, message: str, said: str) -> str | None:
    """Return why orders do not count, in words; None where the message bears them out.

    Args:
        plan: what the rules read in the orders.
        certain: what they read in the message itself.
        message: as it was said.
        said: the orders.
    """
    for name in _names(plan):
        if fuzz.partial_ratio(fold(name), fold(message)) < _SPELT:
            return f"{name!r} is no name in the message"
    if (number := _made_up(said, message)) is not None:
        return f"the message has no {number}"
    if (lost := _lost(said, message)) is not None:
        return f"{lost} got lost"
    lost_sound = _instruments(certain) - _instruments(plan)
    return f"“{min(lost_sound)}” got lost" if lost_sound else None


def in_key(plan: TurnPlan, certain: TurnPlan) -> TurnPlan:
    """Return a plan with the key that the rules read in the message, where both have one."""
    theirs, ours = _keys(certain), _keys(plan)
    if len(theirs) != 1 or len(ours) != 1 or theirs == ours or plan.steps:
        return plan
    (right,) = theirs
    changed = tuple(replace(c, value=right) if c.field == "key" else c for c in plan.constraints)
    return plan.model_copy(update={"constraints": changed})


def _steps(plan: TurnPlan) -> Sequence[TurnPlan]:
    return plan.steps or (plan,)


def _names(plan: TurnPlan) -> Iterator[str]:
    """Yield the names that a plan acts on: of tracks, artists, albums and lists."""
    for step in _steps(plan):
        for named in (*step.named, *step.less_named):
            yield from filter(None, (named.title, named.artist))
        if step.playlist_title:
            yield step.playlist_title
        for wish in step.constraints:
            if wish.field in {"artist", "album", "title"} and isinstance(wish.value, str):
                yield from wish.value.split(" or ")


def _instruments(plan: TurnPlan) -> set[str]:
    """Return the ids of the instruments that a plan wishes for or refuses."""
    concept = load_vocabulary().concept
    values = {str(c.value) for step in _steps(plan) for c in step.constraints if c.field == "instrument"}
    words = {word for value in values for word in value.split(" or ")}
    return {found.id if (found := concept(word)) is not None else word for word in words}


def _keys(plan: TurnPlan) -> set[str]:
    return {str(c.value) for step in _steps(plan) for c in step.constraints if c.field == "key" and c.op == "is"}


def _numbers(text: str) -> list[float]:
    return [float(number.replace(",", ".")) for number in _NUMBER.findall(text)]


def _made_up(said: str, message: str) -> str | None:
    """Return a number of the orders that the message has not; one without digits spells its numbers."""
    told = _numbers(message)
    if not told:
        return None
    known = {form for number in told for form in _forms(number)}
    return next((f"{n:g}" for n in _numbers(said) if n > _COUNTED and n not in known), None)


def _lost(said: str, message: str) -> str | None:
    """Return a number of the message that the orders have not, in no form; small ones may be part of a story."""
    kept = set(_numbers(said))
    for number in _numbers(message):
        if number > _COUNTED and not kept.intersection(_forms(number)):
            return f"{number:g}"
    return None


def _forms(number: float) -> set[float]:
    """Return what a number may be said as: a decade of a century, hours as minutes, the end of a range beside it."""
    forms = {number, number - 1, number + 1, number * 60, number / 60, number * 1000}
    if number < 100:
        forms |= {1900 + number, 2000 + number, 1900 + number - 1, 1900 + number + 9}
    else:
        forms |= {number % 100, number + 9, number + 10}
    return forms
