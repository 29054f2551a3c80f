"""What kind of message it is, told by a trained model, and what the rules read in it then."""

import json
from importlib.resources import files

import numpy as np
import pytest

from agent.errors import ModelError, SimulationError
from agent.planner.routing.concepts import NearConcepts
from agent.planner.routing.kinds import KINDS, kind_of
from agent.planner.routing.planner import RouterPlanner
from agent.planner.routing.router import Router, inputs, message_of
from agent.planner.routing.training import Example, everyday_examples, examples_of, train_router
from agent.planner.rules import RulePlanner
from agent.simulation.everyday import everyday_sayings
from agent.simulation.values import Dialogue, GoldPlan, SimulatedTurn
from agent.values import DialogueState, Standing, TurnPlan
from catalog.values import TrackId
from encoders.text.multilingual import MultilingualTextEncoder
from retrieval.constraints import Constraint
from retrieval.reading.wishes import parse_wishes

ENCODER = MultilingualTextEncoder()
RULES = RulePlanner(lambda text: parse_wishes(text, ["Maxstack"]))
PLANNER = RouterPlanner(RULES, Router.load(), ENCODER)
FRESH = DialogueState(session_id="test-session")
LISTED = FRESH.model_copy(
    update={
        "turn": 1,
        "standing": Standing(
            text="music",
            constraints=(Constraint("genre", "is", "electronic", "electronic", hard=False),),
            results=tuple(TrackId(f"t{n}") for n in range(10)),
        ),
    }
)


def plan(message, state=LISTED):
    return PLANNER.plan(message, state, ())


# None of these stands in the templates that it was trained on.
@pytest.mark.parametrize(
    ("message", "kind", "places"),
    [
        ("2 and 5 belong in my playlist", "add", (2, 5)),
        ("the six is such a beautiful thing", "like", (6,)),
        ("Nummer sieben klingt ja furchtbar", "dislike", (7,)),
        ("¿y por qué aparece la 9?", "explain", (9,)),
        ("la huitième ne va pas, enlève-la", "remove", (8,)),
        ("第3首真的太好听了", "like", (3,)),
        ("hmm, those drag along, hurry up a bit", "faster", ()),
        ("das ist mir alles viel zu deprimierend", "happier", ()),
        ("das ist mir alles viel zu trüb", "happier", ()),
        ("ça manque de pêche", "more energetic", ()),
        ("hang on, that was nonsense, bring back the old ones", "undo", ()),
        ("not really my cup of tea, what other stuff is there", "other", ()),
        ("buenos días, ¿cómo estás?", "chitchat", ()),
    ],
)
def test_messages_in_words_of_their_own(message, kind, places):
    found = plan(message)
    assert kind_of(found) == kind
    assert found.handles == places
    assert found.planner in {"router", "rules"}


def test_limits_alone_change_the_list_instead_of_starting_anew():
    found = plan("one more condition: nothing from before 2010")
    assert found.intent == "refine"
    assert [(c.field, c.op, c.value) for c in found.constraints] == [("year", "min", 2010.0)]


def test_a_comparison_makes_no_wish_of_what_is_too_much():
    found = plan("way too gloomy, this needs sunshine")
    assert found.comparisons == ("happier",)
    assert found.constraints == ()


@pytest.mark.parametrize(
    "message", ["ok, name this list Late Night and store it", "call it Late Night and save it", "save it as Late Night"]
)
def test_a_name_and_the_order_to_keep_it_are_one(message):
    found = plan(message)
    assert (found.intent, found.edit, found.playlist_title, found.steps) == ("edit_playlist", "save", "Late Night", ())


def test_without_a_list_nothing_is_said_of_one():
    assert not KINDS[kind_of(plan("the six is such a beautiful thing", FRESH)) or "recommend"].on_results


@pytest.mark.parametrize(
    "message",
    ["start over", "drop the second, more like the fourth, and save it as Sunday", "a smooth path from #1 to #5"],
)
def test_what_the_rules_know_for_certain_stays(message):
    certain = RULES.plan(message, LISTED, ())
    assert plan(message).model_copy(update={"confidence": certain.confidence}) == certain


def test_orders_in_quotes_stay_names():
    found = plan("is there “Delete the Second Track” by Maxstack in here?")
    assert found.intent == "exact_track"
    assert found.named[0].title == "Delete the Second Track"


def test_kinds_and_plans_come_to_each_other():
    for name, kind in KINDS.items():
        comparisons = () if kind.comparison is None else (kind.comparison,)
        told = TurnPlan(
            intent=kind.intent, edit=kind.edit, reaction=kind.reaction, comparisons=comparisons, fresh=kind.fresh
        )
        assert kind_of(told) == ("playlist" if name == "continue" else name)
    assert kind_of(TurnPlan(intent="path")) is None


@pytest.mark.parametrize(
    ("word", "concept"), [("melancholisch", "sad"), ("guitarra", "guitar"), ("violino", "strings"), ("ピアノ", "piano")]
)
def test_a_word_that_no_table_has_is_near_its_concept(word, concept):
    assert {w: c.id for w, c in NearConcepts(ENCODER).of([word, "nachbarn"]).items()} == {word: concept}


def test_common_words_are_near_none():
    assert not NearConcepts(ENCODER).of(["casa", "maison", "travail", "freitag", "cocina", "büro", "on"])


