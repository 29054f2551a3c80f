"""The cross-encoder's second look: it reads the question and a track's text together.

Slow (13 ms a track on one core) and only as good as the words, so it reads few candidates and only leans.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from retrieval.concepts import FloatArray
from retrieval.ranking.features import Candidates
from retrieval.ranking.rankers import Ranker

DEPTH = 20
# How much the second look counts beside the place that a candidate had. Not tuned.
LEAN = 0.3


class PairScorer(Protocol):
    """``score`` returns how well each document answers the query, float32 in [0, 1], in their order."""

    def score(self, query: str, documents: Sequence[str]) -> FloatArray: ...


class Reranked:
    """Another ranker's order, its first candidates read again by a cross-encoder.

    Args:
        ranker: gives the first order.
        reader: reads pairs of texts.
        lean: how much the second look counts, 0 to 1.
    """

    def __init__(self, ranker: Ranker, reader: PairScorer, lean: float = LEAN) -> None:
        self.name = f"{ranker.name}, read again"
        self._ranker, self._reader, self._lean = ranker, reader, lean

    def scores(self, candidates: Candidates) -> FloatArray:
        """Return places as scores; see `Ranker`. Without words there is nothing to read."""
        first = self._ranker.scores(candidates)
        if not candidates.text.strip():
            return first
        order = np.argsort(-first, kind="stable")
        head = order[:DEPTH]
        documents = [t.document for t in candidates.snapshot.tracks_at(candidates.pool.rows[head].tolist())]
        read = self._reader.score(candidates.text, documents)
        places = np.empty(len(order), np.float32)
        places[order] = -np.arange(len(order), dtype=np.float32)
        # Both looks as places: their scales have nothing to do with each other.
        again = np.empty(len(head), np.float32)
        again[np.argsort(-read, kind="stable")] = -np.arange(len(head), dtype=np.float32)
        places[head] = (1 - self._lean) * places[head] + self._lean * again
        return places
