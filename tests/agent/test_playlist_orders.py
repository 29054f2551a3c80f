"""How people say that a list should be sorted, shuffled, longer or shorter, and what comes of it."""

import time

import pytest
from dialogue_states import ARTISTS, FRESH, LISTED

from agent.planner.courses import PEAK
from agent.planner.rules import RulePlanner
from agent.values import ListShape
from retrieval.likeness import camelot
from retrieval.reading.wishes import parse_wishes

PLANNER = RulePlanner(lambda text: parse_wishes(text, ARTISTS))


def with_standing(**change):
    return LISTED.model_copy(update={"standing": LISTED.standing.model_copy(update=change)})


COLLECTED = with_standing(playlist=LISTED.standing.results)
SHAPED = with_standing(shape=ListShape(whole=True, duration_s=7200.0))


def by(key, descending=False):
    return {"order": key} | ({"descending": True} if descending else {})


ORDERS = [
    ("shuffle it", by("shuffle")),
    ("Shuffle my playlist please", by("shuffle")),
    ("shuffle", by("shuffle")),
    ("shuffle again", by("shuffle")),
    ("mix them up", by("shuffle")),
    ("put them in random order", by("shuffle")),
    ("in random order please", by("shuffle")),
    ("randomize the order", by("shuffle")),
    ("reverse it", by("reverse")),
    ("the other way round", by("reverse")),
    ("sort it by energy", by("energy")),
    ("sort it by energy, descending", by("energy", True)),
    ("sort by tempo", by("tempo")),
    ("order them by tempo from fast to slow", by("tempo", True)),
    ("sort the list by year, newest first", by("year", True)),
    ("sort it by title", by("title")),
    ("sort it by artist, Z to A", by("artist", True)),
    ("sort these alphabetically", by("title")),
    ("arrange the songs by artist name", by("artist")),
    ("put them in chronological order", by("year")),
    ("newest first", by("year", True)),
    ("the fastest ones first", by("tempo", True)),
    ("slowest last", by("tempo", True)),
    ("sort my playlist by bpm, highest first", by("tempo", True)),
    ("sort it from fast to slow", by("tempo", True)),
    ("sort it from slow to fast", by("tempo")),
    ("order it from calm to wild", {"arc": "rise"}),
    ("from oldest to newest", by("year")),
    ("rank them by loudness", by("loudness")),
    ("sort it by length, longest first", by("length", True)),
    ("by year instead", by("year")),
    ("sort it by key", by("key")),
    ("sort em by key so i can mix harmonically", by("key")),
    ("order them harmonically", by("key")),
    ("sortier die Liste nach Tonart", by("key")),
    ("sortiere sie nach Tempo, schnellste zuerst", by("tempo", True)),
    ("trie la liste par tonalité", by("key")),
    ("ordena la lista por tonalidad", by("key")),
    ("按调性排序", by("key")),
    ("sort it by tempo and make it an hour", by("tempo") | {"duration_s": 3600.0}),
    ("sort it by energy but keep #3 where it is", by("energy") | {"keep": (3,), "in_place": True}),
    # Written after the others were read; 13 of 20 were read right at first sight.
    ("could you shuffle these for me?", by("shuffle")),
    ("give the tracks a shuffle", by("shuffle")),
    ("order by release year", by("year")),
    ("I want the songs sorted by tempo", by("tempo")),
    ("please arrange my playlist from quietest to loudest", by("loudness")),
    ("sort by energy, most energetic first", by("energy", True)),
    ("list them in alphabetical order by artist", by("artist")),
    ("can you put the slow ones first?", by("tempo")),
    ("start with the oldest tracks", by("year")),
    ("sort it by bpm in descending order", by("tempo", True)),
    ("A to Z by title", by("title")),
    ("sort everything by year, latest at the top", by("year", True)),
    ("scramble the playlist", by("shuffle")),
    ("group the songs by artist", by("artist")),
    # And once more: 9 of 10 at first sight.
    ("sort these songs by speed, fastest on top", by("tempo", True)),
    ("put the newest songs at the top", by("year", True)),
    ("order everything by band name", by("artist")),
    ("reverse the order please", by("reverse")),
    ("I'd like it sorted by energy from low to high", by("energy")),
    ("random order", by("shuffle")),
]
LENGTHS = [
    ("make it longer", {"factor": 1.5}),
    ("make it longer, two hours", {"duration_s": 7200.0}),
    ("make it longer: about 90 minutes", {"duration_s": 5400.0}),
    ("make it longer by 20 minutes", {"delta_s": 1200.0}),
    ("make it a bit shorter", {"factor": 0.8}),
    ("make it much longer", {"factor": 2.0}),
    ("make it ten minutes shorter", {"delta_s": -600.0}),
    ("make it 3 tracks longer", {"delta_n": 3}),
    ("cut it by 5 minutes", {"delta_s": -300.0}),
    ("take 20 minutes off", {"delta_s": -1200.0}),
    ("shorten it a bit", {"factor": 0.8}),
    ("trim the list", {"factor": 2 / 3}),
    ("the playlist is too long", {"factor": 2 / 3}),
    ("make it two hours", {"duration_s": 7200.0}),
    ("make this a little longer", {"factor": 1.25}),
    ("could it be longer? like two hours", {"duration_s": 7200.0}),
    ("make the playlist shorter, about 30 minutes", {"duration_s": 1800.0}),
    ("it should be a bit shorter", {"factor": 0.8}),
    ("make it a tad longer, say an hour", {"duration_s": 3600.0}),
    ("can you shorten the playlist a little", {"factor": 0.8}),
    ("five minutes shorter please", {"delta_s": -300.0}),
    ("cut two songs from the list", {"delta_n": -2}),
]


