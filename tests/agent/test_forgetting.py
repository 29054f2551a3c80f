"""Single wishes are taken back, and nothing else is forgotten."""

import pytest
from dialogue_states import ARTISTS, FRESH

from agent.planner.forgetting import forgotten
from agent.planner.rules import RulePlanner
from agent.standing import without
from agent.values import DialogueState, Standing
from retrieval.constraints import Constraint
from retrieval.reading.wishes import parse_wishes

WISHES = (
    Constraint("mood", "is", "calm", "calm", hard=False),
    Constraint("tempo", "min", 120.0, "at least 120 bpm"),
    Constraint("vocal", "is", "instrumental", "no vocals"),
    Constraint("duration", "max", 180.0, "under 3 minutes"),
)
STATE = DialogueState(session_id="s" * 8, standing=Standing(text="calm piano", constraints=WISHES))
PLANNER = RulePlanner(lambda text: parse_wishes(text, ARTISTS))


@pytest.mark.parametrize(
    ("message", "numbers"),
    [
        ("forget the tempo", (2,)),
        ("forget wish 4", (4,)),
        ("drop wish #1", (1,)),
        ("the length doesn't matter", (4,)),
        ("length does not matter", (4,)),
        ("any tempo is fine", (2,)),
        ("ignore the vocals and the speed doesn't matter", (3, 2)),
        ("forget about the mood", (1,)),
        ("forget wish 9", ()),
        ("forget the key", ()),
        ("forget it", ()),
        ("remove the second", ()),
        ("any jazz is fine", ()),
        ("drop the tempo of #2", ()),
    ],
)
def test_which_wishes_are_taken_back(message, numbers):
    assert forgotten(message, WISHES)[0] == numbers


def test_what_else_is_said_counts():
    plan = PLANNER.plan("forget the tempo, but no drums", STATE, ())
    assert (plan.intent, plan.without) == ("refine", (2,))
    assert [(c.field, c.op, c.value) for c in plan.constraints] == [("instrument", "not", "drums")]


def test_without_wishes_there_is_nothing_to_forget():
    assert PLANNER.plan("forget the tempo", FRESH, ()).without == ()


def test_the_words_of_a_wish_go_with_it():
    left = without(STATE.standing, (1,))
    assert left.text == "piano"
    assert left.constraints == WISHES[1:]


def test_the_rest_stands_and_undo_brings_it_back(world):
    world.say("jazz, 5 tracks")
    world.say("over 2 minutes")
    world.say("no vocals")
    before = {c.field for c in world.standing().constraints}
    assert {"duration", "vocal"} <= before
    world.say("the length doesn't matter")
    assert {c.field for c in world.standing().constraints} == before - {"duration"}
    world.say("undo")
    assert {c.field for c in world.standing().constraints} == before
