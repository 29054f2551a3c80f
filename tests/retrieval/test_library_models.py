"""The playlist models over a library: its own lists as they are now, and what was trained on top."""

import logging

import numpy as np
import pytest
from ranking_facts import MUSIC, put, snapshot, track

from catalog.values import Playlist, PlaylistId, PlaylistItem, TrackId
from encoders.sequence.config import SequenceConfig
from encoders.sequence.encoder import SequenceEncoder
from encoders.sequence.training import train as train_sequences
from retrieval.continuation.continuer import PlaylistContinuer
from retrieval.continuation.corpus import Corpus, Items, Seeds
from retrieval.continuation.first_stage import LIKENESS, Learned, Options, learn
from retrieval.continuation.library import LibraryModels, items_of
from retrieval.continuation.models.factors import Factors
from retrieval.continuation.models.items import ItemNeighbours, LiveNeighbours
from retrieval.continuation.ranker import Rankers
from retrieval.continuation.training import train
from retrieval.continuation.values import ContinuationRequest
from retrieval.continuation.versions import ModelCard, ModelVersions, Trained
from retrieval.search import SearchEngine

NAMES = "abcdefgh"
VIEW = snapshot(
    track("a", artist="Ada", album="One"),
    track("b", artist="Ada", album="One"),
    track("c", artist="Bee"),
    track("d"),
    track("e"),
    track("f", artist="Bee", album="Two"),
    track("g"),
    track("h", artist="Cee"),
)


def playlist(title, names, recipe=None):
    entries = tuple(PlaylistItem(TrackId(n) if n in NAMES else None, n) for n in names)
    return Playlist(PlaylistId(title), title, "", entries, None, recipe=recipe)


def row(name, view=VIEW):
    return view.row_of[TrackId(name)]


def rows(names, view=VIEW):
    return np.array([row(n, view) for n in names], np.int32)


def models_of(*playlists, trained=None, view=VIEW):
    return LibraryModels(view, playlists, None, trained)


def names_of(scores, view=VIEW):
    return {str(view.ids[i]) for i in np.flatnonzero(scores)}


def test_playlists_are_lists_of_rows_in_order_with_their_titles():
    corpus = models_of(playlist("Rain", "cab"), playlist("Sun", "hd")).corpus
    assert [[str(VIEW.ids[i]) for i in corpus.rows(p)] for p in range(2)] == [list("cab"), list("hd")]
    assert corpus.titles == ("Rain", "Sun")
    assert corpus.items.n == len(VIEW)


def test_what_a_recipe_fills_teaches_nothing():
    made, ours = playlist("Fresh weekly", "abc", recipe="{}"), playlist("Mine", "ad")
    models = models_of(made, ours)
    assert models.corpus.titles == ("Mine",)
    assert names_of(models.together.score(Seeds(rows("a")))) == {"d"}
    assert models.shared(row("b"), rows("a")) == 0


@pytest.mark.parametrize("names", ["", "a", "aa", "xyz", "axy"])
def test_lists_of_fewer_than_two_known_tracks_say_nothing(names):
    models = models_of(playlist("Few", names))
    assert len(models.corpus) == 0
    for model in models.ensemble.models:
        if model.name not in {"artists", "albums"}:
            assert not model.score(Seeds(rows("a"), "few")).any(), model.name


def test_unknown_entries_leave_the_others_together():
    models = models_of(playlist("Mixed", ["a", "gone", "c", "lost"]))
    assert names_of(models.together.score(Seeds(rows("a")))) == {"c"}


def test_a_library_without_tracks_or_playlists_has_models_with_nothing_to_say():
    empty = LibraryModels(snapshot(), (), None)
    assert len(empty.corpus) == 0
    assert empty.corpus.items.n == 0
    none = models_of()
    pool = none.ensemble.pool(Seeds(rows("d")), np.ones(len(VIEW), bool))
    assert len(pool.rows) == 0
    assert none.shared(row("a"), rows("b")) == 0


