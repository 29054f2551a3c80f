"""The video desk over REST: films, suggestions, offsets, cue sheets with revisions, exports, renders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect

from agent.errors import MessageError
from catalog.errors import NotFoundError
from catalog.films import CueSheet, FilmId, JobId
from catalog.formats.cues.writing import FORMATS, write_cues
from catalog.names import fold
from catalog.values import TrackId
from encoders.errors import MediaError
from retrieval.film.sheets import document_of
from ui.adopting import adopt
from ui.api import film_shapes as shapes
from ui.api import schemas
from ui.api.etags import IfMatch, IfNoneMatch, etag_of_sheet, expected_revision, is_known
from ui.api.generation_bodies import owned
from ui.api.parts import Incoming, Parts
from ui.api.problems import problem
from ui.compose import App

router = APIRouter(prefix="/v1", tags=["films"])
Segment = Annotated[int | None, Query(ge=0, description="a segment's place from 0; left out: the whole film")]
_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"video": {"type": "string", "format": "binary"}}}
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"upload_id": {"type": "string", "description": "id that POST /v1/attachments gave"}},
                }
            },
        },
    }
}


class UploadedBody(schemas.Shape):
    """A clip that was uploaded before."""

    upload_id: str


async def clip_of(request: Request) -> AsyncIterator[UploadFile | str]:
    """Yield the clip of a request: an uploaded file, or the id of one that was uploaded before."""
    try:
        if request.headers.get("content-type", "").startswith("multipart/"):
            async with request.form(max_files=1, max_fields=4) as form:
                video = form.get("video")
                if not isinstance(video, UploadFile):
                    raise MessageError("There is no file in the field 'video'; send the clip in it.")
                yield video
            return
        told = UploadedBody.model_validate_json(await request.body())
    except ValidationError as error:
        raise MessageError(schemas.first_fault(error)) from error
    except ClientDisconnect as error:
        raise MessageError("The upload broke off; send the clip again.") from error
    yield told.upload_id


Clip = Annotated[UploadFile | str, Depends(clip_of)]


@router.post("/films", status_code=201, openapi_extra=_BODY)
def create(clip: Clip, parts: Parts, incoming: Incoming) -> shapes.FilmShape:
    """Put a clip on the desk: multipart ``video``, or ``{"upload_id"}`` of one that was uploaded before.

    The answer has the time line. What would take long (every cut of a long film, a proxy where browsers cannot play
    the clip) is in `work`; ask for the film again.
    """
    given = incoming.get(clip) if isinstance(clip, str) else incoming.save(clip.file, clip.filename)
    try:
        if given.kind != "video":
            raise MediaError(
                f"“{given.name}” is {given.kind}, or has a picture that cannot be decoded here; "
                "save the clip as MP4 (H.264) and upload it again."
            )
        film = parts.films.open(given.path, given.name)
    finally:
        if not isinstance(clip, str):
            incoming.discard(given)
    return _film(parts, film.id)


@router.get("/films/{film_id}")
def film(film_id: str, parts: Parts) -> shapes.FilmShape:
    """Return a film with its time line and the work on it."""
    return _film(parts, FilmId(film_id))


@router.delete("/films/{film_id}", status_code=204)
def delete(film_id: str, parts: Parts) -> Response:
    """Forget a film with its cue sheets and renders."""
    parts.films.delete(FilmId(film_id))
    return Response(status_code=204)


@router.post("/films/{film_id}/proxy", status_code=202)
def proxy(film_id: str, parts: Parts) -> shapes.FilmShape:
    """Make what browsers play of the film once more, where the last try failed; else nothing is begun."""
    parts.films.proxy_again(FilmId(film_id))
    return _film(parts, FilmId(film_id))


@router.get("/films/{film_id}/video")
def video(
    film_id: str,
    request: Request,
    parts: Parts,
    original: Annotated[bool, Query(description="the clip itself, whether browsers play it or not")] = False,
) -> Response:
    """Return what browsers play of the film; range requests work. While its proxy is made: 503 with ``Retry-After``."""
    found, _ = parts.films.get(FilmId(film_id))
    if found.playable or original:
        return FileResponse(parts.films.files.clip(found.id), media_type=found.media_type)
    path = parts.films.files.proxy(found.id)
    if path.is_file():
        return FileResponse(path, media_type="video/mp4")
    proxy = parts.films.work(found.id).get("proxy")
    if proxy is None or proxy.status not in {"queued", "running"}:
        why = "no proxy was made" if proxy is None else proxy.message
        raise MediaError(f"Browsers cannot play this clip, and {why[:1].lower()}{why[1:]} Save it as MP4 (H.264).")
    told = f"A version that browsers play is being made ({proxy.progress:.0%}); ask again in a moment."
    answer = problem(request.url.path, 503, "Being made", told)
    answer.headers["Retry-After"] = "2"
    return answer


@router.get("/films/{film_id}/thumbnails/{name}.jpg")
def thumbnail(film_id: str, name: Annotated[str, Path(pattern=r"^(\d{1,4}|sprite)$")], parts: Parts) -> FileResponse:
    """Return a small picture by its place from 0, or all of them side by side as ``sprite``."""
    found, _ = parts.films.get(FilmId(film_id))
    path = parts.films.files.thumbnails(found.id) / f"{name}.jpg"
    if not path.is_file():
        raise NotFoundError(f"The film has no picture {name}; its time line says how many there are.")
    return FileResponse(path, media_type="image/jpeg", headers=_FOREVER)


@router.get("/films/{film_id}/suggestions")
def suggestions(
    film_id: str,
    parts: Parts,
    segment: Segment = None,
    text: Annotated[str, Query(max_length=10_000)] = "",
    licence: Annotated[
        str, Query(description="film | film-sharealike | film-noncommercial | any", max_length=40)
    ] = "film",
    n: Annotated[int, Query(ge=1, le=100)] = 10,
) -> shapes.SuggestionsShape:
    """Find music for the film or a segment; the words outweigh the picture, and their wishes hold."""
    return shapes.suggestions_shape(parts.films.suggest(FilmId(film_id), segment, text, licence, n))


@router.post("/films/{film_id}/candidates", status_code=201)
def candidate(film_id: str, body: shapes.CandidateBody, request: Request, parts: Parts) -> shapes.FilmTrackShape:
    """Offer a finished piece that was made here as music for a film: it becomes a track, labelled as generated."""
    parts.films.get(FilmId(film_id))
    return shapes.offered_shape(adopt(parts, owned(body.generation, request, parts)))


@router.get("/films/{film_id}/offsets")
def offsets(
    film_id: str,
    parts: Parts,
    track_id: Annotated[str, Query(max_length=200)],
    segment: Segment = None,
    n: Annotated[int, Query(ge=1, le=20)] = 5,
) -> shapes.OffsetsShape:
    """Return where in a track to begin, so that what sets in falls on the cuts of a segment, or of the whole film."""
    found = parts.films.offsets(FilmId(film_id), TrackId(track_id), segment, n)
    cue = parts.films.cue(FilmId(film_id), segment)
    _, timeline = parts.films.get(FilmId(film_id))
    cuts = [round(cut.time_s, 3) for cut in timeline.cuts_within(cue.start_s, cue.end_s)]
    return shapes.OffsetsShape(track_id=track_id, segment=segment, cuts_s=cuts, offsets=list(found))


@router.get("/films/{film_id}/audition")
def audition(
    film_id: str,
    parts: Parts,
    track_id: Annotated[str, Query(max_length=200)],
    segment: Segment = None,
    offset_s: Annotated[float, Query(ge=0, le=24 * 3600)] = 0.0,
    length_s: Annotated[float | None, Query(gt=0, le=24 * 3600, description="left out: as long as the segment")] = None,
) -> FileResponse:
    """Return a track as it would sound under a segment: FLAC from `offset_s` on, as long as that, at most two minutes.

    A page plays it beside the picture, the two started together; range requests work.
    """
    cue = parts.films.cue(FilmId(film_id), segment)
    path = parts.previews.stretch(TrackId(track_id), offset_s, length_s or cue.end_s - cue.start_s)
    return FileResponse(path, media_type="audio/flac", headers={"Cache-Control": "private, max-age=3600"})


@router.get("/films/{film_id}/cues")
def cues(
    film_id: str,
    parts: Parts,
    revision: Annotated[int | None, Query(ge=1, description="an earlier one, to go back to")] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return the cue sheet with its ETag; 304 where ``If-None-Match`` has it."""
    sheet = parts.catalogue.films.sheet(FilmId(film_id), revision)
    if revision is None and is_known(if_none_match, etag_of_sheet(sheet)):
        return Response(status_code=304, headers={"ETag": etag_of_sheet(sheet)})
    return _sheet(parts, FilmId(film_id), sheet)


