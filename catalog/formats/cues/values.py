"""What a cue sheet's files are written from: cues with their sources, frames and timecode."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from catalog.films import Cue, CueSheet, Film
from catalog.names import clean

MAX_NAME = 120
_RATES = tuple([Fraction(n * 1000, 1001) for n in (24, 30, 60)] + [Fraction(n) for n in (24, 25, 30, 48, 50, 60)])


@dataclass(frozen=True, slots=True)
class CueLine:
    """A cue with its music's file: `source` is its name or its URI, `source_s` how long it is.

    `sync` in [0, 1] is how much of the segment's cuts the music meets beyond chance (None: not known), `terms` what
    the licence asks of the film, in words.
    """

    cue: Cue
    source: str
    source_s: float
    sync: float | None
    terms: str


@dataclass(frozen=True, slots=True)
class CueDocument:
    """A film with its cue sheet; `lines` are the cues that have a track, in order, `clip` the film's own file."""

    film: Film
    sheet: CueSheet
    lines: tuple[CueLine, ...]
    clip: str

    @property
    def rate(self) -> Fraction:
        """Return the rate that editors count this film's frames by: its own, else the nearest that they know."""
        return min(_RATES, key=lambda rate: abs(float(rate - self.film.rate)))

    @property
    def length(self) -> int:
        """Return the film's length in frames."""
        return frames(self.film.duration_s, self.rate)


def frames(time_s: float, rate: Fraction) -> int:
    """Return the frame that is nearest to an instant."""
    return round(Fraction(time_s) * rate)


def timecode(frame: int, rate: Fraction) -> str:
    """Return ``HH:MM:SS:FF``, non-drop: at 29.97 frames a second a timecode second is 30 frames."""
    base = round(rate)
    seconds, rest = divmod(frame, base)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{rest:02}"


def plain(text: str | None, limit: int = MAX_NAME) -> str:
    """Return a name fit for one line of a file: no control or direction marks, no line ends, capped."""
    return clean(text, limit) or ""


def named(cue: Cue) -> str:
    """Return a cue's track by name."""
    return plain(f"{cue.title} - {cue.artist}" if cue.artist else cue.title) or "Untitled"
