"""From a continuation request to what the list should be, in rows, and how much each seed counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from catalog.values import TrackId
from retrieval.concepts import FloatArray
from retrieval.continuation.arcs import read_arc
from retrieval.continuation.filling import Target
from retrieval.continuation.sequencing import Asked
from retrieval.continuation.values import ContinuationRequest
from retrieval.errors import QueryError
from retrieval.snapshot import Snapshot

DEFAULT_N = 10
MAX_WEIGHT = 10.0


def asked_of(snapshot: Snapshot, request: ContinuationRequest) -> Asked:
    """Return what a request asks of the list; ids that are not in the catalogue are left out.

    Raises:
        QueryError: a track that must be both in and out, or an arc that is none.
    """
    wanted = {*request.include, *(i for _, i in request.pinned)}
    if both := sorted(wanted & request.exclude):
        raise QueryError(f"{both[0][:64]!r} is to be both in and out; choose one.")
    asked = [int(c.bounds()[1]) for c in request.constraints if c.field == "per_artist" and c.hard]
    return Asked(
        target=Target(
            n=request.n or (DEFAULT_N if request.duration_s is None else None),
            duration_s=request.duration_s,
            cap=min(asked) if asked else request.max_per_artist,
            strict=bool(asked),
        ),
        include=tuple(snapshot.rows(request.include)),
        pinned=tuple((place, row) for place, i in request.pinned for row in snapshot.rows([i])),
        order=request.order,
        arc=None if request.arc is None else read_arc(request.arc),
        insert=request.insert,
    )


def seed_shares(
    snapshot: Snapshot, seeds: Sequence[int], weights: Mapping[TrackId, float]
) -> list[tuple[float, list[int]]]:
    """Return the seeds by how much they count: (share of the whole, the seeds that have this weight each).

    Raises:
        QueryError: a weight out of 0 to 10.
    """
    for track_id, weight in weights.items():
        if not (math.isfinite(weight) and 0 <= weight <= MAX_WEIGHT):
            raise QueryError(f"The weight of {track_id[:64]!r} is {weight:g}; give 0 to {MAX_WEIGHT:g}.")
    groups: dict[float, list[int]] = {}
    for row in seeds:
        groups.setdefault(float(weights.get(TrackId(snapshot.ids[row]), 1.0)) if weights else 1.0, []).append(row)
    whole = sum(weight * len(rows) for weight, rows in groups.items())
    return [(weight * len(rows) / whole, rows) for weight, rows in groups.items() if weight]


def weighted(score: Callable[[Sequence[int]], FloatArray], shares: Sequence[tuple[float, list[int]]]) -> FloatArray:
    """Return a model's scores, those of each weight's seeds by their share; one call where all count the same."""
    parts = [np.float32(share) * score(rows) for share, rows in shares]
    total: FloatArray = np.sum(parts, axis=0, dtype=np.float32) if parts else np.zeros(1, np.float32)
    return total
