"""Energy arcs: how the energy of a list should go, named or drawn, read at any place of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from retrieval.continuation.values import ArcShape
from retrieval.errors import QueryError

MAX_POINTS = 200
_WAVES = 2
_SHAPES: dict[ArcShape, tuple[tuple[float, float], ...]] = {
    "flat": ((0.0, 0.5), (1.0, 0.5)),
    "rise": ((0.0, 0.0), (1.0, 1.0)),
    "fall": ((0.0, 1.0), (1.0, 0.0)),
    "wave": tuple((p / 64, 0.5 - 0.5 * math.cos(2 * math.pi * _WAVES * p / 64)) for p in range(65)),
}


@dataclass(frozen=True, slots=True)
class Arc:
    """Energies in [0, 1] at places in [0, 1] of a list's length, ascending, straight lines between them.

    The energies of a `relative` arc (a named shape) are shares of the way from the calmest to the liveliest that there
    is to choose from; those of a drawn one are energies as the catalogue measures them.
    """

    places: tuple[float, ...]
    energies: tuple[float, ...]
    relative: bool = False

    def at(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the energies at places, of the same shape; before the first and after the last point it is level."""
        found: NDArray[np.float64] = np.interp(places, self.places, self.energies)
        return found

    def within(self, low: float, high: float) -> Arc:
        """Return a relative arc laid between two energies; a drawn one as it is."""
        if not self.relative:
            return self
        return replace(self, energies=tuple(low + (high - low) * e for e in self.energies), relative=False)


def read_arc(given: str | Sequence[Sequence[float]]) -> Arc:
    """Return the arc of a name (``flat``, ``rise``, ``fall``, ``wave``) or of drawn (place, energy) points.

    Raises:
        QueryError: another name, no point or more than 200, a point out of [0, 1], or two at one place.
    """
    if isinstance(given, str):
        shape = next((s for s in get_args(ArcShape) if s == given.strip().casefold()), None)
        if shape is None:
            raise QueryError(f"{given[:40]!r} is no arc; choose {', '.join(_SHAPES)} or give (place, energy) points.")
        return _through(_SHAPES[shape], relative=True)
    if not 1 <= len(given) <= MAX_POINTS:
        raise QueryError(f"The arc has {len(given)} points; give 1 to {MAX_POINTS}.")
    points = sorted(_point(p) for p in given)
    if any(a[0] == b[0] for a, b in pairwise(points)):
        raise QueryError("The arc has two points at one place; give each place one energy.")
    return _through(points, relative=False)


def _through(points: Sequence[tuple[float, float]], *, relative: bool) -> Arc:
    places, energies = zip(*points, strict=True)
    return Arc(tuple(places), tuple(energies), relative)


def _point(given: Sequence[float]) -> tuple[float, float]:
    if len(given) != 2 or not all(math.isfinite(v) and 0 <= v <= 1 for v in given):
        raise QueryError(f"{tuple(given)[:4]} is no point of an arc; give (place, energy), both from 0 to 1.")
    return float(given[0]), float(given[1])
