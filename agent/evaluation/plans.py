"""A plan beside what was meant: which parts differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent.simulation.canonical import canonical, spans
from agent.simulation.values import GoldPlan, GoldWish
from agent.values import NamedReference, TurnPlan
from catalog.names import fold

Fault = Literal[
    "another intent",
    "a wish missed",
    "a wish made up",
    "other places",
    "another comparison",
    "another edit",
    "another reaction",
    "other names",
    "another playlist title",
    "not taken as something new",
    "other steps",
]
# What these do does not depend on wishes, so none can be wrong.
_WISHLESS = frozenset(
    {"chitchat", "ask_library", "explain", "undo", "clarify", "feedback", "edit_playlist", "exact_track"}
)


@dataclass(frozen=True, slots=True)
class Match:
    """How a plan compares with what was meant: canonical wishes that were wanted and that were read, and the faults."""

    wanted: frozenset[GoldWish]
    read: frozenset[GoldWish]
    faults: tuple[Fault, ...]

    @property
    def exact(self) -> bool:
        """Tell whether nothing differs."""
        return not self.faults

    @property
    def right_intent(self) -> bool:
        """Tell whether the intent is the one that was meant."""
        return "another intent" not in self.faults


def match(gold: GoldPlan, plan: TurnPlan) -> Match:
    """Compare a plan with what was meant; a compound message step by step."""
    if gold.steps:
        return _by_steps(gold, plan)
    wanted = spans(gold.wishes)
    read = frozenset() if gold.intent in _WISHLESS else spans(map(canonical, plan.constraints))
    parts: tuple[tuple[Fault, bool], ...] = (
        ("another intent", plan.intent not in {gold.intent, *gold.also}),
        ("a wish missed", bool(wanted - read)),
        ("a wish made up", bool(read - wanted)),
        ("other places", set(plan.handles) != set(gold.handles)),
        ("another comparison", set(plan.comparisons) != set(gold.comparisons)),
        ("another edit", plan.edit != gold.edit),
        ("another reaction", plan.reaction != gold.reaction),
        ("other names", bool(gold.named) and _titles(plan.named) != _titles(gold.named)),
        ("another playlist title", gold.playlist_title is not None and plan.playlist_title != gold.playlist_title),
        ("not taken as something new", gold.fresh and not plan.fresh),
        ("other steps", bool(plan.steps)),
    )
    return Match(wanted, read, tuple(name for name, differs in parts if differs))


def _by_steps(gold: GoldPlan, plan: TurnPlan) -> Match:
    steps = plan.steps or (plan,)
    pairs = [match(meant, step) for meant, step in zip(gold.steps, steps, strict=False)]
    faults: dict[Fault, None] = dict.fromkeys(f for pair in pairs for f in pair.faults if f != "another intent")
    if plan.intent != gold.intent:
        faults["another intent"] = None
    if [s.intent for s in steps] != [s.intent for s in gold.steps]:
        faults["other steps"] = None
    empty: frozenset[GoldWish] = frozenset()
    return Match(empty.union(*(p.wanted for p in pairs)), empty.union(*(p.read for p in pairs)), tuple(faults))


def _titles(named: Sequence[NamedReference]) -> set[str]:
    return {fold(reference.title) for reference in named}
