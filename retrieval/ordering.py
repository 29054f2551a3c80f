"""Answers in an order that was asked for: by a measure of the tracks instead of by how well they fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from retrieval.concepts import FloatArray
from retrieval.constraints import ORDERS, Constraint
from retrieval.filters import Compiled
from retrieval.indexes.store import IntArray
from retrieval.snapshot import BoolArray, Snapshot

# Of so many tracks that clearly hold the softer wishes, the others need not be asked.
_ENOUGH = 3


def order_of(constraints: Sequence[Constraint]) -> Constraint | None:
    """Return the wish for an order; of several the last one counts."""
    return next((c for c in reversed(constraints) if c.field == "order"), None)


def in_order(snapshot: Snapshot, rows: IntArray, wish: Constraint) -> IntArray:
    """Return the places of `rows` in the order wished for; equal ones keep theirs, unknown ones come last."""
    measure, falls = ORDERS[str(wish.value)]
    values = snapshot.numbers[measure][rows].astype(np.float64)
    return np.argsort(-values if falls else values, kind="stable")


def clearly_meant(compiled: Compiled, allowed: BoolArray, n: int) -> BoolArray:
    """Return the rows that hold the soft wishes as well, where there are enough of them; else `allowed`.

    "The fastest jazz track" is one of jazz; the fastest of all that might pass for jazz would hardly be any.
    """
    meant = allowed.copy()
    for receipt, mask in zip(compiled.receipts, compiled.masks, strict=True):
        if mask is not None and not receipt.constraint.hard:
            meant &= mask
    return meant if int(meant.sum()) >= min(n, _ENOUGH) else allowed


def first_of(snapshot: Snapshot, allowed: BoolArray, wish: Constraint, k: int) -> BoolArray:
    """Return the first `k` of the allowed rows in the order wished for."""
    rows = np.flatnonzero(allowed)
    kept = np.zeros_like(allowed)
    kept[rows[in_order(snapshot, rows, wish)[:k]]] = True
    return kept


def fitting_first(
    snapshot: Snapshot, rows: IntArray, wish: Constraint, fits: BoolArray, scores: FloatArray
) -> IntArray:
    """Return the places of `rows`: those that fit in the order wished for, then the others by their scores."""
    ordered = in_order(snapshot, rows, wish)
    rest = np.argsort(-scores, kind="stable")
    placed: IntArray = np.concatenate([ordered[fits[ordered]], rest[~fits[rest]]])
    return placed
