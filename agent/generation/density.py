"""A curve of rhythm on notes: where it is low few onsets a bar stay, strong beats first; where it is high all do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent.generation.metre import Metre
from agent.generation.notes import GridNote

# Of the onsets of a bar this share stays at the curve's bottom, and all at its top; a lead line is written by a factor.
_LEAST = 0.1
_SPARSE, _BUSY = 0.6, 1.6


def pace_at(value: float | None) -> float:
    """Return by what factor a lead line has more notes where the curve has a value (0 to 1); 1 where it is free."""
    return 1.0 if value is None else _SPARSE + (_BUSY - _SPARSE) * value


def thinned(
    notes: Sequence[GridNote], curve: Sequence[float | None], metre: Metre, *, sustained: bool
) -> list[GridNote]:
    """Return the notes that stay.

    Args:
        notes: a part on the grid.
        curve: a value for each bar, None where it is free; bars behind the last one are left alone.
        metre: says which onsets weigh more.
        sustained: what stays lasts until the next onset that does, so that a line has no holes.
    """
    bars: dict[int, list[GridNote]] = {}
    for note in notes:
        bars.setdefault(note.bar, []).append(note)
    kept: list[GridNote] = []
    for number, inside in bars.items():
        value = curve[number] if number < len(curve) else None
        kept += inside if value is None else _kept(inside, _LEAST + (1 - _LEAST) * value, metre, sustained)
    return kept


def _kept(inside: Sequence[GridNote], share: float, metre: Metre, sustained: bool) -> list[GridNote]:
    onsets = sorted({note.start for note in inside}, key=lambda at: (_weight(at, metre), at))
    stay = sorted(onsets[: max(1, round(share * len(onsets)))])
    if len(stay) == len(onsets) or not sustained:
        return [note for note in inside if note.start in set(stay)]
    ends = dict(zip(stay, [*stay[1:], float(metre.sixteenths)], strict=True))
    return [
        replace(note, length=max(note.length, 0.95 * (ends[note.start] - note.start)))
        for note in inside
        if note.start in ends
    ]


def _weight(at: float, metre: Metre) -> int:
    """Return 0 for the downbeat, 1 for other strong beats, 2 for beats, 3 for their halves, 4 for the rest."""
    place = int(at)
    if place == 0:
        return 0
    if place in metre.strong:
        return 1
    return 2 if place % metre.beat == 0 else 3 if place % 2 == 0 else 4
