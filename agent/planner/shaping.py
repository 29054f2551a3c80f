"""Plans of what a playlist should be like: whether that was meant, and what else the message says of it."""

from __future__ import annotations

from agent.planner.lists import ListWishes
from agent.standing import TOPICS
from agent.values import ListShape, TurnPlan
from retrieval.continuation.arranging import SORT_KEYS
from retrieval.reading.wishes import residue

# Messages of these kinds are about something else, whatever they say of a list.
_NO_LIST = frozenset({"undo", "explain", "ask_library", "generate", "music_for_video", "path"})


def speaks_of_list(lists: ListWishes, plain: TurnPlan, has_list: bool) -> bool:
    """Tell whether what was read of a playlist was meant so, by what else the message says (`plain`)."""
    if plain.intent == "continue_playlist":
        return True
    if not has_list:
        return False
    if lists.clear:
        return plain.agreed or plain.intent not in _NO_LIST
    alone = not (residue(plain.text) or plain.handles or plain.named or plain.comparisons)
    if lists.shape is not None and lists.shape.order in SORT_KEYS and any(c.field in TOPICS for c in plain.constraints):
        return False  # "Jazz, newest first" is a new search.
    return alone and plain.intent in {"recommend", "refine", "clarify", "chitchat", "edit_playlist"}


def of_list(shape: ListShape, plain: TurnPlan) -> TurnPlan:
    """Return the plan of what a playlist should be like."""
    adds = plain.intent == "continue_playlist" or shape.insert or shape.more or shape.n or shape.duration_s
    if shape.whole or not adds:
        shape = shape.model_copy(update={"whole": True, "n": shape.n or plain.n})
    else:
        more = {"n": shape.n or plain.n, "duration_s": shape.duration_s or plain.duration_s}
        shape = shape.model_copy(update=more)
    intent = "edit_playlist" if plain.intent == "edit_playlist" else "continue_playlist"
    return plain.model_copy(
        update={"intent": intent, "shape": shape, "agreed": False, "reaction": None, "confidence": 0.9}
    )


def goes_on(plan: TurnPlan) -> bool:
    """Tell whether a message only adds limits to a list that was shaped: "but no vocals"."""
    if plan.intent != "refine" or not plan.constraints or residue(plan.text):
        return False
    if plan.comparisons or plan.fresh or plan.different_artist or plan.instead or plan.agreed:
        return False
    # "3 minutes" is the length of a track to look for; nearly no list would be left of it.
    return all(
        (c.op == "not" or c.field not in TOPICS) and (c.field, c.op) != ("duration", "is") for c in plan.constraints
    )
