"""The shapes of the REST door. Clients rely on them; ``/openapi.json`` describes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agent.outcomes import fact, facts
from agent.values import SourcedFact, TrackFact
from catalog.values import Track, TrackId
from retrieval.constraints import Constraint, Op, Receipt
from retrieval.constraints import Field as WishField
from retrieval.continuation.values import Continued, NamedTrack
from retrieval.errors import QueryError
from retrieval.paths import MAX_PATH
from retrieval.recognition import Recognition
from retrieval.scene import LIMITS
from retrieval.values import AffectPoint, Attribute, Candidate, SceneBrief, ScenePart

Number = float | int
Range = Number | tuple[Number | None, Number | None] | dict[str, Number | None]


# Files that one message may bring.
MAX_FILES = 8
_ALIASES = {
    "bpm": "tempo",
    "genres": "genre",
    "moods": "mood",
    "instruments": "instrument",
    "artists": "artist",
    "artist_include": "artist",
    "artist_exclude": "exclude_artist",
    "exclude_artists": "exclude_artist",
    "license": "licence",
    "duration_s": "duration",
}


class Shape(BaseModel):
    """Base of all shapes: unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid")


class Filters(Shape):
    """Hard wishes. Numbers take one value, ``[min, max]`` (null is open) or ``{"min": .., "max": ..}``.

    Clients of other services write ``min_tempo``, ``tempo_max`` or ``instrumental: true``; these are understood, too.
    """

    genre: str | list[str] | None = None
    mood: str | list[str] | None = None
    instrument: str | list[str] | None = None
    vocal: str | None = Field(default=None, description="vocal | instrumental | female vocal | male vocal")
    artist: str | list[str] | None = None
    exclude_artist: str | list[str] | None = None
    album: str | None = None
    title: str | None = None
    year: Range | None = None
    tempo: Range | None = Field(default=None, description="BPM")
    duration: Range | None = Field(default=None, description="seconds")
    energy: Range | None = None
    loudness: Range | None = Field(default=None, description="LUFS")
    key: str | None = None
    licence: str | None = None
    provenance: str | None = Field(default=None, description="human | generated")
    language: str | list[str] | None = Field(default=None, description="of the words, by its English name")

    @model_validator(mode="before")
    @classmethod
    def _familiar(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        read: dict[str, Any] = {}
        for spelling, value in given.items():
            name = _ALIASES.get(str(spelling), str(spelling))
            bound = re.fullmatch(r"(?:(min|max)_(\w+)|(\w+)_(min|max))", name)
            if bound is not None:
                field, side = str(bound[2] or bound[3]), str(bound[1] or bound[4])
                ends = read.setdefault(_ALIASES.get(field, field), {})
                if not isinstance(ends, dict):
                    raise ValueError(f"{field} is given twice")
                ends[side] = value
            elif name == "instrumental" and isinstance(value, bool):
                read["vocal"] = "instrumental" if value else "vocal"
            else:
                read[name] = value
        return read

    def constraints(self) -> tuple[Constraint, ...]:
        """Return the filters as hard wishes; QueryError for a range that makes no sense."""
        made: list[Constraint] = []
        for name in ("year", "tempo", "duration", "energy", "loudness"):
            value = getattr(self, name)
            if value is not None:
                made.append(_range(name, value))
        for name in (
            "genre",
            "mood",
            "instrument",
            "vocal",
            "album",
            "title",
            "key",
            "licence",
            "provenance",
            "language",
            "artist",
        ):
            made += [Constraint(_field(name), "is", w, f"filter {name}") for w in _words(getattr(self, name))]
        made += [Constraint("artist", "not", w, "filter exclude_artist") for w in _words(self.exclude_artist)]
        return tuple(made)


class SearchBody(Shape):
    """A search. `filters` hold for every result; wishes in the query's words are read as well."""

    query: str = Field(default="", max_length=10_000)
    n: int = Field(default=10, ge=1, le=100)
    filters: Filters = Filters()
    like: list[str] = Field(default=[], max_length=100)
    dislike: list[str] = Field(default=[], max_length=100)
    exclude: list[str] = Field(default=[], max_length=1000)
    sound: str | None = Field(default=None, description="id of an uploaded sound that results should resemble")
    less: list[str] = Field(default=[], max_length=100, description="ids that results should be less like than `like`")
    attribute: Attribute | None = Field(default=None, description="the one side by which `like` or `sound` is compared")
    freshness: float | None = Field(
        default=None,
        description="-1 to 1: leans to the artists of `like` (familiar) or away from them (fresh); 0 does neither",
    )
    user_id: str | None = Field(
        default=None, min_length=1, max_length=32, description="whose taste the order leans to; nobody's where left out"
    )


class NamedShape(Shape):
    """A track by name."""

    title: str = Field(max_length=500)
    artist: str | None = Field(default=None, max_length=500)


class PathBody(Shape):
    """A path between two tracks."""

    first: str = Field(description="id of the track where it begins", max_length=200)
    last: str = Field(description="id of the track where it ends", max_length=200)
    n: int = Field(default=8, ge=3, le=MAX_PATH, description="tracks, both ends included")


class ChatBody(Shape):
    """One message. `attachments` are ids that POST /v1/attachments gave."""

    message: str = Field(default="", max_length=50_000)
    session_id: str | None = None
    attachments: list[str] = Field(default=[], max_length=MAX_FILES)
    stream: bool = False
    user_id: str | None = Field(default=None, min_length=1, max_length=32, description="whose taste counts and grows")


class TrackWishShape(BaseModel):
    """Whether a track holds a wish (null: nothing tells), and the fact that says so."""

    wish: str
    held: bool | None
    evidence: str


class TrackShape(BaseModel):
    """A track as every door shows it. `score` is the calibrated probability that it fits."""

    track_id: str
    title: str
    artist: str | None
    album: str | None
    year: int | None
    duration_s: float
    tempo_bpm: float | None
    key: str | None
    tags: tuple[str, ...]
    licence: str | None
    attribution: str | None
    provenance: str
    score: float
    why: str
    preview_url: str
    wishes: tuple[TrackWishShape, ...] = ()
    facts: tuple[SourcedFact, ...] = Field(default=(), description="what may be said of it, each with its source")
    after: str | None = Field(
        default=None, description="where it goes inside a playlist: right after the track of this id"
    )


class ReceiptShape(BaseModel):
    """What became of a wish."""

    wish: str
    source_text: str
    status: str
    evidence: str


class NamedAnswer(BaseModel):
    """An entry that the catalogue does not have."""

    title: str
    artist: str | None


class RecognisedShape(BaseModel):
    """The recording that a clip was taken from; the clip begins at `offset_s` of it. `track` null: not recognised.

    `bit_error_rate` is the share of differing bits of the fingerprints (0 is identity, above 0.35 is another
    recording); `unprinted` tracks have no fingerprint, so that they cannot be recognised, and `remedy` says what helps.
    """

    track: TrackShape | None
    offset_s: float | None = None
    bit_error_rate: float | None = None
    unprinted: int = 0
    remedy: str | None = None


class SceneShape(BaseModel):
    """What a clip or a picture asks for: the scales of `retrieval.values.SceneBrief`, and what it cannot tell.

    `faces` is the largest number in one picture; `speech`, `singing` and `music` are shares of the clip's own sound, in
    [0, 1], singing counted as music, too; null: not looked for. The curve marks them step by step.
    """

    words: str
    energy: float
    valence: float
    tension: float
    tempo_bpm: float
    sees: tuple[str, ...]
    setting: tuple[str, ...]
    segments: tuple[ScenePart, ...]
    curve: tuple[AffectPoint, ...]
    faces: int | None
    speech: float | None
    singing: float | None
    music: float | None
    limits: str


class TracksAnswer(BaseModel):
    """Tracks best first (a continuation: in playing order), what could not be found, a receipt a wish.

    `influence` says what the taste of a user who was named did to the order.
    """

    tracks: list[TrackShape]
    unresolved: list[NamedAnswer] = []
    receipts: list[ReceiptShape] = []
    fit: float | None = None
    relaxation: str | None = None
    scene: SceneShape | None = None
    influence: str | None = None


def first_fault(error: ValidationError, described: str = "the interface is described at /docs") -> str:
    """Return the first thing that is wrong with a body, as one sentence."""
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the body'}: {first['msg']}; {described}."


def recognised_shape(found: Recognition | None, track: Track | None, unprinted: int) -> RecognisedShape:
    """Return what was recognised as the API shows it."""
    remedy = f"run `trichord ingest --retry` to fingerprint {unprinted} tracks" if unprinted else None
    if found is None or track is None:
        return RecognisedShape(track=None, unprinted=unprinted, remedy=remedy)
    shown = track_shape(track, 1.0, "the same recording")
    return RecognisedShape(
        track=shown,
        offset_s=found.offset_s,
        bit_error_rate=found.bit_error_rate,
        unprinted=unprinted,
        remedy=remedy,
    )


def scene_shape(brief: SceneBrief) -> SceneShape:
    """Return a brief as the API shows it."""
    told = {name: getattr(brief, name) for name in SceneShape.model_fields if name != "limits"}
    return SceneShape(**told, limits=LIMITS)


def track_shape(track: Track, score: float, why: str) -> TrackShape:
    """Return a track as the API shows it."""
    return shape_of(fact(1, track, score, why))


def shape_of(told: TrackFact) -> TrackShape:
    """Return what the agent knows of a track in the API's shape."""
    given = told.model_dump(exclude={"handle", "receipts"})
    wishes = tuple(TrackWishShape(wish=r.constraint.words, held=r.held, evidence=r.evidence) for r in told.receipts)
    return TrackShape(**given, preview_url=f"/v1/tracks/{told.track_id}/preview", wishes=wishes)


def candidates_shape(candidates: Sequence[Candidate]) -> list[TrackShape]:
    """Return search results as the API shows them."""
    return [shape_of(told) for told in facts(candidates)]


def continued_shape(tracks: Sequence[Continued]) -> list[TrackShape]:
    """Return a continuation as the API shows it."""
    return [track_shape(c.track, c.score, c.why).model_copy(update={"after": c.after}) for c in tracks]


def receipts_shape(receipts: Sequence[Receipt]) -> list[ReceiptShape]:
    """Return receipts as the API shows them."""
    return [
        ReceiptShape(
            wish=r.constraint.words, source_text=r.constraint.source_text, status=r.status, evidence=r.evidence
        )
        for r in receipts
    ]


def unresolved_shape(named: Sequence[NamedTrack]) -> list[NamedAnswer]:
    """Return the entries that were not found."""
    return [NamedAnswer(title=u.title, artist=u.artist) for u in named]


def ids(values: Sequence[str]) -> tuple[TrackId, ...]:
    """Return texts as track ids."""
    return tuple(TrackId(v) for v in values)


def _words(value: str | list[str] | None) -> list[str]:
    if value is None:
        return []
    return [w for w in ([value] if isinstance(value, str) else value) if w.strip()]


def _field(name: str) -> WishField:
    return name  # type: ignore[return-value]  # the callers' names are the Literal's


def _range(name: str, value: Range) -> Constraint:
    if isinstance(value, int | float):
        return Constraint(_field(name), "is", float(value), f"filter {name}")
    if isinstance(value, dict):
        if unknown := set(value) - {"min", "max"}:
            raise QueryError(f"{name} has {', '.join(sorted(unknown))[:60]!r}; give min, max or both.")
        low, high = value.get("min"), value.get("max")
    else:
        low, high = value
    if low is not None and high is not None:
        return Constraint(_field(name), "between", (float(low), float(high)), f"filter {name}")
    op: Op = "min" if low is not None else "max"
    bound = low if low is not None else high
    if bound is None:
        raise QueryError(f"{name} has neither a minimum nor a maximum; give at least one.")
    return Constraint(_field(name), op, float(bound), f"filter {name}")
