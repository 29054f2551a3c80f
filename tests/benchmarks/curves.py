"""Curves of loudness and rhythm that the composer was given, read back from its notes.

    python tests/benchmarks/curves.py [--pieces 50] [--seed 1000]

Each request has one of the curves, drawn apart: eight values, of which two that stand together are free (a mask) in
every other piece, over 30 to 60 s in one of the twenty styles. Loudness is the mean velocity of the notes that begin in
a bar, rhythm the number of onsets of players that strike (all but pads), each against the curve at the middle of the
bar, where the curve is not free (Spearman's rho, by piece). The last chord does not count.

Beside it the same request without curves: what comes by chance, and by the form alone. In masked bars the two pieces
are compared: the mean ratio of velocities and of onsets, 1 where nothing was changed. Intervals are 95 %, by bootstrap
over pieces.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from figures import machine
from scipy.stats import spearmanr

from agent.generation.arranging import Arrangement
from agent.generation.material import Curve
from agent.generation.score import Score, compose
from agent.generation.styles import STYLES
from agent.generation.values import GenerationRequest

POINTS, FREE = 8, 2
DRAWS = 2000


def drawn_curve(of: str, rng: np.random.Generator, *, masked: bool) -> Curve:
    """Draw a curve that moves in steps of any size."""
    values: list[float | None] = [round(float(value), 2) for value in rng.uniform(0, 1, POINTS)]
    if masked:
        at = int(rng.integers(1, POINTS - FREE))
        values[at : at + FREE] = [None] * FREE
    return Curve("dynamics" if of == "dynamics" else "rhythm", tuple(values))


def drawn(seed: int) -> GenerationRequest:
    """Draw a request with both curves."""
    rng = np.random.default_rng(seed)
    return GenerationRequest(
        genre=sorted(STYLES)[seed % len(STYLES)],
        duration_s=float(rng.integers(30, 61)),
        seed=seed,
        curves=tuple(drawn_curve(of, rng, masked=bool(seed % 2)) for of in ("dynamics", "rhythm")),
    )


def asked(curve: Sequence[float | None], arrangement: Arrangement) -> list[float | None]:
    """Return what a curve wants in each bar, from the curve alone."""
    form, known = arrangement.form, [(n, value) for n, value in enumerate(curve) if value is not None]
    places, values = zip(*known, strict=True)
    found: list[float | None] = []
    for bar in range(form.bars):
        at = form.time_of(bar, form.metre.sixteenths / 2) / form.total_s * (len(curve) - 1)
        free = curve[round(at)] is None
        found.append(None if free else float(np.interp(at, places, values)))
    return found


def by_bar(score: Score, value: Callable[[list[tuple[float, int]]], float]) -> list[float]:
    """Return a value of each bar's notes, (start, velocity) of all players but pads."""
    form = score.arrangement.form
    notes = [(n.start, n.velocity) for part in score.parts if part.role != "pad" for n in part.notes]
    edges = [form.time_of(bar, 0) - 0.05 for bar in range(form.bars + 1)]
    return [value([one for one in notes if low <= one[0] < high]) for low, high in itertools.pairwise(edges)]


def loud(notes: list[tuple[float, int]]) -> float:
    return float(np.mean([velocity for _, velocity in notes])) if notes else np.nan


def dense(notes: list[tuple[float, int]]) -> float:
    return float(len(notes))


def rho(wanted: Sequence[float | None], found: Sequence[float]) -> float:
    pairs = [(w, f) for w, f in zip(wanted, found, strict=True) if w is not None and not np.isnan(f)]
    one, other = zip(*pairs, strict=True)
    return 0.0 if np.ptp(other) == 0 else float(spearmanr(one, other).statistic)


def told(values: Sequence[float], rng: np.random.Generator) -> str:
    """Return a mean with its interval."""
    array = np.array(values)
    means = array[rng.integers(len(array), size=(DRAWS, len(array)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{array.mean():.2f} ({low:.2f} to {high:.2f}), least {array.min():.2f}, n = {len(array)}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pieces", type=int, default=50)
    options.add_argument("--seed", type=int, default=1000, help="of the first piece; 0 to 19 were there to tune by")
    given = options.parse_args()
    found: dict[str, list[float]] = {}
    for seed in range(given.seed, given.seed + given.pieces):
        request = drawn(seed)
        plain = compose(replace(request, curves=()))
        for curve, value in zip(request.curves, (loud, dense), strict=True):
            piece = compose(replace(request, curves=(curve,)))
            wanted = asked(curve.values, piece.arrangement)
            with_it, without = by_bar(piece, value), by_bar(plain, value)
            found.setdefault(f"{curve.of}: asked and found", []).append(rho(wanted, with_it))
            found.setdefault(f"{curve.of}: without the curve", []).append(rho(wanted, without))
            free = [a / b for w, a, b in zip(wanted, with_it, without, strict=True) if w is None and b > 0]
            if free:
                found.setdefault(f"{curve.of}: in masked bars, times the piece without", []).append(
                    float(np.mean(free))
                )
    print(machine())
    rng = np.random.default_rng(0)
    for name, values in found.items():
        print(f"{name}: {told(values, rng)}")


if __name__ == "__main__":
    main()
