"""Form: which sections, how many bars, at what tempo, so that the piece ends in time.

The body of the piece is cut into four-bar phrases; a last chord rings out after it. Where the tempo is free it is
moved within the style's range so that whole phrases fill the time; where it is asked for, it is kept, and the
introduction and the last chord take up what is left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

PHRASE = 4
_FASTEST = 210.0
_ODDNESS = (0.0, 0.25, 0.07, 0.25)  # of bars left over from whole phrases, in logarithms of tempo


@dataclass(frozen=True, slots=True)
class Section:
    """`name` is intro, A, A', B, break or outro; `bars` its length; `level` (0 to 1) how much plays in it."""

    name: str
    start: int
    bars: int
    level: float


@dataclass(frozen=True, slots=True)
class Form:
    """Tempo in BPM, beats a bar, the sections in order; `body_s` is where the last chord falls, `total_s` the end."""

    tempo: float
    beats: int
    sections: tuple[Section, ...]
    total_s: float

    @property
    def bars(self) -> int:
        return sum(section.bars for section in self.sections)

    @property
    def bar_s(self) -> float:
        return self.beats * 60.0 / self.tempo

    @property
    def body_s(self) -> float:
        return self.bars * self.bar_s


_LEVELS = {"intro": 0.45, "A": 0.7, "A2": 0.8, "B": 1.0, "A'": 0.9, "break": 0.4, "outro": 0.6}


def plan_form(
    duration_s: float, beats: int, tempo: float | None, usual: tuple[float, float], liked: float, linger: float = 1.0
) -> Form:
    """Plan sections and tempo.

    Args:
        duration_s: the exact length of the piece in seconds.
        beats: beats a bar.
        tempo: the tempo asked for in BPM, or None.
        usual: the style's range of tempo in BPM.
        liked: the tempo to stay near where it is free.
        linger: a factor on how long the last chord rings.
    """
    ring = min(4.0, max(0.4 * duration_s, 0.6)) if duration_s < 8 else min(4.0, 2.0 + duration_s / 30)
    room = duration_s - ring * linger
    if tempo is None:
        tempo, bars = _free_tempo(room, beats, usual, liked)
    else:
        bars = max(0, math.floor(room * tempo / (60.0 * beats) + 1e-9))
    return Form(tempo=tempo, beats=beats, sections=_sections(bars), total_s=duration_s)


def _free_tempo(room: float, beats: int, usual: tuple[float, float], liked: float) -> tuple[float, int]:
    """Choose the tempo near `liked` at which whole phrases fill the room; half phrases and odd bars cost a little."""
    low, high = min(usual[0], liked) * 0.94, max(usual[1], liked) * 1.06
    per_bar = 60.0 * beats / room
    fitting = [bars for bars in range(1, 1200) if low <= bars * per_bar <= high]
    if fitting:
        bars = min(fitting, key=lambda bars: abs(math.log(bars * per_bar / liked)) + _ODDNESS[bars % PHRASE])
        return bars * per_bar, bars
    # A very short piece: one bar before the last chord where that can be played, else the last chord is the piece.
    return (per_bar, 1) if per_bar <= _FASTEST else (liked, 0)


def _sections(bars: int) -> tuple[Section, ...]:
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
        sections.append(Section(name=name, start=start, bars=count, level=_LEVELS[name]))
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
