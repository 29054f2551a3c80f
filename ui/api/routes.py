"""The routes of the REST door. Each is a few lines: shapes in, the same services as every other door, shapes out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, UploadFile
from fastapi.responses import FileResponse, JSONResponse, Response

from agent.errors import MessageError
from agent.hearing import heard_profile
from agent.languages import words_of
from agent.values import Attachment, DoneEvent, ErrorEvent, Event, Evidence, PlanEvent, ResultsEvent
from catalog.covers import cover_of
from catalog.errors import NotFoundError
from catalog.formats.playlist import MEDIA_TYPES, write_playlist
from catalog.values import PlaylistId, Track, TrackId, UserId
from encoders.errors import MediaError
from encoders.values import AudioAnalysis
from retrieval.paths import smooth_path
from retrieval.scene import LIMITS
from ui.api import schemas
from ui.api.etags import etag_of_track
from ui.api.export import document_of
from ui.api.parts import Incoming, Parts
from ui.api.spoken import Spoken, put
from ui.api.streams import EventStream
from ui.api.users import check_session, user_of
from ui.compose import App
from ui.uploads import ACCEPTED, Uploads

router = APIRouter(prefix="/v1")
health = APIRouter()


@health.get("/healthz")
def healthz() -> dict[str, str]:
    """Tell that the process answers."""
    return {"status": "ok"}


@health.get("/readyz")
def readyz(parts: Parts) -> JSONResponse:
    """Tell whether requests can be answered: catalogue open, something in it, indexes in order.

    `playlist_models` says when they were trained, and when they will be next, or why not; `language_model` whether it
    is asked, rests after failures, or has cost enough for today. Rules answer without it, so it is no condition.
    """
    state = parts.engine.state
    tracks = len(state.snapshot)
    body = {
        "status": "ready" if tracks else "empty catalogue",
        "tracks": tracks,
        "notices": list(state.notices),
        "playlist_models": parts.retraining.outlook().shape(),
        "language_model": parts.language_model,
    }
    return JSONResponse(body, status_code=200 if tracks else 503)


@router.post("/search")
def search(body: schemas.SearchBody, request: Request, parts: Parts, incoming: Incoming) -> schemas.TracksAnswer:
    """Search by words, by tracks or by an uploaded sound; wishes and `filters` both come back as receipts.

    For a user who is named it leans to their taste, as the chat does, and `influence` tells how.
    """
    user = None if body.user_id is None else user_of(request, parts, body.user_id)
    return searched(body, parts, incoming, user)


def searched(body: schemas.SearchBody, parts: App, incoming: Uploads, user: UserId | None) -> schemas.TracksAnswer:
    """Return what a search finds; `user` is whose taste its order leans to."""
    asked = parts.engine.request(body.query, body.n, body.filters.constraints())
    heard = None if body.sound is None else _heard(parts, incoming.get(body.sound))
    leaned = parts.profiles.search(
        user,
        replace(
            asked,
            like=schemas.ids(body.like),
            dislike=schemas.ids(body.dislike),
            exclude=frozenset(schemas.ids(body.exclude)),
            sound=None if heard is None else heard.embeddings[parts.music_space.id],
            profile=None if heard is None else heard_profile(heard),
            away=schemas.ids(body.less),
            attribute=body.attribute,
            freshness=asked.freshness if body.freshness is None else body.freshness,
        ),
    )
    result = leaned.result
    return schemas.TracksAnswer(
        tracks=schemas.candidates_shape(result.candidates),
        receipts=schemas.receipts_shape(result.receipts),
        fit=result.fit,
        relaxation=result.relaxation.words if result.relaxation else None,
        influence=None if user is None else leaned.told or None,
    )


def _heard(parts: App, attachment: Attachment) -> AudioAnalysis:
    if attachment.kind != "audio":
        raise MediaError(f"{attachment.name} is {attachment.kind}, not sound; upload a sound to search by it.")
    return parts.audio.analyze(attachment.path)


@router.post("/path")
def path(body: schemas.PathBody, parts: Parts, say: Spoken) -> schemas.TracksAnswer:
    """Return tracks in playing order from one track to another, each step small in sound, tempo and key."""
    found = smooth_path(parts.engine.state, TrackId(body.first), TrackId(body.last), body.n)
    tracks = schemas.candidates_shape(found.tracks)
    for track in tracks:
        [track.why] = put(say, [track.why])
    return schemas.TracksAnswer(tracks=tracks)


@router.post("/identify")
def identify(file: UploadFile, parts: Parts, incoming: Incoming) -> schemas.RecognisedShape:
    """Tell which recording of the catalogue an uploaded sound was taken from, and from where on."""
    given = incoming.save(file.file, file.filename)
    try:
        if given.kind not in {"audio", "video"}:
            raise MediaError(f"{given.name} is {given.kind}, not sound; upload a sound, or a clip that has some.")
        return recognised(parts, given.path)
    finally:
        incoming.discard(given)


def recognised(parts: App, path: Path) -> schemas.RecognisedShape:
    """Return what the sound of a file was taken from, as every door shows it."""
    found = parts.recogniser.recognise(path)
    track = next(iter(parts.catalogue.library.get_many([found.track_id])), None) if found else None
    return schemas.recognised_shape(found, track, parts.recogniser.unprinted)


@router.get("/tracks")
def tracks(
    parts: Parts,
    query: Annotated[str, Query(max_length=1000)] = "",
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """List tracks, or those whose names or tags hold the words of `query`."""
    library = parts.catalogue.library
    found = [i for i, _ in library.match(query, offset + limit)] if query.strip() else library.ids()
    page = library.get_many(found[offset : offset + limit])
    return {
        "total": len(found),
        "tracks": [schemas.track_shape(t, 1.0, "").model_dump(exclude={"score", "why"}) for t in page],
    }


@router.get("/tracks/{track_id}")
def track(track_id: str, parts: Parts) -> JSONResponse:
    """Return one track with everything that was measured, and its ETag; PATCH corrects it."""
    found = parts.catalogue.library.get(TrackId(track_id))
    return JSONResponse(whole_track(found), headers={"ETag": etag_of_track(found)})


def whole_track(track: Track) -> dict[str, Any]:
    """Return one track with everything that was measured, as every door shows it."""
    shown = schemas.track_shape(track, 1.0, "").model_dump(mode="json", exclude={"score", "why"})
    return shown | {"measurements": measured(track)}


def measured(track: Track) -> dict[str, Any]:
    """Return everything that was measured of a track."""
    return {
        m.name: {"value": m.value, "text": m.text, "confidence": m.confidence, "alternatives": m.alternatives}
        for m in track.measurements.values()
    }


@router.get("/tracks/{track_id}/preview")
def preview(track_id: str, parts: Parts) -> FileResponse:
    """Return 30 s of MP3; range requests work."""
    return FileResponse(parts.previews.path(TrackId(track_id)), media_type="audio/mpeg")


@router.get("/tracks/{track_id}/cover")
def cover(track_id: str, parts: Parts) -> Response:
    """Return the picture in a track's file or folder; 204 where it has none."""
    found = cover_of(parts.catalogue.library.get(TrackId(track_id)))
    kept = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return (
        Response(status_code=204, headers=kept) if found is None else Response(found.data, 200, kept, found.media_type)
    )


