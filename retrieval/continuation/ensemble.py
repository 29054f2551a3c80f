"""Several models as one: candidates of each, features of every candidate, one order.

Stage one takes the best of every model. Stage two orders them: untrained by a weighted sum of the models' scores,
each as a part of its best (`blend`), trained by LambdaMART over scores and places (`ListRanker`).

Sources: C. Burges, "From RankNet to LambdaRank to LambdaMART", 2010; two stages after M. Volkovs et al., "Two-stage
model for automatic playlist continuation at scale", RecSys Challenge 2018.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from retrieval.continuation.corpus import Corpus, FloatArray, Rows, Seeds
from retrieval.continuation.models.companions import familiarity_of
from retrieval.continuation.models.protocol import ContinuationModel

DEPTH, PLACED = 500, 200
_USUAL = 0.1
# How much each model counts before anything was trained: what lists say is scarcer and more telling than content.
WEIGHTS: Mapping[str, float] = {
    "items": 1.0,
    "lists": 1.5,
    "factors": 0.7,
    "sequence": 0.5,
    "titles": 1.0,
    "title factors": 1.0,
    "named": 0.3,
    "artists": 0.5,
    "albums": 0.3,
    "near artists": 0.6,
    "sound": 1.0,
    "content": 0.3,
    "popularity": 0.02,
}


# How near the nearest title is tells how far titles are to be trusted.
_STRENGTHS = ("titles", "title factors")
FEATURES_OF_ITEM = (
    "familiarity",
    "given popularity",
    "artist in seeds",
    "seeds",
    "titled",
    *(f"best by {name}" for name in _STRENGTHS),
)


@dataclass(frozen=True, eq=False)
class Pool:
    """Candidates of one request: `rows` ``(c,)``, and ``(c, models)`` what each model says of each.

    `raw` are the models' own scores; `scores` lie in [0, 1], from what nine of ten items exceed (0) to the best
    (1); `places` are ``1 / (10 + place)`` in a model's own order, 0 beyond 200.
    """

    names: tuple[str, ...]
    rows: Rows
    raw: FloatArray
    scores: FloatArray
    places: FloatArray


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Models over one corpus, in a fixed order."""

    corpus: Corpus
    models: Sequence[ContinuationModel]

    @cached_property
    def familiarity(self) -> FloatArray:
        """Return ``(n,)`` in [0, 1] how well known each item is."""
        return familiarity_of(self.corpus)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the models' names in order."""
        return tuple(model.name for model in self.models)

    def pool(self, seeds: Seeds, allowed: NDArray[np.bool_], depth: int = DEPTH) -> Pool:
        """Return the union of the best `depth` of each model among the allowed items, without the seeds.

        `allowed` is ``(n,)``.
        """
        may = allowed.copy()
        may[seeds.rows] = False
        columns, orders = [], []
        for model in self.models:
            scores = np.where(may, model.score(seeds), np.float32(0))
            orders.append(best(scores, depth))
            columns.append(scores)
        rows = np.unique(np.concatenate(orders)) if orders else np.zeros(0, np.int64)
        places = np.zeros((len(rows), len(orders)), np.float32)
        for n, order in enumerate(orders):
            first = order[:PLACED]
            places[np.searchsorted(rows, first), n] = 1.0 / (10.0 + np.arange(len(first)))
        raw = np.stack([column[rows] for column in columns], axis=1)
        tops = np.array([column.max(initial=0) for column in columns], np.float32)
        # Cosines of any two tracks are alike: what nearly all tracks reach says nothing.
        usual = np.array([np.quantile(column[may], _USUAL) if may.any() else 0 for column in columns], np.float32)
        scores = np.clip((raw - usual) / np.maximum(tops - usual, 1e-12), 0, 1)
        return Pool(self.names, rows.astype(np.int32), raw, scores, places)


def best(scores: FloatArray, n: int) -> NDArray[np.int64]:
    """Return at most `n` rows of positive scores, best first, ties by row."""
    found = np.flatnonzero(scores > 0)
    if len(found) > n:
        least = np.partition(scores[found], -n)[-n]
        found = found[scores[found] >= least]
    return found[np.argsort(-scores[found], kind="stable")][:n]


def blend(pool: Pool) -> FloatArray:
    """Return the weighted mean of the scores of the models that have something to say, in [0, 1]."""
    weights = np.array([WEIGHTS.get(name, 0.3) for name in pool.names], np.float32)
    speaks = pool.scores.any(axis=0) if len(pool.rows) else np.zeros(len(weights), bool)
    return (pool.scores @ (weights * speaks)) / np.float32(max(float(weights[speaks].sum()), 1e-9))


def features(ensemble: Ensemble, pool: Pool, seeds: Seeds) -> FloatArray:
    """Return ``(c, 2 * models + 8)``: scores and places by model, the blend, then what is known of item and request."""
    artists = ensemble.corpus.items.artists
    own = artists[seeds.rows]
    known = artists[pool.rows] >= 0
    in_seeds = (np.isin(artists[pool.rows], own[own >= 0]) & known).astype(np.float32)
    given = ensemble.corpus.items.popularity
    popularity = np.zeros(len(pool.rows), np.float32) if given is None else given[pool.rows]
    best_of = dict(zip(pool.names, pool.raw.max(axis=0, initial=0), strict=True))
    strengths = [best_of.get(name, 0.0) for name in _STRENGTHS]
    request = np.array([len(seeds.rows), bool(seeds.title.strip()), *strengths], np.float32)
    return np.concatenate(
        [
            pool.scores,
            pool.places,
            blend(pool)[:, None],
            ensemble.familiarity[pool.rows][:, None],
            popularity[:, None],
            in_seeds[:, None],
            np.broadcast_to(request, (len(pool.rows), len(request))),
        ],
        axis=1,
    ).astype(np.float32)