@pytest.mark.parametrize(("message", "want"), ORDERS + LENGTHS)
def test_what_is_said_of_a_list(message, want):
    made = PLANNER.plan(message, LISTED, ())
    assert made.intent == "continue_playlist", made
    assert made.shape.model_dump(exclude_defaults=True) == {"whole": True} | want
    assert (made.constraints, made.comparisons) == ((), ())


@pytest.mark.parametrize("state", [COLLECTED, SHAPED])
@pytest.mark.parametrize(
    ("message", "want"),
    [
        ("a bit shorter", {"factor": 0.8}),
        ("longer please", {"factor": 1.5}),
        ("much longer", {"factor": 2.0}),
        ("a bit longer, 90 minutes", {"duration_s": 5400.0}),
    ],
)
def test_of_a_list_in_hand_longer_is_the_list(message, want, state):
    assert PLANNER.plan(message, state, ()).shape.model_dump(exclude_defaults=True) == {"whole": True} | want


@pytest.mark.parametrize("message", ["a bit shorter", "longer please", "make them longer", "shorter tracks please"])
def test_of_what_was_searched_for_it_is_the_tracks(message):
    made = PLANNER.plan(message, LISTED, ())
    assert made.shape is None
    assert made.comparisons


NEGATIVE = [
    "sort of jazz",
    "in order to relax",
    "shuffle dance",
    "a shuffle beat",
    "mix it up with some jazz",
    "songs by New Order",
    "the longest song you have",
    "something longer than 5 minutes",
    "play the fastest one",
    "oldest recording of Bach",
    "music by year of the cat",
    "random song",
    "what tempo is the first?",
    "same tempo as #2",
    "put it on",
    "list the artists",
    "list my playlists by name",
    "reverse engineering",
    "by artist Ada Sun",
    "put #3 first",
    "the newest album by The Bards",
    "longest day of the year",
    "order from chaos",
    "make it shorter than 3 minutes",
    "10 more minutes of this",
    "a longer intro",
    "make it big",
    "a random playlist",
    "from the oldest band to the newest",
    "slow down first",
    "#3 is too long",
    "show me jazz sorted by year",
    "jazz, newest first",
]


@pytest.mark.parametrize("message", NEGATIVE)
@pytest.mark.parametrize("state", [FRESH, LISTED])
def test_what_only_sounds_like_it(message, state):
    assert PLANNER.plan(message, state, ()).shape is None


@pytest.mark.parametrize("message", [m for m, _ in ORDERS + LENGTHS if "from calm to wild" not in m])
def test_without_a_list_there_is_nothing_to_order(message):
    assert PLANNER.plan(message, FRESH, ()).shape is None


@pytest.mark.parametrize(
    "part", ["sort it by ", "shuffle it and ", "longer ", "take 20 minutes ", "from fast to slow "]
)
def test_long_messages_take_no_longer_than_their_length(part):
    def seconds(n):
        start = time.perf_counter()
        PLANNER.plan(part * n, LISTED, ())
        return time.perf_counter() - start

    # The factor leaves room for a machine with other work; a quadratic reading would be at 16.
    assert min(seconds(800) for _ in range(2)) < 12 * min(seconds(200) for _ in range(3)) + 0.2


@pytest.fixture
def listed(world):
    """Eight jazz tracks on the screen."""
    world.say("jazz, 8 tracks")
    return world


def results(world):
    return list(world.standing().results)


def tempos(world):
    return [t.tempo_bpm for t in world.catalogue.library.get_many(results(world))]


def test_a_list_on_the_screen_is_sorted_and_the_answer_says_so(listed):
    before = set(results(listed))
    done = listed.say("sort it by tempo")
    assert set(results(listed)) == before
    assert tempos(listed) == sorted(tempos(listed))
    assert "Ordered by tempo, the slowest first." in done.reply
    done = listed.say("sort it by tempo, from fast to slow")
    assert tempos(listed) == sorted(tempos(listed), reverse=True)
    assert "the fastest first" in done.reply


