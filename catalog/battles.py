"""Values of blind battles: two pieces for the same words, heard without names, and a vote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NewType

from catalog.values import GenerationId, TrackId, UserId

BattleId = NewType("BattleId", str)
BattleKind = Literal["catalogue", "backends", "seeds"]
BattleStatus = Literal["preparing", "ready", "voted", "failed"]
Choice = Literal["a", "b", "tie", "both_bad"]
CATALOGUE = "catalogue"


@dataclass(frozen=True, slots=True)
class Side:
    """What is heard on one side: a generated piece by `system`, or a track (`system` is then `CATALOGUE`).

    `known` tells that the piece was there before the battle, so that hiding it would be of no use.
    """

    system: str
    track_id: TrackId | None = None
    generation_id: GenerationId | None = None
    known: bool = False


@dataclass(frozen=True, slots=True)
class Battle:
    """Two sides for the same words. Before the vote nobody is told which is which.

    `listened_s` are seconds heard of a and b, `words` what the voter said; `shared` lets words go into a release.
    """

    id: BattleId
    kind: BattleKind
    status: BattleStatus
    message: str
    text: str
    user_id: UserId | None
    a: Side
    b: Side
    choice: Choice | None
    words: str
    shared: bool
    listened_s: tuple[float, float] | None
    created_at: datetime
    voted_at: datetime | None
