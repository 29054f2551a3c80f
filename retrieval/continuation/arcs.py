"""Arcs: how the energy of a list should go, named or drawn, or from which sound to which, read at any place of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from retrieval.concepts import FloatArray
from retrieval.continuation.values import ArcShape, ArcSpec
from retrieval.errors import QueryError
from retrieval.snapshot import Snapshot
from retrieval.vocabulary import load_vocabulary

MAX_POINTS = 200
# From this level on a track is said to sound like one end of a course.
_HEARD = 0.5
_WAVES = 2
_SHAPES: dict[ArcShape, tuple[tuple[float, float], ...]] = {
    "flat": ((0.0, 0.5), (1.0, 0.5)),
    "rise": ((0.0, 0.0), (1.0, 1.0)),
    "fall": ((0.0, 1.0), (1.0, 0.0)),
    "wave": tuple((p / 64, 0.5 - 0.5 * math.cos(2 * math.pi * _WAVES * p / 64)) for p in range(65)),
}


@dataclass(frozen=True, slots=True)
class Arc:
    """Levels in [0, 1] at places in [0, 1] of a list's length, ascending, straight lines between them.

    They are levels of energy; with `between`, two concepts, of how far a track is from the first to the second. Those
    of a `relative` arc (a named shape) are shares of the way from the lowest to the highest that there is to choose
    from; those of a drawn one are energies as the catalogue measures them.
    """

    places: tuple[float, ...]
    levels: tuple[float, ...]
    relative: bool = False
    between: tuple[str, str] | None = None

    def at(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the levels at places, of the same shape; before the first and after the last point it is level."""
        found: NDArray[np.float64] = np.interp(places, self.places, self.levels)
        return found

    def within(self, low: float, high: float) -> Arc:
        """Return a relative arc laid between two levels; a drawn one as it is."""
        if not self.relative:
            return self
        return replace(self, levels=tuple(low + (high - low) * e for e in self.levels), relative=False)

    def measured(self, snapshot: Snapshot) -> FloatArray:
        """Return the level of every row, ``(n,)``; NaN where nobody can tell."""
        if self.between is None:
            return snapshot.numbers["energy"]
        first, second = (snapshot.column(concept) for concept in self.between)
        way: FloatArray = (np.float32(1) + second - first) / np.float32(2)
        return way

    def fit(self, snapshot: Snapshot) -> FloatArray | None:
        """Return how much each row sounds like either end, ``(n,)`` in [0, 1]; None for an arc of the energy."""
        if self.between is None:
            return None
        found: FloatArray = np.maximum(*(snapshot.column(concept) for concept in self.between))
        return found

    def sound(self, snapshot: Snapshot, row: int) -> str | None:
        """Return which end a row sounds like, in words; None for neither, and for an arc of the energy."""
        if self.between is None:
            return None
        level, concept = max((float(snapshot.column(concept)[row]), concept) for concept in self.between)
        return f"sounds {snapshot.vocabulary.by_id[concept].words[0]} ({level:.0%})" if level >= _HEARD else None


def read_arc(given: ArcSpec | Sequence[Sequence[float]]) -> Arc:
    """Return the arc of a name (``flat``, ``rise``, ``fall``, ``wave``), of (place, energy) points, or of two sounds.

    Raises:
        QueryError: another name, no point or more than 200, a point out of [0, 1], two at one place, or a sound that
            nobody can hear out.
    """
    if isinstance(given, str):
        shape = next((s for s in get_args(ArcShape) if s == given.strip().casefold()), None)
        if shape is None:
            raise QueryError(
                f"{given[:40]!r} is no arc; choose {', '.join(_SHAPES)}, or give (place, energy) points or two sounds."
            )
        return _through(_SHAPES[shape], relative=True)
    if not 1 <= len(given) <= MAX_POINTS:
        raise QueryError(f"The arc has {len(given)} points; give 1 to {MAX_POINTS}.")
    if all(isinstance(part, str) for part in given):
        return _from_to(list(map(str, given)))
    points = sorted(_point(p) for p in given)
    if any(a[0] == b[0] for a, b in pairwise(points)):
        raise QueryError("The arc has two points at one place; give each place one energy.")
    return _through(points, relative=False)


def arc_words(given: ArcSpec) -> str:
    """Return an arc in words: its name, "sad to happy", or "as drawn"."""
    if isinstance(given, str):
        return given
    return " to ".join(map(str, given)) if isinstance(given[0], str) else "as drawn"


def _from_to(sounds: Sequence[str]) -> Arc:
    concepts = [load_vocabulary().concept(sound) for sound in sounds]
    strange = [sound for sound, concept in zip(sounds, concepts, strict=True) if concept is None]
    if strange:
        raise QueryError(f"{strange[0][:40]!r} is no sound that a track is known by; give two like sad and happy.")
    ends = tuple(dict.fromkeys(c.id for c in concepts if c is not None))
    if len(ends) != 2:
        raise QueryError(f"An arc goes from one sound to another one; {', '.join(sounds)[:80]!r} is no two.")
    return replace(_through(_SHAPES["rise"], relative=True), between=ends)


def _through(points: Sequence[tuple[float, float]], *, relative: bool) -> Arc:
    places, levels = zip(*points, strict=True)
    return Arc(tuple(places), tuple(levels), relative)


def _point(given: Sequence[float] | str) -> tuple[float, float]:
    if isinstance(given, str) or len(given) != 2 or not all(math.isfinite(v) and 0 <= v <= 1 for v in given):
        raise QueryError(f"{tuple(given)[:4]} is no point of an arc; give (place, energy), both from 0 to 1.")
    return float(given[0]), float(given[1])
