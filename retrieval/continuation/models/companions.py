"""Artists and albums of the seeds, and artists that stand in lists with them: says something of items no list holds."""

from __future__ import annotations

import numpy as np

from retrieval.continuation.corpus import Corpus, FloatArray, Items, Rows, Seeds
from retrieval.continuation.models.items import MOST_ENTRIES, ItemNeighbours, Likeness, LiveNeighbours

_ARTISTS = Likeness(alpha=0.5, shrink=3.0)


def familiarity_of(corpus: Corpus) -> FloatArray:
    """Return ``(n,)`` in [0, 1] how well known each item is: the lists that hold it, or what others say of it."""
    known = np.log1p(corpus.counts) / np.log1p(max(float(corpus.counts.max(initial=0)), 1.0))
    given = corpus.items.popularity
    familiarity: FloatArray = (known if given is None else np.maximum(known, 0.5 * given)).astype(np.float32)
    return familiarity


class SameGroup:
    """Scores items of the seeds' groups (artists, albums) by the groups' share of the seeds, better known first."""

    def __init__(self, name: str, codes: Rows, familiarity: FloatArray) -> None:
        self.name = name
        self._codes = codes
        self._groups = int(codes.max(initial=-1)) + 1
        self._familiarity = 0.5 + 0.5 * within(codes, familiarity)

    def score(self, seeds: Seeds) -> FloatArray:
        """Return the share of the seeds that are of an item's group."""
        codes = self._codes[seeds.rows]
        share = np.bincount(codes[codes >= 0], weights=seeds.weight[codes >= 0], minlength=self._groups + 1)
        # The last place is asked for by code -1 and stays 0.
        return (share.astype(np.float32)[self._codes] * self._familiarity).astype(np.float32)


class NearArtists:
    """Scores items by artists that stand in lists with the seeds' artists; within one, better known items first."""

    name = "near artists"

    def __init__(self, corpus: Corpus, familiarity: FloatArray) -> None:
        items = corpus.items
        self._codes = items.artists
        groups = int(items.artists.max(initial=-1)) + 1
        of_lists = [items.artists[corpus.rows(p)] for p in range(len(corpus))]
        by_artist = Corpus.of(Items.nameless(groups), [codes[codes >= 0].tolist() for codes in of_lists])
        live = len(by_artist.entries) <= MOST_ENTRIES
        self._near = LiveNeighbours(by_artist, _ARTISTS) if live else ItemNeighbours.fit(by_artist, _ARTISTS, 100)
        self._familiarity = 0.3 + 0.7 * within(items.artists, familiarity)

    def score(self, seeds: Seeds) -> FloatArray:
        """Return the nearness of an item's artist to those of the seeds."""
        codes = self._codes[seeds.rows]
        known = codes >= 0
        if not known.any():
            return np.zeros(len(self._codes), np.float32)
        near = self._near.score(Seeds(codes[known], weights=seeds.weight[known]))
        return (np.append(near, np.float32(0))[self._codes] * self._familiarity).astype(np.float32)


def within(codes: Rows, values: FloatArray) -> FloatArray:
    """Return `values` as parts of the largest of their group."""
    largest = np.zeros(int(codes.max(initial=-1)) + 2, np.float32)
    np.maximum.at(largest, codes, values)
    return (values / np.maximum(largest[codes], 1e-9)).astype(np.float32)
