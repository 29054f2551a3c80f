"""Ordinary messages that new ways of saying things must leave alone: found by readers, none of them once worked."""

import pytest
from dialogue_states import FRESH, LISTED

from agent.languages import read
from agent.planner.rules import RulePlanner
from retrieval.reading.wishes import parse_wishes

RULES = RulePlanner(lambda text: parse_wishes(text, ["Ada Sun", "The Bards"]))


def plan(message, state=LISTED):
    return RULES.plan(message, state, ())


def wishes(found):
    return [(c.field, c.op, c.value) for c in found.constraints]


@pytest.mark.parametrize(
    ("message", "meant"),
    [
        ("没有人声", ("vocal", "is", "instrumental")),
        ("没有鼓", ("instrument", "not", "drums")),
        ("不要民谣", ("genre", "not", "folk")),
        ("quiero las canciones más largas de cinco minutos", ("duration", "min", 300.0)),
        ("sans trop de paroles, du jazz", ("vocal", "is", "instrumental")),
        ("remove everything before 1990", ("year", "min", 1990.0)),
        ("cut everything over 3 minutes and add drums", ("duration", "max", 180.0)),
        ("guitar heavy metal", ("genre", "is", "heavy metal")),
    ],
)
def test_what_is_wished_for_is_not_turned_round(message, meant):
    assert meant in wishes(plan(message))


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("no drums, more by the artist of #2", ("instrument", "not", "drums")),
        ("no vocals and more from the artist of #2", ("vocal", "is", "instrumental")),
        ("don't stop, more by the artist of #2", None),
    ],
)
def test_a_refusal_in_another_clause_refuses_no_artist(message, kept):
    found = plan(message)
    assert found.same_artist
    assert kept is None or kept in wishes(found)


@pytest.mark.parametrize(
    "message",
    ["anyone other than the artist of #2", "anything but the artist of #2", "other bands than the artist of #2"],
)
def test_anyone_but_an_artist_is_not_that_artist(message):
    assert plan(message).different_artist


@pytest.mark.parametrize(
    "message",
    [
        "music with a man in it", "a letter from her", "that composer Debussy", "I got this song from him",
        "same composer as Clair de Lune", "how many songs by this artist do you have?",
    ],
)  # fmt: skip
def test_people_in_other_words_are_no_artists_of_the_list(message):
    found = plan(message)
    assert not found.same_artist
    assert not (found.different_artist and found.handles)


@pytest.mark.parametrize(
    "message",
    [
        "最近很难过，放点歌", "最快乐的歌", "最轻松的", "mein ältester Freund kommt, was Lustiges bitte",
        "the world's fastest man",
        "songs about the oldest profession", "what's the longest river in Africa", "what is the oldest instrument",
        "the latest trends in electronic music", "the shortest way home",
    ],
)  # fmt: skip
def test_what_is_the_longest_of_something_else_is_no_order(message):
    assert all(c.field != "order" for c in parse_wishes(read(message).text).constraints)


def test_the_longest_is_taken_out_not_asked_for():
    for message in ("remove the longest", "lösch das langsamste", "quita la más larga"):
        found = plan(message)
        assert (found.intent, found.edit) == ("edit_playlist", "remove")


@pytest.mark.parametrize(
    "message",
    [
        "ponle voces", "ponla como primera", "改成古典", "名字是什么", "was soll das heißen", "call it a day",
        "nenn es wie du willst", "改成快一点的",
    ],
)  # fmt: skip
def test_what_names_no_list_saves_none(message):
    found = plan(message)
    assert found.edit not in {"save", "rename"}
    assert found.playlist_title is None


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("nenn sie bitte Abendrot und speichere", "Abendrot"),
        ("that's great, call it Blue Nights", "Blue Nights"),
        ("save it as Spotify Favourites", "Spotify Favourites"),
    ],
)
def test_a_name_is_taken_whole_and_alone(message, title):
    assert plan(message).playlist_title == title


def test_a_name_leaves_the_number_of_tracks():
    found = plan("Make me a jazz playlist. Call it Road Trip with 20 songs", FRESH)
    assert (found.playlist_title, found.n) == ("Road Trip", 20)


@pytest.mark.parametrize("message", ["das zweite gefällt mir gar nicht", "2号太难听了"])
def test_what_somebody_dislikes_is_not_liked(message):
    assert plan(message).reaction != "like"


@pytest.mark.parametrize("message", ["what songs for a wedding", "what songs in German with guitar"])
def test_what_songs_is_a_search(message):
    assert plan(message).intent != "explain"


@pytest.mark.parametrize(("words", "seconds"), [("30 minutes music for cooking", 1800), ("an hour of techno", 3600)])
def test_the_length_of_a_list_is_kept(words, seconds):
    assert parse_wishes(words).total_s == seconds


def test_the_subject_of_a_film_is_searched_by():
    assert "whales" in plan("My film is about whales. It should feel lonely and slow", FRESH).text


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("save it as Movie Night", "Movie Night"),
        ("save this as Session No. 3", "Session No. 3"),
        ("save it as Village Fair", "Village Fair"),
        ("ponle Verbena 2025 y pasa la 9 al principio", "Verbena 2025"),
        ("Call it 25 Years of Us and put the slowest ones at the end", "25 Years of Us"),
    ],
)
def test_a_name_is_left_as_it_is(message, title):
    found = plan(message)
    assert title in {found.playlist_title, *(s.playlist_title for s in found.steps)}


@pytest.mark.parametrize("message", ["play Mambo No. 5", "play Night Shift by The Bards"])
def test_a_title_is_left_as_it_is(message):
    assert [r.title for r in plan(message).named] == [message.removeprefix("play ").removesuffix(" by The Bards")]


@pytest.mark.parametrize(
    ("message", "refused"),
    [
        ("don't remove the piano ones", "piano"),
        ("don't drop the jazz tracks", "jazz"),
        ("Musik zum Einschlafen von Ada Sun", "Ada Sun"),
        ("it's so sad, i need more of this", "sad"),
        ("such mir die schnellen raus", None),
    ],
)
def test_what_is_kept_or_praised_is_not_refused(message, refused):
    found = wishes(plan(message))
    assert not [c for c in found if c[1] == "not"]
    assert refused is None or refused in [c[2] for c in found]


@pytest.mark.parametrize(
    "message",
    ["change track 3 to the end", "change 10 to 20 tracks", "change 4 to 5 minutes", "start calm instead of #1"],
)
def test_a_move_or_a_count_swaps_nothing(message):
    assert plan(message).edit != "replace"


def test_an_hour_and_some_minutes_are_one_length():
    assert plan("jazz for 1 hour and 15 minutes", FRESH).constraints == parse_wishes("jazz").constraints


@pytest.mark.parametrize("message", ["anything that isnt super aggressive", "nothing super aggressive"])
def test_super_is_no_praise(message):
    assert wishes(plan(message, FRESH)) == [("mood", "not", "aggressive")]


@pytest.mark.parametrize("message", ["更阳光一些", "更明亮一点"])
def test_a_comparison_stays_one_beside_the_lexicon(message):
    found = plan(message)
    assert (found.comparisons, wishes(found)) == (("happier",), [])
