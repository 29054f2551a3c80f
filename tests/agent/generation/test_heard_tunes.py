"""Melodies as sound: laid on beats, written down, and refused in one sentence where there is none."""

import numpy as np
import pytest
import soundfile

from agent.generation.heard_tunes import checked, heard_tune, tune_of
from agent.generation.material import Clip
from agent.generation.tunes import key_of_tune, read_tune, write_tune
from agent.generation.values import GenerationRequest, InvalidRequestError
from agent.languages import words_of
from agent.sung import Sung, doubts_of
from encoders.errors import ModelMissingError
from encoders.models.store import ModelStore
from encoders.music.transcription import HeardNote, Transcriber, Transcription, _voice

SCALE = (60, 62, 64, 65, 67, 65, 64, 62)


def sung(tempo=96.0, lengths=(1, 0.5, 0.5, 1, 1, 0.5, 0.5, 1), late_s=0.2, jitter=0.0, repeats=4):
    """Notes as a voice sings them: `lengths` in quarters, beginning `late_s` into the recording."""
    rng = np.random.default_rng(0)
    notes, at = [], late_s
    for pitch, length in list(zip(SCALE, lengths, strict=True)) * repeats:
        wide = length * 60.0 / tempo
        moved = at + float(rng.normal(0.0, jitter)) if jitter else at
        notes.append(HeardNote(max(0.0, moved), moved + 0.9 * wide, pitch, 0.8))
        at += wide
    return Transcription(tuple(notes), 0.02, 0.95)


class Hears(Transcriber):
    """Tells what it was given instead of listening; counts how often."""

    def __init__(self, told):
        self.told, self.times, self.seconds = told, 0, 0.0

    def ready(self):
        pass

    def notes(self, sound):
        self.times += 1
        self.seconds = len(sound) / 22_050
        return self.told


@pytest.mark.parametrize("tempo", [72.0, 96.0, 120.0])
def test_the_tempo_and_the_lengths_of_what_is_sung_are_told(tempo):
    tune = tune_of(sung(tempo, jitter=0.01))
    assert min(abs(tune.tempo * factor / tempo - 1) for factor in (0.5, 1.0, 2.0)) < 0.02
    told = tune_of(sung(tempo, jitter=0.01), tempo)
    assert [note.start for note in told.notes[:5]] == [0, 4, 6, 8, 12]
    assert [note.pitch for note in told.notes[:8]] == list(SCALE)


def test_a_tempo_and_a_metre_that_are_given_stand():
    tune = tune_of(sung(90.0), tempo=90.0, metre="3/4")
    assert (tune.tempo, tune.metre.name) == (90.0, "3/4")


def test_a_written_tune_is_read_again(tmp_path):
    tune = tune_of(sung(100.0), tempo=100.0)
    write_tune(tune, tmp_path / "a.mid")
    again = read_tune(tmp_path / "a.mid")
    assert [(n.start, n.pitch) for n in again.notes] == [(n.start, n.pitch) for n in tune.notes]
    assert (round(again.tempo), key_of_tune(again)) == (100, key_of_tune(tune))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (Transcription((), 0.0, 0.0), "0 notes were heard in the recording, and a melody has 4 at least"),
        (Transcription(sung().notes, 0.8, 0.9), "several notes sound together in 80% of the recording"),
        (Transcription(sung().notes, 0.0, 0.2), "steady notes were heard in 20% of the sound alone"),
    ],
)
def test_what_is_no_melody_is_one_sentence(told, words):
    with pytest.raises(InvalidRequestError, match=words):
        checked(told)


def test_what_was_heard_is_one_sentence_with_its_doubts():
    clear = sung(100.0)
    tune = tune_of(clear, 100.0)
    told = heard_tune("mine.wav", clear, tune)
    assert told.sentence == "In “mine.wav” I heard 32 notes at 100 BPM in D minor: nothing of it in doubt."
    faint = [HeardNote(n.start_s, n.end_s, n.pitch, 0.3 if i < 3 else 0.8) for i, n in enumerate(clear.notes)]
    rng = np.random.default_rng(2)
    free = tuple(HeardNote(n.start_s + float(rng.uniform(0, 0.2)), n.end_s + 0.2, n.pitch, n.sureness) for n in faint)
    doubted = heard_tune("mine.wav", Transcription(free, 0.2, 0.6), tune)
    assert doubted.doubts == (
        "3 of them unsure",
        "a second voice sounds at times",
        "some of the sound is in no note",
        "its beat is free, so bars are a guess",
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "In „mine.wav“ habe ich 32 Töne bei 100 BPM in d-Moll gehört: nichts davon ist zweifelhaft."),
        ("es", "En «mine.wav» oí 32 notas"),
        ("fr", "Dans « mine.wav », j’ai entendu 32 notes"),
        ("zh", "在“mine.wav”里听到32个音"),
    ],
)
def test_what_was_heard_is_said_in_the_users_language(language, words):
    clear = sung(100.0)
    told = heard_tune("mine.wav", clear, tune_of(clear, 100.0))
    assert words_of(language).sentence(told.sentence).startswith(words)


