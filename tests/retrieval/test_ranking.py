import json
from dataclasses import replace

import numpy as np
import pytest
from ranking_facts import MUSIC

from catalog.values import TrackId
from retrieval import fusion
from retrieval.errors import ModelRefusedError, QueryError
from retrieval.ranking.features import BRANCHES, FEATURES, features_of
from retrieval.ranking.rankers import CARD, MODEL, LearnedRanker, MeanRanker, Ranker, RankFusion, load_ranker
from retrieval.ranking.reranking import DEPTH, Reranked
from retrieval.ranking.sessions import ALL, recorded, simulate
from retrieval.ranking.training import train
from retrieval.scorers import Branch, ColumnScorer, Pool, gather
from retrieval.search import SearchEngine
from retrieval.values import SearchRequest


def pool_of(*columns, weights=None):
    scores = np.array(columns, np.float32).T
    weights = weights or [1.0] * len(columns)
    branches = tuple(Branch(f"b{n}", w, ColumnScorer(scores[:, n])) for n, w in enumerate(weights))
    return Pool(np.arange(len(scores)), branches, scores)


def test_the_mean_weighs_and_stays_in_its_range():
    assert fusion.mean(pool_of([1, 0], [0, 1], weights=[3.0, 1.0])).tolist() == [0.75, 0.25]


def test_reciprocal_ranks_by_hand():
    found = fusion.reciprocal_ranks(pool_of([0.9, 0.5, 0.5, 0.0], [0.1, 0.2, 0.0, 0.0], weights=[1.0, 0.5]))
    assert found == pytest.approx([1 / 61 + 0.5 / 62, 1 / 62 + 0.5 / 61, 1 / 62, 0.0])


def test_a_branch_nominates_the_best_allowed_and_nothing_that_scores_nothing():
    scorer = ColumnScorer(np.array([0.1, 0.9, 0.0, 0.5, 0.7], np.float32))
    allowed = np.array([True, True, True, True, False])
    assert scorer.nominate(2, allowed).tolist() == [1, 3]
    assert scorer.nominate(9, allowed).tolist() == [1, 3, 0]


