"""From a continuation request to what the list should be, in rows, and how much each seed counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from catalog.values import TrackId
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


def weights_of(snapshot: Snapshot, seeds: Sequence[int], weights: Mapping[TrackId, float]) -> list[float]:
    """Return how much each seed counts, 1 where nothing was said.

    Raises:
        QueryError: a weight out of 0 to 10.
    """
    for track_id, weight in weights.items():
        if not (math.isfinite(weight) and 0 <= weight <= MAX_WEIGHT):
            raise QueryError(f"The weight of {track_id[:64]!r} is {weight:g}; give 0 to {MAX_WEIGHT:g}.")
    return [float(weights.get(TrackId(snapshot.ids[row]), 1.0)) for row in seeds]