def test_shared_counts_playlists_and_each_once():
    models = models_of(
        playlist("1", "abc"), playlist("2", "acd"), playlist("3", "bce"), playlist("4", "gh"), playlist("5", "ca")
    )
    assert models.shared(row("a"), rows("c")) == 3
    assert models.shared(row("a"), rows("bc")) == 3  # list 1 holds both and counts once
    assert models.shared(row("c"), rows("abe")) == 4
    assert models.shared(row("a"), rows("gh")) == 0
    assert models.shared(row("f"), rows("abc")) == 0
    assert models.shared(row("a"), rows("")) == 0


def test_likeness_is_the_cosine_of_the_playlist_sets():
    models = models_of(playlist("1", "ab"), playlist("2", "abc"), playlist("3", "ad"))
    scores = models.together.score(Seeds(rows("a")))
    assert scores[row("b")] == pytest.approx(2 / np.sqrt(3 * 2))
    assert scores[row("c")] == scores[row("d")] == pytest.approx(1 / np.sqrt(3))
    assert scores[row("a")] == 0


def test_nameless_artists_and_albums_are_nobody_and_no_group():
    items = items_of(VIEW)
    assert items.artists[rows("deg")].tolist() == [-1, -1, -1]
    assert items.artists[row("a")] == items.artists[row("b")] >= 0
    assert len({int(items.artists[row(n)]) for n in "ach"} - {-1}) == 3
    assert items.albums[rows("cdegh")].tolist() == [-1] * 5
    assert items.albums[row("a")] == items.albums[row("b")] != items.albums[row("f")]
    by_name = {m.name: m for m in models_of(playlist("x", "ad")).ensemble.models}
    assert not by_name["artists"].score(Seeds(rows("d"))).any()
    assert names_of(by_name["artists"].score(Seeds(rows("a")))) == {"a", "b"}
    assert not by_name["albums"].score(Seeds(rows("c"))).any()


def test_a_library_in_which_everybody_has_a_name_has_no_nobody():
    view = snapshot(track("a", artist="Ada", album="One"), track("b", artist="Bee", album="Two"))
    assert items_of(view).artists.min() == items_of(view).albums.min() == 0


# ---- what was trained ----------------------------------------------------------------------------------------------

TRAINED_IDS = ("x", "b", "a", "y", "c")  # in an order of their own; x and y are not here, d to h were not there
TRAINED_LISTS = [[1, 2], [1, 2, 0], [2, 4], [0, 3], [3, 4], [2, 1, 4]] * 3


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    corpus = Corpus.of(Items.nameless(len(TRAINED_IDS)), TRAINED_LISTS)
    folder = tmp_path_factory.mktemp("learned")
    learned = learn(corpus, Options(k=4, d=3), folder, lambda *_: None)
    sequences = [np.array(rows, np.int32) for rows in TRAINED_LISTS]
    config = SequenceConfig(width=4, epochs=1, negatives=4)
    encoder = SequenceEncoder.read(train_sequences(sequences, len(TRAINED_IDS), config, folder))
    card = ModelCard(18, 5, len(corpus.entries), 0, 4, 3, (), {}, "toy", 0.0)
    return Trained(TRAINED_IDS, corpus, Learned(learned.items, learned.factors, encoder), Rankers(), card)


def test_factors_stand_at_the_rows_of_their_tracks_and_are_0_elsewhere(trained):
    models = models_of(playlist("x", "de"), trained=trained)
    (factors,) = [m for m in models.ensemble.models if isinstance(m, Factors)]
    for name in "abc":
        np.testing.assert_array_equal(factors.items[row(name)], trained.learned.factors.items[TRAINED_IDS.index(name)])
    assert not factors.items[rows("defgh")].any()
    assert not factors.score(Seeds(rows("dg"))).any()
    assert names_of(factors.score(Seeds(rows("ad")))) <= set("abc")


def test_without_trained_models_there_are_none(trained):
    models = models_of(playlist("x", "ab"))
    assert (models.rankers.seeded, models.rankers.titled, models.sequence) == (None, None, None)
    assert "factors" not in models.ensemble.names
    assert "factors" in models_of(trained=trained).ensemble.names


