"""A standing taste as a gentle lean of the order: what fits about as well changes places, nothing is taken out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catalog.names import fold
from retrieval.concepts import FloatArray
from retrieval.indexes.store import IntArray
from retrieval.reasons import CLEARLY, HARDLY
from retrieval.snapshot import BoolArray, Snapshot
from retrieval.values import Influence, Leaning

# A full pull counts as much as this many standard deviations of the scores near the top. Not tuned.
GENTLE = 0.5
# So many lengths of the list are near the top.
_NEAR_TOP = 4
# A line that pulls at a track at least so much is told.
_FELT = 0.1


def pull(snapshot: Snapshot, rows: IntArray, lean: Sequence[Leaning]) -> FloatArray:
    """Return how much a taste pulls at each row, ``(m,)`` in (-1, 1): 0 where it says nothing."""
    total = np.zeros(len(rows), np.float32)
    for line in lean:
        total += np.float32(line.weight) * presence(snapshot, rows, line)
    pulled: FloatArray = np.tanh(total).astype(np.float32)
    return pulled


def presence(snapshot: Snapshot, rows: IntArray, line: Leaning) -> FloatArray:
    """Return how clearly each row has what a line speaks of, ``(m,)`` in [0, 1]."""
    if line.field == "concept":
        if line.value not in snapshot.vocabulary.by_id:
            return np.zeros(len(rows), np.float32)
        heard = (snapshot.column(line.value)[rows] - HARDLY) / (CLEARLY - HARDLY)
        clear: FloatArray = np.clip(heard, 0, 1).astype(np.float32)
        return clear
    held = by_artist(snapshot, line.value) if line.field == "artist" else with_words(snapshot, line.value)
    return held[rows].astype(np.float32)


def by_artist(snapshot: Snapshot, name: str) -> BoolArray:
    """Mark the rows by an artist of just this name, ``(n,)``."""
    place = snapshot.artists.values.find(fold(name))
    return snapshot.artists.mask([] if place is None else [place])


def with_words(snapshot: Snapshot, words: str) -> BoolArray:
    """Mark the rows whose names or tags have all of some words, ``(n,)``."""
    found = np.ones(len(snapshot), np.bool_)
    for word in fold(words).split():
        has = np.zeros(len(snapshot), np.bool_)
        has[snapshot.rows_of_word(word)] = True
        found &= has
    return found


def leaned_order(scores: FloatArray, pulled: FloatArray, n: int) -> IntArray:
    """Return the places of candidates, best first, by scores of any scale after a taste has had its say.

    Scores that are all alike are ordered by the taste alone.
    """
    top = np.sort(scores)[::-1][: max(_NEAR_TOP * n, 20)]
    leaned = scores + np.float32(GENTLE * float(top.std())) * pulled
    order: IntArray = np.lexsort((-pulled, -leaned))
    return order


def influence_of(snapshot: Snapshot, plain: IntArray, leaned: IntArray, lean: Sequence[Leaning]) -> Influence:
    """Return what a taste did: `plain` and `leaned` are the rows listed without and with it."""
    places = {int(row): n for n, row in enumerate(plain)}
    moved = sum(places.get(int(row)) != n for n, row in enumerate(leaned))
    rows = np.unique(np.concatenate([plain, leaned]))
    felt = [line for line in lean if float((abs(line.weight) * presence(snapshot, rows, line)).max(initial=0)) >= _FELT]
    return Influence(moved, len(leaned), tuple(felt if moved else ()))
