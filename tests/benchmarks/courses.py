"""Lists that go from one sound to another: how surely they do, beside a title that names both.

    python tests/benchmarks/courses.py --data DIR [--n 12]

For each ordered pair of sounds that are both clearly heard in at least ten tracks of the catalogue, one list by the
course and one by the title alone. Told are Spearman's correlation of a track's place with how much nearer it is to the
second sound than to the first, and by how much the last quarter of the list is nearer than the first; means over pairs,
with intervals by resampling the pairs (seed 0).
"""

from __future__ import annotations

import argparse
from itertools import permutations
from pathlib import Path

import numpy as np
from figures import machine
from scipy.stats import spearmanr

from retrieval.continuation.values import ContinuationRequest
from retrieval.snapshot import Snapshot
from ui.compose import App
from ui.settings import load_settings

SOUNDS = (
    "calm",
    "energetic",
    "sad",
    "happy",
    "dark",
    "romantic",
    "jazz",
    "techno",
    "metal",
    "folk",
    "piano",
    "strings",
)
CLEARLY, LEAST = 0.77, 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--n", type=int, default=12)
    given = parser.parse_args()
    parts = App(load_settings(given.data))
    snapshot = parts.engine.state.snapshot
    heard = [s for s in SOUNDS if (snapshot.column(s) >= CLEARLY).sum() >= LEAST]
    rows = []
    for ends in permutations(heard, 2):
        title = " ".join(ends)
        course = ContinuationRequest(title=title, n=given.n, arc=ends)
        plain = ContinuationRequest(title=title, n=given.n)
        rows.append([*_told(parts, snapshot, course, ends), *_told(parts, snapshot, plain, ends)])
    print(machine(), f"{len(snapshot)} tracks, {len(rows)} pairs of {', '.join(heard)}, lists of {given.n}", sep="\n")
    names = ("course: place and sound", "course: last less first", "title: place and sound", "title: last less first")
    rng = np.random.default_rng(0)
    for name, values in zip(names, np.array(rows).T, strict=True):
        means = rng.choice(values, (2000, len(values))).mean(axis=1)
        low, high = np.quantile(means, [0.025, 0.975])
        print(f"{name:26} {values.mean():.3f} [{low:.3f}, {high:.3f}]")


def _told(parts: App, snapshot: Snapshot, asked: ContinuationRequest, ends: tuple[str, str]) -> tuple[float, float]:
    found = snapshot.rows([c.track.id for c in parts.continuer.continue_playlist(asked).tracks])
    way = (snapshot.column(ends[1]) - snapshot.column(ends[0]))[found]
    part = max(1, len(found) // 4)
    rank = spearmanr(np.arange(len(way)), way).statistic
    return float(np.nan_to_num(rank)), float(way[-part:].mean() - way[:part].mean()) / 2


if __name__ == "__main__":
    main()
