"""A playlist as it should be as a whole: catalogues in which it is known what may stay and what must go."""

from itertools import pairwise

import numpy as np
import pytest
from ranking_facts import put, unit

from catalog.values import TrackId
from retrieval.constraints import Constraint
from retrieval.continuation.continuer import MAX_N, PlaylistContinuer
from retrieval.continuation.values import ContinuationRequest
from retrieval.errors import QueryError

OWN = tuple(TrackId(f"t{i:02d}") for i in range(0, 16, 2))


@pytest.fixture
def shelf(catalogue):
    for i in range(60):
        put(
            catalogue,
            f"t{i:02d}",
            title=f"Song {i:02d}",
            artist=f"A{i % 12}",
            vector=unit(1, 0.02 * i, 0.7 * (i % 2)),
            tempo=90.0 + i,
            energy=(7 * i % 40) / 40,
            duration_s=120.0 + 4 * (i % 40),
        )
    return catalogue


@pytest.fixture
def ask(shelf, engine):
    continuer = PlaylistContinuer(shelf, engine)

    def asked(same_order=False, **how):
        return continuer.reshape(ContinuationRequest(**({"track_ids": OWN} | how)), same_order=same_order)

    return asked


def names(answer):
    return tuple(c.track.id for c in answer.tracks)


def length(answer):
    return sum(c.track.duration_s for c in answer.tracks)


@pytest.mark.parametrize("same_order", [True, False])
@pytest.mark.parametrize("target", [600, 1100, 1800, 3600, 7200])
def test_every_length_is_met_and_what_was_there_comes_first_into_it(ask, target, same_order):
    answer = ask(same_order, duration_s=float(target))
    assert length(answer) == pytest.approx(target, rel=0.02)
    own = [i for i in names(answer) if i in OWN]
    if target >= 1800:
        assert set(own) == set(OWN)
    if same_order:
        assert own == sorted(own)
    assert len(set(names(answer))) == len(names(answer))


@pytest.mark.parametrize("n", [1, 3, 8, 9, 30])
def test_every_count_is_met(ask, n):
    assert len(names(ask(n=n))) == n
    assert names(ask(True, n=n))[: len(OWN)] == OWN[:n]


def test_without_a_length_only_the_order_changes(ask):
    answer = ask(arc="rise")
    assert set(names(answer)) == set(OWN)
    energies = [c.track.number("energy") for c in answer.tracks]
    assert all(a <= b + 0.1 for a, b in pairwise(energies))
    assert set(names(ask(order="best"))) == set(OWN)


def test_a_hard_wish_sends_away_and_what_must_stay_stays(ask):
    wish = (Constraint("tempo", "min", 100.0),)
    gone = {i for i in OWN if int(i[1:]) < 10}
    answer = ask(True, n=8, constraints=wish, include=(OWN[1],))
    assert set(names(answer)) & gone == {OWN[1]}
    assert len(names(answer)) == 8


def test_pins_hold_their_places_whatever_happens_around_them(ask):
    pinned = ((3, OWN[2]), (5, OWN[4]))
    for how in ({"n": 6}, {"n": 20}, {"arc": "fall"}, {"duration_s": 2400.0, "arc": "wave"}):
        for same_order in (True, False):
            answer = names(ask(same_order, pinned=pinned, **how))
            assert (answer[2], answer[4]) == (OWN[2], OWN[4])


@pytest.mark.parametrize("same_order", [True, False])
@pytest.mark.parametrize("target", [900.0, 1500.0])
def test_a_cap_that_was_asked_for_counts_what_is_there(ask, same_order, target):
    wish = (Constraint("per_artist", "max", 1.0),)
    artists = [c.track.artist for c in ask(same_order, duration_s=target, constraints=wish).tracks]
    assert len(set(artists)) == len(artists)


def test_the_rest_of_a_catalogue_is_all_there_is(ask):
    assert len(names(ask(n=400))) == 60
    assert len(names(ask(True, duration_s=80_000.0))) == 60


def test_what_is_excluded_or_disliked_goes(ask):
    answer = ask(n=8, exclude=frozenset(OWN[:1]), disliked=OWN[1:2])
    assert not set(names(answer)) & set(OWN[:2])


def test_a_list_that_no_track_of_may_stay_is_made_of_others(ask):
    answer = ask(n=4, exclude=frozenset(OWN))
    assert (len(names(answer)), set(names(answer)) & set(OWN)) == (4, set())


def test_nothing_that_holds_is_an_empty_list(ask):
    assert names(ask(n=4, constraints=(Constraint("tempo", "min", 399.0),))) == ()


def test_what_is_no_list_is_refused(ask, catalogue):
    with pytest.raises(QueryError, match="The playlist is empty"):
        ask(track_ids=(), n=4)
    with pytest.raises(QueryError, match="2 tracks must be in a list of 1"):
        ask(n=1, include=OWN[:2])
    many = tuple(put(catalogue, f"x{i}", vector=unit(1, 0.001 * i), duration_s=60.0) for i in range(MAX_N + 1))
    with pytest.raises(QueryError, match="up to 500"):
        ask(track_ids=many, n=4)


def test_the_same_request_has_the_same_list(ask):
    first, again = (names(ask(duration_s=2000.0, arc="wave")) for _ in range(2))
    assert first == again
    assert np.unique(first).size == len(first)
