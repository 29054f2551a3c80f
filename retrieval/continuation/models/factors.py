"""Implicit-feedback matrix factorisation: lists and items as points of one space.

Source: Y. Hu, Y. Koren, C. Volinsky, "Collaborative filtering for implicit feedback datasets", 2008; engine:
`implicit`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from retrieval.continuation.corpus import Corpus, FloatArray, Seeds
from retrieval.continuation.models.titles import Embed, plain

_MOST_TITLES = 20_000
_LISTS_A_TITLE = 3


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


class TitleFactors:
    """Guesses a list's factors from the meaning of its title, and scores by them: two towers, joined by a ridge.

    Where no list has a like title it knows the taste that lies between the titles it has seen. Learned from the latest
    `_MOST_TITLES` titles, each of them one voice; without `embed` or titles it has nothing to say.

    Source: for words and items in one space X. Zhao et al., "TrailMix: an ensemble recommender system for playlist
    curation and continuation", RecSys Challenge 2018.
    """

    name = "title factors"

    def __init__(self, corpus: Corpus, factors: Factors, embed: Embed | None = None, ridge: float = 1.0) -> None:
        self._factors = factors
        lists = _latest_of_titles(corpus)
        self._embed = embed if lists else None
        if self._embed is None:
            return
        meanings = self._embed(list(lists))
        tastes = np.stack([_taste(factors, corpus, places) for places in lists.values()])
        self._middle, self._usual = meanings.mean(axis=0), tastes.mean(axis=0)
        given = meanings - self._middle
        system = given.T @ given + ridge * np.eye(given.shape[1], dtype=np.float32)
        self._map: FloatArray = np.linalg.solve(system, given.T @ (tastes - self._usual)).astype(np.float32)

    def score(self, seeds: Seeds) -> FloatArray:
        """Return the products with the factors that the title stands for, negative ones as 0."""
        title = plain(seeds.title)
        if not title or self._embed is None:
            return np.zeros(len(self._factors.items), np.float32)
        taste = (self._embed([title])[0] - self._middle) @ self._map + self._usual
        scores: FloatArray = np.maximum(self._factors.items @ taste, 0).astype(np.float32)
        return scores


def _latest_of_titles(corpus: Corpus) -> dict[str, list[int]]:
    """Return the latest lists of each of the latest titles; lists stand in the order in which they were made."""
    found: dict[str, list[int]] = {}
    for place in range(len(corpus) - 1, -1, -1):
        title = plain(corpus.titles[place])
        if not title or len(corpus.rows(place)) == 0 or (title not in found and len(found) == _MOST_TITLES):
            continue
        places = found.setdefault(title, [])
        if len(places) < _LISTS_A_TITLE:
            places.append(place)
    return found


def _taste(factors: Factors, corpus: Corpus, places: Sequence[int]) -> FloatArray:
    lists = np.stack([factors.list_factors(Seeds(corpus.rows(place))) for place in places])
    mean: FloatArray = lists.mean(axis=0)
    return mean
