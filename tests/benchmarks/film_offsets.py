"""How many cuts the offered offsets meet, on real tracks and made-up cuts.

    python tests/benchmarks/film_offsets.py [--data-dir DIR] [--tracks 60]

Cuts of a 30 s segment are drawn at random (shots of 1 to 5 s), five lists a track; nothing ties them to the music. Told
are the shares of cuts that have a clear onset within 80 ms: at the best offset, at random offsets, and by chance as the
offers themselves tell it. The intervals are 95 %, drawn by track. Two minutes on two cores.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from figures import SEED, bootstrap, machine, table
from numpy.typing import NDArray

from encoders.values import Cut
from retrieval.film.matching import best_offsets, judged
from ui.compose import App
from ui.settings import load_settings

LENGTH_S = 30.0
LISTS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="where the ingested demo catalogue lies (default: the user's)")
    parser.add_argument("--tracks", type=int, default=60)
    options = parser.parse_args()
    parts = App(load_settings(options.data_dir))
    rng = np.random.default_rng(SEED)
    playable = [
        t for t in parts.catalogue.library.all() if t.path and not t.member and t.path.exists() and t.duration_s > 60
    ]
    chosen = [playable[i] for i in rng.permutation(len(playable))[: options.tracks]]
    rows: list[NDArray[np.float64]] = []
    for track in chosen:
        assert track.path is not None
        curve = parts.audio.onsets(track.path)
        told = []
        for _ in range(LISTS):
            cuts = drawn(rng)
            best = best_offsets(curve, cuts, LENGTH_S, 1)[0]
            anywhere = [
                judged(curve, cuts, LENGTH_S, float(rng.uniform(0, track.duration_s - LENGTH_S))).hits
                for _ in range(20)
            ]
            shares = [best.hits / best.cuts, float(np.mean(anywhere)) / len(cuts), best.chance, best.sync or 0.0]
            told.append(shares)
        rows.append(np.array(told))
    parts.close()
    print(f"{machine()}; {len(rows)} tracks, {LISTS} lists of cuts each; seed {SEED}")
    names = ("cuts met at the best offset", "at random offsets", "by chance, as told", "sync of the best offset")
    shown = []
    for column, name in enumerate(names):
        groups = [each[:, column] for each in rows]
        low, high = bootstrap(groups, lambda values: float(values.mean()))
        shown.append([name, f"{np.concatenate(groups).mean():.2f}", f"{low:.2f} to {high:.2f}"])
    print(table(["", "mean", "95 %"], shown))


def drawn(rng: np.random.Generator) -> tuple[Cut, ...]:
    """Return the cuts of shots of 1 to 5 s."""
    times = np.cumsum(rng.uniform(1.0, 5.0, 40))
    return tuple(Cut(float(t), float(rng.uniform(0.4, 1.0))) for t in times[times < LENGTH_S - 1.0])


if __name__ == "__main__":
    main()
