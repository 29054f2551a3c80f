"""Kinds of messages: what is left of a plan when its places, names and wishes are taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.values import Comparison, Edit, Intent, ProfileOrder, TurnPlan
from catalog.values import FeedbackKind


@dataclass(frozen=True, slots=True)
class Kind:
    """What every message of a kind means.

    `on_results` tells that it is about tracks on the screen, `places` that it points at some of them.
    """

    intent: Intent
    edit: Edit | None = None
    reaction: FeedbackKind | None = None
    comparison: Comparison | None = None
    fresh: bool = False
    on_results: bool = False
    places: bool = False
    profile: ProfileOrder | None = None


KINDS: Mapping[str, Kind] = {
    "recommend": Kind("recommend"),
    "playlist": Kind("continue_playlist"),
    "generate": Kind("generate"),
    "exact": Kind("exact_track"),
    "library": Kind("ask_library"),
    "chitchat": Kind("chitchat"),
    "undo": Kind("undo"),
    "refine": Kind("refine", on_results=True),
    "similar": Kind("similar", on_results=True, places=True),
    "explain": Kind("explain", on_results=True, places=True),
    "continue": Kind("continue_playlist", on_results=True),
    "like": Kind("feedback", reaction="like", on_results=True, places=True),
    "dislike": Kind("feedback", reaction="dislike", on_results=True, places=True),
    "add": Kind("edit_playlist", edit="add", on_results=True, places=True),
    "remove": Kind("edit_playlist", edit="remove", on_results=True, places=True),
    "save": Kind("edit_playlist", edit="save", on_results=True),
    "other": Kind("refine", fresh=True, on_results=True),
    "calmer": Kind("refine", comparison="calmer", on_results=True),
    "more energetic": Kind("refine", comparison="more energetic", on_results=True),
    "faster": Kind("refine", comparison="faster", on_results=True),
    "slower": Kind("refine", comparison="slower", on_results=True),
    "darker": Kind("refine", comparison="darker", on_results=True),
    "happier": Kind("refine", comparison="happier", on_results=True),
    "shorter": Kind("refine", comparison="shorter", on_results=True),
    "longer": Kind("refine", comparison="longer", on_results=True),
    "profile": Kind("profile", profile="show"),
}


def kind_of(plan: TurnPlan) -> str | None:
    """Return the kind that a plan is of; None where no kind says it."""
    if plan.intent == "edit_playlist":
        return plan.edit if plan.edit in KINDS else None
    if plan.intent == "feedback":
        return plan.reaction if plan.reaction in KINDS else None
    if plan.intent == "refine":
        if len(plan.comparisons) == 1 and not plan.constraints:
            return plan.comparisons[0] if plan.comparisons[0] in KINDS else None
        return "other" if plan.fresh and not plan.constraints else "refine"
    names: Mapping[Intent, str] = {"exact_track": "exact", "ask_library": "library", "continue_playlist": "playlist"}
    name = names.get(plan.intent, plan.intent)
    return name if name in KINDS else None
