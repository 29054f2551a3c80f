"""Closeness in content: works for items that no list holds yet, and for catalogues without lists."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from retrieval.continuation.corpus import FloatArray, Seeds

_NEAREST = 3


class Vectors(Protocol):
    """Gives cosines of one item to all: ``(n,)`` float32, 0 where either has no vector."""

    def cosines(self, rows: list[int]) -> FloatArray: ...


class MatrixVectors:
    """Vectors of a matrix ``(n, d)``, rows of length 1 or 0."""

    def __init__(self, matrix: FloatArray) -> None:
        self._matrix = matrix

    def cosines(self, rows: list[int]) -> FloatArray:
        """Return ``(len(rows), n)``."""
        cosines: FloatArray = self._matrix[rows] @ self._matrix.T
        return cosines


class Content:
    """Scores by the mean of the closest seeds' cosines, so that two moods in one list both count."""

    def __init__(self, n: int, vectors: Vectors | None, name: str = "sound") -> None:
        self.name = name
        self._n = n
        self._vectors = vectors

    def score(self, seeds: Seeds) -> FloatArray:
        """Return the weighted mean cosine to the three nearest seeds that have a vector, negative ones as 0."""
        if self._vectors is None or len(seeds.rows) == 0:
            return np.zeros(self._n, np.float32)
        counts = seeds.weight > 0
        cosines, weights = self._vectors.cosines(seeds.rows[counts].tolist()), seeds.weight[counts]
        known = cosines.any(axis=1)
        cosines, weights = cosines[known], weights[known]
        if len(cosines) == 0:
            return np.zeros(self._n, np.float32)
        nearest = np.argsort(-cosines, axis=0, kind="stable")[:_NEAREST]
        by_weight = weights[nearest]
        means = (np.take_along_axis(cosines, nearest, axis=0) * by_weight).sum(axis=0) / by_weight.sum(axis=0)
        scores: FloatArray = np.clip(means, 0, 1).astype(np.float32)
        return scores