@router.get("/attachments")
def attachable(incoming: Incoming) -> dict[str, Any]:
    """Tell what may be uploaded for the chat: how large, how many to a message, and usual endings of what is read."""
    return {"max_bytes": incoming.max_bytes, "max_files": schemas.MAX_FILES, "accept": list(ACCEPTED)}


@router.post("/attachments", status_code=201)
def attach(file: UploadFile, incoming: Incoming) -> dict[str, str]:
    """Upload a video, picture, sound or playlist for the chat; the answer's id goes into `attachments`."""
    saved = incoming.save(file.file, file.filename)
    return {"id": saved.id, "kind": saved.kind, "name": saved.name}


@router.post("/chat")
def chat(body: schemas.ChatBody, request: Request, parts: Parts, incoming: Incoming) -> Response:
    """Take one message. With `stream`, or ``Accept: text/event-stream``, events come as they happen."""
    given = tuple(incoming.get(i) for i in body.attachments)
    user = user_of(request, parts, body.user_id)
    if body.session_id is not None:
        check_session(request, parts, body.session_id)
    events = parts.assistant.chat(body.message, body.session_id, given, user=user)
    if body.stream or "text/event-stream" in request.headers.get("accept", ""):
        # The first event is taken here, so that a refused message is still a 4xx and no broken stream.
        first = next(events)
        return EventStream(_sse(first, events), events)
    return JSONResponse(done_shape(answered(events)))


def answered(events: Iterable[Event]) -> DoneEvent:
    """Return the answer that a turn ends with; MessageError where it failed."""
    last = None
    for event in events:
        last = event
    if isinstance(last, ErrorEvent):
        raise MessageError(last.message)
    assert isinstance(last, DoneEvent)
    return last


