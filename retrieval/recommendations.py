"""Recommendations from seeds and tunables, as music services used to offer them over their APIs.

Seeds are up to five tracks, artists and genres together. A tunable bounds a property (`min`, `max`) or names a value to
come near to (`target`); each one comes back as a receipt, also those that nothing here can hold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from catalog.errors import NotFoundError
from catalog.values import TrackId
from retrieval.constraints import KEYS, NUMBER_LIMITS, Constraint, Receipt
from retrieval.constraints import Field as WishField
from retrieval.errors import QueryError
from retrieval.filters import compile_constraints
from retrieval.search import SearchEngine
from retrieval.snapshot import BoolArray, Snapshot
from retrieval.targets import closeness
from retrieval.values import Candidate, SearchRequest, Side, Target

MAX_SEEDS = 5
Bound = Literal["min", "max", "target"]
SeedKind = Literal["track", "artist", "genre"]
# Property -> (its side here, what one of its units is in ours).
_SIDES: dict[str, tuple[Side, float]] = {
    **{side: (side, 1.0) for side in get_args(Side) if side != "duration"},
    "duration_ms": ("duration", 0.001),
}
_LIMITED: dict[Side, WishField] = {
    "tempo": "tempo",
    "energy": "energy",
    "loudness": "loudness",
    "duration": "duration",
}
# What other services tell of tracks and no file does.
UNMEASURED = ("liveness", "speechiness", "popularity", "time_signature")
TUNABLES = (*_SIDES, *UNMEASURED)


@dataclass(frozen=True, slots=True)
class Tunable:
    """One bound or target: `name` is one of `TUNABLES`, `value` in the unit in which services give it."""

    bound: Bound
    name: str
    value: float

    @property
    def words(self) -> str:
        """Return it as it stands in a query."""
        return f"{self.bound}_{self.name}={self.value:g}"


@dataclass(frozen=True, slots=True)
class RecommendationRequest:
    """What is asked: seeds, `n` tracks (1 to 100), and tunables."""

    tracks: tuple[TrackId, ...] = ()
    artists: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    n: int = 20
    tunables: tuple[Tunable, ...] = ()


@dataclass(frozen=True, slots=True)
class Seed:
    """A seed, how many tracks speak for it (all others, for a track), and how many of them hold the bounds."""

    id: str
    kind: SeedKind
    pool: int
    left: int


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Tracks best first, what became of each seed, and a receipt for every artist, genre and tunable."""

    candidates: tuple[Candidate, ...]
    seeds: tuple[Seed, ...]
    receipts: tuple[Receipt, ...]


def recommend(engine: SearchEngine, request: RecommendationRequest) -> Recommendation:
    """Answer with tracks like the seeds, within the bounds, near to the targets; never a seed itself.

    Raises:
        QueryError: no seed, more than five, or a tunable out of its range.
        NotFoundError: a seed track is not in the catalogue.
    """
    state = engine.state
    snapshot = state.snapshot
    _check(snapshot, request)
    limits, untold = _limits(request.tunables)
    targets, told = _targets(snapshot, request.tunables)
    wishes = [
        *(Constraint("artist", "like", a, f"seed_artists={a}", hard=False) for a in request.artists),
        *(Constraint("genre", "is", g, f"seed_genres={g}", hard=False) for g in request.genres),
    ]
    allowed = compile_constraints(snapshot, limits, state.playlists).allowed
    masks = compile_constraints(snapshot, wishes, state.playlists)
    seeds = _seeds(snapshot, request, masks.masks, allowed)
    if not (request.tracks or any(m is not None and m.any() for m in masks.masks)):
        return Recommendation((), seeds, (*masks.receipts, *told, *untold))
    asked = SearchRequest(like=request.tracks, constraints=(*wishes, *limits), n=request.n, targets=targets)
    found = engine.search(asked)
    return Recommendation(found.candidates, seeds, (*found.receipts, *told, *untold))


def _check(snapshot: Snapshot, request: RecommendationRequest) -> None:
    count = len(request.tracks) + len(request.artists) + len(request.genres)
    if not 1 <= count <= MAX_SEEDS:
        raise QueryError(f"{count} seeds are given; give 1 to {MAX_SEEDS} tracks, artists and genres in all.")
    for track in request.tracks:
        if track not in snapshot.row_of:
            raise NotFoundError(f"No track has the id {track[:64]!r}; search for it by title instead.")
    least = {t.name: t for t in request.tunables if t.bound == "min"}
    for tunable in request.tunables:
        if tunable.name not in TUNABLES:
            raise QueryError(f"{tunable.words[:80]} is no tunable; there are {', '.join(TUNABLES)}.")
        if not math.isfinite(tunable.value):
            raise QueryError(f"{tunable.words} is no number; give one.")
        low = least.get(tunable.name)
        if tunable.bound == "max" and low is not None and low.value > tunable.value:
            raise QueryError(f"{low.words} is above {tunable.words}; give the smaller number as min_{tunable.name}.")
        _check_range(tunable)


