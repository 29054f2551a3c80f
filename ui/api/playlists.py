"""Stored playlists over REST: documents with versions, entity tags and idempotency keys."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from catalog.documents import Operation, Rename, Replace, UseRecipe
from catalog.values import Playlist, PlaylistId
from retrieval.continuation.recipes import refresh
from retrieval.continuation.similar import called, similar
from ui.api import playlist_shapes as shapes
from ui.api import schemas
from ui.api.etags import IfMatch, IfNoneMatch, etag_of, expected_version, is_known
from ui.api.idempotency import Answer, Keyed
from ui.api.parts import Parts
from ui.api.reshaping import ReshapeBody, reshaped, reshaped_shape
from ui.api.spoken import Spoken, put
from ui.compose import App

router = APIRouter(prefix="/v1/playlists", tags=["playlists"])
Limit = Annotated[int, Query(ge=1, le=200)]
Offset = Annotated[int, Query(ge=0, le=1_000_000_000)]


@router.get("")
def playlists(parts: Parts, limit: Limit = 50, offset: Offset = 0) -> dict[str, Any]:
    """List the stored playlists without their entries, the last changed first; `next` is the next page or null."""
    found, total = parts.catalogue.playlists.page(limit, offset)
    listed = [shapes.summary_shape(p) for p in found]
    return {"playlists": listed, "total": total, "next": _next("/v1/playlists", limit, offset, total)}


@router.post("", status_code=201)
def create(body: shapes.PlaylistBody, parts: Parts, once: Keyed) -> Response:
    """Store a playlist, as its version 1."""

    def make() -> Answer:
        kept = parts.catalogue.playlists
        stored = kept.create(
            body.title,
            body.items(kept),
            body.description,
            bans=schemas.ids(body.bans),
            recipe=body.recipe_text(),
            author=body.author,
        )
        return _answer(stored, 201)

    return once.answer(body.model_dump_json(), make).response()


@router.get("/search")
def search(
    parts: Parts,
    query: Annotated[str, Query(min_length=1, max_length=200)],
    n: Annotated[int, Query(ge=1, le=100)] = 10,
) -> dict[str, Any]:
    """Find stored playlists by what they are called, spelling aside."""
    return {"playlists": [asdict(found) for found in called(parts.catalogue.playlists.all(), query, n)]}


@router.get("/{playlist_id}/similar")
def alike(playlist_id: str, parts: Parts, n: Annotated[int, Query(ge=1, le=100)] = 10) -> dict[str, Any]:
    """Return the stored playlists that are most like this one, nearest first."""
    stored = _get(parts, playlist_id)
    found = similar(parts.engine.state, parts.catalogue.playlists.all(), stored.id, n)
    return {"playlists": [asdict(neighbour) for neighbour in found]}


@router.get("/{playlist_id}")
def playlist(playlist_id: str, parts: Parts, if_none_match: IfNoneMatch = None) -> Response:
    """Return a stored playlist with its ETag; 304 where ``If-None-Match`` has it."""
    stored = _get(parts, playlist_id)
    if is_known(if_none_match, etag_of(stored)):
        return Response(status_code=304, headers={"ETag": etag_of(stored)})
    return _answer(stored).response()


@router.put("/{playlist_id}")
def replace(playlist_id: str, body: shapes.PlaylistBody, parts: Parts, if_match: IfMatch = None) -> Response:
    """Put another content in the place of the whole playlist."""
    expected = expected_version(if_match, _get(parts, playlist_id))
    kept = parts.catalogue.playlists
    changes: list[Operation] = [
        Rename(body.title, body.description),
        Replace(body.items(kept), schemas.ids(body.bans)),
        UseRecipe(body.recipe_text()),
    ]
    return _answer(
        kept.edit(PlaylistId(playlist_id), changes, expected_version=expected, author=body.author)
    ).response()


@router.patch("/{playlist_id}")
def change(playlist_id: str, body: shapes.PatchBody, parts: Parts, if_match: IfMatch = None) -> Response:
    """Make some changes, all of them one version, or none."""
    expected = expected_version(if_match, _get(parts, playlist_id))
    kept = parts.catalogue.playlists
    edited = kept.edit(PlaylistId(playlist_id), body.made(kept), expected_version=expected, author=body.author)
    return _answer(edited).response()


@router.delete("/{playlist_id}", status_code=204)
def delete(playlist_id: str, parts: Parts, if_match: IfMatch = None) -> Response:
    """Delete a playlist with its history; forks of it stay."""
    expected = expected_version(if_match, _get(parts, playlist_id))
    parts.catalogue.playlists.delete(PlaylistId(playlist_id), expected_version=expected)
    return Response(status_code=204)


@router.get("/{playlist_id}/versions")
def versions(playlist_id: str, parts: Parts, limit: Limit = 50, offset: Offset = 0) -> dict[str, Any]:
    """List the versions, the newest first: when, by whom, and what changed in words."""
    found, total = parts.catalogue.playlists.versions(PlaylistId(playlist_id), limit, offset)
    where = f"/v1/playlists/{playlist_id}/versions"
    listed = [shapes.version_shape(v) for v in found]
    return {"versions": listed, "total": total, "next": _next(where, limit, offset, total)}


@router.get("/{playlist_id}/versions/{number}")
def version(playlist_id: str, number: int, parts: Parts) -> dict[str, Any]:
    """Return what a playlist held at a version."""
    found, document = parts.catalogue.playlists.version(PlaylistId(playlist_id), number)
    return {"id": playlist_id} | shapes.version_shape(found) | shapes.document_shape(document)


@router.post("/{playlist_id}/versions/{number}/restore")
def restore(
    playlist_id: str,
    number: int,
    parts: Parts,
    body: shapes.AuthorBody | None = None,
    if_match: IfMatch = None,
) -> Response:
    """Bring back what a version held, as a new version."""
    expected = expected_version(if_match, _get(parts, playlist_id))
    author = None if body is None else body.author
    kept = parts.catalogue.playlists
    return _answer(kept.restore(PlaylistId(playlist_id), number, expected_version=expected, author=author)).response()


@router.get("/{playlist_id}/diff")
def diff(
    playlist_id: str,
    parts: Parts,
    before: Annotated[int | None, Query(alias="from", description="the version before `to`, unless told")] = None,
    after: Annotated[int | None, Query(alias="to", description="the current version, unless told")] = None,
) -> dict[str, Any]:
    """Tell what changed between two versions; positions count from 0."""
    if after is None:
        after = _get(parts, playlist_id).version
    if before is None:
        before = max(1, after - 1)
    changes = parts.catalogue.playlists.diff(PlaylistId(playlist_id), before, after)
    return {"from": before, "to": after} | shapes.changes_shape(changes)


@router.post("/{playlist_id}/undo")
def undo(
    playlist_id: str,
    parts: Parts,
    once: Keyed,
    body: shapes.AuthorBody | None = None,
    if_match: IfMatch = None,
) -> Response:
    """Bring back what was there before the last change, as a new version; again, the change before that."""
    author = None if body is None else body.author

    def make() -> Answer:
        expected = expected_version(if_match, _get(parts, playlist_id))
        kept = parts.catalogue.playlists
        return _answer(kept.undo(PlaylistId(playlist_id), expected_version=expected, author=author))

    return once.answer(author or "", make).response()


@router.post("/{playlist_id}/fork", status_code=201)
def fork(playlist_id: str, parts: Parts, once: Keyed, body: shapes.ForkBody | None = None) -> Response:
    """Store a copy with a history of its own, that knows where it came from."""
    given = body or shapes.ForkBody()

    def make() -> Answer:
        kept = parts.catalogue.playlists
        return _answer(kept.fork(PlaylistId(playlist_id), given.version, given.title, given.author), 201)

    return once.answer(given.model_dump_json(), make).response()


@router.post("/{playlist_id}/refresh")
def refresh_playlist(
    playlist_id: str,
    parts: Parts,
    once: Keyed,
    body: shapes.AuthorBody | None = None,
    if_match: IfMatch = None,
) -> Response:
    """Fill a standing playlist anew by its recipe: pinned entries keep their places, banned tracks stay out."""
    author = None if body is None else body.author

    def make() -> Answer:
        expected = expected_version(if_match, _get(parts, playlist_id))
        stored, told = refresh(
            parts.catalogue,
            parts.continuer,
            PlaylistId(playlist_id),
            expected_version=expected,
            author=author,
        )
        more = {
            "unresolved": [u.model_dump() for u in schemas.unresolved_shape(told.unresolved)],
            "receipts": [r.model_dump() for r in schemas.receipts_shape(told.receipts)],
        }
        return _answer(stored, more=more)

    return once.answer(author or "", make).response()


@router.post("/{playlist_id}/reshape")
def reshape_playlist(
    playlist_id: str,
    body: ReshapeBody,
    parts: Parts,
    once: Keyed,
    say: Spoken,
    if_match: IfMatch = None,
) -> Response:
    """Make the whole playlist another length, order or course, as a new version; with `dry_run` only tell.

    The answer is the playlist as it is (or would be), with how many entries `stayed`, which `went` and `came`, and the
    sentences that the chat would say, in the language of ``Accept-Language``.
    """

    def make() -> Answer:
        expected = expected_version(if_match, _get(parts, playlist_id))
        done = reshaped(parts, PlaylistId(playlist_id), body, expected)
        return _answer(done.playlist, more=reshaped_shape(parts, done, body))

    answer = once.answer(body.model_dump_json(), make)
    answer.body["said"] = put(say, answer.body["said"])
    return answer.response()


def _get(parts: App, playlist_id: str) -> Playlist:
    return parts.catalogue.playlists.get(PlaylistId(playlist_id))


def _answer(stored: Playlist, status: int = 200, more: dict[str, Any] | None = None) -> Answer:
    headers = {"ETag": etag_of(stored)}
    if status == 201:
        headers["Location"] = f"/v1/playlists/{stored.id}"
    return Answer(shapes.playlist_shape(stored) | (more or {}), status, headers)


def _next(where: str, limit: int, offset: int, total: int) -> str | None:
    return f"{where}?limit={limit}&offset={offset + limit}" if offset + limit < total else None
