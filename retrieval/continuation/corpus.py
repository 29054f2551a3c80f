"""Playlists as numbers: lists of rows over a vocabulary of items, what is known of the items, and what is asked.

Conventions: an item is a row ``0 .. n - 1`` of a vocabulary; whoever builds a `Corpus` keeps the ids beside it. Lists
are kept in playing order, an item at most once in each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

FloatArray = NDArray[np.float32]
Rows = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Items:
    """What is known of the `n` items whether or not a list holds them.

    `artists` and `albums` ``(n,)`` int32 are codes, -1 where unknown; `names` are texts such as title, artist and album
    (empty: none); `vectors` ``(n, d)`` float32 have length 1, or 0 where there is none; `popularity` ``(n,)`` is what
    others say of how well known an item is, in [0, 1], 0 where nobody does.
    """

    n: int
    artists: Rows
    albums: Rows
    names: Sequence[str] = ()
    vectors: FloatArray | None = None
    popularity: FloatArray | None = None

    @classmethod
    def nameless(cls, n: int) -> Items:
        """Return items of which nothing is known."""
        unknown = np.full(n, -1, np.int32)
        return cls(n, unknown, unknown)


@dataclass(frozen=True, eq=False)
class Seeds:
    """What a list to be continued has so far: its `rows` in playing order, a `title`, and how much each row counts."""

    rows: Rows
    title: str = ""
    weights: FloatArray | None = None

    @classmethod
    def of(cls, rows: Iterable[int], title: str = "") -> Seeds:
        """Return the seeds of some rows, each counted once."""
        return cls(np.array(list(dict.fromkeys(rows)), np.int32), title)

    @property
    def weight(self) -> FloatArray:
        """Return ``(len(rows),)`` weights that add up to 1."""
        given = np.ones(len(self.rows), np.float32) if self.weights is None else np.maximum(self.weights, 0)
        total = float(given.sum())
        return (given / np.float32(max(total, 1e-12))).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Corpus:
    """Lists over a vocabulary: list ``p`` is ``entries[offsets[p]:offsets[p + 1]]``; `titles` are as many as lists."""

    items: Items
    offsets: NDArray[np.int64]
    entries: Rows
    titles: Sequence[str] = field(default_factory=tuple)

    @classmethod
    def of(cls, items: Items, lists: Iterable[Sequence[int]], titles: Sequence[str] = ()) -> Corpus:
        """Return the corpus of lists of rows; what a list holds twice counts once."""
        kept = [np.array(list(dict.fromkeys(rows)), np.int32) for rows in lists]
        offsets = np.concatenate([[0], np.cumsum([len(rows) for rows in kept])]).astype(np.int64)
        entries = np.concatenate(kept) if kept else np.zeros(0, np.int32)
        return cls(items, offsets, entries, tuple(titles) or ("",) * len(kept))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def rows(self, p: int) -> Rows:
        """Return the rows of one list in playing order."""
        return self.entries[self.offsets[p] : self.offsets[p + 1]]

    def subset(self, places: Sequence[int] | NDArray[np.int64]) -> Corpus:
        """Return the corpus of some of the lists over the same items."""
        return Corpus.of(
            self.items, [self.rows(int(p)).tolist() for p in places], [self.titles[int(p)] for p in places]
        )

    def with_lists(self, lists: Sequence[Sequence[int]], titles: Sequence[str]) -> Corpus:
        """Return the corpus with more lists at its end."""
        more = Corpus.of(self.items, lists, titles)
        return Corpus(
            self.items,
            np.concatenate([self.offsets, self.offsets[-1] + more.offsets[1:]]),
            np.concatenate([self.entries, more.entries]),
            (*self.titles, *more.titles),
        )

    @cached_property
    def matrix(self) -> csr_matrix:
        """Return lists x items, float32, 1 where a list holds an item."""
        ones = np.ones(len(self.entries), np.float32)
        # Libraries sort a matrix' indices in place; over the entries themselves that would lose the playing order.
        return csr_matrix((ones, self.entries.copy(), self.offsets), shape=(len(self), self.items.n))

    @cached_property
    def holders(self) -> csr_matrix:
        """Return items x lists, float32: which lists hold an item."""
        return self.matrix.T.tocsr()

    @cached_property
    def counts(self) -> FloatArray:
        """Return ``(n,)`` how many lists hold each item."""
        return np.bincount(self.entries, minlength=self.items.n).astype(np.float32)
