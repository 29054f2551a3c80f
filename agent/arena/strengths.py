"""How strong systems are by their battles: Bradley-Terry, with intervals by bootstrap over battles.

R. A. Bradley & M. E. Terry (1952); fitted by the minorise-maximise steps of D. R. Hunter (2004). A tie is half a win
for each. “Both bad” says nothing about which is better: it is counted, and not fitted. Every system also meets an
average opponent in one drawn battle, so that who won or lost everything has a finite strength. The scale is that of
chess: 1000 is average, 400 more wins ten to one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.battles import Battle

MINIMUM = 10
DRAWS = 1_000
_STEPS = 200
_PRIOR = 0.5
_SEED = 20_240_917
_SCORES = {"a": 1.0, "b": 0.0, "tie": 0.5}


@dataclass(frozen=True, slots=True)
class Standing:
    """A system's record. Strength and its 95 % interval are None below `MINIMUM` battles."""

    system: str
    battles: int
    wins: int
    ties: int
    both_bad: int
    strength: float | None = None
    low: float | None = None
    high: float | None = None


def standings(battles: Sequence[Battle], minimum: int = MINIMUM, seed: int = _SEED) -> list[Standing]:
    """Return the ranked systems, the strongest first, then those with too few battles.

    Battles of a system with itself (two seeds) say nothing about systems and are left out.
    """
    met = [each for each in battles if each.choice is not None and each.a.system != each.b.system]
    systems = sorted({side.system for each in met for side in (each.a, each.b)})
    records = {system: _record(system, met) for system in systems}
    ranked = [system for system in systems if records[system].battles >= minimum]
    place = {system: n for n, system in enumerate(ranked)}
    told = [
        (place[each.a.system], place[each.b.system], _SCORES[each.choice])
        for each in met
        if each.choice in _SCORES and each.a.system in place and each.b.system in place
    ]
    if told:
        for system, (strength, low, high) in zip(ranked, _fitted(told, len(ranked), seed), strict=True):
            kept = records[system]
            records[system] = Standing(system, kept.battles, kept.wins, kept.ties, kept.both_bad, strength, low, high)
    return sorted(
        records.values(), key=lambda each: (each.strength is None, -(each.strength or 0), -each.battles, each.system)
    )


def strengths(wins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log strengths ``(..., k)`` of mean 0 by ``(..., k, k)`` wins of the row's system over the column's."""
    games = wins + np.swapaxes(wins, -1, -2)
    won = wins.sum(axis=-1) + _PRIOR
    p = np.ones(wins.shape[:-1])
    for _ in range(_STEPS):
        shared = (games / (p[..., :, None] + p[..., None, :])).sum(axis=-1) + 2 * _PRIOR / (p + 1)
        p = won / shared
    logs: NDArray[np.float64] = np.log(p)
    centred: NDArray[np.float64] = logs - logs.mean(axis=-1, keepdims=True)
    return centred


def _record(system: str, met: Sequence[Battle]) -> Standing:
    own = [each for each in met if system in {each.a.system, each.b.system}]
    return Standing(
        system,
        battles=len(own),
        wins=sum((each.choice == "a") == (each.a.system == system) for each in own if each.choice in {"a", "b"}),
        ties=sum(each.choice == "tie" for each in own),
        both_bad=sum(each.choice == "both_bad" for each in own),
    )


def _fitted(told: Sequence[tuple[int, int, float]], k: int, seed: int) -> list[tuple[float, float, float]]:
    first, second, score = (np.array(column) for column in zip(*told, strict=True))
    drawn = np.random.default_rng(seed).integers(len(told), size=(DRAWS, len(told)))
    drawn = np.concatenate([np.arange(len(told))[None], drawn])
    wins = np.zeros((len(drawn), k, k))
    rows = np.arange(len(drawn))[:, None]
    np.add.at(wins, (rows, first[drawn], second[drawn]), score[drawn])
    np.add.at(wins, (rows, second[drawn], first[drawn]), 1 - score[drawn])
    scaled = 1000 + 400 / np.log(10) * strengths(wins)
    low, high = np.percentile(scaled[1:], [2.5, 97.5], axis=0)
    return [(round(float(scaled[0, n]), 1), round(float(low[n]), 1), round(float(high[n]), 1)) for n in range(k)]
