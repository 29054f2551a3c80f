"""The playlist models over one state of a library: its own lists as they are, and what was trained on more of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

import numpy as np

from catalog.values import Playlist, TrackId
from retrieval.continuation.corpus import Corpus, FloatArray, Items, Rows, Seeds
from retrieval.continuation.ensemble import Ensemble
from retrieval.continuation.first_stage import LIKENESS, Learned, ensemble_of
from retrieval.continuation.models.content import Content
from retrieval.continuation.models.factors import Factors
from retrieval.continuation.models.items import COSINE, MOST_ENTRIES, ItemNeighbours, LiveNeighbours
from retrieval.continuation.models.protocol import ContinuationModel
from retrieval.continuation.models.sequence import NextInSequence
from retrieval.continuation.models.titles import Embed
from retrieval.continuation.ranker import Rankers
from retrieval.continuation.versions import Trained
from retrieval.indexes.build import VectorView
from retrieval.snapshot import Snapshot


class ViewVectors:
    """Cosines through a vector store: exact, every track against the asked ones."""

    def __init__(self, n: int, view: VectorView) -> None:
        self._n, self._view = n, view

    def cosines(self, rows: list[int]) -> FloatArray:
        """Return ``(len(rows), n)``, 0 where either has no vector."""
        view = self._view
        found = np.zeros((len(rows), self._n), np.float32)
        places = view.store_row[rows]
        known = np.flatnonzero(places >= 0)
        if len(known) == 0:
            return found
        hits, cosines = view.store.search(view.store.vectors(places[known]), len(view.store))
        for line, hit, values in zip(known, hits, cosines, strict=True):
            targets = view.row_of[hit]
            found[line, targets[targets >= 0]] = values[targets >= 0]
        return found


class ByTitle:
    """What the search finds for a title, as a model; `find` returns ``(n,)`` scores in [0, 1]."""

    name = "named"

    def __init__(self, find: Callable[[str], FloatArray]) -> None:
        self._find = lru_cache(maxsize=64)(find)

    def score(self, seeds: Seeds) -> FloatArray:
        """Return the scores of the seeds' title; all 0 without one."""
        found = self._find(seeds.title.strip())
        return found if seeds.title.strip() else np.zeros_like(found)


