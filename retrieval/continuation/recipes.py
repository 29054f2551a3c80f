"""Stored playlists meet the continuer: going on with one, and refreshing a standing one by its recipe.

A recipe is a `ContinuationRequest` as a JSON text; the catalogue keeps it without looking into it.
"""

from __future__ import annotations

import json
from dataclasses import replace

from pydantic import TypeAdapter, ValidationError

from catalog.documents import Refresh
from catalog.store import Catalogue
from catalog.values import Playlist, PlaylistId, PlaylistItem
from retrieval.continuation.asking import DEFAULT_N
from retrieval.continuation.continuer import PlaylistContinuer
from retrieval.continuation.values import Continuation, ContinuationRequest, NamedTrack
from retrieval.errors import QueryError

_RECIPE = TypeAdapter(ContinuationRequest)


def write_recipe(request: ContinuationRequest) -> str:
    """Return a request as the text of a recipe; what is left at its default is left out."""
    told = _RECIPE.dump_python(request, mode="json", exclude_defaults=True)
    if "exclude" in told:
        # A set has no order; the same recipe is the same text.
        told["exclude"].sort()
    return json.dumps(told, ensure_ascii=False)


def read_recipe(text: str) -> ContinuationRequest:
    """Return the request of a recipe; QueryError where the text is none."""
    try:
        return _RECIPE.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the text"
        raise QueryError(
            f"The recipe cannot be read ({place}: {first['msg']}); give the playlist a new one."
        ) from error


def going_on(playlist: Playlist, request: ContinuationRequest) -> ContinuationRequest:
    """Return a request that goes on with a stored playlist: its entries lead, its bans stay out, its title speaks."""
    names = tuple(NamedTrack(e.title, e.artist) for e in playlist.entries if e.track_id is None)
    return replace(
        request,
        track_ids=(*(e.track_id for e in playlist.entries if e.track_id is not None), *request.track_ids),
        tracks=(*names, *request.tracks),
        title=request.title or playlist.title,
        exclude=request.exclude | frozenset(playlist.bans),
    )


def refresh(
    catalogue: Catalogue,
    continuer: PlaylistContinuer,
    playlist_id: PlaylistId,
    *,
    expected_version: int | None = None,
    author: str | None = None,
) -> tuple[Playlist, Continuation]:
    """Fill a standing playlist anew by its recipe and return it with what the continuer said.

    `n` and `duration_s` of the recipe are those of the whole list, pinned entries included. A recipe with nothing to go
    by takes the pinned entries, or else the playlist's title.

    Raises:
        NotFoundError: no such playlist.
        QueryError: it has no recipe, or one that cannot be carried out.
        ConflictError: the playlist is not at `expected_version`.
    """
    playlist = catalogue.playlists.get(playlist_id)
    if playlist.recipe is None:
        raise QueryError(f"“{playlist.title[:80]}” has no recipe to refresh it by; give it one first.")
    asked = _without_pins(catalogue, playlist, read_recipe(playlist.recipe))
    answer = Continuation((), ()) if asked is None else continuer.continue_playlist(asked)
    found = tuple(PlaylistItem(c.track.id, c.track.title, c.track.artist) for c in answer.tracks)
    edited = catalogue.playlists.edit(playlist_id, [Refresh(found)], expected_version=expected_version, author=author)
    return edited, answer


def _without_pins(catalogue: Catalogue, playlist: Playlist, recipe: ContinuationRequest) -> ContinuationRequest | None:
    """Return the request for what the pinned entries leave open; None where they leave nothing."""
    pins = tuple(e.track_id for e in playlist.entries if e.pinned and e.track_id is not None)
    pinned = sum(e.pinned for e in playlist.entries)
    n, left_s = recipe.n, recipe.duration_s
    if left_s is not None:
        lengths = {t.id: t.duration_s for t in catalogue.library.get_many(pins)}
        left_s -= sum(lengths.get(i, 0.0) for i in pins)
    if n is not None or left_s is None:
        n = (n or DEFAULT_N) - pinned
    if (n is not None and n < 1) or (left_s is not None and left_s < 1):
        return None
    asked = replace(recipe, n=n, duration_s=left_s, exclude=recipe.exclude | frozenset((*playlist.bans, *pins)))
    if not (asked.track_ids or asked.tracks or asked.title or asked.liked or asked.user_id):
        asked = replace(asked, track_ids=pins, title="" if pins else playlist.title)
    return asked
