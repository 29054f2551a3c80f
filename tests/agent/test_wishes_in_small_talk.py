"""A trained router may not take a message with a wish for small talk, or for an order to compose, on a mere guess."""

import pytest

from agent.planner.routing.planner import SURE_OF_NO_SEARCH, RouterPlanner
from agent.planner.rules import RulePlanner
from agent.values import DialogueState, Standing
from retrieval.reading.wishes import parse_wishes

SHOWN = DialogueState(session_id="some-session", standing=Standing(results=("a", "b")))


class Guessing:
    def __init__(self, kind, probability):
        self._told = {kind: probability, "recommend": 1 - probability}

    def tell(self, message, encoder):
        return self._told


def planned(message, kind, probability):
    return RouterPlanner(RulePlanner(parse_wishes), Guessing(kind, probability), None).plan(message, SHOWN, ())


def test_a_wish_is_kept_unless_the_router_is_very_sure():
    message = "thank you, can i have some blues now please?"
    kept = planned(message, "chitchat", 0.7)
    assert kept.intent == "recommend"
    assert [c.value for c in kept.constraints] == ["blues"]
    assert planned(message, "chitchat", SURE_OF_NO_SEARCH + 0.05).intent == "chitchat"


def test_a_wish_without_a_word_of_making_is_no_order_to_compose():
    assert planned("can i have some blues now please?", "generate", 0.99).intent == "recommend"
    assert planned("instrumental blues for my café", "generate", 0.99).intent == "recommend"
    assert planned("some original blues for my film", "generate", SURE_OF_NO_SEARCH + 0.05).intent == "generate"


def test_an_instrument_alone_is_looked_for_however_sure_the_router_is():
    assert planned("accordion?", "chitchat", 0.99).intent == "recommend"


@pytest.mark.parametrize("message", ["i need more.", "more please", "ok, give me more", "can I have some more?"])
def test_more_is_more_of_what_stands(message):
    rules = RulePlanner(parse_wishes)
    plan = rules.plan(message, SHOWN, ())
    assert (plan.intent, plan.fresh) == ("refine", True)
