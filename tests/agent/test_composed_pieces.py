"""What a conversation does with a piece after it was composed, and what a piece is made after."""

import json
import time
from dataclasses import replace

import numpy as np
import pretty_midi
import pytest
import soundfile
from conversation_parts import Eyes

from agent.composing import changed
from agent.generation.values import GenerationRequest
from agent.values import Attachment
from encoders.values import Moment, Shot
from retrieval.constraints import Constraint


def piece(world, done):
    row = world.generations.get(done.evidence.generation.id)
    return json.loads(row.request), row.parent_id


def first(world):
    done = world.say("compose 20 seconds of calm piano at 100 bpm")
    return done.evidence.generation.id, piece(world, done)[0]


@pytest.mark.parametrize(
    ("message", "field", "value"),
    [
        ("make it slower", "tempo_bpm", 87),
        ("again but faster", "tempo_bpm", 115),
        ("longer, one minute", "duration_s", 60.0),
        ("a bit shorter please", "duration_s", pytest.approx(40 / 3)),
        ("add strings", "instruments", ["piano", "strings"]),
        ("without piano", "negative", "piano"),
        ("at 140 bpm", "tempo_bpm", 140.0),
        ("darker", "mood", "dark"),
        ("mach es langsamer", "tempo_bpm", 87),
    ],
)
def test_the_last_piece_is_changed(world, message, field, value):
    parent, before = first(world)
    request, came_from = piece(world, world.say(message))
    assert came_from == parent
    assert request[field] == value
    unchanged = {"seed", "key", "tempo_bpm", "duration_s"} - {field}
    assert {name: request[name] for name in unchanged} == {name: before[name] for name in unchanged}


def test_another_try_differs_in_its_seed_alone(world):
    parent, before = first(world)
    request, came_from = piece(world, world.say("another version please"))
    assert came_from == parent
    assert request | {"seed": before["seed"]} == before
    assert request["seed"] != before["seed"]


def test_going_on_makes_it_longer(world):
    first(world)
    done = world.say("continue this for 30 seconds")
    assert piece(world, done)[0]["duration_s"] == 50.0
    assert "50 seconds" in done.reply


def test_where_a_system_goes_on_from_the_sound_it_does(world):
    world.generator.goes_on = True
    parent, _ = first(world)
    end = time.monotonic() + 30
    while world.generations.audio_path(parent) is None and time.monotonic() < end:
        time.sleep(0.05)
    request, came_from = piece(world, world.say("continue this for 30 seconds"))
    assert (came_from, request["duration_s"]) == (parent, 30.0)
    assert request["continues"]["path"] == str(world.generations.audio_path(parent))


def test_a_variation_is_taken_back(world):
    parent, _ = first(world)
    second = world.say("make it slower").evidence.generation.id
    assert "Back to the piece before" in world.say("undo").reply
    request, came_from = piece(world, world.say("make it faster"))
    assert (came_from, request["tempo_bpm"]) == (parent, 115)
    assert second != parent


def test_a_search_after_a_piece_is_a_search(world):
    first(world)
    done = world.say("show me some jazz tracks")
    assert done.evidence.generation is None
    assert done.evidence.tracks
    assert world.say("slower").evidence.generation is None


def test_a_piece_is_made_after_a_track(world):
    world.say("piano")
    track = world.standing().results[1]
    done = world.say("make me something like #2 but with drums")
    request, came_from = piece(world, done)
    stored = world.catalogue.library.get_many([track])[0]
    assert came_from is None
    assert request["tempo_bpm"] == round(stored.tempo_bpm)
    assert request["key"] == stored.key
    assert "drums" in request["instruments"]
    assert stored.title in request["text"]


def test_a_clip_is_scored_by_its_feeling_and_cuts(world, tmp_path, monkeypatch):
    still = Eyes().analyze(None)
    moving = replace(
        still,
        moments=tuple(Moment(float(n), 0.5, 0.4, 0.5, 0.1) for n in range(12)),
        shots=(Shot(0.0, 5.0), Shot(5.0, 12.0)),
    )
    monkeypatch.setattr(Eyes, "analyze", lambda self, path: moving)
    clip = Attachment(id="a" * 32, kind="video", path=tmp_path / "sea.mp4", name="sea.mp4")
    done = world.say("compose music for this", attachments=[clip])
    request, _ = piece(world, done)
    assert request["film"]["energy"]
    assert request["film"]["cuts"] == [{"time_s": 5.0, "strength": 0.6}]
    assert request["tempo_bpm"] is None, "the composer finds one at which beats meet the cuts"
    assert request["video"]["name"] == "sea.mp4"


