"""What every benchmark here reports with: intervals, percentiles, the machine, markdown tables."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SEED = 20_240_917
DRAWS = 2_000


def bootstrap(
    groups: Sequence[NDArray[np.float64]], statistic: Callable[[NDArray[np.float64]], float], seed: int = SEED
) -> tuple[float, float]:
    """Return the 95 % percentile interval of a statistic, drawing whole groups of rows with replacement.

    Wordings of one idea, or scenes of one game, are no independent witnesses: the group is what is drawn.
    """
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(DRAWS):
        drawn = rng.integers(len(groups), size=len(groups))
        values.append(statistic(np.concatenate([groups[i] for i in drawn])))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines)


def machine() -> str:
    """Return the processor, its cores and how busy it is, in one line."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip()
            for line in info.read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ]
        name = names[0] if names else name
    load = os.getloadavg()[0]
    return f"{name}, {os.cpu_count()} cores, no GPU used, Python {platform.python_version()}, load {load:.1f}"
