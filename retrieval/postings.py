"""Which rows hold which word, and columns of names: strings stored once, rows by number."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from retrieval.strings import Strings

RowArray = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Postings:
    """For each of the sorted `values`, the ascending rows that hold it: ``rows[starts[i]:starts[i + 1]]``."""

    values: Strings
    starts: NDArray[np.int64]
    rows: RowArray

    def at(self, place: int) -> RowArray:
        """Return the rows of one value by its place."""
        return self.rows[self.starts[place] : self.starts[place + 1]]

    def of(self, value: str) -> RowArray:
        """Return the rows of a value; none where it does not occur."""
        place = self.values.find(value)
        return self.rows[:0] if place is None else self.at(place)

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and self.values.find(value) is not None

    def holds(self, row: int, value: str) -> bool:
        """Tell whether a row holds a value."""
        rows = self.of(value)
        place = int(np.searchsorted(rows, row))
        return place < len(rows) and int(rows[place]) == row

    @property
    def counts(self) -> NDArray[np.int64]:
        """Return how many rows each value has."""
        counted: NDArray[np.int64] = np.diff(self.starts)
        return counted

    def most_common(self, n: int) -> list[tuple[str, int]]:
        """Return the `n` values of most rows with their number."""
        order = np.argsort(-self.counts, kind="stable")[:n].tolist()
        return [(self.values[i], int(self.counts[i])) for i in order]


@dataclass(frozen=True, eq=False)
class Names(Sequence[str]):
    """A column of names: by row it is a sequence of strings; `codes` are the rows' places in `postings.values`."""

    postings: Postings
    codes: RowArray

    @property
    def values(self) -> Strings:
        """Return the different names, sorted."""
        return self.postings.values

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self.values[c] for c in self.codes[index].tolist()]
        return self.values[int(self.codes[index])]

    def __iter__(self) -> Iterator[str]:
        return iter(self[:])

    def most_common(self, n: int, written: Strings | None = None) -> list[tuple[str, int]]:
        """Return the `n` names of most rows with their number.

        With `written` (how each different name is written) in that form, and without the rows that have no name.
        """
        order = np.argsort(-self.postings.counts, kind="stable")[: n + 1].tolist()
        kept = [i for i in order if written is None or self.values[i]][:n]
        return [((self.values if written is None else written)[i], int(self.postings.counts[i])) for i in kept]

    def mask(self, places: Iterable[int]) -> NDArray[np.bool_]:
        """Return which rows have one of the names, given by their places."""
        wanted = np.zeros(len(self.values), np.bool_)
        wanted[list(places)] = True
        found: NDArray[np.bool_] = wanted[self.codes]
        return found


class Collector:
    """Gathers names or words row by row and lays them out at the end."""

    def __init__(self) -> None:
        self._code: defaultdict[str, int] = defaultdict()
        self._code.default_factory = self._code.__len__
        self._codes, self._rows = array("i"), array("i")

    def add_names(self, names: Iterable[str]) -> None:
        """Append one name a row."""
        self._codes.extend(map(self._code.__getitem__, names))

    def add_words(self, row: int, words: Iterable[str]) -> None:
        """Append the different words of a row."""
        before = len(self._codes)
        self._codes.extend(map(self._code.__getitem__, words))
        self._rows.extend([row] * (len(self._codes) - before))

    def names(self) -> Names:
        """Return the column of names."""
        codes = self._ranked()
        return Names(_postings(self._values, codes, np.arange(len(codes), dtype=np.int32)), codes)

    def postings(self) -> Postings:
        """Return the words with their rows."""
        return _postings(self._values, self._ranked(), np.frombuffer(self._rows, np.int32))

    @property
    def _values(self) -> list[str]:
        return sorted(self._code)

    def _ranked(self) -> RowArray:
        rank = np.empty(len(self._code), np.int32)
        rank[[self._code[v] for v in self._values]] = np.arange(len(rank), dtype=np.int32)
        codes: RowArray = rank[np.frombuffer(self._codes, np.int32)]
        return codes


def _postings(values: Sequence[str], codes: RowArray, rows: RowArray) -> Postings:
    starts = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(values)))])
    return Postings(Strings.of(values), starts.astype(np.int64), rows[np.argsort(codes, kind="stable")])
