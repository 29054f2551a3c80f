"""Training of both stages: the first on all lists, the second on what the first says of lists it never saw.

A list's own entries would make every model look right about it, so the ranker learns from features out of fold: lists
are parted by playlist, each fold's requests are answered by models of the other folds. The order of what users get is
judged the same way. Every fold is kept on disk until the run ends; a run that was cut short goes on after the last
one (`resume`).

Requests with seeds and those of a title alone have a ranker each; where one orders no better than the untrained blend,
it is not taken.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.continuation.corpus import Corpus, FloatArray, Rows
from retrieval.continuation.ensemble import Ensemble, blend, features
from retrieval.continuation.first_stage import Learned, Options, ensemble_of, learn
from retrieval.continuation.ranker import RIGHT, RIGHT_ARTIST, WRONG, ListRanker, Rankers, feature_names
from retrieval.continuation.versions import ModelCard, ModelVersions, Trained
from retrieval.errors import QueryError
from retrieval.evaluation.metrics import interval
from retrieval.evaluation.playlists.metrics import clicks, ndcg, r_precision
from retrieval.evaluation.playlists.scenarios import SCENARIOS, Request, requests_of

# Of a title alone all models together know little: as many candidates as are ranked in use.
FOLDS, DEPTH, TITLE_DEPTH = 4, 200, 500
LEAST_LISTS, LEAST_TITLES = 20, 100
_KEPT_WRONG = 0.3  # of the candidates that are wrong so many are learned from
MEASURE = "r_precision"  # a ranker is kept where it is better by this
Report = Callable[[str, float], None]
Metrics = dict[str, dict[str, tuple[float, float, float]]]
Build = Callable[[Corpus, Learned], Ensemble]


@dataclass(frozen=True, eq=False)
class Asked:
    """Requests in turn with their candidates, best of the blend first.

    `rows` ``(m,)`` and `columns` ``(m, f)`` are those of all requests after each other, `sizes` how many each has.
    """

    requests: tuple[Request, ...]
    rows: Rows
    columns: FloatArray
    sizes: NDArray[np.int64]

    def __iter__(self) -> Iterator[tuple[Request, Rows, FloatArray]]:
        edges = np.concatenate([[0], np.cumsum(self.sizes)])
        for n, request in enumerate(self.requests):
            yield request, self.rows[edges[n] : edges[n + 1]], self.columns[edges[n] : edges[n + 1]]

    def only(self, titled: bool) -> Asked:
        """Return the requests of a title alone, or those with seeds."""
        mask = np.array([(len(request.seeds.rows) == 0) == titled for request in self.requests], bool)
        kept = np.repeat(mask, self.sizes)
        requests = tuple(r for r, wanted in zip(self.requests, mask, strict=True) if wanted)
        return Asked(requests, self.rows[kept], self.columns[kept], self.sizes[mask])

    @property
    def teaching(self) -> int:
        """Return how many requests have something right among their candidates."""
        return sum(bool(np.isin(rows, list(request.held_out)).any()) for request, rows, _ in self)


def train(
    corpus: Corpus,
    ids: Sequence[str],
    list_ids: Sequence[str],
    versions: ModelVersions,
    options: Options,
    *,
    data: str,
    build: Build = ensemble_of,
    resume: bool = False,
    report: Report = lambda step, share: None,
) -> ModelCard:
    """Train on lists over items `ids`; lists of one `list_ids` entry stay in one fold. Write and promote a version.

    `build` makes the first stage's models over a corpus, the same way as where they will be used.

    Where there are fewer than 20 playlists, or nearly all are too short to be asked about, no order can be learned, and
    the first stage is trained alone.

    Raises:
        QueryError: no list has two items.
        TrainingBusyError: another training is at work on these versions.
    """
    if not (np.diff(corpus.offsets) > 1).any():
        raise QueryError("No playlist has two tracks that the catalogue knows; import or make some first.")
    with versions.locked():
        return _trained(corpus, ids, list_ids, versions, options, data, build, resume, report)


def _trained(
    corpus: Corpus,
    ids: Sequence[str],
    list_ids: Sequence[str],
    versions: ModelVersions,
    options: Options,
    data: str,
    build: Build,
    resume: bool,
    report: Report,
) -> ModelCard:
    begun = time.perf_counter()
    folder = _folder(versions.training, corpus, list_ids, options, resume)
    rankers = Rankers()
    metrics: Metrics = {}
    if len(set(list_ids)) >= LEAST_LISTS:
        rankers, metrics = _second_stage(corpus, list_ids, folder, options, build, report)
    learned = learn(corpus, options, folder, report, resume)
    models = build(corpus, learned).names
    card = ModelCard(
        lists=len(corpus),
        items=corpus.items.n,
        entries=len(corpus.entries),
        seed=options.seed,
        k=options.k,
        d=options.d,
        models=models,
        metrics=metrics,
        data=data,
        train_s=round(time.perf_counter() - begun, 1),
    )
    versions.write(Trained(tuple(ids), corpus, learned, rankers, card))
    return card


def _folder(folder: Path, corpus: Corpus, list_ids: Sequence[str], options: Options, resume: bool) -> Path:
    """Return the folder of this run, empty unless the same run is to go on."""
    digest = hashlib.sha256(json.dumps([asdict(options), list(list_ids), list(corpus.titles)]).encode())
    digest.update(corpus.offsets.tobytes() + corpus.entries.tobytes())
    mark = folder / "run"
    if not (resume and mark.is_file() and mark.read_text(encoding="utf-8") == digest.hexdigest()):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        mark.write_text(digest.hexdigest(), encoding="utf-8")
    return folder


def folds_of(list_ids: Sequence[str], seed: int) -> NDArray[np.int64]:
    """Return each list's fold; lists of one playlist share theirs."""
    names, places = np.unique(np.array(list_ids), return_inverse=True)
    folds: NDArray[np.int64] = (np.random.default_rng(seed).permutation(len(names)) % FOLDS)[places]
    return folds


