"""Orders that do not depend on what fits: by a property of the tracks, at random, or the other way round."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from typing import get_args

import numpy as np

from retrieval.continuation.values import Arrangement, Once, SortKey
from retrieval.likeness import camelot
from retrieval.snapshot import Snapshot

SORT_KEYS: tuple[SortKey, ...] = get_args(SortKey)
ONCE: tuple[Once, ...] = get_args(Once)


def arranged(snapshot: Snapshot, rows: Sequence[int], arrangement: Arrangement) -> list[int]:
    """Return rows in an order; what is alike keeps its order, what nobody can tell of comes last in any direction."""
    if arrangement.by == "shuffle":
        return _shuffled(snapshot, rows)
    if arrangement.by == "reverse":
        return list(reversed(rows))
    value = _values(snapshot, arrangement.by)
    known = [r for r in rows if not _unknown(value(r))]
    strange = [r for r in rows if _unknown(value(r))]
    return [*sorted(known, key=value, reverse=arrangement.descending), *strange]


def unknown(snapshot: Snapshot, rows: Sequence[int], by: SortKey) -> int:
    """Return of how many rows nobody can tell what they would be sorted by."""
    value = _values(snapshot, by)
    return sum(_unknown(value(r)) for r in rows)


def _values(snapshot: Snapshot, by: SortKey) -> Callable[[int], float | str]:
    names = {"title": snapshot.titles, "artist": snapshot.artists}
    if by in names:
        return lambda row: names[by][row]
    if by == "key":
        return lambda row: _round_the_wheel(snapshot, row)
    numbers = snapshot.numbers["duration" if by == "length" else by]
    return lambda row: float(numbers[row])


def _round_the_wheel(snapshot: Snapshot, row: int) -> float:
    """Return where a key lies on the Camelot wheel, relative keys beside each other; NaN for an unknown one."""
    minor = snapshot.mode_minor[row]
    place = int(camelot(snapshot.pitch_class[row], minor))
    return math.nan if place < 0 else place + (0.5 if minor == 1 else 0.0)


def _unknown(value: float | str) -> bool:
    return not value if isinstance(value, str) else math.isnan(value)


def _shuffled(snapshot: Snapshot, rows: Sequence[int]) -> list[int]:
    """Return rows in a random order that depends on their present one alone: undone and done again it is the same.

    It is always another order than the present one, where there is another one.
    """
    present = "\n".join(snapshot.ids[r] for r in rows)
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(present.encode()).digest()[:8]))
    found = list(rows)
    while len(set(rows)) > 1 and found == list(rows):
        found = [rows[i] for i in rng.permutation(len(rows)).tolist()]
    return found
