"""Order, length and arc: catalogues whose best list is known, and lists small enough to try them all."""

import time
from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest
from ranking_facts import put, snapshot, track, unit
from scipy.stats import spearmanr

from catalog.values import PlaylistItem, TrackId
from retrieval.constraints import Constraint
from retrieval.continuation import moves
from retrieval.continuation.arcs import read_arc
from retrieval.continuation.continuer import PlaylistContinuer
from retrieval.continuation.filling import Candidates, Target, taken
from retrieval.continuation.objective import Material, Weights, material_of
from retrieval.continuation.ordering import Rules, best_order
from retrieval.continuation.sequencing import Asked, sequence
from retrieval.continuation.transitions import TransitionModel
from retrieval.continuation.values import ContinuationRequest
from retrieval.errors import QueryError
from retrieval.likeness import tempo_apart

NO_STEPS = Weights(tempo=0, key=0, loudness=0, sequence=0, artist=0)


def material(rng, n, arc=None):
    steps = rng.random((n + 1, n)).astype(np.float32)
    relevance = np.sort(rng.random(n).astype(np.float32))[::-1].copy()
    lengths, energy = rng.uniform(120, 300, n).astype(np.float32), rng.random(n).astype(np.float32)
    artists = rng.integers(-1, 3, n)
    return Material(relevance, lengths, energy, artists, steps, np.array([0, 1]), Weights(), arc)


@pytest.mark.parametrize("n", [2, 3, 5, 7])
@pytest.mark.parametrize("arc", [None, "rise", "wave"])
def test_a_short_list_is_in_the_best_of_all_orders(n, arc):
    for seed in range(8):
        given = material(np.random.default_rng(seed), n, arc and read_arc(arc))
        every = given.cost(np.array(list(permutations(range(n)))))
        found = given.cost(best_order(given, np.arange(n), Rules({}))[None])[0]
        assert found == pytest.approx(every.min())


@pytest.mark.parametrize("arc", [None, "wave"])
def test_of_all_orders_of_nine_tracks_not_one_in_a_thousand_is_better(arc):
    orders = np.array(list(permutations(range(9))))
    for seed in range(3):
        given = material(np.random.default_rng(seed), 9, arc and read_arc(arc))
        found = given.cost(best_order(given, np.arange(9), Rules({}))[None])[0]
        assert (given.cost(orders) < found - 1e-6).mean() < 0.001


def plain_cost(steps, own, order):
    around = [0, *(t + 1 for t in order), len(order) + 1]
    return sum(steps[a, b] for a, b in pairwise(around)) + sum(own[t, k] for k, t in enumerate(order))


@pytest.mark.parametrize("n", [2, 3, 6, 9])
def test_what_a_change_saves_is_estimated_exactly(n):
    rng = np.random.default_rng(n)
    steps, own = np.zeros((n + 2, n + 2), np.float32), rng.random((n, n)).astype(np.float32)
    steps[:-1, 1:-1] = rng.random((n + 1, n))
    order = list(range(n))
    now = plain_cost(steps, own, order)
    reversals, swaps = moves.reversals(steps, own), moves.swaps(steps, own)
    for low in range(n):
        for high in range(low + 1, n):
            turned = [*order[:low], *order[low : high + 1][::-1], *order[high + 1 :]]
            assert reversals[low, high] == pytest.approx(plain_cost(steps, own, turned) - now, abs=1e-4)
            if high > low + 1:
                swapped = order.copy()
                swapped[low], swapped[high] = high, low
                assert swaps[low, high] == pytest.approx(plain_cost(steps, own, swapped) - now, abs=1e-4)
    for size in range(1, min(3, n - 1) + 1):
        shifts = moves.shifts(steps, own, size)
        for start in range(n - size + 1):
            for gap in {*range(n + 1)} - {*range(start, start + size + 1)}:
                rest = [t for t in order if not start <= t < start + size]
                at = gap if gap < start else gap - size
                moved = [*rest[:at], *order[start : start + size], *rest[at:]]
                assert shifts[start, gap] == pytest.approx(plain_cost(steps, own, moved) - now, abs=1e-4)


def library(n, **columns):
    """Return a snapshot of n tracks with letters for titles, an artist each, and columns by row."""
    rows = []
    for i in range(n):
        facts = {name: values[i] for name, values in columns.items()}
        facts.setdefault("artist", f"Artist {i}")
        rows.append(track(f"t{i:04d}", title=f"Song {i:04d}", **facts))
    return snapshot(*rows)