def _second_stage(
    corpus: Corpus, list_ids: Sequence[str], folder: Path, options: Options, build: Build, report: Report
) -> tuple[Rankers, Metrics]:
    folds = folds_of(list_ids, options.seed)
    last = {i: n for n, i in enumerate(list_ids)}
    names: tuple[str, ...] = ()
    found: list[Asked] = []
    for fold in range(FOLDS):
        report("second stage", fold / FOLDS)
        held = [n for n in last.values() if folds[n] == fold]
        requests = _requests(corpus.subset(held), np.random.default_rng([options.seed, fold]))
        path = folder / f"fold-{fold}.npz"
        if not path.is_file():
            ensemble = _of_others(corpus, folds != fold, folder / f"fold-{fold}", options, build)
            _keep(path, ask(ensemble, requests), ensemble.names)
            shutil.rmtree(folder / f"fold-{fold}", ignore_errors=True)
        with np.load(path) as kept:
            found.append(Asked(tuple(requests), kept["rows"], kept["columns"], kept["sizes"]))
            names = tuple(kept["names"].tolist())
    # Each fold is judged by a ranker of the others.
    rankers: dict[bool, ListRanker | None] = {}
    metrics: Metrics = {}
    for titled, least in ((False, 1), (True, LEAST_TITLES)):
        of_kind = [asked.only(titled) for asked in found]
        teaching = [asked.teaching for asked in of_kind]
        rankers[titled] = None
        if sum(n > 0 for n in teaching) < 2 or sum(teaching) < least:
            continue
        measured = _judge(of_kind, names, corpus.items.artists, titled, options.seed)
        metrics |= {f"{name}{', title alone' if titled else ''}": values for name, values in measured.items()}
        if measured["ranker"][MEASURE][0] > measured["blend"][MEASURE][0]:
            rankers[titled] = _ranker(of_kind, names, corpus.items.artists, titled, options.seed)
    return Rankers(rankers[False], rankers[True]), metrics


