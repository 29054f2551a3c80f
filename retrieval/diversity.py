"""From a ranking to a list worth hearing: no song twice, no artist all over."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from catalog.names import UNTITLED, fold
from retrieval.concepts import FloatArray
from retrieval.indexes.build import VectorView
from retrieval.indexes.store import IntArray
from retrieval.snapshot import Snapshot

# Two recordings this alike in sound and within two seconds in length are one recording twice.
SAME_SOUND, SAME_LENGTH_S = 0.995, 2.0
# Lengths of the list by which an artist steps back: for each doubling of showings beyond `OFTEN`, for being known.
SHOWN_STEP, FRESH_STEP = 0.5, 2.0
# An artist shown this many times has had a hearing.
OFTEN = 3
# How deep to look for a list of n before duplicates and caps are taken out.
_DEPTH = 20
# How much a candidate's own merit counts against its likeness to what is in the list already.
MMR_LAMBDA = 0.85
_UNTITLED = fold(UNTITLED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list should be like: `n` places, at most `max_per_artist` of an artist (None: any number).

    `known` are rows that the listener likes, `shown` rows of earlier answers. `freshness` in [-1, 1] leans to known
    artists (-1) or away from them (1). Where the cap was asked for (`capped`), a shorter list keeps to it.
    """

    n: int
    max_per_artist: int | None
    known: tuple[int, ...] = ()
    shown: tuple[int, ...] = ()
    freshness: float = 0.0
    capped: bool = False


def settle_order(
    snapshot: Snapshot, order: IntArray, relevance: FloatArray, wanted: Wanted, music: VectorView | None
) -> IntArray:
    """Return the places of `order` (rows, best first) after the listener's dial and what was shown have had their say.

    Every measure is a number of places that a candidate moves, so that no score's scale counts: an artist who was shown
    often steps back (else a few names paper every answer), one that is known steps up or down by the dial.
    """
    head = min(len(order), max(wanted.n * _DEPTH, 200))
    places = np.arange(head, dtype=np.float64)
    artists = snapshot.artist_code[order[:head]]
    step = float(wanted.n)
    if wanted.shown:
        codes, counts = np.unique(snapshot.artist_code[list(wanted.shown)], return_counts=True)
        often = dict(zip(codes.tolist(), np.log2(np.maximum(counts / OFTEN, 1)).tolist(), strict=True))
        places += step * SHOWN_STEP * np.array([often.get(a, 0.0) for a in artists.tolist()])
    if wanted.freshness and wanted.known:
        familiar = np.isin(artists, snapshot.artist_code[list(wanted.known)])
        places += step * FRESH_STEP * wanted.freshness * familiar
    settled = np.argsort(places, kind="stable")
    # The order is the ranker's; how far apart two of its places are, the relevances tell.
    merit = np.sort(relevance[:head])[::-1] / max(float(relevance[:head].max(initial=0.0)), 1e-6)
    return settled[spread(order[:head][settled], merit, wanted.n, music)]


def originals_first(snapshot: Snapshot, order: IntArray, n: int) -> IntArray:
    """Return the places of `order` (rows, best first) with each song's plainest edition where its best one stood.

    A list of `n` holds a song once: unless an edition was asked for, "Night Song" stands for "Night Song (live)".
    """
    settled = np.arange(len(order))
    songs: dict[tuple[int, int], list[int]] = {}
    for place, row in enumerate(order[: max(n * _DEPTH, 200)].tolist()):
        songs.setdefault((int(snapshot.title_code[row]), int(snapshot.artist_code[row])), []).append(place)
    for places in songs.values():
        if len(places) > 1:
            # A title without any mark is the shortest; of several such the order decides.
            settled[places] = sorted(places, key=lambda p: len(snapshot.titles[int(order[p])]))
    return settled


def spread(rows: IntArray, merit: FloatArray, n: int, music: VectorView | None) -> IntArray:
    """Return the places of `rows` in the order of maximal marginal relevance (J. Carbonell & J. Goldstein, 1998).

    `merit` in [0, 1] falls along the rows; likeness is the cosine of the sounds. The first place stays the first.
    """
    places = np.arange(len(rows))
    window = min(len(rows), 4 * n)
    vectors = _vectors(rows[:window], music)
    if vectors is None or window < 3:
        return places
    nearest = vectors @ vectors[0]
    chosen, left = [0], np.ones(window, np.bool_)
    left[0] = False
    for _ in range(min(n, window) - 1):
        value = np.where(left, MMR_LAMBDA * merit[:window] - (1 - MMR_LAMBDA) * nearest, -np.inf)
        best = int(np.argmax(value))
        chosen.append(best)
        left[best] = False
        nearest = np.maximum(nearest, vectors @ vectors[best])
    rest = [p for p in range(len(rows)) if p >= window or left[p]]
    ordered: IntArray = places[np.array([*chosen, *rest], np.int64)]
    return ordered


def pick(snapshot: Snapshot, order: IntArray, wanted: Wanted, music: VectorView | None) -> list[int]:
    """Return up to `n` places of `order` (rows, best first): no near-duplicates, at most so many of an artist.

    When the cap leaves the list short, the best of the capped ones fill it up, unless somebody asked for the cap.
    """
    order = order[: max(wanted.n * _DEPTH, 200)]
    vectors = _vectors(order, music)
    chosen: list[int] = []
    spare: list[int] = []
    names: set[tuple[int, int]] = set()
    per_artist: Counter[int] = Counter()
    for place, row in enumerate(order.tolist()):
        if len(chosen) == wanted.n:
            break
        artist = int(snapshot.artist_code[row])
        # Tracks that nobody named are not one song because of that.
        nameless = not snapshot.artists[row] and snapshot.titles[row] == _UNTITLED
        name = (int(snapshot.title_code[row]), -row - 1 if nameless else artist)
        if name in names or _sounds_twice(snapshot, order, place, chosen, vectors):
            continue
        if wanted.max_per_artist is not None and snapshot.artists[row] and per_artist[artist] >= wanted.max_per_artist:
            spare.append(place)
            continue
        names.add(name)
        per_artist[artist] += 1
        chosen.append(place)
    return sorted(chosen if wanted.capped else chosen + spare[: wanted.n - len(chosen)])


def _vectors(order: IntArray, music: VectorView | None) -> FloatArray | None:
    if music is None or len(order) == 0:
        return None
    rows = music.store_row[order]
    if (rows < 0).any():
        return None
    return music.store.vectors(rows)


def _sounds_twice(
    snapshot: Snapshot,
    order: IntArray,
    place: int,
    chosen: list[int],
    vectors: FloatArray | None,
) -> bool:
    if vectors is None or not chosen:
        return False
    durations = snapshot.numbers["duration"][order]
    near = np.abs(durations[chosen] - durations[place]) <= SAME_LENGTH_S
    return bool((near & (vectors[chosen] @ vectors[place] >= SAME_SOUND)).any())
