"""The shapes of the video desk: films with their time lines, suggestions, cue sheets, offsets, background work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Literal

from pydantic import BaseModel, Field

from agent.cueing import MAX_CHARACTERS, CueChange
from catalog.films import MAX_SEGMENTS, Cue, CueSheet, Film, FilmJob, OriginalSound
from catalog.formats.cues.credits import credit
from catalog.formats.cues.writing import FORMATS
from catalog.licences import FILM_WORDS, film_terms
from catalog.values import Track, TrackId
from encoders.values import Cut, Shot, SoundMark
from retrieval.film.desk import Suggested
from retrieval.film.gone import gone
from retrieval.film.matching import Offset
from retrieval.film.timeline import Timeline
from retrieval.values import SceneBrief
from ui.api import schemas

Format = Literal["edl", "csv", "json", "otio", "fcpxml", "txt"]


class WorkShape(BaseModel):
    """Background work: ``cuts``, ``proxy`` or ``render``; `status` is queued, running, done, failed or cancelled.

    `progress` in [0, 1], `message` one sentence. `film_url` is where a finished render is fetched.
    """

    id: str
    film_id: str
    kind: str
    status: str
    progress: float
    message: str
    revision: int | None
    film_url: str | None


class VideoShape(BaseModel):
    """What a browser plays: the clip itself, or a proxy of it (`state` is then how far that is)."""

    url: str
    media_type: str
    playable: bool = Field(description="whether the clip plays as it is")
    state: str = Field(description="ready | queued | running | failed")
    progress: float
    message: str


class ThumbnailsShape(BaseModel):
    """Small pictures in order of time; the sprite holds all of them side by side, `width` by `height` each."""

    times_s: tuple[float, ...]
    width: int
    height: int
    url: str = Field(description="with {k} for the picture's place from 0")
    sprite_url: str


class MomentsShape(BaseModel):
    """The clip step by step, a value a step; every value in [0, 1]."""

    start_s: list[float]
    motion: list[float]
    brightness: list[float]
    saturation: list[float]
    warmth: list[float]


class LevelsShape(BaseModel):
    """The level of the clip's own sound every `step_s` seconds, in decibels of full scale; empty where it has none."""

    step_s: float
    db: tuple[float, ...]


class TimelineShape(BaseModel):
    """What a time line is drawn from. `exact` tells that every picture was compared for cuts."""

    shots: tuple[Shot, ...]
    cuts: tuple[Cut, ...]
    exact: bool
    thumbnails: ThumbnailsShape
    moments: MomentsShape
    marks: tuple[SoundMark, ...] = Field(description="speech, singing and music in the clip's own sound")
    loudness: LevelsShape


class FilmShape(BaseModel):
    """A film; `scene.curve` is its feeling over time, `scene.segments` its stretches of one mood."""

    id: str
    name: str
    duration_s: float
    width: int
    height: int
    rate: str = Field(description="frames a second, as a fraction")
    fps: float
    has_audio: bool
    video: VideoShape
    timeline: TimelineShape
    scene: schemas.SceneShape
    work: dict[str, WorkShape]
    cues_url: str


class FilmTrackShape(schemas.TrackShape):
    """A suggested track, with what its licence asks of a film, and how the film would credit it."""

    terms: str
    terms_words: str
    credit: str


class SuggestionsShape(BaseModel):
    """Tracks best first. `left_out` counts those that the licence wish alone kept out, by terms, with their words."""

    tracks: list[FilmTrackShape]
    receipts: list[schemas.ReceiptShape]
    fit: float
    relaxation: str | None
    scene: schemas.SceneShape
    left_out: dict[str, int]
    left_out_words: list[str]


class CueBody(schemas.Shape):
    """A segment and the music under it."""

    start_s: float
    end_s: float
    track_id: str | None = Field(default=None, max_length=200)
    offset_s: float = 0.0
    gain_db: float = 0.0
    fade_in_s: float = 0.0
    fade_out_s: float = 0.0
    duck: bool = False
    wish: str = Field(default="", max_length=500, description="what was asked of the music here")


