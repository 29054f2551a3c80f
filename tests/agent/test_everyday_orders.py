"""Everyday orders in five languages: kept tracks, steps back, lengths, licences, opposites, who made it."""

import pytest
from dialogue_states import ARTISTS, FRESH, LIST, LISTED

from agent.planner.rules import RulePlanner
from retrieval.constraints import Constraint
from retrieval.reading.wishes import parse_wishes

PLANNER = RulePlanner(lambda text: parse_wishes(text, ARTISTS))


def plan(message, state=LISTED):
    return PLANNER.plan(message, state, ())


def standing(*wishes):
    return LISTED.model_copy(update={"standing": LIST.model_copy(update={"constraints": wishes})})


@pytest.mark.parametrize(
    "message",
    [
        "2 and 5 stay, everything else new please",
        "keep 2 and 5, replace the rest",
        "replace everything except 2 and 5",
        "2 und 5 bleiben, der Rest neu",
        "la 2 y la 5 se quedan, el resto nuevo",
        "garde la 2 et la 5, remplace le reste",
        "2和5留着，其他的换掉",
    ],
)
def test_what_stays_is_kept_and_the_rest_is_swapped(message):
    told = plan(message)
    assert (told.intent, told.edit, told.handles) == ("edit_playlist", "replace", (1, 3, 4, 6, 7, 8))


@pytest.mark.parametrize(
    ("message", "turns"),
    [
        ("go back two steps", 2),
        ("undo the last three", 3),
        ("undo twice", 2),
        ("zwei Schritte zurück", 2),
        ("annule les deux derniers", 2),
        ("deshaz los dos últimos", 2),
        ("撤销两步", 2),
        ("undo", None),
    ],
)
def test_several_turns_are_taken_back_at_once(message, turns):
    told = plan(message)
    assert (told.intent, told.n) == ("undo", turns)


def test_two_turns_back_is_where_it_was_two_turns_ago(world):
    world.say("jazz")
    before = world.standing()
    world.say("faster")
    world.say("no vocals")
    world.say("undo the last two")
    assert world.standing().constraints == before.constraints
    assert world.standing().results == before.results
    assert "nothing to undo" not in world.say("undo").reply


@pytest.mark.parametrize(
    "message",
    [
        "how long is that altogether?",
        "lovely. how long is it in total?",
        "wie lang ist das insgesamt?",
        "¿cuánto dura todo?",
        "ça dure combien en tout ?",
        "一共多长时间？",
    ],
)
def test_how_long_the_list_is(message):
    told = plan(message)
    assert told.intent == "explain"
    assert told.shape.whole


@pytest.mark.parametrize(
    "message",
    [
        "is any of this free to use in a youtube video?",
        "can I use any of these in a youtube video?",
        "darf ich das in einem YouTube-Video verwenden?",
        "¿puedo usar alguna en un vídeo de YouTube?",
        "puis-je utiliser ces morceaux dans une vidéo ?",
    ],
)
def test_which_of_them_may_be_used_is_a_question_about_the_list(message):
    told = plan(message)
    assert told.intent == "explain"
    assert [(c.field, c.value) for c in told.constraints] == [("licence", "commercial")]


@pytest.mark.parametrize(
    "message", ["the opposite of this", "das Gegenteil davon", "lo contrario", "tout le contraire", "相反的"]
)
def test_the_opposite_of_what_stands(message):
    calm = Constraint("mood", "is", "calm", "calm", hard=False)
    told = plan(message, standing(Constraint("genre", "is", "rock", "rock", hard=False), calm))
    assert told.without == (2,)
    assert [(c.field, c.value) for c in told.constraints] == [("mood", "energetic")]


@pytest.mark.parametrize(
    ("message", "way"),
    [
        ("older", "older"),
        ("something newer", "newer"),
        ("etwas älter", "older"),
        ("más antiguas", "older"),
        ("plus récent", "newer"),
        ("老一点的", "older"),
    ],
)
def test_older_and_newer_than_the_list(message, way):
    told = plan(message)
    assert (told.intent, told.comparisons) == ("refine", (way,))


@pytest.mark.parametrize("message", ["older people love this", "music for my older brother", "nothing older than 1990"])
def test_older_is_not_always_said_of_the_list(message):
    assert "older" not in plan(message).comparisons


def test_older_is_before_the_middle_of_the_list(world):
    world.say("jazz")
    years = [t.year for t in world.catalogue.library.get_many(world.standing().results) if t.year]
    world.say("older")
    (wish,) = [c for c in world.standing().constraints if c.field == "year"]
    assert min(years) <= wish.value < max(years)


@pytest.mark.parametrize(
    "message",
    [
        "who's the guy on number 4 and what else has he done",
        "Wer ist der Sänger von Nummer 4 und was hat er noch gemacht?",
    ],
)
def test_who_made_it_and_what_else(message):
    told = plan(message)
    assert [(s.intent, s.handles, s.same_artist) for s in told.steps] == [
        ("explain", (4,), False),
        ("refine", (4,), True),
    ]


@pytest.mark.parametrize(("message", "place"), [("第三首是谁唱的", 3), ("c'est qui qui chante la deux ?", 2)])
def test_who_sings_it_is_a_question(message, place):
    told = plan(message)
    assert (told.intent, told.handles) == ("explain", (place,))


