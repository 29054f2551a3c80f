"""Sounds and tracks in relation: recognised, alike in one attribute, less like another, on a path between two."""

import sys
from pathlib import Path

import numpy as np
import pytest
from conversation_parts import MUSIC, Facts, Key, Number, Vec

from agent.values import Attachment
from catalog.values import TrackId, TrackMetadata
from encoders.music.fingerprint import RATE_HZ, fingerprint
from encoders.values import KeyEstimate

sys.path.append(str(Path(__file__).parents[1] / "retrieval"))
from tunes import noisy, tune

SOUND = (Attachment(id="s", kind="audio", path=Path("clip.ogg"), name="clip.ogg"),)


@pytest.fixture
def printed(world):
    """Track ``known`` with a fingerprint; the other forty have none."""
    harp = np.eye(8, dtype=np.float32)[3]
    facts = Facts(40.0, Number(90.0), Key("C", "major"), 0.3, {MUSIC.id: Vec(harp)}, fingerprint=fingerprint(tune(7)))
    world.catalogue.library.save(TrackId("known"), TrackMetadata("Blue Lantern", artist="Ivo Reed"), facts)
    return world


def test_the_same_recording_is_named_first_and_similar_ones_follow(printed):
    printed.ears.sound = noisy(tune(7)[int(9.5 * RATE_HZ) : 20 * RATE_HZ], 12)
    done = printed.say("what is this?", attachments=SOUND)
    assert done.reply.startswith("That is “Blue Lantern” by Ivo Reed, from 0:09.")
    ids = [t.track_id for t in done.evidence.tracks]
    assert ids[0] == "known"
    assert len(ids) == len(set(ids)) > 3
    assert all(i.startswith("harp") for i in ids[1:4])
    assert [t.handle for t in done.evidence.tracks] == list(range(1, len(ids) + 1))
    assert printed.standing().results == tuple(ids)
    assert printed.say("why #1?").reply.count("the same recording, from 0:09") == 1


def test_another_recording_gives_similar_ones_and_says_who_cannot_be_known(printed):
    printed.ears.sound = tune(99)[: 12 * RATE_HZ]
    done = printed.say("", attachments=SOUND)
    assert "That is" not in done.reply
    assert done.reply.startswith("40 tracks here have no fingerprint")
    assert "trichord ingest --retry" in done.reply
    assert done.evidence.tracks[0].track_id in {"known", *(f"harp{i}" for i in range(10))}


def test_where_every_track_has_prints_nothing_is_said_of_them(printed):
    for track in printed.catalogue.library.all():
        if track.id != "known":
            printed.catalogue.library.remove([track.id])
    printed.ears.sound = tune(98)[: 12 * RATE_HZ]
    assert "fingerprint" not in printed.say("", attachments=SOUND).reply


def test_undo_takes_the_recognised_track_back(printed):
    before = printed.say("jazz").evidence.tracks
    printed.ears.sound = tune(7)[: 12 * RATE_HZ]
    printed.say("", attachments=SOUND)
    back = printed.say("undo").evidence.tracks
    assert [t.track_id for t in back] == [t.track_id for t in before]


def named(done):
    return [t.track_id for t in done.evidence.tracks]


def numbers(world, ids, name):
    return [t.number(name) for t in world.catalogue.library.get_many(ids)]


def test_the_same_rhythm_as_a_track_of_the_list(world):
    shown = named(world.say("jazz"))
    tempo = numbers(world, [shown[1]], "tempo")[0]
    done = world.say("same rhythm as #2")
    assert done.plan.attribute == "rhythm"
    octaves = np.log2(np.array(numbers(world, named(done)[:4], "tempo")) / tempo)
    assert np.abs(octaves - np.round(octaves)).max() < 0.12
    assert "its rhythm is alike" in done.evidence.tracks[0].why
    assert len({i.rstrip("0123456789") for i in named(done)}) > 1


def test_the_same_harmony_as_the_list_and_as_a_clip(world):
    world.say("jazz")
    assert world.say("similar harmony to these").plan.attribute == "harmony"
    world.ears.key, world.ears.tempo = KeyEstimate("C", "major", 0.9), None
    done = world.say("something with the same key", session="session-two", attachments=SOUND)
    keys = {t.key for t in world.catalogue.library.get_many(named(done)[:3])}
    assert keys <= {"C major", "A minor"}


def test_a_clip_without_a_rhythm_is_told_so_in_a_sentence(world):
    world.ears.key, world.ears.tempo = None, None
    last = world.events("same chords", attachments=SOUND)[-1]
    assert last.type == "error"
    assert "harmony of what you chose was not measured" in last.message


def test_like_one_but_less_like_another(world):
    world.say("jazz")
    shown = world.standing().results
    done = world.say("like #1 but less like #3")
    assert (done.plan.intent, done.plan.handles, done.plan.less) == ("similar", (1,), (3,))
    assert world.standing().away == (shown[2],)
    assert not {shown[0], shown[2]} & set(named(done))
    world.say("metal please")
    assert world.standing().away == ()


def test_a_named_track_but_less_of_another_or_of_a_style(world):
    done = world.say("something like Amber Window but less like Broken Corner")
    assert done.decision.kind == "recommend"
    assert world.standing().away == ("jazz1",)
    assert "piano0" not in named(done)
    assert named(done)[0].startswith("piano")
    style = world.say("something like Amber Window but less piano", session="session-two")
    assert [(r.constraint.words, r.status) for r in style.evidence.receipts] == [("instrument not piano", "scored")]
    assert style.plan.named[0].title == "Amber Window"


def test_what_is_not_here_cannot_be_pushed_away_and_the_answer_says_so(world):
    done = world.say('like "Amber Window" but less like "Marble Submarine"')
    assert "“Marble Submarine” is not in this catalogue" in done.reply
    assert done.evidence.tracks


def test_a_place_beyond_the_list_is_told(world):
    world.say("jazz")
    assert "There is no #40" in world.say("like #1 but less like #40").reply


def test_a_smooth_path_by_places_and_by_names(world):
    first = named(world.say("jazz"))
    done = world.say("a smooth path from #1 to #4 with 7 tracks")
    path = named(done)
    assert (path[0], path[-1], len(path), len(set(path))) == (first[0], first[3], 7, 7)
    assert done.reply.startswith("A path of 7 tracks from")
    assert world.standing().results == world.standing().playlist == tuple(path)
    done = world.say("a smooth path from Amber Window to Jade Furnace in 6 steps", session="session-two")
    assert (named(done)[0], named(done)[-1], len(named(done))) == ("piano0", "metal9", 6)


def test_a_path_to_what_is_not_here_says_so_and_to_itself_is_refused(world):
    done = world.say('a path from "Amber Window" to "Marble Submarine"')
    assert "“Marble Submarine” is not in this catalogue" in done.reply
    last = world.events('a path from "Amber Window" to "Amber Window"')[-1]
    assert (last.type, last.message.startswith("Both ends are the same track")) == ("error", True)
