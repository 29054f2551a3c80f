"""Finding the track that somebody names, with typos and editions, or saying that it is not there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from catalog.names import fold
from catalog.values import TrackId
from retrieval.editions import strip_edition
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
    right = [r for r in snapshot.rows_of_title.get(base, ()) if _same_artist(who, snapshot.artists[r])]
    if right:
        best = max(right, key=lambda r: snapshot.titles[r] == wanted)
        return Resolved(snapshot.tracks[best].id, 100.0 if snapshot.titles[best] == wanted else 99.0)
    for like, closeness, _ in _like(snapshot, base):
        for row in snapshot.rows_of_title[like]:
            if _same_artist(who, snapshot.artists[row]):
                return Resolved(snapshot.tracks[row].id, closeness)
    return None


def _like(snapshot: Snapshot, base: str) -> list[tuple[str, float, int]]:
    """Return titles that may be the same with a typo, closest first."""
    if len(base) < _SHORT:
        return []
    found = process.extract(base, snapshot.plain_titles, scorer=fuzz.ratio, score_cutoff=SAME, limit=_LIKE_TITLES)
    # Numbers name different movements and parts, however alike the words are.
    numbers = re.findall(r"\d+", base)
    return [hit for hit in found if len(hit[0]) >= _SHORT and re.findall(r"\d+", hit[0]) == numbers]


def _same_artist(wanted: str, name: str) -> bool:
    if not wanted:
        return True
    if not name:
        return False
    return fuzz.token_set_ratio(wanted, name) >= SAME or fuzz.ratio(wanted, name) >= 80