def done_shape(done: DoneEvent) -> dict[str, Any]:
    """Return a whole answer in the shape that clients rely on."""
    return {
        "session_id": done.session_id,
        "plan": done.plan.model_dump(mode="json"),
        "decision": done.decision.model_dump(mode="json"),
        "reply": done.reply,
        "trace": [t.model_dump(mode="json") for t in done.trace],
        "claims": done.claims.model_dump(mode="json"),
        **evidence_shape(done.evidence, done.plan.language),
    }


def evidence_shape(evidence: Evidence, language: str) -> dict[str, Any]:
    """Return what was found, as answers, events and transcripts show it.

    `words` has wishes, reasons and the scene in the language of the conversation, by their English words.
    """
    return {
        "tracks": [schemas.shape_of(t).model_dump(mode="json") for t in evidence.tracks],
        "handles": [t.handle for t in evidence.tracks],
        "receipts": [r.model_dump() for r in schemas.receipts_shape(evidence.receipts)],
        "relaxation": evidence.relaxation.words if evidence.relaxation else None,
        "unresolved": list(evidence.unresolved),
        "absent": list(evidence.absent),
        "scene": None if evidence.scene is None else {"words": evidence.scene, "limits": LIMITS},
        "generation": evidence.generation.model_dump(mode="json") if evidence.generation else None,
        "playlist_id": evidence.playlist_id,
        "words": _in_language(evidence, language),
    }


def _in_language(evidence: Evidence, language: str) -> dict[str, str]:
    if language == "en":
        return {}
    say = words_of(language)
    wishes = [*(r.constraint for r in evidence.receipts), *(r.constraint for t in evidence.tracks for r in t.receipts)]
    told = {wish.words: say.wish(wish) for wish in wishes} | {t.why: say.clauses(t.why) for t in evidence.tracks}
    facts = {r.evidence for r in evidence.receipts} | {r.evidence for t in evidence.tracks for r in t.receipts}
    told |= dict(zip(facts, put(say, facts), strict=True))
    return told if evidence.scene is None else told | {evidence.scene: say.seen(evidence.scene)}


def _sse(first: Event, rest: Iterator[Event]) -> Iterator[str]:
    language = "en"
    for event in chain((first,), rest):
        if isinstance(event, PlanEvent):
            language = event.plan.language
        yield _sse_line(event, language)


def _sse_line(event: Event, language: str) -> str:
    body = done_shape(event) if isinstance(event, DoneEvent) else event.model_dump(mode="json")
    if isinstance(event, ResultsEvent):
        body |= evidence_shape(event.evidence, language)
    return f"event: {event.type}\ndata: {json.dumps(body)}\n\n"


@router.post("/videos/suggest")
def suggest(
    video: UploadFile,
    parts: Parts,
    incoming: Incoming,
    text: Annotated[str, Form(max_length=10_000)] = "",
    n: Annotated[int, Form(ge=1, le=100)] = 10,
) -> schemas.TracksAnswer:
    """Find music for a clip or a picture; the words outweigh the picture."""
    clip = incoming.save(video.file, video.filename)
    if clip.kind not in {"video", "image"}:
        raise MediaError(f"{clip.name} is {clip.kind}, not a video or picture; use /v1/chat with an attachment for it.")
    return suggested(parts, clip.path, text, n)


def suggested(parts: App, path: Path, text: str, n: int) -> schemas.TracksAnswer:
    """Return music for a clip or a picture, as every door shows it."""
    suggestion = parts.suggester.suggest(path, text, n)
    return schemas.TracksAnswer(
        tracks=schemas.candidates_shape(suggestion.result.candidates),
        receipts=schemas.receipts_shape(suggestion.result.receipts),
        fit=suggestion.result.fit,
        scene=schemas.scene_shape(suggestion.brief),
    )


@router.get("/playlists/{playlist_id}/export")
def export(
    playlist_id: str,
    request: Request,
    parts: Parts,
    format: str = "m3u8",
    folder: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Return a stored playlist as ``m3u8``, ``xspf``, ``jspf`` or ``csv``; paths as seen from `folder`, if given."""
    stored = parts.catalogue.playlists.get(PlaylistId(playlist_id))
    data = write_playlist(document_of(stored, parts.catalogue, str(request.base_url)), format, folder)
    return Response(
        data,
        media_type=MEDIA_TYPES.get(format, "application/octet-stream"),
        headers={"Content-Disposition": f'attachment; filename="playlist.{format}"'},
    )


@router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
def unknown(rest: str) -> None:
    """Answer what has no route here, before the page's app can."""
    raise NotFoundError(f"There is no route /v1/{rest[:80]}; /docs lists those there are.")
