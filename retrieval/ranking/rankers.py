"""Rankers: from a pool of candidates to their order.

MeanRanker      weighted mean of the branches' absolute scores
RankFusion      weighted reciprocal ranks
LearnedRanker   boosted trees over `features`, LambdaMART (C. Burges, "From RankNet to LambdaRank to LambdaMART", 2010)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from retrieval import fusion
from retrieval.concepts import FloatArray
from retrieval.errors import ModelRefusedError
from retrieval.ranking.features import FEATURES, Candidates, features_of

MODEL, CARD = "ranker.txt", "ranker.json"
# The trees correct the plain mean: where they know nothing, it decides. Ten of its points are one of their logits.
START, MEAN = 10.0, FEATURES.index("mean")


@runtime_checkable
class Ranker(Protocol):
    """``scores`` returns ``(m,)`` float32 for the pool's candidates; the higher, the earlier. Only the order counts."""

    @property
    def name(self) -> str: ...

    def scores(self, candidates: Candidates) -> FloatArray: ...


class MeanRanker:
    """Orders by the weighted mean of the branches' scores."""

    name = "mean"

    def scores(self, candidates: Candidates) -> FloatArray:
        """Return the means; see `Ranker`."""
        return fusion.mean(candidates.pool)


class RankFusion:
    """Orders by weighted reciprocal ranks; needs no scale and no training."""

    name = "rank fusion"

    def scores(self, candidates: Candidates) -> FloatArray:
        """Return the sums; see `Ranker`."""
        return fusion.reciprocal_ranks(candidates.pool)


class LearnedRanker:
    """Orders by trees that were trained with LambdaMART.

    Args:
        booster: a LightGBM booster over `FEATURES`.
        version: the SHA-256 of its text.
    """

    name = "learned"

    def __init__(self, booster: Any, version: str) -> None:
        self._booster, self.version = booster, version

    @classmethod
    def load(cls, folder: Path | Traversable) -> LearnedRanker:
        """Read `ranker.txt` after checking it against the digest and the features of `ranker.json`.

        Raises:
            ModelRefusedError: a file is missing or damaged, or was trained on other features.
        """
        try:
            text = folder.joinpath(MODEL).read_text(encoding="utf-8")
            card = json.loads(folder.joinpath(CARD).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ModelRefusedError(f"The ranker in {folder} cannot be read; run `trichord train ranker`.") from error
        digest = hashlib.sha256(text.encode()).hexdigest()
        if digest != card.get("sha256"):
            raise ModelRefusedError(
                f"The ranker in {folder} is damaged (SHA-256 differs); run `trichord train ranker`."
            )
        if tuple(card.get("features", ())) != FEATURES:
            raise ModelRefusedError(f"The ranker in {folder} reads other features; run `trichord train ranker`.")
        import lightgbm

        return cls(lightgbm.Booster(model_str=text), digest)

    def scores(self, candidates: Candidates) -> FloatArray:
        """Return the trees' sums; see `Ranker`."""
        return boosted(self._booster, features_of(candidates))


def boosted(booster: Any, features: FloatArray, trees: int | None = None) -> FloatArray:
    """Return the mean that the trees start from and what they add to it, ``(m,)``."""
    added = booster.predict(features, num_iteration=trees, num_threads=1, raw_score=True)
    sums: FloatArray = np.asarray(START * features[:, MEAN] + added, np.float32)
    return sums


def load_ranker(folders: Sequence[Path] = ()) -> Ranker:
    """Return the ranker of the first folder that has one, else the one that ships with the package."""
    for folder in folders:
        if (folder / MODEL).is_file():
            return LearnedRanker.load(folder)
    return LearnedRanker.load(files("retrieval") / "ranking" / "weights")
