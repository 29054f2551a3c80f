"""A playlist made as long as asked, or put in another order: what is in it stays where it can.

Three cases. It grows: all that is in it stays, and tracks are added. It shrinks: tracks of it go, others come only
where the length cannot be met otherwise. Else it is put in order. Lengths, pinned places and the arc are those of the
whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from retrieval.concepts import FloatArray
from retrieval.continuation.arranging import arranged
from retrieval.continuation.filling import LENGTH_SLACK, Target, capped
from retrieval.continuation.objective import artists_of
from retrieval.continuation.sequencing import Asked, Placed, sequence
from retrieval.continuation.transitions import Followings
from retrieval.continuation.values import Arrangement
from retrieval.indexes.build import VectorView
from retrieval.indexes.store import IntArray
from retrieval.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class Stock:
    """What a list is made of: its own rows in their order, other rows that may come in (best first), every row's score.

    `own` has no row that may not stay. Scores are ``(n,)``, 0 or more.
    """

    own: tuple[int, ...]
    others: IntArray
    scores: FloatArray
    music: VectorView | None = None
    followings: Followings | None = None


def reshaped(
    snapshot: Snapshot, stock: Stock, asked: Asked, *, same_order: bool, arrangement: Arrangement | None = None
) -> list[int]:
    """Return the rows of the whole list in playing order.

    Args:
        snapshot: the catalogue.
        stock: what the list is made of.
        asked: what the whole should be; without a count and a length it is as many tracks as there are.
        same_order: what is in the list keeps its order, and what comes in follows it.
        arrangement: the order of all of it but what is pinned; what is in the list is chosen as for `same_order`.

    Raises:
        QueryError: more tracks must be in than were asked for, or two at one place.
    """
    same_order = same_order or arrangement is not None
    pins = asked.pinned if same_order else ()
    if same_order:
        must = tuple(dict.fromkeys((*asked.include, *(row for _, row in asked.pinned))))
        asked = replace(asked, include=must, pinned=())
    stock = _within_cap(snapshot, stock, asked)
    if asked.target.n is None and asked.target.duration_s is None:
        asked = replace(asked, target=replace(asked.target, n=max(1, len(_kept(stock, asked)))))
    if _grows(snapshot, stock, asked):
        found = _grown(snapshot, stock, asked, same_order)
    else:
        found = _shrunk(snapshot, stock, asked, same_order)
    if not _met(snapshot, found, asked.target):
        found = _closest(snapshot, stock, asked, same_order, found)
    return _put_back(found if arrangement is None else arranged(snapshot, found, arrangement), pins)


def _within_cap(snapshot: Snapshot, stock: Stock, asked: Asked) -> Stock:
    """Return a stock in which no artist has too many where that must hold; what must be in counts first."""
    if not asked.target.strict:
        return stock
    must = tuple(dict.fromkeys((*asked.include, *(row for _, row in asked.pinned))))
    rows = np.array([*must, *(r for r in stock.own if r not in must)], np.int64)
    within = set(rows[capped(artists_of(snapshot, rows), len(must), asked.target.cap)[0]].tolist())
    own = tuple(r for r in stock.own if r in within)
    rows = np.concatenate([np.array(_kept(replace(stock, own=own), asked), np.int64), _without(stock.others, must)])
    kept = len(rows) - len(_without(stock.others, must))
    beside = [p for p in capped(artists_of(snapshot, rows), kept, asked.target.cap)[0] if p >= kept]
    # Where the list shrinks, others take the places of its own; the cap is then counted anew.
    return replace(stock, own=own, others=rows[beside])


def _put_back(rows: list[int], pins: Sequence[tuple[int, int]]) -> list[int]:
    """Return the rows with the pinned ones at their places, or at the end where that comes before."""
    there = [(place, row) for place, row in sorted(pins) if row in rows]
    rows = [r for r in rows if r not in {row for _, row in there}]
    for place, row in there:
        rows.insert(place - 1, row)
    return rows


def _kept(stock: Stock, asked: Asked) -> tuple[int, ...]:
    """Return the list's rows and those that must be in beside them."""
    return tuple(dict.fromkeys((*stock.own, *asked.include, *(row for _, row in asked.pinned))))


