"""Finding the track that somebody names, with typos and editions, or saying that it is not there."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from catalog.names import fold
from catalog.values import TrackId
from retrieval.editions import strip_edition
from retrieval.postings import RowArray
from retrieval.snapshot import Snapshot

SAME = 88.0
# Two short titles are alike by chance ("Sun", "Son"): below this many characters the spelling must be right.
_SHORT = 5
_LIKE_TITLES = 20


@dataclass(frozen=True, slots=True)
class Resolved:
    """A named track that exists; `certainty` in [0, 100] is the spelling's closeness."""

    track_id: TrackId
    certainty: float


def resolve(snapshot: Snapshot, title: str, artist: str | None = None) -> Resolved | None:
    """Return the track of that title (and artist, if given), or None when the catalogue does not have it.

    The spelling may be off a little, and an edition mark may be missing; another title by the same artist never counts.
    """
    wanted, base, who = fold(title), fold(strip_edition(title)), fold(artist or "")
    if not wanted:
        return None
    right = _by(snapshot, snapshot.rows_of_title(base), who)
    if right:
        best = max(right, key=lambda r: snapshot.titles[r] == wanted)
        return Resolved(TrackId(snapshot.ids[best]), 100.0 if snapshot.titles[best] == wanted else 99.0)
    for place, closeness in _like(snapshot, base):
        if rows := _by(snapshot, snapshot.plain_titles.postings.at(place), who):
            return Resolved(TrackId(snapshot.ids[rows[0]]), closeness)
    return None


def _by(snapshot: Snapshot, rows: RowArray, artist: str) -> list[int]:
    """Return the rows whose artist may be the one meant; each different artist is compared once."""
    codes = snapshot.artists.codes[rows]
    right = [c for c in np.unique(codes).tolist() if _same_artist(artist, snapshot.artists.values[c])]
    return [int(r) for r in rows[np.isin(codes, right)]]


def _like(snapshot: Snapshot, base: str) -> list[tuple[int, float]]:
    """Return (place, closeness) of the plain titles that may be the same with a typo, closest first."""
    if len(base) < _SHORT:
        return []
    titles = snapshot.plain_titles.values
    # Numbers name different movements and parts, however alike the words are.
    numbers = re.findall(r"\d+", base)
    found = [(p, score, titles[p]) for p, score in titles.near(base, SAME)[:_LIKE_TITLES]]
    return [(p, score) for p, score, title in found if len(title) >= _SHORT and re.findall(r"\d+", title) == numbers]


def _same_artist(wanted: str, name: str) -> bool:
    if not wanted:
        return True
    if not name:
        return False
    return fuzz.token_set_ratio(wanted, name) >= SAME or fuzz.ratio(wanted, name) >= 80
