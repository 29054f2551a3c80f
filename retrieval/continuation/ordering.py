"""A playing order by local search: a greedy start, then reversals, shifts, swaps and exchanges until none helps.

2-opt (G. Croes, 1958) and or-opt (I. Or, 1976) with swaps, and exchanges with candidates that were left out. A round
estimates all changes of one kind (see `moves`) and makes as many at once as do not meet each other; the objective as a
whole has the last word. Lists of up to seven tracks get the best order there is. Nothing is drawn: the same list has
the same order everywhere, and the work is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from retrieval.continuation import moves
from retrieval.continuation.filling import full_artists
from retrieval.continuation.moves import Changes
from retrieval.continuation.objective import Material, Orders
from retrieval.indexes.store import IntArray

# Lists that are tried in every order, lists that are begun from several tracks and how many, stretches that move whole.
_ALL_ORDERS, _MANY_STARTS, _STARTS, _STRETCH = 7, 16, 3, 3
# Rounds times tracks times tracks: about a quarter of a second.
_WORK = 6_000_000
_MAX_ROUNDS = 400
# Changes that are weighed one by one when together they do not help.
_WEIGHED = 48
_EPSILON = 1e-7


@dataclass(frozen=True, eq=False)
class Rules:
    """What an order must keep to: `pinned` maps places (from 0) to candidates, `kept` candidates must stay in.

    With `exchange`, others may replace those that are in, while the length stays in `length` (seconds, least and most)
    and no artist has more than `cap` tracks.
    """

    pinned: Mapping[int, int]
    kept: frozenset[int] = frozenset()
    exchange: bool = False
    length: tuple[float, float] | None = None
    cap: int | None = None


@dataclass(frozen=True, eq=False, slots=True)
class _Move:
    """New content of the places `low` to `high`."""

    low: int
    high: int
    content: IntArray


def best_order(material: Material, chosen: IntArray, rules: Rules) -> IntArray:
    """Return the chosen candidates in playing order, some of them exchanged where the rules allow it."""
    if len(chosen) < 2:
        return chosen
    firsts: list[int | None] = [None]
    if len(chosen) <= _MANY_STARTS and 0 not in rules.pinned:
        firsts += chosen[:_STARTS].tolist()
    found = [_improved(material, _greedy(material, chosen, rules, first), rules) for first in firsts]
    best = found[int(material.cost(np.array(found)).argmin())]
    return _exhausted(material, best, rules) if len(best) <= _ALL_ORDERS else best


def _exhausted(material: Material, order: IntArray, rules: Rules) -> IntArray:
    orders = order[np.array(list(permutations(range(len(order)))))]
    for place, candidate in rules.pinned.items():
        orders = orders[orders[:, place] == candidate]
    best: IntArray = orders[int(material.cost(orders).argmin())]
    return best


def _greedy(material: Material, chosen: IntArray, rules: Rules, first: int | None) -> IntArray:
    """Return an order that takes the cheapest next track each time, pinned ones at their places."""
    placed = dict(rules.pinned)
    left = np.zeros(len(material.relevance), np.bool_)
    left[chosen] = True
    left[list(placed.values())] = False
    if first is not None and left[first]:
        placed[0], left[first] = first, False
    targets = None if material.arc is None else material.targets(chosen[None])[0]
    order: list[int] = []
    for place in range(len(chosen)):
        if place not in placed:
            free = np.flatnonzero(left)
            target = None if targets is None else float(targets[place])
            placed[place] = int(free[_next_costs(material, order, free, target).argmin()])
            left[placed[place]] = False
        order.append(placed[place])
    return np.array(order, np.int64)


def _next_costs(material: Material, order: list[int], free: IntArray, target: float | None) -> Changes:
    w = material.weights
    costs = material.steps[order[-1] if order else -1, free] - w.early * material.relevance[free]
    recent = np.concatenate([material.tail, material.artist[order[-3:]]])[-3:]
    artists = material.artist[free]
    costs = costs + w.artist * (np.isin(artists, recent) & (artists >= 0))
    if target is not None:
        costs = costs + w.arc * material.off_arc(free, np.array(target))
    found: Changes = costs
    return found


def _improved(material: Material, order: IntArray, rules: Rules) -> IntArray:
    cost = float(material.cost(order[None])[0])
    kinds = 3 + min(_STRETCH, len(order) - 1) - (not rules.exchange)
    rounds = min(_MAX_ROUNDS, max(kinds * 2, _WORK // len(order) ** 2))
    idle = 0
    for turn in range(rounds):
        better = _round(material, order, cost, rules, turn % kinds)
        idle = idle + 1 if better is None else 0
        if idle == kinds:
            break
        order, cost = better or (order, cost)
    return order


def _round(material: Material, order: IntArray, cost: float, rules: Rules, kind: int) -> tuple[IntArray, float] | None:
    """Return a better order and its cost, or None where no change of the kind helps."""
    good = [m for m in _estimated(material, order, rules, kind) if _allowed(material, order, m, rules)]
    if not good:
        return None
    together = _made(order, _apart(good))
    after = float(material.cost(together[None])[0])
    if after < cost - _EPSILON and _kept_to(material, together, rules):
        return together, after
    singly = np.array([_made(order, [m]) for m in good[:_WEIGHED]])
    costs = material.cost(singly)
    best = int(costs.argmin())
    return (singly[best], float(costs[best])) if costs[best] < cost - _EPSILON else None


def _estimated(material: Material, order: IntArray, rules: Rules, kind: int) -> Iterator[_Move]:
    """Yield the changes of a kind that seem to save something, the best of each line, best first."""
    n = len(order)
    fit = _fit(material, order)
    own = fit[order]
    steps = np.zeros((n + 2, n + 2), np.float32)
    steps[1:-1, 1:-1] = material.steps[order[:, None], order]
    steps[0, 1:-1] = material.start[order]
    kind += not rules.exchange
    if kind == 0:
        others = np.setdiff1d(np.arange(len(material.relevance)), order)
        changes = _exchanges(material, order, others, fit)
        if rules.cap is not None:
            full = np.isin(material.artist[others], full_artists(material.artist, order, rules.cap))
            changes[full[None, :] & (material.artist[order][:, None] != material.artist[others][None, :])] = np.inf
        for place, other in _best(changes):
            yield _Move(place, place, others[[other]])
    elif kind == 1:
        for low, high in _best(moves.reversals(steps, own)):
            yield _Move(low, high, order[low : high + 1][::-1])
    elif kind == 2:
        for low, high in _best(moves.swaps(steps, own)):
            yield _Move(low, high, np.concatenate([order[[high]], order[low + 1 : high], order[[low]]]))
    else:
        for start, gap in _best(moves.shifts(steps, own, kind - 2)):
            yield _shifted(order, start, gap, kind - 2)


def _fit(material: Material, order: IntArray) -> Changes:
    """Return what each candidate costs at each place by itself: how late it comes, and how far off the arc; (c, n)."""
    n, w = len(order), material.weights
    early = w.early * np.arange(n) / max(n - 1, 1) - w.relevance
    fit: Changes = material.relevance[:, None] * early[None, :].astype(np.float32)
    if material.arc is not None:
        targets = material.targets(order[None])
        fit += w.arc * material.off_arc(np.arange(len(material.relevance))[:, None], targets).astype(np.float32)
    return fit


def _best(changes: Changes) -> list[tuple[int, int]]:
    """Return (line, column) of what saves most in each line, where anything does, best first."""
    if changes.size == 0:
        return []
    columns = changes.argmin(axis=1)
    saved = changes[np.arange(len(changes)), columns]
    lines = np.argsort(saved, kind="stable")[: int((saved < -_EPSILON).sum())]
    return list(zip(lines.tolist(), columns[lines].tolist(), strict=True))


def _shifted(order: IntArray, start: int, gap: int, size: int) -> _Move:
    stretch = order[start : start + size]
    if gap < start:
        return _Move(gap, start + size - 1, np.concatenate([stretch, order[gap:start]]))
    return _Move(start, gap - 1, np.concatenate([order[start + size : gap], stretch]))


def _exchanges(material: Material, order: IntArray, others: IntArray, fit: Changes) -> Changes:
    """Return the changes of putting another candidate (columns) in at a place (lines)."""
    before, steps = np.append(-1, order[:-1]), material.steps
    now = steps[before, order]
    change = steps[before[:, None], others] - now[:, None] + fit[others].T - fit[order, np.arange(len(order))][:, None]
    change[:-1] += steps[others[:, None], order[1:]].T - now[1:, None]
    found: Changes = change
    return found


def _allowed(material: Material, order: IntArray, move: _Move, rules: Rules) -> bool:
    inside = [k for k in rules.pinned if move.low <= k <= move.high]
    if any(move.content[k - move.low] != order[k] for k in inside):
        return False
    if move.low != move.high:
        return True
    return int(order[move.low]) not in rules.kept and _kept_to(material, _made(order, [move]), rules)


def _kept_to(material: Material, order: IntArray, rules: Rules) -> bool:
    if rules.cap is not None and len(full_artists(material.artist, order, rules.cap + 1)):
        return False
    if rules.length is None:
        return True
    total = float(material.duration[order].sum(dtype=np.float64))
    return rules.length[0] <= total <= rules.length[1]


def _apart(good: list[_Move]) -> list[_Move]:
    """Return the moves, best first, without those that touch an earlier one or bring in the same candidate."""
    kept: list[_Move] = []
    brought: set[int] = set()
    for move in good:
        new = set(move.content.tolist()) if move.low == move.high else set()
        if not new & brought and all(move.high + 1 < k.low or move.low > k.high + 1 for k in kept):
            kept.append(move)
            brought |= new
    return kept


def _made(order: IntArray, changed: list[_Move]) -> Orders:
    made = order.copy()
    for move in changed:
        made[move.low : move.high + 1] = move.content
    return made
