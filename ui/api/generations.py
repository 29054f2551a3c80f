"""Generations over REST: briefs, the queue with its progress, pieces with what was heard in them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from agent.filmed import written_for
from agent.generation.brief import fields_said
from agent.generation.tunes import tune_s
from agent.generation.values import MAX_DURATION_S, MIN_DURATION_S, GenerationRequest, InvalidRequestError
from catalog.errors import NotFoundError
from catalog.films import FilmId
from catalog.values import Generation, GenerationId, TrackId, UserId
from encoders.errors import ModelMissingError
from ui.api import generation_shapes as shapes
from ui.api.generation_bodies import BriefBody, owned, resolver
from ui.api.idempotency import Answer, Keyed
from ui.api.parts import Incoming, Parts
from ui.api.users import user_of
from ui.compose import App
from ui.uploads import Uploads

router = APIRouter(prefix="/v1", tags=["generations"])
EVENT_EVERY_S = 0.25
# Proxies and browsers give up a line on which nothing comes for long.
_ALIVE_EVERY_S = 15.0
_OPEN = ("queued", "running")
Bins = Annotated[int, Query(ge=16, le=4000)]


def own_piece(generation_id: str, request: Request, parts: Parts) -> Generation:
    """Return the row of a piece; one that is another user's is as if it were not there."""
    return owned(generation_id, request, parts)


Own = Annotated[Generation, Depends(own_piece)]


@router.post("/generations/brief")
def brief(body: BriefBody, request: Request, parts: Parts, uploads: Incoming) -> dict[str, Any]:
    """Read a brief out of words, and tell who could make it in what time; nothing is made."""
    read = _read(body, request, parts, uploads)
    return shapes.brief_shape(read, parts.generations.route(read))


def _read(body: BriefBody, request: Request, parts: App, uploads: Uploads) -> GenerationRequest:
    """Read a brief out of words and fields.

    The course of a film on the video desk is known. A clip is looked at for its feeling and cuts, where there are
    weights. Where no length is said, it is that of the clip, or of a melody that was handed over.
    """
    read = parts.generations.brief(body.text, body.wish(resolver(request, parts, uploads)))
    said = body.duration is not None or "duration_s" in fields_said(body.text)
    if body.film is not None:
        return written_for(read, parts.films, FilmId(body.film.film_id), body.film.span, length_said=said)
    if read.video is not None:
        try:
            return parts.filmed.written(read, length_said=said)
        except ModelMissingError:
            return read  # who cannot watch a clip says so
    read = _heard(read, parts)
    if read.melody is not None and read.melody.kind == "midi" and not said:
        length_s = tune_s(read.melody.existing(), read.tempo_bpm, read.time_signature)
        return replace(read, duration_s=min(max(length_s, MIN_DURATION_S), MAX_DURATION_S))
    return read


def _heard(read: GenerationRequest, parts: App) -> GenerationRequest:
    """Write a recorded melody down. Where there is none in it, a system that takes the sound itself may still do."""
    try:
        return parts.sung.written(read)
    except ModelMissingError:
        return read  # who cannot hear one says so
    except InvalidRequestError:
        if parts.generations.route(read).chosen:
            return read
        raise


@router.get("/generations/systems")
def systems(parts: Parts) -> dict[str, Any]:
    """List the systems that the field knows: what each can do, its licence, and what it takes to enable it."""
    return {"systems": [shapes.system_shape(each) for each in parts.generators]}


@router.post("/generations", status_code=202)
def generate(body: shapes.GenerationBody, request: Request, parts: Parts, uploads: Incoming, once: Keyed) -> Response:
    """Start making music; poll the answer's id, or read its events."""
    user = user_of(request, parts, body.user_id)
    key = request.headers.get("idempotency-key")

    def make() -> Answer:
        brief = _read(body, request, parts, uploads)
        parent = None if body.parent_id is None else own_piece(body.parent_id, request, parts).id
        started = parts.generations.start(brief, backend=body.backend, user=user, parent=parent, key=key)
        row = parts.generations.get(started.id)
        return Answer(shapes.generation_shape(row, parts) | {"routing": started.reason}, 202)

    return once.answer(body.model_dump_json(), make).response()


