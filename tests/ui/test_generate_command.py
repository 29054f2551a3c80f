"""``trichord generate`` as a user types it: a file that is measured, labelled and compared."""

import json

import numpy as np
import pretty_midi
import pytest
import soundfile
from typer.testing import CliRunner

from catalog.values import TrackId
from encoders.music.transcription import HeardNote, Transcriber, Transcription
from encoders.values import AudioAnalysis
from retrieval.comparing import Comparer, Heard, Near
from retrieval.copies import Overlap
from ui.cli.main import cli


def generated(folder, *more):
    target = folder / "made" / "a.flac"
    asked = ["--data-dir", str(folder / "data"), "generate", "calm piano in D minor at 90 bpm", "--duration", "3"]
    return target, CliRunner().invoke(cli, [*asked, "--output", str(target), *more])


def test_what_was_asked_stands_beside_what_was_measured(tmp_path):
    target, ran = generated(tmp_path)
    assert ran.exit_code == 0, ran.output
    assert "written: piano (lead) by the model melody" in ran.stdout
    assert "chords by rule" in ran.stdout
    assert "duration: asked 3.0 s, measured 3.0 s, agrees" in ran.stdout
    assert "tempo: asked 90.0 BPM, " in ran.stdout
    assert "key: asked D minor, " in ran.stdout
    assert "compared with no track" in ran.stdout
    assert sorted(path.name for path in target.parent.iterdir()) == ["a.flac", "a.flac.json", "a.mid"]


def test_the_provenance_and_the_files_tags_tell_what_was_measured(tmp_path):
    import av

    target, ran = generated(tmp_path, "--candidates", "2", "--json")
    told = json.loads(ran.stdout)["provenance"]
    assert told["measured"]["agrees"]["duration"] is True
    assert told["choice"]["candidates"] == 2
    with av.open(str(target)) as file:
        tags = {name.upper(): value for name, value in file.metadata.items()}
    assert tags["PROVENANCE"] == "generated"
    assert json.loads(tags["TRICHORD"])["measured"] == told["measured"]
    assert json.loads(tags["TRICHORD"])["origins"] == told["origins"]


def hums(monkeypatch, *, together=0.0):
    """Let every recording hold eight notes at 120 BPM, two of them faint."""
    notes = (HeardNote(n * 0.5, n * 0.5 + 0.4, 60 + 2 * (n % 4), 0.3 if n < 2 else 0.8) for n in range(8))
    told = Transcription(tuple(notes), together, 0.9)
    monkeypatch.setattr(Transcriber, "ready", lambda self: None)
    monkeypatch.setattr(Transcriber, "notes", lambda self, sound: told)


def test_a_recorded_melody_is_kept_and_what_was_heard_is_told_in_one_sentence(tmp_path, monkeypatch):
    hums(monkeypatch)
    soundfile.write(tmp_path / "mine.wav", 0.3 * np.sin(np.arange(22_050) / 8), 22_050)
    target, ran = generated(tmp_path, "--melody", str(tmp_path / "mine.wav"), "--duration", "12")
    assert ran.exit_code == 0, ran.output
    heard = next(line for line in ran.stdout.splitlines() if "I heard" in line)
    assert heard.startswith("In “mine.wav” I heard 8 notes at 120 BPM in ")
    assert "2 of them unsure" in heard
    assert "piano (lead) as given" in ran.stdout
    lead = pretty_midi.PrettyMIDI(str(target.with_suffix(".mid"))).instruments[0]
    assert [note.pitch % 12 for note in lead.notes[:4]] == [0, 2, 4, 6]


def test_a_melody_as_midi_gives_its_length(tmp_path):
    midi = pretty_midi.PrettyMIDI(initial_tempo=120)
    midi.instruments.append(pretty_midi.Instrument(0))
    midi.instruments[0].notes = [pretty_midi.Note(80, 60 + n, n / 2, n / 2 + 0.4) for n in range(4)]
    midi.write(str(tmp_path / "mine.mid"))
    asked = ["--data-dir", str(tmp_path / "data"), "generate", "calm piano", "--melody", str(tmp_path / "mine.mid")]
    ran = CliRunner().invoke(cli, [*asked, "--output", str(tmp_path / "a.flac"), "--json"])
    told = json.loads(ran.stdout)
    assert told["heard"] is None
    assert told["provenance"]["request"]["duration_s"] == 5.0, "a bar at 120 BPM, and a last chord"
    assert told["provenance"]["request"]["melody"]["name"] == "mine.mid"
    ran = CliRunner().invoke(cli, [*asked, "--task", "quartet", "--output", str(tmp_path / "b.flac"), "--json"])
    told = json.loads(ran.stdout)["provenance"]
    assert told["request"]["task"] == "quartet"
    assert [each["part"] for each in told["origins"]["parts"]] == [
        "violin (lead)",
        "violin (pad)",
        "viola (pad)",
        "cello (bass)",
    ]


def test_a_task_without_a_melody_is_one_sentence(tmp_path):
    target, ran = generated(tmp_path, "--task", "chords")
    assert "the task chords is about a melody and there is none; hand over MIDI" in str(ran.exception)
    assert not target.exists()


def test_what_holds_no_melody_is_one_sentence_and_leaves_no_file(tmp_path, monkeypatch):
    hums(monkeypatch, together=0.9)
    soundfile.write(tmp_path / "band.wav", 0.3 * np.sin(np.arange(22_050) / 8), 22_050)
    target, ran = generated(tmp_path, "--melody", str(tmp_path / "band.wav"))
    assert "several notes sound together in 90% of the recording; hand over the melody alone" in str(ran.exception)
    (tmp_path / "text.wav").write_text("no sound")
    target, ran = generated(tmp_path, "--melody", str(tmp_path / "text.wav"))
    assert "text.wav" in str(ran.exception)
    assert not target.exists()


class Copied:
    """Every piece is a copy of one track."""

    def hear(self, path, *, thorough=False, cancel=None):
        analysis = AudioAnalysis(3.0, 44_100, 2, None, None, (), -14.0, 0.4, 1.0, 900.0)
        near = (Near(TrackId("t1"), 0.9, Overlap(0.8, 15.0, 0.0, 0.0, 0, 1.0)),)
        return Heard(analysis, (), near, 1)

    def words_of(self, heard):
        return [{"track_id": "t1", "title": "T", "artist": "Ada", "similarity": 0.9, "near_copy": True}]


@pytest.mark.parametrize("blocked", [False, True])
def test_a_near_copy_is_told_and_where_it_is_blocked_not_kept(tmp_path, monkeypatch, blocked):
    monkeypatch.setattr(Comparer, "hear", Copied.hear)
    monkeypatch.setattr(Comparer, "words_of", Copied.words_of)
    monkeypatch.setenv("TRICHORD_BLOCK_NEAR_COPIES", str(blocked).lower())
    target, ran = generated(tmp_path)
    if blocked:
        assert "nearly copies “T” by Ada" in str(ran.exception)
        assert list(target.parent.iterdir()) == []
    else:
        assert "near: “T” by Ada, 0.90 (nearly a copy of it)" in ran.stdout
        assert "compared with 1 of your tracks: a near copy" in ran.stdout
