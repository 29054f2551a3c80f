"""What may be asked for when music is to be made. Files are named by ids of this server, never by paths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, Self

from fastapi import Request
from pydantic import Field, model_validator

from agent.generation.errors import InvalidRequestError
from agent.generation.material import MAX_LYRICS, Adapter, Clip, Curve, Gap, Lyrics, Section, Stem
from agent.generation.values import Quality, Task
from agent.handoff import Wish
from catalog.errors import NotFoundError
from catalog.values import Generation, GenerationId
from ui.api import schemas
from ui.api.users import OWNER
from ui.compose import App
from ui.uploads import Uploads

ClipKind = Literal["audio", "midi", "video", "any"]


class ClipBody(schemas.Shape):
    """A recording or clip: an upload, or a finished piece; `seconds` of it count."""

    upload: str | None = Field(default=None, max_length=64, description="the id of an upload")
    generation: str | None = Field(default=None, max_length=32, description="the id of a finished piece")
    seconds: float | None = Field(default=None, gt=0, le=3600)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.upload is None) == (self.generation is None):
            raise ValueError("name an upload or a generation")
        return self


class StemBody(schemas.Shape):
    """A track that is there already."""

    name: str = Field(min_length=1, max_length=60)
    clip: ClipBody


class SectionBody(schemas.Shape):
    """A part of the form."""

    name: str = Field(max_length=60)
    seconds: float | None = None
    bars: int | None = None
    text: str = Field(default="", max_length=500)


class CurveBody(schemas.Shape):
    """How loudness or rhythmic density moves; null where it is free."""

    of: Literal["dynamics", "rhythm"]
    values: list[float | None] = Field(max_length=1000)


class GapBody(schemas.Shape):
    """A stretch of a recording that is to be made anew, in seconds."""

    clip: ClipBody
    start_s: float
    end_s: float


class AdapterBody(schemas.Shape):
    """A LoRA by the name that it has on the server."""

    name: str = Field(max_length=64)
    weight: float = 1.0


class FilmBody(schemas.Shape):
    """A film on the video desk, or a stretch of it in seconds."""

    film_id: str = Field(max_length=64)
    start_s: float | None = None
    end_s: float | None = None

    @property
    def span(self) -> tuple[float, float] | None:
        """The stretch; None for the whole film."""
        if self.start_s is None or self.end_s is None:
            return None
        return self.start_s, self.end_s


Resolve = Callable[[ClipBody, ClipKind], Clip]


class BriefBody(schemas.Shape):
    """Music to make. What is left out is read from the text, or chosen; what is given outweighs the words."""

    text: str = Field(default="", max_length=2000)
    duration: float | None = Field(default=None, description="seconds, 1 to 2400")
    tempo: float | None = Field(default=None, description="BPM, 40 to 220")
    key: str | None = Field(default=None, max_length=40)
    genre: str | None = Field(default=None, max_length=200)
    mood: str | None = Field(default=None, max_length=200)
    instruments: list[str] = Field(default=[], max_length=8)
    energy: float | None = Field(default=None, description="0 (still) to 1 (driving)")
    negative: str | None = Field(default=None, max_length=2000, description="what to leave out")
    seed: int | None = None
    time_signature: str | None = Field(default=None, max_length=8, description="such as 3/4")
    chords: list[str] = Field(default=[], max_length=512, description="by bar, such as G7 or Am F")
    melody: ClipBody | None = None
    task: Task | None = Field(default=None, description="what is done with the melody")
    curves: list[CurveBody] = Field(default=[], max_length=2)
    vocals: bool | None = Field(default=None, description="false for an instrumental")
    lyrics: str | None = Field(default=None, max_length=MAX_LYRICS, description="plain, or LRC")
    language: str | None = Field(default=None, max_length=8, description="of the lyrics, ISO 639-1")
    sections: list[SectionBody] = Field(default=[], max_length=40)
    given: list[StemBody] = Field(default=[], max_length=8, description="tracks that are there")
    wanted: list[str] = Field(default=[], max_length=8, description="the tracks that alone come out")
    references: list[ClipBody] = Field(default=[], max_length=20)
    continues: ClipBody | None = None
    fills: GapBody | None = Field(default=None, description="a gap in a recording; what fills it comes back")
    files: list[ClipBody] = Field(default=[], max_length=8, description="the words say what each is for")
    scene: str | None = Field(default=None, max_length=2000, description="a picture or clip in words")
    video: ClipBody | None = None
    film: FilmBody | None = Field(default=None, description="a film on the video desk to write for")
    quality: Quality | None = None
    steps: int | None = None
    candidates: int | None = Field(default=None, description="1 to 8, of which the best is kept")
    adapters: list[AdapterBody] = Field(default=[], max_length=4)

    def wish(self, clip: Resolve) -> Wish:
        """Return what is given beside the words.

        Args:
            clip: finds the file of an id, and refuses what is not there or another user's.
        """
        return Wish(
            duration_s=self.duration,
            tempo_bpm=self.tempo,
            key=self.key,
            genre=self.genre,
            mood=self.mood,
            instruments=tuple(self.instruments),
            energy=self.energy,
            negative=self.negative,
            seed=self.seed,
            time_signature=self.time_signature,
            chords=tuple(self.chords),
            melody=clip(self.melody, "midi") if self.melody else None,
            task=self.task,
            curves=tuple(Curve(curve.of, tuple(curve.values)) for curve in self.curves),
            vocals=self.vocals,
            lyrics=Lyrics(self.lyrics, self.language) if self.lyrics else None,
            sections=tuple(Section(s.name, s.seconds, s.bars, s.text) for s in self.sections),
            given=tuple(Stem(stem.name, clip(stem.clip, "audio")) for stem in self.given),
            wanted=tuple(self.wanted),
            references=tuple(clip(one, "audio") for one in self.references),
            continues=clip(self.continues, "audio") if self.continues else None,
            fills=Gap(clip(self.fills.clip, "audio"), self.fills.start_s, self.fills.end_s) if self.fills else None,
            scene=self.scene,
            video=clip(self.video, "video") if self.video else None,
            quality=self.quality,
            steps=self.steps,
            candidates=self.candidates,
            adapters=tuple(Adapter(one.name, one.weight) for one in self.adapters),
            files=tuple(clip(one, "any") for one in self.files),
        )


def owned(generation_id: str, request: Request, parts: App) -> Generation:
    """Return the row of a piece; one that is another user's is as if it were not there."""
    row = parts.generations.get(GenerationId(generation_id))
    owner: str | None = request.scope.get(OWNER)
    if owner is not None and row.user_id not in {None, owner}:
        raise NotFoundError(f"No generation has the id {generation_id[:64]!r}; start a new one.")
    return row


