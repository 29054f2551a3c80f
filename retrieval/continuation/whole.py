"""A playlist as it should be as a whole: the one way by which the chat, REST and the command line reshape it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from catalog.documents import Replace
from catalog.store import Catalogue
from catalog.values import Playlist, PlaylistId, PlaylistItem, TrackId, UserId
from retrieval.constraints import Constraint
from retrieval.continuation.arcs import arc_words
from retrieval.continuation.arranging import ONCE, SORT_KEYS
from retrieval.continuation.continuer import PlaylistContinuer
from retrieval.continuation.values import ArcSpec, Arrangement, Continuation, ContinuationRequest, WholeOrder
from retrieval.errors import QueryError


@dataclass(frozen=True, slots=True)
class Reshape:
    """What a stored playlist should be like; what is left out stays as it is.

    `n` (tracks), `duration_s` (seconds) and `arc` are those of the whole list. `keep` are entries that stay even
    against a wish, by their place from 0 or by their track, and stay where they are with `in_place`; pinned entries
    always do. `user_id` is whose feedback counts.
    """

    n: int | None = None
    duration_s: float | None = None
    arc: ArcSpec | None = None
    order: WholeOrder | None = None
    descending: bool = False
    keep: tuple[int | TrackId, ...] = ()
    in_place: bool = False
    constraints: tuple[Constraint, ...] = ()
    user_id: UserId | None = None


@dataclass(frozen=True, slots=True)
class Reshaped:
    """What became of a stored playlist: `playlist` as it is stored now, `entries` as they are or would be.

    `stayed` counts entries, `went` are those that are gone, `came` those that are new. `answer` and `request` are what
    the continuer said, and what it was asked.
    """

    playlist: Playlist
    entries: tuple[PlaylistItem, ...]
    stayed: int
    went: tuple[PlaylistItem, ...]
    came: tuple[PlaylistItem, ...]
    answer: Continuation
    request: ContinuationRequest


def arrangement_of(order: WholeOrder | None, descending: bool) -> Arrangement | None:
    """Return the arrangement that an order is; None for those that depend on what fits."""
    by = next((o for o in (*SORT_KEYS, *ONCE) if o == order), None)
    return None if by is None else Arrangement(by, descending)


def reshape(
    continuer: PlaylistContinuer, request: ContinuationRequest, order: WholeOrder | None, *, descending: bool = False
) -> Continuation:
    """Return the playlist of a request as it should be as a whole; without order and arc what stays keeps its order.

    Raises:
        QueryError: nothing to go by, a number out of range, or a list too long or too full to be put in order.
    """
    fits = order if order == "best" or order == "smooth" else None
    same = order == "same" or (request.arc is None and order is None)
    arrangement = arrangement_of(order, descending)
    return continuer.reshape(replace(request, order=fits), same_order=same, arrangement=arrangement)


def reshape_playlist(
    catalogue: Catalogue,
    continuer: PlaylistContinuer,
    playlist_id: PlaylistId,
    asked: Reshape,
    *,
    dry_run: bool = False,
    expected_version: int | None = None,
    author: str | None = None,
) -> Reshaped:
    """Make a stored playlist what was asked for, as a new version; with `dry_run` only tell what that would be.

    Entries that are not in the catalogue have no length and no sound: they stay, at the end, and count for nothing. A
    track that stood there twice stands there once afterwards.

    Raises:
        NotFoundError: no such playlist.
        QueryError: nothing is asked for, or what cannot be; no track is left.
        ConflictError: the playlist is not at `expected_version`, or was changed meanwhile.
    """
    playlist = catalogue.playlists.get(playlist_id)
    _validate(playlist, asked)
    request = _request(playlist, asked)
    answer = reshape(continuer, request, asked.order, descending=asked.descending)
    if not answer.tracks:
        raise QueryError(f"No track of this catalogue holds all of that, so “{playlist.title[:80]}” stays as it was.")
    entries = _entries(playlist, answer)
    went, came = tuple(_without(playlist.entries, entries)), tuple(_without(entries, playlist.entries))
    stayed = len(entries) - len(came)
    if not dry_run:
        words = f"reshaped ({', '.join(_words(asked))}): {stayed} stayed, {len(went)} went, {len(came)} came"
        version = playlist.version if expected_version is None else expected_version
        playlist = catalogue.playlists.edit(
            playlist_id, [Replace(entries, said=words)], expected_version=version, author=author
        )
        entries = playlist.entries
    return Reshaped(playlist, entries, stayed, went, came, answer, request)


def _validate(playlist: Playlist, asked: Reshape) -> None:
    if not (asked.n or asked.duration_s or asked.arc or asked.order or asked.constraints):
        raise QueryError("Nothing is asked for; say at least one of n, duration, arc, order and wishes.")
    if asked.arc is not None and arrangement_of(asked.order, asked.descending) is not None:
        raise QueryError(f"A list cannot follow an arc and be ordered by {asked.order} at once; choose one.")
    if asked.descending and asked.order not in SORT_KEYS:
        raise QueryError(f"descending needs an order by a property; give one of {', '.join(SORT_KEYS)}.")
    if not any(e.track_id for e in playlist.entries):
        raise QueryError(f"“{playlist.title[:80]}” holds no track of this catalogue; add some first, or continue it.")


def _request(playlist: Playlist, asked: Reshape) -> ContinuationRequest:
    ids = tuple(dict.fromkeys(e.track_id for e in playlist.entries if e.track_id is not None))
    kept = tuple(dict.fromkeys(_kept(playlist, spot) for spot in asked.keep))
    pins = [e.track_id for e in playlist.entries if e.pinned and e.track_id is not None]
    places = dict.fromkeys((*pins, *(kept if asked.in_place else ())))
    return ContinuationRequest(
        track_ids=ids,
        title=playlist.title,
        n=asked.n,
        duration_s=asked.duration_s,
        constraints=asked.constraints,
        exclude=frozenset(playlist.bans),
        arc=asked.arc,
        include=tuple(i for i in kept if i not in places),
        pinned=tuple((ids.index(i) + 1, i) for i in places),
        user_id=asked.user_id,
    )


def _kept(playlist: Playlist, spot: int | TrackId) -> TrackId:
    if isinstance(spot, int):
        if not 0 <= spot < len(playlist.entries):
            raise QueryError(f"Position {spot} is out of range; the playlist has {len(playlist.entries)} entries.")
        found = playlist.entries[spot].track_id
        if found is None:
            raise QueryError(f"“{playlist.entries[spot].title[:80]}” is not in the catalogue, and stays in any case.")
        return found
    if all(e.track_id != spot for e in playlist.entries):
        raise QueryError(f"The track {spot[:64]!r} is not in this playlist; name one that is, or add it first.")
    return spot


def _entries(playlist: Playlist, answer: Continuation) -> tuple[PlaylistItem, ...]:
    """Return the entries of an answer, those that were there with their pins and words, then the wordless ones."""
    before = {e.track_id: e for e in reversed(playlist.entries)}
    fresh = ((c.track.id, PlaylistItem(c.track.id, c.track.title, c.track.artist)) for c in answer.tracks)
    named = (e for e in playlist.entries if e.track_id is None)
    return (*(before.get(i, item) for i, item in fresh), *named)


def _without(entries: Sequence[PlaylistItem], others: Sequence[PlaylistItem]) -> Iterator[PlaylistItem]:
    """Yield the entries that do not stand in the others, each as often as it stands there too seldom."""
    left = Counter(e.track_id or e for e in others)
    for entry in entries:
        key = entry.track_id or entry
        if left[key]:
            left[key] -= 1
        else:
            yield entry


def _words(asked: Reshape) -> Iterator[str]:
    if asked.n is not None:
        yield "1 track" if asked.n == 1 else f"{asked.n} tracks"
    if asked.duration_s is not None:
        yield f"{asked.duration_s / 60:.4g} minutes"
    if asked.arc is not None:
        yield f"arc {arc_words(asked.arc)}"
    if asked.order is not None:
        by = f"by {asked.order}" if asked.order in SORT_KEYS else asked.order
        yield f"{by}, descending" if asked.descending else by
    yield from (c.source_text or c.words for c in asked.constraints)
