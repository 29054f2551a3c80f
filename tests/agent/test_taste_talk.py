"""Standing tastes said, shown, used and forgotten in conversation."""

import pytest

from agent.languages import read
from agent.planner.tastes import sayings_in
from catalog.values import Taste, TrackId, UserId

ADA, BEA = UserId("ada"), UserId("bea")


def say(world, message, user=ADA, session="session-one"):
    last = list(world.assistant.chat(message, session, user=user))[-1]
    assert last.type == "done", last
    return last


def influence(done):
    return next((step.detail for step in done.trace if step.name == "profile"), None)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("I love jazz", [("concept", "jazz", 1.0, False)]),
        ("I really love sad songs", [("concept", "sad", 1.0, False)]),
        ("I never want to hear country", [("concept", "country", -1.0, True)]),
        ("Please never play country again", [("concept", "country", -1.0, True)]),
        ("I hate screaming vocals in general", [("word", "screaming vocals", -1.0, False)]),
        ("I generally don't like drums", [("concept", "drums", -0.7, False)]),
        ("My favourite genre is folk", [("concept", "folk", 1.0, False)]),
        ("remember that I like pedal steel", [("word", "pedal steel", 0.7, False)]),
        ("Merk dir mal: Saxofon geht bei mir gar nicht.", [("word", "saxophone", -1.0, False)]),
        ("I love Ada Sun", [("artist", "Ada Sun", 1.0, False)]),
        ("I like jazz and blues in general", [("concept", "jazz", 0.7, False), ("concept", "blues", 0.7, False)]),
        ("I no longer mind country", [("concept", "country", 0.0, False)]),
        ("Ich liebe Jazz", [("concept", "jazz", 1.0, False)]),
        ("Ich will nie Metal hören", [("concept", "metal", -1.0, True)]),
        ("Ich hasse Schlagzeug generell", [("concept", "drums", -1.0, False)]),
        # What is hated is so for good, and "never play it" goes with it.
        ("I hate techno", [("concept", "techno", -1.0, False)]),
        ("I can't stand country, never play it", [("concept", "country", -1.0, True)]),
        ("I can't stand country so please never play it again", [("concept", "country", -1.0, True)]),
        ("I love anything with cello", [("concept", "strings", 1.0, False)]),
        ("I'm a huge fan of jazz", [("concept", "jazz", 1.0, False)]),
        ("I'm not a fan of metal", [("concept", "metal", -0.7, False)]),
        ("Ich hasse Schlager, spiel das nie", [("word", "schlager", -1.0, True)]),
        ("Ich kann Country nicht ausstehen", [("concept", "country", -1.0, False)]),
        ("Ich liebe alles mit Cello", [("concept", "strings", 1.0, False)]),
        ("no soporto el country, no lo pongas nunca", [("concept", "country", -1.0, True)]),
        ("odio el reguetón", [("word", "reggaeton", -1.0, False)]),
        ("mi género favorito es el folk", [("concept", "folk", 1.0, False)]),
        ("je déteste la techno, n'en mets jamais", [("concept", "techno", -1.0, True)]),
        ("j'adore tout ce qui a du violoncelle", [("concept", "strings", 1.0, False)]),
        ("je ne veux jamais entendre de metal", [("concept", "metal", -1.0, True)]),
        ("我讨厌重金属，永远不要放", [("concept", "metal", -1.0, True)]),
        ("我最喜欢的风格是民谣", [("concept", "folk", 1.0, False)]),
        ("play some harp, and I never want to hear metal", [("concept", "metal", -1.0, True)]),
        # Wishes of the moment, reactions, and what is no music.
        *(
            (message, [])
            for message in (
                "I love the second one", "I love these", "I like it calm", "I like calm piano",
                "not country this time", "no country today",
                "diesmal kein Country", "esta vez sin country", "pas de country cette fois", "这次不要乡村音乐",
                "I love jazz but not today", "I hate this", "ich hasse das", "odio la segunda", "我讨厌第二首",
                "I hate when it rains",
                "I don't like #2", "never play #2 again", "never show me that again", "I love pizza",
                "I'd love some jazz", "something I love", "more like “I Love Rock”", "jazz", "Ich mag #2 nicht",
            )
        ),
    ],
)  # fmt: skip
def test_standing_tastes_are_told_from_wishes_of_the_moment(world, message, expected):
    said = sayings_in(read(message).text, world.engine.parse)
    assert [(t.field, t.value, t.weight, t.never) for t in said.tastes] == expected
    assert said.order is None


