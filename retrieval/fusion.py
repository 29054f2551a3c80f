"""Many views of one candidate to one number: how well it fits, and where it stands.

`mean` keeps the branches' absolute meaning, so that it can be calibrated to a probability. `reciprocal_ranks` only
asks who is ahead of whom, so that no branch's scale counts (G. Cormack et al., "Reciprocal rank fusion outperforms
Condorcet and individual rank learning methods", 2009).
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from retrieval.concepts import FloatArray
from retrieval.scorers import Pool

RRF_K = 60


def mean(pool: Pool) -> FloatArray:
    """Return the weighted mean of the branches' scores, ``(m,)`` in [0, 1]."""
    weights = np.array([b.weight for b in pool.branches], np.float32)
    fused: FloatArray = (pool.scores @ weights / weights.sum()).astype(np.float32)
    return fused


def fit(pool: Pool) -> FloatArray:
    """Return how well each candidate fits, ``(m,)`` in [0, 1]: the mean, or that of all but the soft branches.

    The higher of both: what no playlist says of a track proves nothing against it.
    """
    firm = tuple(n for n, b in enumerate(pool.branches) if not b.soft)
    if not firm or len(firm) == len(pool.branches):
        return mean(pool)
    without = Pool(pool.rows, tuple(pool.branches[n] for n in firm), pool.scores[:, list(firm)])
    higher: FloatArray = np.maximum(mean(pool), mean(without))
    return higher


def reciprocal_ranks(pool: Pool) -> FloatArray:
    """Return the weighted sum of ``1 / (60 + rank)`` over the branches, ``(m,)``; equal scores share their best rank.

    A score of 0 is no place in a branch's list and adds nothing.
    """
    total = np.zeros(len(pool.rows), np.float32)
    for column, branch in enumerate(pool.branches):
        scores = pool.scores[:, column]
        ranks = rankdata(-scores, method="min")
        total += np.where(scores > 0, branch.weight / (RRF_K + ranks), 0.0).astype(np.float32)
    return total


def best_ranks(pool: Pool) -> FloatArray:
    """Return each candidate's best rank in any branch, from 1, ``(m,)``."""
    ranks = [rankdata(-pool.scores[:, column], method="min") for column in range(pool.scores.shape[1])]
    best: FloatArray = np.min(ranks, axis=0).astype(np.float32)
    return best
