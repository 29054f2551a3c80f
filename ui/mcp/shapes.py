"""What the tools take and return. Clients read these schemas with every session, so they are kept short."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from agent.values import Decision, DoneEvent, GenerationOffer
from ui.api import schemas
from ui.api.routes import done_shape


class Filters(schemas.Shape):
    """Filters in plain types. A result holds all of them, and is by one of the artists."""

    genre: tuple[str, ...] = ()
    mood: tuple[str, ...] = ()
    instrument: tuple[str, ...] = ()
    artist: tuple[str, ...] = ()
    exclude_artist: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    vocal: str = Field(default="", description="vocal, instrumental, female vocal, male vocal")
    album: str = ""
    title: str = ""
    key: str = Field(default="", description="such as A minor")
    licence: str = Field(default="", description="a name, or free, attribution, commercial")
    provenance: str = Field(default="", description="human, generated")
    min_year: float | None = None
    max_year: float | None = None
    min_tempo: float | None = Field(default=None, description="BPM")
    max_tempo: float | None = None
    min_duration: float | None = Field(default=None, description="seconds")
    max_duration: float | None = None
    min_energy: float | None = Field(default=None, description="0 to 1")
    max_energy: float | None = None


def held(filters: Filters | None) -> schemas.Filters:
    """Return filters as the REST door reads them."""
    told = {} if filters is None else filters.model_dump(mode="json", exclude_defaults=True)
    return schemas.Filters.model_validate(told)


class Tracks(BaseModel):
    """Tracks, best first (a continuation: in playing order), and what became of each wish."""

    tracks: list[schemas.TrackShape]
    receipts: list[schemas.ReceiptShape] = []
    unresolved: list[schemas.NamedAnswer] = Field(default=[], description="named, and not in this catalogue")
    fit: float | None = Field(default=None, description="probability that the best one fits")
    relaxation: str | None = Field(default=None, description="which wish to give up where nothing holds all")
    scene: str | None = Field(default=None, description="what was seen in the clip")

    @classmethod
    def of(cls, answer: schemas.TracksAnswer) -> Tracks:
        """Return an answer of the REST door without the curve of its scene."""
        told = {name: getattr(answer, name) for name in cls.model_fields if name != "scene"}
        return cls(**told, scene=None if answer.scene is None else answer.scene.words)


class ChatAnswer(BaseModel):
    """One turn of a conversation; `session_id` goes into the next one. `#3` in words is the third of `tracks`."""

    session_id: str
    reply: str
    decision: Decision
    plan: dict[str, Any] = Field(description="how the message was understood")
    tracks: list[schemas.TrackShape]
    receipts: list[schemas.ReceiptShape]
    unresolved: list[str]
    absent: list[str]
    generation: GenerationOffer | None
    playlist_id: str | None

    @classmethod
    def of(cls, done: DoneEvent) -> ChatAnswer:
        """Return a turn."""
        told = done_shape(done)
        return cls.model_validate({name: told[name] for name in cls.model_fields})


class Explained(BaseModel):
    """What is known of a track, and why it stands where it does in a conversation."""

    track: schemas.TrackShape
    measurements: dict[str, Any] = Field(description="name to value, text, confidence and alternatives")
    place: int | None = Field(default=None, description="its number in the last results of the conversation")
    why: str | None = None


class Entry(BaseModel):
    """An entry of a playlist; `track_id` null: not in this catalogue."""

    track_id: str | None
    title: str
    artist: str | None
    pinned: bool


class StoredPlaylist(BaseModel):
    """A stored playlist; `uri` is its resource."""

    id: str
    uri: str
    title: str
    description: str
    version: int
    length: int
    entries: list[Entry]


class ListedPlaylist(BaseModel):
    """A stored playlist without its entries."""

    id: str
    uri: str
    title: str
    description: str
    version: int
    length: int


class Playlists(BaseModel):
    """A page of playlists, the last changed first, and how many there are in all."""

    playlists: list[ListedPlaylist]
    total: int


class Exported(BaseModel):
    """A playlist as a file that players open."""

    file_name: str
    media_type: str
    text: str


class Deleted(BaseModel):
    """What is gone."""

    id: str
    title: str
