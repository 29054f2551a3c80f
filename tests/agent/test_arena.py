"""Strengths out of battles: simulated raters, intervals, ties, and what a release holds."""

import json
from datetime import datetime

import numpy as np
import pytest
from scipy.stats import spearmanr

from agent.arena.release import release
from agent.arena.strengths import MINIMUM, standings, strengths
from catalog.battles import Battle, Side

DAY = datetime(2026, 1, 2, 3, 4, 5)


def battle(a, b, choice, n=0, **told):
    return Battle(
        id=f"battle{n}", kind="backends", status="voted", message="", text="secret words", user_id="ada",
        a=Side(a, generation_id=f"g{n}a"), b=Side(b, generation_id=f"g{n}b"), choice=choice, words="I know you",
        listened_s=(8.4, 11.6), created_at=DAY, voted_at=DAY, **({"shared": False} | told),
    )  # fmt: skip


def simulated(true, count, rng, ties=0.1):
    """Raters who prefer by Bradley-Terry, and tie now and then."""
    names = list(true)
    votes = []
    for n in range(count):
        a, b = rng.choice(names, 2, replace=False)
        better = 1 / (1 + np.exp(true[b] - true[a]))
        choice = "tie" if rng.random() < ties else "a" if rng.random() < better else "b"
        votes.append(battle(str(a), str(b), choice, n))
    return votes


@pytest.mark.parametrize("seed", range(5))
def test_simulated_raters_recover_the_true_ranking(seed):
    rng = np.random.default_rng(seed)
    true = {f"system{n}": float(strength) for n, strength in enumerate(np.linspace(-1.4, 1.4, 8))}
    found = standings(simulated(true, 600, rng))
    assert spearmanr([true[each.system] for each in found], [each.strength for each in found]).statistic >= 0.9


def test_intervals_hold_the_true_strengths():
    true = {f"system{n}": float(strength) for n, strength in enumerate(np.linspace(-1.0, 1.0, 6))}
    inside = []
    for seed in range(10):
        for each in standings(simulated(true, 400, np.random.default_rng(seed), ties=0.0)):
            inside.append(each.low <= 1000 + 400 / np.log(10) * true[each.system] <= each.high)
    assert np.mean(inside) >= 0.85, "of sixty 95 % intervals"


def test_the_fit_is_that_of_the_likelihood():
    """Two systems with n battles between them: the log odds of the wins, up to the drawn battle with the average."""
    wins = np.array([[0.0, 300.0], [100.0, 0.0]])
    a, b = strengths(wins)
    assert a - b == pytest.approx(np.log(3), rel=0.02)
    assert strengths(np.stack([wins, wins.T]))[0] == pytest.approx(strengths(wins.T)[::-1])


def test_a_tie_is_half_a_win_for_each_and_both_bad_says_nothing():
    even = standings([battle("x", "y", "tie", n) for n in range(20)])
    assert [each.strength for each in even] == [1000.0, 1000.0]
    assert {(each.ties, each.wins) for each in even} == {(20, 0)}
    bad = standings([battle("x", "y", "a", n) for n in range(12)] + [battle("x", "y", "both_bad", n) for n in range(9)])
    assert (bad[0].system, bad[0].wins, bad[0].both_bad, bad[0].battles) == ("x", 12, 9, 21)
    assert bad[0].strength == standings([battle("x", "y", "a", n) for n in range(12)])[0].strength


def test_who_won_everything_is_finite_and_few_battles_are_not_ranked():
    votes = [battle("x", "y", "b", n) for n in range(MINIMUM)] + [battle("z", "x", "a", 90)]
    found = {each.system: each for each in standings(votes)}
    assert np.isfinite([found["y"].strength, found["y"].high]).all()
    assert found["y"].strength > found["x"].strength
    assert (found["z"].strength, found["z"].battles, found["z"].wins) == (None, 1, 1)
    assert standings(votes)[-1].system == "z"


def test_a_system_against_itself_says_nothing():
    assert standings([battle("x", "x", "a", n) for n in range(30)]) == []


def test_more_votes_narrow_the_interval():
    rng = np.random.default_rng(1)
    votes = simulated({"x": 0.5, "y": -0.5}, 800, rng)
    few, many = standings(votes[:40])[0], standings(votes)[0]
    assert many.high - many.low < 0.5 * (few.high - few.low)


def test_a_release_holds_no_user_and_no_words_unless_agreed():
    votes = [battle("x", "y", "a", 1), battle("x", "y", "b", 2, shared=True)]
    briefs = {"g1a": {"text": "secret words", "mood": "typed by ada", "key": "A minor", "duration_s": 30.0, "seed": 1}}
    told = release(votes, standings(votes), briefs, "salt")
    first, second = told["battles"]
    text = json.dumps(first)
    assert not any(word in text for word in ("ada", "secret", "I know you", "g1a", "battle1", "03:04"))
    assert first["a"] == {"system": "x", "brief": {"duration_s": 30.0, "tempo_bpm": None, "key": "A minor",
                          "energy": None, "seed": 1}}  # fmt: skip
    assert (first["day"], first["choice"], first["listened_s"]) == ("2026-01-02", "a", [8, 12])
    assert (second["text"], second["words"]) == ("secret words", "I know you")
    longer = release([*votes, battle("x", "y", "a", 3)], [], briefs, "salt")
    assert longer["battles"][:2] == told["battles"], "it grows by appending"
    assert release(votes, [], briefs, "other")["battles"][0]["id"] != first["id"]
