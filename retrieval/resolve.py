"""Finding the track that somebody names, with typos and editions, or saying that it is not there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from catalog.names import fold
from catalog.values import TrackId
from retrieval.snapshot import Snapshot

_EDITION = re.compile(
    r"[\(\[][^)\]]*\b(live|remaster(?:ed)?|remix|edit|version|mono|stereo|demo|acoustic|mix|deluxe)\b[^)\]]*[\)\]]|"
    r"\s-\s.*\b(live|remaster(?:ed)?|remix|version|edit)\b.*$|\b(feat|ft)\.?\s.*$",
    re.IGNORECASE,
)
SAME = 88.0


@dataclass(frozen=True, slots=True)
class Resolved:
    """A named track that exists; `certainty` in [0, 100] is the spelling's closeness."""

    track_id: TrackId
    certainty: float


def strip_edition(title: str) -> str:
    """Return a title without "(live)", "- 2011 Remaster" and the like."""
    return _EDITION.sub("", title).strip() or title


def resolve(snapshot: Snapshot, title: str, artist: str | None = None) -> Resolved | None:
    """Return the track of that title (and artist, if given), or None when the catalogue does not have it.

    The spelling may be off a little, and an edition mark may be missing; another title by the same artist never counts.
    """
    wanted, base = fold(title), fold(strip_edition(title))
    if not wanted:
        return None
    who = fold(artist or "")
    best: Resolved | None = None
    for row, name in enumerate(snapshot.titles):
        if not name:
            continue
        closeness = 100.0 if name == wanted else _title_closeness(base, name)
        if closeness < SAME or not _same_artist(who, snapshot.artists[row]):
            continue
        if best is None or closeness > best.certainty:
            best = Resolved(snapshot.tracks[row].id, closeness)
    return best


def _title_closeness(base: str, name: str) -> float:
    plain = fold(strip_edition(name))
    if base == plain:
        return 99.0
    # Two short words are alike by chance ("Sun", "Son"): the shorter, the stricter.
    if min(len(base), len(plain)) < 5:
        return 0.0
    # Numbers name different movements and parts, however alike the words are.
    if re.findall(r"\d+", base) != re.findall(r"\d+", plain):
        return 0.0
    return float(fuzz.ratio(base, plain))


def _same_artist(wanted: str, name: str) -> bool:
    if not wanted:
        return True
    if not name:
        return False
    return fuzz.token_set_ratio(wanted, name) >= SAME or fuzz.ratio(wanted, name) >= 80
