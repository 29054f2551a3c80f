"""Values of the catalogue: tracks, their tags and measurements, playlists, feedback, generations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import field as dataclass_field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NewType, Protocol

import numpy as np
from numpy.typing import NDArray

TrackId = NewType("TrackId", str)
PlaylistId = NewType("PlaylistId", str)
SessionId = NewType("SessionId", str)
UserId = NewType("UserId", str)
GenerationId = NewType("GenerationId", str)

LicenceClass = Literal["free", "attribution", "share-alike", "non-commercial", "copyleft-code", "unknown"]
Provenance = Literal["human", "generated", "unknown"]
FeedbackKind = Literal["like", "dislike", "skip", "complete"]


@dataclass(frozen=True, slots=True)
class Tag:
    """A word about a track. `source` says who says so: ``file``, ``sidecar``, ``user`` or the name of a tagger.

    `weight` lies in [0, 1]; a tag that a person wrote has weight 1.
    """

    label: str
    weight: float
    source: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measured property with its confidence in [0, 1]; `text` holds what is no number, such as ``A minor``.

    `source` is ``measured``, ``file`` (its tags or its sidecar say so) or ``user``; a user's correction outlives every
    new measurement.
    """

    name: str
    value: float | None
    confidence: float
    text: str | None = None
    alternatives: tuple[float, ...] = ()
    source: str = "measured"


@dataclass(frozen=True, slots=True)
class Track:
    """One recording of the catalogue with everything known about it.

    `duration_s` is in seconds, `path` the file that plays it (inside an archive when `member` is set).
    """

    id: TrackId
    title: str
    artist: str | None
    album: str | None
    year: int | None
    duration_s: float
    licence: str | None
    licence_class: LicenceClass
    attribution: str | None
    provenance: Provenance
    document: str
    path: Path | None = None
    member: str | None = None
    tags: tuple[Tag, ...] = ()
    measurements: Mapping[str, Measurement] = field(default_factory=dict)

    def number(self, name: str) -> float | None:
        """Return the measured value called `name`, or None where nothing was measured."""
        found = self.measurements.get(name)
        return None if found is None else found.value

    @property
    def tempo_bpm(self) -> float | None:
        """Beats a minute."""
        return self.number("tempo")

    @property
    def key(self) -> str | None:
        """Key such as ``A minor``."""
        found = self.measurements.get("key")
        return None if found is None else found.text

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of its words as the file tells them, by their English names in lower case."""
        return self._words("language")

    @property
    def identifiers(self) -> tuple[str, ...]:
        """URIs that its file tells; see `TrackMetadata`."""
        return self._words("identifiers")

    def _words(self, name: str) -> tuple[str, ...]:
        found = self.measurements.get(name)
        return () if found is None or found.text is None else tuple(found.text.split())


@dataclass(frozen=True, slots=True)
class TrackMetadata:
    """What a file or its sidecar says about a track, before anything is measured.

    `languages` are those of its words, by their English names in lower case; `identifiers` are URIs: an ISRC as
    ``urn:isrc:…``, a MusicBrainz recording by its address.
    """

    title: str
    artist: str | None = None
    album: str | None = None
    year: int | None = None
    genre: tuple[str, ...] = ()
    licence: str | None = None
    attribution: str | None = None
    provenance: Provenance = "human"
    languages: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """A track without its sound: what others wrote and measured (``valence``, ``tempo``, ...), as data sets give it."""

    id: TrackId
    metadata: TrackMetadata
    duration_s: float
    measurements: tuple[Measurement, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaylistItem:
    """One entry: a track of the catalogue, or the words of one that is not there (`track_id` None).

    A `pinned` entry keeps its place when the playlist is refreshed; `added_by` is a short id of whoever put it there.
    """

    track_id: TrackId | None
    title: str
    artist: str | None = None
    pinned: bool = False
    added_by: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What a playlist holds at one version: `entries` in playing order, none of them of a track in `bans`.

    `recipe` is the JSON text of the request that refreshes a standing playlist; the catalogue never looks into it.
    """

    title: str
    description: str = ""
    entries: tuple[PlaylistItem, ...] = ()
    bans: tuple[TrackId, ...] = ()
    recipe: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The playlist, and its version, that another one was forked from."""

    playlist_id: PlaylistId
    version: int


@dataclass(frozen=True, slots=True)
class Playlist:
    """A stored playlist at its current version; `entries` in playing order, the other fields as in `Document`."""

    id: PlaylistId
    title: str
    description: str
    entries: tuple[PlaylistItem, ...]
    updated_at: datetime
    version: int = 1
    bans: tuple[TrackId, ...] = ()
    recipe: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class PlaylistSummary:
    """A stored playlist without its entries; `length` counts them, `standing` tells that it has a recipe."""

    id: PlaylistId
    title: str
    description: str
    version: int
    length: int
    standing: bool
    created_at: datetime
    updated_at: datetime
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class PlaylistVersion:
    """One version of a playlist, counted from 1: when it was made, by whom if known, and what changed in words."""

    number: int
    created_at: datetime
    message: str
    author: str | None
    title: str
    length: int


@dataclass(frozen=True, slots=True)
class Feedback:
    """One reaction of a user to a track."""

    track_id: TrackId
    kind: FeedbackKind
    session_id: SessionId | None
    created_at: datetime
    user_id: UserId | None = None


TurnStatus = Literal["done", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """One turn of a conversation. `body` is the agent's own JSON, `place` the checkpoint of what stood before it."""

    number: int
    at: datetime
    status: TurnStatus
    message: str
    reply: str
    body: str
    place: str | None


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """A conversation as it is listed; `turns` counts what is kept of it."""

    id: SessionId
    title: str
    updated_at: datetime
    turns: int


