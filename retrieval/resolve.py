"""Finding the track that somebody names, with typos and editions, or saying that it is not there."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from catalog.names import fold
from catalog.values import TrackId
from retrieval.editions import edition_of, read_edition, strip_edition
from retrieval.postings import RowArray
from retrieval.snapshot import Snapshot

SAME = 88.0
# Two short titles are alike by chance ("Sun", "Son"): below this many characters the spelling must be right.
_SHORT = 5
_LIKE_TITLES = 20
# A title of more tracks is no name any more ("Intro").
MAX_EDITIONS = 50


@dataclass(frozen=True, slots=True)
class Resolved:
    """A named track that exists; `certainty` in [0, 100] is the spelling's closeness.

    `editions` are its other editions here (live, remaster, remix, ...); `missing` the kinds of edition that were asked
    for and are not among them.
    """

    track_id: TrackId
    certainty: float
    editions: tuple[TrackId, ...] = ()
    missing: frozenset[str] = frozenset()


def resolve(snapshot: Snapshot, title: str, artist: str | None = None) -> Resolved | None:
    """Return the track of that title (and artist, if given), or None when the catalogue does not have it.

    The spelling may be off a little, and an edition mark may be missing; another title by the same artist never counts.
    """
    named, kinds = read_edition(title)
    wanted, base, who = fold(named), fold(strip_edition(named)), fold(artist or "")
    if not wanted:
        return None
    right = _by(snapshot, snapshot.rows_of_title(base), who)
    if right:
        return _edition(snapshot, right, wanted, kinds, 99.0)
    for place, closeness in _like(snapshot, base):
        if rows := _by(snapshot, snapshot.plain_titles.postings.at(place), who):
            return _edition(snapshot, rows, wanted, kinds, closeness)
    return None


def _edition(snapshot: Snapshot, rows: list[int], wanted: str, kinds: frozenset[str], closeness: float) -> Resolved:
    """Return the edition that was asked for, or else the plainest, with the others by the same artist."""
    tracks = dict(zip(rows, snapshot.tracks_at(rows[:MAX_EDITIONS]), strict=False))
    marks = {row: edition_of(track.title) for row, track in tracks.items()}

    def merit(row: int) -> tuple[int, bool, int]:
        return len(kinds & marks[row]), snapshot.titles[row] == wanted, -len(marks[row] - kinds)

    best = max(tracks, key=merit)
    others = [r for r in tracks if r != best and snapshot.artist_code[r] == snapshot.artist_code[best]]
    return Resolved(
        TrackId(snapshot.ids[best]),
        100.0 if snapshot.titles[best] == wanted else closeness,
        tuple(TrackId(snapshot.ids[r]) for r in others),
        kinds - marks[best],
    )


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
