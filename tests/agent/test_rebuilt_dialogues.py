"""What stood after a turn is kept under a name, and what was never said here is rebuilt without effects."""

import pytest

from agent.values import DialogueState

SAID = [
    ["calm piano", "under 3 minutes", "more like #2"],
    ["jazz", "I like #2", "I don't like #1", "something else"],
    ["harp", "add #1 and #2 to the playlist", "undo"],
    ["metal by The Bards", "start over", "why #1?"],
    ["zydeco from Mars"],
]


def rebuilt(world, messages, start=None):
    start = start or DialogueState(session_id="rebuilt-1")
    return world.assistant.rebuild(start, [(m, ()) for m in messages])


@pytest.mark.parametrize("messages", SAID, ids=lambda m: m[0])
def test_a_rebuilt_dialogue_stands_as_the_one_that_was_said(world, messages):
    for message in messages:
        world.say(message)
    said = world.assistant.state("session-one").model_copy(update={"session_id": "rebuilt-1"})
    assert rebuilt(world, messages) == said


def test_nothing_is_written_while_rebuilding(world):
    messages = ["calm piano", "I like #1", "save it as Mine", "compose 5 seconds of jazz", "remove #2", "undo"]
    feedback = len(world.catalogue.conversations.feedback())
    rebuilt(world, messages)
    assert world.catalogue.playlists.all() == []
    assert len(world.catalogue.conversations.feedback()) == feedback
    assert world.generator.made == []
    assert not world.catalogue.conversations.exists("rebuilt-1")


def test_a_saved_playlist_is_left_alone_by_what_is_rebuilt_after_it(world):
    world.say("calm piano")
    world.say("save it as Mine")
    (saved,) = world.catalogue.playlists.all()
    start = world.assistant.state("session-one")
    after = rebuilt(world, ["remove #1", "pin #2", "make it an hour", "undo", "never play #3 again"], start)
    (now,) = world.catalogue.playlists.all()
    assert now == saved
    assert after.standing.document == saved.id


def test_a_message_that_fails_leaves_all_as_it_is(world):
    assert rebuilt(world, ["calm piano", "x" * 50_000, ""]) == rebuilt(world, ["calm piano"])


def test_what_was_kept_is_found_again_whatever_was_said_since_and_after_a_restart(world):
    list(world.assistant.chat("calm piano", "session-one", keep_as=lambda done: f"after {done.plan.intent}"))
    kept = world.assistant.state("session-one")
    world.say("jazz instead")
    world.reopen()
    assert world.assistant.recall("after recommend") == kept
    assert world.assistant.recall("after refine") is None


def test_a_turn_may_start_from_what_stood_earlier(world):
    world.say("calm piano")
    earlier = world.assistant.state("session-one")
    world.say("metal instead")
    list(world.assistant.chat("under 2 minutes", "session-two", start=earlier))
    branch = world.assistant.state("session-two")
    assert branch.turn == 2
    assert {"calm", "piano"} <= {str(c.value) for c in branch.standing.constraints}
    assert all(i.startswith("piano") for i in branch.standing.results[:3])


def test_a_turn_that_is_given_up_is_not_kept(world):
    events = world.assistant.chat("calm piano", "session-one", keep_as=lambda done: "given up")
    next(events)
    events.close()
    assert world.assistant.recall("given up") is None
    assert world.say("jazz").evidence.tracks