def test_tempo_climbs_in_small_steps_from_the_last_track_and_octaves_are_no_step():
    tempo = [100, 112, 103, 109, 106, 230]
    view = library(6, tempo=tempo)
    rows = np.arange(1, 6)
    given = material_of(view, rows, np.ones(5, np.float32), [0], None, None, Weights(early=0))
    order = rows[best_order(given, np.arange(5), Rules({}))]
    # 230 BPM is 115: it ends the line 100, 103, 106, 109, 112.
    assert [tempo[r] for r in order] == [103, 106, 109, 112, 230]


def test_keys_go_round_the_camelot_wheel():
    fifths = ["C major", "G major", "D major", "A major", "E major"]
    view = library(5, key=[fifths[i] for i in (0, 3, 1, 4, 2)])
    given = material_of(view, np.arange(1, 5), np.ones(4, np.float32), [0], None, None, Weights(early=0))
    order = np.arange(1, 5)[best_order(given, np.arange(4), Rules({}))]
    assert [view.tracks_at([r])[0].key for r in order] == fifths[1:]


def test_one_artist_is_spread():
    view = library(9, artist=["Same"] * 3 + [f"A{i}" for i in range(6)])
    scores = np.linspace(1, 0.9, 9, dtype=np.float32)
    placed = sequence(view, np.arange(9), scores, [], Asked(Target(9), order="smooth"))
    same = [place for place, p in enumerate(placed) if p.row < 3]
    assert min(b - a for a, b in pairwise(same)) >= 3


def test_the_artists_of_the_playlist_so_far_count():
    view = library(5, artist=["Same", "Same", "A", "B", "C"])
    scores = np.ones(5, np.float32)
    placed = sequence(view, np.arange(1, 5), scores, [0], Asked(Target(4), order="smooth"))
    assert placed[-1].row == 1


# ---- sequences -----------------------------------------------------------------------------------------------------


def test_what_follows_is_learned_and_backs_off_to_the_artist():
    artists = np.array([0, 0, 1, 1, 2])
    model = TransitionModel.fit([[0, 2]] * 5 + [[4, 0]], artists)
    rows = np.arange(5)
    likely = model.probabilities(rows, rows)
    assert likely.sum(axis=1) == pytest.approx(np.ones(5))
    scores = model.scores(rows, rows)
    assert scores[0].argmax() == 2
    # 1 was never followed by 3, yet its artist's track was followed by one of 3's artist; never by one of 4's.
    assert scores[1, 3] > 0.5 > scores[1, 4]
    assert scores[0, 2] > scores[1, 3]


def test_a_chain_is_played_in_its_order():
    view = library(7)
    chain = [0, 4, 2, 6, 1, 5, 3]
    model = TransitionModel.fit([chain] * 3, view.artist_code.astype(np.int64))
    scores = np.ones(7, np.float32)
    placed = sequence(view, np.arange(1, 7), scores, [0], Asked(Target(6)), followings=model)
    assert [p.row for p in placed] == chain[1:]


def test_no_sequence_teaches_nothing():
    model = TransitionModel.fit([[], [1]], np.array([0, 0, 1]))
    assert model.empty
    assert model.scores(np.arange(3), np.arange(3)) == pytest.approx(np.full((3, 3), 0.5))


# ---- arcs ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def levels():
    rng = np.random.default_rng(2)
    return library(300, energy=rng.random(300), duration=rng.uniform(100, 400, 300))


def arc_of(view, arc, n=24, **more):
    scores = np.linspace(1, 0.5, len(view), dtype=np.float32)
    placed = sequence(view, np.arange(len(view)), scores, [], Asked(Target(n), arc=read_arc(arc), **more))
    rows = [p.row for p in placed]
    lengths = view.numbers["duration"][rows]
    middles = (lengths.cumsum() - lengths / 2) / lengths.sum()
    return rows, middles, view.numbers["energy"][rows]


@pytest.mark.parametrize(("arc", "sign"), [("rise", 1), ("fall", -1)])
def test_energy_rises_and_falls(levels, arc, sign):
    _, middles, energies = arc_of(levels, arc)
    assert sign * spearmanr(middles, energies).statistic > 0.97


