"""Many short strings as two arrays: a tenth of the memory of Python strings, found by bisection, typos included."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

_CLASSES = 32
_BLOCK = 50_000


class Strings(Sequence[str]):
    """A fixed sequence of strings in UTF-8 between line feeds; `find` takes them for sorted and different.

    Args:
        data: the strings, each with a line feed before it, and one at the end.
        offsets: where each begins, and one past the end, ``(n + 1,)``.
        marks: a signature of each string's characters, ``(n,)``; see `_marks`.
        lengths: their characters, ``(n,)``.
    """

    def __init__(
        self, data: bytes, offsets: NDArray[np.int64], marks: NDArray[np.uint64], lengths: NDArray[np.int32]
    ) -> None:
        self.data, self.offsets, self.marks, self.lengths = data, offsets, marks, lengths

    @classmethod
    def of(cls, values: Iterable[str]) -> Strings:
        """Pack strings in their order."""
        encoded = [v.encode("utf-8", "replace") for v in values]
        data = b"\n" + b"".join(e + b"\n" for e in encoded)
        sizes = np.fromiter(map(len, encoded), np.int64, len(encoded))
        offsets = np.concatenate([[1], 1 + np.cumsum(sizes + 1)])
        return cls(data, offsets, *_marks(np.frombuffer(data, np.uint8), offsets))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        return self.data[self.offsets[index] : self.offsets[index + 1] - 1].decode("utf-8")

    def find(self, value: str) -> int | None:
        """Return where a string stands, or None."""
        place = bisect_left(self, value)
        return place if place < len(self) and self[place] == value else None

    def near(self, value: str, cutoff: float) -> list[tuple[int, float]]:
        """Return (place, ratio) of the strings whose rapidfuzz ratio with `value` is `cutoff` (0 to 100) or better.

        Closest first, then in order. Exact: a signature leaves out only what cannot reach the cutoff, since every
        character that is put in or taken out changes at most one of its bits.
        """
        if not value or not len(self):
            return []
        wanted = Strings.of([value])
        apart = (1 - cutoff / 100) * (self.lengths + len(value)) + 1e-6
        possible = np.bitwise_count(self.marks ^ wanted.marks[0]) <= apart
        possible &= np.abs(self.lengths - len(value)) <= apart
        places = np.flatnonzero(possible).tolist()
        choices = [self[p] for p in places]
        hits = process.extract(value, choices, scorer=fuzz.ratio, score_cutoff=cutoff, limit=None)
        return sorted(((places[i], score) for _, score, i in hits), key=lambda hit: (-hit[1], hit[0]))

    def holding(self, phrase: str) -> NDArray[np.int64]:
        """Return where `phrase` stands as whole words, ascending."""
        wanted = phrase.encode("utf-8", "replace")
        hits, start = [], self.data.find(wanted) if wanted else -1
        while start >= 0:
            ends = self.data[start - 1 : start], self.data[start + len(wanted) : start + len(wanted) + 1]
            if ends[0] in {b" ", b"\n"} and ends[1] in {b" ", b"\n"}:
                hits.append(start)
            start = self.data.find(wanted, start + 1)
        found: NDArray[np.int64] = np.unique(np.searchsorted(self.offsets, np.array(hits, np.int64), "right") - 1)
        return found


def _marks(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Return each string's signature and its number of characters.

    Characters fall into 32 classes by their first byte; bit c is set when class c occurs, bit 32 + c when twice.
    """
    n = len(offsets) - 1
    marks, lengths = np.zeros(n, np.uint64), np.zeros(n, np.int32)
    bits = np.uint64(1) << np.arange(2 * _CLASSES, dtype=np.uint64)
    for start in range(0, n, _BLOCK):
        stop = min(n, start + _BLOCK)
        part = data[offsets[start] : offsets[stop]]
        owner = np.repeat(np.arange(stop - start), np.diff(offsets[start : stop + 1]))
        # A character's first byte stands for it; the separator is none.
        first = ((part & 0xC0) != 0x80) & (part != 10)
        cells = owner[first] * _CLASSES + (part[first] % _CLASSES)
        counts = np.bincount(cells, minlength=(stop - start) * _CLASSES).reshape(-1, _CLASSES)
        marks[start:stop] = np.hstack([counts >= 1, counts >= 2]) @ bits
        lengths[start:stop] = counts.sum(axis=1)
    return marks, lengths
