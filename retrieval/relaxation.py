"""When the hard wishes leave nothing: the smallest step back that brings tracks, computed and offered, never taken.

Widening a number to the nearest track and going to a neighbouring key are smaller steps than giving a wish up; of the
wishes that would have to go, the one is offered that frees the most tracks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from retrieval.constraints import MODES, NUMBER_LIMITS, Constraint, Op, Relaxation
from retrieval.filters import Scopes, compile_constraints, is_one_of
from retrieval.snapshot import BoolArray, Snapshot

# What counts as a step as large as giving the wish up, in the field's unit; for tempo and duration a share.
_WHOLE_STEP = {"year": 20.0, "tempo": 0.25, "duration": 0.5, "loudness": 10.0, "energy": 0.5}
_NEIGHBOUR_STEP = 0.4


def smallest_relaxation(
    snapshot: Snapshot, constraints: Sequence[Constraint], playlists: Scopes | None = None
) -> Relaxation | None:
    """Return the smallest step back from the hard wishes, or None where no single one brings a track."""
    hard = [c for c in constraints if c.hard]
    either = [c for c in hard if is_one_of(c)]
    alone = [either if is_one_of(c) else [c] for c in hard]
    masks = [compile_constraints(snapshot, wishes, playlists).allowed for wishes in alone]
    steps: list[tuple[float, int, Relaxation]] = []
    for n, wish in enumerate(hard):
        others = np.ones(len(snapshot), np.bool_)
        for mask in (*masks[:n], *masks[n + 1 :]):
            others &= mask
        if not others.any():
            continue
        free = int(np.count_nonzero(others))
        steps.append((1.0, -free, Relaxation(wish, None, free)))
        steps += [(size, -found.tracks, found) for size, found in _softer(snapshot, wish, others)]
    return min(steps, key=lambda s: s[:2])[2] if steps else None


def _softer(snapshot: Snapshot, wish: Constraint, others: BoolArray) -> Iterator[tuple[float, Relaxation]]:
    """Yield (size of the step, relaxation) for a wish that can be met more loosely by tracks of `others`."""
    if wish.field in _WHOLE_STEP and wish.op != "not":
        yield from _widened(snapshot, wish, others)
    elif wish.field == "key" and wish.op == "is" and wish.value not in MODES:
        near = replace(wish, op="near")
        count = int(np.count_nonzero(compile_constraints(snapshot, [near]).allowed & others))
        if count:
            yield _NEIGHBOUR_STEP, Relaxation(wish, near, count)


def _widened(snapshot: Snapshot, wish: Constraint, others: BoolArray) -> Iterator[tuple[float, Relaxation]]:
    low, high = wish.bounds()
    values = snapshot.numbers[wish.field][others]
    values = values[np.isfinite(values)].astype(np.float64)
    if len(values) == 0:
        return
    gaps = np.maximum(np.maximum(low - values, values - high), 0)
    nearest = float(values[np.argmin(gaps)])
    low, high = _rounded(wish.field, min(low, nearest), max(high, nearest))
    size = float(gaps.min()) / (_WHOLE_STEP[wish.field] * (nearest if wish.field in {"tempo", "duration"} else 1.0))
    if size < 1:
        op, value = _said(low, high)
        offer = replace(wish, op=op, value=value)
        held = np.count_nonzero(compile_constraints(snapshot, [offer]).allowed & others)
        yield size, Relaxation(wish, offer, int(held))


def _said(low: float, high: float) -> tuple[Op, float | tuple[float, float]]:
    if np.isinf(high):
        return "min", low
    return ("max", high) if np.isinf(low) else ("between", (low, high))


def _rounded(field: str, low: float, high: float) -> tuple[float, float]:
    """Return the ends in whole units of the field, rounded outwards."""
    unit = 0.01 if field == "energy" else 1.0
    least, most, _ = NUMBER_LIMITS[field]
    down = low if np.isinf(low) else max(least, round(float(np.floor(low / unit)) * unit, 2))
    up = high if np.isinf(high) else min(most, round(float(np.ceil(high / unit)) * unit, 2))
    return down, up