def test_probabilities_sum_to_one_and_are_the_same_each_time():
    asked = message_of("more like #2", "more like #2", (), results=True, places=True, names=False, titled=False)
    rows = inputs([asked], ENCODER)
    told = Router.load().probabilities(np.concatenate([rows, rows]))
    np.testing.assert_allclose(told.sum(axis=1), 1, rtol=1e-5)
    assert np.array_equal(told[0], told[1])


def test_names_places_and_wishes_are_hidden_from_the_reading():
    wishes = parse_wishes("calm jazz under 3 minutes", []).constraints
    seen = message_of(
        "play “Iron Rain”, #2, calm jazz under 3 minutes", "play “Iron Rain”, #2, calm jazz under 3 minutes", wishes,
        results=True, places=True, names=True, titled=False,
    )  # fmt: skip
    assert "iron" not in seen.read
    assert "jazz" not in seen.read
    assert "2" not in seen.read
    assert "Iron" not in seen.said


def dialogues(texts):
    turns = tuple(
        SimulatedTurn(message=text, templates=(f"en.say.{kind}.{n}",), plan=GoldPlan(intent=KINDS[kind].intent))
        for n, (kind, text) in enumerate(texts)
    )
    return [Dialogue(id="d", split="train", language="en", goal=TrackId("t"), turns=turns)]


def test_training_learns_what_it_is_shown_and_tells_how_well(tmp_path):
    words = ("lovely", "great", "fine", "superb", "sweet", "brilliant", "gorgeous", "wonderful", "perfect", "fabulous")
    texts = [("like", f"#{n + 1} is {word}") for n, word in enumerate(words)]
    texts += [("save", f"please keep it as my {word} list") for word in words]
    examples = examples_of(dialogues([*texts] * 3), RULES)
    router, card = train_router(examples, ENCODER, 0, lambda step, share: None)
    assert card.templates == 60
    assert card.accuracy > 0.95
    router.write(tmp_path / "router.npz")
    again = Router.load(tmp_path / "router.npz")
    rows = inputs([e.message for e in examples], ENCODER)
    assert [again.kinds[k] for k in again.probabilities(rows).argmax(axis=1)] == [e.kind for e in examples]
    assert isinstance(examples[0], Example)


def test_too_little_to_learn_from_is_said():
    with pytest.raises(SimulationError, match="draw more dialogues"):
        examples_of(dialogues([("like", "#1 is nice")]), RULES)


def test_a_file_that_is_no_router_is_said(tmp_path):
    (tmp_path / "router.npz").write_bytes(b"no")
    with pytest.raises(ModelError, match="trichord train router"):
        Router.load(tmp_path / "router.npz")


def test_the_shipped_router_is_the_one_of_its_card():
    card = json.loads(files("agent.planner.routing").joinpath("router.json").read_text(encoding="utf-8"))
    router = Router.load()
    assert router.space == card["space"] == ENCODER.space.id
    assert set(router.kinds) == set(KINDS)
    assert router.temperature == pytest.approx(card["temperature"])


def test_messages_of_everyday_life_teach_the_router_and_are_no_test():
    sayings = list(everyday_sayings(0))
    assert {s.language for s in sayings} == {"en", "de", "es", "fr", "zh"}
    assert {s.kind for s in sayings} >= {"recommend", "undo", "shorter", "profile"}
    assert not [s for s in sayings if "{" in s.message]
    assert sayings == list(everyday_sayings(0))
    seen_kinds = {e.kind for e in everyday_examples(sayings[:400], RULES)}
    assert seen_kinds <= set(KINDS)


@pytest.mark.parametrize("message", ["additionally energetic", "it needs to be relaxing as well"])
def test_a_mood_that_is_named_is_wished_for_and_not_compared(message):
    told = plan(message)
    assert told.intent == "refine"
    assert [c.field for c in told.constraints] == ["mood"]
    assert not told.comparisons


def test_what_is_known_of_a_taste_is_asked_in_everyday_words():
    told = plan("do you know what I like?", FRESH)
    assert (told.intent, told.profile) == ("profile", "show")


def test_an_order_to_play_a_name_stays_one():
    assert plan("play Blue Monday", FRESH).intent == "exact_track"
    assert plan("spiel mal Blue Monday", FRESH).intent == "exact_track"


def test_likeness_to_an_artist_is_likeness():
    for message in ("sounds like Miles Davis", "irgendwas das nach Miles Davis klingt"):
        assert plan(message, FRESH).intent == "similar"


def test_idioms_of_praise_and_dislike_react():
    for message, reaction in {"the third one slaps": "like", "number 6 does my head in": "dislike"}.items():
        told = plan(message)
        assert (told.intent, told.reaction) == ("feedback", reaction)


def test_a_limit_with_a_list_on_the_screen_changes_it_whatever_is_said_around_it():
    told = plan("pas de batterie s'il te plaît, ça me crispe")
    assert (told.intent, [(c.field, c.op) for c in told.constraints]) == ("refine", [("instrument", "not")])
    told = plan("forget electronic, i want reggae now")
    assert (told.intent, told.without, told.text) == ("refine", (1,), "reggae")


@pytest.mark.parametrize("message", ["licence de la 2 ?", "und die 4?", "#2 gone?"])
def test_no_guess_makes_an_order_of_a_question(message):
    assert plan(message).intent not in {"edit_playlist", "feedback", "undo"}
