"""Playlist-kNN: what the lists hold that are most like this one, all of it or what comes later in them.

Source: D. Jannach et al., "Leveraging multi-dimensional user models for personalized next-track music
recommendation", 2017.
"""

from __future__ import annotations

import numpy as np

from retrieval.continuation.corpus import Corpus, FloatArray, Seeds

_MOST_HOLDERS = 5_000


class ListNeighbours:
    """Scores items by the likeness of the `k` nearest lists that hold them.

    A shared item says the more the fewer lists hold it (inverse document frequency); long lists share something with
    everything, so their length is divided out.
    """

    name = "lists"

    def __init__(self, corpus: Corpus, k: int = 100) -> None:
        self._corpus = corpus
        self._k = k
        self._worth = np.log1p(max(len(corpus), 1) / np.maximum(corpus.counts, 1.0)).astype(np.float32)
        lengths = np.maximum(np.diff(corpus.offsets), 1).astype(np.float32)
        self._damping = 1.0 / np.sqrt(lengths)

    def near(self, seeds: Seeds) -> tuple[np.ndarray, FloatArray]:
        """Return the nearest lists and how near they are, nearest first."""
        holders = self._corpus.holders
        near = np.zeros(len(self._corpus), np.float32)
        for row, weight in zip(seeds.rows.tolist(), seeds.weight.tolist(), strict=True):
            # Of what thousands of lists hold, the latest say enough.
            held = holders.indices[holders.indptr[row] : holders.indptr[row + 1]][-_MOST_HOLDERS:]
            near[held] += np.float32(weight) * self._worth[row]
        near *= self._damping
        found = np.flatnonzero(near)
        if len(found) > self._k:
            found = found[np.argpartition(-near[found], self._k - 1)[: self._k]]
        found = found[np.argsort(-near[found], kind="stable")]
        return found, near[found]

    def score(self, seeds: Seeds) -> FloatArray:
        """Return the summed nearness of the lists that hold each item."""
        return self.held_by_near(seeds)

    def held_by_near(self, seeds: Seeds, after: int = 0) -> FloatArray:
        """Return the summed nearness of the lists that hold each item behind their first `after` items."""
        scores = np.zeros(self._corpus.items.n, np.float32)
        for place, nearness in zip(*self.near(seeds), strict=True):
            scores[self._corpus.rows(int(place))[after:]] += nearness
        return scores


class LaterInLists:
    """Scores items by the likeness of the nearest lists that hold them further down than this list has come.

    What opens a list does not come after its tenth track: lists of order (concerts, mixes, stories) have their places.
    """

    name = "later"

    def __init__(self, lists: ListNeighbours) -> None:
        self._lists = lists

    def score(self, seeds: Seeds) -> FloatArray:
        """Return the summed nearness of the lists that hold each item after as many others as there are seeds."""
        return self._lists.held_by_near(seeds, after=len(seeds.rows))
