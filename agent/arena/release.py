"""What may be given away of the votes: no users, no words of theirs unless they agreed, days instead of times."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from agent.arena.strengths import MINIMUM, Standing
from catalog.battles import Battle, Side

FORMAT = 1


def release(
    battles: Sequence[Battle], ranked: Sequence[Standing], briefs: Mapping[str, Mapping[str, Any]], salt: str
) -> dict[str, Any]:
    """Return the release as JSON values: it grows by appending, what was released before stays the same.

    Args:
        battles: those with a vote, the first first.
        ranked: the standings by them.
        briefs: the request of each generated piece by its id.
        salt: a secret of this server, so that ids cannot be traced back to rows.
    """
    return {
        "format": FORMAT,
        "minimum": MINIMUM,
        "votes": len(battles),
        "standings": [
            {name: getattr(each, name) for name in ("system", "strength", "low", "high", "battles", "wins", "ties")}
            for each in ranked
        ],
        "battles": [_told(each, briefs, salt) for each in battles],
    }


def _told(battle: Battle, briefs: Mapping[str, Mapping[str, Any]], salt: str) -> dict[str, Any]:
    assert battle.voted_at is not None
    told: dict[str, Any] = {
        "id": hashlib.sha256(f"{salt}\n{battle.id}".encode()).hexdigest()[:16],
        "kind": battle.kind,
        "day": battle.voted_at.date().isoformat(),
        "a": _side(battle.a, briefs),
        "b": _side(battle.b, briefs),
        "choice": battle.choice,
        "listened_s": None if battle.listened_s is None else [round(seconds) for seconds in battle.listened_s],
    }
    if battle.shared:
        told |= {"text": battle.text, "words": battle.words}
    return told


def _side(side: Side, briefs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the system, and of a brief what is no free words: numbers, and names out of our own tables."""
    brief = briefs.get(side.generation_id or "", {})
    kept = ("duration_s", "tempo_bpm", "key", "energy", "seed")
    return {"system": side.system, "brief": {name: brief.get(name) for name in kept} if brief else None}
