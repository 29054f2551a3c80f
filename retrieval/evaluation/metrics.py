"""Measures of a ranking.

Conventions: a ranking is a sequence of ids, best first, without repeats; `gains` maps the ids that were wanted to how
much (> 0), everything else is worth 0. Every measure lies in [0, 1], higher is better, unless it says so. A question
without any wanted id has no measure: NaN, and means leave it out.

recall_at         share of the wanted ids among the first k
hit_at            1 when any wanted id is among the first k
reciprocal_rank   1 over the rank of the first wanted id, 0 where none was ranked (its mean is MRR)
ndcg_at           discounted cumulative gain over that of the best possible ranking (Järvelin & Kekäläinen, 2002)
first_rank        rank of the first wanted id, from 1; infinite where none was ranked (lower is better)
area_under_curve  how often a wanted thing scores above an unwanted one, ties half (ROC AUC)
interval          95 % percentile interval of a mean by bootstrap over groups (Efron, 1979)
quantile_interval the same of a quantile
ratio_interval    the same of one mean over another, both of the same cases
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata


def validate(ranking: Sequence[Hashable], gains: Mapping[str, float], k: int = 1) -> None:
    """Raise ValueError where an input breaks the conventions."""
    if len(set(ranking)) != len(ranking):
        raise ValueError("a ranking holds an id twice; remove repeats first")
    if any(not math.isfinite(g) or g <= 0 for g in gains.values()):
        raise ValueError("a gain is not a positive number; leave unwanted ids out")
    if k < 1:
        raise ValueError(f"k is {k}; it starts at 1")


def recall_at(ranking: Sequence[str], gains: Mapping[str, float], k: int) -> float:
    """Return the share of the wanted ids among the first `k`."""
    validate(ranking, gains, k)
    return sum(i in gains for i in ranking[:k]) / len(gains) if gains else math.nan


def hit_at(ranking: Sequence[str], gains: Mapping[str, float], k: int) -> float:
    """Return 1.0 when any wanted id is among the first `k`, else 0.0."""
    validate(ranking, gains, k)
    return float(any(i in gains for i in ranking[:k])) if gains else math.nan


def first_rank(ranking: Sequence[str], gains: Mapping[str, float]) -> float:
    """Return the rank of the first wanted id, from 1; infinite where none was ranked."""
    validate(ranking, gains)
    return next((float(n) for n, i in enumerate(ranking, 1) if i in gains), math.inf) if gains else math.nan


def reciprocal_rank(ranking: Sequence[str], gains: Mapping[str, float]) -> float:
    """Return 1 over the rank of the first wanted id."""
    return 1 / first_rank(ranking, gains)


def ndcg_at(ranking: Sequence[str], gains: Mapping[str, float], k: int) -> float:
    """Return the normalised discounted cumulative gain of the first `k`."""
    validate(ranking, gains, k)
    if not gains:
        return math.nan
    found = sum(gains.get(i, 0.0) / math.log2(n + 1) for n, i in enumerate(ranking[:k], 1))
    best = sum(g / math.log2(n + 1) for n, g in enumerate(sorted(gains.values(), reverse=True)[:k], 1))
    return found / best


def area_under_curve(scores: ArrayLike, wanted: ArrayLike) -> float:
    """Return how often a wanted thing scores above an unwanted one; NaN where there is only one kind."""
    values, mask = np.asarray(scores, np.float64), np.asarray(wanted, np.bool_)
    ups, downs = int(mask.sum()), int((~mask).sum())
    if not ups or not downs:
        return math.nan
    return float((rankdata(values)[mask].sum() - ups * (ups + 1) / 2) / (ups * downs))


def interval(
    values: ArrayLike, rng: np.random.Generator, groups: Sequence[Hashable] | None = None, draws: int = 2_000
) -> tuple[float, float]:
    """Return the 95 % interval of the mean; NaN values are left out, (NaN, NaN) where nothing is left.

    Rows of one group (wordings of one idea, scenes of one game) are no independent witnesses: groups are drawn whole.
    """
    numbers = np.asarray(values, np.float64)
    names = np.arange(len(numbers)) if groups is None else np.unique(list(groups), return_inverse=True)[1]
    kept = np.isfinite(numbers)
    if not kept.any():
        return math.nan, math.nan
    _, names = np.unique(names[kept], return_inverse=True)
    sums: NDArray[np.float64] = np.bincount(names, numbers[kept]).astype(np.float64)
    counts = np.bincount(names)
    drawn = rng.integers(len(sums), size=(draws, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def quantile_interval(
    values: ArrayLike,
    quantile: float,
    rng: np.random.Generator,
    groups: Sequence[Hashable] | None = None,
    draws: int = 2_000,
) -> tuple[float, float]:
    """Return the 95 % interval of a quantile (0 to 1); see `interval`."""
    numbers = np.asarray(values, np.float64)
    names = np.arange(len(numbers)) if groups is None else np.unique(list(groups), return_inverse=True)[1]
    kept = np.isfinite(numbers)
    if not kept.any():
        return math.nan, math.nan
    members = [numbers[kept & (names == name)] for name in np.unique(names[kept])]
    drawn = rng.integers(len(members), size=(draws, len(members)))
    found = [np.quantile(np.concatenate([members[i] for i in line]), quantile) for line in drawn]
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def ratio_interval(
    values: ArrayLike,
    others: ArrayLike,
    rng: np.random.Generator,
    groups: Sequence[Hashable] | None = None,
    draws: int = 2_000,
) -> tuple[float, float]:
    """Return the 95 % interval of the mean of `values` over that of `others`; see `interval`.

    Cases of which either is NaN are left out. Draws in which the others have nothing count as infinite.
    """
    numbers = np.column_stack([np.asarray(values, np.float64), np.asarray(others, np.float64)])
    names = np.arange(len(numbers)) if groups is None else np.unique(list(groups), return_inverse=True)[1]
    kept = np.isfinite(numbers).all(axis=1)
    if not kept.any():
        return math.nan, math.nan
    _, names = np.unique(names[kept], return_inverse=True)
    sums = np.column_stack([np.bincount(names, column) for column in numbers[kept].T])
    drawn = sums[rng.integers(len(sums), size=(draws, len(sums)))].sum(axis=1)
    ratios = np.full(draws, math.inf)
    np.divide(drawn[:, 0], drawn[:, 1], out=ratios, where=drawn[:, 1] > 0)
    # Between an infinite draw and a finite one there is nothing to interpolate.
    low, high = np.percentile(ratios, [2.5, 97.5], method="nearest")
    return float(low), float(high)
