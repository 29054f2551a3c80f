"""The challenge's three measures by hand and against their definitions, and the ten kinds of request."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.continuation.corpus import Corpus, Items
from retrieval.evaluation.playlists.metrics import MOST, clicks, ndcg, r_precision
from retrieval.evaluation.playlists.scenarios import SCENARIOS, Scenario, requests_of

# Two tracks an artist: 0 and 1 are of artist 0, 2 and 3 of artist 1, ...; of 8 and 9 the artist is unknown.
ARTISTS = np.array([0, 0, 1, 1, 2, 2, 3, 3, -1, -1], np.int32)


@pytest.mark.parametrize(
    ("ranking", "held_out", "want"),
    [
        ([0, 2, 4, 6], {0, 2, 4, 6}, 1.0),
        ([6, 4, 2, 0], {0, 2, 4, 6}, 1.0),  # the order says nothing
        ([0, 2, 9, 8], {0, 2, 4, 6}, 2 / 4),
        ([1, 8], {0, 2}, 0.25 / 2),  # the right artist of a wrong track
        ([1, 3], {0, 2}, 0.5 / 2),  # two right artists
        ([0, 1, 3], {0, 2, 4}, (1 + 0.25 + 0.25) / 3),
        ([2, 3, 0, 9], {0, 1, 4, 6}, (1 + 0) / 4),  # artist 1 was not held out
        ([0, 4, 1], {0, 2, 6}, (1 + 0.25) / 3),
        ([8, 0], {9, 2}, 0.0),  # unknown artists are not one artist
        ([8, 9], {8, 9}, 1.0),
        ([6, 7, 0], {0, 2}, 0.0),  # the third place is beyond the two that were held out
        ([0], {0, 2, 4, 6}, 1 / 4),
        ([], {0}, 0.0),
        ([9], {0}, 0.0),
    ],
)
def test_r_precision_by_hand(ranking, held_out, want):
    assert r_precision(ranking, held_out, ARTISTS) == pytest.approx(want)


def test_an_artist_counts_once_however_many_wrong_tracks_are_of_it():
    artists = np.array([0, 0, 0, 0, 1, 2], np.int32)
    assert r_precision([1, 2, 3], {0, 4, 5}, artists) == pytest.approx(0.25 / 3)


def test_a_right_track_is_no_right_artist_as_well():
    assert r_precision([0, 9, 8], {0, 2, 4}, ARTISTS) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("ranking", "held_out", "want"),
    [
        ([0], {0}, 1.0),
        ([9, 0], {0}, 1.0),  # log2(2) = 1: the second place is not discounted
        ([9, 8, 0], {0}, 1 / math.log2(3)),
        ([9, 8, 7, 0], {0}, 1 / 2),
        ([0, 1], {0, 1}, 1.0),
        ([0, 9, 1], {0, 1}, (1 + 1 / math.log2(3)) / 2),
        ([0, 1, 2], {0, 1, 2}, 1.0),
        ([2, 0, 1], {0, 1, 2}, 1.0),
        ([9, 0, 8, 1], {0, 1, 2}, (1 + 1 / 2) / (2 + 1 / math.log2(3))),
        ([9, 8], {0}, 0.0),
        ([], {0}, 0.0),
    ],
)
def test_ndcg_by_hand(ranking, held_out, want):
    assert ndcg(ranking, held_out) == pytest.approx(want)


@pytest.mark.parametrize(
    ("place", "want"), [(1, 0), (10, 0), (11, 1), (20, 1), (21, 2), (491, 49), (500, 49), (501, 51), (600, 51)]
)
def test_clicks_by_the_place_of_the_first_right_one(place, want):
    ranking = np.arange(600)
    assert clicks(ranking, {place - 1}) == want
    assert clicks(ranking, {place - 1, 599}) == want
    assert isinstance(clicks(ranking, {place - 1}), float)


def test_fifty_one_clicks_where_nothing_is_right():
    assert clicks([], {0}) == clicks([1, 2], {0}) == clicks(np.arange(1, 400), {0}) == 51


def test_of_more_than_500_held_out_only_500_can_be_named():
    held_out = set(range(700))
    artists = np.full(1000, -1, np.int32)
    assert ndcg(np.arange(500), held_out) == pytest.approx(1.0)
    assert ndcg(np.arange(700), held_out) == pytest.approx(1.0)
    assert r_precision(np.arange(500), held_out, artists) == pytest.approx(500 / 700)
    assert r_precision(np.arange(700), held_out, artists) == pytest.approx(500 / 700)
    assert clicks(np.arange(999, -1, -1), held_out) == 30


MEASURES = {"r_precision": lambda r, g: r_precision(r, g, ARTISTS), "ndcg": ndcg, "clicks": clicks}


@pytest.mark.parametrize("measure", MEASURES)
def test_repeats_and_nothing_held_out_are_refused(measure):
    with pytest.raises(ValueError, match="twice"):
        MEASURES[measure]([1, 2, 1], {1})
    with pytest.raises(ValueError, match="nothing was held out"):
        MEASURES[measure]([1, 2], set())


@st.composite
def answers(draw):
    n = draw(st.integers(2, 60))
    artists = np.array(draw(st.lists(st.integers(-1, 5), min_size=n, max_size=n)), np.int32)
    ranking = draw(st.permutations(range(n)))[: draw(st.integers(0, n))]
    held_out = draw(st.sets(st.integers(0, n - 1), min_size=1))
    return list(ranking), held_out, artists


def defined_r_precision(ranking, held_out, artists):
    points, credited = 0.0, []
    for row in ranking[: len(held_out)]:
        artist = artists[row]
        if row in held_out:
            points += 1
        elif artist != -1 and artist not in credited and any(artists[other] == artist for other in held_out):
            credited.append(artist)
            points += 0.25
    return points / len(held_out)


def defined_ndcg(ranking, held_out):
    gains = [1.0, *(1 / math.log2(place) for place in range(2, 502))]
    dcg = sum(gain for gain, row in zip(gains, ranking, strict=False) if row in held_out)
    return dcg / sum(gains[: len(held_out)])


def defined_clicks(ranking, held_out):
    for page in range(50):
        if held_out & set(ranking[10 * page : 10 * page + 10]):
            return page
    return 51


@given(answers())
def test_each_measure_is_its_definition(case):
    ranking, held_out, artists = case
    assert r_precision(ranking, held_out, artists) == pytest.approx(defined_r_precision(ranking, held_out, artists))
    assert ndcg(ranking, held_out) == pytest.approx(defined_ndcg(ranking, held_out))
    assert clicks(ranking, held_out) == defined_clicks(ranking, held_out)


@given(answers())
def test_measures_stay_in_their_ranges_and_take_arrays_as_well(case):
    ranking, held_out, artists = case
    rows = np.array(ranking, np.int32)
    assert 0 <= r_precision(rows, held_out, artists) == r_precision(ranking, held_out, artists) <= 1
    assert 0 <= ndcg(rows, held_out) == ndcg(ranking, held_out) <= 1 + 1e-9
    assert clicks(rows, held_out) in {*range(50), 51}


@given(answers())
def test_one_more_right_track_at_the_end_never_harms(case):
    ranking, held_out, artists = case
    more = next((row for row in sorted(held_out) if row not in ranking), None)
    if more is not None:
        longer = [*ranking, more]
        assert r_precision(longer, held_out, artists) >= r_precision(ranking, held_out, artists)
        assert ndcg(longer, held_out) > ndcg(ranking, held_out)
        assert clicks(longer, held_out) <= clicks(ranking, held_out)


def corpus_of(*lengths, titles=None):
    """Return lists of so many items, each of items of its own that fall by one: 9, 8, 7, ..."""
    starts = np.cumsum([0, *lengths])
    lists = [list(range(end - 1, begin - 1, -1)) for begin, end in itertools.pairwise(starts)]
    return Corpus.of(Items.nameless(int(starts[-1])), lists, titles or [f"List {n}" for n in range(len(lengths))])


def asked(corpus, scenario, seed=0):
    return list(requests_of(corpus, scenario, np.random.default_rng(seed)))


def test_the_ten_scenarios_are_those_of_the_challenge():
    assert [(s.seeds, s.titled, s.random) for s in SCENARIOS] == [
        (0, True, False),
        (1, True, False),
        (5, True, False),
        (5, False, False),
        (10, True, False),
        (10, False, False),
        (25, True, False),
        (25, True, True),
        (100, True, False),
        (100, True, True),
    ]
    assert len({s.name for s in SCENARIOS}) == 10


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_seeds_and_held_out_together_are_the_list(scenario):
    corpus = corpus_of(150, 200, 300)
    requests = asked(corpus, scenario)
    assert [r.place for r in requests] == [0, 1, 2]
    for request in requests:
        rows, seeds = corpus.rows(request.place).tolist(), request.seeds.rows.tolist()
        assert len(seeds) == scenario.seeds
        assert request.held_out == set(rows) - set(seeds)
        assert set(seeds) <= set(rows)
        assert seeds == [row for row in rows if row in set(seeds)]  # in the order of the list, drawn or not
        assert request.seeds.title == (f"List {request.place}" if scenario.titled else "")
        if scenario.random:
            assert seeds != rows[: len(seeds)]
        else:
            assert seeds == rows[: len(seeds)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_lists_that_cannot_hold_out_five_are_skipped(scenario):
    corpus = corpus_of(scenario.seeds + 4, scenario.seeds + 5, scenario.seeds + 6)
    requests = asked(corpus, scenario)
    assert [(r.place, len(r.held_out)) for r in requests] == [(1, 5), (2, 6)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_untitled_lists_are_skipped_where_the_title_is_shown(scenario):
    corpus = corpus_of(120, 120, 120, titles=["", " \t", "Rain"])
    assert [r.place for r in asked(corpus, scenario)] == ([2] if scenario.titled else [0, 1, 2])


def test_what_a_list_holds_twice_is_neither_seed_and_answer():
    corpus = Corpus.of(Items.nameless(9), [[3, 3, 3, 1, 2, 4, 5, 6, 1]], ["x"])
    (request,) = asked(corpus, Scenario("one", 1))
    assert request.seeds.rows.tolist() == [3]
    assert request.held_out == {1, 2, 4, 5, 6}


def test_a_seed_draws_the_same_requests_and_another_seed_others():
    corpus, scenario = corpus_of(150, 150), next(s for s in SCENARIOS if s.random)
    drawn = [[r.seeds.rows.tolist() for r in asked(corpus, scenario, seed)] for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0][0] != [row - 150 for row in drawn[0][1]]  # each list has a draw of its own


def test_an_empty_corpus_asks_nothing():
    assert all(not asked(Corpus.of(Items.nameless(0), []), scenario) for scenario in SCENARIOS)


def test_random_seeds_come_from_the_whole_list():
    corpus = corpus_of(50)
    places = np.zeros(50)
    for seed in range(60):
        (request,) = asked(corpus, next(s for s in SCENARIOS if s.random), seed)
        places[49 - request.seeds.rows] += 1
    assert places.min() > 10
    assert places.max() < 50
    assert MOST == 500
