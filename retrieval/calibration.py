"""From a ranking score to a probability: Platt scaling, fitted on labelled present and absent queries.

Source: J. Platt, "Probabilistic outputs for support vector machines", 1999. The numbers in ``calibration.json`` are
made by ``tests/benchmarks/fit_calibration.py`` on the demo catalogue and reported in ``docs/benchmarks.md``.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

# Below this probability the agent says that nothing fits and offers to make something.
NOTHING_FITS = 0.5


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic curve over the relevance in [0, 1]."""

    slope: float
    intercept: float

    def probability(self, relevance: float) -> float:
        """Return the probability that a track of this relevance fits."""
        return 1 / (1 + math.exp(-(self.slope * relevance + self.intercept)))


@lru_cache(maxsize=1)
def load_calibration() -> Calibration:
    """Read the curve that ships with the package."""
    data = json.loads(files("retrieval").joinpath("calibration.json").read_text(encoding="utf-8"))
    return Calibration(float(data["slope"]), float(data["intercept"]))
