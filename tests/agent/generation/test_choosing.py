"""Best of N: what is written is judged by its notes, and the best is kept."""

import threading

import pytest

from agent.generation import choosing
from agent.generation.choosing import TRAITS, choose, judge, total_of, traits_of
from agent.generation.score import compose
from agent.generation.values import GenerationRequest, InvalidRequestError

C_MAJOR = frozenset({0, 4, 7})


def request(**told):
    return GenerationRequest(**({"genre": "pop", "duration_s": 30.0, "seed": 5} | told))


def test_one_candidate_is_the_piece_as_ever():
    assert choose(request()).score == compose(request())
    told = choose(request()).told
    assert set(told) == {"traits", "origins"}, "there was no choice"
    assert set(told["traits"]) == set(TRAITS)


def test_the_best_of_several_is_kept_and_told():
    found = choose(request(candidates=6))
    choice = found.told["choice"]
    pieces = [compose(request(), attempt) for attempt in range(6)]
    marks = [total_of(judge(piece, request())) for piece in pieces]
    assert len({piece.parts for piece in pieces}) == 6
    assert choice["marks"] == pytest.approx(marks, abs=1e-3)
    assert marks[choice["chosen"] - 1] == max(marks)
    assert found.score == pieces[choice["chosen"] - 1]
    assert choice["reason"].startswith(f"candidate {choice['chosen']} of 6 has the most marks")


class LikesTheThird:
    """Prefers one candidate, where it can hear at all."""

    def __init__(self, deaf=False):
        self.deaf, self.heard = deaf, []

    def rewards(self, scores, traits):
        self.heard = scores
        return [] if self.deaf else [float(n == 2) for n in range(len(scores))]

    def words(self):
        return "learned from 99 votes"


def test_what_voters_prefer_decides_among_those_that_meet_the_controls():
    likes = LikesTheThird()
    choice = choose(request(candidates=4), preference=likes).told["choice"]
    assert len(likes.heard) == 4
    assert choice["chosen"] == 3
    assert choice["rewards"] == {"1": 0.0, "2": 0.0, "3": 1.0, "4": 0.0}
    assert "what voters would prefer (learned from 99 votes)" in choice["reason"]


def test_controls_come_before_taste(monkeypatch):
    shares = iter([1.0, 0.5, 0.5, 1.0])
    monkeypatch.setattr(choosing, "_controls", lambda *_: next(shares))
    likes = LikesTheThird()
    choice = choose(request(candidates=4), preference=likes).told["choice"]
    assert len(likes.heard) == 2, "those that miss more controls are not even heard"
    assert choice["chosen"] in {1, 4}


def test_a_taste_that_cannot_hear_leaves_the_marks():
    assert choose(request(candidates=3), preference=LikesTheThird(deaf=True)) == choose(request(candidates=3))


def test_more_candidates_are_never_worse_and_the_same_again():
    for seed in range(6):
        marks = [max(choose(request(seed=seed, candidates=n)).told["choice"]["marks"]) for n in (2, 4, 8)]
        assert marks == sorted(marks)
    assert choose(request(candidates=3)) == choose(request(candidates=3))


def test_a_control_that_is_not_met_costs_marks():
    piece = compose(request(tempo_bpm=100.0, key="C major", instruments=("flute",)))
    met = judge(piece, request(tempo_bpm=100.0, key="C major", instruments=("flute",), negative="choir"))
    assert met["controls"] == 1.0
    missed = judge(piece, request(tempo_bpm=110.0, key="F# major", instruments=("banjo",), negative="flute"))
    assert missed["controls"] == pytest.approx(1 / 5), "its length alone is right"
    assert total_of(missed) < total_of(met)


def test_traits_of_a_line():
    scale = [(4 * n, 4, 60 + step) for n, step in enumerate((0, 0, 4, 7, 0, 2, 4, 7))]
    found = traits_of(scale, 16, lambda at: C_MAJOR)
    assert found == {
        "chord tones": 7 / 8,
        "bars taken up": 1.0,
        "repeated notes": pytest.approx(1 / 7),
        "range": 7.0,
    }
    assert traits_of(scale[:1], 16, lambda at: C_MAJOR) == {}


def test_a_piece_without_a_tune_is_judged_by_its_controls():
    piece = choose(request(negative="piano, square synth, electric guitar, bright piano", duration_s=2.0, candidates=2))
    assert piece.told["choice"]["marks"][0] > 0


@pytest.mark.parametrize("candidates", [0, 9, -1])
def test_too_many_or_no_candidates_are_told(candidates):
    with pytest.raises(InvalidRequestError, match="candidates"):
        choose(request(candidates=candidates))


def test_a_stop_leaves_what_there_is():
    stop = threading.Event()
    stop.set()
    assert choose(request(candidates=8), stop.is_set).told["choice"]["candidates"] == 1
