"""Notes while they are being written: positions in sixteenths of a bar, turned into seconds at the end."""

from __future__ import annotations

from dataclasses import dataclass

from agent.generation.instruments import Instrument, Role

SIXTEENTHS_PER_BEAT = 4


@dataclass(frozen=True, slots=True)
class GridNote:
    """A note on the grid: `bar` from 0, `start` and `length` in sixteenths, MIDI `pitch`, `velocity` 1 to 127."""

    bar: int
    start: float
    length: float
    pitch: int
    velocity: float


@dataclass(frozen=True, slots=True)
class Note:
    """A note in time: seconds from the beginning, MIDI pitch, velocity 1 to 127."""

    start: float
    end: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Part:
    """One player: its role, its instrument and its notes in order of time."""

    role: Role
    instrument: Instrument
    notes: tuple[Note, ...]

    @property
    def name(self) -> str:
        """What the part is called in files: "violin (lead)"."""
        return f"{self.instrument.name} ({self.role})"


def swung(position: float, swing: float, *, sixteenths: bool) -> float:
    """Delay the off-beats: `swing` is the share of the pair that its first half takes (0.5 straight, 0.67 triplet)."""
    pair = 2.0 if sixteenths else 4.0
    whole, inside = divmod(position, pair)
    half = pair / 2
    moved = inside * 2 * swing if inside < half else pair * swing + (inside - half) * 2 * (1 - swing)
    return whole * pair + moved
