"""Changes: which chord sounds where in a piece, one or several a bar."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from agent.generation.metre import Metre
from agent.generation.theory import AnyChord


@dataclass(frozen=True, slots=True)
class Change:
    """A chord from `start` on, for `length` sixteenths of its bar."""

    bar: int
    start: int
    length: int
    chord: AnyChord


@dataclass(frozen=True, slots=True)
class Changes:
    """The chords of a piece in order of time; each bar begins with one."""

    all: tuple[Change, ...]

    @classmethod
    def of_bars(cls, bars: Sequence[Sequence[AnyChord]], metre: Metre) -> Changes:
        """Lay chords out: those of a bar share its beats, the first ones take what is left over."""
        laid: list[Change] = []
        for bar, chords in enumerate(bars):
            unit = metre.beat if len(chords) <= metre.beats else 2 if 2 * len(chords) <= metre.sixteenths else 1
            units = metre.sixteenths // unit
            kept = chords[:units]
            start = 0
            for number, chord in enumerate(kept):
                length = unit * (units // len(kept) + (number < units % len(kept)))
                laid.append(Change(bar, start, length, chord))
                start += length
        return cls(tuple(laid))

    def index(self, bar: int, start: float) -> int:
        """Return the number of the change that sounds at a place."""
        return max(0, bisect_right(self.all, (bar, start), key=lambda change: (change.bar, change.start)) - 1)

    def at(self, bar: int, start: float) -> Change:
        """Return the change that sounds at a place; behind the end the last one."""
        return self.all[self.index(bar, start)]

    def within(self, bar: int) -> list[tuple[int, Change]]:
        """Return the changes of a bar with their numbers."""
        first = self.index(bar, 0)
        found: list[tuple[int, Change]] = []
        for number in range(first, len(self.all)):
            if self.all[number].bar != bar:
                break
            found.append((number, self.all[number]))
        return found

    @property
    def chords(self) -> list[AnyChord]:
        """The chords alone."""
        return [change.chord for change in self.all]
