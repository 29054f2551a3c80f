"""What the `Planner` Protocol promises, over every implementation."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.language_models import FakeListChatModel

from agent.planner.composed import ComposedPlanner
from agent.planner.llm import LLMPlanner
from agent.planner.routing.planner import RouterPlanner
from agent.planner.routing.router import Router
from agent.planner.rules import RulePlanner
from agent.values import DialogueState, Standing, TurnPlan
from catalog.values import TrackId
from encoders.text.multilingual import MultilingualTextEncoder
from retrieval.errors import QueryError
from retrieval.reading.wishes import parse_wishes

RULES = RulePlanner(lambda text: parse_wishes(text, ["Maxstack", "The Bards"]))
GOOD = '{"intent": "recommend", "want": ["calm"], "avoid": ["metal"]}'


def model(*replies):
    return LLMPlanner(FakeListChatModel(responses=list(replies)), RULES)


ROUTED = RouterPlanner(RULES, Router.load(), MultilingualTextEncoder())
PLANNERS = {
    "rules": RULES,
    "router": ROUTED,
    "model": model(GOOD),
    "composed": ComposedPlanner(RULES, model(GOOD)),
    "composed over a broken model": ComposedPlanner(RULES, model("no json")),
    "composed without a model": ComposedPlanner(RULES, None),
}
EMPTY = DialogueState(session_id="test-session")
LISTED = EMPTY.model_copy(update={"standing": Standing(results=tuple(TrackId(f"t{i}") for i in range(8)))})
OFFERED = LISTED.model_copy(update={"pending_generation": "calm piano"})
MESSAGES = [
    "",
    "calm piano under 2 minutes",
    "more like #2 but faster",
    "yes",
    "remove the second and save it as Night",
    "play “Iron Rain” by The Bards",
    "😀",
    "悲しい音楽",
    "\x00\u202e",
    '" OR * NEAR( ^ -',
    "calm " * 4_000,
    "<script>alert(1)</script> [x](javascript:y)",
]


@pytest.mark.parametrize("name", PLANNERS)
@pytest.mark.parametrize("state", [EMPTY, LISTED, OFFERED], ids=["empty", "listed", "offered"])
class TestPlanner:
    @pytest.mark.parametrize("message", MESSAGES)
    def test_every_message_has_a_plan_and_the_state_stays(self, name, state, message):
        before = state.model_dump_json()
        plan = PLANNERS[name].plan(message, state, ())
        assert isinstance(plan, TurnPlan)
        assert state.model_dump_json() == before
        assert 0 <= plan.confidence <= 1
        assert plan.planner
        assert plan.n is None or 1 <= plan.n <= 100
        assert TurnPlan.model_validate_json(plan.model_dump_json(ensure_ascii=True)) == plan

    @pytest.mark.parametrize("message", MESSAGES)
    def test_nothing_is_pointed_at_that_is_not_said(self, name, state, message):
        plan = PLANNERS[name].plan(message, state, ())
        assert plan.handles in {(), (2,)}
        assert plan.handles == () or state.standing.results
        for named in plan.named:
            assert named.title in message

    def test_a_yes_takes_an_offer_and_only_an_offer(self, name, state):
        plan = PLANNERS[name].plan("yes", state, ())
        assert (plan.intent == "generate") == (state.pending_generation is not None)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.sampled_from([EMPTY, LISTED, OFFERED]))
def test_the_rules_never_fail_but_for_impossible_numbers(message, state):
    try:
        planner = RULES.plan(message, state, ()).planner
    except QueryError as error:
        planner = "rules" if "out of range" in str(error) else str(error)
    assert planner == "rules"