def test_the_pool_holds_every_nomination_once_and_is_filled_up():
    one = Branch("one", 1.0, ColumnScorer(np.array([0, 0, 1, 0, 0], np.float32)))
    two = Branch("two", 1.0, ColumnScorer(np.array([0, 0.5, 1, 0, 0], np.float32)))
    pool = gather([one, two], np.array([True, True, True, True, False]), k=3)
    assert pool.rows.tolist() == [0, 1, 2]
    assert pool.at(2) == {"one": 1.0, "two": 1.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ranker")


@pytest.fixture
def trained(catalogue, library, folder):
    if not (folder / MODEL).exists():
        train([(catalogue, library)], folder, sessions=150, seed=1)
    return LearnedRanker.load(folder)


def candidates_of(engine, text):
    return engine.gather(engine.request(text)).candidates


@pytest.mark.parametrize("name", ["mean", "fusion", "learned", "shipped"])
def test_every_ranker_gives_a_finite_score_to_every_candidate_and_the_same_twice(name, library, trained):
    ranker = {"mean": MeanRanker(), "fusion": RankFusion(), "learned": trained, "shipped": load_ranker()}[name]
    assert isinstance(ranker, Ranker)
    found = candidates_of(library, "calm piano from the jazz book")
    scores = ranker.scores(found)
    assert scores.shape == (len(found.pool.rows),)
    assert np.isfinite(scores).all()
    assert (scores == ranker.scores(found)).all()
    one = replace(found, pool=Pool(found.pool.rows[:1], found.pool.branches, found.pool.scores[:1]))
    assert ranker.scores(one).shape == (1,)


def test_a_trained_ranker_orders_a_library_and_no_branch_praise_costs_a_place(catalogue, library, indexes, trained):
    engine = SearchEngine(catalogue, indexes, None, MUSIC, ranker=trained)
    found = engine.search(engine.request("piano")).candidates
    assert {c.track.album for c in found[:5]} == {"The piano book"}
    candidates = candidates_of(library, "piano")
    more = candidates.pool.scores.copy()
    more[0] = np.minimum(1, more[0] + 0.2)
    better = replace(candidates, pool=replace(candidates.pool, scores=more))
    before, after = trained.scores(candidates), trained.scores(better)
    assert after[0] >= before[0] - 1e-6


def test_features_name_what_is_unknown_and_never_who_or_how_often(library):
    found = features_of(candidates_of(library, "piano"))
    assert found.shape[1] == len(FEATURES)
    assert np.isnan(found[:, BRANCHES.index("scene")]).all()
    assert not np.isnan(found[:, BRANCHES.index("concepts")]).any()
    assert not any(word in name for name in FEATURES for word in ("id", "shown", "liked", "popular"))


def test_a_damaged_or_foreign_ranker_is_refused_with_the_remedy(trained, folder, tmp_path):
    for name in (MODEL, CARD):
        (tmp_path / name).write_text((folder / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / MODEL).write_text((folder / MODEL).read_text(encoding="utf-8") + " ", encoding="utf-8")
    with pytest.raises(ModelRefusedError, match=r"damaged.*trichord train ranker"):
        LearnedRanker.load(tmp_path)
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    (tmp_path / MODEL).write_text((folder / MODEL).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / CARD).write_text(json.dumps(card | {"features": ["other"]}), encoding="utf-8")
    with pytest.raises(ModelRefusedError, match="other features"):
        LearnedRanker.load(tmp_path)
    with pytest.raises(ModelRefusedError, match="cannot be read"):
        LearnedRanker.load(tmp_path / "nowhere")


def test_training_is_the_same_twice_and_keeps_the_better_one(catalogue, library, tmp_path):
    first = train([(catalogue, library)], tmp_path / "a", sessions=120, seed=3)
    again = train([(catalogue, library)], tmp_path / "b", sessions=120, seed=3)
    assert first == again
    assert (tmp_path / "a" / MODEL).read_bytes() == (tmp_path / "b" / MODEL).read_bytes()
    kept = train(
        [(catalogue, library)], tmp_path / "c", sessions=120, seed=3, in_use=LearnedRanker.load(tmp_path / "a")
    )
    assert kept.written == (tmp_path / "c" / MODEL).exists() == (kept.ndcg["new"][0] > kept.ndcg["learned"][0])


def test_too_small_a_catalogue_teaches_nothing_and_says_so(catalogue, engine, four, tmp_path):
    with pytest.raises(QueryError, match="needs 50"):
        train([(catalogue, engine)], tmp_path, sessions=30)


def test_simulated_gold_holds_what_was_said(library):
    snapshot = library.state.snapshot
    sessions = list(simulate(snapshot, 40, np.random.default_rng(0)))
    assert len(sessions) == 40
    assert all(ALL in s.gains.values() for s in sessions)
    assert all(set(s.like).isdisjoint(s.gains) for s in sessions)
    assert sessions == list(simulate(snapshot, 40, np.random.default_rng(0)))


def test_what_was_liked_is_a_session(catalogue, library):
    catalogue.conversations.touch("s1", "calm jazz for the evening")
    catalogue.conversations.react(TrackId("t2"), "like", "s1")
    catalogue.conversations.react(TrackId("t3"), "dislike", "s1")
    found = list(recorded(catalogue))
    assert [(s.text, s.gains) for s in found] == [("calm jazz for the evening", {"t2": ALL})]


class Longest:
    """Reads pairs and likes long documents."""

    def score(self, query, documents):
        return np.array([len(d) for d in documents], np.float32)


def test_a_second_look_moves_only_the_head_and_needs_words(library):
    found = candidates_of(library, "music from the jazz book")
    first, again = MeanRanker().scores(found), Reranked(MeanRanker(), Longest()).scores(found)
    order, moved = np.argsort(-first, kind="stable"), np.argsort(-again, kind="stable")
    assert order[DEPTH:].tolist() == moved[DEPTH:].tolist()
    assert sorted(order[:DEPTH]) == sorted(moved[:DEPTH])
    silent = library.gather(SearchRequest(like=(TrackId("t1"),))).candidates
    assert (Reranked(MeanRanker(), Longest()).scores(silent) == MeanRanker().scores(silent)).all()
