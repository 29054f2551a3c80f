"""An attached sound in a conversation: the recording itself first, then what is like it."""

import sys
from pathlib import Path

import numpy as np
import pytest
from conversation_parts import MUSIC, Facts, Key, Number, Vec

from agent.values import Attachment
from catalog.values import TrackId, TrackMetadata
from encoders.music.fingerprint import RATE_HZ, fingerprint

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
