"""How people say what a playlist should be like, and what only sounds like it."""

import time

import pytest
from dialogue_states import ARTISTS, FRESH, LISTED

from agent.planner.courses import PEAK, course_in
from agent.planner.patterns import load_patterns
from agent.planner.pointing import handles_in
from agent.planner.rules import RulePlanner
from agent.values import ListShape
from retrieval.reading.wishes import parse_wishes

PLANNER = RulePlanner(lambda text: parse_wishes(text, ARTISTS))
# A list that was made two hours long before.
SHAPED = LISTED.model_copy(
    update={"standing": LISTED.standing.model_copy(update={"shape": ListShape(whole=True, duration_s=7200.0)})}
)


def shape_of(message, state=LISTED):
    made = PLANNER.plan(message, state, ())
    assert made.intent == "continue_playlist", made
    assert made.shape is not None, made
    return made, made.shape.model_dump(exclude_defaults=True)


WHOLE = {"whole": True}
POSITIVE = [
    # How long the whole list is.
    ("make it two hours", {"duration_s": 7200.0}),
    ("make it 45 minutes", {"duration_s": 2700.0}),
    ("Make this an hour and a half, please", {"duration_s": 5400.0}),
    ("make the playlist 90 min long", {"duration_s": 5400.0}),
    ("can you make that about 1.5 hours?", {"duration_s": 5400.0}),
    ("cut it down to half an hour", {"duration_s": 1800.0}),
    ("shorten the list to 40 minutes", {"duration_s": 2400.0}),
    ("extend it to three hours", {"duration_s": 10800.0}),
    ("stretch this to 2h", {"duration_s": 7200.0}),
    ("stretch it to two and a half hours", {"duration_s": 9000.0}),
    ("it should be an hour and 15 minutes long", {"duration_s": 4500.0}),
    ("the playlist should last 1h30", {"duration_s": 5400.0}),
    ("turn this into a two hour playlist", {"duration_s": 7200.0}),
    ("make it 20 tracks", {"n": 20}),
    ("make it twelve songs long", {"n": 12}),
    ("trim it to 5 songs", {"n": 5}),
    ("reduce this list to ten tracks", {"n": 10}),
    ("the list should have 15 tracks", {"n": 15}),
    ("same order, just 20 tracks", {"n": 20, "order": "same"}),
    ("keep the order but make it 6 tracks", {"n": 6, "order": "same"}),
    # Its course.
    ("calm at the start, wild at the end", {"arc": "rise"}),
    ("start calm, end wild", {"arc": "rise"}),
    ("start slow and build up", {"arc": "rise"}),
    ("begin quietly and finish loud", {"arc": "rise"}),
    ("start loud, end calm", {"arc": "fall"}),
    ("start wild and then wind down", {"arc": "fall"}),
    ("energetic at the beginning and mellow towards the end", {"arc": "fall"}),
    ("rising energy please", {"arc": "rise"}),
    ("let the energy rise slowly", {"arc": "rise"}),
    ("falling energy", {"arc": "fall"}),
    ("steady energy throughout", {"arc": "flat"}),
    ("keep the energy level", {"arc": "flat"}),
    ("in waves please", {"arc": "wave"}),
    ("with ups and downs", {"arc": "wave"}),
    ("calm at the beginning and the end, wild in the middle", {"arc": PEAK}),
    ("start calm, peak in the middle, end calm", {"arc": PEAK}),
    # Its order.
    ("best ones first", {"order": "best"}),
    ("put the best ones first", {"order": "best"}),
    ("sort it so that it flows", {"order": "smooth"}),
    ("in a good playing order", {"order": "smooth"}),
    # Several at once.
    ("make it two hours, start calm, no vocals, and keep track 3", {"duration_s": 7200.0, "arc": "rise", "keep": (3,)}),
    ("two hours, start calm, end wild", {"duration_s": 7200.0, "arc": "rise"}),
    ("make it an hour with rising energy and keep #2 and #5", {"duration_s": 3600.0, "arc": "rise", "keep": (2, 5)}),
    ("make it 10 tracks but keep the third where it is", {"n": 10, "keep": (3,), "in_place": True}),
    # Read only after the first forty were.
    ("can this be two hours long?", {"duration_s": 7200.0}),
    ("I need it to be 2 hours", {"duration_s": 7200.0}),
    ("make it 1:30 hours", {"duration_s": 5400.0}),
    ("60 minutes total, rising energy", {"duration_s": 3600.0, "arc": "rise"}),
    ("give me 30 tracks instead, same order", {"n": 30, "order": "same"}),
    ("make it a bit calmer at the beginning and wilder at the end", {"arc": "rise"}),
    ("begin mellow, get wilder", {"arc": "rise"}),
    ("open with calm tracks and finish with wild ones", {"arc": "rise"}),
    ("slow start, wild finish", {"arc": "rise"}),
    ("order it from calm to wild", {"arc": "rise"}),
    ("calm first, then wild", {"arc": "rise"}),
    ("gradually increase the energy", {"arc": "rise"}),
    ("the energy should drop towards the end", {"arc": "fall"}),
    ("end on a calm note", {"arc": "fall"}),
    ("let it go up and down", {"arc": "wave"}),
    ("most fitting first", {"order": "best"}),
    ("smooth out the transitions", {"order": "smooth"}),
    ("make it twice as long", {"factor": 2.0}),
    ("halve it", {"factor": 0.5}),
    ("make it two hours but keep tracks 1 and 4", {"duration_s": 7200.0, "keep": (1, 4)}),
    ("make it an hour, but don't drop #4", {"duration_s": 3600.0, "keep": (4,)}),
]
ADDING = [
    ("continue this playlist, rising energy, at most one per artist", {"arc": "rise"}),
    ("continue my playlist with 5 tracks, starting calm and ending wild", {"arc": "rise", "n": 5}),
    ("make me a 30 minute playlist of jazz, start calm, end wild", {"arc": "rise", "duration_s": 1800.0}),
    ("add another half hour", {"duration_s": 1800.0}),
    ("extend it by 20 minutes", {"duration_s": 1200.0}),
    ("add an hour to it", {"duration_s": 3600.0}),
    ("add something between the third and fourth", {"between": (3, 4), "insert": "gaps"}),
    ("fill the holes", {"insert": "gaps"}),
    ("continue with songs like the first three, not like #5", {"more": (1, 2, 3), "fewer": (5,)}),
    ("put something between 2 and 3", {"between": (2, 3), "insert": "gaps"}),
    ("add two songs between #4 and #5", {"between": (4, 5), "insert": "gaps", "n": 2}),
    ("insert a track between the first and the second", {"between": (1, 2), "insert": "gaps"}),
    ("fill the gaps", {"insert": "gaps"}),
    ("fill in the gaps with 4 tracks", {"insert": "gaps", "n": 4}),
    ("spread 5 new tracks evenly", {"insert": "even", "n": 5}),
    ("more like the first three, not like #5", {"more": (1, 2, 3), "fewer": (5,)}),
    ("more like #1 and #2, but not like the last two", {"more": (1, 2), "fewer": (7, 8)}),
]


