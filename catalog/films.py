"""Values of the video desk: a film, the music cued to it, and the work that is done on it in the background."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import Literal, NewType

from catalog.errors import CueError
from catalog.values import TrackId

FilmId = NewType("FilmId", str)
JobId = NewType("JobId", str)
OriginalSound = Literal["keep", "duck", "remove"]
FilmJobKind = Literal["cuts", "proxy", "render"]
FilmJobStatus = Literal["queued", "running", "done", "failed", "cancelled"]

MAX_SEGMENTS = 500
SHORTEST_S = 0.2
_MIN_GAIN_DB, _MAX_GAIN_DB = -60.0, 12.0
_LOWEST_LUFS, _HIGHEST_LUFS = -40.0, -8.0
# The rates of film and television, of which a measured one is told to be the nearest.
_STANDARD = tuple(
    [Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 120)] + [Fraction(n) for n in (24, 25, 30, 48, 50, 60, 100)]
)


@dataclass(frozen=True, slots=True)
class Film:
    """A clip on the desk; `width` and `height` as a player shows them, `rate` in frames a second.

    `timeline` is the JSON text of what was seen and heard
    in it; the catalogue never looks into it. `playable` tells whether a browser plays the clip as it is.
    """

    id: FilmId
    name: str
    duration_s: float
    width: int
    height: int
    rate: Fraction
    has_audio: bool
    playable: bool
    media_type: str
    timeline: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Cue:
    """A segment of a film and the music under it; times of the film and of the track in seconds.

    The track plays from `offset_s` on, `gain_db` louder, faded in and out within the segment, and lower under speech
    where `duck` is set. `track_id` None is a segment without music. `title`, `artist`, `licence` and `attribution` are
    kept beside the track, so that one that is deleted leaves its words. `wish` is what was asked of the music here, in
    words that a search reads again.
    """

    start_s: float
    end_s: float
    track_id: TrackId | None = None
    offset_s: float = 0.0
    gain_db: float = 0.0
    fade_in_s: float = 0.0
    fade_out_s: float = 0.0
    duck: bool = False
    title: str = ""
    artist: str | None = None
    licence: str | None = None
    attribution: str | None = None
    wish: str = ""


@dataclass(frozen=True, slots=True)
class CueSheet:
    """The music of a film: segments in order that do not overlap, and what becomes of the film's own sound.

    `duck_db` is by how much music is lowered under speech, and the film's own sound under music where `original` is
    ``duck``. `loudness_lufs` is the integrated loudness of the mix (None: left as it comes). `revision` counts from 1.
    """

    cues: tuple[Cue, ...]
    original: OriginalSound = "keep"
    duck_db: float = 12.0
    loudness_lufs: float | None = -14.0
    revision: int = 1

    @property
    def sounding(self) -> tuple[Cue, ...]:
        """Return the cues that have a track."""
        return tuple(cue for cue in self.cues if cue.track_id is not None)


@dataclass(frozen=True, slots=True)
class FilmJob:
    """Work on a film: exact ``cuts``, a ``proxy`` that browsers play, or a ``render`` of a revision of its cue sheet.

    `progress` in [0, 1]; `message` is one sentence.
    """

    id: JobId
    film_id: FilmId
    kind: FilmJobKind
    status: FilmJobStatus
    progress: float
    message: str
    revision: int | None
    created_at: datetime


def standard_rate(fps: float) -> Fraction:
    """Return the frame rate of film and television that a measured one stands for, else the measured one itself."""
    if not math.isfinite(fps) or fps <= 0:
        return Fraction(25)
    nearest = min(_STANDARD, key=lambda rate: abs(float(rate) - fps))
    # 23.976 and 24 lie 0.1 % apart.
    return nearest if abs(float(nearest) / fps - 1) < 4e-4 else Fraction(fps).limit_denominator(1001)


def checked(sheet: CueSheet, film: Film) -> CueSheet:
    """Return the sheet with its segments in order, held within the film.

    Raises:
        CueError: two segments overlap, one is too short or outside the film, or a number is out of range.
    """
    if len(sheet.cues) > MAX_SEGMENTS:
        raise CueError(f"The cue sheet has {len(sheet.cues)} segments; {MAX_SEGMENTS} are the most.")
    _within("duck_db", sheet.duck_db, 0.0, 40.0)
    if sheet.loudness_lufs is not None:
        _within("loudness_lufs", sheet.loudness_lufs, _LOWEST_LUFS, _HIGHEST_LUFS)
    cues = sorted((_checked_cue(cue, n, film) for n, cue in enumerate(sheet.cues, 1)), key=lambda cue: cue.start_s)
    for before, after in pairwise(cues):
        if after.start_s < before.end_s - 1e-6:
            raise CueError(
                f"The segment at {after.start_s:.2f} s begins before the one at {before.start_s:.2f} s ends "
                f"({before.end_s:.2f} s); move one of the two."
            )
    return replace(sheet, cues=tuple(cues))


def _checked_cue(cue: Cue, number: int, film: Film) -> Cue:
    where = f"segment {number}"
    for name in ("start_s", "end_s", "offset_s", "gain_db", "fade_in_s", "fade_out_s"):
        if not math.isfinite(getattr(cue, name)):
            raise CueError(f"{name} of {where} is no finite number.")
    # Players and editors round the film's end to their own frames.
    end_s = film.duration_s if film.duration_s < cue.end_s <= film.duration_s + 0.1 else cue.end_s
    if not 0 <= cue.start_s < end_s <= film.duration_s:
        raise CueError(
            f"{where.capitalize()} goes from {cue.start_s:.2f} s to {cue.end_s:.2f} s; "
            f"the film from 0 s to {film.duration_s:.2f} s."
        )
    length_s = end_s - cue.start_s
    if length_s < SHORTEST_S and film.duration_s > SHORTEST_S:
        raise CueError(f"{where.capitalize()} is {length_s:.2f} s long; {SHORTEST_S} s are the least.")
    _within(f"{where}: gain_db", cue.gain_db, _MIN_GAIN_DB, _MAX_GAIN_DB)
    _within(f"{where}: offset_s", cue.offset_s, 0.0, 24 * 3600.0)
    for name in ("fade_in_s", "fade_out_s"):
        _within(f"{where}: {name}", getattr(cue, name), 0.0, length_s)
    return replace(cue, end_s=end_s)


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise CueError(f"{name} is {value:g}; give {low:g} to {high:g}.")