def test_a_list_is_sorted_round_the_circle_of_fifths(listed):
    before = set(results(listed))
    done = listed.say("sort it by key")
    snapshot = listed.engine.state.snapshot
    rows = snapshot.rows(results(listed))
    places = [int(camelot(snapshot.pitch_class[r], snapshot.mode_minor[r])) for r in rows]
    known = [p for p in places if p >= 0]
    assert set(results(listed)) == before
    assert known == sorted(known)
    assert places[: len(known)] == known, "tracks without a key come last"
    assert "Ordered by harmony, up the circle of fifths." in done.reply


COURSES = [
    ("make me a playlist for a ride, starts gentle then builds", "rise"),
    ("an hour of jazz, begin slow, then fast, slow again at the end", PEAK),
    ("playlist for a party, start chilled, peak in the middle, calm at the end", PEAK),
    ("a playlist that starts wild and ends calm", "fall"),
    ("Playlist für eine Radtour, fängt ruhig an und steigert sich", "rise"),
    ("una lista que empiece tranquila y vaya subiendo", "rise"),
    ("une playlist qui commence doucement et qui monte", "rise"),
    ("先慢后快的歌单，一个小时", "rise"),
]


@pytest.mark.parametrize(("message", "arc"), COURSES)
def test_a_playlist_is_asked_for_with_its_course(message, arc):
    plan = PLANNER.plan(message, FRESH, ())
    assert plan.intent == "continue_playlist"
    assert plan.shape is not None
    assert plan.shape.arc == arc


def test_a_tempo_that_rises_is_a_range_in_order():
    plan = PLANNER.plan("make me a running playlist that starts at 120 bpm and goes up to 170", FRESH, ())
    assert ("tempo", "between", (120.0, 170.0)) in {(c.field, c.op, c.value) for c in plan.constraints}
    assert plan.shape == ListShape(order="tempo")
    fall = PLANNER.plan("start at 90 and go down to 60 bpm", LISTED, ())
    assert fall.shape == ListShape(whole=True, order="tempo", descending=True)


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("another hour of that", 3600.0),
        ("add another hour", 3600.0),
        ("so another hour and a half of these please", 5400.0),
        ("häng noch ne Stunde dran", 3600.0),
    ],
)
def test_more_of_a_list_is_told_in_hours(message, seconds):
    plan = PLANNER.plan(message, COLLECTED, ())
    assert plan.shape == ListShape(duration_s=seconds)


def test_what_comes_in_later_is_sorted_in(listed):
    listed.say("sort it by tempo")
    listed.say("make it 12 tracks")
    assert len(results(listed)) == 12
    assert tempos(listed) == sorted(tempos(listed))


def test_a_course_takes_the_place_of_an_order_and_the_other_way_round(listed):
    listed.say("start calm, end wild")
    listed.say("sort it by title, Z to A")
    assert listed.standing().shape.arc is None
    listed.say("rising energy")
    shape = listed.standing().shape
    assert (shape.order, shape.descending, shape.arc) == (None, False, "rise")


def test_a_shuffle_is_undone_and_done_again_alike_and_does_not_last(listed):
    before = results(listed)
    listed.say("shuffle it")
    shuffled = results(listed)
    assert sorted(shuffled) == sorted(before)
    assert shuffled != before
    listed.say("undo")
    assert results(listed) == before
    listed.say("shuffle it")
    assert results(listed) == shuffled
    listed.say("make it 10 tracks")
    assert results(listed)[:8] == shuffled
    listed.say("shuffle again")
    assert results(listed)[:8] != shuffled


def test_a_list_is_turned_round(listed):
    before = results(listed)
    assert "The order is the other way round." in listed.say("reverse it").reply
    assert results(listed) == before[::-1]


def seconds(world):
    return sum(t.duration_s for t in world.catalogue.library.get_many(results(world)))


def test_longer_and_shorter(listed):
    before = seconds(listed)
    assert "all 8 stay" in listed.say("make it longer").reply
    assert seconds(listed) == pytest.approx(1.5 * before, rel=0.02)
    listed.say("a bit shorter")
    assert seconds(listed) == pytest.approx(1.2 * before, rel=0.03)
    listed.say("make it 5 minutes longer")
    assert seconds(listed) == pytest.approx(1.2 * before + 300, rel=0.04)
    many = len(results(listed))
    listed.say("make it two tracks shorter")
    assert len(results(listed)) == many - 2
    listed.say("make it longer, an hour")
    assert seconds(listed) == pytest.approx(3600, rel=0.02)


def test_a_stored_playlist_is_sorted_and_its_pins_keep_their_places(listed):
    listed.say("save it as Night")
    stored = listed.standing().document
    listed.say("pin the third")
    third = results(listed)[2]
    done = listed.say("sort my playlist by year, newest first")
    assert results(listed)[2] == third
    years = [t.year for t in listed.catalogue.library.get_many(results(listed)) if t.id != third]
    assert years == sorted(years, reverse=True)
    assert "“Night” itself is as it was" in done.reply
    listed.say("save it as Night")
    assert [e.track_id for e in listed.catalogue.playlists.get(stored).entries] == results(listed)