@pytest.mark.parametrize(("message", "want"), POSITIVE)
def test_what_the_whole_list_should_be(message, want):
    assert shape_of(message)[1] == WHOLE | want


@pytest.mark.parametrize(("message", "want"), ADDING)
def test_what_is_added(message, want):
    assert shape_of(message)[1] == want


@pytest.mark.parametrize(
    ("message", "want"),
    [
        ("now make it an hour", {"whole": True, "duration_s": 3600.0}),
        ("an hour instead", {"whole": True, "duration_s": 3600.0}),
        ("but no vocals", {"whole": True}),
        ("at most one per artist", {"whole": True}),
    ],
)
def test_a_list_that_was_shaped_is_shaped_further(message, want):
    assert shape_of(message, SHAPED)[1] == want


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("make it two hours, start calm, no vocals, and keep track 3", ["vocal instrumental"]),
        ("continue this playlist, rising energy, at most one per artist", ["tracks of one artist at most 1"]),
        ("calm at the start, wild at the end", []),
        ("make it 45 minutes, only CC0", ["licence cc0"]),
        ("make it an hour of jazz", ["genre jazz"]),
    ],
)
def test_other_wishes_stay_wishes_and_those_of_the_list_are_read_once(message, words):
    assert [c.words for c in shape_of(message)[0].constraints] == words


