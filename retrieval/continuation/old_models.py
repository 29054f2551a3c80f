"""Continuation models: each scores every track as the next for a set of seeds. One Protocol, one contract test.

CooccurrenceModel   item-kNN over stored playlists, popularity-normalised (cosine); without that normalisation popular
                    tracks win everywhere (.017 against .142 R-precision on the Million Playlist Dataset).
ContentModel        closeness in sound to the nearest seeds: works for tracks that no playlist holds yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from catalog.values import Playlist
from retrieval.concepts import FloatArray
from retrieval.indexes.build import VectorView
from retrieval.snapshot import Snapshot


@runtime_checkable
class ContinuationModel(Protocol):
    """``score`` takes seed rows of a snapshot and returns ``(n,)`` float32 in [0, 1]; all 0 means nothing to say."""

    @property
    def name(self) -> str: ...

    def score(self, seeds: Sequence[int]) -> FloatArray: ...


class CooccurrenceModel:
    """Tracks that stand in the same playlists as the seeds: cosine between the tracks' playlist sets.

    Source: B. Sarwar et al., "Item-based collaborative filtering recommendation algorithms", 2001.
    """

    name = "playlists"

    def __init__(self, snapshot: Snapshot, playlists: Sequence[Playlist]) -> None:
        self._members: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
        self._holding: dict[int, list[int]] = {}
        counts = np.zeros(len(snapshot), np.float32)
        for playlist in playlists:
            rows = sorted(set(snapshot.rows(e.track_id for e in playlist.entries if e.track_id is not None)))
            if len(rows) < 2:
                continue
            for row in rows:
                self._holding.setdefault(row, []).append(len(self._members))
            self._members.append(np.array(rows, np.int64))
            counts[rows] += 1
        self._counts = counts

    def score(self, seeds: Sequence[int]) -> FloatArray:
        """Return the mean cosine to the seeds."""
        total = np.zeros_like(self._counts)
        for seed in seeds:
            shared = np.zeros_like(self._counts)
            for playlist in self._holding.get(seed, ()):
                shared[self._members[playlist]] += 1
            norm = np.sqrt(self._counts * self._counts[seed])
            total += np.divide(shared, norm, out=np.zeros_like(shared), where=norm > 0)
        return total / np.float32(max(len(seeds), 1))


class ContentModel:
    """Tracks that sound like the seeds: the mean of the closest seeds' cosines, so two moods in one list both count."""

    name = "sound"
    nearest = 3

    def __init__(self, n: int, view: VectorView | None) -> None:
        self._n = n
        self._view = view

    def score(self, seeds: Sequence[int]) -> FloatArray:
        """Return the mean cosine to the nearest seeds, negative ones as 0."""
        if self._view is None or not seeds:
            return np.zeros(self._n, np.float32)
        rows = self._view.store_row[list(seeds)]
        rows = rows[rows >= 0]
        if len(rows) == 0:
            return np.zeros(self._n, np.float32)
        queries = self._view.store.vectors(rows)
        found, cosines = self._view.store.search(queries, len(self._view.store))
        by_seed = np.full((len(rows), self._n), -1.0, np.float32)
        for line, (hits, values) in enumerate(zip(found, cosines, strict=True)):
            targets = self._view.row_of[hits]
            known = targets >= 0
            by_seed[line, targets[known]] = values[known]
        closest = np.sort(by_seed, axis=0)[-self.nearest :]
        scores: FloatArray = np.clip(closest.mean(axis=0), 0, 1).astype(np.float32)
        return scores
