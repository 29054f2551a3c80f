"""Seeds and tunables: bounds hold, targets lean, and what nothing measures is said."""

import numpy as np
import pytest
from ranking_facts import AXIS, around, put

from catalog.errors import NotFoundError
from catalog.values import TrackId
from retrieval.errors import QueryError
from retrieval.recommendations import RecommendationRequest, Tunable, recommend

KEYS = ("C major", "A minor", "F# major", "E minor")


@pytest.fixture
def engine(catalogue, engine):
    """Forty tracks in four styles of ten: 80 to 158 BPM, energy 0.1 to 0.9, loud to quiet, one to four minutes."""
    rng = np.random.default_rng(2)
    for n in range(40):
        style = ("piano", "metal", "jazz", "techno")[n % 4]
        put(
            catalogue,
            f"t{n}",
            title=f"{chr(97 + n % 26) * 5}{n}",
            artist=f"Artist {n % 10}",
            genre=(style,),
            tempo=80.0 + 2 * n,
            key=KEYS[n % 4],
            energy=0.1 + 0.02 * n,
            loudness_lufs=-30.0 + n / 2,
            duration_s=60.0 + 5 * n,
            vector=around(rng, AXIS[n % 4], 0.1),
        )
    return engine


def ask(engine, n=5, tracks=("t0",), artists=(), genres=(), **tunables):
    read = tuple(Tunable(*name.split("_", 1), float(value)) for name, value in tunables.items())
    return recommend(engine, RecommendationRequest(tuple(map(TrackId, tracks)), artists, genres, n, read))


def numbers(answer, name):
    return [c.track.number(name) for c in answer.candidates]


def statuses(answer):
    return {r.constraint.source_text: r.status for r in answer.receipts}


def test_a_track_an_artist_and_a_genre_all_count(engine):
    assert {int(c.track.id[1:]) % 4 for c in ask(engine).candidates} == {0}
    assert {int(c.track.id[1:]) % 4 for c in ask(engine, tracks=(), genres=("metal",)).candidates} == {1}
    both = ask(engine, n=10, genres=("metal",))
    assert {int(c.track.id[1:]) % 4 for c in both.candidates} <= {0, 1}
    assert "t0" not in {c.track.id for c in both.candidates}
    by_artist = ask(engine, tracks=(), artists=("Artist 3",))
    assert by_artist.candidates
    assert statuses(by_artist) == {"seed_artists=Artist 3": "scored"}
    assert [(s.id, s.kind, s.pool) for s in by_artist.seeds] == [("Artist 3", "artist", 4)]


def test_bounds_hold_in_the_units_of_the_services(engine):
    answer = ask(engine, n=40, min_tempo=100, max_tempo=130, min_energy=0.2, max_loudness=-15, max_duration_ms=200_000)
    assert answer.candidates
    assert all(100 <= t <= 130 for t in numbers(answer, "tempo"))
    assert all(e >= 0.2 for e in numbers(answer, "energy"))
    assert all(v <= -15 for v in numbers(answer, "loudness"))
    assert all(c.track.duration_s <= 200 for c in answer.candidates)
    assert set(statuses(answer).values()) == {"enforced"}
    assert answer.seeds[0].pool == 39
    assert 0 < answer.seeds[0].left < 39


@pytest.mark.parametrize(
    ("tunables", "keys"),
    [
        ({"min_mode": 1}, {"C major", "F# major"}),
        ({"max_mode": 0}, {"A minor", "E minor"}),
        ({"min_key": 4, "max_key": 6}, {"F# major", "E minor"}),
        ({"min_key": 9, "max_key": 9, "max_mode": 0}, {"A minor"}),
        ({"min_mode": 0}, set(KEYS)),
    ],
)
def test_keys_and_modes_are_bounds_as_well(engine, tunables, keys):
    answer = ask(engine, n=40, **tunables)
    assert {c.track.key for c in answer.candidates} == keys
    assert set(statuses(answer).values()) == {"enforced"}


@pytest.mark.parametrize(("target", "low", "high"), [(85, 80, 120), (155, 120, 160)])
def test_a_target_leans_and_bounds_nothing(engine, target, low, high):
    tempi = numbers(ask(engine, genres=("metal",), target_tempo=target), "tempo")
    assert low <= np.mean(tempi) <= high
    assert statuses(ask(engine, target_tempo=target)) == {f"target_tempo={target}": "scored"}


@pytest.mark.parametrize(
    "name", ["energy", "loudness", "duration_ms", "key", "mode", "valence", "danceability", "instrumentalness"]
)
def test_every_known_side_can_be_a_target(engine, name):
    value = {"loudness": -20, "duration_ms": 90_000}.get(name, 1)
    answer = ask(engine, **{f"target_{name}": value})
    assert statuses(answer) == {f"target_{name}={value:g}": "scored"}
    assert len(answer.candidates) == 5


@pytest.mark.parametrize(
    ("tunable", "why"),
    [
        ("min_popularity", "nothing here measures popularity"),
        ("target_liveness", "nothing here measures liveness"),
        ("min_valence", "valence is heard, not measured: a target leans to it, a limit cannot hold"),
    ],
)
def test_what_cannot_be_held_is_declared(engine, tunable, why):
    answer = ask(engine, **{tunable: 0.5})
    assert [(r.status, r.evidence) for r in answer.receipts] == [("unenforceable", why)]
    assert len(answer.candidates) == 5


def test_an_unknown_artist_is_told_and_alone_gives_nothing(engine):
    answer = ask(engine, tracks=(), artists=("Nobody",))
    assert answer.candidates == ()
    assert [(r.status, r.evidence) for r in answer.receipts] == [
        ("unenforceable", "the catalogue has nothing by Nobody to compare with")
    ]
    assert ask(engine, artists=("Nobody",)).candidates


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"tracks": ()}, "0 seeds are given; give 1 to 5 tracks, artists and genres in all."),
        ({"genres": tuple("abcde")}, "6 seeds are given"),
        ({"min_tempo": 150, "max_tempo": 100}, "min_tempo=150 is above max_tempo=100; give the smaller number"),
        ({"target_tempo": 5000}, "target_tempo=5000 is out of range; give 20 to 400."),
        ({"min_energy": 2}, "min_energy=2 is out of range; give 0 to 1."),
        ({"min_key": 1.5}, "min_key=1.5 is out of range; give a whole number from 0"),
        ({"target_valence": "nan"}, "target_valence=nan is no number"),
        ({"min_colour": 1}, "min_colour=1 is no tunable; there are tempo"),
        ({"n": 500}, "ask for 1 to 100 tracks"),
    ],
)
def test_bad_tunables_are_one_sentence(engine, asked, words):
    with pytest.raises(QueryError) as told:
        ask(engine, **asked)
    assert words in str(told.value)


def test_an_unknown_track_is_not_found(engine):
    with pytest.raises(NotFoundError, match="No track has the id 'zz'"):
        ask(engine, tracks=("zz",))