@pytest.mark.parametrize("message", ["第二首太吵了，换一首安静的", "#2 is too loud, swap it for something calm"])
def test_a_complaint_about_one_track_swaps_it(message):
    told = plan(message)
    assert (told.edit, told.handles) == ("replace", (2,))


def test_a_wish_is_taken_back_by_what_it_is_about():
    key = Constraint("key", "is", "minor", "in a minor key")
    told = plan("actually scrap the minor thing, but keep it sad", standing(key))
    assert told.without == (1,)
    assert [(c.field, c.value) for c in told.constraints] == [("mood", "sad")]


def test_what_is_taken_out_may_be_a_sound():
    assert [(c.field, c.op) for c in plan("can we lose the drums").constraints] == [("instrument", "not")]
    nice = plan("hmm the first one is nice but can we lose the drums")
    assert (nice.intent, nice.handles) == ("similar", (1,))
    assert plan("remove the first one").edit == "remove"


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("name this list Sunday Brunch and send me the m3u", "Sunday Brunch"),
        ("guárdala como Domingo y expórtala", "Domingo"),
        ("都不错，存成“午后”歌单", "午后"),
    ],
)
def test_a_name_ends_where_the_next_order_begins(message, title):
    told = plan(message)
    assert title in {step.playlist_title for step in (told, *told.steps)}


def test_what_is_fine_as_it_is_is_no_wish():
    told = plan("darker, but the tempo is fine")
    assert told.comparisons == ("darker",)
    assert not told.constraints
    assert "tempo" not in told.text


@pytest.mark.parametrize(
    ("message", "field", "op", "value"),
    [
        ("rock de antes del 2000", "year", "max", 1999),
        ("cinematic, not NC", "licence", "is", "commercial"),
        ("ponme algo, que no sea jazz", "genre", "not", "jazz"),
        ("algo tranquilito", "mood", "is", "calm"),
        ("un truc qui bouge", "mood", "is", "energetic"),
    ],
)
def test_wishes_in_everyday_words(message, field, op, value):
    found = [(c.field, c.op, c.value) for c in plan(message, FRESH).constraints]
    assert any(f == field and o == op and (v == value or field == "mood") for f, o, v in found)


@pytest.mark.parametrize(
    "message", ["license of 2?", "the key of #2?", "lyrics of #2", "what's the year of the second?"]
)
def test_a_property_named_without_a_verb_is_asked_for(message):
    told = plan(message)
    assert (told.intent, told.handles) == ("explain", (2,))


@pytest.mark.parametrize(
    "message", ["what did I ask for so far?", "what are my wishes?", "which wishes stand?", "stop"]
)
def test_what_only_asks_what_stands_changes_nothing(message):
    told = plan(message)
    assert (told.intent, told.constraints, told.comparisons) == ("chitchat", (), ())


def test_what_was_meant_is_shown_and_nothing_is_disliked():
    told = plan("I meant the second, not the first")
    assert (told.intent, told.handles) == ("exact_track", (2,))


@pytest.mark.parametrize(
    ("message", "factor"), [("half as many", 0.5), ("double the length", 2.0), ("twice as long", 2.0)]
)
def test_a_list_is_halved_and_doubled(message, factor):
    assert plan(message).shape.factor == factor


def test_a_list_is_renamed_without_to():
    told = plan("rename it Summer")
    assert (told.edit, told.playlist_title) == ("rename", "Summer")


@pytest.mark.parametrize("message", ["clear my likes", "forget everything about me", "delete all my data"])
def test_what_is_known_of_a_user_is_forgotten(message):
    assert plan(message, FRESH).profile == "forget"


def test_nothing_comes_twice():
    assert plan("no repeats").fresh


@pytest.mark.parametrize("message", ["Lizenz von Nummer 2?", "¿licencia de la 2?", "第二首的授权是什么"])
def test_a_licence_is_asked_for_in_other_languages(message):
    told = plan(message)
    assert (told.intent, told.handles) == ("explain", (2,))


@pytest.mark.parametrize(
    "message",
    [
        "was sind meine Wünsche?",
        "¿qué he pedido hasta ahora?",
        "qu'est-ce que j'ai demandé jusqu'ici ?",
        "我要求了什么",
    ],
)
def test_what_stands_is_asked_for_in_other_languages(message):
    told = plan(message)
    assert (told.intent, told.constraints) == ("chitchat", ())


@pytest.mark.parametrize("message", ["vergiss alles über mich", "olvida todo sobre mí", "oublie tout sur moi"])
def test_who_is_to_be_forgotten_is_not_the_search_alone(message):
    assert plan(message).profile == "forget"


@pytest.mark.parametrize(
    ("message", "wish"),
    [
        ("for a corporate video, upbeat, 1:30", ("duration", "is", 90)),
        ("lunch at 12:30, jazz", None),
        ("upbeat, 12:30 meeting", None),
        ("background music without copyright", ("licence", "is", "commercial")),
    ],
)
def test_clock_times_and_copyright(message, wish):
    found = [(c.field, c.op, c.value) for c in plan(message, FRESH).constraints if c.field in {"duration", "licence"}]
    assert found == ([] if wish is None else [wish])


def test_a_question_mark_is_no_part_of_a_title():
    assert [n.title for n in plan("Can you play Despacito?", FRESH).named] == ["Despacito"]