def test_the_next_in_a_sequence_is_of_known_tracks_alone(trained):
    models = models_of(trained=trained)
    scores = models.sequence.score(Seeds(rows("da")))
    assert scores.shape == (len(VIEW),)
    assert names_of(scores) == set("abc")
    by_items = trained.learned.sequence.next_scores(np.array([TRAINED_IDS.index("a")], np.int32))
    for name in "abc":
        assert scores[row(name)] == by_items[TRAINED_IDS.index(name)]
    assert not models.sequence.score(Seeds(rows("dgh"))).any()
    lengths = np.linalg.norm(models.sequence.embed([rows("ab"), rows("dg"), rows("dc")]), axis=1)
    np.testing.assert_allclose(lengths, [1, 0, 1], atol=1e-5)


def test_where_there_are_too_many_lists_to_count_live_trained_neighbours_serve(trained, monkeypatch):
    monkeypatch.setattr("retrieval.continuation.library.MOST_ENTRIES", 3)
    models = models_of(playlist("1", "de"), playlist("2", "fg"), trained=trained)
    similarity = trained.learned.items.similarity.toarray()
    scores = models.together.score(Seeds(rows("a")))
    for name in "bc":
        assert scores[row(name)] == pytest.approx(similarity[TRAINED_IDS.index("a"), TRAINED_IDS.index(name)])
        assert scores[row(name)] > 0
    assert not scores[rows("defgh")].any()
    assert names_of(models.together.score(Seeds(rows("d")))) == {"e"}  # folded in: training never saw it


def test_where_nothing_was_trained_too_many_lists_are_counted_once(monkeypatch):
    playlists = (playlist("1", "abc"), playlist("2", "ab"), playlist("3", "cd"))
    live = models_of(*playlists).together.score(Seeds(rows("a")))
    monkeypatch.setattr("retrieval.continuation.library.MOST_ENTRIES", 3)
    once = models_of(*playlists).together.score(Seeds(rows("a")))
    np.testing.assert_allclose(once, live, rtol=1e-5)


# ---- an engine that runs -------------------------------------------------------------------------------------------


@pytest.fixture
def versions(tmp_path):
    return ModelVersions(tmp_path / "playlist-models")


@pytest.fixture
def running(catalogue, indexes, versions):
    for name in NAMES:
        put(catalogue, name, title=name * 5, artist=f"Artist {name}")
    return SearchEngine(catalogue, indexes, None, MUSIC, lists=versions)


def store(catalogue, title, names, recipe=None):
    return catalogue.playlists.create(title, [PlaylistItem(TrackId(n), n) for n in names], recipe=recipe)


def next_to(engine, name):
    state = engine.state
    return names_of(state.lists.together.score(Seeds(rows(name, state.snapshot))), state.snapshot)


def test_a_new_playlist_counts_at_once(catalogue, running):
    store(catalogue, "one", "ab")
    assert next_to(running, "a") == {"b"}
    before = running.state
    store(catalogue, "two", "acd")
    assert next_to(running, "a") == {"b", "c", "d"}
    assert running.state.snapshot is before.snapshot  # the tracks were not read anew
    assert running.state is running.state


def test_a_new_playlist_is_in_the_next_continuation(catalogue, running):
    continuer = PlaylistContinuer(catalogue, running)
    asked = ContinuationRequest(track_ids=(TrackId("a"),), n=1)
    store(catalogue, "one", "ab")
    assert [c.track.id for c in continuer.continue_playlist(asked).tracks] == ["b"]
    for n in range(3):
        store(catalogue, f"more {n}", "ag")
    (found,) = continuer.continue_playlist(asked).tracks
    assert found.track.id == "g"
    assert "stands in 3 playlists with your tracks" in found.why


def test_a_standing_playlist_teaches_the_engine_nothing(catalogue, running):
    store(catalogue, "machine", "ab", recipe='{"text": "x"}')
    assert next_to(running, "a") == set()


def train_on(running, versions, lists=None):
    """Train on the engine's own playlists, or on lists of its rows."""
    state = running.state
    corpus = state.lists.corpus if lists is None else Corpus.of(Items.nameless(len(state.snapshot)), lists)
    ids = [str(i) for i in state.snapshot.ids]
    train(corpus, ids, [str(p) for p in range(len(corpus))], versions, Options(k=5, d=3), data="toy")


