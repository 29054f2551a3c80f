"""How a branch looks at the catalogue: it nominates its best rows, and scores any row absolutely in [0, 1].

A search asks every branch for its nominations, and then every branch for its view of all that were nominated. So no
branch has to score a million rows for a list of ten, and none judges a candidate without the others' word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from retrieval.concepts import FloatArray
from retrieval.indexes.build import VectorView
from retrieval.indexes.store import IntArray
from retrieval.snapshot import BoolArray

# How many rows a branch nominates at least, and for each place of the list.
NOMINATED, PER_PLACE = 200, 5


class Scorer(Protocol):
    """``nominate`` returns at most `k` of the allowed rows, the best first; ``at`` the scores of rows, float32."""

    def nominate(self, k: int, allowed: BoolArray) -> IntArray: ...

    def at(self, rows: IntArray) -> FloatArray: ...


@dataclass(frozen=True, eq=False)
class ColumnScorer:
    """Scores that are known for every row, ``(n,)``; rows that score 0 are not nominated."""

    scores: FloatArray

    def nominate(self, k: int, allowed: BoolArray) -> IntArray:
        """Return the best allowed rows; see `Scorer`."""
        rows = np.flatnonzero(allowed & (self.scores > 0))
        return rows[best_first(self.scores[rows], k)]

    def at(self, rows: IntArray) -> FloatArray:
        """Return the scores of rows."""
        found: FloatArray = self.scores[rows]
        return found


@dataclass(frozen=True, eq=False)
class VectorScorer:
    """Cosines with one query vector, told in [0, 1] between the ends of `band`; a row without a vector scores 0."""

    view: VectorView
    query: FloatArray
    band: tuple[float, float]

    def nominate(self, k: int, allowed: BoolArray) -> IntArray:
        """Return the nearest allowed rows; see `Scorer`."""
        known = self.view.row_of >= 0
        inside = np.zeros(len(known), np.bool_)
        inside[known] = allowed[self.view.row_of[known]]
        found, _ = self.view.store.search(self.query[None], k, None if inside.all() else inside)
        rows: IntArray = self.view.row_of[found[0]]
        return rows

    def at(self, rows: IntArray) -> FloatArray:
        """Return the banded cosines of rows."""
        places = self.view.store_row[rows]
        known = places >= 0
        scores = np.zeros(len(rows), np.float32)
        if known.any():
            low, high = self.band
            cosines = self.view.store.scores(self.query, places[known])
            scores[known] = np.clip((cosines - low) / (high - low), 0, 1)
        return scores


@dataclass(frozen=True, eq=False)
class Branch:
    """One side from which a question is looked at, and how much this question leans on it.

    A `soft` one may order candidates and lift how well they fit, but its silence takes nothing from that.
    """

    name: str
    weight: float
    scorer: Scorer
    soft: bool = False


@dataclass(frozen=True, eq=False)
class Pool:
    """The candidates of one question: `rows` ``(m,)``, and each branch's scores of them, ``(m, branches)``."""

    rows: IntArray
    branches: tuple[Branch, ...]
    scores: FloatArray

    def at(self, place: int) -> dict[str, float]:
        """Return each branch's score of the candidate at a place of the pool."""
        return {b.name: float(s) for b, s in zip(self.branches, self.scores[place], strict=True)}


def gather(branches: Sequence[Branch], allowed: BoolArray, k: int = NOMINATED) -> Pool:
    """Return the pool of all that any branch nominates, filled up to `k` rows so that a wish alone gives a list."""
    nominated = np.zeros(len(allowed), np.bool_)
    for branch in branches:
        nominated[branch.scorer.nominate(k, allowed)] = True
    missing = k - int(nominated.sum())
    if missing > 0:
        nominated[np.flatnonzero(allowed & ~nominated)[:missing]] = True
    rows = np.flatnonzero(nominated)
    scores = np.stack([b.scorer.at(rows) for b in branches], axis=1).astype(np.float32)
    return Pool(rows, tuple(branches), scores)


def best_first(scores: FloatArray, k: int) -> IntArray:
    """Return the places of the `k` highest scores, highest first; equal scores keep their order."""
    if len(scores) > 4 * k:
        edge = np.partition(scores, len(scores) - k)[len(scores) - k]
        places = np.flatnonzero(scores >= edge)
        return places[np.argsort(-scores[places], kind="stable")][:k]
    return np.argsort(-scores, kind="stable")[:k]