def resolver(request: Request, parts: App, uploads: Uploads) -> Resolve:
    """Return what finds the files of a request's ids; of a piece that is to be a melody, its notes where it has any."""

    def clip(named: ClipBody, kind: ClipKind) -> Clip:
        if named.upload is not None:
            found = uploads.get(named.upload)
            wanted: Literal["audio", "midi", "video"] = "video" if kind == "video" else "audio"
            if (kind == "any" and found.kind in {"video", "midi"}) or (kind == "midi" and found.kind == "midi"):
                wanted = "video" if found.kind == "video" else "midi"
            if found.kind != wanted:
                raise InvalidRequestError(f"{found.name} is of the kind {found.kind}; hand over {wanted}")
            return Clip(str(found.path.absolute()), wanted, found.name, named.seconds)
        row = owned(str(named.generation), request, parts)
        if kind == "video":
            raise InvalidRequestError("a piece has no picture; hand over a clip")
        notes = parts.generations.midi_path(row.id) if kind == "midi" else None
        path = notes or parts.generations.audio_path(row.id)
        if path is None:
            raise InvalidRequestError("that piece is not finished; wait for it, or take another one")
        return _clip_of(path, named.seconds)

    return clip


def _clip_of(path: Path, seconds: float | None) -> Clip:
    return Clip(str(path.absolute()), "midi" if path.suffix == ".mid" else "audio", path.name, seconds)
