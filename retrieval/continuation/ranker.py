"""The second stage: LambdaMART over what the models of the first say of each candidate."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retrieval.continuation.corpus import FloatArray, Seeds
from retrieval.continuation.ensemble import FEATURES_OF_ITEM, Ensemble, Pool, blend, features

TREES, LEAVES, IN_LEAF, RATE = 200, 31, 100, 0.05
# Of a title alone little is known, and there are as many requests as lists: smaller trees, in smaller steps.
TITLE_TREES, TITLE_LEAVES, TITLE_IN_LEAF, TITLE_RATE = 240, 15, 200, 0.025
# Grades of a candidate. Where the challenge counts a right artist once, as a quarter of a right track, every track of
# that artist is one here: a seventh each did best out of fold.
WRONG, RIGHT_ARTIST, RIGHT = 0, 1, 2
_GAINS = [0.0, 1.0, 7.0]
_logger = logging.getLogger(__name__)


def feature_names(models: Sequence[str]) -> tuple[str, ...]:
    """Return the names of `ensemble.features`' columns, in order."""
    return (*models, *(f"place by {name}" for name in models), "blend", *FEATURES_OF_ITEM)


class ListRanker:
    """Orders candidates by boosted trees; `models` are the names of the ensemble that it was trained over."""

    def __init__(self, booster: Any, models: Sequence[str]) -> None:
        self._booster, self.models = booster, tuple(models)

    @classmethod
    def fit(
        cls,
        rows: FloatArray,
        grades: np.ndarray,
        groups: Sequence[int],
        models: Sequence[str],
        *,
        titled: bool = False,
        seed: int = 0,
    ) -> ListRanker:
        """Fit on candidates ``(m, features)`` graded ``(m,)``, `groups` candidates a request in turn.

        `titled` says that these are requests of a title alone.
        """
        import lightgbm

        trees, leaves, in_leaf, rate = (
            (TITLE_TREES, TITLE_LEAVES, TITLE_IN_LEAF, TITLE_RATE) if titled else (TREES, LEAVES, IN_LEAF, RATE)
        )

        settings = {
            "objective": "lambdarank",
            "label_gain": _GAINS,
            "lambdarank_truncation_level": 100,
            "learning_rate": rate,
            "num_leaves": leaves,
            "min_data_in_leaf": in_leaf,
            "feature_fraction": 0.7,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,  # the engine's threads wait spinning: beside other work two took 80 times as long as one
            "seed": seed,
            "verbose": -1,
        }
        names = [name.replace(" ", "_") for name in feature_names(models)]
        data = lightgbm.Dataset(rows, grades.astype(np.int32), group=list(groups), feature_name=names)
        return cls(lightgbm.train(settings, data, trees), models)

    @classmethod
    def of_text(cls, text: str, models: Sequence[str]) -> ListRanker:
        """Return the ranker that `text` holds."""
        import lightgbm

        return cls(lightgbm.Booster(model_str=text), models)

    @property
    def text(self) -> str:
        """Return the trees as text."""
        return str(self._booster.model_to_string())

    def scores(self, rows: FloatArray) -> FloatArray:
        """Return ``(m,)``, the higher the earlier."""
        return np.asarray(self._booster.predict(rows, num_threads=1), np.float32) if len(rows) else rows[:, 0]


@dataclass(frozen=True, eq=False)
class Rankers:
    """What orders requests with seeds, and what those of a title alone; None where the blend orders them better."""

    seeded: ListRanker | None = None
    titled: ListRanker | None = None

    def of(self, seeds: Seeds) -> ListRanker | None:
        """Return the one that orders the candidates of a request."""
        return self.seeded if len(seeds.rows) else self.titled


def order(ensemble: Ensemble, rankers: Rankers, pool: Pool, seeds: Seeds) -> FloatArray:
    """Return each candidate's score in [0, 1]: the trees', where some know the models, or the blend's."""
    ranker = rankers.of(seeds)
    if ranker is None:
        return blend(pool)
    if ranker.models != pool.names:
        _logger.warning("The trained order of playlists is over other models; run `trichord train playlists`.")
        return blend(pool)
    return np.asarray(1.0 / (1.0 + np.exp(-ranker.scores(features(ensemble, pool, seeds)))), np.float32)
