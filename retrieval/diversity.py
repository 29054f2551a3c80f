"""From a ranking to a list worth hearing: no song twice, no artist all over."""

from __future__ import annotations

from collections import Counter

import numpy as np

from retrieval.concepts import FloatArray
from retrieval.indexes.build import VectorView
from retrieval.indexes.store import IntArray
from retrieval.snapshot import Snapshot

# Two recordings this alike in sound and within two seconds in length are one recording twice.
SAME_SOUND, SAME_LENGTH_S = 0.995, 2.0
# How deep to look for a list of n before duplicates and caps are taken out.
_DEPTH = 20


def pick(
    snapshot: Snapshot,
    order: IntArray,
    n: int,
    max_per_artist: int | None,
    music: VectorView | None,
) -> list[int]:
    """Return up to `n` places of `order` (rows, best first): no near-duplicates, at most `max_per_artist` of an artist.

    When the cap leaves the list short, the best of the capped ones fill it up: a short list helps nobody.
    """
    order = order[: max(n * _DEPTH, 200)]
    vectors = _vectors(order, music)
    chosen: list[int] = []
    spare: list[int] = []
    names: set[tuple[int, int]] = set()
    per_artist: Counter[str] = Counter()
    for place, row in enumerate(order.tolist()):
        if len(chosen) == n:
            break
        name = (int(snapshot.title_code[row]), int(snapshot.artist_code[row]))
        if name in names or _sounds_twice(snapshot, order, place, chosen, vectors):
            continue
        artist = snapshot.artists[row]
        if max_per_artist is not None and artist and per_artist[artist] >= max_per_artist:
            spare.append(place)
            continue
        names.add(name)
        per_artist[artist] += 1
        chosen.append(place)
    return sorted(chosen + spare[: n - len(chosen)])


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
