"""Parts of a snapshot that are read on demand: tracks by row, rows by id, names as they are written."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import overload

from catalog.values import Track, TrackId
from retrieval.postings import Names
from retrieval.strings import Strings

Fetch = Callable[[Sequence[TrackId]], list[Track]]
_KEPT_TRACKS = 4_096
# The rapidfuzz ratio of a name with one letter too many or too few in eight or more.
_SLIP = 93.0


class Tracks(Sequence[Track]):
    """The tracks by row, read when they are asked for; the last few thousand are kept.

    Args:
        ids: the tracks' ids by row.
        fetch: returns those of the ids that exist.
    """

    def __init__(self, ids: Names, fetch: Fetch) -> None:
        self._ids, self._fetch = ids, fetch
        self._kept: OrderedDict[int, Track] = OrderedDict()
        self._lock = threading.Lock()

    def at(self, rows: Sequence[int]) -> list[Track]:
        """Return the tracks of rows, in their order; one that was removed a moment ago has nothing but its id."""
        with self._lock:
            found = {r: self._kept[r] for r in rows if r in self._kept}
        missing = {TrackId(self._ids[r]): r for r in rows if r not in found}
        fetched = {missing[t.id]: t for t in self._fetch(list(missing))} if missing else {}
        with self._lock:
            self._kept.update(fetched)
            while len(self._kept) > _KEPT_TRACKS:
                self._kept.popitem(last=False)
        found |= fetched
        return [found[r] if r in found else _removed(TrackId(self._ids[r])) for r in rows]

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, index: int) -> Track: ...
    @overload
    def __getitem__(self, index: slice) -> list[Track]: ...
    def __getitem__(self, index: int | slice) -> Track | list[Track]:
        rows = range(len(self))[index]
        return self.at(rows) if isinstance(rows, range) else self.at([rows])[0]

    def __iter__(self) -> Iterator[Track]:
        for start in range(0, len(self), _KEPT_TRACKS // 4):
            yield from self[start : start + _KEPT_TRACKS // 4]


class RowOf(Mapping[TrackId, int]):
    """The row of each track id."""

    def __init__(self, ids: Names) -> None:
        self._ids = ids

    def __getitem__(self, track_id: TrackId) -> int:
        rows = self._ids.postings.of(track_id)
        if len(rows) == 0:
            raise KeyError(track_id)
        return int(rows[0])

    def __iter__(self) -> Iterator[TrackId]:
        return (TrackId(i) for i in self._ids)

    def __len__(self) -> int:
        return len(self._ids)


class KnownNames(Mapping[str, str]):
    """Folded names and how they are written first; names that only stand in credits are known, but not counted."""

    def __init__(self, folded: Strings, written: Strings, credited: Mapping[str, str]) -> None:
        self._folded, self._written, self._credited = folded, written, credited
        self._has_blank = folded.find("") is not None

    def __getitem__(self, name: str) -> str:
        place = self._folded.find(name) if name else None
        return self._credited[name] if place is None else self._written[place]

    def near(self, name: str) -> str | None:
        """Return the artist whose folded name differs from `name` by a slip or a space at most, as it is written."""
        close = self._folded.near(name, _SLIP)
        return self._written[close[0][0]] if close else None

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._folded if name)

    def __len__(self) -> int:
        return len(self._folded) - self._has_blank


def _removed(track_id: TrackId) -> Track:
    return Track(track_id, "(removed)", None, None, None, 0.0, None, "unknown", None, "unknown", "")
