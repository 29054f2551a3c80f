"""All models and peers on the same requests: means by scenario with intervals, the ratio to the best peer, plots."""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.continuation.corpus import Corpus, Rows, Seeds
from retrieval.continuation.ensemble import Ensemble, best
from retrieval.continuation.first_stage import LIKENESS, Learned, Options, ensemble_of
from retrieval.continuation.models.items import ItemNeighbours
from retrieval.continuation.models.protocol import ContinuationModel
from retrieval.continuation.models.titles import Embed
from retrieval.continuation.ranker import Rankers, order
from retrieval.continuation.training import train
from retrieval.continuation.versions import ModelVersions
from retrieval.evaluation.playlists.datasets import Dataset, Split
from retrieval.evaluation.playlists.metrics import MOST, clicks, ndcg, r_precision
from retrieval.evaluation.playlists.peers import peers
from retrieval.evaluation.playlists.scenarios import SCENARIOS, Request, requests_of

_DRAWS = 1_000
MEASURES = ("r_precision", "ndcg", "clicks")
OURS, BLEND = "Trichord", "Trichord, untrained blend"
Rank = Callable[[Seeds], Rows]
# Takes the training corpus and all requests, returns each request's ranking: libraries that cannot be asked one by one.
RankAll = Callable[[Corpus, Sequence[Request]], list[Rows]]


@dataclass(frozen=True, eq=False)
class Outcome:
    """Every system's values on the same requests: ``values[system]`` is ``(requests, 3)``, columns as `MEASURES`."""

    dataset: str
    requests: tuple[Request, ...]
    values: Mapping[str, NDArray[np.float64]]
    peers: tuple[str, ...]
    fit_s: Mapping[str, float]

    def of(self, system: str, scenario: str | None = None) -> NDArray[np.float64]:
        """Return a system's values, of one scenario or of all."""
        mask = [scenario in (None, r.scenario.name) for r in self.requests]
        values: NDArray[np.float64] = self.values[system][np.array(mask, bool)]
        return values

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Return the scenarios that had a request, in the challenge's order."""
        asked = {r.scenario.name for r in self.requests}
        return tuple(s.name for s in SCENARIOS if s.name in asked)

    def mean(self, system: str) -> NDArray[np.float64]:
        """Return the mean over scenarios of the scenario's means, ``(3,)``."""
        means: NDArray[np.float64] = np.mean([self.of(system, s).mean(axis=0) for s in self.scenarios], axis=0)
        return means

    def interval(self, system: str, measure: int) -> tuple[float, float]:
        """Return the 95 % interval over playlists of the mean over scenarios."""
        low, high = np.percentile([side[0] for side in self._drawn([system], measure)][1:], [2.5, 97.5])
        return float(low), float(high)

    def ratio(self, system: str, other: str, measure: int) -> tuple[float, float, float]:
        """Return how many times `other` a system is in the mean over scenarios, with its 95 % interval over lists."""
        found = [ours / max(theirs, 1e-9) for ours, theirs in self._drawn([system, other], measure)]
        low, high = np.percentile(found[1:], [2.5, 97.5])
        return found[0], float(low), float(high)

    def _drawn(self, systems: Sequence[str], measure: int) -> list[list[float]]:
        """Return the systems' means over scenarios: of all playlists, then of draws of playlists with replacement."""
        _, places = np.unique([r.place for r in self.requests], return_inverse=True)
        lists = int(places.max()) + 1
        rng = np.random.default_rng(0)
        draws = [np.bincount(rng.integers(lists, size=lists), minlength=lists) for _ in range(_DRAWS)]
        weights = np.stack([np.ones(lists), *draws])[:, places]
        names = np.array([r.scenario.name for r in self.requests])
        means: list[list[float]] = []
        for weight in weights:
            inside = [names == s for s in self.scenarios if weight[names == s].sum() > 0]
            columns = [self.values[system][:, measure] for system in systems]
            means.append([float(np.mean([np.average(c[i], weights=weight[i]) for i in inside])) for c in columns])
        return means


