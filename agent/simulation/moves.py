"""What a turn may be besides wishes in words: a kind of message, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agent.simulation.values import GoldPlan
from agent.values import Comparison, Intent


@dataclass(frozen=True, slots=True)
class Move:
    """One kind of message. `kind` names its templates, `plan` what it means before its places and names are known.

    `places` is how many tracks of the list it points at, `steps` what each of a compound message does, each to the next
    place where it needs one. `titled` moves name a playlist; `wishes` says which kind of wish is in it, if any.
    `weight` is how often it comes. One that `ends` a dialogue changes what later turns are about in ways that a
    catalogue cannot foretell.
    """

    kind: str
    plan: GoldPlan
    places: int = 0
    steps: tuple[GoldPlan, ...] = ()
    titled: bool = False
    wishes: Literal["limit", "sound"] | None = None
    weight: float = 1.0
    ends: bool = False


def _plan(intent: Intent, comparison: Comparison | None = None, *also: Intent) -> GoldPlan:
    return GoldPlan(intent=intent, comparisons=() if comparison is None else (comparison,), also=also)


_REMOVE = GoldPlan(intent="edit_playlist", edit="remove")
_SAVE = GoldPlan(intent="edit_playlist", edit="save")
_SIMILAR = _plan("similar")
_LIKE, _DISLIKE = (GoldPlan(intent="feedback", reaction=r) for r in ("like", "dislike"))

# Moves that need a list on the screen.
ON_A_LIST = (
    Move("similar", _SIMILAR, places=1, weight=3),
    Move("similar_wish", _SIMILAR, places=1, wishes="limit", weight=2),
    Move("like", _LIKE, places=1, weight=2),
    Move("dislike", _DISLIKE, places=1, weight=2),
    Move("remove", _REMOVE, places=1),
    Move("add", GoldPlan(intent="edit_playlist", edit="add"), places=1),
    Move("save", _SAVE, titled=True, ends=True, weight=2),
    Move("explain", _plan("explain"), places=1, weight=2),
    Move("other", GoldPlan(intent="refine", fresh=True)),
    Move("calmer", _plan("refine", "calmer")),
    Move("more_energetic", _plan("refine", "more energetic")),
    Move("faster", _plan("refine", "faster")),
    Move("slower", _plan("refine", "slower")),
    Move("darker", _plan("refine", "darker"), weight=0.5),
    Move("happier", _plan("refine", "happier"), weight=0.5),
    Move("continue", _plan("continue_playlist"), ends=True),
    Move("remove_similar", _SIMILAR, places=2, steps=(_REMOVE, _SIMILAR)),
    Move("remove_save", _REMOVE, places=1, steps=(_REMOVE, _SAVE), titled=True, ends=True),
    Move("like_dislike", _LIKE, places=2, steps=(_LIKE, _DISLIKE)),
)
# Moves that change no list and need none.
ANYWHERE = (
    Move("hello", _plan("chitchat"), weight=0.5),
    Move("thanks", _plan("chitchat"), weight=0.5),
    Move("question", _plan("chitchat", None, "ask_library"), weight=0.5),
    Move("offtopic", _plan("chitchat", None, "clarify"), weight=0.5),
    Move("library", _plan("ask_library")),
    Move("generate", _plan("generate"), wishes="sound"),
    Move("exact", _plan("exact_track"), weight=2),
    Move("playlist", _plan("continue_playlist"), wishes="sound", ends=True),
)
# What one may begin with instead of a wish.
OPENINGS = tuple(move for move in ANYWHERE if move.kind != "thanks" and not move.ends)
UNDO = Move("undo", _plan("undo"))
