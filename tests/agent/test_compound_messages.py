"""Several wishes in one message: each is carried out once, in an order that makes sense, or nothing is."""

import pytest
from dialogue_states import ARTISTS, FRESH, LISTED

from agent.planner.clauses import parts_of
from agent.planner.rules import RulePlanner
from retrieval.reading.wishes import parse_wishes

PLANNER = RulePlanner(lambda text: parse_wishes(text, ARTISTS))


def steps(message, state=LISTED):
    return [(s.intent, s.edit or s.reaction, s.handles) for s in PLANNER.plan(message, state, ()).steps]


SEVERAL = {
    "drop the second, more like the fourth, but under 3 minutes, and save it as Sunday": [
        ("edit_playlist", "remove", (2,)),
        ("similar", None, (4,)),
        ("edit_playlist", "save", ()),
    ],
    "save it as Sunday and remove #3": [("edit_playlist", "remove", (3,)), ("edit_playlist", "save", ())],
    "I like the first but I hate the third": [("feedback", "like", (1,)), ("feedback", "dislike", (3,))],
    "remove #1 and #2, then find something calmer": [("edit_playlist", "remove", (1, 2)), ("refine", None, ())],
    "ban the last one and show me more jazz": [("edit_playlist", "ban", (8,)), ("refine", None, ())],
    "please remove #2, thanks": [],
    # A cheer is nothing to search for; a style that no tagger hears is.
    "wizard, save it as Sunday": [],
    "fado, and save it as Sunday": [("recommend", None, ()), ("edit_playlist", "save", ())],
    "sheer zebra wonders of yore, and remove #2": [("edit_playlist", "remove", (2,)), ("recommend", None, ())],
}


@pytest.mark.parametrize("message", SEVERAL)
def test_what_is_to_be_done_and_in_which_order(message):
    assert steps(message) == SEVERAL[message]


@pytest.mark.parametrize(
    "message",
    [
        "calm piano, no vocals, under 3 minutes",
        "rock and metal",
        "something like the second, but calmer and without drums",
        'play "Drop the second, and save it" by The Bards',
        "drums and bass, then a flute",
        "remove #2",
        "save it as Rock, Jazz and Pop",
        "",
        ", , and , but",
    ],
)
def test_one_wish_is_one_step(message):
    assert steps(message) == []


def test_a_name_may_have_commas():
    assert PLANNER.plan("save it as Rock, Jazz and Pop", LISTED, ()).playlist_title == "Rock, Jazz and Pop"


def test_nothing_is_taken_apart_before_there_is_a_list():
    assert steps("drop the second, more like the fourth and save it", FRESH) == []


def test_quotes_are_whole():
    message = 'save it as "One, two and three", please'
    assert [message[start:end] for start, end in parts_of(message)] == ['save it as "One, two and three"', "please"]


def test_all_of_it_is_done_and_places_are_those_that_were_seen(world):
    world.say("jazz, 5 tracks")
    seen = world.standing().results
    done = world.say("remove #2 and remove #4, and save it as Sunday")
    (stored,) = world.catalogue.playlists.all()
    assert stored.title == "Sunday"
    assert [e.track_id for e in stored.entries] == [seen[0], seen[2], seen[4]]
    assert done.evidence.playlist_id == stored.id
    assert "Saved “Sunday” with 3 tracks" in done.reply


def test_a_search_in_the_middle_decides_the_answer_and_is_what_is_saved(world):
    world.say("jazz, 5 tracks")
    seen = world.standing().results
    done = world.say("I hate the first, more like the third, and save it as Sunday")
    assert done.decision.kind == "recommend"
    assert seen[0] in world.standing().dislikes
    assert seen[2] in world.standing().likes
    (stored,) = world.catalogue.playlists.all()
    assert [e.track_id for e in stored.entries] == list(world.standing().results)
    assert seen[0] not in world.standing().results


def test_undo_takes_the_whole_message_back(world):
    world.say("jazz, 5 tracks")
    before = world.standing()
    world.say("remove #2, and I hate the third")
    assert world.standing().results != before.results
    world.say("undo")
    assert world.standing().results == before.results
    assert not world.standing().dislikes


def test_a_place_that_is_not_there_stops_the_whole_message(world):
    world.say("jazz, 3 tracks")
    seen = world.standing().results
    done = world.say("remove #2 and remove #9")
    assert "There is no #9; the list has 3 tracks." in done.reply
    assert world.standing().results == seen


def test_rebuilding_a_conversation_saves_nothing(world):
    said = [("jazz, 5 tracks", ()), ("remove #2, I hate the first, and save it as Sunday", ())]
    state = world.assistant.rebuild(world.assistant.state("session-new"), said)
    assert len(state.standing.results) == 4
    assert len(state.standing.dislikes) == 1
    assert world.catalogue.playlists.all() == []


@pytest.mark.parametrize(
    ("message", "wish"),
    [
        ("close to the second, except under 3 minutes", ("duration", "max", 180.0)),
        ("like #2, except instrumental", ("vocal", "is", "instrumental")),
        ("similar to #2, except from the 90s", ("year", "between", (1990.0, 1999.0))),
        ("like #2 except with piano", ("instrument", "is", "piano")),
        ("similar to #2, except it should be in A minor", ("key", "is", "A minor")),
        ("similar to #2, except nothing slow", ("tempo", "between", (90.0, 400.0))),
        ("similar to #2, except the drums", ("instrument", "not", "drums")),
        ("similar to #2, except drums", ("instrument", "not", "drums")),
        ("similar to #2, except for piano", ("instrument", "not", "piano")),
    ],
)
def test_like_a_track_except_in_something(message, wish):
    plan = PLANNER.plan(message, LISTED, ())
    assert (plan.intent, plan.handles) == ("similar", (2,))
    assert [(c.field, c.op, c.value) for c in plan.constraints] == [wish]


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("the second is great, find more along those lines", [("feedback", "like", (2,)), ("similar", None, (2,))]),
        ("I love the fourth, more of that please", [("feedback", "like", (4,)), ("similar", None, (4,))]),
        ("I hate the third, can we have something calmer", [("feedback", "dislike", (3,)), ("refine", None, ())]),
    ],
)
def test_a_reaction_with_an_order_is_both(message, told):
    assert steps(message) == told


def test_praise_with_a_change_is_one_order():
    assert steps("I like the second, but slower") == []
    assert steps("like #1 but less like #3") == []
