"""Clauses that mean one thing only, and orders between semicolons."""

from __future__ import annotations

from typing import Any

import pytest

from agent.planner.forms import asked_of_track, formed
from agent.planner.rules import RulePlanner
from agent.values import DialogueState, Standing, TurnPlan
from retrieval.reading.wishes import Wishes, parse_wishes

_TRACKS = tuple(f"t{n}" for n in range(1, 11))
_LISTED = DialogueState(session_id="s", turn=1, standing=Standing(results=_TRACKS))


def _parse(text: str) -> Wishes:
    return parse_wishes(text, ["Ada Sun"])


def _plan(message: str) -> TurnPlan:
    return RulePlanner(_parse).plan(message, _LISTED, ())


@pytest.mark.parametrize(
    ("message", "handles", "place"),
    [
        ("move #2 after #5", (2,), 5),
        ("please put #7 before #3", (7,), 3),
        ("move the last track behind #1", (10,), 2),
        ("move #1 and #2 after #4", (1, 2), 3),
    ],
)
def test_a_track_is_moved_beside_another(message: str, handles: tuple[int, ...], place: int) -> None:
    plan = _plan(message)
    assert (plan.intent, plan.edit, plan.handles, plan.place) == ("edit_playlist", "move", handles, place)


@pytest.mark.parametrize(
    ("message", "handles", "reaction"),
    [
        ("I love it", (1,), "like"),
        ("i like them all", tuple(range(1, 11)), "like"),
        ("I hate it", (1,), "dislike"),
        ("I don't like #4 and #6", (4, 6), "dislike"),
    ],
)
def test_what_is_liked_or_hated_is_kept_as_a_reaction(message: str, handles: tuple[int, ...], reaction: str) -> None:
    plan = _plan(message)
    assert (plan.intent, plan.handles, plan.reaction) == ("feedback", handles, reaction)


def test_everything_but_one_track_is_removed() -> None:
    plan = _plan("remove everything except #4")
    assert (plan.edit, plan.handles) == ("remove", (1, 2, 3, 5, 6, 7, 8, 9, 10))


@pytest.mark.parametrize(
    ("message", "handles", "wished"),
    [
        ("replace #3", (3,), {}),
        ("swap 1 for something calmer", (1,), {"comparisons": ("calmer",)}),
        ("swap 1 for something with piano and keep the rest", (1,), {"values": {"piano"}}),
        ("can you change 4 to something more upbeat please", (4,), {"comparisons": ("more energetic",)}),
        ("instead of #3 give me a jazz track", (3,), {"values": {"jazz"}}),
        ("a jazz song instead of the second one", (2,), {"values": {"jazz"}}),
        ("#3 is too slow, swap it", (3,), {"comparisons": ("faster",)}),
        ("I can't stand the last one, swap it out please", (10,), {}),
        ("replace the first two with something with more energy", (1, 2), {"comparisons": ("more energetic",)}),
        ("replace 3 with a different song by the same artist", (3,), {"same_artist": True}),
        ("swap 2 for something by Ada Sun", (2,), {"values": {"Ada Sun"}}),
        ('replace 4 with "Sunrise"', (4,), {"titles": {"Sunrise"}}),
        ("keep 1 and 2 and replace the rest", (3, 4, 5, 6, 7, 8, 9, 10), {}),
        ("tausch die 3 bitte gegen etwas Ruhigeres aus", (3,), {"comparisons": ("calmer",)}),
        ("ersetz die 3 durch was mit Klavier", (3,), {"values": {"piano"}}),
        ("Kannst du die 3 gegen was Schnelleres tauschen und den Rest lassen?", (3,), {"comparisons": ("faster",)}),
        ("cambia la 3 por algo más tranquilo", (3,), {"comparisons": ("calmer",)}),
        ("remplace le dernier par un morceau de piano et garde le reste", (10,), {"values": {"piano"}}),
        ("把第三首换成安静一点的", (3,), {"comparisons": ("calmer",)}),
        ("第三首换一首", (3,), {}),
    ],
)
def test_other_tracks_come_in_the_place_of_some(message: str, handles: tuple[int, ...], wished: dict[str, Any]) -> None:
    plan = _plan(message)
    assert (plan.intent, plan.edit, plan.handles, plan.steps) == ("edit_playlist", "replace", handles, ())
    told = {
        "comparisons": plan.comparisons,
        "values": {str(c.value) for c in plan.constraints},
        "same_artist": plan.same_artist,
        "titles": {r.title for r in plan.named},
    }
    assert {name: value for name, value in told.items() if value} == wished


