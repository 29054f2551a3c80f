"""The list on the screen as a set: asked about, sorted out, and followed to its artists."""

import pytest
from dialogue_states import FRESH, LISTED

from agent.languages import read
from agent.planner.rules import RulePlanner
from agent.standing import limits, merge
from retrieval.constraints import Constraint
from retrieval.reading.wishes import parse_wishes

RULES = RulePlanner(lambda text: parse_wishes(text, ["Ada Sun", "The Bards"]))


def plan(message, state=LISTED):
    return RULES.plan(message, state, ())


def wishes(found):
    return [(c.field, c.op, c.value) for c in found.constraints]


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ("which of these are instrumental?", [("vocal", "is", "instrumental")]),
        ("which one is the longest?", [("order", "is", "the longest first")]),
        ("Which of them are under 3 minutes?", [("duration", "max", 180.0)]),
        ("are any of these in a minor key?", [("key", "is", "minor")]),
        ("welche davon sind unter 3 Minuten?", [("duration", "max", 180.0)]),
        ("¿cuál es la más larga?", [("order", "is", "the longest first")]),
        ("laquelle est la plus longue ?", [("order", "is", "the longest first")]),
        ("哪首最长？", [("order", "is", "the longest first")]),
    ],
)
def test_a_question_about_the_list_searches_nothing_anew(message, asked):
    found = plan(message)
    assert found.intent == "explain"
    assert wishes(found) == asked


@pytest.mark.parametrize(
    "message",
    [
        "which tracks do you have under 3 minutes?", "which would you recommend for dinner?", "what are these?",
        "is it instrumental?", "what is jazz?",
    ],
)  # fmt: skip
def test_what_asks_about_something_else_is_no_question_about_the_list(message):
    found = plan(message)
    assert not (found.intent == "explain" and found.constraints)


def test_without_a_list_nothing_can_be_asked_of_it():
    assert plan("which of these are instrumental?", FRESH).intent != "explain"


@pytest.mark.parametrize("message", ["which of these mix in key with 1?", "what of these goes with #1 harmonically?"])
def test_what_mixes_with_a_track_is_asked_by_its_key(message):
    found = plan(message)
    assert (found.intent, found.attribute, found.handles) == ("explain", "harmony", (1,))


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("remove all the ones longer than 4 minutes", [("duration", "max", 240.0)]),
        ("throw out everything over 120 bpm", [("tempo", "max", 120.0)]),
        ("take out the ones by Ada Sun", [("artist", "not", "Ada Sun")]),
        ("drop everything with vocals", [("vocal", "is", "instrumental")]),
        ("delete the tracks between 100 and 120 bpm", [("tempo", "not", (100.0, 120.0))]),
        ("only keep the ones under 3 minutes", [("duration", "max", 180.0)]),
        ("show only the ones with piano", [("instrument", "is", "piano")]),
    ],
)
def test_a_kind_of_tracks_goes_or_stays(message, kept):
    found = plan(message)
    assert found.intent == "refine"
    assert wishes(found) == kept
    assert all(c.hard for c in found.constraints)


@pytest.mark.parametrize(
    ("message", "handles", "refused"),
    [
        ("more by the artist of #2", (2,), False),
        ("what else does the artist of #2 have?", (2,), False),
        ("anything else by whoever made the second one?", (2,), False),
        ("more by the same artist", (1,), False),
        ("is there something calmer by them?", (1,), False),
        ("mehr von dem Künstler von Nummer 2", (2,), False),
        ("nothing more by the artist of 3", (3,), True),
        ("no more songs from #2's artist please", (2,), True),
        ("I don't want to hear the band of the first track again", (1,), True),
    ],
)
def test_artists_are_told_by_their_tracks(message, handles, refused):
    found = plan(message)
    assert found.intent == "refine"
    assert found.handles == handles
    assert (found.same_artist, found.different_artist) == (not refused, refused)


def test_what_is_said_beside_an_artist_is_wished_for_as_well():
    assert plan("do you have anything by the same band but slower").comparisons == ("slower",)


@pytest.mark.parametrize("message", ["who is the artist of #2?", "who made the third one?", "how long is number 2?"])
def test_a_question_about_one_track_is_answered_from_it(message):
    found = plan(message)
    assert found.intent == "explain"
    assert found.handles


def test_two_tracks_move_in_one_message():
    found = plan("move 3 to the top and 5 to the end")
    assert [(s.edit, s.handles, s.place) for s in found.steps] == [("move", (3,), 1), ("move", (5,), -1)]
    assert [s.place for s in plan("put the last one first and #2 last").steps] == [1, -1]