def _check_range(tunable: Tunable) -> None:
    side, unit = _SIDES.get(tunable.name, (None, 1.0))
    if side is None:
        return
    least, most = NUMBER_LIMITS[_LIMITED[side]][:2] if side in _LIMITED else (0, 11 if side == "key" else 1)
    if not least / unit <= tunable.value <= most / unit or (side == "key" and tunable.value % 1):
        what = "a whole number from 0 (C) to 11 (B)" if side == "key" else f"{least / unit:g} to {most / unit:g}"
        raise QueryError(f"{tunable.words} is out of range; give {what}.")


def _limits(tunables: Sequence[Tunable]) -> tuple[list[Constraint], list[Receipt]]:
    """Return the bounds that can be held as hard wishes, and a receipt for each tunable that cannot be."""
    limits, untold = [], []
    for tunable in tunables:
        side, unit = _SIDES.get(tunable.name, (None, 1.0))
        if side is None:
            untold.append(_unenforceable(tunable, f"nothing here measures {tunable.name}"))
        elif tunable.bound == "target":
            continue
        elif (field := _LIMITED.get(side)) is not None:
            limits.append(Constraint(field, tunable.bound, tunable.value * unit, tunable.words))
        elif (wish := _limit_in_words(tunable)) is not None:
            limits.append(wish)
        elif side == "mode":
            untold.append(Receipt(_as_wish(tunable), "enforced", "both modes hold it"))
        else:
            why = f"{side} is heard, not measured: a target leans to it, a limit cannot hold"
            untold.append(_unenforceable(tunable, why))
    return limits, untold


def _limit_in_words(tunable: Tunable) -> Constraint | None:
    """Return a bound on what has no scale: keys, modes, and whether there is a voice."""
    low = tunable.bound == "min"
    if tunable.name == "key":
        keys = KEYS[int(tunable.value) :] if low else KEYS[: int(tunable.value) + 1]
        return Constraint("key", "is", " or ".join(keys), tunable.words)
    if tunable.name == "mode" and low == (tunable.value >= 0.5):
        return Constraint("key", "is", "major" if low else "minor", tunable.words)
    if tunable.name == "instrumentalness" and (tunable.value > 0.5 if low else tunable.value < 0.5):
        return Constraint("vocal", "is", "instrumental" if low else "vocal", tunable.words)
    return None


def _targets(snapshot: Snapshot, tunables: Sequence[Tunable]) -> tuple[tuple[Target, ...], list[Receipt]]:
    targets, told = [], []
    for tunable in tunables:
        if tunable.bound == "target" and tunable.name in _SIDES:
            side, unit = _SIDES[tunable.name]
            target = Target(side, tunable.value * unit)
            known = int(np.isfinite(closeness(snapshot, target)).sum())
            targets.append(target)
            evidence = f"nearer tracks come earlier; known of {known} of {len(snapshot)} tracks"
            told.append(Receipt(_as_wish(tunable), "scored", evidence))
    return tuple(targets), told


def _seeds(
    snapshot: Snapshot, request: RecommendationRequest, masks: Sequence[BoolArray | None], allowed: BoolArray
) -> tuple[Seed, ...]:
    seeds = []
    for track in request.tracks:
        others = np.ones(len(snapshot), np.bool_)
        others[snapshot.row_of[track]] = False
        seeds.append(_seed(track, "track", others, allowed))
    names: list[tuple[str, SeedKind]] = [(a, "artist") for a in request.artists]
    names += [(g, "genre") for g in request.genres]
    for (name, kind), mask in zip(names, masks, strict=True):
        seeds.append(_seed(name, kind, np.zeros(len(snapshot), np.bool_) if mask is None else mask, allowed))
    return tuple(seeds)


def _seed(name: str, kind: SeedKind, mask: BoolArray, allowed: BoolArray) -> Seed:
    return Seed(name, kind, int(mask.sum()), int((mask & allowed).sum()))


def _as_wish(tunable: Tunable) -> Constraint:
    ways = {"min": "at least", "max": "at most", "target": "near"}
    words = f"{tunable.name} {ways[tunable.bound]} {tunable.value:g}"
    return Constraint("other", "is", words, tunable.words, hard=False)


def _unenforceable(tunable: Tunable, why: str) -> Receipt:
    return Receipt(_as_wish(tunable), "unenforceable", why)