NEGATIVE = [
    "two hours ago I heard a song",
    "the third album of X",
    "keep it real",
    "keep calm and carry on",
    "make it louder",
    "make it jazz",
    "make it 120 bpm",
    "make it under 3 minutes",
    "make it 3 minutes",
    "make them 12 minutes long",
    "make it happy",
    "start over",
    "start with some calm jazz",
    "music to start the day calm",
    "songs about the end of the world",
    "wild horses at the end of the road",
    "calm piano",
    "new wave",
    "synthwave with waves of the sea",
    "rising sun",
    "songs for falling asleep",
    "a steady beat",
    "best of Queen",
    "the best songs of the 90s",
    "Best First Aid Kit songs first",
    "between 60 and 90 bpm",
    "something between jazz and blues",
    "put something on",
    "mind the gap",
    "fill the room with bass",
    "music for a two hour drive",
    "I have been listening for two hours",
    "twenty tracks is what the third album has",
    "the first two minutes of #1",
    "in order to relax",
    "order me a pizza",
    "music to wind down",
    "I like the first one",
    "I don't like #5",
    "more like #2",
    "more like the first one",
    "less like #2",
    "like #2 but less like #3",
    "pin the third",
    "remove #2",
    "add #1 to my playlist",
    "play track 3",
    "keep going strong songs",
    "cut to the chase",
    "what key is the first in",
    "a two hour film about waves",
    "under 2 minutes",
    "two hours later he called",
    "calm down",
    "music to calm down",
    "quiet storm",
    "slow songs to start a party",
    "something wild for the end of the night",
    "start me up by the rolling stones",
    "end of summer music",
    "songs between 2 and 3 minutes",
    "something between calm and wild",
    "I have an hour",
    "in a good mood",
    "in good order",
    "energy drink",
    "keep the drums",
    "don't lose the bass",
    "cut the vocals",
    "longer please",
    "double bass",
    "double time drums",
    "from Amsterdam to Berlin",
    "from slow to fast jazz standards",
    "add some bass",
    "half an hour in the rain",
    "the calm before the storm",
    "first aid",
    "a wild ending scene",
    "grow old with me",
    "turn it up louder",
    "get loud",
]


@pytest.mark.parametrize("message", NEGATIVE)
@pytest.mark.parametrize("state", [FRESH, LISTED])
def test_what_only_sounds_like_it_shapes_nothing(message, state):
    assert PLANNER.plan(message, state, ()).shape is None


@pytest.mark.parametrize("message", [m for m, _ in POSITIVE if "playlist" not in m])
def test_without_a_list_there_is_nothing_to_shape_but_a_course_from_one_end_to_the_other_begins_one(message):
    begins = course_in(message, load_patterns()).ends
    assert (PLANNER.plan(message, FRESH, ()).intent == "continue_playlist") == begins


@pytest.mark.parametrize(
    ("message", "want"),
    [
        ("the first three", (1, 2, 3)),
        ("the last two", (7, 8)),
        ("the first 2 and #5", (1, 2, 5)),
        ("the first two minutes", ()),
        ("the first three albums of Queen", ()),
        ("the last five years", ()),
        ("the first twenty", (1, 2, 3, 4, 5, 6, 7, 8)),
    ],
)
def test_several_places_at_once(message, want):
    assert handles_in(message, 8) == want


@pytest.mark.parametrize(
    "message", ["make it " * 2500, "start calm, " * 2000, "between 2 and " * 2000, "keep #1 and " * 2000, "1 " * 9000]
)
def test_long_messages_are_read_at_once(message):
    start = time.process_time()
    PLANNER.plan(message, LISTED, ())
    assert time.process_time() - start < 5  # quadratic in the length it would be minutes
