"""What is kept of conversations: every turn however it ended, the way back, weights of wishes."""

import pytest
from conversation_parts import World

from agent.transcript import read_again
from catalog.errors import NotFoundError
from catalog.values import SessionId
from retrieval.errors import QueryError

SESSION = SessionId("session-one")


def past(world):
    return read_again(world.catalogue.transcripts.turns(SESSION), world.catalogue)


def wishes(world):
    return [c.words for c in world.assistant.state(SESSION).standing.constraints]


def test_a_turn_is_read_again_as_it_was_shown(world):
    done = world.say("calm jazz under 3 minutes")
    (turn,) = past(world)
    assert (turn.number, turn.status, turn.message, turn.reply) == (1, "done", "calm jazz under 3 minutes", done.reply)
    assert turn.evidence == done.evidence
    assert (turn.plan, turn.decision, turn.trace) == (done.plan, done.decision, done.trace)


def test_attachments_are_kept_by_name_and_never_by_path(world, tmp_path):
    from agent.values import Attachment

    clip = Attachment(id="a" * 32, kind="video", path=tmp_path / "secret-place", name="sea.mp4")
    list(world.assistant.chat("music for this", SESSION, [clip]))
    assert [(f.name, f.kind) for f in past(world)[0].attachments] == [("sea.mp4", "video")]
    assert "secret-place" not in world.catalogue.transcripts.turns(SESSION)[0].body


@pytest.mark.parametrize(("after", "stands"), [("plan", False), ("results", True), ("text", True)])
def test_a_stopped_turn_keeps_what_came_and_what_was_shown_stands(world, after, stands):
    world.say("jazz")
    turn = world.assistant.chat("metal", SESSION)
    for event in turn:
        if event.type == after:
            break
    turn.close()
    stopped = past(world)[-1]
    assert (stopped.number, stopped.status, stopped.message) == (2, "stopped", "metal")
    assert bool(stopped.evidence and stopped.evidence.tracks) == stands
    shown = past(world)[1 if stands else 0].evidence.tracks
    assert world.assistant.state(SESSION).standing.results == tuple(t.track_id for t in shown)


def test_a_failed_turn_says_why_and_leaves_what_stood(world, monkeypatch):
    world.say("jazz")
    before = world.assistant.state(SESSION)
    monkeypatch.setattr(world.assistant._acts, "run", lambda turn: (_ for _ in ()).throw(ValueError("No disk.")))
    *_, last = world.assistant.chat("metal", SESSION)
    assert last.type == "error"
    assert (past(world)[-1].status, past(world)[-1].error) == ("failed", "No disk.")
    assert world.assistant.state(SESSION) == before


def test_rewinding_brings_back_what_stood_before_a_turn(world):
    world.say("jazz")
    first = world.assistant.state(SESSION)
    world.say("under 2 minutes")
    world.say("only CC0")
    world.assistant.rewind(SESSION, 2)
    assert world.assistant.state(SESSION) == first
    assert [t.number for t in past(world)] == [1]
    world.say("only CC0")
    assert wishes(world) == ["genre jazz", "licence cc0"]
    assert [t.message for t in past(world)] == ["jazz", "only CC0"]


def test_rewinding_to_the_first_turn_leaves_nothing(world):
    world.say("jazz")
    world.assistant.rewind(SESSION, 1)
    assert world.assistant.state(SESSION).turn == 0
    assert wishes(world) == []
    with pytest.raises(NotFoundError):
        world.assistant.rewind(SESSION, 1)


def test_a_like_between_two_turns_survives_the_way_back(world):
    done = world.say("jazz")
    liked = done.evidence.tracks[0].track_id
    world.assistant.react(SESSION, liked, "like")
    world.say("only CC0")
    assert world.assistant.rewind(SESSION, 2).standing.likes == (liked,)


def test_a_track_that_left_the_catalogue_is_named_as_gone(world):
    gone = world.say("jazz").evidence.tracks[1]
    world.catalogue.library.remove([gone.track_id])
    (turn,) = past(world)
    assert [(g.handle, g.title, g.artist) for g in turn.gone] == [(2, gone.title, gone.artist)]
    assert gone.track_id not in [t.track_id for t in turn.evidence.tracks]


def test_a_body_of_another_version_shows_its_words(world):
    world.say("jazz")
    world.catalogue.transcripts.keep(SESSION, "done", "hello", "Hi.", '{"plan": {"intent": "teleport"}}', None)
    turn = past(world)[-1]
    assert (turn.message, turn.reply, turn.evidence) == ("hello", "Hi.", None)


def test_a_wish_that_counts_less_no_longer_must_hold(world):
    world.say("jazz")
    world.say("under 2 minutes")
    assert all(t.duration_s <= 120 for t in past(world)[-1].evidence.tracks)
    *_, done = world.assistant.reweigh(SESSION, 2, 0.1)
    assert any(t.duration_s > 120 for t in done.evidence.tracks)
    wish = world.assistant.state(SESSION).standing.constraints[1]
    assert (wish.words, wish.hard, wish.weight) == ("duration at most 120 s", False, 0.1)
    *_, done = world.assistant.reweigh(SESSION, 2, 1)
    assert all(t.duration_s <= 120 for t in done.evidence.tracks)


def test_a_weight_out_of_range_changes_nothing(world):
    world.say("jazz")
    with pytest.raises(QueryError):
        world.assistant.reweigh(SESSION, 1, 0)
    with pytest.raises(NotFoundError):
        world.assistant.reweigh(SESSION, 2, 0.5)
    assert len(past(world)) == 1


def test_a_wish_is_taken_back_by_a_button(world):
    world.say("jazz")
    world.say("under 2 minutes")
    *_, done = world.assistant.take_back(SESSION, 2)
    assert wishes(world) == ["genre jazz"]
    assert done.evidence.tracks
    assert "duration at most 120 s" in past(world)[-1].message
    world.say("undo")
    assert wishes(world) == ["genre jazz", "duration at most 120 s"]


def test_a_forgotten_conversation_is_gone_whole(world):
    world.say("jazz")
    token = world.catalogue.transcripts.share(SESSION)
    world.assistant.forget(SESSION)
    assert world.assistant.state(SESSION).turn == 0
    assert past(world) == []
    with pytest.raises(NotFoundError):
        world.catalogue.transcripts.shared(token)
    with pytest.raises(NotFoundError):
        world.assistant.forget(SESSION)


def test_a_transcript_survives_a_restart(tmp_path, world):
    world.say("jazz")
    world.close()
    again = World(tmp_path)
    assert [t.message for t in past(again)] == ["jazz"]
    again.close()


@pytest.mark.parametrize("said", ["some piano music", "ruhige Klaviermusik, bitte"])
def test_a_full_disk_is_said_and_the_conversation_goes_on_when_there_is_room(world, said):
    world.say("calm jazz")
    connection = world.assistant._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    *_, last = world.events(said * 100)
    assert "disk is full" in last.message or "Festplatte voll" in last.message
    connection.execute("PRAGMA max_page_count = 1073741823")
    assert sorted(wishes(world)) == ["genre jazz", "mood calm"]
    assert world.say("faster").reply