@pytest.mark.parametrize("arc", ["wave", ((0.0, 0.9), (0.3, 0.1), (0.7, 0.8), (1.0, 0.2))])
def test_energy_follows_what_was_drawn_by_time(levels, arc):
    _, middles, energies = arc_of(levels, arc)
    wanted = read_arc(arc).within(*np.quantile(levels.numbers["energy"], [0.1, 0.9])).at(middles)
    assert np.corrcoef(wanted, energies)[0, 1] > 0.95
    assert np.abs(wanted - energies).mean() < 0.06


def test_a_flat_arc_chooses_what_is_level(levels):
    _, _, energies = arc_of(levels, ((0.5, 0.8),))
    assert np.abs(energies - 0.8).max() < 0.15


def test_an_arc_does_not_turn_out_what_must_be_in(levels):
    loud = int(levels.numbers["energy"].argmax())
    rows, _, energies = arc_of(levels, ((0.0, 0.1), (1.0, 0.1)), include=(loud,), pinned=((3, 0),))
    assert loud in rows
    assert rows[2] == 0
    assert np.median(energies) < 0.25


@pytest.mark.parametrize(
    ("arc", "says"),
    [
        ("zigzag", "choose flat, rise, fall, wave"),
        ((), "0 points"),
        (((0.0, 1.2),), "from 0 to 1"),
        (((0.0, float("nan")),), "from 0 to 1"),
        (((0.0, 0.1), (0.0, 0.2)), "two points at one place"),
        ([(i / 300, 0.5) for i in range(300)], "300 points"),
        (("sad", "wibble"), "'wibble' is no sound that a track is known by"),
        (("sad", "melancholic"), "from one sound to another one"),
        (("sad",), "from one sound to another one"),
        (("sad", (1.0, 0.5)), "no point of an arc"),
    ],
)
def test_what_is_no_arc_is_one_sentence(arc, says):
    with pytest.raises(QueryError, match=says):
        read_arc(arc)


def test_an_arc_is_straight_between_its_points_and_level_outside():
    arc = read_arc(((0.75, 0.0), (0.25, 1.0)))
    assert arc.at(np.array([0.0, 0.25, 0.5, 0.75, 1.0])).tolist() == [1.0, 1.0, 0.5, 0.0, 0.0]


def test_a_list_goes_from_one_sound_to_another():
    view = library(120)
    rng = np.random.default_rng(4)
    ids = [c.id for c in view.vocabulary.concepts]
    levels = view.concepts.copy()
    sad = rng.random(120).astype(np.float32)
    levels[:, ids.index("sad")], levels[:, ids.index("happy")] = sad, 1 - sad
    view = replace(view, concepts=levels)
    arc = read_arc(("melancholic", "cheerful"))  # words of both concepts
    assert arc.between == ("sad", "happy")
    scores = arc.fit(view)
    placed = sequence(view, np.argsort(-scores), scores, [], Asked(Target(12), arc=arc))
    assert spearmanr(np.arange(12), sad[[p.row for p in placed]]).statistic < -0.95
    first = placed[0].row
    assert arc.sound(view, first) == f"sounds sad ({sad[first]:.0%})"


# ---- length --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arc", [None, "rise"])
@pytest.mark.parametrize("minutes", [7, 20, 45, 120, 300])
def test_a_length_is_met_within_two_percent_with_an_arc_or_without(levels, minutes, arc):
    asked = Asked(Target(None, 60.0 * minutes), arc=arc and read_arc(arc))
    scores = np.linspace(1, 0.5, len(levels), dtype=np.float32)
    rows = [p.row for p in sequence(levels, np.arange(len(levels)), scores, [], asked)]
    assert levels.numbers["duration"][rows].sum() == pytest.approx(60 * minutes, rel=0.02)
    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize("minutes", [20, 30, 45, 60])
def test_a_count_and_a_length_are_both_met(levels, minutes):
    scores = np.linspace(1, 0.5, len(levels), dtype=np.float32)
    asked = Asked(Target(10, 60.0 * minutes))
    rows = [p.row for p in sequence(levels, np.arange(len(levels)), scores, [], asked)]
    assert len(rows) == 10
    assert levels.numbers["duration"][rows].sum() == pytest.approx(60 * minutes, rel=0.02)


def test_of_the_swaps_that_meet_the_length_the_most_fitting_is_made():
    durations = np.array([100, 100, 100, 160, 160], np.float32)
    relevance = np.array([1.0, 0.9, 0.8, 0.5, 0.1], np.float32)
    nobody = np.full(5, -1)
    assert taken(Candidates(durations, relevance, nobody), Target(3, 360.0))[0].tolist() == [0, 1, 3]
    # What must be in stays, though it fits worst.
    given = Candidates(durations[::-1], relevance[::-1], nobody, kept=1)
    assert taken(given, Target(3, 360.0))[0].tolist()[0] == 0


