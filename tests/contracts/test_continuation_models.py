"""What the `ContinuationModel` Protocol promises, over every implementation."""

import numpy as np
import pytest

from encoders.sequence.config import SequenceConfig
from encoders.sequence.encoder import SequenceEncoder
from encoders.sequence.training import train
from retrieval.continuation.corpus import Corpus, Items, Seeds
from retrieval.continuation.library import ViewVectors
from retrieval.continuation.models.companions import NearArtists, SameGroup, familiarity_of
from retrieval.continuation.models.content import Content, MatrixVectors
from retrieval.continuation.models.factors import Factors, TitleFactors
from retrieval.continuation.models.items import ASYMMETRIC, COSINE, S_PLUS, ItemNeighbours, Likeness, LiveNeighbours
from retrieval.continuation.models.lists import LaterInLists, ListNeighbours
from retrieval.continuation.models.popularity import Popularity
from retrieval.continuation.models.protocol import ContinuationModel
from retrieval.continuation.models.sequence import NextInSequence
from retrieval.continuation.models.titles import Named, Titles
from retrieval.continuation.models.words import Words
from retrieval.indexes.build import VectorView
from retrieval.indexes.store import FaissStore

N = 12
LISTS = [(0, 1, 2), (0, 1), (2, 3, 4, 5), (5, 6, 7), (0, 8), (9, 1, 0)]
TITLES = ("Morning run", "morning RUN", "Rain", "Rainy day", "", "Artist 1 best of")