@router.get("/generations")
def generations(
    request: Request,
    parts: Parts,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=80)] = None,
    user_id: Annotated[str | None, Query(min_length=1, max_length=32)] = None,
) -> dict[str, Any]:
    """List pieces, the newest first: a user's own, or those of this machine's user and of nobody.

    Pieces of a blind battle are listed once it has its vote.
    """
    user = user_of(request, parts, user_id)
    owners: list[UserId | None] = [user]
    if user is not None and user == parts.local_user:
        owners.append(None)
    blind = parts.arena.blind()
    rows = parts.generations.page(owners, limit + 1, None if cursor is None else _place(cursor), blind)
    page, more = rows[:limit], len(rows) > limit
    outlooks = parts.generations.outlooks()
    return {
        "generations": [shapes.generation_shape(row, parts, outlooks) for row in page],
        "next_cursor": f"{page[-1].created_at.isoformat()}~{page[-1].id}" if more else None,
    }


@router.get("/generations/{generation_id}")
def generation(row: Own, parts: Parts) -> dict[str, Any]:
    """Tell how far a generation is: queued, running, done, failed or cancelled."""
    return shapes.generation_shape(row, parts)


@router.get("/generations/{generation_id}/events")
def events(row: Own, parts: Parts) -> StreamingResponse:
    """Tell of each change as server-sent events: ``progress``, and at the end ``done`` with the whole piece."""
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(_told(row.id, parts), media_type="text/event-stream", headers=headers)


async def _told(generation_id: GenerationId, parts: App) -> AsyncIterator[str]:
    before: dict[str, Any] | None = None
    quiet_s = 0.0
    while True:
        try:
            whole = await run_in_threadpool(_shape_of, generation_id, parts)
        except NotFoundError:  # deleted while it was watched
            return
        if whole["status"] not in _OPEN:
            yield f"event: done\ndata: {json.dumps(whole)}\n\n"
            return
        now = shapes.progress_shape(whole)
        if before is None or _changed(before, now):
            before, quiet_s = now, 0.0
            yield f"event: progress\ndata: {json.dumps(now)}\n\n"
        elif quiet_s >= _ALIVE_EVERY_S:
            quiet_s = 0.0
            yield ": still there\n\n"
        await anyio.sleep(EVENT_EVERY_S)
        quiet_s += EVENT_EVERY_S


def _changed(before: dict[str, Any], now: dict[str, Any]) -> bool:
    """Tell whether an event is due: that the time left runs is no news, that it jumps is."""
    if any(before[name] != now[name] for name in ("status", "progress", "message", "queue_position")):
        return True
    return bool(before["eta_s"] != now["eta_s"] and abs((before["eta_s"] or 0) - (now["eta_s"] or 0)) >= 1.0)


def _shape_of(generation_id: GenerationId, parts: App) -> dict[str, Any]:
    return shapes.generation_shape(parts.generations.get(generation_id), parts)


@router.get("/generations/{generation_id}/audio")
def audio(row: Own, parts: Parts) -> FileResponse:
    """Return the finished file (FLAC); range requests work."""
    path = _finished(parts.generations.audio_path(row.id))
    return FileResponse(path, media_type="audio/flac", filename=f"{row.id}.flac", content_disposition_type="inline")


@router.get("/generations/{generation_id}/midi")
def midi(row: Own, parts: Parts) -> FileResponse:
    """Return the notes of a finished piece (Standard MIDI), where its system writes any."""
    return FileResponse(_notes(row, parts), media_type="audio/midi", filename=f"{row.id}.mid")


@router.get("/generations/{generation_id}/musicxml")
def musicxml(row: Own, parts: Parts) -> FileResponse:
    """Return the score of a finished piece as MusicXML; it is written when it is first asked for."""
    path = parts.extras.musicxml(_notes(row, parts), shapes.title_of(row))
    return FileResponse(path, media_type="application/vnd.recordare.musicxml+xml", filename=f"{row.id}.musicxml")


