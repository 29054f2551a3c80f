"""Tracks inside a playlist that exists: where its steps are poorest, or evenly spread; the rest stays as it was.

Which track goes into which gap is one assignment (H. Kuhn, 1955): the least detour, the most fitting tracks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from retrieval.concepts import FloatArray
from retrieval.continuation.objective import Weights, step_costs
from retrieval.continuation.transitions import Followings
from retrieval.continuation.values import Insertion
from retrieval.indexes.store import IntArray
from retrieval.snapshot import Snapshot

# What a track that must be in saves over any that need not.
_MUST = 1000.0


@dataclass(frozen=True, eq=False)
class Offer:
    """Candidate rows that may go in, their relevances in [0, 1], and which of them must."""

    rows: IntArray
    relevance: FloatArray
    must: NDArray[np.bool_]


def places_between(
    snapshot: Snapshot, seeds: IntArray, offer: Offer, count: int, how: Insertion, followings: Followings | None
) -> list[tuple[int, int]]:
    """Return `count` of the rows as (row, place of the seed that it comes right after), in playing order.

    Args:
        snapshot: the catalogue.
        seeds: the playlist, two tracks or more.
        offer: what may go in, `count` tracks or more.
        count: how many go in.
        how: ``gaps`` (where steps are poorest) or ``even``.
        followings: what follows what in lists that people made.
    """
    weights = Weights()
    into = step_costs(snapshot, seeds[:-1], offer.rows, followings, weights)
    out = step_costs(snapshot, offer.rows, seeds[1:], followings, weights)
    now = np.array(
        [step_costs(snapshot, seeds[[i]], seeds[[i + 1]], followings, weights)[0, 0] for i in range(len(seeds) - 1)]
    )
    gaps = _poorest(now, count) if how == "gaps" else _even(len(now), count)
    costs = (into + out.T - now[:, None])[gaps] - weights.relevance * offer.relevance - _MUST * offer.must
    lines, columns = linear_sum_assignment(costs)
    found = [(int(gaps[g]), float(into[gaps[g], c]), int(offer.rows[c])) for g, c in zip(lines, columns, strict=True)]
    # Several in one gap: the smoother it follows, the nearer to what it follows.
    return [(row, gap) for gap, _, row in sorted(found)]


def _poorest(now: FloatArray, count: int) -> IntArray:
    """Return the gaps (the place before each) of the costliest steps, all of them before any twice."""
    order = np.argsort(-now, kind="stable")
    return np.sort(np.resize(order, count))


def _even(gaps: int, count: int) -> IntArray:
    """Return gaps as evenly apart as so many can be."""
    spread: IntArray = np.floor((np.arange(count) + 0.5) * gaps / count).astype(np.int64)
    return spread
