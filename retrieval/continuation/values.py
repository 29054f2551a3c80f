"""Values of playlist continuation."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.values import Track, TrackId, UserId
from retrieval.constraints import Constraint, Receipt


@dataclass(frozen=True, slots=True)
class NamedTrack:
    """A track as a playlist names it."""

    title: str
    artist: str | None = None


@dataclass(frozen=True, slots=True)
class ContinuationRequest:
    """A playlist to go on with: tracks of the catalogue, tracks by name, a title, or several of them.

    `n` is how many to add (1 to 500; None: 10, or what `duration_s` takes), `duration_s` the target length of what is
    added, in seconds; `exclude` never comes back, nor does what is already in the playlist.

    `liked` pulls what is added, `skipped` and `disliked` push it away, and what is disliked never comes back; so does
    what `user_id` said in any conversation. Where nothing else is given, what is liked is gone on with.
    """

    track_ids: tuple[TrackId, ...] = ()
    tracks: tuple[NamedTrack, ...] = ()
    title: str = ""
    n: int | None = None
    exclude: frozenset[TrackId] = frozenset()
    duration_s: float | None = None
    constraints: tuple[Constraint, ...] = ()
    max_per_artist: int | None = 3
    liked: tuple[TrackId, ...] = ()
    disliked: tuple[TrackId, ...] = ()
    skipped: tuple[TrackId, ...] = ()
    user_id: UserId | None = None


@dataclass(frozen=True, slots=True)
class Continued:
    """One track to add, its score in [0, 1] relative to the best possible, and why."""

    track: Track
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Continuation:
    """Tracks to add in playing order, the entries that the catalogue does not have, and a receipt a wish."""

    tracks: tuple[Continued, ...]
    unresolved: tuple[NamedTrack, ...]
    receipts: tuple[Receipt, ...] = ()
