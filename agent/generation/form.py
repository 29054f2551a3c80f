"""Form: which sections, how many bars, at what tempo, so that the piece ends in time.

The body of the piece is cut into four-bar phrases; a last chord rings out after it. Where the tempo is free it is
moved within the style's range so that whole phrases fill the time; where it is asked for, it is kept, and the
introduction and the last chord take up what is left. A plan of sections that was asked for is laid out by `planning`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from agent.generation.metre import Metre

PHRASE = 4
_FASTEST = 210.0
_ODDNESS = (0.0, 0.25, 0.07, 0.25)  # of bars left over from whole phrases, in logarithms of tempo


@dataclass(frozen=True, slots=True)
class Section:
    """`name` is intro, A, A', A2, B, C, break or outro; `bars` its length; `level` (0 to 1) how much plays in it.

    `title` is what it was called where it was asked for.
    """

    name: str
    start: int
    bars: int
    level: float
    title: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """Tempo in BPM, metre, the sections in order; `body_s` is where the last chord falls, `total_s` the end.

    `anchors` are places (in sixteenths from the beginning) with their times in seconds, from (0, 0) on, where the tempo
    yields to a picture; between two of them it is even, and `tempo` is the mean.
    """

    tempo: float
    metre: Metre
    sections: tuple[Section, ...]
    total_s: float
    anchors: tuple[tuple[float, float], ...] = ()

    @property
    def bars(self) -> int:
        return sum(section.bars for section in self.sections)

    @property
    def bar_s(self) -> float:
        """Seconds a bar, on the whole."""
        return self.metre.quarters * 60.0 / self.tempo

    @property
    def body_s(self) -> float:
        return self.time_of(self.bars, 0)

    def time_of(self, bar: int, sixteenth: float) -> float:
        """Return when a place sounds, in seconds; behind the last anchor at the last tempo."""
        place = bar * self.metre.sixteenths + sixteenth
        if not self.anchors:
            return place * 15.0 / self.tempo
        places, times = zip(*self.anchors, strict=True)
        if place > places[-1]:
            pace = (times[-1] - times[-2]) / (places[-1] - places[-2])
            return float(times[-1] + (place - places[-1]) * pace)
        return float(np.interp(place, places, times))

    def place_of(self, time_s: float) -> float:
        """Return the place of a time, in sixteenths from the beginning."""
        if not self.anchors:
            return time_s * self.tempo / 15.0
        places, times = zip(*self.anchors, strict=True)
        return float(np.interp(time_s, times, places))


LEVELS = {"intro": 0.45, "A": 0.7, "A2": 0.8, "B": 1.0, "C": 0.8, "A'": 0.9, "break": 0.4, "outro": 0.6}


def ring_of(duration_s: float) -> float:
    """Return how many seconds the last chord of a piece usually rings."""
    return min(4.0, max(0.4 * duration_s, 0.6)) if duration_s < 8 else min(4.0, 2.0 + duration_s / 30)


def plan_form(
    duration_s: float, metre: Metre, tempo: float | None, usual: tuple[float, float], liked: float, linger: float = 1.0
) -> Form:
    """Plan sections and tempo.

    Args:
        duration_s: the exact length of the piece in seconds.
        metre: the time signature.
        tempo: the tempo asked for in BPM, or None.
        usual: the style's range of tempo in BPM.
        liked: the tempo to stay near where it is free.
        linger: a factor on how long the last chord rings.
    """
    room = duration_s - ring_of(duration_s) * linger
    if tempo is None:
        tempo, bars = _free_tempo(room, metre, usual, liked)
    else:
        bars = max(0, math.floor(room * tempo / (60.0 * metre.quarters) + 1e-9))
    return Form(tempo=tempo, metre=metre, sections=sections_of(bars), total_s=duration_s)


def reach(usual: tuple[float, float], liked: float) -> tuple[float, float]:
    """Return the range of a free tempo: the style's, widened a little."""
    return min(usual[0], liked) * 0.94, max(usual[1], liked) * 1.06


def _free_tempo(room: float, metre: Metre, usual: tuple[float, float], liked: float) -> tuple[float, int]:
    """Choose the tempo near `liked` at which whole phrases fill the room; half phrases and odd bars cost a little."""
    low, high = reach(usual, liked)
    per_bar = 60.0 * metre.quarters / room
    fitting = [bars for bars in range(1, 2400) if low <= bars * per_bar <= high]
    if fitting:
        bars = min(fitting, key=lambda bars: abs(math.log(bars * per_bar / liked)) + _ODDNESS[bars % PHRASE])
        return bars * per_bar, bars
    # A very short piece: one bar before the last chord where that can be played, else the last chord is the piece.
    return (per_bar, 1) if per_bar <= _FASTEST else (liked, 0)


def sections_of(bars: int) -> tuple[Section, ...]:
    """Give so many bars their sections."""
    phrases, rest = divmod(bars, PHRASE)
    lengths: list[tuple[str, int]]
    if phrases == 0:
        lengths = [("A", rest)] if rest else []
    elif phrases == 1:
        lengths = [("intro", rest), ("A", PHRASE)]
    else:
        lengths = [("intro", rest), *((name, count * PHRASE) for name, count in _phrases(phrases))]
    sections, start = [], 0
    for name, count in _merged(lengths):
        sections.append(Section(name=name, start=start, bars=count, level=LEVELS[name]))
        start += count
    return tuple(sections)


def _phrases(count: int) -> list[tuple[str, int]]:
    """Sections in phrases for 2 and more; long pieces go round, with a rest before the last return."""
    short = {
        2: [("A", 1), ("A'", 1)],
        3: [("A", 1), ("B", 1), ("A'", 1)],
        4: [("intro", 1), ("A", 1), ("B", 1), ("A'", 1)],
        5: [("intro", 1), ("A", 2), ("B", 1), ("A'", 1)],
        6: [("intro", 1), ("A", 2), ("B", 2), ("A'", 1)],
        7: [("intro", 1), ("A", 2), ("B", 2), ("A'", 2)],
    }
    if count in short:
        return short[count]
    middle = count - 4  # intro 1, last A' 2, outro 1
    cycle = [("A", 2), ("B", 2), ("A2", 2), ("break", 1), ("A", 1), ("B", 2)]
    plan: list[tuple[str, int]] = [("intro", 1)]
    turn = 0
    while middle > 0:
        name, length = cycle[turn % len(cycle)]
        length = min(length, middle)
        plan.append((name, length))
        middle -= length
        turn += 1
    return [*plan, ("A'", 2), ("outro", 1)]


def _merged(lengths: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Join neighbours of the same name and drop empty ones."""
    joined: list[tuple[str, int]] = []
    for name, count in lengths:
        if joined and joined[-1][0] == name:
            joined[-1] = (name, joined[-1][1] + count)
        elif count:
            joined.append((name, count))
    return joined