def evaluate(
    dataset: Dataset,
    split: Split,
    options: Options,
    *,
    part: str = "test",
    embed: Embed | None = None,
    others: Mapping[str, RankAll] | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Outcome:
    """Train on the split's first part, ask all ten scenarios of another, and measure every system on the same requests.

    Candidates are the tracks that some training list holds, for every system alike; a track that was held out and
    that no training list has counts against all of them. `others` are further peers.
    """
    corpus = dataset.corpus.subset(split.train)
    asked = dataset.corpus.subset(getattr(split, part))
    rng = np.random.default_rng(options.seed)
    requests = tuple(r for scenario in SCENARIOS for r in requests_of(asked, scenario, rng))
    warm = corpus.counts > 0
    systems: dict[str, Rank] = {}
    fit_s: dict[str, float] = {}
    report("training")
    begun = time.perf_counter()
    ensemble, rankers = _ours(dataset, split, corpus, options, embed)
    fit_s[OURS] = time.perf_counter() - begun
    systems[OURS] = _by_order(ensemble, rankers, warm)
    systems[BLEND] = _by_order(ensemble, Rankers(), warm)
    systems |= {f"  {model.name}": _by_score(model, warm) for model in ensemble.models}
    for name, fit in peers(corpus, options.seed).items():
        report(name)
        begun = time.perf_counter()
        systems[name] = _by_score(fit(), warm)
        fit_s[name] = time.perf_counter() - begun
    report(f"{len(requests)} requests")
    values = {name: _measured([rank(r.seeds) for r in requests], requests, corpus) for name, rank in systems.items()}
    for name, rank_all in (others or {}).items():
        report(name)
        begun = time.perf_counter()
        values[name] = _measured(rank_all(corpus, requests), requests, corpus)
        fit_s[name] = time.perf_counter() - begun
    rivals = (*peers(corpus), *(others or {}), "  popularity")
    return Outcome(dataset.name, requests, values, rivals, fit_s)


def ranker_of_all(dataset: Dataset, options: Options, embed: Embed | None = None) -> tuple[Rank, Rows]:
    """Train on every list of a data set; return what ranks for new lists, and the 1,000 most popular tracks."""
    every = Split(np.arange(len(dataset.corpus)), np.zeros(0, np.int64), np.zeros(0, np.int64))
    ensemble, rankers = _ours(dataset, every, dataset.corpus, options, embed)
    counts = dataset.corpus.counts
    return _by_order(ensemble, rankers, counts > 0), np.argsort(-counts, kind="stable")[: 2 * MOST].astype(np.int32)


def evaluate_cold(
    dataset: Dataset, split: Split, options: Options, *, part: str = "test", embed: Embed | None = None
) -> Outcome:
    """Ask for tracks that no training list holds, among these alone; only such held-out tracks count as right.

    Nothing is known of them but artist, album, names and content: the blend of the models that read these, beside what
    others say of how popular each is. It is easier than life: a track may be in the data for no other reason than the
    list that is asked for.
    """
    corpus = dataset.corpus.subset(split.train)
    asked = dataset.corpus.subset(getattr(split, part))
    rng = np.random.default_rng(options.seed)
    cold = corpus.counts == 0
    requests = []
    for scenario in SCENARIOS:
        for request in requests_of(asked, scenario, rng):
            if held := frozenset(row for row in request.held_out if cold[row]):
                requests.append(replace(request, held_out=held))
    ensemble = ensemble_of(corpus, Learned(ItemNeighbours.fit(corpus, LIKENESS, options.k)), embed=embed)
    popularity = corpus.items.popularity
    known = np.zeros(corpus.items.n, np.float32) if popularity is None else popularity + np.float32(1e-6)
    systems: dict[str, Rank] = {
        BLEND: _by_order(ensemble, Rankers(), cold),
        "  popularity": lambda seeds: best(np.where(cold, known, np.float32(0)), MOST).astype(np.int32),
    }
    values = {name: _measured([rank(r.seeds) for r in requests], requests, corpus) for name, rank in systems.items()}
    return Outcome(f"{dataset.name}, cold tracks", tuple(requests), values, ("  popularity",), {})


def _ours(
    dataset: Dataset, split: Split, corpus: Corpus, options: Options, embed: Embed | None
) -> tuple[Ensemble, Rankers]:
    def build(lists: Corpus, learned: Learned) -> Ensemble:
        return ensemble_of(lists, learned, embed=embed)

    with tempfile.TemporaryDirectory() as folder:
        versions = ModelVersions(Path(folder))
        lists = [dataset.list_ids[int(p)] for p in split.train]
        train(corpus, dataset.track_ids, lists, versions, options, data=dataset.name, build=build)
        trained = versions.load()
    assert trained is not None
    return build(corpus, trained.learned), trained.rankers


def _by_score(model: ContinuationModel, allowed: NDArray[np.bool_]) -> Rank:
    def rank(seeds: Seeds) -> Rows:
        scores = np.where(allowed, model.score(seeds), np.float32(0))
        scores[seeds.rows] = 0
        return best(scores, MOST).astype(np.int32)

    return rank


def _by_order(ensemble: Ensemble, rankers: Rankers, allowed: NDArray[np.bool_]) -> Rank:
    def rank(seeds: Seeds) -> Rows:
        pool = ensemble.pool(seeds, allowed)
        return pool.rows[np.argsort(-order(ensemble, rankers, pool, seeds), kind="stable")[:MOST]]

    return rank


def _measured(rankings: Sequence[Rows], requests: Sequence[Request], corpus: Corpus) -> NDArray[np.float64]:
    artists = corpus.items.artists
    lines = []
    for found, request in zip(rankings, requests, strict=True):
        held = request.held_out
        lines.append((r_precision(found, held, artists), ndcg(found, held), clicks(found, held)))
    return np.array(lines, float)


def table(outcome: Outcome) -> list[list[str]]:
    """Return a line a system: R-precision by scenario, then the means of all measures with intervals over playlists."""
    counts = [sum(r.scenario.name == s for r in outcome.requests) for s in outcome.scenarios]
    lines = [["system", *outcome.scenarios, "R-precision", "NDCG", "clicks"], ["n", *map(str, counts), "", "", ""]]
    for system in outcome.values:
        means = outcome.mean(system)
        cells = [f"{outcome.of(system, s)[:, 0].mean():.3f}" for s in outcome.scenarios]
        for n, digits in ((0, 4), (1, 4), (2, 1)):
            low, high = outcome.interval(system, n)
            cells.append(f"{means[n]:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]")
        lines.append([system.strip(), *cells])
    return lines


def best_peer(outcome: Outcome, measure: int = 0) -> str:
    """Return the peer with the best mean."""
    sign = -1.0 if MEASURES[measure] == "clicks" else 1.0
    return max(outcome.peers, key=lambda name: sign * outcome.mean(name)[measure])


def write_report(outcome: Outcome, folder: Path) -> None:
    """Write ``playlists.csv`` and, where matplotlib is installed, ``playlists.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "playlists.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(table(outcome))
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    shown = [OURS, BLEND, best_peer(outcome), "  popularity"]
    for n, system in enumerate(dict.fromkeys(shown)):
        heights = [outcome.of(system, s)[:, 0].mean() for s in outcome.scenarios]
        axes.bar(np.arange(len(heights)) + 0.2 * n, heights, 0.2, label=system.strip())
    axes.set_xticks(np.arange(len(outcome.scenarios)) + 0.3, outcome.scenarios, rotation=30, ha="right")
    axes.set_ylabel("R-precision")
    axes.legend()
    figure.savefig(folder / "playlists.png", dpi=120)
