"""The shapes of the library's routes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, field_validator

from catalog.store.jobs import Job
from catalog.values import FileProblem, Measurement, Track
from retrieval.constraints import KEYS, Constraint, parse_key
from retrieval.errors import QueryError
from retrieval.shelves.browsing import Facet
from ui.api import schemas
from ui.api.etags import etag_of_track

_WRITTEN = frozenset({"file", "sidecar"})
# Each upload has a folder of its own, called by its id.
_UPLOAD = re.compile(r"[0-9a-f]{16}")


class AiMusic(BaseModel):
    """How probable it is by its sound that a generator made a track, and what that is worth. It is no verdict."""

    probability: float
    limits: str


class ShelfTrack(BaseModel):
    """A track as its owner sees it. `user_tags` are the users' own, `tags` what the file says and what was heard.

    `corrected` names what a user said better (tempo, key), `measured_*` what was measured then; `etag` is for PATCH.
    """

    track_id: str
    title: str
    artist: str | None
    album: str | None
    year: int | None
    duration_s: float
    tempo_bpm: float | None
    key: str | None
    measured_tempo_bpm: float | None
    measured_key: str | None
    corrected: list[str]
    tags: list[str]
    user_tags: list[str]
    licence: str | None
    attribution: str | None
    provenance: str
    ai_music: AiMusic | None
    file: str | None
    preview_url: str
    etag: str


class ShelfShape(BaseModel):
    """A page of the library: `total` tracks of `of` hold the filters; `next` is the next page's address."""

    tracks: list[ShelfTrack]
    total: int
    of: int
    next: str | None
    facets: list[Facet]


class CorrectionBody(schemas.Shape):
    """What a user corrects; null takes a correction back, what is left out stays. `tags` are all of the user's own."""

    tempo_bpm: float | None = Field(default=None, ge=20, le=400)
    key: str | None = Field(default=None, max_length=40, description="such as A minor, F# major or Bbm")
    tags: list[str] | None = Field(default=None, max_length=40)

    @field_validator("tags")
    @classmethod
    def _short(cls, tags: list[str] | None) -> list[str] | None:
        if tags is not None and any(len(tag) > 80 for tag in tags):
            raise ValueError("a tag has at most 80 characters")
        return tags

    def corrected(self) -> list[Measurement]:
        """Return the readings that are to stand; QueryError for an unknown key."""
        made = []
        if self.tempo_bpm is not None:
            made.append(Measurement("tempo", self.tempo_bpm, 1.0, source="user"))
        if self.key is not None:
            # Told as every other door tells it, with its faults.
            Constraint("key", "is", self.key, self.key)
            pitch, mode = parse_key(self.key)
            if mode is None:
                raise QueryError(f"The key {self.key[:40]!r} is neither major nor minor; write for instance “A minor”.")
            made.append(Measurement("key", None, 1.0, text=f"{KEYS[pitch]} {mode}", source="user"))
        return made

    def taken_back(self) -> list[str]:
        """Return the names of the readings that are to give way."""
        names = {"tempo_bpm": "tempo", "key": "key"}
        return [
            name for field, name in names.items() if field in self.model_fields_set and getattr(self, field) is None
        ]


class IngestBody(schemas.Shape):
    """What to ingest: a folder or file of the server, or the ids of uploaded files."""

    path: str | None = Field(default=None, max_length=4000)
    uploads: list[str] = Field(default=[], max_length=500)


class IngestShape(BaseModel):
    """An ingest: how far it is (`eta_s`: seconds left), what became of the files, which were set aside and why."""

    id: str
    status: str
    progress: float
    message: str
    done: int
    total: int | None
    current: str
    eta_s: float | None
    outcomes: dict[str, int]
    problems: list[dict[str, str]]
    names: list[str]
    created_at: str


class ProblemShape(BaseModel):
    """A file in quarantine."""

    name: str
    path: str
    member: str | None
    reason: str
    since: str


def shelf_track(track: Track, limits: str | None = None) -> ShelfTrack:
    """Return a track as its owner sees it.

    Args:
        track: the track.
        limits: of the detector of generated music in use; without one nothing is said.
    """
    probability = None if limits is None else track.number("ai_music")
    measured_tempo, measured_key = (track.measurements.get(f"measured_{name}") for name in ("tempo", "key"))
    written = [t.label for t in track.tags if t.source in _WRITTEN]
    heard = [t.label for t in track.tags if t.source.startswith("musicnn")][:6]
    return ShelfTrack(
        track_id=track.id,
        title=track.title,
        artist=track.artist,
        album=track.album,
        year=track.year,
        duration_s=track.duration_s,
        tempo_bpm=None if track.tempo_bpm is None else round(track.tempo_bpm, 1),
        key=track.key,
        measured_tempo_bpm=None if measured_tempo is None else measured_tempo.value,
        measured_key=None if measured_key is None else measured_key.text,
        corrected=[n for n in ("tempo", "key") if (m := track.measurements.get(n)) is not None and m.source == "user"],
        tags=list({tag.casefold(): tag for tag in reversed([*written, *heard])}.values())[::-1][:8],
        user_tags=[t.label for t in track.tags if t.source == "user"],
        licence=track.licence,
        attribution=track.attribution,
        provenance=track.provenance,
        ai_music=None if probability is None else AiMusic(probability=round(probability, 2), limits=str(limits)),
        file=None if track.path is None else f"{track.path.name}{' : ' + track.member if track.member else ''}",
        preview_url=f"/v1/tracks/{track.id}/preview",
        etag=etag_of_track(track),
    )


def _shown(root: Path) -> str:
    """Return what a user calls what is read: a folder by its name, an upload by its file's, not by its id."""
    files = [path.name for path in root.iterdir()] if _UPLOAD.fullmatch(root.name) and root.is_dir() else []
    return files[0] if len(files) == 1 else root.name


def ingest_shape(job: Job) -> IngestShape:
    """Return an ingest as the API shows it."""
    told: dict[str, Any] = dict(job.payload)
    return IngestShape(
        id=job.id,
        status=job.status,
        progress=job.progress,
        message=job.message,
        done=told.get("done", 0),
        total=told.get("total"),
        current=told.get("current", ""),
        eta_s=told.get("eta_s"),
        outcomes=told.get("outcomes", {}),
        problems=told.get("problems", []),
        names=[_shown(Path(root)) for root in told.get("roots", [])[:20]],
        created_at=f"{job.created_at.isoformat()}Z",
    )


def problem_shape(problem: FileProblem) -> ProblemShape:
    """Return a quarantined file as the API shows it."""
    return ProblemShape(
        name=problem.member or problem.path.name,
        path=str(problem.path),
        member=problem.member,
        reason=problem.reason,
        since=f"{problem.updated_at.isoformat()}Z",
    )