def test_a_version_promoted_while_the_engine_runs_is_used_by_the_next_question(catalogue, running, versions):
    store(catalogue, "one", "ab")
    store(catalogue, "two", "bcd")
    before = running.state
    assert "factors" not in before.lists.ensemble.names
    train_on(running, versions)
    after = running.state
    assert after is not before
    assert after.snapshot is before.snapshot
    (factors,) = [m for m in after.lists.ensemble.models if m.name == "factors"]
    np.testing.assert_array_equal(factors.items, versions.load().learned.factors.items)
    train_on(running, versions, [[0, 1], [1, 2], [3, 4]])
    (factors,) = [m for m in running.state.lists.ensemble.models if m.name == "factors"]
    np.testing.assert_array_equal(factors.items, versions.load().learned.factors.items)
    versions.rollback()
    (factors,) = [m for m in running.state.lists.ensemble.models if m.name == "factors"]
    np.testing.assert_array_equal(factors.items, versions.load().learned.factors.items)


def test_a_version_is_read_once(catalogue, running, versions, monkeypatch):
    store(catalogue, "one", "ab")
    train_on(running, versions)
    reads = []
    load = ModelVersions.load
    monkeypatch.setattr(ModelVersions, "load", lambda self: reads.append(1) or load(self))
    for n in range(3):
        store(catalogue, f"more {n}", "cd")
        assert "factors" in running.state.lists.ensemble.names
    assert len(reads) == 1


def test_a_damaged_version_is_told_in_the_log_once_and_left_out(catalogue, running, versions, caplog):
    store(catalogue, "one", "ab")
    train_on(running, versions)
    (versions.root / versions.current() / "factors.npy").write_bytes(b"damaged")
    with caplog.at_level(logging.WARNING):
        assert "factors" not in running.state.lists.ensemble.names
        store(catalogue, "two", "ac")
        assert next_to(running, "a") == {"b", "c"}
    told = [r.getMessage() for r in caplog.records]
    assert len(told) == 1
    assert "factors.npy" in told[0]
    assert "trichord train playlists" in told[0]
    train_on(running, versions)
    assert "factors" in running.state.lists.ensemble.names


def test_a_track_that_came_after_training_is_served_by_what_is_counted_live(catalogue, running, versions):
    store(catalogue, "one", "ab")
    train_on(running, versions)
    put(catalogue, "new", title="new song", artist="Newcomer")
    store(catalogue, "two", ["a", "new"])
    state = running.state
    (factors,) = [m for m in state.lists.ensemble.models if m.name == "factors"]
    assert len(factors.items) == len(state.snapshot)
    assert not factors.items[row("new", state.snapshot)].any()
    assert next_to(running, "a") == {"b", "new"}


def test_where_lists_are_too_many_to_count_live_new_ones_are_folded_into_what_was_trained(monkeypatch):
    monkeypatch.setattr("retrieval.continuation.library.MOST_ENTRIES", 3)
    old = [playlist("One", "abc"), playlist("Two", "abd"), playlist("Three", "efg")]
    ids = tuple(NAMES)
    corpus = Corpus.of(Items.nameless(len(ids)), [[ids.index(e.track_id) for e in p.entries] for p in old])
    learned = Learned(ItemNeighbours.fit(corpus, LIKENESS))
    card = ModelCard(3, len(ids), 9, 0, 200, 0, ("items",), {}, "toy", 0.0)
    grown = models_of(*old, playlist("Four", "ah"), trained=Trained(ids, corpus, learned, Rankers(), card))
    live = LiveNeighbours(grown.corpus, LIKENESS)
    items = grown.ensemble.models[0]
    assert isinstance(items, ItemNeighbours)
    for name in "ah":
        np.testing.assert_allclose(items.score(Seeds(rows(name))), live.score(Seeds(rows(name))), atol=1e-6)
    assert names_of(items.score(Seeds(rows("e")))) == {"f", "g"}
