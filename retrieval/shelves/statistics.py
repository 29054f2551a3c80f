"""What the library has, counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retrieval.shelves.browsing import FAMILIES, Facet, present
from retrieval.snapshot import Snapshot

TEMPO_STEP, YEAR_STEP = 10, 5
MOST_ARTISTS, MOST_LICENCES = 15, 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a histogram: values from `start` up to, and without, `end`."""

    start: int
    end: int
    count: int


@dataclass(frozen=True, slots=True)
class Count:
    """A name, and how many tracks have it; "" for those that have none."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts over all tracks; `hours` is their length together, `unknown_*` how many are in no bar."""

    tracks: int
    hours: float
    artists: int
    albums: int
    top_artists: tuple[Count, ...]
    licences: tuple[Count, ...]
    tempo: tuple[Bar, ...]
    unknown_tempo: int
    years: tuple[Bar, ...]
    unknown_year: int
    concepts: tuple[Facet, ...]


def count(snapshot: Snapshot) -> Statistics:
    """Count the library."""
    tempo, unknown_tempo = _histogram(snapshot.numbers["tempo"], TEMPO_STEP)
    years, unknown_year = _histogram(snapshot.numbers["year"], YEAR_STEP)
    concepts = [
        Facet(c.family, c.id, int(np.count_nonzero(present(snapshot, c.id))))
        for c in snapshot.vocabulary.concepts
        if c.family in FAMILIES
    ]
    return Statistics(
        tracks=len(snapshot),
        hours=round(float(np.nansum(snapshot.numbers["duration"].astype(np.float64))) / 3600, 2),
        artists=sum(bool(name) for name in snapshot.artists.values),
        albums=sum(bool(name) for name in snapshot.albums.values),
        top_artists=tuple(
            Count(name, n) for name, n in snapshot.artists.most_common(MOST_ARTISTS, snapshot.written_artists)
        ),
        licences=tuple(Count(name, n) for name, n in snapshot.licences.most_common(MOST_LICENCES)),
        tempo=tempo,
        unknown_tempo=unknown_tempo,
        years=years,
        unknown_year=unknown_year,
        concepts=tuple(sorted((f for f in concepts if f.count), key=lambda f: (f.family, -f.count))),
    )


def _histogram(column: np.ndarray, step: int) -> tuple[tuple[Bar, ...], int]:
    known = column[np.isfinite(column)]
    if not len(known):
        return (), len(column)
    first = int(np.floor(known.min() / step))
    counts = np.bincount((np.floor(known / step) - first).astype(np.int64))
    bars = tuple(Bar((first + n) * step, (first + n + 1) * step, int(c)) for n, c in enumerate(counts))
    return bars, len(column) - len(known)
