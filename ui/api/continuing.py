"""``POST /v1/playlists/continue``: from ids, names, files, a title or a stored playlist; at once or as a stream."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from catalog.formats.playlist import read_playlist
from catalog.formats.values import MAX_BYTES, PlaylistFormatError
from catalog.values import PlaylistId
from retrieval.continuation.recipes import going_on
from retrieval.continuation.values import ContinuationRequest, NamedTrack
from retrieval.errors import QueryError
from ui.api import schemas
from ui.api.idempotency import Answer, Keyed
from ui.api.parts import Parts
from ui.api.playlist_shapes import ContinueBody, continue_body, named_by
from ui.api.spoken import Spoken, put
from ui.compose import App
from ui.uploads import UploadTooLargeError

router = APIRouter(prefix="/v1/playlists", tags=["playlists"])


@router.post("/continue", response_model=schemas.TracksAnswer)
async def continue_playlist(request: Request, parts: Parts, once: Keyed, say: Spoken) -> Response:
    """Go on with a playlist: JSON, or multipart with a `file` (M3U8, XSPF, JSPF).

    With ``Accept: application/x-ndjson`` a track a line and a last line with the rest; with ``text/event-stream`` an
    event a track, then `done`. Reasons are in the language of ``Accept-Language``.
    """
    if request.headers.get("content-type", "").startswith("multipart/"):
        given, asked, content = await _asked_by_form(request)
    else:
        given = _read(await request.body())
        asked, content = given.request(), given.model_dump_json()

    def make() -> Answer:
        return Answer(continued(parts, given, asked).model_dump(mode="json"))

    answer = await run_in_threadpool(once.answer, content, make)
    for track in answer.body["tracks"]:
        [track["why"]] = put(say, [track["why"]])
    accept = request.headers.get("accept", "")
    for media_type, lines in (("application/x-ndjson", _lines), ("text/event-stream", _events)):
        if media_type in accept:
            return StreamingResponse(lines(answer.body), media_type=media_type, headers=dict(answer.headers))
    return answer.response()


def continued(parts: App, given: ContinueBody, asked: ContinuationRequest) -> schemas.TracksAnswer:
    """Return how a playlist goes on, as every door shows it; `asked` is the request that `given` and its file make."""
    if given.playlist_id is not None:
        asked = going_on(parts.catalogue.playlists.get(PlaylistId(given.playlist_id)), asked)
    found = parts.continuer.continue_playlist(asked)
    named = dict.fromkeys((*asked.liked, *asked.disliked, *asked.skipped))
    there = {t.track_id for t in parts.catalogue.playlists.known(named)}
    lost = tuple(NamedTrack(str(i)) for i in named if i not in there)
    return schemas.TracksAnswer(
        tracks=schemas.continued_shape(found.tracks),
        unresolved=schemas.unresolved_shape((*found.unresolved, *lost)),
        receipts=schemas.receipts_shape(found.receipts),
    )


def _lines(answer: dict[str, Any]) -> Iterator[str]:
    for track in answer["tracks"]:
        yield json.dumps(track) + "\n"
    yield json.dumps(_rest(answer)) + "\n"


def _events(answer: dict[str, Any]) -> Iterator[str]:
    for track in answer["tracks"]:
        yield f"event: track\ndata: {json.dumps(track)}\n\n"
    yield f"event: done\ndata: {json.dumps(_rest(answer))}\n\n"


def _rest(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what a stream ends with; who does not see it knows that the stream broke off."""
    return {"done": True, "tracks": len(answer["tracks"])} | {k: answer[k] for k in ("unresolved", "receipts")}


def _read(body: bytes) -> ContinueBody:
    try:
        return ContinueBody.model_validate_json(body)
    except ValidationError as error:
        raise QueryError(schemas.first_fault(error)) from error


async def _asked_by_form(request: Request) -> tuple[ContinueBody, ContinuationRequest, str]:
    """Return the fields of a form, the request that they and its file make, and a text that stands for both."""
    async with request.form(max_files=1, max_fields=50) as form:
        file = form.get("file")
        if file is None or isinstance(file, str):
            raise PlaylistFormatError("The form has no file; send the playlist as `file`.")
        data, name = await file.read(MAX_BYTES + 1), file.filename
        fields = {k: v for k, v in form.items() if isinstance(v, str) and v.strip()}
        lists = {key: _listed(form.getlist(key)) for key in ("exclude", "include", "liked", "disliked")}
    if len(data) > MAX_BYTES:
        raise UploadTooLargeError(f"The playlist is larger than {MAX_BYTES >> 20} MB; split it.")
    document = read_playlist(data, name)
    told = ("title", "n", "duration", "order", "arc", "insert", "max_per_artist", "user_id", "playlist_id")
    given = continue_body({k: fields[k] for k in told if k in fields} | lists)
    # The boundary of a form differs each time it is sent; what it says does not.
    content = f"{given.model_dump_json()} {hashlib.sha256(data).hexdigest()}"
    return given, named_by(document, given.request()), content


def _listed(values: Iterable[object]) -> list[str]:
    return [part.strip() for v in values if isinstance(v, str) for part in v.split(",") if part.strip()]
