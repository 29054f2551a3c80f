"""Train the ranker that ships, and say what each branch and each stage is worth.

    python tests/benchmarks/ranker.py --shared DIR --cache DIR [--write] [--sessions N]

Trained on simulated sessions over the demo catalogue and the free excerpts (`debian_catalogue.py` makes that one), and
judged three times: out of fold there; on the report half of the composed wishes, a catalogue that no training saw; and
there again with one branch or one stage taken away at a time.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from figures import SEED, machine, table
from fit_calibration import copy_catalogue
from peers import add_option, folder_of
from wishes import WISHES, K, Question, compose, described, measure, ours, prepare, read_dialogues, read_songs

import retrieval
from catalog.store import Catalogue
from retrieval.evaluation.metrics import interval
from retrieval.indexes.versions import IndexDirectory
from retrieval.ranking.features import Candidates, family_of
from retrieval.ranking.rankers import LearnedRanker, MeanRanker, Ranker, RankFusion
from retrieval.ranking.reranking import Reranked
from retrieval.ranking.training import train
from retrieval.scorers import Pool
from retrieval.search import SearchEngine
from ui.compose import App
from ui.settings import load_settings

WEIGHTS = Path(retrieval.__file__).parent / "ranking" / "weights"
DATA = (
    "simulated sessions over the demo catalogue (172 tracks) and 813 excerpts of Debian's music packages, all under"
    " free licences (each track's own); no listener's data"
)


class Without:
    """Another ranker that is shown one branch less."""

    def __init__(self, ranker: Ranker, branch: str) -> None:
        self.name, self._ranker, self._branch = f"without {branch}", ranker, branch

    def scores(self, candidates: Candidates) -> np.ndarray:
        pool = candidates.pool
        kept = [n for n, b in enumerate(pool.branches) if family_of(b.name).split(":")[0] != self._branch]
        if not kept:
            return np.zeros(len(pool.rows), np.float32)
        less = Pool(pool.rows, tuple(pool.branches[n] for n in kept), pool.scores[:, kept])
        return self._ranker.scores(replace(candidates, pool=less))


def evaluate(
    catalogue: Catalogue, indexes: Path, app: App, questions: Sequence[Question], rankers: Sequence[Ranker]
) -> None:
    scores = {}
    for ranker in rankers:
        engine = SearchEngine(catalogue, IndexDirectory(indexes), app.text, app.music_space, ranker=ranker)
        scores[ranker.name] = measure(questions, {ranker.name: ours(engine)})[ranker.name]
    rng = np.random.default_rng(SEED)
    first = np.array(next(iter(scores.values())))
    rows = []
    for name, values in scores.items():
        low, high = interval(values, rng, [q.group for q in questions])
        gap_low, gap_high = interval(np.array(values) - first, rng, [q.group for q in questions])
        gap = f"{np.mean(values) - first.mean():+.3f} [{gap_low:+.3f}, {gap_high:+.3f}]"
        rows.append([name, f"{np.mean(values):.3f} [{low:.3f}, {high:.3f}]", gap])
    print(table(["ranker", f"nDCG@{K}", "against the first"], rows) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_option(parser)
    parser.add_argument("--cache", type=Path, required=True, help="where the other benchmarks keep their catalogues")
    parser.add_argument("--data-dir", type=Path, help="where the demo catalogue and the weights lie")
    parser.add_argument("--sessions", type=int, default=4_000)
    parser.add_argument("--write", action="store_true", help="write retrieval/ranking/weights")
    parser.add_argument("--shipped", action="store_true", help="judge the weights that ship instead of training")
    parser.add_argument("--ablation", action="store_true", help="also take each branch away in turn")
    options = parser.parse_args()
    logging.getLogger("retrieval").setLevel(logging.ERROR)
    app = App(load_settings(options.data_dir))
    with tempfile.TemporaryDirectory() as temporary:
        folder = WEIGHTS if options.write or options.shipped else Path(temporary) / "weights"
        if not options.shipped:
            _train(app, options.cache, Path(temporary), folder, options.sessions)
        learned = LearnedRanker.load(folder)
        rankers: list[Ranker] = [MeanRanker(), RankFusion(), learned]
        if app.reranker is not None:
            rankers += [Reranked(MeanRanker(), app.reranker), Reranked(learned, app.reranker)]
        songs = read_songs(folder_of(options, "spotify_songs_32k"))
        tracks, turns = read_dialogues(folder_of(options, "cpcd"))
        for name, known, questions in (
            ("composed_wishes", [described(s) for s in songs], compose(songs, WISHES)),
            ("playlist_dialogues", tracks, turns),
        ):
            catalogue, _ = prepare(options.cache, name, known, app)
            reported = [q for q in questions if q.n % 2 == 1]
            print(f"{name.replace('_', ' ')}, report half, n {len(reported)}\n")
            evaluate(catalogue, options.cache / name / "indexes", app, reported, rankers)
            if options.ablation and name == "composed_wishes":
                branches = ("concepts", "words", "text", "wishes", "artist", "like")
                ablated: list[Ranker] = [MeanRanker(), *(Without(MeanRanker(), b) for b in branches)]
                evaluate(catalogue, options.cache / name / "indexes", app, reported, ablated)
            catalogue.close()
    app.close()


def _train(app: App, cache: Path, temporary: Path, folder: Path, sessions: int) -> None:
    demo = copy_catalogue(app.settings.catalogue_path, temporary / "demo.db", None)
    made = []
    for n, catalogue in enumerate((demo, Catalogue(cache / "debian.db"))):
        engine = SearchEngine(catalogue, IndexDirectory(temporary / str(n)), app.text, app.music_space)
        engine.rebuild()
        made.append((catalogue, engine))
    report = train(made, folder, sessions=sessions, seed=SEED, data=DATA)
    print(f"{machine()}; seed {SEED}; {report.sessions} questions, {report.trees} trees\n")
    rows = [[n, f"{m:.3f} [{low:.3f}, {high:.3f}]"] for n, (m, low, high) in report.ndcg.items()]
    print("Out of fold, on the catalogues of the training\n\n" + table(["ranker", f"nDCG@{K}"], rows) + "\n")
    for catalogue, _ in made:
        catalogue.close()


if __name__ == "__main__":
    main()
