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
        """Return the mean cosine to the three nearest seeds that have a vector, negative ones as 0."""
        if self._vectors is None or len(seeds.rows) == 0:
            return np.zeros(self._n, np.float32)
        cosines = self._vectors.cosines(seeds.rows.tolist())
        cosines = cosines[cosines.any(axis=1)]
        if len(cosines) == 0:
            return np.zeros(self._n, np.float32)
        nearest = np.partition(cosines, -_NEAREST, axis=0)[-_NEAREST:] if len(cosines) > _NEAREST else cosines
        scores: FloatArray = np.clip(nearest.mean(axis=0), 0, 1).astype(np.float32)
        return scores