def matrix_of(n):
    matrix = np.random.default_rng(0).normal(size=(n, 6)).astype(np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def view_of(matrix, holes=0):
    """Return a view in which the last `holes` tracks have no vector."""
    known = len(matrix) - holes
    store_row = np.array([*range(known), *[-1] * holes], np.int64)
    return VectorView(FaissStore.build(matrix[:known]), np.arange(known, dtype=np.int64), store_row, None)


def embedded(texts):
    """Return a direction for each text, nearer the more words they share."""
    words = np.stack([np.sum([directions(w) for w in text.split()] or [np.zeros(6)], axis=0) for text in texts])
    return (words / np.maximum(np.linalg.norm(words, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def directions(word):
    return np.random.default_rng(sum(map(ord, word))).normal(size=6)


def corpus_of(n):
    artists = np.array([-1 if i == n - 1 else i // 3 for i in range(n)], np.int32)
    items = Items(n, artists, artists.copy(), tuple(f"Song {i} Artist {i // 3}" for i in range(n)), matrix_of(n))
    lists = [[i for i in held if i < n] for held in LISTS]
    return Corpus.of(items, lists, TITLES)


def sequence_of(corpus, folder):
    config = SequenceConfig(width=8, epochs=2, negatives=4)
    rows = [corpus.rows(p) for p in range(len(corpus))]
    return SequenceEncoder.read(train(rows, corpus.items.n, config, folder))


def by_artist(corpus):
    return SameGroup("artists", corpus.items.artists, familiarity_of(corpus))


MODELS = {
    "popularity": lambda c, _: Popularity(c),
    "cosine": lambda c, _: ItemNeighbours.fit(c, COSINE),
    "asymmetric cosine": lambda c, _: ItemNeighbours.fit(c, ASYMMETRIC),
    "s-plus": lambda c, _: ItemNeighbours.fit(c, S_PLUS),
    "tversky": lambda c, _: ItemNeighbours.fit(c, Likeness(blend=1.0, long=0.5)),
    "folded in": lambda c, _: ItemNeighbours.fit(c, S_PLUS).folded_in(c, np.arange(min(3, c.items.n))),
    "live": lambda c, _: LiveNeighbours(c, S_PLUS),
    "lists": lambda c, _: ListNeighbours(c),
    "later": lambda c, _: LaterInLists(ListNeighbours(c)),
    "factors": lambda c, _: Factors.fit(c, d=4, rounds=3),
    "title factors": lambda c, _: TitleFactors(c, Factors.fit(c, d=4, rounds=3), embedded),
    "title factors without meaning": lambda c, _: TitleFactors(c, Factors.fit(c, d=4, rounds=3)),
    "titles": lambda c, _: Titles(c),
    "titles by meaning": lambda c, _: Titles(c, lambda texts: matrix_of(len(texts))),
    "named": lambda c, _: Named(c.items, familiarity_of(c)),
    "artists": lambda c, _: by_artist(c),
    "near artists": lambda c, _: NearArtists(c, familiarity_of(c)),
    "sound": lambda c, _: Content(c.items.n, MatrixVectors(c.items.vectors)),
    "sound by an index": lambda c, _: Content(c.items.n, ViewVectors(c.items.n, view_of(c.items.vectors))),
    "sound with holes": lambda c, _: Content(
        c.items.n, ViewVectors(c.items.n, view_of(c.items.vectors, holes=min(3, c.items.n - 1)))
    ),
    "sound without vectors": lambda c, _: Content(c.items.n, None),
    "words": lambda c, _: Words.fit(c, d=4, epochs=2),
    "sequence": lambda c, folder: NextInSequence(sequence_of(c, folder), c.items.n),
}
BY_TITLE = {"title factors", "titles", "titles by meaning", "named"}
ORDERED = {"sequence"}
WEIGHED = {"cosine", "s-plus", "live", "lists", "artists", "near artists", "words"}


@pytest.fixture(scope="module")
def model_of(tmp_path_factory):
    made = {}

    def make(kind, n=N):
        if (kind, n) not in made:
            if kind == "words":
                pytest.importorskip("gensim")
            made[kind, n] = MODELS[kind](corpus_of(n), tmp_path_factory.mktemp("model"))
        return made[kind, n]

    return make


@pytest.mark.parametrize("kind", MODELS)
class TestContinuationModel:
    def test_it_is_one(self, kind, model_of):
        assert isinstance(model_of(kind), ContinuationModel)

    @pytest.mark.parametrize("title", ["", "rain", "🎧 Ünïcode \x00", "a " * 5000])
    @pytest.mark.parametrize("rows", [[0], [0, 1, 2], [11], list(range(N)), [0, 0, 0]])
    def test_one_score_an_item(self, kind, rows, title, model_of):
        scores = model_of(kind).score(Seeds.of(rows, title))
        assert scores.shape == (N,)
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()
        assert scores.min() >= 0

    def test_no_seeds_have_nothing_to_say(self, kind, model_of):
        scores = model_of(kind).score(Seeds.of([]))
        assert scores.shape == (N,)
        assert kind == "popularity" or not scores.any()

    def test_a_title_speaks_to_those_who_read_titles(self, kind, model_of):
        told = model_of(kind).score(Seeds.of([], "rain"))
        assert told.any() == (kind in {"title factors", "titles", "titles by meaning", "popularity"})

    def test_the_same_seeds_have_the_same_answer(self, kind, model_of):
        model = model_of(kind)
        np.testing.assert_array_equal(model.score(Seeds.of([0, 2, 5])), model.score(Seeds.of([0, 2, 5])))
        if kind not in ORDERED:
            np.testing.assert_allclose(model.score(Seeds.of([0, 2, 5])), model.score(Seeds.of([5, 0, 2])), atol=1e-6)

    @pytest.mark.parametrize("weight", [0.0, 1e-3, 10.0])
    def test_seeds_may_count_differently(self, kind, weight, model_of):
        scores = model_of(kind).score(Seeds(np.array([0, 5], np.int32), weights=np.array([1, weight], np.float32)))
        assert scores.shape == (N,)
        assert np.isfinite(scores).all()
        if weight == 0 and kind in WEIGHED:
            np.testing.assert_allclose(scores, model_of(kind).score(Seeds.of([0])), atol=1e-6)

    def test_a_catalogue_of_one(self, kind, tmp_path):
        if kind in {"words", "sequence"}:
            pytest.skip("needs sequences of two items to train on")
        scores = MODELS[kind](corpus_of(1), tmp_path).score(Seeds.of([0], "x"))
        assert scores.shape == (1,)
        assert np.isfinite(scores).all()


def test_cosine_is_that_of_the_items_list_sets(model_of):
    for kind in ("cosine",):
        scores = model_of(kind).score(Seeds.of([0]))
        assert scores[1] == pytest.approx(3 / np.sqrt(4 * 3))
        assert scores[2] == pytest.approx(1 / np.sqrt(4 * 2))
        assert scores[6] == 0


def test_asymmetric_cosine_and_tversky_by_hand(model_of):
    a, b, c = 4, 3, 3  # lists of item 0, of item 1, of both
    cosine = c / (a**0.6 * b**0.4)
    tversky = c / (c + 0.3 * (a - c) + 0.3 * (b - c))
    assert model_of("asymmetric cosine").score(Seeds.of([0]))[1] == pytest.approx(cosine, rel=1e-5)
    assert model_of("s-plus").score(Seeds.of([0]))[1] == pytest.approx((cosine + tversky) / 2, rel=1e-5)


@pytest.mark.parametrize("likeness", [COSINE, ASYMMETRIC, S_PLUS, Likeness(0.6, 0.5, shrink=2.0, long=0.5)])
def test_what_is_counted_live_is_what_training_finds(likeness):
    corpus = corpus_of(N)
    trained, live = ItemNeighbours.fit(corpus, likeness, k=N), LiveNeighbours(corpus, likeness)
    for rows in ([0], [1, 2, 5], [8]):
        np.testing.assert_allclose(trained.score(Seeds.of(rows)), live.score(Seeds.of(rows)), rtol=1e-4, atol=1e-6)


def test_a_new_list_is_folded_in_as_if_trained_anew():
    corpus = corpus_of(N)
    grown = corpus.with_lists([[3, 10, 11]], ["new"])
    folded = ItemNeighbours.fit(corpus, COSINE, k=N).folded_in(grown, np.array([3, 10, 11]), COSINE, k=N)
    anew = ItemNeighbours.fit(grown, COSINE, k=N)
    for row in (3, 10, 11):
        np.testing.assert_allclose(folded.score(Seeds.of([row])), anew.score(Seeds.of([row])), atol=1e-6)


def test_sound_is_the_cosine_to_the_nearest_seeds(model_of):
    matrix = matrix_of(N)
    for kind in ("sound", "sound by an index"):
        np.testing.assert_allclose(model_of(kind).score(Seeds.of([4])), np.clip(matrix @ matrix[4], 0, 1), atol=1e-5)
        four = np.sort(matrix @ matrix[[1, 4, 7, 9]].T, axis=1)[:, -3:].mean(axis=1)
        found = model_of(kind).score(Seeds.of([1, 4, 7, 9]))
        np.testing.assert_allclose(found, np.clip(four, 0, 1), atol=1e-5)


def test_factors_of_an_unseen_list_are_its_items():
    blocks = [[0, 1, 2, 3], [0, 1, 2], [1, 2, 3], [0, 2, 3]] * 3 + [[6, 7, 8, 9], [6, 7, 8], [7, 8, 9], [6, 8, 9]] * 3
    scores = Factors.fit(Corpus.of(Items.nameless(10), blocks), d=2, rounds=10).score(Seeds.of([0, 1]))
    assert scores[[2, 3]].min() > 5 * scores[[6, 7, 8, 9]].max()


def test_titles_find_lists_of_like_titles_and_names_what_they_name(model_of):
    run = model_of("titles").score(Seeds.of([], "Morning runs!"))
    assert run[[0, 1]].min() > run[3]
    named = model_of("named").score(Seeds.of([], "This is Artist 2"))
    assert set(np.argsort(-named)[:3].tolist()) == {6, 7, 8}


def test_a_title_between_two_has_the_tastes_of_both():
    calm, loud = [[0, 1, 2, 3]] * 4, [[6, 7, 8, 9]] * 4
    titles = ["calm evening", "calm night", "calm rain", "calm", "loud party", "loud night", "loud", "loud gym"]
    corpus = Corpus.of(Items.nameless(10), [*calm, *loud], titles)
    model = TitleFactors(corpus, Factors.fit(corpus, d=2, rounds=10), embedded, ridge=0.1)
    calm, loud = (model.score(Seeds.of([], title)) for title in ("Calm sunday", "sunday loud"))
    assert calm[:4].min() > 1.5 * calm[6:].max()
    assert loud[6:].min() > 1.5 * loud[:4].max()


def test_of_lists_with_one_title_the_latest_says_most():
    corpus = Corpus.of(Items.nameless(6), [[0, 1], [2, 3], [4, 5]], ["Top hits", "top HITS", "Top hits"])
    scores = Titles(corpus).score(Seeds.of([], "top hits"))
    assert scores[4] > scores[2] > scores[0] > 0
    assert scores[4] == pytest.approx(2 * scores[2])


def test_sorting_the_matrix_leaves_the_playing_order():
    corpus = Corpus.of(Items.nameless(4), [[3, 0, 2], [1, 0]])
    corpus.matrix.sort_indices()
    assert [corpus.rows(p).tolist() for p in range(2)] == [[3, 0, 2], [1, 0]]


def test_what_opens_lists_does_not_come_later():
    lists = ListNeighbours(Corpus.of(Items.nameless(6), [[0, 1, 2, 3], [0, 4, 1, 5]]))
    seeds = Seeds.of([1, 2])
    assert set(np.flatnonzero(lists.score(seeds)).tolist()) == {0, 1, 2, 3, 4, 5}
    later = LaterInLists(lists).score(seeds)
    assert set(np.flatnonzero(later).tolist()) == {1, 2, 3, 5}
    assert later[5] == lists.score(seeds)[5]
    assert later[3] == lists.score(seeds)[3]


def test_an_artist_that_stands_beside_the_seeds_is_near(model_of):
    scores = model_of("near artists").score(Seeds.of([6]))
    assert scores[[3, 4, 5]].min() > 0  # artist 1 stands in a list with artist 2
    assert scores[11] == 0
    assert not model_of("near artists").score(Seeds.of([11])).any()