def _grows(snapshot: Snapshot, stock: Stock, asked: Asked) -> bool:
    kept, target = _kept(stock, asked), asked.target
    if target.n is not None:
        return len(kept) <= target.n
    assert target.duration_s is not None
    return _seconds(snapshot, kept) <= target.duration_s * (1 + LENGTH_SLACK)


def _grown(snapshot: Snapshot, stock: Stock, asked: Asked, same_order: bool) -> list[int]:
    if same_order:
        kept = list(_kept(stock, asked))
        rest = _left(snapshot, kept, asked.target)
        if rest is None:
            return kept
        added = sequence(
            snapshot,
            _without(stock.others, kept),
            stock.scores,
            kept,
            Asked(rest, arc=asked.arc, order=asked.order),
            stock.music,
            stock.followings,
        )
        return [*kept, *(p.row for p in added)]
    asked = replace(asked, include=tuple(dict.fromkeys((*asked.include, *stock.own))))
    return _in_order(stock, _sequenced(snapshot, stock, asked, stock.others, stock.scores), same_order)


def _shrunk(snapshot: Snapshot, stock: Stock, asked: Asked, same_order: bool) -> list[int]:
    scores = _by_place(stock) if same_order else stock.scores
    own = np.array(stock.own, np.int64)
    own = own[np.argsort(-scores[own], kind="stable")]
    return _in_order(stock, _sequenced(snapshot, stock, asked, own, scores), same_order)


def _closest(snapshot: Snapshot, stock: Stock, asked: Asked, same_order: bool, before: list[int]) -> list[int]:
    """Return a list nearer to the length, in which tracks were swapped; `before` where there is none."""
    scores = _by_place(stock)
    own = np.array(stock.own, np.int64)
    candidates = np.concatenate([own[np.argsort(-scores[own], kind="stable")], _without(stock.others, stock.own)])
    found = _in_order(stock, _sequenced(snapshot, stock, asked, candidates, scores), same_order)
    return found if _off(snapshot, found, asked.target) < _off(snapshot, before, asked.target) else before


def _sequenced(
    snapshot: Snapshot, stock: Stock, asked: Asked, candidates: IntArray, scores: FloatArray
) -> Sequence[Placed]:
    kept = [*asked.include, *(row for _, row in asked.pinned)]
    return sequence(snapshot, _without(candidates, kept), scores, (), asked, stock.music, stock.followings)


def _by_place(stock: Stock) -> FloatArray:
    """Return scores by which the list leads every other track, and its front leads its end."""
    scores = stock.scores / max(float(stock.scores.max(initial=0.0)), 1e-9)
    own = np.array(stock.own, np.int64)
    scores[own] = 2.0 - np.arange(len(own)) / max(len(own), 1)
    found: FloatArray = scores.astype(np.float32)
    return found


def _in_order(stock: Stock, placed: Sequence[Placed], same_order: bool) -> list[int]:
    rows = [p.row for p in placed]
    if not same_order:
        return rows
    place = {row: i for i, row in enumerate(stock.own)}
    return sorted(rows, key=lambda row: place.get(row, len(place)))


def _left(snapshot: Snapshot, kept: Sequence[int], target: Target) -> Target | None:
    """Return what is open beside the kept rows; None where nothing is."""
    n = None if target.n is None else target.n - len(kept)
    seconds = None if target.duration_s is None else target.duration_s - _seconds(snapshot, kept)
    slack = LENGTH_SLACK * (target.duration_s or 0.0)
    if (n is not None and n < 1) or (n is None and seconds is not None and seconds <= slack):
        return None
    return replace(target, n=n, duration_s=None if seconds is None else max(seconds, 1.0))


def _met(snapshot: Snapshot, rows: Sequence[int], target: Target) -> bool:
    return _off(snapshot, rows, target) <= (LENGTH_SLACK * target.duration_s if target.duration_s is not None else 0)


def _off(snapshot: Snapshot, rows: Sequence[int], target: Target) -> float:
    """Return how far a list is from its length, in seconds, or in tracks where only a count was asked for."""
    if target.duration_s is None:
        return abs(len(rows) - (target.n or 0))
    return abs(_seconds(snapshot, rows) - target.duration_s)


def _seconds(snapshot: Snapshot, rows: Sequence[int]) -> float:
    return float(snapshot.numbers["duration"][list(rows)].sum(dtype=np.float64))


def _without(rows: IntArray, gone: Sequence[int]) -> IntArray:
    left: IntArray = rows[~np.isin(rows, list(gone))]
    return left