def test_a_length_is_met_by_an_artist_s_other_tracks_and_not_by_more_of_them():
    durations = np.array([100, 100, 160, 100, 160], np.float32)
    given = Candidates(durations, np.linspace(1, 0.5, 5, dtype=np.float32), np.array([0, 0, 0, 1, 1]))
    chosen, cap = taken(given, Target(3, 360.0, cap=2, strict=True))
    assert durations[chosen].sum() == 360
    assert cap == 2
    assert np.bincount(given.artists[chosen]).max() == 2


# ---- what may be in ------------------------------------------------------------------------------------------------


def test_no_edition_of_a_song_that_is_there_already():
    view = snapshot(
        track("seed", title="Night Song", artist="Ada"),
        track("live", title="Night Song (Live)", artist="Ada"),
        track("cover", title="Night Song", artist="Bea"),
        track("day", title="Day Song", artist="Ada"),
        track("remaster", title="Day Song - 2011 Remaster", artist="Ada"),
    )
    asked = Asked(Target(5), order="best")
    order = np.array(view.rows([TrackId(i) for i in ("live", "cover", "day", "remaster")]))
    placed = sequence(view, order, np.ones(5, np.float32), view.rows([TrackId("seed")]), asked)
    assert {view.ids[p.row] for p in placed} == {"cover", "day"}


def test_a_cap_that_was_asked_for_holds_and_one_that_was_not_gives_way():
    view = library(6, artist=["Same"] * 5 + ["Other"])
    scores = np.linspace(1, 0.5, 6, dtype=np.float32)
    for strict, n in ((True, 3), (False, 5)):
        placed = sequence(view, np.arange(6), scores, [], Asked(Target(5, cap=2, strict=strict)))
        assert len(placed) == n
        assert 5 in [p.row for p in placed]


def test_what_must_be_in_is_in_at_its_place():
    view = library(20)
    scores = np.linspace(1, 0.1, 20, dtype=np.float32)
    asked = Asked(Target(8), include=(18,), pinned=((3, 19), (99, 17)))
    for order in ("best", "smooth"):
        rows = [p.row for p in sequence(view, np.arange(20), scores, [], replace(asked, order=order))]
        assert len(rows) == 8
        assert (rows[2], rows[7]) == (19, 17)
        assert 18 in rows
        assert set(rows) >= set(range(5))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (Asked(Target(1), include=(1, 2)), "2 tracks must be in a list of 1"),
        (Asked(Target(5), pinned=((1, 1), (1, 2))), "pinned to one place"),
        (Asked(Target(5), pinned=((0, 1),)), "no place"),
    ],
)
def test_what_cannot_be_kept_is_one_sentence(asked, says):
    with pytest.raises(QueryError, match=says):
        sequence(library(5), np.arange(5), np.ones(5, np.float32), [], asked)


# ---- inside a playlist ---------------------------------------------------------------------------------------------


def test_a_track_goes_where_the_step_is_poorest_and_fits_best():
    # 100 -> 104 -> (a jump) -> 118 -> 120 BPM; 110 BPM lies right between, 101 and 140 do not.
    view = library(7, tempo=[100, 104, 118, 120, 101, 110, 140])
    placed = sequence(view, np.array([4, 5, 6]), np.ones(7, np.float32), [0, 1, 2, 3], Asked(Target(1), insert="gaps"))
    assert [(p.row, p.after) for p in placed] == [(5, 1)]


def test_evenly_spread_tracks_go_into_gaps_evenly_apart():
    view = library(20)
    seeds = list(range(9))
    placed = sequence(view, np.arange(9, 20), np.ones(20, np.float32), seeds, Asked(Target(4), insert="even"))
    assert [p.after for p in placed] == [1, 3, 5, 7]
    assert len({p.row for p in placed}) == 4


def test_more_tracks_than_gaps_share_them():
    view = library(12)
    placed = sequence(view, np.arange(2, 12), np.ones(12, np.float32), [0, 1], Asked(Target(3), insert="gaps"))
    assert [p.after for p in placed] == [0, 0, 0]


# ---- by the request ------------------------------------------------------------------------------------------------


