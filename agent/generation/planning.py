"""A plan of sections as it was asked for ("8 bars intro, verse, chorus of 20 seconds") on bars and a tempo."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.generation import material
from agent.generation.errors import InvalidRequestError
from agent.generation.form import LEVELS, PHRASE, Form, Section, reach, ring_of
from agent.generation.metre import Metre

_LEAST_RING_S, _LONGEST_RING_S = 0.5, 8.0
_SLOWEST, _FASTEST = 40.0, 220.0
_ERROR_COST = 0.3  # of a second by which a border misses its time, in logarithms of tempo
_KINDS: tuple[tuple[str, str], ...] = (
    (r"intro|opening|beginning", "intro"),
    (r"outro|coda|ending", "outro"),
    (r"break(down)?|interlude", "break"),
    (r"pre-?chorus|build(-?up)?", "A2"),
    (r"chorus|refrain|hook|drop", "B"),
    (r"bridge|middle eight|solo", "C"),
)
_QUIET = re.compile(r"\b(quiet\w*|soft\w*|calm\w*|sparse\w*|gentl[ey]|thin|bare|still)\b", re.IGNORECASE)
_LOUD = re.compile(r"\b(loud\w*|full\w*|big|intens\w*|everyone|all|climax|energetic|strong\w*)\b", re.IGNORECASE)
_SHORT = frozenset({"intro", "break", "outro"})


@dataclass(frozen=True, slots=True)
class _Layout:
    tempo: float
    lengths: tuple[int, ...]
    missed_s: float


def plan_sections(
    plan: Sequence[material.Section],
    duration_s: float,
    metre: Metre,
    tempo: float | None,
    usual: tuple[float, float],
    liked: float,
) -> Form:
    """Lay a plan out: bars are kept to the bar, seconds to the nearest bar, and what has no length shares the rest.

    Args:
        plan: the sections as they were asked for; an unknown name is a verse.
        duration_s: the exact length of the piece in seconds; the last chord rings in it behind the last section.
        metre: the time signature.
        tempo: the tempo asked for in BPM; where it is free, one is chosen at which the plan fits.
        usual: the style's range of tempo in BPM.
        liked: the tempo to stay near where it is free.

    Raises:
        InvalidRequestError: the sections do not fit the length at any such tempo.
    """
    ring = ring_of(duration_s)
    found = [
        layout
        for one, bars in _tempi(plan, duration_s - ring, metre, tempo, reach(usual, liked))
        if (layout := _laid(plan, one, bars, metre, ring)) is not None
    ]
    if not found:
        raise InvalidRequestError(_told(plan, duration_s, tempo))
    best = min(found, key=lambda one: abs(math.log(one.tempo / liked)) + _ERROR_COST * one.missed_s)
    sections, start = [], 0
    for asked, bars in zip(plan, best.lengths, strict=True):
        kind = kind_of(asked.name)
        sections.append(Section(kind, start, bars, _level(asked, LEVELS[kind]), asked.name))
        start += bars
    form = Form(best.tempo, metre, tuple(sections), duration_s)
    if not _LEAST_RING_S <= duration_s - form.body_s <= _LONGEST_RING_S + form.bar_s:
        raise InvalidRequestError(_told(plan, duration_s, best.tempo, form.body_s))
    return form


def kind_of(name: str) -> str:
    """Return the composer's kind of section for a name."""
    lowered = name.lower()
    return next((kind for words, kind in _KINDS if re.search(rf"\b(?:{words})\b", lowered)), "A")


def planned_s(plan: Sequence[material.Section], tempo: float | None, metre: Metre) -> float | None:
    """Return how long a plan is in seconds with its last chord; None where a section has no length.

    Seconds alone are the length of the piece, its last chord in them.
    """
    if not plan or any(section.bars is None and section.seconds is None for section in plan):
        return None
    bar_s = metre.quarters * 60.0 / (tempo or 100.0)
    body = sum(bar_s * section.bars if section.bars else section.seconds or 0.0 for section in plan)
    return round(body + (3.0 if plan[-1].bars else 0.0), 2)


