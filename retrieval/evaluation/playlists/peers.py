"""What people would take instead: the recommenders of `implicit`, as they come."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from retrieval.continuation.corpus import Corpus, FloatArray, Seeds


class ImplicitPeer:
    """A fitted model of `implicit`; where a request has no seeds it gives what is popular, as nothing else is told."""

    def __init__(self, name: str, model: Any, corpus: Corpus) -> None:
        self.name = name
        self._model, self._n, self._popular = model, corpus.items.n, corpus.counts

    def score(self, seeds: Seeds) -> FloatArray:
        """Return the scores of its first thousand, so that they are positive and in its order."""
        if len(seeds.rows) == 0:
            return self._popular
        line = csr_matrix(
            (np.ones(len(seeds.rows), np.float32), (np.zeros(len(seeds.rows), int), seeds.rows)), shape=(1, self._n)
        )
        rows, scores = self._model.recommend(
            0, line, N=1000, filter_already_liked_items=True, recalculate_user=self.name.endswith("ALS")
        )
        found = np.zeros(self._n, np.float32)
        right = (rows >= 0) & np.isfinite(scores)
        found[rows[right]] = 1.0 / (1.0 + np.arange(int(right.sum())))
        return found


class _FoldedBpr:
    """BPR knows only the lists it was trained on: an unseen one is the mean of its items' factors."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def recommend(self, _: int, line: csr_matrix, N: int, **__: Any) -> tuple[np.ndarray, np.ndarray]:
        factors = self._model.item_factors
        scores = factors @ factors[line.indices].mean(axis=0)
        scores[line.indices] = -np.inf
        rows = np.argsort(-scores)[:N]
        return rows, scores[rows]


def peers(corpus: Corpus, seed: int = 0) -> dict[str, Callable[[], ImplicitPeer]]:
    """Return, by name, what fits each peer with the library's own defaults (neighbours: 200, as ours)."""
    from implicit.bpr import BayesianPersonalizedRanking
    from implicit.cpu.als import AlternatingLeastSquares
    from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender
    from implicit.utils import ParameterWarning
    from threadpoolctl import threadpool_limits

    def fitted(name: str, make: Callable[[], Any]) -> Callable[[], ImplicitPeer]:
        def fit() -> ImplicitPeer:
            with threadpool_limits(1, "blas"), warnings.catch_warnings():
                # It warns of matrices that it made itself.
                warnings.simplefilter("ignore", ParameterWarning)
                model = make()
                model.fit(corpus.matrix, show_progress=False)
            return ImplicitPeer(name, _FoldedBpr(model) if name.endswith("BPR") else model, corpus)

        return fit

    makes: dict[str, Callable[[], Any]] = {
        "implicit TF-IDF": lambda: TFIDFRecommender(K=200),
        "implicit BM25": lambda: BM25Recommender(K=200),
        "implicit cosine": lambda: CosineRecommender(K=200),
        "implicit ALS": lambda: AlternatingLeastSquares(factors=64, random_state=seed),
        "implicit BPR": lambda: BayesianPersonalizedRanking(factors=64, random_state=seed),
    }
    return {name: fitted(name, make) for name, make in makes.items()}