@pytest.mark.parametrize(
    ("message", "order"),
    [
        ("what do you know about my taste?", "show"),
        ("what have you learned about my taste", "show"),
        ("show me my profile", "show"),
        ("forget my taste", "forget"),
        ("please delete everything about my taste", "forget"),
        ("Was weißt du über meinen Geschmack?", "show"),
        ("Vergiss meinen Geschmack", "forget"),
        ("¿Qué sabes de mis gustos?", "show"),
        ("olvida mis gustos", "forget"),
        ("que sais-tu de mes goûts ?", "show"),
        ("oublie mes goûts", "forget"),
        ("你了解我的口味吗？", "show"),
        ("忘记我的口味", "forget"),
        ("forget the tempo", None),
        ("forget it", None),
        ("what do you know about #2", None),
    ],
)
def test_orders_about_the_profile_are_read(world, message, order):
    assert sayings_in(read(message).text, world.engine.parse).order == order


def test_a_taste_is_noted_and_is_no_wish(world):
    done = say(world, "I love Ada Sun")
    assert done.reply == "Noted for good: +Ada Sun. Ask “what do you know about my taste?” to see it all."
    assert done.plan.intent == "profile"
    assert world.standing().constraints == ()
    (kept,) = world.catalogue.tastes.of(ADA)
    assert (kept.field, kept.value, kept.words) == ("artist", "Ada Sun", "I love Ada Sun")


def test_a_taste_leans_and_the_trace_says_how(world):
    before = say(world, "calm").evidence.tracks
    assert influence(say(world, "calm", session="session-two")) is None
    say(world, "I love Ada Sun")
    after = say(world, "calm", session="session-six")
    assert [t.artist for t in after.evidence.tracks[:2]] != [t.artist for t in before[:2]]
    assert after.evidence.tracks[0].artist == "Ada Sun"
    assert influence(after).startswith("+Ada Sun moved ")
    assert all("calm" in t.tags for t in after.evidence.tracks)


def test_others_and_nobody_are_not_touched(world):
    plain = [t.track_id for t in say(world, "calm", None, "session-two").evidence.tracks]
    say(world, "I love Ada Sun")
    say(world, "I never want to hear harp")
    for user, session in ((BEA, "session-bea"), (None, "session-none")):
        done = say(world, "calm", user, session)
        assert [t.track_id for t in done.evidence.tracks] == plain
        assert influence(done) is None


def test_without_a_user_a_taste_is_a_wish(world):
    done = say(world, "I love jazz", None)
    assert done.evidence.tracks
    assert [c.value for c in world.standing().constraints] == ["jazz"]
    assert say(world, "what do you know about my taste?", None).reply.startswith("I keep no taste here")


def test_never_excludes_and_is_set_aside_when_asked_for(world):
    say(world, "I never want to hear harp")
    found = say(world, "calm").evidence.tracks
    assert found
    assert not any("harp" in t.tags for t in found)
    asked = say(world, "harp", session="session-two")
    assert "harp" in asked.evidence.tracks[0].tags
    assert "never harp set aside, as it was asked for" in influence(asked)
    assert say(world, "I no longer mind harp").reply == "Lifted: harp."
    assert any("harp" in t.tags for t in say(world, "calm", session="session-six").evidence.tracks)