def _tempi(
    plan: Sequence[material.Section], room: float, metre: Metre, tempo: float | None, inside: tuple[float, float]
) -> list[tuple[float, int]]:
    """Return tempi to try, each with the bars that fill the room."""
    per_bar = 60.0 * metre.quarters / room
    named = [section.bars for section in plan]
    exact = sum(bars or 0 for bars in named) if None not in named else None
    if tempo is not None:
        return [
            (tempo, exact if exact is not None else max(1, math.floor(room / (60.0 * metre.quarters / tempo) + 1e-9)))
        ]
    if exact is not None:
        return [(exact * per_bar, exact)] if _SLOWEST <= exact * per_bar <= _FASTEST else []
    for low, high in (inside, (_SLOWEST, _FASTEST)):
        fitting = [(bars * per_bar, bars) for bars in range(len(plan), 2400) if low <= bars * per_bar <= high]
        if any(_laid(plan, one, bars, metre, 0.0) for one, bars in fitting):
            return fitting
    return []


def _laid(plan: Sequence[material.Section], tempo: float, bars: int, metre: Metre, ring: float) -> _Layout | None:
    """Give each section its bars; None where one would have none."""
    bar_s = metre.quarters * 60.0 / tempo
    wanted: list[float | None] = [
        float(section.bars) if section.bars else section.seconds / bar_s if section.seconds else None
        for section in plan
    ]
    if plan[-1].seconds and not plan[-1].bars:
        wanted[-1] = max(0.0, (plan[-1].seconds - ring) / bar_s)
    left = bars - sum(one or 0.0 for one in wanted)
    lengths = [one if one is not None else 0.0 for one in wanted]
    open_ = [number for number, one in enumerate(wanted) if one is None]
    for number, share in zip(open_, _shares([kind_of(plan[n].name) for n in open_], left), strict=True):
        lengths[number] = share
    ends, at = [0], 0.0
    for length in lengths:
        at += length
        ends.append(math.floor(at + 0.5))
    counts = tuple(end - start for start, end in itertools.pairwise(ends))
    if min(counts) < 1:
        return None
    at, missed = 0.0, 0.0
    for section, end in zip(plan[:-1], ends[1:-1], strict=True):
        if section.seconds is None or section.bars:
            break  # from here on nothing says when
        at += section.seconds
        missed += abs(at - end * bar_s)
    return _Layout(tempo, counts, missed)


def _shares(kinds: Sequence[str], left: float) -> list[float]:
    """Share bars out: an introduction gets half of what a verse gets; whole phrases where there is room."""
    if not kinds:
        return []
    weights = [1.0 if kind in _SHORT else 2.0 for kind in kinds]
    shares = [left * weight / sum(weights) for weight in weights]
    if left >= PHRASE * len(kinds):
        shares = [max(PHRASE, PHRASE * round(share / PHRASE)) for share in shares]
        longest = shares.index(max(shares))
        shares[longest] += left - sum(shares)
    return [float(share) for share in shares]


def _level(section: material.Section, usual: float) -> float:
    if _QUIET.search(section.text):
        return 0.4
    return 1.0 if _LOUD.search(section.text) else usual


def _told(plan: Sequence[material.Section], duration_s: float, tempo: float | None, body_s: float | None = None) -> str:
    bars = sum(section.bars or 0 for section in plan)
    what = f"{bars} bars" if bars else f"{len(plan)} sections"
    speed = "any tempo from 40 to 220 BPM" if tempo is None else f"{tempo:g} BPM"
    takes = f" take {body_s:.1f} s at {speed} and" if body_s is not None else ""
    return (
        f"the {what} of the plan{takes} do not fit a piece of {duration_s:g} s"
        + ("" if body_s is not None else f" at {speed}")
        + "; change the length, the tempo or the plan"
    )
