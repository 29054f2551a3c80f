"""How far could anything go on set lists? Trees told the true night, beside trees that see the seeds alone.

A measure of what the data hold, no model of ours: the oracle knows when the concert was, how many songs it had, and
what the band played on the nights before and after. Nothing that answers a request can know these.

    python tests/benchmarks/setlists_ceiling.py --shared DIR [--part tune]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import lightgbm as lgb
import numpy as np
from scipy.ndimage import gaussian_filter1d

from retrieval.continuation.training import FOLDS, folds_of
from retrieval.evaluation.playlists.datasets import read_dataset, split_by_playlist
from retrieval.evaluation.playlists.metrics import ndcg, r_precision
from retrieval.evaluation.playlists.scenarios import SCENARIOS, requests_of

NIGHTS = (2, 6, 20, 60)  # widths of what counts as about the same time
TREES = 150


class Evidence:
    """What a set of lists (in order of time) says of every song, for seeds; and what it says of a night."""

    def __init__(self, corpus, lists):
        self.corpus, self.lists, self.n = corpus, np.sort(lists), corpus.items.n
        self.plays = np.zeros((len(lists), self.n), np.float32)
        self.places = np.full((len(lists), self.n), -1.0, np.float32)
        self.later, self.next = np.zeros((2, self.n, self.n), np.float32)
        for k, i in enumerate(self.lists):
            rows = corpus.rows(int(i))
            self.plays[k, rows], self.places[k, rows] = 1, np.arange(len(rows))
            for a in range(len(rows) - 1):
                self.later[rows[a], rows[a + 1 :]] += 1
                self.next[rows[a], rows[a + 1]] += 1
        self.count = self.plays.sum(0)
        self.share = self.count / len(lists)
        self.together = self.plays.T @ self.plays
        self.idf = np.log((len(lists) + 1) / (self.count + 1))
        self.rates = {s: gaussian_filter1d(self.plays, s, axis=0, mode="nearest") for s in NIGHTS}
        lengths = np.maximum(self.plays.sum(1), 1)[:, None]
        heard = np.maximum(self.count, 1)
        self.usual_place = np.where(self.places >= 0, self.places / lengths, 0).sum(0) / heard
        self.opens = (self.places == 0).sum(0) / heard

    def of_seeds(self, seeds):
        """Return ``(n, features)``."""
        held = self.plays[:, seeds]
        like = (held * self.idf[seeds]).sum(1) / np.sqrt(np.maximum((self.plays * self.idf**2).sum(1), 1e-9))
        late = (self.places >= len(seeds)).astype(np.float32)
        found = [np.log(self.share + 1e-4), np.full(self.n, len(seeds)), self.usual_place, self.opens]
        for k in (20, 60, 200):
            near = np.argsort(-like)[:k]
            weight = like[near] ** 2 / max((like[near] ** 2).sum(), 1e-9)
            found += [weight @ self.plays[near], weight @ late[near]]
        prior = np.maximum(self.share[seeds], 1e-6)
        beside = (self.together[:, seeds] + 5 * prior) / (self.count[:, None] + 5) / prior
        found.append(np.log(beside + 1e-6).sum(1))
        after = (self.later[seeds].T + 2.5 * self.share[:, None]) / (self.count[seeds] + 5)
        found.append(np.log(after / np.maximum(self.share[:, None], 1e-6) + 1e-6).mean(1))
        found.append((self.next[seeds].T / np.maximum(self.count[seeds], 1)).max(1))
        found += [self.next[s] / max(self.count[s], 1) for s in seeds[-2:][::-1]]
        for width in NIGHTS[1:]:
            rate = self.rates[width]
            odds = np.log(rate[:, seeds] + 0.01).sum(1)
            when = np.exp(odds - odds.max())
            when /= when.sum()
            found += [when @ rate, when @ late]
        return np.stack(found, axis=1).astype(np.float32)

    def of_night(self, night, length):
        """Return ``(n, features)`` that know the truth: when it was, how long, what was played around it."""
        at = int(np.searchsorted(self.lists, night))
        near = min(at, len(self.lists) - 1)
        found = [np.full(self.n, night), np.full(self.n, length), *(self.rates[s][near] for s in NIGHTS)]
        for away in (1, 2, 3, 4):
            found += [self.plays[max(at - away, 0)], self.plays[min(at + away - 1, len(self.lists) - 1)]]
        for side in (self.plays[:at][::-1][:80], self.plays[at:][:80]):
            found.append(np.where(side.any(0), side.argmax(0), 80) if len(side) else np.full(self.n, 80))
        return np.stack(found, axis=1).astype(np.float32)


def requests(corpus, lists, seed):
    rng = np.random.default_rng(seed)
    held = corpus.subset(lists)
    return [(s.name, int(lists[r.place]), r) for s in SCENARIOS for r in requests_of(held, s, rng)]


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--shared", type=Path, required=True)
    options.add_argument("--part", default="test")
    told = options.parse_args()
    dataset = read_dataset([told.shared / "data/setlists_grateful_dead/setlists.jsonl.zst"])
    corpus, split = dataset.corpus, split_by_playlist(dataset)
    train = np.sort(split.train)
    folds = folds_of([dataset.list_ids[i] for i in train], 0)
    rows, truth, right = [], [], []
    for fold in range(FOLDS):
        others = Evidence(corpus, train[folds != fold])
        for _, night, request in requests(corpus, train[folds == fold], fold):
            open_to = np.setdiff1d(np.arange(corpus.items.n), request.seeds.rows)
            rows.append(others.of_seeds(request.seeds.rows)[open_to])
            truth.append(others.of_night(night, len(corpus.rows(night)))[open_to])
            right.append(np.isin(open_to, list(request.held_out)))
    every = Evidence(corpus, train)
    asked = requests(corpus, getattr(split, told.part), 0)
    settings = {
        "objective": "binary", "learning_rate": 0.05, "num_leaves": 31, "min_data_in_leaf": 50, "seed": 0,
        "feature_fraction": 0.6, "bagging_fraction": 0.7, "bagging_freq": 1, "num_threads": 1, "verbose": -1,
    }  # fmt: skip
    y = np.concatenate(right).astype(int)
    print(f"{told.part}: {len(asked)} requests; means over the scenarios")
    for name, tells in (("seeds alone", False), ("told the night", True)):
        x = np.concatenate(rows)
        x = np.concatenate([x, np.concatenate(truth)], axis=1) if tells else x
        trees = lgb.train(settings, lgb.Dataset(x, y), TREES)
        values = {}
        for scenario, night, request in asked:
            features = every.of_seeds(request.seeds.rows)
            if tells:
                features = np.concatenate([features, every.of_night(night, len(corpus.rows(night)))], axis=1)
            scores = trees.predict(features, num_threads=1)
            scores[(every.count == 0) | np.isin(np.arange(corpus.items.n), request.seeds.rows)] = -np.inf
            ranking = np.argsort(-scores, kind="stable")[: int(np.isfinite(scores).sum())][:500].astype(np.int32)
            value = (r_precision(ranking, request.held_out, corpus.items.artists), ndcg(ranking, request.held_out))
            values.setdefault(scenario, []).append(value)
        r, n = np.mean([np.mean(v, axis=0) for v in values.values()], axis=0)
        print(f"{name:16} R-precision {r:.3f}  NDCG {n:.3f}")


if __name__ == "__main__":
    main()
