"""The wishes that hold for a track, as a user may put them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from catalog.values import Track
from retrieval.constraints import Constraint
from retrieval.filters import compile_constraints
from retrieval.snapshot import Snapshot
from retrieval.vocabulary import load_vocabulary

# Round numbers, as people say them.
_TEMPI, _MINUTES = range(60, 200, 10), (1, 2, 3, 4, 5, 7)
_COUNTED = ("genre", "mood", "instrument")


@dataclass(frozen=True, slots=True)
class Facet:
    """A wish, the form of its phrase, and what fills it in; `concept` is to be put in the words of a language."""

    form: str
    wish: Constraint
    slots: Mapping[str, str] = field(default_factory=dict)
    concept: str | None = None
    name: str | None = None


def facets_of(snapshot: Snapshot, track: Track) -> list[Facet]:
    """Return the wishes that the track holds and that not all tracks hold, by what the snapshot knows."""
    row = snapshot.row_of[track.id]
    kept = []
    for facet in _candidates(track):
        allowed = compile_constraints(snapshot, [facet.wish]).allowed
        if allowed[row] and not allowed.all():
            kept.append(facet)
    return kept


def _candidates(track: Track) -> Iterator[Facet]:
    for concept in load_vocabulary().concepts:
        if concept.family in _COUNTED:
            yield Facet(concept.family, Constraint(concept.family, "is", concept.id), concept=concept.id)
        if concept.family == "instrument":
            yield Facet("without", Constraint("instrument", "not", concept.id), concept=concept.id)
    yield Facet("instrumental", Constraint("vocal", "is", "instrumental"))
    if track.artist:
        yield Facet("artist", Constraint("artist", "is", track.artist), name=track.artist)
    if track.year is not None:
        yield from _years(track.year)
    if track.tempo_bpm is not None:
        yield from _tempi(track.tempo_bpm)
    yield from _lengths(track.duration_s)
    if track.key is not None:
        mode = track.key.rpartition(" ")[2]
        yield Facet("key", Constraint("key", "is", track.key), {"key": track.key})
        if mode in {"major", "minor"}:
            yield Facet("mode", Constraint("key", "is", mode), {"mode": mode})
    yield Facet("commercial", Constraint("licence", "is", "commercial"))
    yield Facet("public_domain", Constraint("licence", "is", "public-domain"))


def _years(year: int) -> Iterator[Facet]:
    decade, low, high = year // 10 * 10, year - 2, year + 3
    yield Facet("decade", Constraint("year", "between", (decade, decade + 9)), {"decade": str(decade)})
    yield Facet("year_min", Constraint("year", "min", low), {"year": str(low), "before": str(low - 1)})
    yield Facet("year_max", Constraint("year", "max", high), {"year": str(high), "next": str(high + 1)})
    yield Facet("year_between", Constraint("year", "between", (low, high)), {"low": str(low), "high": str(high)})


def _tempi(bpm: float) -> Iterator[Facet]:
    below = [t for t in _TEMPI if t <= bpm]
    above = [t for t in _TEMPI if t >= bpm]
    if below:
        yield Facet("tempo_min", Constraint("tempo", "min", below[-1]), {"bpm": str(below[-1])})
    if above:
        yield Facet("tempo_max", Constraint("tempo", "max", above[0]), {"bpm": str(above[0])})


def _lengths(seconds: float) -> Iterator[Facet]:
    below = [m for m in _MINUTES if m <= math.floor(seconds / 60)]
    above = [m for m in _MINUTES if m >= seconds / 60 and m > 1]
    if below and below[-1] > 1:
        yield Facet("duration_min", Constraint("duration", "min", 60.0 * below[-1]), {"minutes": str(below[-1])})
    if above:
        yield Facet("duration_max", Constraint("duration", "max", 60.0 * above[0]), {"minutes": str(above[0])})
