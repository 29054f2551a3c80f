"""Browsing the library: all that holds the filters, sorted, page by page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.names import fold
from catalog.values import TrackId
from retrieval.constraints import Constraint
from retrieval.errors import QueryError
from retrieval.filters import PRESENT, compile_constraints
from retrieval.snapshot import BoolArray, Snapshot

SORTS = ("title", "artist", "album", "year", "tempo", "duration")
FAMILIES = ("genre", "mood", "instrument")
RowsArray = NDArray[np.int64]
_CURSOR = re.compile(r"(\d{1,9})\.(.{0,64})")


@dataclass(frozen=True, slots=True)
class Facet:
    """A concept of a family (genre, mood, instrument), and how many of the found tracks have it."""

    family: str
    concept: str
    count: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """A page: its tracks in order, how many there are in all, where the next page begins (None: this was the last)."""

    ids: tuple[TrackId, ...]
    total: int
    cursor: str | None
    facets: tuple[Facet, ...]


def browse(
    snapshot: Snapshot,
    constraints: Sequence[Constraint] = (),
    named: Sequence[TrackId] | None = None,
    sort: str = "title",
    cursor: str | None = None,
    limit: int = 50,
) -> Shelf:
    """Return a page of the tracks that hold all constraints.

    Args:
        snapshot: the library.
        constraints: hard ones.
        named: the tracks that a search for words left; None: no words were asked for.
        sort: one of `SORTS`; a minus in front turns it round. What is not known comes last.
        cursor: where the page before ended.
        limit: tracks of a page.

    Raises:
        QueryError: another sort, or no cursor of ours.
    """
    mask = compile_constraints(snapshot, constraints).allowed
    if named is not None:
        found = np.zeros(len(snapshot), np.bool_)
        found[snapshot.rows(named)] = True
        mask = mask & found
    rows = _sorted(snapshot, np.flatnonzero(mask), sort)
    start = 0 if cursor is None else _place_after(snapshot, rows, cursor)
    page = rows[start : start + limit]
    ids = tuple(TrackId(snapshot.ids[int(row)]) for row in page)
    end = start + len(page)
    following = f"{end}.{ids[-1]}" if ids and end < len(rows) else None
    return Shelf(ids, len(rows), following, _facets(snapshot, mask))


def present(snapshot: Snapshot, concept_id: str) -> BoolArray:
    """Return which rows clearly have a concept, by what was heard or written."""
    mask: BoolArray = snapshot.column(concept_id) >= PRESENT
    mask[snapshot.tags.of(fold(concept_id))] = True
    return mask


def _sorted(snapshot: Snapshot, rows: RowsArray, sort: str) -> RowsArray:
    name = sort.removeprefix("-")
    if name not in SORTS:
        raise QueryError(
            f"sort is {sort[:40]!r}; give one of {', '.join(SORTS)}, with a minus for the other way round."
        )
    sign = -1 if sort.startswith("-") else 1
    key: NDArray[np.float64]
    if name in snapshot.numbers:
        key = snapshot.numbers[name][rows].astype(np.float64)
    else:
        # Names are numbered in their order; 0 may be the one of those that have none.
        names = {"title": snapshot.titles, "artist": snapshot.artists, "album": snapshot.albums}[name]
        key = names.codes[rows].astype(np.float64)
        if len(names.values) and not names.values[0]:
            key[key == 0] = np.nan
    order: RowsArray = rows[np.lexsort((snapshot.titles.codes[rows], np.nan_to_num(sign * key, nan=np.inf)))]
    return order


def _place_after(snapshot: Snapshot, rows: RowsArray, cursor: str) -> int:
    """Return where a page goes on: after the track that ended the last one, wherever that stands now."""
    read = _CURSOR.fullmatch(cursor)
    if read is None:
        raise QueryError(f"The cursor {cursor[:40]!r} is none of this library; ask without one for the first page.")
    place, row = int(read[1]), snapshot.row_of.get(TrackId(read[2]))
    found = [] if row is None else np.flatnonzero(rows == row).tolist()
    return int(found[0]) + 1 if found else place


def _facets(snapshot: Snapshot, mask: BoolArray) -> tuple[Facet, ...]:
    counted = [
        Facet(c.family, c.id, int(np.count_nonzero(mask & present(snapshot, c.id))))
        for c in snapshot.vocabulary.concepts
        if c.family in FAMILIES
    ]
    return tuple(sorted((f for f in counted if f.count), key=lambda f: (f.family, -f.count, f.concept)))
