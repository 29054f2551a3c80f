"""Implicit-feedback matrix factorisation: lists and items as points of one space.

Source: Y. Hu, Y. Koren, C. Volinsky, "Collaborative filtering for implicit feedback datasets", 2008; engine:
`implicit`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from retrieval.continuation.corpus import Corpus, FloatArray, Seeds


class Factors:
    """Item factors ``(n, d)``; a list that training never saw is folded in by solving for its own factors."""

    name = "factors"

    def __init__(self, items: FloatArray, regularization: float, alpha: float) -> None:
        self.items = items
        self.regularization, self.alpha = regularization, alpha
        self._gram = items.T @ items + regularization * np.eye(items.shape[1], dtype=np.float32)

    @classmethod
    def fit(
        cls,
        corpus: Corpus,
        d: int = 64,
        regularization: float = 0.05,
        alpha: float = 10.0,
        rounds: int = 15,
        seed: int = 0,
        progress: Callable[[float], None] | None = None,
    ) -> Factors:
        """Alternate least squares `rounds` times; `progress` hears the share that is done."""
        from implicit.cpu.als import AlternatingLeastSquares
        from threadpoolctl import threadpool_limits

        told = progress or (lambda share: None)
        # A threaded BLAS inside the engine's own threads makes training crawl.
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=d, regularization=regularization, alpha=alpha, iterations=rounds, random_state=seed
            )
            model.fit(corpus.matrix, show_progress=False, callback=lambda n, *_: told((n + 1) / rounds))
        return cls(np.asarray(model.item_factors, np.float32), regularization, alpha)

    def list_factors(self, seeds: Seeds) -> FloatArray:
        """Return the ``(d,)`` factors of a list from its items alone."""
        own = self.items[seeds.rows]
        confidence = self.alpha * seeds.weight * np.float32(len(seeds.rows))
        system = self._gram + own.T @ (own * (confidence - 1.0)[:, None])
        factors: FloatArray = np.linalg.solve(system, own.T @ confidence).astype(np.float32)
        return factors

    def score(self, seeds: Seeds) -> FloatArray:
        """Return the products with the list's factors, negative ones as 0."""
        if len(seeds.rows) == 0:
            return np.zeros(len(self.items), np.float32)
        scores: FloatArray = np.maximum(self.items @ self.list_factors(seeds), 0)
        return scores