class LibraryModels:
    """Built lazily, each part once; items are the rows of `snapshot`.

    A library's own lists are counted live, so a playlist that was changed a moment ago counts. What `trained` learned
    (factors, sequences, the order of candidates, neighbours of more lists than can be counted live) comes on top.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        playlists: Sequence[Playlist],
        music: VectorView | None,
        trained: Trained | None = None,
        embed: Embed | None = None,
        by_title: Callable[[str], FloatArray] | None = None,
    ) -> None:
        self._snapshot, self._playlists, self._music = snapshot, playlists, music
        self._trained, self._embed, self._by_title = trained, embed, by_title

    @cached_property
    def corpus(self) -> Corpus:
        """Return the stored playlists over the snapshot's rows; lists of fewer than two known tracks say nothing.

        Nor do lists that a recipe fills: what this machine put together must not teach it what people do.
        """
        made = [p for p in self._playlists if p.recipe is None]
        lists = [(p, self._snapshot.rows([e.track_id for e in p.entries if e.track_id])) for p in made]
        kept = [(p.title, rows) for p, rows in lists if len(set(rows)) > 1]
        return Corpus.of(items_of(self._snapshot), [rows for _, rows in kept], [title for title, _ in kept])

    @cached_property
    def together(self) -> ContinuationModel:
        """Return how alike tracks are by the playlists that hold both: the cosine of their playlist sets."""
        if len(self.corpus.entries) <= MOST_ENTRIES:
            return LiveNeighbours(self.corpus, COSINE, "playlists")
        return self._mapped_items or ItemNeighbours.fit(self.corpus, COSINE, name="playlists")

    @cached_property
    def sound(self) -> Content:
        """Return closeness in sound."""
        n = len(self._snapshot)
        return Content(n, None if self._music is None else ViewVectors(n, self._music))

    @cached_property
    def ensemble(self) -> Ensemble:
        """Return all models of the first stage."""
        corpus = self.corpus
        items: ItemNeighbours | LiveNeighbours
        if len(corpus.entries) <= MOST_ENTRIES:
            items = LiveNeighbours(corpus, LIKENESS)
        else:
            items = self._mapped_items or ItemNeighbours.fit(corpus, LIKENESS)
        return self.over(corpus, Learned(items, self._mapped_factors))

    def over(self, corpus: Corpus, learned: Learned) -> Ensemble:
        """Return all models over some lists of this library: what it trains on is built as what it serves by."""
        named = None if self._by_title is None else ByTitle(self._by_title)
        return ensemble_of(corpus, learned, content=self.sound, named=named, embed=self._embed)

    @property
    def rankers(self) -> Rankers:
        """Return the trained orders of candidates, as far as there are some."""
        return Rankers() if self._trained is None else self._trained.rankers

    @cached_property
    def sequence(self) -> NextInSequence | None:
        """Return the trained sequence model over the snapshot's rows, if there is one."""
        if self._trained is None or self._trained.learned.sequence is None:
            return None
        return NextInSequence(self._trained.learned.sequence, len(self._snapshot), self._trained_row)

    def shared(self, row: int, seeds: Rows) -> int:
        """Return how many stored playlists hold a track together with one of the seeds."""
        holders = self.corpus.holders
        own = holders.indices[holders.indptr[row] : holders.indptr[row + 1]]
        if len(own) == 0 or len(seeds) == 0:
            return 0
        others = np.concatenate([holders.indices[holders.indptr[s] : holders.indptr[s + 1]] for s in seeds.tolist()])
        return len(np.intersect1d(own, others))

    @cached_property
    def _trained_row(self) -> Rows:
        """Return the trained models' item of each row of the snapshot, -1 for what they never saw."""
        assert self._trained is not None
        found = np.full(len(self._snapshot), -1, np.int32)
        for item, track_id in enumerate(self._trained.ids):
            if (row := self._snapshot.row_of.get(TrackId(track_id))) is not None:
                found[row] = item
        return found

    @cached_property
    def _mapped_items(self) -> ItemNeighbours | None:
        learned = None if self._trained is None else self._trained.learned.items
        if not isinstance(learned, ItemNeighbours):
            return None
        known = np.flatnonzero(self._trained_row >= 0)
        items = self._trained_row[known]
        similarity = learned.similarity[items][:, items].tocoo()
        n = len(self._snapshot)
        mapped = type(similarity)((similarity.data, (known[similarity.row], known[similarity.col])), shape=(n, n))
        return ItemNeighbours(mapped.tocsr()).folded_in(self.corpus, self._touched(), LIKENESS)

    def _touched(self) -> Rows:
        """Return the rows of lists that training did not see as they are now."""
        assert self._trained is not None
        lists = self._trained.corpus
        seen = {np.sort(lists.rows(p)).tobytes() for p in range(len(lists))}
        item = self._trained_row
        fresh = [
            rows
            for rows in (self.corpus.rows(p) for p in range(len(self.corpus)))
            if (item[rows] < 0).any() or np.sort(item[rows]).tobytes() not in seen
        ]
        return np.unique(np.concatenate(fresh)).astype(np.int32) if fresh else np.zeros(0, np.int32)

    @cached_property
    def _mapped_factors(self) -> Factors | None:
        trained = None if self._trained is None else self._trained.learned.factors
        if trained is None:
            return None
        known = self._trained_row >= 0
        factors = np.zeros((len(known), trained.items.shape[1]), np.float32)
        factors[known] = trained.items[self._trained_row[known]]
        return Factors(factors, trained.regularization, trained.alpha)


def items_of(snapshot: Snapshot) -> Items:
    """Return what a snapshot knows of its tracks: artists and albums as codes; its nameless ones are unknown."""
    return Items(
        len(snapshot),
        _codes(snapshot.artist_code, snapshot.artist_names),
        _codes(snapshot.album_code, snapshot.album_names),
    )


def _codes(codes: np.ndarray, names: Sequence[str]) -> Rows:
    nameless = [code for code, name in enumerate(names[:1]) if not name]  # sorted: "" comes first
    return np.where(np.isin(codes, nameless), -1, codes).astype(np.int32)


def seeds_of(rows: Sequence[int], title: str, weights: Sequence[float]) -> Seeds:
    """Return seeds with their weights; one that counts nothing is no seed, but stays out of the answer."""
    return Seeds(np.array(rows, np.int32), title, np.array(weights, np.float32))