def test_what_is_hated_leaves_the_list_on_the_screen(world):
    assert any("metal" in t.tags for t in say(world, "something by Cold Harbour").evidence.tracks)
    done = say(world, "I can't stand metal, never play it")
    assert done.reply.startswith("Noted for good: never metal.")
    assert done.evidence.tracks
    assert not any("metal" in t.tags for t in done.evidence.tracks)
    (kept,) = world.catalogue.tastes.of(ADA)
    assert (kept.value, kept.never) == ("metal", True)
    say(world, "I no longer mind metal")
    assert any("metal" in t.tags for t in say(world, "something by Cold Harbour").evidence.tracks)


def test_refused_this_time_is_a_wish_of_the_conversation(world):
    say(world, "something by Cold Harbour")
    done = say(world, "not metal this time")
    assert not any("metal" in t.tags for t in done.evidence.tracks)
    assert not world.catalogue.tastes.of(ADA)


def test_what_is_hated_is_no_wish_for_it_where_nobody_is_known(world):
    done = say(world, "I'm not a fan of metal", None)
    assert done.evidence.tracks
    assert not any("metal" in t.tags for t in done.evidence.tracks)


def test_a_never_that_leaves_nothing_is_told(world):
    for genre in ("jazz", "piano", "metal", "harp"):
        world.catalogue.tastes.keep(ADA, Taste("concept", genre, -1.0, never=True))
    done = say(world, "something by Ada Sun")
    assert done.evidence.tracks == ()
    assert "leaves nothing of that; say “I no longer mind" in done.reply


def test_a_never_keeps_out_of_a_playlist_too(world):
    say(world, "I never want to hear metal")
    say(world, "calm, 3 tracks")
    assert not any("metal" in t.tags for t in say(world, "continue this list, 12 tracks").evidence.tracks)


def test_a_taste_beside_a_wish_does_both(world):
    done = say(world, "some harp please, and I never want to hear metal")
    assert "harp" in done.evidence.tracks[0].tags
    assert done.reply.startswith("Noted for good: never metal.")


def test_likes_are_learned_from_and_shown_with_their_tracks(world):
    say(world, "harp")
    shown = say(world, "I love #1").evidence
    assert shown
    world.assistant.react("session-one", TrackId("metal5"), "dislike", ADA)
    told = say(world, "what do you know about my taste?").reply
    assert "-metal (0.2: “Frozen Furnace”)" in told
    assert "+harp (" in told


@pytest.mark.parametrize(
    ("ask", "yes", "asked", "gone"),
    [
        ("forget my taste", "yes", "Shall I forget", "Forgotten: 1 tastes and 1 reactions."),
        ("vergiss meinen Geschmack", "ja", "Soll ich", "Vergessen: 1 Vorlieben und 1 Reaktionen."),
    ],
)
def test_forgetting_is_asked_for_first(world, ask, yes, asked, gone):
    say(world, "I love jazz")
    world.assistant.react("session-one", TrackId("harp1"), "like", ADA)
    assert say(world, ask).reply.startswith(asked)
    assert say(world, "calm").evidence.tracks
    assert world.catalogue.tastes.of(ADA)
    say(world, ask)
    assert say(world, yes).reply == gone
    assert not world.catalogue.tastes.of(ADA)
    assert world.standing().likes == ()
    assert influence(say(world, "calm", session="session-two")) is None


def test_a_rebuilt_dialogue_keeps_no_taste(world):
    state = world.assistant.state("session-new")
    world.assistant.rebuild(state, [("I love jazz", ()), ("forget my taste", ()), ("yes", ())])
    assert not world.catalogue.tastes.of(ADA)


@pytest.mark.parametrize(
    "message",
    [
        "can't stand country. like, ever. keep it away from me for good",
        "le country ça me file la migraine, m'en propose plus jamais",
        "no me pongas country jamás de los jamases, lo odio",
        "我这人听不了乡村音乐,以后都别给我推",
    ],
)
def test_what_is_to_be_kept_away_is_never_wanted(world, message):
    said = sayings_in(read(message).text, world.engine.parse)
    assert [(t.value, t.never) for t in said.tastes] == [("country", True)]
