"""What crosses the seam to a generator: the request, whether it can be met, and what came out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agent.generation.errors import GenerationCancelledError, GenerationError, InvalidRequestError
from agent.generation.material import (
    MAX_REFERENCE_S,
    Adapter,
    Clip,
    Curve,
    Film,
    Gap,
    Lyrics,
    Section,
    Stem,
    check_chords,
)

__all__ = [
    "GeneratedAudio",
    "GenerationCancelledError",
    "GenerationError",
    "GenerationRequest",
    "InvalidRequestError",
    "Support",
]

MIN_DURATION_S = 1.0
MAX_DURATION_S = 2400.0
MIN_TEMPO_BPM = 40.0
MAX_TEMPO_BPM = 220.0
MAX_TEXT = 2000
MAX_INSTRUMENTS = 8
MAX_CANDIDATES = 8
MAX_STEPS = 500
_METER = re.compile(r"([1-9]|1[0-9])/(2|4|8|16)")
Quality = Literal["draft", "normal", "fine"]
Task = Literal["keep", "chords", "skeleton", "quartet"]


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What to make. `None` and empty mean "you choose".

    `duration_s` is in seconds (1 to 2400), `tempo_bpm` in quarter notes a minute (40 to 220), `key` such as "A minor"
    or "F# dorian", `energy` from 0 (still) to 1 (driving). The same request with the same `seed` gives the same music.
    `negative` names what to avoid.

    - Notes: `time_signature` such as "3/4"; `chords` by bar; a `melody` to keep, as sound or MIDI; `curves`.
      `task` says what is done with the melody, None: what the words say. `keep` writes around it, `chords` writes
      chords under it alone, `skeleton` keeps what sounds on strong beats and writes what is between, `quartet` writes
      the missing parts of a string quartet.
    - Voice: `vocals` is True, False (an instrumental) or None; `lyrics` are sung.
    - Form: `sections`, in order.
    - Tracks: `given` are there already, `wanted` alone come out.
    - Recordings: `references` (two minutes together) whose style counts; `continues` is gone on with, and `duration_s`
      is then the length of what is added; `fills` is a gap in one, and what fills it comes back; `scene` is a picture
      or clip in words, `video` the clip itself, `film` what was seen in it: its feeling step by step, and its cuts.
    - Effort: `quality` or `steps`, `candidates` of which the best is kept, `adapters` on top of the weights.

    Raises:
        InvalidRequestError: a value is outside its limits, or two contradict; the message names value, limit, remedy.
    """

    text: str = ""
    duration_s: float = 30.0
    tempo_bpm: float | None = None
    key: str | None = None
    mood: str | None = None
    genre: str | None = None
    instruments: tuple[str, ...] = ()
    energy: float | None = None
    seed: int = 0
    negative: str = ""
    candidates: int = 1
    time_signature: str | None = None
    chords: tuple[str, ...] = ()
    melody: Clip | None = None
    curves: tuple[Curve, ...] = ()
    vocals: bool | None = None
    lyrics: Lyrics | None = None
    sections: tuple[Section, ...] = ()
    given: tuple[Stem, ...] = ()
    wanted: tuple[str, ...] = ()
    references: tuple[Clip, ...] = ()
    continues: Clip | None = None
    fills: Gap | None = None
    scene: str = ""
    video: Clip | None = None
    quality: Quality | None = None
    steps: int | None = None
    adapters: tuple[Adapter, ...] = ()
    film: Film | None = None
    task: Task | None = None

    def __post_init__(self) -> None:
        _within("duration", self.duration_s, MIN_DURATION_S, MAX_DURATION_S, "s")
        if self.tempo_bpm is not None:
            _within("tempo", self.tempo_bpm, MIN_TEMPO_BPM, MAX_TEMPO_BPM, "BPM")
        if self.energy is not None:
            _within("energy", self.energy, 0.0, 1.0, "")
        if self.steps is not None:
            _within("steps", self.steps, 1, MAX_STEPS, "")
        _within("candidates", self.candidates, 1, MAX_CANDIDATES, "")
        if not 0 <= self.seed < 2**63:
            raise InvalidRequestError(f"seed {self.seed} is outside 0 to 2^63 - 1; choose one inside")
        if max(len(self.text), len(self.negative), len(self.scene)) > MAX_TEXT:
            raise InvalidRequestError(f"the description is over {MAX_TEXT} characters; shorten it")
        if self.time_signature is not None and not _METER.fullmatch(self.time_signature):
            raise InvalidRequestError(
                f"time signature {self.time_signature[:12]!r} is unknown; write it like 3/4, 4/4 or 6/8"
            )
        check_chords(self.chords)
        self._check_counts()
        self._check_contradictions()

    def _check_counts(self) -> None:
        if len(self.instruments) > MAX_INSTRUMENTS:
            raise InvalidRequestError(
                f"{len(self.instruments)} instruments are over the limit of {MAX_INSTRUMENTS}; name fewer"
            )
        for what, there, limit in (
            ("tracks", len(self.given) + len(self.wanted), 2 * MAX_INSTRUMENTS),
            ("sections", len(self.sections), 40),
            ("references", len(self.references), 20),
            ("adapters", len(self.adapters), 4),
            ("curves", len(self.curves), 2),
        ):
            if there > limit:
                raise InvalidRequestError(f"{there} {what} are over the limit of {limit}; name fewer")

    def _check_contradictions(self) -> None:
        if self.task is not None and self.melody is None:
            raise InvalidRequestError(
                f"the task {self.task} is about a melody and there is none; hand over MIDI or a recording of one voice"
            )
        if self.lyrics is not None and self.vocals is False:
            raise InvalidRequestError("there are lyrics for an instrumental; take the lyrics out, or ask for vocals")
        last = max((at for at, _ in self.lyrics.lines() if at is not None), default=0.0) if self.lyrics else 0.0
        if last > self.duration_s:
            raise InvalidRequestError(
                f"the lyrics have a line at {last:g} s and the piece ends at {self.duration_s:g} s; make it longer"
            )
        both = {stem.name for stem in self.given} & set(self.wanted)
        if both:
            raise InvalidRequestError(f"the track {min(both)} is both given and wanted; leave one of the two")
        refused = {word.strip() for word in self.negative.lower().split(",")} & {*self.instruments, *self.wanted}
        if refused:
            raise InvalidRequestError(f"{min(refused)} is both asked for and ruled out; leave one of the two")
        lengths = [section.seconds for section in self.sections]
        planned = sum(length or 0.0 for length in lengths)
        if planned > self.duration_s + 1 or (lengths and None not in lengths and planned < self.duration_s - 1):
            raise InvalidRequestError(
                f"the sections take {planned:g} s and the piece {self.duration_s:g} s; make the two agree"
            )
        heard = sum(clip.seconds or 0.0 for clip in self.references)
        if heard > MAX_REFERENCE_S:
            raise InvalidRequestError(
                f"the references take {heard:g} s, over the limit of {MAX_REFERENCE_S:g} s; take shorter ones"
            )


