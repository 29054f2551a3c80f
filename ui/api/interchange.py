"""``POST /v1/playlists/import``: a playlist file becomes a stored playlist, with a report of every entry."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Form, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, Field

from catalog.formats.playlist import read_playlist
from catalog.formats.values import MAX_BYTES
from catalog.store import Catalogue
from retrieval.continuation.resolving import REASONS, How, Looked, Resolution, Why
from ui.api.idempotency import Answer, Keyed
from ui.api.parts import Parts
from ui.uploads import UploadTooLargeError

router = APIRouter(prefix="/v1/playlists", tags=["playlists"])


class ClosestShape(BaseModel):
    """A track of the catalogue that is not the one meant, but the nearest to it."""

    track_id: str
    title: str
    artist: str | None


class LookedShape(BaseModel):
    """An entry of the file at `place` (from 1): its track and `how` it was found, or `why` not, and the `closest`."""

    place: int
    title: str | None
    artist: str | None
    location: str | None
    track_id: str | None
    how: How | None
    why: Why | None
    reason: str | None
    closest: ClosestShape | None


class ReportShape(BaseModel):
    """What became of a file's entries; `by` counts the found ones by how. `playlist_id` null: nothing was stored."""

    playlist_id: str | None
    title: str | None
    found: int
    missing: int
    by: dict[str, int] = Field(default={})
    entries: list[LookedShape]


@router.post("/import", status_code=201, response_model=ReportShape)
def import_playlist(
    file: UploadFile,
    parts: Parts,
    once: Keyed,
    title: Annotated[str, Form(max_length=500)] = "",
    dry_run: Annotated[bool, Form(description="report only, store nothing")] = False,
) -> Response:
    """Store a playlist file; what is not in the catalogue keeps its words. 200, not 201, where nothing is stored."""
    data = file.file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UploadTooLargeError(f"The playlist is larger than {MAX_BYTES // 10**6} MB; split it.")

    def make() -> Answer:
        found = parts.continuer.resolver().resolve(read_playlist(data, file.filename))
        name = title.strip() or found.title or ""
        stored = None if dry_run else parts.catalogue.playlists.create(name, found.items()).id
        shape = report_shape(found, parts.catalogue, stored)
        headers = {} if stored is None else {"Location": f"/v1/playlists/{stored}"}
        return Answer(shape.model_dump(mode="json"), 200 if dry_run else 201, headers)

    return once.answer(f"{title}\n{dry_run}\n{hashlib.sha256(data).hexdigest()}", make).response()


def report_shape(found: Resolution, catalogue: Catalogue, playlist_id: str | None) -> ReportShape:
    """Return a resolution as every door shows it."""
    near = list(dict.fromkeys(e.closest for e in found.entries if e.closest is not None))
    named = {t.track_id: t for t in catalogue.playlists.known(near)}
    closest = {i: ClosestShape(track_id=i, title=t.title, artist=t.artist) for i, t in named.items() if i is not None}
    return ReportShape(
        playlist_id=playlist_id,
        title=found.title,
        found=found.found,
        missing=len(found.entries) - found.found,
        by=dict(Counter(e.how for e in found.entries if e.how is not None).most_common()),
        entries=[_looked_shape(e, None if e.closest is None else closest.get(e.closest)) for e in found.entries],
    )


def _looked_shape(e: Looked, closest: ClosestShape | None) -> LookedShape:
    return LookedShape(
        place=e.place + 1,
        title=e.entry.title,
        artist=e.entry.artist,
        location=e.entry.location,
        track_id=e.track_id,
        how=e.how,
        why=e.why,
        reason=None if e.why is None else REASONS[e.why],
        closest=closest,
    )
