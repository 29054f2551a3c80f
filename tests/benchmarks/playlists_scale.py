"""The first stage at the challenge's size: time and memory of training, time of an answer, time of loading.

    python tests/benchmarks/playlists_scale.py [--lists 10000 100000 1000000] [--k 50] [--plot FILE] [--peer]

Synthetic lists: some 60 entries each on average, two items a list in the vocabulary; popularity is Zipf's, a list keeps
to one of two thousand tastes, and ids are in no order. Each size runs in a process of its own, so that its peak of
memory is its own. With `--peer` the neighbours of `implicit` alone are trained right after, in the same process.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from figures import SEED, machine, table

from retrieval.continuation.corpus import Corpus, Items, Seeds
from retrieval.continuation.first_stage import LIKENESS, Learned
from retrieval.continuation.models.items import ItemNeighbours
from retrieval.continuation.ranker import Rankers
from retrieval.continuation.versions import ModelCard, ModelVersions, Trained

TASTES, MEAN_LENGTH, ITEMS_A_LIST, QUERIES = 2_000, 100, 2, 500  # of 100 draws some 66 differ


def corpus_of(lists: int, rng: np.random.Generator) -> Corpus:
    n = ITEMS_A_LIST * lists
    lengths = np.clip(rng.lognormal(np.log(MEAN_LENGTH) - 0.32, 0.8, lists), 5, 250).astype(np.int64)
    # A list draws half of its items from all, half from its taste's share of them; both by Zipf's law.
    share = 1.0 / (np.arange(n) + 10.0)
    edges = np.cumsum(share)
    total = int(lengths.sum())
    drawn = np.searchsorted(edges, rng.random(total) * edges[-1]).astype(np.int64)
    taste = np.repeat(rng.integers(TASTES, size=lists), lengths)
    own = rng.random(total) < 0.5
    drawn[own] = (drawn[own] // TASTES * TASTES + taste[own]) % n
    owner = np.repeat(np.arange(lists), lengths)
    key = np.unique(owner * n + rng.permutation(n)[drawn])
    owner, entries = key // n, (key % n).astype(np.int32)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=lists))]).astype(np.int64)
    artists = (np.arange(n) // 20).astype(np.int32)
    return Corpus(Items(n, artists, artists), offsets, entries, ("",) * lists)


def one(lists: int, k: int, peer: bool) -> dict[str, float]:
    rng = np.random.default_rng(SEED)
    corpus = corpus_of(lists, rng)
    found = {"lists": lists, "items": corpus.items.n, "entries": len(corpus.entries)}
    corpus.matrix  # noqa: B018 - built once; the library is handed the same one
    begun = time.perf_counter()
    model = ItemNeighbours.fit(corpus, LIKENESS, k)
    found["train_s"] = time.perf_counter() - begun
    found["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    if peer:
        found["implicit_s"] = implicit(corpus, k)
    seeds = [Seeds(corpus.rows(int(p))[:25]) for p in rng.integers(lists, size=QUERIES)]
    with tempfile.TemporaryDirectory() as folder:
        versions = ModelVersions(Path(folder))
        card = ModelCard(lists, corpus.items.n, len(corpus.entries), 0, k, 0, ("items",), {}, "synthetic", 0.0)
        ids = tuple(str(i) for i in range(corpus.items.n))
        begun = time.perf_counter()
        versions.write(Trained(ids, corpus, Learned(model), Rankers(), card))
        found["write_s"] = time.perf_counter() - begun
        del model
        begun = time.perf_counter()
        trained = versions.load()
        found["load_s"] = time.perf_counter() - begun
        assert trained is not None
        times = []
        for each in seeds:
            begun = time.perf_counter()
            scores = trained.learned.items.score(each)
            np.argpartition(-scores, 500)[:500]
            times.append(time.perf_counter() - begun)
    found["p50_ms"], found["p95_ms"] = (float(np.percentile(times, q)) * 1000 for q in (50, 95))
    return found


def implicit(corpus: Corpus, k: int) -> float:
    from implicit.nearest_neighbours import TFIDFRecommender

    begun = time.perf_counter()
    TFIDFRecommender(K=k).fit(corpus.matrix, show_progress=False)
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lists", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--k", type=int, default=50)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.lists[0], options.k, options.peer)))
        return
    rows = []
    for lists in options.lists:
        asked = [sys.executable, __file__, "--one", "--lists", str(lists), "--k", str(options.k)]
        ran = subprocess.run(
            [*asked, *(["--peer"] if options.peer else [])], check=True, capture_output=True, text=True
        )
        rows.append(json.loads(ran.stdout.splitlines()[-1]))
        print({name: round(value, 3) for name, value in rows[-1].items()}, flush=True)
    print(f"{machine()}; k {options.k}, seed {SEED}")
    print(table(list(rows[0]), [[round(value, 2) for value in row.values()] for row in rows]))
    if options.plot:
        plot(rows, options.plot)


def plot(rows: list[dict[str, float]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.5), layout="constrained")
    for axes, name, label in zip(
        figure.subplots(1, 2), ("train_s", "peak_gb"), ("training, s", "peak, GB"), strict=True
    ):
        axes.loglog([row["entries"] for row in rows], [row[name] for row in rows], marker="o")
        axes.set_xlabel("entries")
        axes.set_ylabel(label)
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
