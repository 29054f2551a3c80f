"""Fitting the learned ranker: LambdaMART over simulated and recorded sessions, judged out of fold.

Folds keep albums whole: no track that a fold is judged on was an answer while it was fitted. The number of trees is
what does best out of fold; the model that is written is then fitted on everything.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from catalog.store import Catalogue
from catalog.values import TrackId
from retrieval.concepts import FloatArray
from retrieval.errors import QueryError
from retrieval.evaluation.metrics import interval, ndcg_at
from retrieval.ranking.features import BRANCHES, FEATURES, features_of
from retrieval.ranking.rankers import CARD, MEAN, MODEL, START, LearnedRanker, MeanRanker, Ranker, RankFusion, boosted
from retrieval.ranking.sessions import Session, recorded, simulate
from retrieval.search import SearchEngine
from retrieval.values import SearchRequest

FOLDS, K = 5, 10
MIN_SESSIONS = 50
MAX_TREES = 300
# Candidates of one question that are learned from: its best by the plain mean, and some of the rest.
KEPT_BEST, KEPT_REST = 120, 40
_NEVER_WORSE = {*BRANCHES, "mean", "rank fusion", "least", "most", "words in the title", "words in all names"}


@dataclass(frozen=True, eq=False)
class Example:
    """One question's candidates: features ``(m, f)``, gains ``(m,)``, the untrained orders, and its whole gold."""

    group: str
    features: FloatArray
    gains: np.ndarray[tuple[int], np.dtype[np.int64]]
    baselines: dict[str, FloatArray]
    gold: dict[TrackId, int]
    ids: tuple[TrackId, ...]


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """nDCG@10 out of fold with its 95 % interval by ranker, over `sessions` questions; `trees` were kept.

    `written` tells whether the new ranker was better than the one in use and was kept.
    """

    sessions: int
    trees: int
    ndcg: dict[str, tuple[float, float, float]]
    written: bool = True


def examples(
    engine: SearchEngine,
    sessions: Sequence[Session],
    rankers: Sequence[Ranker],
    rng: np.random.Generator,
    progress: Callable[[int], None],
) -> list[Example]:
    """Ask every session's question and keep its candidates with their features and gains."""
    found = []
    for n, session in enumerate(sessions):
        progress(n)
        try:
            asked = engine.request(session.text, K)
            gathered = engine.gather(SearchRequest(asked.text, asked.constraints, like=session.like, n=K))
        except QueryError:
            continue
        candidates = gathered.candidates
        if candidates is None:
            continue
        baselines = {r.name: r.scores(candidates) for r in rankers}
        order = np.argsort(-baselines["mean"], kind="stable")
        rest = rng.permutation(order[KEPT_BEST:])[:KEPT_REST]
        kept = np.concatenate([order[:KEPT_BEST], rest])
        ids = tuple(TrackId(candidates.snapshot.ids[int(r)]) for r in candidates.pool.rows[kept])
        gains = np.array([session.gains.get(i, 0) for i in ids], np.int64)
        if 0 < np.count_nonzero(gains) < len(gains):
            kept_baselines = {name: scores[kept] for name, scores in baselines.items()}
            found.append(
                Example(session.group, features_of(candidates)[kept], gains, kept_baselines, session.gains, ids)
            )
    return found


