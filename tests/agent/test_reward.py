"""A reward out of votes: simulated raters are understood, chance is not taken for taste."""

import json

import numpy as np
import pytest
from scipy.stats import spearmanr

from agent.arena.reward import MINIMUM, Sounding, Vote, load_reward, train_reward, wilson
from agent.errors import BattleError
from encoders.values import Space

DIM = 24
SPACE = Space("toy", DIM, "toy", "c" * 64)
SPECTRUM = 1.0 / np.sqrt(1 + np.arange(DIM))


def sound(rng, traits=()):
    vector = (rng.standard_normal(DIM) * SPECTRUM).astype(np.float32)
    return Sounding(vector / np.linalg.norm(vector), {name: float(rng.uniform(0, 1)) for name in traits})


def simulated(count, rng, worth, pieces, ties=0.1):
    """Raters who prefer by Bradley-Terry what is worth more, and tie now and then."""
    votes = []
    for _ in range(count):
        a, b = (pieces[n] for n in rng.choice(len(pieces), 2, replace=False))
        better = 1 / (1 + np.exp(worth(b) - worth(a)))
        choice = "tie" if rng.random() < ties else "a" if rng.random() < better else "b"
        votes.append(Vote(a, b, choice, f"words {rng.integers(60)}"))
    return votes


@pytest.mark.parametrize("seed", range(3))
def test_simulated_raters_recover_the_true_ranking_of_pieces_nobody_heard(seed):
    rng = np.random.default_rng(seed)
    taste = rng.standard_normal(DIM) * 4

    def worth(piece):
        return float(taste @ piece.embedding)

    model = train_reward(simulated(1500, rng, worth, [sound(rng) for _ in range(120)]), SPACE)
    unheard = [sound(rng) for _ in range(60)]
    assert spearmanr(model.rewards(unheard), [worth(each) for each in unheard]).statistic >= 0.9
    assert model.card.better_than_chance


def test_the_notes_count_where_both_sides_have_some():
    rng = np.random.default_rng(0)

    def worth(piece):
        return 6 * piece.traits.get("chord tones", 0.5)

    pieces = [sound(rng, ["chord tones", "range"]) for _ in range(60)]
    model = train_reward(simulated(600, rng, worth, pieces), SPACE)
    same = pieces[0].embedding
    low, high = (Sounding(same, {"chord tones": share, "range": 0.5}) for share in (0.2, 0.9))
    assert np.diff(model.rewards([low, high]))[0] > 1
    assert model.rewards([low, Sounding(same, {})])[1] == pytest.approx(0.0), "without notes nothing is known of them"


def test_votes_by_chance_are_said_to_be_no_better_and_not_used(tmp_path):
    refused = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        model = train_reward(simulated(120, rng, lambda _: 0.0, [sound(rng) for _ in range(50)]), SPACE)
        refused += not model.card.better_than_chance
        assert model.card.low < model.card.accuracy < model.card.high
    assert refused >= 9
    model.write(tmp_path)
    if not model.card.better_than_chance:
        with pytest.raises(BattleError, match="chance may bring as well"):
            load_reward(tmp_path, SPACE)


def test_a_model_is_kept_and_read_again_and_no_other_encoder_takes_it(tmp_path):
    rng = np.random.default_rng(1)
    pieces = [sound(rng) for _ in range(50)]
    model = train_reward(simulated(400, rng, lambda piece: 9 * float(piece.embedding[0]), pieces), SPACE)
    model.write(tmp_path)
    again = load_reward(tmp_path, SPACE)
    assert again.card == model.card
    assert np.array_equal(again.rewards(pieces), model.rewards(pieces))
    with pytest.raises(BattleError, match="not on other"):
        load_reward(tmp_path, Space("other", DIM, "toy", "c" * 64))
    (tmp_path / "reward.json").write_text(json.dumps({"votes": 3}))
    with pytest.raises(BattleError, match="cannot be read"):
        load_reward(tmp_path, SPACE)


def test_swapped_sides_are_the_same_vote():
    rng = np.random.default_rng(2)
    pieces = [sound(rng) for _ in range(40)]
    votes = simulated(200, rng, lambda piece: 5 * float(piece.embedding[1]), pieces)
    other = {"a": "b", "b": "a", "tie": "tie"}
    swapped = [Vote(vote.b, vote.a, other[vote.choice], vote.words) for vote in votes]
    one, two = (train_reward(each, SPACE).rewards(pieces) for each in (votes, swapped))
    assert one - one.mean() == pytest.approx(two - two.mean(), abs=1e-6)


def test_too_few_votes_and_too_few_words_are_sentences():
    rng = np.random.default_rng(3)
    pieces = [sound(rng) for _ in range(20)]
    votes = simulated(MINIMUM - 1, rng, lambda _: 0.0, pieces, ties=0.0)
    undecided = [Vote(vote.a, vote.b, "both_bad", vote.words) for vote in votes]
    with pytest.raises(BattleError, match=f"There are {MINIMUM - 1} votes"):
        train_reward(votes + undecided, SPACE)
    one_wish = [Vote(vote.a, vote.b, vote.choice, "jazz") for vote in votes * 3]
    with pytest.raises(BattleError, match="1 different words"):
        train_reward(one_wish, SPACE)


def test_an_interval_holds_its_share():
    low, high = wilson(60, 100)
    assert (low, high) == (pytest.approx(0.502, abs=1e-3), pytest.approx(0.691, abs=1e-3))