def _within(what: str, value: float, low: float, high: float, unit: str) -> None:
    if not low <= value <= high:  # also catches NaN
        raise InvalidRequestError(
            f"{what} {value:g} {unit}".rstrip()
            + f" is outside {low:g} to {high:g} {unit}".rstrip()
            + "; choose one inside"
        )


@dataclass(frozen=True, slots=True)
class Support:
    """Whether a backend can meet a request: fully, but for `missing`, or not at all for this `reason`."""

    level: Literal["full", "partial", "no"]
    missing: tuple[str, ...] = ()
    reason: str = ""

    @classmethod
    def full(cls) -> Support:
        return cls("full")

    @classmethod
    def partial(cls, *missing: str) -> Support:
        return cls("partial", missing=missing)

    @classmethod
    def no(cls, reason: str) -> Support:
        return cls("no", reason=reason)


@dataclass(frozen=True, slots=True)
class GeneratedAudio:
    """What a backend made.

    `path` is a FLAC file of 44.1 kHz; `duration_s` its measured length. `tempo_bpm` and `key` are what was composed,
    None where the backend does not know. `midi_path` holds the notes where there are any.
    """

    path: Path
    duration_s: float
    seed: int
    backend: str
    tempo_bpm: float | None = None
    key: str | None = None
    midi_path: Path | None = None
