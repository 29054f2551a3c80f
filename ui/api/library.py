"""The library over REST, as its owner needs it: browsing, corrections, counts, ingests, quarantine, the music map."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, UploadFile
from fastapi.responses import JSONResponse, Response

from catalog.errors import IngestError, NotFoundError
from catalog.store.jobs import IngestId
from catalog.values import TrackId
from retrieval.constraints import Constraint
from retrieval.errors import IndexRefusedError
from retrieval.shelves import browsing, statistics
from ui.api import library_shapes as shapes
from ui.api import schemas
from ui.api.etags import IfMatch, expected_track
from ui.api.library_map import map_of, zipped
from ui.api.parts import Parts
from ui.compose import App
from ui.music import MusicFolder

router = APIRouter(prefix="/v1", tags=["library"])
SHOWN_PROBLEMS = 500
Words = Annotated[list[str], Query(max_length=20)]
Bound = Annotated[float | None, Query()]


@router.get("/library/tracks")
def tracks(
    request: Request,
    parts: Parts,
    text: Annotated[str, Query(max_length=500)] = "",
    genre: Words = [],  # noqa: B006  # FastAPI reads the default and never changes it
    mood: Words = [],  # noqa: B006
    instrument: Words = [],  # noqa: B006
    artist: Annotated[str, Query(max_length=200)] = "",
    licence: Annotated[str, Query(max_length=100)] = "",
    year_min: Bound = None,
    year_max: Bound = None,
    tempo_min: Bound = None,
    tempo_max: Bound = None,
    duration_min: Bound = None,
    duration_max: Bound = None,
    sort: Annotated[str, Query(max_length=40)] = "title",
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> shapes.ShelfShape:
    """List the tracks that hold every filter, with how many there are and how many of each genre, mood, instrument."""
    constraints: list[Constraint] = []
    concepts: tuple[tuple[Literal["genre", "mood", "instrument"], list[str]], ...] = (
        ("genre", genre),
        ("mood", mood),
        ("instrument", instrument),
    )
    for field, words in concepts:
        constraints += [Constraint(field, "is", word, f"filter {field}") for word in words if word.strip()]
    ranges: dict[str, Any] = {
        name: {"min": low, "max": high}
        for name, low, high in (
            ("year", year_min, year_max),
            ("tempo", tempo_min, tempo_max),
            ("duration", duration_min, duration_max),
        )
        if low is not None or high is not None
    }
    told = ranges | {name: value for name, value in (("artist", artist), ("licence", licence)) if value.strip()}
    constraints += schemas.Filters.model_validate(told).constraints()
    snapshot = parts.engine.state.snapshot
    named = parts.catalogue.library.holding(text) if text.strip() else None
    shelf = browsing.browse(snapshot, constraints, named, sort, cursor, limit)
    asked = [(k, v) for k, v in request.query_params.multi_items() if k != "cursor"]
    following = None if shelf.cursor is None else f"{request.url.path}?{urlencode([*asked, ('cursor', shelf.cursor)])}"
    limits = _limits(parts)
    return shapes.ShelfShape(
        tracks=[shapes.shelf_track(t, limits) for t in parts.catalogue.library.get_many(shelf.ids)],
        total=shelf.total,
        of=len(snapshot),
        next=following,
        facets=list(shelf.facets),
    )


@router.patch("/tracks/{track_id}")
def correct(track_id: str, body: shapes.CorrectionBody, parts: Parts, if_match: IfMatch = None) -> Response:
    """Correct tempo, key or tags: the user's word stands, also after the next ingest. Null takes a correction back."""
    expected = expected_track(if_match, parts.catalogue.library.get(TrackId(track_id)))
    amended = parts.catalogue.corrections.amend(
        TrackId(track_id),
        corrected=body.corrected(),
        taken_back=body.taken_back(),
        tags=body.tags,
        expected=expected,
    )
    shown = shapes.shelf_track(amended, _limits(parts))
    return JSONResponse(shown.model_dump(mode="json"), headers={"ETag": shown.etag})


@router.get("/library/statistics")
def counted(parts: Parts) -> dict[str, Any]:
    """Count the library: tracks, hours, artists, licences, tempo and years as histograms, quarantined files."""
    quarantined = parts.catalogue.queue.counts().get("quarantined", 0)
    return asdict(statistics.count(parts.engine.state.snapshot)) | {"quarantined": quarantined}


@router.get("/library/duplicates")
def duplicates(parts: Parts) -> dict[str, Any]:
    """Return groups of tracks that are one recording, the one to keep first, and what speaks for it."""
    groups = parts.duplicates.groups
    limits = _limits(parts)
    tracks = parts.catalogue.library.get_many([i for g in groups for i in g.ids])
    found = {t.id: shapes.shelf_track(t, limits) for t in tracks}
    return {
        "groups": [
            {"ground": g.ground, "keep": g.keep, "why": g.why, "tracks": [found[i] for i in g.ids if i in found]}
            for g in groups
        ],
        "unprinted": parts.recogniser.unprinted,
    }


