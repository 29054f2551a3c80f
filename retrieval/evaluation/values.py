"""What an evaluation says: a measure with its interval, a task with its measures."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from retrieval.evaluation.metrics import interval, quantile_interval, ratio_interval


@dataclass(frozen=True, slots=True)
class Measure:
    """A mean or a quantile with its 95 % bootstrap interval over `n` cases; NaN where there are none."""

    value: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, values: Sequence[float], rng: np.random.Generator, groups: Sequence[Hashable] | None = None) -> Measure:
        """Return the mean of the finite values; `groups` are drawn whole."""
        numbers = np.asarray(values, np.float64)
        finite = numbers[np.isfinite(numbers)]
        if len(finite) == 0:
            return cls(float("nan"), float("nan"), float("nan"), 0)
        low, high = interval(numbers, rng, groups)
        return cls(float(finite.mean()), low, high, len(finite))

    @classmethod
    def at(
        cls,
        values: Sequence[float],
        quantile: float,
        rng: np.random.Generator,
        groups: Sequence[Hashable] | None = None,
    ) -> Measure:
        """Return a quantile (0 to 1) of the finite values, such as the median; `groups` are drawn whole."""
        numbers = np.asarray(values, np.float64)
        finite = numbers[np.isfinite(numbers)]
        if len(finite) == 0:
            return cls(float("nan"), float("nan"), float("nan"), 0)
        low, high = quantile_interval(numbers, quantile, rng, groups)
        return cls(float(np.quantile(finite, quantile)), low, high, len(finite))

    @classmethod
    def ratio(
        cls,
        values: Sequence[float],
        others: Sequence[float],
        rng: np.random.Generator,
        groups: Sequence[Hashable] | None = None,
    ) -> Measure:
        """Return the mean of `values` over that of `others`, case by case the same; `groups` are drawn whole."""
        pairs = np.column_stack([np.asarray(values, np.float64), np.asarray(others, np.float64)])
        finite = pairs[np.isfinite(pairs).all(axis=1)]
        if len(finite) == 0:
            return cls(float("nan"), float("nan"), float("nan"), 0)
        ours, theirs = finite.mean(axis=0)
        low, high = ratio_interval(values, others, rng, groups)
        return cls(float(ours / theirs) if theirs else float("inf"), low, high, len(finite))

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class TaskReport:
    """One task: what was asked, its measures by name, and curves (name -> points) for the plots."""

    name: str
    question: str
    measures: Mapping[str, Measure]
    curves: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