def train(
    catalogues: Sequence[tuple[Catalogue, SearchEngine]],
    folder: Path,
    *,
    sessions: int = 2_000,
    seed: int = 7,
    data: str = "the user's own catalogue",
    in_use: Ranker | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> TrainingReport:
    """Fit a ranker on sessions of one or more catalogues; write it with its card where it beats the one `in_use`.

    Raises:
        QueryError: fewer than 50 questions have both right and wrong answers: the catalogue is too small to learn from.
    """
    rng = np.random.default_rng(seed)
    rankers: list[Ranker] = [MeanRanker(), RankFusion(), *([in_use] if isinstance(in_use, LearnedRanker) else [])]
    found: list[Example] = []
    for catalogue, engine in catalogues:
        drawn = [*recorded(catalogue), *simulate(engine.state.snapshot, sessions // len(catalogues), rng)]
        found += examples(engine, drawn, rankers, rng, progress)
    if len(found) < MIN_SESSIONS:
        raise QueryError(
            f"Only {len(found)} questions could be made from this catalogue; a ranker needs {MIN_SESSIONS}, so ingest "
            "more tracks with genres or titles first."
        )
    folds = _folds([e.group for e in found], rng)
    trees, out_of_fold = _judge(found, folds, seed)
    orders = {"new": out_of_fold, **{n: [e.baselines[n] for e in found] for n in found[0].baselines}}
    ndcg = {n: _ndcg(found, scores, rng) for n, scores in orders.items()}
    rival = ndcg[in_use.name][0] if in_use is not None else 0.0
    report = TrainingReport(len(found), trees, ndcg, written=ndcg["new"][0] > rival)
    if report.written:
        _write(_fit(found, trees, seed), folder, report, seed, data)
    return report


def _folds(groups: Sequence[str], rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    names, inverse = np.unique(list(groups), return_inverse=True)
    folds: np.ndarray[tuple[int], np.dtype[np.int64]] = (rng.permutation(len(names)) % FOLDS)[inverse]
    return folds


def _judge(
    found: Sequence[Example], folds: np.ndarray[tuple[int], np.dtype[np.int64]], seed: int
) -> tuple[int, list[FloatArray]]:
    """Return the best number of trees and every example's scores by a model that never saw its album."""
    steps = list(range(20, MAX_TREES + 1, 20))
    scores: dict[int, list[FloatArray]] = {s: [np.zeros(0, np.float32)] * len(found) for s in steps}
    for fold in range(FOLDS):
        kept = [e for e, f in zip(found, folds, strict=True) if f != fold]
        held = [n for n, f in enumerate(folds) if f == fold]
        if not kept or not held:
            continue
        booster = _fit(kept, MAX_TREES, seed)
        for n in held:
            for step in steps:
                scores[step][n] = boosted(booster, found[n].features, step)
    means = {s: float(np.mean([_one(e, x) for e, x in zip(found, scores[s], strict=True)])) for s in steps}
    best = max(steps, key=lambda s: means[s])
    return best, scores[best]


def _fit(found: Sequence[Example], trees: int, seed: int) -> Any:
    import lightgbm

    features = np.concatenate([e.features for e in found])
    data = lightgbm.Dataset(
        features,
        init_score=START * features[:, MEAN],
        label=np.concatenate([e.gains for e in found]),
        group=[len(e.gains) for e in found],
        feature_name=[name.replace(" ", "_").replace(":", "") for name in FEATURES],
    )
    settings = {
        "objective": "lambdarank",
        "label_gain": [0, 1, 3, 7],
        "lambdarank_truncation_level": 2 * K,
        "learning_rate": 0.06,
        "num_leaves": 15,
        "min_data_in_leaf": 60,
        "feature_fraction": 0.7,
        # More of a branch's approval never puts a track further down, in whatever catalogue.
        "monotone_constraints": [int(name in _NEVER_WORSE) for name in FEATURES],
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": seed,
        "verbose": -1,
    }
    return lightgbm.train(settings, data, trees)


def _one(example: Example, scores: FloatArray) -> float:
    order = np.argsort(-scores, kind="stable")
    ranking = [example.ids[n] for n in order[:K]]
    return ndcg_at(ranking, {str(i): 2.0**g - 1 for i, g in example.gold.items()}, K)


def _ndcg(
    found: Sequence[Example], scores: Sequence[FloatArray], rng: np.random.Generator
) -> tuple[float, float, float]:
    values = [_one(e, s) for e, s in zip(found, scores, strict=True)]
    low, high = interval(values, rng, [e.group for e in found])
    return float(np.mean(values)), low, high


def _write(booster: Any, folder: Path, report: TrainingReport, seed: int, data: str) -> None:
    text = booster.model_to_string()
    card = {
        "what": "LambdaMART over the views of the candidate branches (retrieval/ranking/features.py)",
        "data": data,
        "sessions": report.sessions,
        "trees": report.trees,
        "seed": seed,
        "ndcg_at_10_out_of_fold": {n: [round(x, 4) for x in v] for n, v in report.ndcg.items()},
        "importance_by_gain": _importance(booster),
        "made": time.strftime("%Y-%m-%d"),
        "features": list(FEATURES),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ((MODEL, text), (CARD, json.dumps(card, indent=1) + "\n")):
        shadow = folder / f".{name}.new"
        shadow.write_text(content, encoding="utf-8")
        shadow.replace(folder / name)


def _importance(booster: Any) -> dict[str, float]:
    gains = booster.feature_importance("gain")
    total = max(float(gains.sum()), 1e-9)
    ranked = sorted(zip(FEATURES, gains / total, strict=True), key=lambda x: -x[1])
    return {name: round(float(gain), 4) for name, gain in ranked if gain > 0}