class SheetBody(schemas.Shape):
    """A whole cue sheet."""

    cues: list[CueBody] = Field(max_length=MAX_SEGMENTS)
    original: OriginalSound = "keep"
    duck_db: float = 12.0
    loudness_lufs: float | None = -14.0

    def sheet(self) -> CueSheet:
        """Return it as the catalogue keeps it."""
        return CueSheet(
            tuple(
                Cue(
                    cue.start_s,
                    cue.end_s,
                    None if cue.track_id is None else TrackId(cue.track_id),
                    cue.offset_s,
                    cue.gain_db,
                    cue.fade_in_s,
                    cue.fade_out_s,
                    cue.duck,
                    wish=cue.wish,
                )
                for cue in self.cues
            ),
            self.original,
            self.duck_db,
            self.loudness_lufs,
        )


class CandidateBody(schemas.Shape):
    """A piece that was made here."""

    generation: str = Field(max_length=64)


class FillBody(schemas.Shape):
    """Music for all segments that have none."""

    text: str = Field(default="", max_length=10_000)
    licence: str = Field(default="film", max_length=40)


class SayBody(schemas.Shape):
    """What to change, in words."""

    message: str = Field(max_length=MAX_CHARACTERS)
    licence: str = Field(default="film", max_length=40)


class CueShape(CueBody):
    """A segment as it reads: with its track's words, its tempo-to-cut score, and what is wrong with it, if anything.

    `sync` in [0, 1] is how many of the cuts the music meets beyond chance: `hits` of `cuts` within 80 ms; null while
    nobody has listened to the track (its offsets were not asked for), or where there is no cut.
    """

    title: str
    artist: str | None
    licence: str | None
    generated: bool
    attribution: str | None
    terms: str
    terms_words: str
    credit: str | None
    duration_s: float | None
    preview_url: str | None
    sync: float | None
    hits: int | None
    cuts: int
    problem: str | None


class SheetShape(BaseModel):
    """A cue sheet at a revision; its ETag is the revision."""

    film_id: str
    revision: int
    cues: list[CueShape]
    original: OriginalSound
    duck_db: float
    loudness_lufs: float | None
    exports: dict[str, str]


class SaidShape(BaseModel):
    """A cue sheet after a message, and what the message changed."""

    sheet: SheetShape
    changes: list[CueChange]


class OffsetsShape(BaseModel):
    """Places in a track to begin at, the best first, and the segment's cuts from its start on."""

    track_id: str
    segment: int | None
    cuts_s: list[float]
    offsets: list[Offset]


def work_shape(job: FilmJob) -> WorkShape:
    """Return background work."""
    done = job.kind == "render" and job.status == "done"
    return WorkShape(
        id=job.id,
        film_id=job.film_id,
        kind=job.kind,
        status=job.status,
        progress=job.progress,
        message=job.message,
        revision=job.revision,
        film_url=f"/v1/renders/{job.id}/film" if done else None,
    )


def film_shape(film: Film, timeline: Timeline, scene: SceneBrief, work: dict[str, FilmJob]) -> FilmShape:
    """Return a film."""
    here = f"/v1/films/{film.id}"
    seen = timeline.analysis
    return FilmShape(
        id=film.id,
        name=film.name,
        duration_s=film.duration_s,
        width=film.width,
        height=film.height,
        rate=str(film.rate),
        fps=float(film.rate),
        has_audio=film.has_audio,
        video=_video_shape(film, work.get("proxy")),
        timeline=TimelineShape(
            shots=timeline.shots,
            cuts=timeline.cuts,
            exact=timeline.exact,
            thumbnails=ThumbnailsShape(
                times_s=timeline.thumbnails_s,
                width=timeline.thumbnail_width,
                height=timeline.thumbnail_height,
                url=f"{here}/thumbnails/{{k}}.jpg",
                sprite_url=f"{here}/thumbnails/sprite.jpg",
            ),
            moments=MomentsShape(
                start_s=[m.start_s for m in seen.moments],
                motion=[round(m.motion, 4) for m in seen.moments],
                brightness=[round(m.brightness, 4) for m in seen.moments],
                saturation=[round(m.saturation, 4) for m in seen.moments],
                warmth=[round(m.warmth, 4) for m in seen.moments],
            ),
            marks=seen.marks,
            loudness=LevelsShape(step_s=timeline.level_step_s, db=timeline.levels_db),
        ),
        scene=schemas.scene_shape(scene),
        work={kind: work_shape(job) for kind, job in work.items()},
        cues_url=f"{here}/cues",
    )