@router.get("/generations/{generation_id}/score")
def score(row: Own, parts: Parts, page: Annotated[int, Query(ge=1, le=1000)] = 1) -> Response:
    """Return a page of the score as a picture (SVG); ``X-Pages`` says how many there are."""
    drawing, pages = parts.extras.picture(_notes(row, parts), shapes.title_of(row), page)
    headers = {"X-Pages": str(pages), "Content-Disposition": f'inline; filename="{row.id}-{page}.svg"'}
    return Response(drawing, media_type="image/svg+xml", headers=headers)


@router.get("/generations/{generation_id}/stems")
def stems(row: Own, parts: Parts) -> dict[str, Any]:
    """Name the parts of a finished piece, each with the address of its stem."""
    return shapes.stems_shape(row, parts.extras.stems(_notes(row, parts)))


@router.get("/generations/{generation_id}/stems/{number}")
def stem(row: Own, number: int, parts: Parts) -> FileResponse:
    """Return one part alone (FLAC, unmastered); the first one that is asked for takes as long as the piece took."""
    notes = _notes(row, parts)
    path = parts.extras.stem(notes, number, json.loads(row.result or "{}")["duration_s"])
    if path is None:
        raise NotFoundError(f"This piece has no part {number}; its parts are listed at /v1/generations/{row.id}/stems.")
    return FileResponse(path, media_type="audio/flac", filename=f"{row.id}-{number}.flac")


@router.get("/generations/{generation_id}/provenance")
def provenance(row: Own, parts: Parts) -> JSONResponse:
    """Return where a finished piece is from: system, version, seed, request, licence, what it is like."""
    told = parts.generations.provenance(row.id)
    if told is None:
        raise NotFoundError(_UNFINISHED)
    name = f'attachment; filename="{row.id}.json"'
    return JSONResponse(told, headers={"Content-Disposition": name})


@router.get("/generations/{generation_id}/peaks")
def peaks(row: Own, parts: Parts, n: Bins = 600) -> JSONResponse:
    """Return how a finished piece looks: its largest level in each of `n` equal stretches."""
    return drawn(parts, _finished(parts.generations.audio_path(row.id)), n)


@router.get("/tracks/{track_id}/peaks", tags=["tracks"])
def track_peaks(track_id: str, parts: Parts, n: Bins = 600) -> JSONResponse:
    """Return how a track's preview looks: its largest level in each of `n` equal stretches."""
    return drawn(parts, parts.previews.path(TrackId(track_id)), n)


@router.delete("/generations/{generation_id}")
def cancel(row: Own, parts: Parts, forget: bool = False) -> dict[str, Any]:
    """Stop a generation; a finished one stays, unless it is to be forgotten: then it goes with its files."""
    if not forget:
        return shapes.generation_shape(parts.generations.cancel(row.id), parts)
    told = shapes.generation_shape(row, parts)
    parts.generations.forget(row.id)
    return told | {"result": None, "message": "Deleted."}


_UNFINISHED = "This piece is not finished; ask again when its status is done."


def drawn(parts: App, path: Path, n: int) -> JSONResponse:
    """Return the waveform of a file."""
    return JSONResponse(parts.peaks.of(path, n), headers={"Cache-Control": "private, max-age=3600"})


def _finished(path: Path | None) -> Path:
    if path is None:
        raise NotFoundError(_UNFINISHED)
    return path


def _notes(row: Generation, parts: App) -> Path:
    _finished(parts.generations.audio_path(row.id))
    path = parts.generations.midi_path(row.id)
    if path is None:
        raise NotFoundError("This piece has no notes: its system makes sound alone.")
    return path


def _place(cursor: str) -> tuple[datetime, str]:
    moment, _, last = cursor.partition("~")
    try:
        return datetime.fromisoformat(moment).replace(tzinfo=None), last
    except ValueError as error:
        raise InvalidRequestError(f"the cursor {cursor[:40]!r} is none; take next_cursor of the page before") from error
