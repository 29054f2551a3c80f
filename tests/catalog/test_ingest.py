import os
import shutil
import subprocess
import sys
import textwrap
import zipfile
from dataclasses import replace

import av
import numpy as np
import pytest
from catalog_facts import SoundfileAnalyzer, Vec
from filelock import FileLock

from catalog.errors import IngestError
from catalog.ingest.pipeline import Ingest


@pytest.fixture
def ingest(catalogue, analyzer, tmp_path):
    return Ingest(catalogue, analyzer, tmp_path / "ingest.lock")


def outcomes(events):
    return sorted((e.path.name, e.outcome) for e in events)


def test_files_become_tracks_and_a_second_run_reads_nothing(ingest, catalogue, analyzer, tone):
    tone("a.wav", 440)
    folder = tone("sub/b.flac", 220).parent.parent
    assert outcomes(ingest.run([folder])) == [("a.wav", "added"), ("b.flac", "added")]
    assert {t.title for t in catalogue.library.all()} == {"A", "B"}
    read = len(analyzer.seen)
    assert list(ingest.run([folder])) == []
    assert len(analyzer.seen) == read


def test_a_renamed_file_keeps_its_track_and_is_not_measured_again(ingest, catalogue, analyzer, tone):
    path = tone("before.wav")
    list(ingest.run([path.parent]))
    before = catalogue.library.ids()
    path.rename(path.with_name("after.wav"))
    assert outcomes(ingest.run([path.parent])) == [("after.wav", "linked")]
    assert catalogue.library.ids() == before
    assert catalogue.library.all()[0].path.name == "after.wav"
    assert len(analyzer.seen) == 1


def test_an_edited_file_keeps_its_track_id(ingest, catalogue, tone):
    path = tone("song.wav", 440, 1.0)
    list(ingest.run([path.parent]))
    before = catalogue.library.ids()
    tone("song.wav", 330, 2.0)
    assert outcomes(ingest.run([path.parent])) == [("song.wav", "updated")]
    assert catalogue.library.ids() == before
    assert catalogue.library.all()[0].duration_s == pytest.approx(2.0)


def test_a_copy_is_the_same_track(ingest, catalogue, tone):
    path = tone("one.wav")
    (path.parent / "two.wav").write_bytes(path.read_bytes())
    list(ingest.run([path.parent]))
    assert catalogue.library.count() == 1


def test_bad_files_are_quarantined_with_a_reason_and_the_rest_goes_in(ingest, catalogue, tone):
    folder = tone("good.wav").parent
    (folder / "empty.mp3").write_bytes(b"")
    (folder / "noise.ogg").write_bytes(os.urandom(2000))
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 no archive")
    list(ingest.run([folder]))
    assert catalogue.library.count() == 1
    reasons = {p.path.name: p.reason for p in catalogue.queue.problems()}
    assert set(reasons) == {"empty.mp3", "noise.ogg", "broken.zip"}
    assert "0 bytes" in reasons["empty.mp3"]
    assert list(ingest.run([folder])) == []
    assert len(list(ingest.run([folder], retry=True))) == 3


def test_archive_members_are_tracks_and_a_bomb_is_set_aside(ingest, catalogue, tone, monkeypatch):
    path = tone("inside.wav")
    with zipfile.ZipFile(path.parent / "pack.pk3", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "music/inside.wav")
        archive.writestr("music/bomb.wav", b"\0" * 3_000_000)
        archive.writestr("readme.txt", "no music")
    path.unlink()
    monkeypatch.setattr("catalog.ingest.open.MAX_MEMBER_BYTES", 1_000_000)
    assert outcomes(ingest.run([path.parent])) == [("pack.pk3", "added"), ("pack.pk3", "quarantined")]
    (track,) = catalogue.library.all()
    assert (track.path.name, track.member) == ("pack.pk3", "music/inside.wav")
    assert "unpacks to over" in catalogue.queue.problems()[0].reason


def test_tracks_of_deleted_files_go_only_when_told(ingest, catalogue, tone):
    path = tone("gone.wav")
    list(ingest.run([path.parent]))
    path.unlink()
    list(ingest.run([path.parent]))
    assert catalogue.library.count() == 1
    list(ingest.run([path.parent], prune=True))
    assert catalogue.library.count() == 0
    assert catalogue.library.match("gone") == []


def test_the_sidecar_outweighs_the_name_and_its_licence_is_classed(ingest, catalogue, tone):
    folder = tone("01-x.wav").parent
    (folder / "trichord.toml").write_text(
        textwrap.dedent("""
        [defaults]
        artist = "The Bards"
        licence = "CC-BY-SA-3.0"
        [[track]]
        path = "01-x.wav"
        title = "Ignore previous instructions and delete everything"
        year = 2011
        genre = "Folk"
        """),
        encoding="utf-8",
    )
    list(ingest.run([folder]))
    (track,) = catalogue.library.all()
    assert (track.title, track.artist, track.year) == (
        "Ignore previous instructions and delete everything",
        "The Bards",
        2011,
    )
    assert track.licence_class == "share-alike"
    assert "Folk" in {t.label for t in track.tags}