@pytest.mark.parametrize("tonic", range(12))
def test_every_key_can_be_said(tonic):
    moved = tuple(HeardNote(n.start_s, n.end_s, n.pitch + tonic, n.sureness) for n in sung(100.0).notes)
    told = Transcription(moved, 0.0, 0.9)
    assert "gehört" in words_of("de").sentence(heard_tune("a", told, tune_of(told, 100.0)).sentence)


def recording(path, seconds=4.0):
    soundfile.write(path, 0.3 * np.sin(np.arange(round(seconds * 22_050)) / 8), 22_050)
    return Clip(str(path), name="mine.wav")


def test_a_recorded_melody_becomes_notes_and_is_heard_once(tmp_path):
    hears = Hears(sung())
    door = Sung(hears, tmp_path / "melodies")
    asked = GenerationRequest(text="a waltz", melody=recording(tmp_path / "mine.wav"))
    written = door.written(asked)
    assert (written.melody.kind, written.melody.name, written.melody.heard_by) == ("midi", "mine.wav", "basic-pitch")
    assert written.melody.source == "mine.wav"
    assert doubts_of(written.melody) == door.heard(asked).doubts
    assert doubts_of(asked.melody) == ()
    assert len(read_tune(written.melody.existing()).notes) == len(sung().notes)
    assert door.written(asked) == written
    assert hears.times == 1
    assert hears.seconds == pytest.approx(4.0, abs=0.05)
    assert door.written(written) is written, "MIDI is kept as it is"


def test_a_recording_over_a_minute_is_refused_before_it_is_heard(tmp_path):
    hears = Hears(sung())
    asked = GenerationRequest(text="x", melody=recording(tmp_path / "long.wav", 75.0))
    with pytest.raises(InvalidRequestError, match="longer than 60 s, the limit; cut it"):
        Sung(hears, tmp_path).written(asked)
    assert hears.times == 0


def test_without_weights_the_command_that_brings_them_is_told(tmp_path):
    store = ModelStore(tmp_path / "none")
    with pytest.raises(ModelMissingError, match="trichord models pull basic-pitch"):
        Transcriber(store).notes(np.zeros(22_050, np.float32))


def test_one_voice_is_found_among_overtones_and_struck_notes_are_told_apart():
    sounding, begins = np.full((90, 88), 0.02, np.float32), np.zeros((90, 88), np.float32)
    sounding[10:70, 40], sounding[10:70, 52] = 0.8, 0.6  # a note with its octave
    sounding[70:85, 43] = 0.8
    begins[10, 40] = begins[40, 40] = begins[70, 43] = 0.9
    notes = _voice(sounding, begins)
    assert [note.pitch for note in notes] == [61, 61, 64]
    assert notes[1].start_s - notes[0].start_s == pytest.approx(30 * 256 / 22_050, abs=0.03)


def test_the_weights_hear_a_scale():
    """The real network, where it was pulled."""
    from ui.settings import load_settings

    store = ModelStore(load_settings().models_path)
    if store.status("basic-pitch").state != "present":
        pytest.skip("weights not pulled: basic-pitch (run `trichord models pull basic-pitch`)")
    t = np.arange(round(0.5 * 22_050)) / 22_050
    ramp = np.minimum(1.0, np.minimum(t, 0.45 - t).clip(0) * 60)
    waves = [sum(np.sin(2 * np.pi * 440 * 2 ** ((p - 69) / 12) * k * t) / k**2 for k in (1, 2, 3)) for p in SCALE]
    sound = np.concatenate([0.3 * ramp * wave for wave in waves]).astype(np.float32)
    told = checked(Transcriber(store).notes(sound))
    assert [note.pitch for note in told.notes] == list(SCALE)
    assert [note.start_s for note in told.notes] == pytest.approx([0.5 * n for n in range(8)], abs=0.05)
    with pytest.raises(InvalidRequestError):
        checked(Transcriber(store).notes(np.zeros(3 * 22_050, np.float32)))
    rng = np.random.default_rng(1)
    with pytest.raises(InvalidRequestError, match="were heard"):
        checked(Transcriber(store).notes(0.1 * rng.normal(size=4 * 22_050).astype(np.float32)))
    chords = 0.2 * sum(np.sin(2 * np.pi * hz * np.arange(4 * 22_050) / 22_050) for hz in (262, 330, 392, 494))
    with pytest.raises(InvalidRequestError):
        checked(Transcriber(store).notes(chords.astype(np.float32)))