@router.put("/films/{film_id}/cues")
def put_cues(film_id: str, body: shapes.SheetBody, parts: Parts, if_match: IfMatch = None) -> Response:
    """Put another cue sheet in the place of the present one, as a new revision."""
    films = parts.catalogue.films
    expected = expected_revision(if_match, films.sheet(FilmId(film_id)))
    return _sheet(parts, FilmId(film_id), films.put_sheet(FilmId(film_id), body.sheet(), expected))


@router.post("/films/{film_id}/cues/fill")
def fill(film_id: str, body: shapes.FillBody, parts: Parts, if_match: IfMatch = None) -> Response:
    """Put the best music under every segment that has none, begun where it meets the cuts, as a new revision."""
    expected_revision(if_match, parts.catalogue.films.sheet(FilmId(film_id)))
    return _sheet(parts, FilmId(film_id), parts.films.fill(FilmId(film_id), body.text, body.licence))


@router.post("/films/{film_id}/cues/say", response_model=shapes.SaidShape)
def say(film_id: str, body: shapes.SayBody, parts: Parts, if_match: IfMatch = None) -> Response:
    """Change the cue sheet by words ("keep the drums, calmer in the middle"), as a new revision.

    In English, German, Spanish, French and Chinese. What was wished of a segment before stands (`wish`).
    """
    expected = expected_revision(if_match, parts.catalogue.films.sheet(FilmId(film_id)))
    told = parts.cue_director.direct(FilmId(film_id), body.message, body.licence, expected)
    said = shapes.SaidShape(sheet=_shape(parts, FilmId(film_id), told.sheet), changes=list(told.changes))
    return JSONResponse(said.model_dump(mode="json"), headers={"ETag": etag_of_sheet(told.sheet)})