@pytest.fixture
def shelf(catalogue):
    for i in range(40):
        put(
            catalogue,
            f"t{i:02d}",
            title=f"Song {i:02d}",
            artist=f"A{i % 20}",
            vector=unit(1, 0.02 * i, 0.7 * (i % 2)),
            tempo=90.0 + i,
            key="A minor",
            energy=(7 * i % 40) / 40,
            duration_s=120.0 + 5 * i,
        )
    return catalogue


@pytest.fixture
def ask(shelf, engine):
    continuer = PlaylistContinuer(shelf, engine)

    def asked(**how):
        how = {"track_ids": (TrackId("t00"), TrackId("t01"))} | how
        return continuer.continue_playlist(ContinuationRequest(**how))

    return asked


def names(answer):
    return [c.track.id for c in answer.tracks]


def test_smooth_plays_the_same_tracks_as_best_in_smaller_steps(ask):
    best, smooth = ask(n=12, order="best"), ask(n=12)
    assert set(names(best)) == set(names(smooth))
    scores = [c.score for c in best.tracks]
    assert scores == sorted(scores, reverse=True)

    def jumps(answer):
        return sum(abs(a.track.tempo_bpm - b.track.tempo_bpm) for a, b in pairwise(answer.tracks))

    assert jumps(smooth) < jumps(best)


def test_the_request_carries_an_arc_a_length_and_what_must_be_in(ask):
    answer = ask(
        duration_s=3600.0, arc="rise", include=(TrackId("t39"),), constraints=(Constraint("per_artist", "max", 1),)
    )
    energies = [c.track.number("energy") for c in answer.tracks]
    assert spearmanr(range(len(energies)), energies).statistic > 0.9
    assert sum(c.track.duration_s for c in answer.tracks) == pytest.approx(3600, rel=0.02)
    assert "t39" in names(answer)
    assert len({c.track.artist for c in answer.tracks}) == len(answer.tracks)


def test_weights_of_the_seeds_turn_the_list(ask):
    assert all(int(i[1:]) % 2 == 0 for i in names(ask(n=5, seed_weights={TrackId("t01"): 0.0})))
    assert all(int(i[1:]) % 2 == 1 for i in names(ask(n=5, seed_weights={TrackId("t00"): 0.0})))


def test_tracks_inside_the_playlist_say_after_which(ask):
    answer = ask(n=2, insert="gaps", track_ids=(TrackId("t00"), TrackId("t20"), TrackId("t22")))
    assert {c.after for c in answer.tracks} <= {"t00", "t20"}


def test_stored_playlists_teach_the_order(shelf, ask):
    order = ["t01", "t09", "t05", "t13", "t07"]
    for _ in range(3):
        shelf.playlists.create("mix", [PlaylistItem(TrackId(i), i) for i in order])
    answer = ask(track_ids=(TrackId("t01"),), n=4, order="smooth")
    assert names(answer) == order[1:]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"include": (TrackId("t05"),), "exclude": frozenset({TrackId("t05")})}, "both in and out"),
        ({"seed_weights": {TrackId("t00"): -1.0}}, "weight"),
        ({"arc": "up"}, "is no arc"),
    ],
)
def test_wishes_that_cannot_be_are_one_sentence(ask, how, says):
    with pytest.raises(QueryError, match=says):
        ask(**how)


def test_what_must_be_in_and_is_not_here_is_told(ask):
    assert [u.title for u in ask(include=(TrackId("gone"),)).unresolved] == ["gone"]


@pytest.mark.parametrize("arc", [None, "wave"])
def test_five_hundred_tracks_are_ordered_in_time(arc):
    rng = np.random.default_rng(0)
    view = library(800, tempo=rng.uniform(70, 180, 800), energy=rng.random(800), loudness=rng.uniform(-20, -6, 800))
    asked = Asked(Target(500), order="smooth", arc=arc and read_arc(arc))
    scores = np.linspace(1, 0.1, 800, dtype=np.float32)
    start = time.perf_counter()
    rows = [p.row for p in sequence(view, np.arange(800), scores, [], asked)]
    # A quarter of a second alone; the bound leaves room for a machine that is shared.
    assert time.perf_counter() - start < 2
    assert len(set(rows)) == 500
    tempo = view.numbers["tempo"]
    jumps = [tempo_apart(tempo[r[:-1]], tempo[r[1:]]).mean() for r in (rows, sorted(rows))]
    assert jumps[0] < jumps[1] / 2
