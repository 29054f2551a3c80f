"""The parts of a request beyond plain values: lyrics, sections, recordings handed over, tracks, curves, adapters.

Each checks itself and raises InvalidRequestError with one sentence: value, limit, remedy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agent.generation.errors import InvalidRequestError

MAX_LYRICS = 6000
MAX_NAME = 60
MAX_REFERENCE_S = 120.0
MAX_FILM_STEPS = 2400
MAX_CUTS = 2000
_STAMP = re.compile(r"\[(\d{1,3}):([0-5]?\d(?:[.:]\d{1,3})?)\]")
_TAG = re.compile(r"\[[a-z]{2,6}:[^\]]*\]", re.IGNORECASE)
# A root, what kind of chord, tensions and alterations, a bass note.
_CHORD = re.compile(
    r"[A-G](?:[#♯]|[b♭])?(?:maj|min|mi|ma|m|M|-|Δ|dim|°|o|ø|aug|\+|sus)?(?:\d{1,2})?"
    r"(?:\(?(?:maj|add|sus|no|omit|[#♯b♭+-])\d{0,2}\)?){0,3}(?:/[A-G](?:#|b|♯|♭)?)?|N\.?C\.?|%"
)
_ADAPTER = re.compile(r"[A-Za-z0-9][\w.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Clip:
    """A file that the user handed over: an upload or an earlier piece.

    `path` is set by the server from an id and never comes from a client; `name` is what people are told of it.
    `seconds` says how much of it counts: the first so many of a reference, up to which point a piece is continued.
    `heard_by` is the model that wrote these notes down from a recording, `source` the file name of that recording.
    """

    path: str
    kind: Literal["audio", "midi", "video"] = "audio"
    name: str = ""
    seconds: float | None = None
    heard_by: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if self.seconds is not None and not self.seconds > 0:
            raise InvalidRequestError(f"{self.seconds:g} s of a recording are nothing; name more than 0 s")

    def existing(self) -> Path:
        """Return the file.

        Raises:
            InvalidRequestError: it is gone, as uploads are after a week.
        """
        path = Path(self.path)
        if not path.is_file():
            raise InvalidRequestError(f"the file {self.name or 'that was handed over'} is gone; upload it again")
        return path


@dataclass(frozen=True, slots=True)
class Lyrics:
    """Words to sing, plain or as LRC (`[01:23.45] a line`), in a language by its ISO 639-1 code where it is known."""

    text: str
    language: str | None = None

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise InvalidRequestError("the lyrics are empty; write a line, or ask for an instrumental")
        if len(self.text) > MAX_LYRICS:
            raise InvalidRequestError(
                f"lyrics of {len(self.text)} characters are over the limit of {MAX_LYRICS}; shorten them"
            )

    @property
    def timed(self) -> bool:
        """Whether any line has a time."""
        return _STAMP.search(self.text) is not None

    @property
    def plain(self) -> str:
        """The words without times; section names such as `[Chorus]` stay."""
        return "\n".join(words for _, words in self.lines())

    def lines(self) -> Iterator[tuple[float | None, str]]:
        """Yield (seconds or None, words) in the order of singing; a line with two times is sung twice."""
        found: list[tuple[float | None, str]] = []
        for line in self.text.splitlines():
            stamps = [60 * int(m[1]) + float(m[2].replace(":", ".")) for m in _STAMP.finditer(line)]
            words = _STAMP.sub("", line).strip()
            if not stamps and _TAG.fullmatch(words):
                continue  # LRC's own headers: [ar:...], [length:...]
            found += [(at, words) for at in stamps] or [(None, words)]
        timed = all(at is not None for at, words in found if words)
        yield from sorted(found, key=lambda one: one[0] or 0.0) if timed else found

    def lrc(self, duration_s: float) -> str:
        """Return LRC; lines without times are spread evenly over the piece."""
        lines = [(at, words) for at, words in self.lines() if words]
        step = duration_s / max(1, len(lines))
        stamped = ((at if at is not None else index * step, words) for index, (at, words) in enumerate(lines))
        return "\n".join(f"[{int(at // 60):02d}:{at % 60:05.2f}]{words}" for at, words in stamped)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the form, such as a verse: how long, in seconds or bars, and in words what happens there."""

    name: str
    seconds: float | None = None
    bars: int | None = None
    text: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > MAX_NAME or len(self.text) > 500:
            raise InvalidRequestError(f"a section is called {self.name[:20]!r}; name it in 1 to {MAX_NAME} characters")
        if self.seconds is not None and not self.seconds > 0:
            raise InvalidRequestError(f"the section {self.name} takes {self.seconds:g} s; give it more than 0 s")
        if self.bars is not None and not 1 <= self.bars <= 256:
            raise InvalidRequestError(f"the section {self.name} has {self.bars} bars; choose 1 to 256")