@dataclass(frozen=True, slots=True)
class SharedTurns:
    """What the link of a conversation shows."""

    title: str
    turns: tuple[KeptTurn, ...]


TasteField = Literal["concept", "artist", "word"]
TasteOrigin = Literal["stated", "edited"]


@dataclass(frozen=True, slots=True)
class Taste:
    """A standing taste of a user: towards something (`weight` up to 1), away from it (down to -1), or neither (0).

    `never` keeps it out of every result. `words` are the user's own, `created_at` is UTC. An ``edited`` one was set by
    hand on the profile.
    """

    field: TasteField
    value: str
    weight: float
    never: bool = False
    origin: TasteOrigin = "stated"
    words: str = ""
    created_at: datetime = dataclass_field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))


@dataclass(frozen=True, slots=True)
class Erased:
    """How much of a user was erased."""

    tastes: int
    reactions: int


GenerationStatus = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Generation:
    """One request to a music generator and what became of it. `request` and `result` are JSON texts, times UTC.

    `backend` is who is to make it, or made it; `pinned` tells that nobody else may. `fingerprint` is the same for
    requests that give the same piece, `sha256` that of its file. `parent_id` is the piece that it was made from.
    """

    id: GenerationId
    status: GenerationStatus
    progress: float
    message: str
    request: str
    result: str | None
    track_id: TrackId | None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    backend: str | None = None
    pinned: bool = False
    fingerprint: str | None = None
    sha256: str | None = None
    duration_s: float | None = None
    attempts: int = 0
    user_id: UserId | None = None
    parent_id: GenerationId | None = None


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A file in quarantine and why."""

    path: Path
    member: str | None
    reason: str
    updated_at: datetime


class Estimated(Protocol):
    """A number with confidence and other readings."""

    @property
    def value(self) -> float: ...
    @property
    def confidence(self) -> float: ...
    @property
    def alternatives(self) -> tuple[float, ...]: ...


class EstimatedKey(Protocol):
    """A key with confidence."""

    @property
    def tonic(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def confidence(self) -> float: ...


class Scored(Protocol):
    """A label that a tagger gave."""

    @property
    def label(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def source(self) -> str: ...


class Vector(Protocol):
    """An embedding: float32, L2-normalised, one dimension."""

    @property
    def vector(self) -> NDArray[np.float32]: ...


class SoundFacts(Protocol):
    """What ingest needs to know about a sound; whoever analyses audio returns something of this shape."""

    @property
    def duration_s(self) -> float: ...
    @property
    def tempo_bpm(self) -> Estimated | None: ...
    @property
    def key(self) -> EstimatedKey | None: ...
    @property
    def chords(self) -> tuple[str, ...]: ...
    @property
    def loudness_lufs(self) -> float: ...
    @property
    def energy(self) -> float: ...
    @property
    def onset_rate(self) -> float: ...
    @property
    def brightness_hz(self) -> float: ...
    @property
    def tags(self) -> tuple[Scored, ...]: ...
    @property
    def embeddings(self) -> Mapping[str, Vector]: ...
    @property
    def fingerprint(self) -> NDArray[np.uint32]: ...
    @property
    def ai_music(self) -> float | None: ...


class SoundAnalyzer(Protocol):
    """Measures one audio file; safe to call from several threads; raises ValueError with a sentence for a bad file.

    ``ready`` raises when nothing at all can be measured (weights missing): that is no file's fault.
    """

    def ready(self) -> None: ...

    def analyze(self, path: Path) -> SoundFacts: ...
