"""Values of playlist continuation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from catalog.values import Track, TrackId, UserId
from retrieval.constraints import Constraint, Receipt

ArcShape = Literal["flat", "rise", "fall", "wave"]
# A course of the energy, by name or as (place, energy) points, or from one sound to another: ("sad", "happy").
ArcSpec = str | tuple[tuple[float, float], ...] | tuple[str, str]
Order = Literal["best", "smooth"]
Insertion = Literal["end", "gaps", "even"]
SortKey = Literal["energy", "tempo", "loudness", "year", "length", "key", "title", "artist"]
# Orders of a list as a whole; `shuffle` and `reverse` are those of the list as it is, and do not last.
Once = Literal["shuffle", "reverse"]
WholeOrder = Literal["best", "smooth", "same", SortKey, Once]


@dataclass(frozen=True, slots=True)
class NamedTrack:
    """A track as a playlist names it; `location` is its file there, `identifiers` are URIs, `duration_s` in seconds."""

    title: str
    artist: str | None = None
    location: str | None = None
    identifiers: tuple[str, ...] = ()
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class ContinuationRequest:
    """A playlist to go on with: tracks of the catalogue, tracks by name, a title, or several of them.

    `n` is how many to add (1 to 500; None: 10, or what `duration_s` takes), `duration_s` the target length of what is
    added, in seconds; `exclude` never comes back, nor does what is already in the playlist; `include` must be in.

    `order` is ``best`` (the most fitting first) or ``smooth`` (in playing order, from the last track on; see
    `continuation.objective`); None is smooth for lists of 4 to 100 tracks. `arc` is the course of the energy, a name
    (`ArcShape`) or drawn (place, energy) points, all in [0, 1], or two sounds that the list goes from and to; to meet
    it other tracks may be chosen. `pinned` are
    (place among what is added, from 1; track). `insert` puts what is added into the playlist: in the ``gaps`` of the
    poorest steps, or ``even``-ly spread. `seed_weights` say how much tracks of the playlist count (1 unless told, 0 not
    at all).
    `max_per_artist` gives way when the list would be short; the wish ``per_artist`` does not.

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
    include: tuple[TrackId, ...] = ()
    pinned: tuple[tuple[int, TrackId], ...] = ()
    order: Order | None = None
    arc: ArcSpec | None = None
    insert: Insertion = "end"
    seed_weights: Mapping[TrackId, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An order that does not depend on what fits: by a property of the tracks, at random, or the other way round.

    `descending` counts for properties alone: wildest, fastest, loudest, newest, longest, or Z first.
    """

    by: SortKey | Once
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Continued:
    """One track to add, its score in [0, 1] relative to the best possible, and why.

    `after` is the track of the playlist that it comes right after, where it goes inside; None: after the whole of it.
    """

    track: Track
    score: float
    why: str
    after: TrackId | None = None


@dataclass(frozen=True, slots=True)
class Continuation:
    """Tracks to add in playing order, the entries that the catalogue does not have, and a receipt a wish."""

    tracks: tuple[Continued, ...]
    unresolved: tuple[NamedTrack, ...]
    receipts: tuple[Receipt, ...] = ()