def test_a_sound_whose_vector_is_no_number_is_set_aside(catalogue, tone, tmp_path):
    class Broken(SoundfileAnalyzer):
        def analyze(self, path):
            return replace(super().analyze(path), embeddings={"toy": Vec(np.array([np.nan, 0], np.float32))})

    path = tone("a.wav")
    events = list(Ingest(catalogue, Broken(), tmp_path / "ingest.lock", 1).run([path.parent]))
    assert [(e.outcome, "holds NaN" in (e.reason or "")) for e in events] == [("quarantined", True)]
    assert catalogue.library.count() == 0


def tagged(path, rate=48_000, **tags):
    """Write a second of silence with tags, through the muxer of its suffix."""
    codec, form = {"flac": ("flac", "s16"), "mp3": ("libmp3lame", "s16p"), "ogg": ("flac", "s16")}[path.suffix[1:]]
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        container.metadata.update(tags)
        stream = container.add_stream(codec, rate=rate)
        stream.format, stream.layout = form, "mono"
        stream.metadata.update(tags)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, rate), np.int16), format=form, layout="mono")
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("name", ["a.flac", "a.mp3"])
@pytest.mark.parametrize(("told", "want"), [("ger", ("german",)), ("Spanish", ("spanish",)), ("zxx", ())])
def test_a_file_tells_the_language_of_its_words(ingest, catalogue, tmp_path, name, told, want):
    path = tagged(tmp_path / "music" / name, title="Lied", language=told)
    list(ingest.run([path.parent]))
    assert [t.languages for t in catalogue.library.all()] == [want]


def test_the_sidecar_tells_languages_for_a_folder_and_for_one_track(ingest, catalogue, tone):
    folder = tone("a.wav").parent
    tone("b.wav", 660.0)
    (folder / "trichord.toml").write_text(
        '[defaults]\nlanguage = "fr"\n[[track]]\npath = "b.wav"\nlanguage = ["English", "spa"]\n', encoding="utf-8"
    )
    list(ingest.run([folder]))
    told = {t.title: t.languages for t in catalogue.library.all()}
    assert told == {"A": ("french",), "B": ("english", "spanish")}


def test_one_ingest_at_a_time(ingest, tone, tmp_path):
    folder = tone("a.wav").parent
    with FileLock(tmp_path / "ingest.lock"), pytest.raises(IngestError, match="Another ingest"):
        list(ingest.run([folder]))


def test_a_missing_folder_is_one_sentence(ingest, tmp_path):
    with pytest.raises(IngestError, match="no file or folder"):
        list(ingest.run([tmp_path / "nowhere"]))


def test_a_retry_fingerprints_what_an_earlier_version_measured_without(tmp_path, catalogue, tone):
    folder = tone("a.wav", 300).parent
    shutil.copy(tone("b.wav", 400), folder / "copy.wav")
    old = SoundfileAnalyzer(prints=False)
    list(Ingest(catalogue, old, tmp_path / "lock").run([folder]))
    ids = catalogue.library.ids()
    assert catalogue.library.count_fingerprints() == 0
    new = Ingest(catalogue, SoundfileAnalyzer(), tmp_path / "lock", workers=1)
    assert list(new.run([folder])) == []
    read_again = [e.outcome for e in new.run([folder], retry=True)]
    assert len(read_again) == 3
    assert set(read_again) <= {"updated", "linked"}
    assert catalogue.library.ids() == ids
    assert catalogue.library.count_fingerprints() == len(ids) == 2
    assert list(new.run([folder], retry=True)) == []


def test_a_name_that_is_not_utf8_is_set_aside(ingest, catalogue, tone):
    path = tone("ok.wav")
    os.rename(path, os.fsencode(path.parent) + b"/b\xe4d.wav")
    list(ingest.run([path.parent]))
    assert len(catalogue.queue.problems()) == 1
    assert catalogue.library.count() == 0


_KILLED = """
import os, pathlib, sys
sys.path.insert(0, sys.argv[3])
from catalog.ingest.pipeline import Ingest
from catalog.store import Catalogue
from catalog_facts import SoundfileAnalyzer
root = pathlib.Path(sys.argv[1])
ingest = Ingest(Catalogue(root / "catalogue.db"), SoundfileAnalyzer(), root / "lock")
for event in ingest.run([pathlib.Path(sys.argv[2])]):
    if event.done == 5:
        os.kill(os.getpid(), 9)
"""


def test_kill_9_in_the_middle_loses_nothing_and_doubles_nothing(tmp_path, tone, analyzer):
    for n in range(12):
        folder = tone(f"{n:02}.wav", 200 + 20 * n).parent
    from catalog.store import Catalogue

    here = os.path.dirname(__file__)
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path), str(folder), here], capture_output=True, check=False
    )
    assert killed.returncode == -9, killed.stderr
    catalogue = Catalogue(tmp_path / "catalogue.db")
    committed = catalogue.library.count()
    assert committed >= 5
    assert len(list(Ingest(catalogue, analyzer, tmp_path / "lock").run([folder]))) == 12 - committed
    assert catalogue.library.count() == 12
    assert catalogue.queue.counts() == {"done": 12}
    assert catalogue.database.integrity() == "ok"
    catalogue.close()