@dataclass(frozen=True, slots=True)
class Stem:
    """A track that is there already and that others are to fit to."""

    name: str
    clip: Clip


@dataclass(frozen=True, slots=True)
class Gap:
    """The stretch of a recording that is to be made anew, from `start_s` to `end_s` in seconds."""

    clip: Clip
    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s:
            raise InvalidRequestError(
                f"the gap goes from {self.start_s:g} to {self.end_s:g} s; name an end behind its start"
            )


@dataclass(frozen=True, slots=True)
class Curve:
    """How loudness or rhythmic density moves over the piece: evenly spaced values in 0 to 1, None where it is free."""

    of: Literal["dynamics", "rhythm"]
    values: tuple[float | None, ...]

    def __post_init__(self) -> None:
        if not 2 <= len(self.values) <= 1000:
            raise InvalidRequestError(f"a curve has {len(self.values)} points; give 2 to 1000")
        if any(value is not None and not 0 <= value <= 1 for value in self.values):
            raise InvalidRequestError("a point of a curve lies outside 0 to 1; choose values inside, or leave it free")


@dataclass(frozen=True, slots=True)
class FilmCut:
    """A cut: when the new shot begins, in seconds, and how much of the picture changes there (0 to 1)."""

    time_s: float
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class FilmPlace:
    """Where on the video desk a piece belongs: the stretch of a film, in seconds, that it was written for."""

    film_id: str
    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Film:
    """The course of a film that music is to be written for: what it feels like step by step, and its cuts.

    A step lasts `step_s` seconds. `energy` (motion, 0 to 1), `valence` (-1 to 1) and `tension` (0 to 1) have a value a
    step; behind the last one the last holds. `cuts` are in order of time.
    """

    step_s: float
    energy: tuple[float, ...]
    valence: tuple[float, ...]
    tension: tuple[float, ...]
    cuts: tuple[FilmCut, ...] = ()
    place: FilmPlace | None = None
    """Where it lies on the video desk; None for a clip that was handed over."""

    def __post_init__(self) -> None:
        sizes = {len(self.energy), len(self.valence), len(self.tension)}
        if len(sizes) != 1 or not 1 <= len(self.energy) <= MAX_FILM_STEPS or not self.step_s > 0:
            raise InvalidRequestError(
                f"a film has {len(self.energy)} steps of {self.step_s:g} s; give 1 to {MAX_FILM_STEPS}, as many of each"
            )
        if any(not 0 <= one <= 1 for one in (*self.energy, *self.tension)) or any(
            not -1 <= one <= 1 for one in self.valence
        ):
            raise InvalidRequestError(
                "a step of a film lies outside its range; energy and tension are 0 to 1, valence -1 to 1"
            )
        times = [cut.time_s for cut in self.cuts]
        if len(times) > MAX_CUTS or any(not 0 <= cut.strength <= 1 for cut in self.cuts):
            raise InvalidRequestError(f"a film has {len(times)} cuts; give up to {MAX_CUTS}, of strength 0 to 1")
        if any(not at >= 0 for at in times) or times != sorted(times):
            raise InvalidRequestError("the cuts of a film are not in order of time, from 0 s on; sort them")


@dataclass(frozen=True, slots=True)
class Adapter:
    """A low-rank adaptation (LoRA) by its name in the server's folder of adapters, and how much it counts (0 to 2)."""

    name: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not _ADAPTER.fullmatch(self.name) or ".." in self.name:
            raise InvalidRequestError(f"{self.name[:40]!r} is no name of an adapter; use letters, digits, - _ and .")
        if not 0 <= self.weight <= 2:
            raise InvalidRequestError(f"the adapter {self.name} counts {self.weight:g}; choose 0 to 2")


def check_chords(bars: tuple[str, ...]) -> None:
    """Check chords by bar, such as ``("C", "G7 Am", "F/A")``; `%` repeats the bar before.

    Raises:
        InvalidRequestError: too many bars, or something that is no chord.
    """
    if len(bars) > 512:
        raise InvalidRequestError(f"{len(bars)} bars of chords are over the limit of 512; give the part that repeats")
    for number, bar in enumerate(bars, 1):
        symbols = bar.split()
        wrong = next((symbol for symbol in symbols if not _CHORD.fullmatch(symbol)), None)
        if wrong is not None or not 1 <= len(symbols) <= 8:
            shown = wrong if wrong is not None else bar
            raise InvalidRequestError(
                f"bar {number} has {shown[:20]!r}, which is no chord; write it like C, Am7, F#dim or G/B"
            )
