"""``POST /v1/tracks/lookup``: many tracks by their ids, for lists and queues that keep ids alone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from catalog.values import Track
from ui.api import schemas
from ui.api.parts import Parts

router = APIRouter(prefix="/v1/tracks", tags=["tracks"])
MAX_LOOKUP = 500
_LEFT_OUT = {"score", "why", "wishes", "facts", "after"}


class LookupBody(schemas.Shape):
    """The ids that are asked for; one that comes twice is told once."""

    track_ids: list[Annotated[str, Field(max_length=64)]] = Field(max_length=MAX_LOOKUP)


class ListedTrack(BaseModel):
    """A track as a list shows it. `energy` is in [0, 1], null where it was not measured."""

    track_id: str
    title: str
    artist: str | None
    album: str | None
    year: int | None
    duration_s: float
    tempo_bpm: float | None
    key: str | None
    energy: float | None
    tags: tuple[str, ...]
    licence: str | None
    attribution: str | None
    provenance: str
    preview_url: str


class LookupAnswer(BaseModel):
    """The tracks that there are, in the order asked for, and the ids of those that there are not."""

    tracks: list[ListedTrack]
    missing: list[str]


@router.post("/lookup")
def lookup(body: LookupBody, parts: Parts) -> LookupAnswer:
    """Return tracks by their ids; what has left the catalogue is named, and refuses nothing."""
    asked = list(dict.fromkeys(body.track_ids))
    found = parts.catalogue.library.get_many(schemas.ids(asked))
    there = {track.id for track in found}
    return LookupAnswer(tracks=[_listed(t) for t in found], missing=[i for i in asked if i not in there])


def _listed(track: Track) -> ListedTrack:
    shown = schemas.track_shape(track, 1.0, "").model_dump(exclude=_LEFT_OUT)
    energy = track.measurements.get("energy")
    return ListedTrack(**shown, energy=None if energy is None else energy.value)
