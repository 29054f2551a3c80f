"""Which candidates make the list: the best of them, as many or as long as asked, of no artist too many."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.concepts import FloatArray
from retrieval.indexes.store import IntArray

# A length is met when the list is this close to it.
LENGTH_SLACK = 0.02


@dataclass(frozen=True, slots=True)
class Target:
    """How much a list should hold: `n` tracks, `duration_s` seconds, or both.

    At most `cap` are of one artist; unless `strict`, that gives way where the list would be too short for it.
    """

    n: int | None = None
    duration_s: float | None = None
    cap: int | None = None
    strict: bool = False

    @property
    def length(self) -> tuple[float, float] | None:
        """Return the least and the most seconds that meet the length, or None where none was asked for."""
        if self.duration_s is None:
            return None
        return self.duration_s * (1 - LENGTH_SLACK), self.duration_s * (1 + LENGTH_SLACK)


@dataclass(frozen=True, eq=False)
class Candidates:
    """What may be in, best first, by columns ``(c,)``; artists are numbers, -1 for nobody. The first `kept` must be."""

    durations: FloatArray
    relevance: FloatArray
    artists: IntArray
    kept: int = 0

    def __len__(self) -> int:
        return len(self.durations)


def taken(candidates: Candidates, target: Target) -> tuple[IntArray, int | None]:
    """Return the places of the candidates that make the list, and the cap that holds for it (None: it gave way).

    With a count and a length the count is kept, and the length as nearly as the candidates allow.
    """
    within, beyond = capped(candidates.artists, candidates.kept, target.cap)
    cap = target.cap
    if not target.strict and _too_short(candidates, within, target):
        within, cap = [*within, *beyond], None
    if target.n is not None:
        chosen = within[: max(target.n, candidates.kept)]
    else:
        chosen = _filled(candidates, within, target.duration_s or 0.0)
    if target.duration_s is not None:
        chosen = _closed(candidates, chosen, target, cap)
    return np.array(sorted(chosen), np.int64), cap


def capped(artists: IntArray, kept: int, cap: int | None) -> tuple[list[int], list[int]]:
    """Return the places within the cap and those beyond it; the first `kept` count, and stay."""
    within: list[int] = []
    beyond: list[int] = []
    counts: Counter[int] = Counter()
    for place, artist in enumerate(artists.tolist()):
        full = cap is not None and artist >= 0 and counts[artist] >= cap and place >= kept
        (beyond if full else within).append(place)
        counts[artist] += not full
    return within, beyond


def full_artists(artists: IntArray, chosen: IntArray, cap: int) -> IntArray:
    """Return the artists of whom no further track may come in."""
    codes, counts = np.unique(artists[chosen], return_counts=True)
    full: IntArray = codes[(counts >= cap) & (codes >= 0)]
    return full


def _too_short(candidates: Candidates, within: list[int], target: Target) -> bool:
    few = target.n is not None and len(within) < target.n
    length = float(candidates.durations[within].sum(dtype=np.float64))
    return few or (target.length is not None and length < target.length[0])


def _filled(candidates: Candidates, order: list[int], duration_s: float) -> list[int]:
    """Return the kept ones and the best others that still fit; the shortest of all where nothing does."""
    durations, kept = candidates.durations, candidates.kept
    chosen = list(range(kept))
    left = duration_s - float(durations[:kept].sum())
    for place in order[kept:]:
        if left <= duration_s * LENGTH_SLACK:
            break
        if float(durations[place]) <= left + duration_s * LENGTH_SLACK:
            chosen.append(place)
            left -= float(durations[place])
    return chosen or ([int(durations.argmin())] if len(durations) else [])


def _closed(candidates: Candidates, chosen: list[int], target: Target, cap: int | None) -> list[int]:
    """Return the choice brought to the length by adding or swapping single tracks, as few as it takes."""
    assert target.duration_s is not None
    durations, relevance, kept = candidates.durations, candidates.relevance, candidates.kept
    slack = target.duration_s * LENGTH_SLACK
    for _ in range(len(chosen) + 8):
        missing = target.duration_s - float(durations[chosen].sum(dtype=np.float64))
        others = np.setdiff1d(np.arange(len(candidates)), chosen)
        if abs(missing) <= slack or not len(others):
            break
        # What goes for each line; the last one adds (-1), which a count forbids.
        gone = np.array([*chosen[kept:], *([-1] if target.n is None else [])], np.int64)
        seconds, lost = np.append(durations, 0.0)[gone], np.append(relevance, 0.0)[gone]
        gaps = np.abs(missing + seconds[:, None] - durations[others][None, :])
        if cap is not None:
            gaps[_beyond(candidates.artists, np.array(chosen, np.int64), gone, others, cap)] = np.inf
        if not gaps.size or gaps.min() >= abs(missing):
            break
        loss = np.where(gaps <= slack, lost[:, None] - relevance[others][None, :], np.inf)
        best = loss.argmin() if np.isfinite(loss).any() else gaps.argmin()
        line, column = np.unravel_index(int(best), gaps.shape)
        chosen = [c for c in chosen if c != gone[line]] + [int(others[column])]
    return chosen


def _beyond(artists: IntArray, chosen: IntArray, gone: IntArray, others: IntArray, cap: int) -> NDArray[np.bool_]:
    """Return where a swap would put an artist beyond the cap, ``(gone, others)``."""
    full = np.isin(artists[others], full_artists(artists, chosen, cap))
    same = np.append(artists, -2)[gone][:, None] == artists[others][None, :]
    beyond: NDArray[np.bool_] = full[None, :] & ~same
    return beyond