def _of_others(corpus: Corpus, others: NDArray[np.bool_], folder: Path, options: Options, build: Build) -> Ensemble:
    part = corpus.subset(np.flatnonzero(others))
    learned = learn(part, replace(options, sequence=None), folder, lambda step, share: None)
    return build(part, learned)


def _requests(corpus: Corpus, rng: np.random.Generator) -> list[Request]:
    return [request for scenario in SCENARIOS for request in requests_of(corpus, scenario, rng)]


def ask(ensemble: Ensemble, requests: Sequence[Request]) -> Asked:
    """Return the candidates of requests among the items that the ensemble's lists hold."""
    warm = ensemble.corpus.counts > 0
    rows = [np.zeros(0, np.int32)]
    columns = [np.zeros((0, len(feature_names(ensemble.names))), np.float32)]
    for request in requests:
        pool = ensemble.pool(request.seeds, warm, DEPTH if len(request.seeds.rows) else TITLE_DEPTH)
        first = np.argsort(-blend(pool), kind="stable")
        rows.append(pool.rows[first])
        columns.append(features(ensemble, pool, request.seeds)[first])
    sizes = np.array([len(part) for part in rows[1:]], np.int64)
    return Asked(tuple(requests), np.concatenate(rows), np.concatenate(columns), sizes)


def _judge(found: Sequence[Asked], names: Sequence[str], artists: Rows, titled: bool, seed: int) -> Metrics:
    """Return, of the blend and of a ranker that never saw the fold, each measure's mean and 95 % interval."""
    values: dict[str, list[tuple[float, float, float]]] = {"blend": [], "ranker": []}
    groups = []
    for fold, asked in enumerate(found):
        ranker = _ranker([other for other in found if other is not asked], names, artists, titled, seed)
        for request, rows, columns in asked:
            by_ranker = rows[np.argsort(-ranker.scores(columns), kind="stable")]
            for name, ranking in (("blend", rows), ("ranker", by_ranker)):
                held = request.held_out
                values[name].append((r_precision(ranking, held, artists), ndcg(ranking, held), clicks(ranking, held)))
            groups.append(f"{fold}/{request.place}")
    rng = np.random.default_rng(seed)
    return {
        name: {
            measure: (float(np.mean(column)), *interval(list(column), rng, groups))
            for measure, column in zip((MEASURE, "ndcg", "clicks"), zip(*lines, strict=True), strict=True)
        }
        for name, lines in values.items()
    }


def _ranker(found: Sequence[Asked], names: Sequence[str], artists: Rows, titled: bool, seed: int) -> ListRanker:
    """Fit on all that is right and a part of what is wrong; a request without anything right teaches nothing.

    Of a title alone a wrong track by a right artist is right in part, as R-precision has it: right tracks are too few.
    """
    rng = np.random.default_rng(seed)
    columns, grades, sizes = [], [], []
    for request, rows, features_of_rows in (line for asked in found for line in asked):
        held = np.array(list(request.held_out))
        right = np.isin(rows, held)
        if right.any():
            kept = np.flatnonzero(right | (rng.random(len(right)) < (1.0 if titled else _KEPT_WRONG)))
            near = np.isin(artists[rows], np.setdiff1d(artists[held], [-1])) if titled else np.zeros(len(rows), bool)
            columns.append(features_of_rows[kept])
            grades.append(np.where(right, RIGHT, np.where(near, RIGHT_ARTIST, WRONG))[kept])
            sizes.append(len(kept))
    return ListRanker.fit(np.concatenate(columns), np.concatenate(grades), sizes, names, titled=titled, seed=seed)


def _keep(path: Path, asked: Asked, names: Sequence[str]) -> None:
    fresh = path.with_name(f".{path.name}")
    np.savez(fresh, rows=asked.rows, columns=asked.columns, sizes=asked.sizes, names=np.array(names))
    fresh.replace(path)
