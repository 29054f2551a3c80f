"""Where in a track to begin, so that what sets in falls on the cuts of a segment.

The curve of onset strength (a hundred steps a second, each onset spread by a Gaussian of 30 ms, since nobody sees less)
is cross-correlated with the segment's cuts, weighted by their strength: the score of an offset is the mean strength at
the cuts. Cuts and music that have nothing to do with each other coincide, too: `sync` tells how many more of the cuts
have a clear onset within 80 ms than would by chance (Cohen's kappa against the share of time that lies so near to one),
`chance_p` how likely so many would be by chance (binomial).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from encoders.music.onsets import ONSET_HZ
from encoders.values import Cut, FloatArray

WITHIN_S = 0.08
_SPREAD_S = 0.03
_APART_S = 2.0  # offers that lie closer are one
_START_WEIGHT = 0.5  # music that sets in with the segment is welcome, but not at the price of a cut
_CLEAR = 0.5  # of the strongest onset around
_AROUND_S = 4.0
_LEAST = 0.05
_SAME = 0.02  # scores closer than this are equal; the earlier offset is then the better

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Offset:
    """A place in a track to begin at, in seconds.

    `score` in [0, 1] is the mean onset strength at the cuts, `typical` that of all offsets; `hits` of `cuts` have a
    clear onset within 80 ms, where `chance` (a share) would anyway. `sync` in [0, 1]: 0 is chance, 1 every cut;
    None where there is no cut inside. `chance_p` is the probability of as many hits by chance.
    """

    offset_s: float
    score: float
    typical: float
    hits: int
    cuts: int
    chance: float
    sync: float | None
    chance_p: float | None


def best_offsets(onsets: FloatArray, cuts: Sequence[Cut], length_s: float, n: int = 5) -> tuple[Offset, ...]:
    """Return up to `n` places to begin, the best first.

    Args:
        onsets: the track's onset curve ``(steps,)``.
        cuts: those inside the segment, their times from its start on.
        length_s: how long the segment is; a track that is shorter can only begin at its beginning.
        n: how many are wanted.
    """
    if len(onsets) == 0:
        return ()
    last = max(0, len(onsets) - round(length_s * ONSET_HZ))
    scores = _scores(_spread(onsets), cuts)[: last + 1]
    typical = float(scores.mean())
    clear = _clear_onsets(onsets)
    chosen: list[int] = []
    # Rounding makes equals of the beats of a steady rhythm; the sort is stable, so the earliest of them comes first.
    for place in np.argsort(-np.round(scores / _SAME), kind="stable"):
        near = _peak_near(scores, int(place))
        if all(abs(near - other) >= _APART_S * ONSET_HZ for other in chosen):
            chosen.append(near)
        if len(chosen) == n:
            break
    ranked = sorted(chosen, key=lambda place: (-round(float(scores[place]) / _SAME), place))
    return tuple(_judged(place, float(scores[place]), typical, clear, cuts, length_s) for place in ranked)


def judged(onsets: FloatArray, cuts: Sequence[Cut], length_s: float, offset_s: float) -> Offset:
    """Return how an offset that somebody chose does."""
    scores = _scores(_spread(onsets), cuts)
    place = min(max(0, round(offset_s * ONSET_HZ)), max(0, len(scores) - 1))
    score = float(scores[place]) if len(scores) else 0.0
    typical = float(scores.mean()) if len(scores) else 0.0
    return _judged(place, score, typical, _clear_onsets(onsets), cuts, length_s)


def _spread(onsets: FloatArray) -> Floats:
    """Spread each onset over its neighbours by a Gaussian; the strongest counts."""
    reach = round(2 * _SPREAD_S * ONSET_HZ)
    padded = np.pad(np.asarray(onsets, np.float64), reach)
    parts = [
        padded[reach + d : reach + d + len(onsets)] * np.exp(-0.5 * (d / ONSET_HZ / _SPREAD_S) ** 2)
        for d in range(-reach, reach + 1)
    ]
    spread: Floats = np.max(parts, axis=0)
    return spread


def _scores(curve: Floats, cuts: Sequence[Cut]) -> Floats:
    """Return the weighted mean of the curve at the cuts for every offset ``(steps,)``; beyond its end it is silent."""
    weights = [cut.strength for cut in cuts]
    start = _START_WEIGHT * (sum(weights) / len(weights) if weights else 1.0)
    total = np.zeros(len(curve))
    for time_s, weight in [(0.0, start), *((cut.time_s, cut.strength) for cut in cuts)]:
        shift = round(time_s * ONSET_HZ)
        if shift < len(curve):
            total[: len(curve) - shift] += weight * curve[shift:]
    scores: Floats = total / max(start + sum(weights), 1e-9)
    return scores


def _clear_onsets(onsets: FloatArray) -> NDArray[np.int64]:
    """Return the steps of onsets that stand out: peaks of at least half the strongest one around."""
    from scipy.ndimage import maximum_filter1d

    around = maximum_filter1d(onsets, round(2 * _AROUND_S * ONSET_HZ) + 1, mode="constant")
    peak = maximum_filter1d(onsets, round(2 * 0.05 * ONSET_HZ) + 1, mode="constant") == onsets
    found: NDArray[np.int64] = np.flatnonzero(peak & (onsets >= _CLEAR * around) & (onsets > _LEAST))
    return found


def _peak_near(scores: Floats, place: int) -> int:
    """Return the highest score within 50 ms, so that an equal by rounding does not miss the onset itself."""
    low = max(0, place - 5)
    return low + int(np.argmax(scores[low : place + 6]))


def _judged(
    place: int, score: float, typical: float, clear: NDArray[np.int64], cuts: Sequence[Cut], length_s: float
) -> Offset:
    end = place + round(length_s * ONSET_HZ)
    within = round(WITHIN_S * ONSET_HZ)
    covered = np.zeros(max(1, end - place), np.bool_)
    for onset in clear[(clear >= place - within) & (clear <= end + within)] - place:
        covered[max(0, onset - within) : max(0, onset + within + 1)] = True
    places = [min(round(cut.time_s * ONSET_HZ), len(covered) - 1) for cut in cuts]
    hits, count, chance = sum(bool(covered[at]) for at in places), len(cuts), float(covered.mean())
    sync = None if count == 0 else max(0.0, (hits / count - chance) / (1.0 - chance)) if chance < 1.0 else 0.0
    chance_p = None if count == 0 else _at_least(hits, count, chance)
    shown_sync = None if sync is None else round(sync, 4)
    shown_p = None if chance_p is None else round(chance_p, 6)
    return Offset(
        place / ONSET_HZ, round(score, 4), round(typical, 4), hits, count, round(chance, 4), shown_sync, shown_p
    )


def _at_least(hits: int, count: int, chance: float) -> float:
    """Return the probability of at least so many successes."""
    return float(
        min(1.0, sum(comb(count, k) * chance**k * (1.0 - chance) ** (count - k) for k in range(hits, count + 1)))
    )