def test_a_melody_as_midi_gets_the_tracks_that_were_asked_for(world, tmp_path):
    midi = pretty_midi.PrettyMIDI(initial_tempo=120)
    midi.instruments.append(pretty_midi.Instrument(0))
    midi.instruments[0].notes = [pretty_midi.Note(80, 60 + n % 5, n / 2, n / 2 + 0.4) for n in range(16)]
    midi.write(str(tmp_path / "mine.mid"))
    tune = Attachment(id="a" * 32, kind="midi", path=tmp_path / "mine.mid", name="mine.mid")
    done = world.say("give me only the bass and drums to my melody", attachments=[tune])
    request, _ = piece(world, done)
    assert (request["melody"]["name"], request["melody"]["kind"]) == ("mine.mid", "midi")
    assert request["wanted"] == ["bass", "drums"]
    assert request["duration_s"] == pytest.approx(11.0, abs=0.1), "four bars at 120 BPM, and a last chord"


def sound(folder, name="hum.wav"):
    soundfile.write(folder / name, 0.3 * np.sin(np.arange(22_050) / 8), 22_050)
    return Attachment(id="b" * 32, kind="audio", path=folder / name, name=name)


@pytest.mark.parametrize(
    "message",
    [
        "make a song of this melody",
        "turn this into a song",
        "turn my humming into a piece",
        "mach daraus ein Stück",
        "mach bitte ein Lied aus dieser Melodie",
        "convierte esta melodía en una canción",
        "haz una canción con lo que tarareo",
        "fais une chanson de cette mélodie",
        "transforme cette mélodie en chanson",
        "把这段旋律变成一首歌",
        "用我哼的旋律写一首歌",
    ],
)
def test_a_sung_melody_becomes_a_piece_where_the_words_say_so(world, tmp_path, message):
    done = world.say(message, attachments=[sound(tmp_path)])
    request, _ = piece(world, done)
    assert (request["melody"]["name"], request["melody"]["kind"]) == ("hum.wav", "midi")
    assert request["duration_s"] == pytest.approx(11.0, abs=0.1), "as long as what was sung, and a last chord"
    assert done.reply.count("hum.wav") == 1
    assert "16" in done.reply
    assert "120" in done.reply


@pytest.mark.parametrize(
    "message",
    [
        "more like this",
        "find songs like this",
        "mehr davon",
        "más como esto",
        "quelque chose comme ça",
        "更多这样的",
        "",
    ],
)
def test_a_recording_with_other_words_still_asks_for_what_is_like_it(world, tmp_path, message):
    done = world.say(message, attachments=[sound(tmp_path)])
    assert done.evidence.generation is None
    assert done.evidence.tracks


def test_what_is_in_doubt_is_told_in_the_users_language(world, tmp_path):
    done = world.say("mach daraus ein Stück", attachments=[sound(tmp_path)])
    assert "In „hum.wav“ habe ich 16 Töne bei 120 BPM in " in done.reply
    assert "1 davon unsicher" in done.reply


def test_a_recording_without_a_melody_is_told_and_nothing_begins(world, tmp_path):
    world.hears.told = replace(world.hears.told, together=0.8)
    done = world.say("make a song of this melody", attachments=[sound(tmp_path)])
    assert done.evidence.generation.id is None
    assert "several notes sound together in 80% of the recording" in done.reply


def test_what_was_ruled_out_may_come_back():
    request = GenerationRequest(negative="drums, strings")
    told = changed(request, (), [Constraint("instrument", "is", "strings")])
    assert (told.instruments, told.negative) == (("strings",), "drums")


def test_changes_that_no_field_holds_leave_the_request():
    request = GenerationRequest(text="piano", instruments=("piano",))
    assert changed(request, (), [Constraint("year", "min", 1990.0)]) == request


def test_comparisons_stay_within_the_limits():
    request = GenerationRequest(tempo_bpm=215, energy=0.95, duration_s=1.2)
    told = changed(request, ("faster", "more energetic", "shorter"), ())
    assert (told.tempo_bpm, told.energy, told.duration_s) == (220, 1.0, 1.0)


@pytest.mark.parametrize("message", ["put on some jazz", "more jazz", "not my thing, what about techno"])
def test_another_style_after_a_piece_is_a_search(world, message):
    first(world)
    offer = world.say(message).evidence.generation
    assert offer is None or offer.offered


def test_what_is_removed_from_a_piece_is_left_out_of_the_next(world):
    first(world)
    request, _ = piece(world, world.say("remove the piano"))
    assert (request["instruments"], request["negative"]) == ([], "piano")


def test_a_longer_piece_takes_what_else_is_wished(world):
    first(world)
    request, _ = piece(world, world.say("continue it with strings"))
    assert request["instruments"] == ["piano", "strings"]
    assert request["duration_s"] > 20


@pytest.mark.parametrize("message", ["only the ones shorter than 4 min", "no, at least 5 minutes long", "5分钟以上的"])
def test_a_limit_that_tracks_have_is_about_the_list_and_not_the_piece(world, message):
    world.say("calm piano")
    world.say("compose 20 seconds of calm piano at 100 bpm")
    done = world.say(message)
    assert done.plan.intent == "refine"
    assert [c.field for c in world.standing().constraints if c.field == "duration"] == ["duration"]