@router.get("/library/state")
def state(parts: Parts) -> dict[str, Any]:
    """Tell which models are on disk, which index is in use in each space, and what the encoders' gate said."""
    spaces = {space.weights_sha256: space.id for space in (*parts.audio.spaces, *parts.video.spaces)}
    if parts.text is not None:
        spaces[parts.text.space.weights_sha256] = parts.text.space.id
    accepted = [
        {"encoder": spaces[weights], "accepted": True, "detail": figures}
        for weights, figures in parts.gatekeeper.accepted.items()
        if weights in spaces
    ]
    refused = [{"encoder": name, "accepted": False, "detail": why} for name, why in parts.refused.items()]
    return {
        "revision": parts.catalogue.library.revision,
        "models": [asdict(status) for status in parts.models.list()],
        "indexes": [_index(parts, space) for space in parts.indexes.spaces()],
        "gate": accepted + refused,
        "notices": [*parts.engine.state.notices, *parts.notices],
        "playlist_models": parts.retraining.outlook().shape(),
    }


def _index(parts: App, space: str) -> dict[str, Any]:
    version = parts.indexes.current(space)
    try:
        if version is None:
            raise IndexRefusedError(f"There is no {space} index in use; run `trichord index build`.")
        manifest = parts.indexes.verify(space, version)
    except IndexRefusedError as error:
        return {"space": space, "in_order": False, "detail": str(error)}
    told = {"vectors": manifest.count, "dim": manifest.dim, "kind": manifest.kind, "recall": manifest.recall_at_10}
    return {"space": space, "in_order": True, "revision": manifest.catalogue_revision} | told


@router.get("/library/quarantine")
def quarantine(parts: Parts) -> dict[str, Any]:
    """List the files that were set aside, with their reasons; `total` counts those beyond the first 500 as well."""
    problems = parts.catalogue.queue.problems()
    return {"total": len(problems), "files": [shapes.problem_shape(p) for p in problems[:SHOWN_PROBLEMS]]}


@router.post("/library/quarantine/retry", status_code=202)
def retry(parts: Parts) -> shapes.IngestShape:
    """Read all quarantined files again, in the background."""
    paths = list(dict.fromkeys(p.path for p in parts.catalogue.queue.problems() if p.path.is_file()))
    if not paths:
        raise IngestError("No file in quarantine is still there to be read again.")
    return shapes.ingest_shape(parts.ingests.start(paths, retry=True))


@router.get("/library/folders")
def folders(parts: Parts, path: Annotated[str | None, Query(max_length=4000)] = None) -> dict[str, Any]:
    """List the folders of the server that music may be ingested from, or those inside one of them."""
    return asdict(MusicFolder.of(parts).listing(path))


@router.post("/library/uploads", status_code=201)
def upload(file: UploadFile, parts: Parts) -> dict[str, str]:
    """Take a sound file (or an archive of some) for an ingest; the answer's id goes into `uploads`."""
    kept = MusicFolder.of(parts).keep(file.file, file.filename)
    return {"id": kept.id, "name": kept.name}


@router.post("/library/ingests", status_code=202)
def ingest(body: shapes.IngestBody, parts: Parts) -> shapes.IngestShape:
    """Start an ingest in the background; poll the answer's id."""
    return shapes.ingest_shape(parts.ingests.start(MusicFolder.of(parts).roots(body.path, body.uploads)))


@router.get("/library/ingests")
def ingests(parts: Parts) -> dict[str, Any]:
    """List the ingests, the newest first."""
    return {"ingests": [shapes.ingest_shape(job) for job in parts.catalogue.jobs.all()]}


@router.get("/library/ingests/{ingest_id}")
def ingest_status(ingest_id: str, parts: Parts) -> shapes.IngestShape:
    """Tell how far an ingest is: queued, running, done, failed or cancelled."""
    return shapes.ingest_shape(parts.catalogue.jobs.get(IngestId(ingest_id)))


@router.delete("/library/ingests/{ingest_id}")
def cancel(ingest_id: str, parts: Parts) -> shapes.IngestShape:
    """Stop an ingest; what is in the catalogue stays there, and another ingest goes on where it stopped."""
    return shapes.ingest_shape(parts.ingests.cancel(IngestId(ingest_id)))


@router.get("/library/map")
def music_map(request: Request, parts: Parts) -> Response:
    """Return where all tracks lie on the map, as parallel lists; `refining`: ask again, a finer one is being made."""
    state = parts.engine.state
    ids, matrix = parts.catalogue.library.vectors(parts.music_space.id)
    if not ids:
        raise NotFoundError("No track has been listened to yet, so that there is no map; ingest some music first.")
    told = map_of(state.snapshot, parts.music_map.positions(tuple(ids), matrix), parts.catalogue.library.names())
    return zipped(json.dumps(told, separators=(",", ":")).encode(), "application/json", request)


def _limits(parts: App) -> str | None:
    """Return what a probability of the detector in use is worth; None without one, and then nothing is said."""
    return None if parts.detector is None else parts.detector.limits