def test_a_place_like_another_is_asked_for_by_that() -> None:
    plan = _plan("replace 4 with something like 2")
    assert (plan.edit, plan.handles) == ("replace", (4,))
    assert plan.shape is not None
    assert plan.shape.more == (2,)


@pytest.mark.parametrize(
    "message",
    ["swap 1 with 4", "replace the drums with congas", "instead of jazz, blues", "make #3 calmer", "replace #1 to #10"],
)
def test_what_puts_no_other_track_in_a_place(message: str) -> None:
    assert _plan(message).edit != "replace"


@pytest.mark.parametrize(
    ("message", "field", "value"),
    [
        ("does #7 have vocals?", "vocal", "vocal"),
        ("is #3 instrumental?", "vocal", "instrumental"),
        ("is #3 human-made?", "provenance", "human"),
    ],
)
def test_a_question_about_one_track_is_answered_of_it(message: str, field: str, value: str) -> None:
    plan = _plan(message)
    assert plan.intent == "explain"
    assert [(c.field, c.value) for c in plan.constraints] == [(field, value)]


@pytest.mark.parametrize("message", ["which instruments are in #4?", "who sings #8?", "what genre is #2?"])
def test_what_is_asked_of_a_track_is_told(message: str) -> None:
    plan = _plan(message)
    assert plan.intent == "explain"
    assert len(plan.handles) == 1


@pytest.mark.parametrize("message", ["is there something like #2?", "can you play #3?", "more like #2", "#2 is great"])
def test_an_order_is_no_question_about_a_track(message: str) -> None:
    assert asked_of_track(message, len(_TRACKS), _parse) is None


def test_the_length_of_the_list_is_asked_for() -> None:
    plan = _plan("how long is the list?")
    assert plan.intent == "explain"
    assert plan.shape is not None


def test_orders_between_semicolons_are_steps_and_what_searches_is_one() -> None:
    plan = _plan("save the list as Run; remove #2; more like #4; slower; no drums")
    assert [(s.intent, s.edit) for s in plan.steps] == [
        ("edit_playlist", "save"),
        ("edit_playlist", "remove"),
        ("similar", None),
    ]
    search = plan.steps[2]
    assert search.handles == (4,)
    assert search.comparisons == ("slower",)
    assert [(c.op, c.value) for c in search.constraints] == [("not", "drums")]


def test_a_question_and_an_order_are_both_read() -> None:
    plan = _plan("what is a fugue?; calm piano music")
    assert plan.steps[0].intent == "chitchat"
    assert plan.steps[0].question is not None
    assert {c.value for c in plan.steps[1].constraints} == {"calm", "piano"}


def test_a_greeting_before_an_order_is_no_step() -> None:
    plan = _plan("hello; calm piano music")
    assert not plan.steps
    assert {c.value for c in plan.constraints} == {"calm", "piano"}


def test_places_in_a_row_stay_together() -> None:
    plan = _plan("add #4, #5 and #6 to the playlist, remove #1")
    assert [(s.edit, s.handles) for s in plan.steps] == [("add", (4, 5, 6)), ("remove", (1,))]


def test_a_taste_is_taken_back() -> None:
    plan = _plan("forget that i like jazz")
    assert plan.intent == "profile"
    assert [(t.value, t.weight) for t in plan.tastes] == [("jazz", 0.0)]


def test_a_name_at_the_end_is_the_name_of_the_list() -> None:
    plan = _plan("a playlist of 16 tracks of soul for braiding hair called Braid Day")
    assert plan.playlist_title == "Braid Day"
    assert "Braid" not in plan.text


@pytest.mark.parametrize(
    "message",
    [
        "are you able to get rid of the second one?",
        "do you mind removing #3?",
        "is there something calmer than #3?",
        "is there anything by the artist of #3?",
        "how about the third one but slower?",
        "How I love #3",
        "what a great #3!",
        "have a look at #3 and remove it",
    ],
)
def test_what_orders_or_praises_is_not_only_explained(message: str) -> None:
    assert asked_of_track(message, len(_TRACKS), _parse) is None


@pytest.mark.parametrize(
    "message",
    [
        "put it in C minor", "put #3 on Top", "save it to USB", "add #3 to My Playlist", "add #3 to The List",
        "open Road Trip, then shuffle it", "play Christmas carols", "play Bach, Handel and Liszt", "move #1 after #30",
        "keep only #1 and #12", "play The next one", "which playlist do you recommend?",
    ],
)  # fmt: skip
def test_what_says_more_than_a_form_is_left_to_the_patterns(message: str) -> None:
    assert formed(message, len(_TRACKS), _parse) is None


