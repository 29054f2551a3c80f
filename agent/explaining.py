"""What is said of the tracks of a list: why they are in it, which of them are of a kind, which mix with one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agent.languages.words import said
from agent.outcomes import Outcome, answer, details
from agent.told import clock
from agent.turn import Tools, Turn
from agent.values import Decision, Evidence
from catalog.values import Track
from retrieval.constraints import Constraint, parse_key
from retrieval.filters import compile_constraints
from retrieval.likeness import neighbour_keys
from retrieval.ordering import in_order, order_of
from retrieval.track_receipts import receipts_of

_EXPLAINED = 3  # tracks, where a message points at none
_IN_ORDER = 3  # tracks that are named where somebody asks for the longest


class ExplainingActs:
    """What a turn says of the list on the screen."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def run(self, turn: Turn) -> Outcome:
        """Answer a question about tracks of the list; the list stays as it is."""
        if turn.plan.shape is not None:
            return answer(turn.standing, self._of_whole(turn), "asked of the list")
        if turn.plan.constraints:
            return answer(turn.standing, self._of_kind(turn), "asked of the list")
        if turn.plan.attribute == "harmony" and turn.plan.handles:
            return answer(turn.standing, self._mixing(turn), "asked of the list")
        return self._why(turn)

    def _why(self, turn: Turn) -> Outcome:
        standing = turn.standing
        tracks = {t.id: t for t in self._tools.catalogue.library.get_many(standing.results)}
        places = turn.plan.handles or tuple(range(1, min(_EXPLAINED, len(standing.results)) + 1))
        words = []
        whys = dict(zip(standing.results, standing.whys, strict=False))
        for place in places:
            (track_id,) = turn.at((place,))
            track, why = tracks.get(track_id), whys.get(track_id, "it was in the list")
            if track is not None:
                words.append(f"#{place} “{track.title}” ({details(track)}): {why}.")
        decision = Decision(kind="answer", fit=1.0, reason="explained from the ranking's own evidence")
        return Outcome(decision, Evidence(facts=tuple(words)), standing)

    def _of_whole(self, turn: Turn) -> str:
        """Return how many tracks the list has, and how long it plays."""
        tracks = [track for _, track in self._listed(turn)]
        seconds = round(sum(track.duration_s for track in tracks))
        return f"The list has {len(tracks)} tracks and plays for {clock(seconds)}."

    def _of_kind(self, turn: Turn) -> str:
        """Return which tracks of the list hold the wishes of a question, or come first in the order it asks for."""
        asked = turn.plan.handles if order_of(turn.plan.constraints) is None else ()
        listed = [(n, t) for n, t in self._listed(turn) if not asked or n in asked]
        snapshot = self._tools.engine.state.snapshot
        rows = np.array(snapshot.rows([track.id for _, track in listed]), np.int64)
        wishes = turn.plan.constraints
        held = compile_constraints(snapshot, wishes, self._tools.engine.state.playlists)
        words = "”, “".join(said(wish) for wish in wishes if wish.field != "order")
        order = order_of(wishes)
        if any(mask is None for mask in held.masks):
            return f"Nobody can tell “{words or said(wishes[0])}” of these tracks."
        meant = [place for place, row in enumerate(rows.tolist()) if all(m is not None and m[row] for m in held.masks)]
        if order is not None and meant:
            first = [meant[place] for place in in_order(snapshot, rows[meant], order)[:_IN_ORDER].tolist()]
            named = ", ".join(
                f"{_name(*listed[p])} ({self._measure(listed[p][1], int(rows[p]), order)})" for p in first
            )
            return f"Of these, {order.value}: {named}."
        if not meant:
            return f"None of these {len(listed)} holds “{words or said(wishes[0])}”."
        if len(meant) == len(listed):
            return f"All hold “{words}”."
        return f"Of these {len(listed)}, {', '.join(_name(*listed[p]) for p in meant)} hold “{words}”."

    def _mixing(self, turn: Turn) -> str:
        """Return which tracks are in a key that mixes with that of the track a message points at."""
        listed = self._listed(turn)
        place = turn.plan.handles[0]
        base = next((track for at, track in listed if at == place), None)
        if base is None or base.key is None:
            return f"Nobody can tell the key of #{place}."
        near = _near_keys(base.key)
        fitting = [(at, t) for at, t in listed if at != place and t.key is not None and parse_key(t.key) in near]
        if not fitting:
            return f"No other key here mixes with {_name(place, base)} ({base.key})."
        return f"In a key that mixes with {_name(place, base)} ({base.key}): {', '.join(_name(*f) for f in fitting)}."

    def _listed(self, turn: Turn) -> list[tuple[int, Track]]:
        """Return (place, track) of the list that the user sees, but for tracks that are gone."""
        shown: Sequence[str] = turn.standing.results if turn.shown is None else turn.shown
        tracks = {t.id: t for t in self._tools.catalogue.library.get_many(turn.at(range(1, len(shown) + 1)))}
        return [(n, tracks[i]) for n, i in enumerate(turn.at(range(1, len(shown) + 1)), 1) if i in tracks]

    def _measure(self, track: Track, row: int, order: Constraint) -> str:
        snapshot = self._tools.engine.state.snapshot
        compiled = compile_constraints(snapshot, (order,))
        (receipt,) = receipts_of(snapshot, row, track, compiled.receipts, compiled.masks)
        return receipt.evidence


def _name(place: int, track: Track) -> str:
    return f"#{place} “{track.title}”"


def _near_keys(key: str) -> frozenset[tuple[int, str | None]]:
    pitch, mode = parse_key(key)
    near = neighbour_keys(pitch, int(mode == "minor"))
    return frozenset({(pitch, mode), *((p, "minor" if minor else "major") for p, minor in near)})
