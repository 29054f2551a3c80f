"""The course that a message says a list should take, as it is read, and as the list then goes."""

import pytest
from dialogue_states import ARTISTS, FRESH

from agent.planner.courses import course_in
from agent.planner.patterns import load_patterns
from agent.planner.rules import RulePlanner
from retrieval.reading.wishes import parse_wishes

PLANNER = RulePlanner(lambda text: parse_wishes(text, ARTISTS))


def planned(message):
    return PLANNER.plan(message, FRESH, ())


@pytest.mark.parametrize(
    ("text", "arc"),
    [
        ("a playlist that goes from sad to hopeful", ("sad", "hopeful")),
        ("an hour that starts with jazz and ends in techno", ("jazz", "techno")),
        ("first something dark, then happy", ("dark", "happy")),
        ("romantic at the start, party at the end", ("romantic", "party")),
        ("music that slowly moves from dark to happy", ("dark", "happy")),
        ("from calm to wild", "rise"),
        ("quiet at first and livelier later", "rise"),
        ("begin slow and build up to something wild", "rise"),
        ("start loud, end calm", "fall"),
    ],
)
def test_a_course_has_two_ends(text, arc):
    course = course_in(text, load_patterns())
    assert course.arc == arc
    assert course.ends


@pytest.mark.parametrize(
    "text",
    [
        "play me everything from jazz to techno",
        "I like everything from jazz to techno",
        "songs that go from sad to happy",
        "trains from Paris to Berlin",
        "from sad piano to hopeful orchestra",
        "first the chorus, then the verse",
    ],
)
def test_a_range_or_what_each_track_is_like_is_no_course(text):
    assert course_in(text, load_patterns()).arc is None


@pytest.mark.parametrize(
    ("message", "arc", "seconds"),
    [
        ("start calm and end energetic, about an hour", "rise", 3600),
        ("one hour mix that starts mellow and gets louder", "rise", 3600),
        ("I need 90 min for a dinner party, quiet at first and livelier later", "rise", 5400),
        ("a 40 minute playlist from jazz to techno", ("jazz", "techno"), 2400),
        ("Musik für eine Stunde, ruhig anfangen, wild aufhören", "rise", 3600),
        ("Playlist von melancholisch zu hoffnungsvoll, 45 Minuten", ("sad", "hopeful"), 2700),
        ("una hora de música, que empiece tranquila y acabe fuerte", "rise", 3600),
        ("una lista que vaya de triste a alegre, 30 minutos", ("sad", "happy"), 1800),
        ("une heure de musique qui commence doucement et finit fort", "rise", 3600),
        ("une playlist qui va du triste au joyeux", ("sad", "happy"), None),
        ("一个小时的音乐，开始安静，最后激烈", "rise", 3600),
        ("一个从悲伤到快乐的歌单", ("sad", "happy"), None),
    ],
)
def test_a_course_makes_a_list_of_a_first_message(message, arc, seconds):
    plan = planned(message)
    assert plan.intent == "continue_playlist"
    assert plan.shape.arc == arc
    assert (plan.shape.duration_s or plan.duration_s) == seconds


@pytest.mark.parametrize(
    "message", ["Musik von Bach bis Mozart", "música de piano a las 8", "alles von Jazz bis Techno"]
)
def test_what_only_sounds_like_a_course_is_none(message):
    assert planned(message).shape is None


@pytest.mark.parametrize("message", ["20 techno tracks sorted by key", "20 techno tracks, in key order"])
def test_a_new_list_is_in_the_order_that_was_asked_for(message):
    plan = planned(message)
    assert (plan.intent, plan.n, plan.shape.order) == ("continue_playlist", 20, "key")


def test_about_an_hour_is_the_length_of_the_list():
    plan = planned("about an hour of calm piano")
    assert plan.intent == "recommend"
    assert not [c for c in plan.constraints if c.field == "duration"]
    assert planned("a piece of about 12 minutes").n is None


def test_the_list_goes_the_way_that_was_asked_for(world):
    done = world.say("a 40 minute playlist that goes from piano to metal")
    tracks = world.catalogue.library.get_many(world.standing().results)
    assert "metal" in str(tracks[-1].tags)
    assert "metal" not in str(tracks[0].tags)
    assert "The list goes from “piano”" in done.reply