def _video_shape(film: Film, proxy: FilmJob | None) -> VideoShape:
    state, progress, message = "ready", 1.0, ""
    if not film.playable:
        state = "failed" if proxy is None or proxy.status == "cancelled" else proxy.status
        state = "ready" if state == "done" else state
        progress, message = (proxy.progress, proxy.message) if proxy is not None else (0.0, "There is no proxy.")
    return VideoShape(
        url=f"/v1/films/{film.id}/video",
        media_type=film.media_type,
        playable=film.playable,
        state=state,
        progress=progress,
        message=message,
    )


def suggestions_shape(found: Suggested) -> SuggestionsShape:
    """Return suggestions."""
    result = found.result
    shown = schemas.candidates_shape(result.candidates)
    return SuggestionsShape(
        tracks=[_film_track(c.track, shape) for c, shape in zip(result.candidates, shown, strict=True)],
        receipts=schemas.receipts_shape(result.receipts),
        fit=result.fit,
        relaxation=result.relaxation.words if result.relaxation else None,
        scene=schemas.scene_shape(found.brief),
        left_out={str(terms): count for terms, count in found.left_out.items()},
        left_out_words=[f"{count} left out: {FILM_WORDS[terms]}" for terms, count in found.left_out.items()],
    )


def offered_shape(track: Track) -> FilmTrackShape:
    """Return a track that somebody offers for a film: nothing was ranked, so its score is 0."""
    return _film_track(track, schemas.track_shape(track, 0.0, ""))


def _film_track(track: Track, shape: schemas.TrackShape) -> FilmTrackShape:
    terms = film_terms(track.licence)
    words = Cue(
        0.0, 0.0, track.id, 0.0, 0.0, 0.0, 0.0, False, track.title, track.artist, track.licence, track.attribution
    )
    return FilmTrackShape(**shape.model_dump(), terms=terms, terms_words=FILM_WORDS[terms], credit=credit(words))


def sheet_shape(
    film: Film, sheet: CueSheet, timeline: Timeline, tracks: dict[TrackId, Track], judged: Sequence[Offset | None]
) -> SheetShape:
    """Return a cue sheet; `judged` says of each cue how its offset does."""
    here = f"/v1/films/{film.id}/cues"
    return SheetShape(
        film_id=film.id,
        revision=sheet.revision,
        cues=[_cue_shape(cue, timeline, tracks, offset) for cue, offset in zip(sheet.cues, judged, strict=True)],
        original=sheet.original,
        duck_db=sheet.duck_db,
        loudness_lufs=sheet.loudness_lufs,
        exports={name: f"{here}.{name}" for name in FORMATS},
    )


def _cue_shape(cue: Cue, timeline: Timeline, tracks: dict[TrackId, Track], offset: Offset | None) -> CueShape:
    track = None if cue.track_id is None else tracks.get(cue.track_id)
    terms = film_terms(cue.licence)
    return CueShape(
        **asdict(cue),
        terms=terms,
        terms_words=FILM_WORDS[terms] if cue.track_id is not None else "",
        credit=None if cue.track_id is None else credit(cue),
        duration_s=None if track is None else track.duration_s,
        preview_url=None if track is None else f"/v1/tracks/{track.id}/preview",
        sync=None if offset is None else offset.sync,
        hits=None if offset is None or offset.sync is None else offset.hits,
        cuts=len(timeline.cuts_within(cue.start_s, cue.end_s)),
        generated=track is not None and track.provenance == "generated",
        problem=gone(cue) if cue.track_id is not None and track is None else None,
    )
