"""What crosses the seam to a generator: the request, whether it can be met, and what came out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

MIN_DURATION_S = 1.0
MAX_DURATION_S = 2400.0
MIN_TEMPO_BPM = 40.0
MAX_TEMPO_BPM = 220.0
MAX_TEXT = 2000
MAX_INSTRUMENTS = 8


class GenerationError(RuntimeError):
    """Nothing could be generated; the message is one sentence for the user."""


class InvalidRequestError(GenerationError):
    """The request itself cannot be met by anyone: a value is outside its limits."""


class GenerationCancelledError(GenerationError):
    """The user, or the time limit, stopped the work."""


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What to make. `None` and empty mean "you choose".

    `duration_s` is in seconds (1 to 2400), `tempo_bpm` in quarter notes a minute (40 to 220), `key` such as "A minor"
    or "F# dorian", `energy` from 0 (still) to 1 (driving). The same request with the same `seed` gives the same music.
    `negative` names what to avoid.

    Raises:
        InvalidRequestError: a value is outside its limits; the message names value, limit and remedy.
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

    def __post_init__(self) -> None:
        _within("duration", self.duration_s, MIN_DURATION_S, MAX_DURATION_S, "s")
        if self.tempo_bpm is not None:
            _within("tempo", self.tempo_bpm, MIN_TEMPO_BPM, MAX_TEMPO_BPM, "BPM")
        if self.energy is not None:
            _within("energy", self.energy, 0.0, 1.0, "")
        if not 0 <= self.seed < 2**63:
            raise InvalidRequestError(f"seed {self.seed} is outside 0 to 2^63 - 1; choose one inside")
        if max(len(self.text), len(self.negative)) > MAX_TEXT:
            raise InvalidRequestError(f"the description is over {MAX_TEXT} characters; shorten it")
        if len(self.instruments) > MAX_INSTRUMENTS:
            raise InvalidRequestError(
                f"{len(self.instruments)} instruments are over the limit of {MAX_INSTRUMENTS}; name fewer"
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