def test_the_last_counts_as_a_place_among_others() -> None:
    plan = _plan("keep only #2 and the last")
    assert (plan.edit, plan.handles) == ("remove", (1, 3, 4, 5, 6, 7, 8, 9))


@pytest.mark.parametrize(
    "message",
    ["compose a waltz; in C minor; with strings", "The second one reminded me of home; ah! my mother hummed it"],
)
def test_a_piece_and_what_it_should_be_like_are_one_order_and_a_story_is_none(message: str) -> None:
    assert not _plan(message).steps


def test_semicolons_in_quotes_part_nothing() -> None:
    assert _plan('save it as "Rock; Pop; Jazz"').playlist_title == "Rock; Pop; Jazz"


def test_it_is_the_track_of_the_order_before() -> None:
    steps = _plan("i like #2; more like it").steps
    assert [(s.intent, s.handles) for s in steps] == [("feedback", (2,)), ("similar", (2,))]


def test_a_band_is_not_the_name_of_the_list() -> None:
    assert _plan("make a playlist of songs by a band called Muse").playlist_title is None


@pytest.mark.parametrize(
    ("message", "bad", "good"),
    [
        ("nah hate 1 and 5. rest is sick", (1, 5), (2, 3, 4, 6, 7, 8, 9, 10)),
        ("I love #2, the others are awful", (1, 3, 4, 5, 6, 7, 8, 9, 10), (2,)),
    ],
)
def test_some_are_hated_and_the_rest_is_loved(message: str, bad: tuple[int, ...], good: tuple[int, ...]) -> None:
    told = {step.reaction: step.handles for step in _plan(message).steps}
    assert told == {"dislike": bad, "like": good}


def test_what_is_told_of_a_track_is_told_once() -> None:
    plan = _plan("who composed #2?; what year is #2 from?")
    assert (plan.intent, plan.handles, plan.steps) == ("explain", (2,), ())


def test_a_list_is_saved_in_the_order_that_it_was_to_have() -> None:
    steps = _plan("save the list as Workshop; sort the list by length, shortest first").steps
    assert [step.edit for step in steps] == [None, "save"]


@pytest.mark.parametrize(
    "message", ["forget the wish for the year", "forget the limit on the year", "any year is fine"]
)
def test_a_limit_is_taken_back_by_what_it_is_about(message: str) -> None:
    limited = Standing(results=_TRACKS, constraints=_parse("jazz from after 2000").constraints)
    plan = RulePlanner(_parse).plan(message, DialogueState(session_id="s", turn=1, standing=limited), ())
    fields = [limited.constraints[n - 1].field for n in plan.without]
    assert fields == ["year"]


def test_who_sings_is_taken_back_by_who() -> None:
    sung = Standing(results=_TRACKS, constraints=_parse("pop, only women singing, female vocals").constraints)
    state = DialogueState(session_id="s", turn=1, standing=sung, pending_generation="pop")
    plan = RulePlanner(_parse).plan("ok forget the women thing, anyone can sing", state, ())
    assert not plan.agreed
    assert plan.intent == "refine"


@pytest.mark.parametrize(
    ("message", "handles"),
    [
        ("take out #3 and put something else in its place", (3,)),
        ("drop 3 and give me something calmer instead", (3,)),
        ("Die 3 kennen wir schon, bitte raus damit und was anderes dafür", (3,)),
    ],
)
def test_what_is_taken_out_for_another_is_replaced(message: str, handles: tuple[int, ...]) -> None:
    plan = _plan(message)
    assert (plan.edit, plan.handles, plan.steps) == ("replace", handles, ())


@pytest.mark.parametrize(
    "message", ['name it "Inge & Horst" instead', 'Nenn sie doch lieber "Inge & Horst"', 'rename it to "Inge & Horst"']
)
def test_a_list_gets_another_name(message: str) -> None:
    plan = _plan(message)
    assert (plan.edit, plan.playlist_title) == ("rename", "Inge & Horst")


def test_a_list_gets_another_name_and_another_order() -> None:
    plan = _plan('rename it to "Inge & Horst" and move the fast ones to the end')
    assert (plan.edit, plan.playlist_title) == ("rename", "Inge & Horst")
    assert plan.shape is not None
    assert (plan.shape.order, plan.shape.descending) == ("tempo", False)