def test_one_track_is_disliked_and_a_refusal_lifted_in_one_message():
    refusing = LISTED.standing.model_copy(update={"constraints": parse_wishes("rock, no drums").constraints})
    found = plan("#2 is awful, drums are fine though", LISTED.model_copy(update={"standing": refusing}))
    assert [(s.intent, s.reaction, s.without) for s in found.steps] == [
        ("feedback", "dislike", ()), ("refine", None, (2,)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("message", "order"),
    [
        ("calm piano pieces, slowest first", "the slowest first"),
        ("jazz sorted by year please, newest first", "the newest first"),
        ("the fastest jazz track", "the fastest first"),
        ("your 5 newest rock songs", "the newest first"),
        ("what's the longest track you have?", "the longest first"),
        ("ruhige Klaviermusik, die kürzesten zuerst", "the shortest first"),
        ("die schnellsten Techno-Stücke", "the fastest first"),
        ("las canciones de rock más largas", "the longest first"),
        ("les morceaux de jazz les plus récents", "the newest first"),
        ("最快的爵士乐", "the fastest first"),
    ],
)
def test_an_order_is_a_wish_of_a_search(message, order):
    found = plan(message, FRESH)
    assert found.intent == "recommend"
    assert ("order", "is", order) in wishes(found)


@pytest.mark.parametrize("message", ["music for my longest drive", "my oldest is three", "mas rapido", "plus rapide"])
def test_what_is_longest_beside_the_music_is_no_order(message):
    assert all(c.field != "order" for c in parse_wishes(read(message).text).constraints)


def test_a_new_order_takes_the_place_of_the_last_and_no_new_topic_keeps_it():
    (fast,), (slow,) = (parse_wishes(f"the {word} ones").constraints for word in ("fastest", "slowest"))
    assert merge((fast,), (slow,)) == (slow,)
    assert limits((fast, Constraint("tempo", "max", 100.0))) == (Constraint("tempo", "max", 100.0),)


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("Make me a 45 minute playlist for my pottery class, call it Clay Tuesday", "Clay Tuesday"),
        ('Mach mir ne Playlist mit 15 Liedern, soll "Küchenschlacht" heißen', "Küchenschlacht"),
        ("帮我做个跑步歌单,半小时,名字叫“晨跑”", "晨跑"),
    ],
)
def test_a_list_is_named_in_passing(message, title):
    found = plan(message, FRESH)
    assert (found.intent, found.playlist_title) == ("continue_playlist", title)


def test_a_file_format_is_no_name():
    found = plan("perfect, export it as m3u")
    assert (found.edit, found.playlist_title) == ("save", None)


def test_a_name_in_another_language_is_not_translated():
    assert plan("cámbiale el nombre a Sábado Noche").playlist_title == "Sábado Noche"


def test_the_years_that_stand_are_widened():
    eighties = LISTED.standing.model_copy(update={"constraints": parse_wishes("80s synthpop").constraints})
    found = plan("the 90s are fine too", LISTED.model_copy(update={"standing": eighties}))
    assert wishes(found) == [("year", "between", (1980.0, 1999.0))]
    assert found.without


@pytest.mark.parametrize(
    ("message", "before", "gone"),
    [
        ("the piano doesn't have to be there", "jazz with piano", "piano"),
        ("piano isn't a must", "jazz with piano", "piano"),
        ("Klavier muss doch nicht sein", "jazz with piano", "piano"),
        ("they don't have to be that long", "jazz over 10 minutes", 600.0),
        ("不用那么长", "jazz over 10 minutes", 600.0),
    ],
)
def test_what_need_not_be_is_wished_for_no_longer(message, before, gone):
    stood = LISTED.standing.model_copy(update={"constraints": parse_wishes(before).constraints})
    found = plan(message, LISTED.model_copy(update={"standing": stood}))
    assert [stood.constraints[n - 1].value for n in found.without] == [gone]


def test_many_minutes_without_a_track_are_those_of_the_whole_list():
    told = parse_wishes("spinning, 45 min, between 120 and 150 bpm")
    assert told.total_s == 2700
    assert all(c.field != "duration" for c in told.constraints)
    assert parse_wishes("a 20 minute drone piece").total_s is None


@pytest.mark.parametrize(
    "words", ["no piece longer than 5 min", "no track that is longer than 5 min", "nothing longer than 5 min"]
)
def test_no_piece_longer_than_is_a_limit_above(words):
    assert [(c.field, c.op, c.value) for c in parse_wishes(words).constraints] == [("duration", "max", 300.0)]


def test_a_number_beside_faster_says_how_fast():
    found = plan("bit faster, like 124")
    assert (found.comparisons, wishes(found)) == ((), [("tempo", "is", 124.0)])


def test_sentences_about_people_are_not_searched_by():
    text = plan("My granddaughter set this up for me. Could you find some nice old waltzes?", FRESH).text
    assert "waltzes" in text
    assert "granddaughter" not in text


def test_a_title_in_capitals_is_asked_for_by_its_name():
    found = plan("Do you have Clair de Lune?", FRESH)
    assert found.intent == "exact_track"
    assert [n.title for n in found.named] == ["Clair de Lune"]
