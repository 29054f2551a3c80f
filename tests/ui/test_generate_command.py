"""``trichord generate`` as a user types it: a file that is measured, labelled and compared."""

import json

import pytest
from typer.testing import CliRunner

from catalog.values import TrackId
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
