from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from catalog.values import Described, Feedback, Measurement, Taste, TrackId, TrackMetadata
from retrieval.constraints import Constraint
from retrieval.filters import compile_constraints
from retrieval.leaning import leaned_order, pull
from retrieval.profile import HALF_LIFE_DAYS, learn, profile_of
from retrieval.values import Leaning, SearchRequest

NOW = datetime(2026, 6, 1)
STYLES = ("jazz", "metal", "piano", "harp", "folk", "techno")


@pytest.fixture
def styles(catalogue, engine):
    """240 tracks: forty a style, every other one calm, twelve artists, 60 to 179 BPM."""
    catalogue.library.describe(
        Described(
            TrackId(f"{style}{n}"),
            TrackMetadata(f"{style} no. {n}", artist=f"{style} {n % 2}", genre=(style, *(("calm",) if n % 2 else ()))),
            60.0 + n,
            (Measurement("tempo", 60.0 + 3 * n, 1.0), Measurement("energy", n / 40, 1.0)),
        )
        for style in STYLES
        for n in range(40)
    )
    return engine


def said(kind, *ids, days=0):
    return [Feedback(TrackId(i), kind, None, NOW - timedelta(days=days)) for i in ids]


def weights(lines):
    return {line.value: line.weight for line in lines}


def test_likes_pull_and_dislikes_push_and_one_says_less_than_five(styles):
    snapshot = styles.state.snapshot
    one = weights(learn(snapshot, said("like", "jazz0"), NOW))
    five = weights(learn(snapshot, said("like", *(f"jazz{n}" for n in range(0, 10, 2))), NOW))
    away = weights(learn(snapshot, said("dislike", "metal0", "metal2"), NOW))
    assert 0 < one["jazz"] < five["jazz"] < 1
    assert away["metal"] < 0
    assert one["jazz 0"] > 0
    assert "metal" not in one


def test_the_grounds_of_a_line_are_the_tracks_and_when(styles):
    reactions = said("like", "jazz0", days=90) + said("complete", "jazz2")
    line = next(x for x in learn(styles.state.snapshot, reactions, NOW) if x.value == "jazz 0")
    assert [(g.track_id, g.kind, g.at) for g in line.grounds] == [
        ("jazz2", "complete", NOW),
        ("jazz0", "like", NOW - timedelta(days=90)),
    ]
    assert [g.worth for g in line.grounds] == [0.3, 0.5]
    assert line.since == NOW - timedelta(days=90)


def test_what_was_long_ago_counts_less(styles):
    snapshot = styles.state.snapshot
    ids = [f"jazz{n}" for n in range(0, 12, 2)]
    now, then, ages = (
        weights(learn(snapshot, said("like", *ids, days=days), NOW))
        for days in (0, HALF_LIFE_DAYS, 20 * HALF_LIFE_DAYS)
    )
    assert now["jazz"] > then["jazz"] > 0
    assert ages == {}


def test_the_last_word_on_a_track_counts(styles):
    lines = weights(learn(styles.state.snapshot, said("like", "jazz0", days=2) + said("dislike", "jazz0"), NOW))
    assert lines["jazz"] < 0


def test_what_was_said_takes_the_place_of_what_was_learned(styles):
    tastes = [
        Taste("concept", "jazz", -0.7),
        Taste("concept", "metal", -1.0, never=True),
        Taste("artist", "jazz 0", 0.0),
    ]
    profile = profile_of(styles.state.snapshot, tastes, said("like", "jazz0", "jazz2", "folk0"), NOW)
    lines = {line.value: line for line in profile.lines}
    assert lines["jazz"].weight == -0.7
    assert lines["jazz"].grounds
    assert "jazz 0" not in lines
    assert lines["folk"].origin == "learned"
    assert [w.value for w in profile.nevers()] == ["metal"]
    assert profile.nevers({"metal"}) == ()
    assert "metal" not in {n.value for n in profile.lean()}
    assert "folk" not in {n.value for n in profile.lean({"folk"})}
    off = replace(profile, on=False)
    assert (off.lean(), off.nevers()) == ((), ())


def test_without_history_every_ranking_is_the_same(styles):
    profile = profile_of(styles.state.snapshot, [], [], NOW)
    assert profile.lines == ()
    for text in ("calm", "jazz", "calm piano"):
        plain = styles.search(SearchRequest(text=text, n=20))
        assert styles.search(SearchRequest(text=text, n=20, lean=profile.lean())) == plain
        assert plain.influence is None


def test_scores_of_any_scale_are_leaned_and_ties_broken():
    pulled = np.array([0.0, 0.9, -0.9], np.float32)
    scores = np.array([0.5, 0.49, 0.51], np.float32)
    assert leaned_order(scores, pulled, 3).tolist() == leaned_order(1000 * scores, pulled, 3).tolist()
    assert leaned_order(np.ones(3, np.float32), pulled, 3).tolist() == [1, 0, 2]
    assert leaned_order(np.array([5, 1, 0], np.float32), pulled, 3)[0] == 0


def test_a_taste_of_nothing_here_pulls_at_nothing(styles):
    snapshot = styles.state.snapshot
    rows = np.arange(len(snapshot))
    strange = (Leaning("artist", "Nobody", 1.0), Leaning("word", "polka", 1.0), Leaning("concept", "no concept", 1.0))
    assert not pull(snapshot, rows, strange).any()


def test_a_profile_moves_what_simulated_users_love_up_and_hard_wishes_hold(styles):
    """Each of 30 users loves one style and cannot stand another; half of the tracks are reacted to, half are left."""
    snapshot = styles.state.snapshot
    rng = np.random.default_rng(0)
    wish = Constraint("tempo", "max", 150.0, "at most 150 BPM")
    before, after, moved = [], [], []
    for _ in range(30):
        loved, hated = rng.choice(STYLES, 2, replace=False)
        seen = rng.choice(20, 8, replace=False)
        reactions = said("like", *(f"{loved}{n}" for n in seen[:4])) + said(
            "dislike", *(f"{hated}{n}" for n in seen[4:])
        )
        profile = profile_of(snapshot, [], reactions, NOW)
        asked = SearchRequest(text="calm", constraints=(wish,), n=10, max_per_artist=None)
        found = styles.search(replace(asked, lean=profile.lean({"calm"})))
        allowed = compile_constraints(snapshot, [wish]).allowed
        assert all(allowed[snapshot.row_of[c.track.id]] for c in found.candidates)
        assert all("calm" in {t.label for t in c.track.tags} for c in found.candidates)
        for result, into in ((styles.search(asked), before), (found, after)):
            styles_found = [c.track.id.rstrip("0123456789") for c in result.candidates]
            into.append((styles_found.count(loved), styles_found.count(hated)))
        moved.append(found.influence.moved)
    liked_before, hated_before = np.mean(before, axis=0)
    liked_after, hated_after = np.mean(after, axis=0)
    assert liked_after >= liked_before + 2
    assert hated_after <= hated_before
    assert np.mean(moved) >= 2