@router.get("/films/{film_id}/cues.{format}")
def export(
    film_id: str,
    format: shapes.Format,
    parts: Parts,
    paths: Annotated[bool, Query(description="name files by their addresses on the server's disk")] = False,
) -> Response:
    """Return the cue sheet as a file: CMX 3600, CSV, JSON, OpenTimelineIO, FCPXML, or (``txt``) the credits."""
    document = document_of(parts.catalogue, parts.films, FilmId(film_id), paths=paths)
    told = {"Content-Disposition": f'attachment; filename="{_file_name(document.film.name)}.{format}"'}
    return Response(write_cues(document, format), media_type=FORMATS[format].media_type, headers=told)


@router.post("/films/{film_id}/renders", status_code=202)
def render(film_id: str, parts: Parts, if_match: IfMatch = None) -> shapes.WorkShape:
    """Start writing the film with its music as an MP4 file; poll the answer's id."""
    expected_revision(if_match, parts.catalogue.films.sheet(FilmId(film_id)))
    return shapes.work_shape(parts.film_jobs.start(FilmId(film_id), "render"))


@router.get("/films/{film_id}/renders")
def renders(film_id: str, parts: Parts) -> list[shapes.WorkShape]:
    """List the renders of a film, the newest first."""
    found, _ = parts.films.get(FilmId(film_id))
    return [shapes.work_shape(job) for job in parts.film_jobs.of(found.id, "render")]


@router.get("/renders/{render_id}")
def render_status(render_id: str, parts: Parts) -> shapes.WorkShape:
    """Tell how far a render is: queued, running, done, failed or cancelled."""
    return shapes.work_shape(parts.film_jobs.get(JobId(render_id)))


@router.delete("/renders/{render_id}")
def cancel(render_id: str, parts: Parts) -> shapes.WorkShape:
    """Stop a render; a finished one stays."""
    return shapes.work_shape(parts.film_jobs.cancel(JobId(render_id)))


@router.get("/renders/{render_id}/film")
def rendered(render_id: str, parts: Parts) -> FileResponse:
    """Return the finished MP4; range requests work."""
    path = parts.film_jobs.rendered(JobId(render_id))
    name = parts.catalogue.films.get(parts.film_jobs.get(JobId(render_id)).film_id).name
    return FileResponse(path, media_type="video/mp4", filename=f"{_file_name(name)}-with-music.mp4")


def _film(parts: App, film_id: FilmId) -> shapes.FilmShape:
    found, timeline = parts.films.get(film_id)
    return shapes.film_shape(found, timeline, parts.films.brief(timeline), parts.films.work(film_id))


def _shape(parts: App, film_id: FilmId, sheet: CueSheet) -> shapes.SheetShape:
    found, timeline = parts.films.get(film_id)
    judged = [parts.films.judge(timeline, cue, listen=False) for cue in sheet.cues]
    return shapes.sheet_shape(found, sheet, timeline, parts.films.tracks_of(sheet), judged)


def _sheet(parts: App, film_id: FilmId, sheet: CueSheet) -> Response:
    body = _shape(parts, film_id, sheet)
    return JSONResponse(body.model_dump(mode="json"), headers={"ETag": etag_of_sheet(sheet)})


def _file_name(name: str) -> str:
    """Return a film's name as a file name of plain letters, without its ending."""
    stem = name.rpartition(".")[0] or name
    return "-".join(word for word in fold(stem).split() if word.isascii())[:60] or "film"
