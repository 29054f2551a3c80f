"""From scores to a list that plays well: a pool, a choice, an order, and places inside the playlist where asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.concepts import FloatArray
from retrieval.continuation.arcs import Arc
from retrieval.continuation.filling import Candidates, Target, capped, taken
from retrieval.continuation.inserting import Offer, places_between
from retrieval.continuation.objective import artists_of, material_of
from retrieval.continuation.ordering import Rules, best_order
from retrieval.continuation.selecting import pool_of
from retrieval.continuation.transitions import Followings
from retrieval.continuation.values import Insertion, Order
from retrieval.errors import QueryError
from retrieval.indexes.build import VectorView
from retrieval.indexes.store import IntArray
from retrieval.snapshot import Snapshot

# Lists of this many tracks are put in playing order unless told; shorter ones have none, longer ones are for choosing.
SMOOTH_FROM, SMOOTH_TO = 4, 100
# Candidates for each track of the list, at least so many in all, and beside them for a length, and for an arc or a gap.
_DEPTH, _LEAST, _FOR_LENGTH, _FOR_ARC = 20, 200, 1500, 300


@dataclass(frozen=True, eq=False)
class Asked:
    """What the list should be; rows are those of a snapshot.

    `include` must be in, `pinned` are (place from 1, row). `order` None means in playing order where the list is short
    enough to hear.
    """

    target: Target
    include: tuple[int, ...] = ()
    pinned: tuple[tuple[int, int], ...] = ()
    order: Order | None = None
    arc: Arc | None = None
    insert: Insertion = "end"


@dataclass(frozen=True, slots=True)
class Placed:
    """A row of the list, and the place of the seed that it comes right after (None: after the whole playlist)."""

    row: int
    after: int | None = None


def sequence(
    snapshot: Snapshot,
    candidates: IntArray,
    scores: FloatArray,
    seeds: Sequence[int],
    asked: Asked,
    music: VectorView | None = None,
    followings: Followings | None = None,
) -> list[Placed]:
    """Return the list in playing order.

    Args:
        snapshot: the catalogue.
        candidates: rows that may be in, best first.
        scores: every row's score, ``(n,)``, 0 or more.
        seeds: rows of the playlist so far, in its order; none of them comes back.
        asked: what the list should be.
        music: vectors that tell one recording from another.
        followings: what follows what in lists that people made.

    Raises:
        QueryError: more tracks must be in than were asked for, or two at one place.
    """
    kept = _kept(asked, seeds)
    size = _size(asked, len(candidates))
    pool = pool_of(snapshot, candidates, kept, seeds, music, size)
    if not len(pool):
        return []
    relevance = scores[pool] / max(float(scores[pool].max()), 1e-9)
    durations, artists = snapshot.numbers["duration"][pool], artists_of(snapshot, pool)
    chosen, cap = taken(Candidates(durations, relevance, artists, len(kept)), asked.target)
    chosen = chosen[np.argsort(-relevance[chosen], kind="stable")]
    pinned = _pins(asked, pool, len(chosen))
    if asked.insert != "end" and len(seeds) > 1:
        offer = _offer(pool, relevance, artists, chosen, len(kept), asked)
        inside = places_between(snapshot, np.array(seeds, np.int64), offer, len(chosen), asked.insert, followings)
        return [Placed(row, after) for row, after in inside]
    if not _smooth(asked, len(chosen)):
        return [Placed(int(r)) for r in pool[_put(chosen, pinned)]]
    # What an arc may bring in still, by relevance; the rest of a large pool was for caps, copies and the length.
    near = np.union1d(chosen, np.arange(min(len(pool), len(chosen) + _FOR_ARC if asked.arc else 0)))
    place_of = {int(p): i for i, p in enumerate(near)}
    material = material_of(snapshot, pool[near], relevance[near], list(seeds), followings, asked.arc)
    rules = Rules(
        pinned={place: place_of[c] for place, c in pinned.items()},
        kept=frozenset(place_of[i] for i in range(len(kept))),
        exchange=asked.arc is not None,
        length=_length(asked.target, durations[chosen]),
        cap=cap,
    )
    order = best_order(material, np.array([place_of[int(c)] for c in chosen]), rules)
    return [Placed(int(r)) for r in pool[near[order]]]


def _kept(asked: Asked, seeds: Sequence[int]) -> list[int]:
    places = [place for place, _ in asked.pinned]
    if len(set(places)) < len(places) or any(p < 1 for p in places):
        raise QueryError("Two tracks are pinned to one place, or one to no place; count the places from 1, each once.")
    kept = [r for r in dict.fromkeys((*(row for _, row in asked.pinned), *asked.include)) if r not in set(seeds)]
    if asked.target.n is not None and len(kept) > asked.target.n:
        raise QueryError(f"{len(kept)} tracks must be in a list of {asked.target.n}; ask for at least {len(kept)}.")
    return kept


def _size(asked: Asked, available: int) -> int:
    n = asked.target.n or 0
    return min(available, max(_DEPTH * n, _LEAST) + _FOR_ARC + _FOR_LENGTH * (asked.target.duration_s is not None))


def _smooth(asked: Asked, n: int) -> bool:
    if asked.order is None:
        return asked.arc is not None or SMOOTH_FROM <= n <= SMOOTH_TO
    return asked.order == "smooth" or asked.arc is not None


def _length(target: Target, durations: FloatArray) -> tuple[float, float] | None:
    """Return the seconds that exchanges keep to; a length that was out of reach gets no farther away."""
    if target.length is None:
        return None
    total = float(durations.sum(dtype=np.float64))
    return min(target.length[0], total), max(target.length[1], total)


def _pins(asked: Asked, pool: IntArray, n: int) -> dict[int, int]:
    """Return the candidate (its place in the pool) of each pinned place, from 0; one beyond the end is the last."""
    rows = {int(r): i for i, r in enumerate(pool.tolist())}
    pins: dict[int, int] = {}
    for place, row in sorted(asked.pinned, reverse=True):
        spot = min(place, n) - 1
        while spot in pins:
            spot -= 1
        if row in rows:
            pins[spot] = rows[row]
    return pins


def _put(chosen: IntArray, pinned: dict[int, int]) -> IntArray:
    others = iter([int(c) for c in chosen if int(c) not in pinned.values()])
    return np.array([pinned[p] if p in pinned else next(others) for p in range(len(chosen))], np.int64)


def _offer(
    pool: IntArray, relevance: FloatArray, artists: IntArray, chosen: IntArray, kept: int, asked: Asked
) -> Offer:
    """Return what may go into the gaps: the chosen, and where a count alone binds, any other that fits them better."""
    if asked.target.duration_s is not None or asked.arc is not None:
        return Offer(pool[chosen], relevance[chosen], np.ones(len(chosen), np.bool_))
    # So many of each artist that no choice of them is too many.
    free = [p for p in capped(artists, kept, asked.target.cap)[0] if p < len(chosen) + _FOR_ARC]
    near = np.union1d(chosen, np.array(free, np.int64))
    return Offer(pool[near], relevance[near], near < kept)
