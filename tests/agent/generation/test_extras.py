"""Stems, MusicXML and pictures of what the composer wrote."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pretty_midi
import pytest
import soundfile
from defusedxml.ElementTree import fromstring
from music21 import converter

from agent.generation.composer import Composer
from agent.generation.extras import Extras
from agent.generation.midi import midi_bytes, read_midi, told_in
from agent.generation.notation import spelled
from agent.generation.render import find_synth, render
from agent.generation.score import compose
from agent.generation.values import GenerationError, GenerationRequest

NO_SYNTH = find_synth() if isinstance(find_synth(), str) else ""
NEEDS_SYNTH = pytest.mark.skipif(bool(NO_SYNTH), reason=NO_SYNTH)


@pytest.fixture
def written(tmp_path):
    def written(told=None, **request):
        score = compose(GenerationRequest(**request))
        (tmp_path / "piece.mid").write_bytes(midi_bytes(score, told))
        return score, tmp_path / "piece.mid"

    return written


def test_the_notes_tell_their_swing_and_what_was_told(written):
    _, midi = written({"chosen": 2}, genre="jazz", duration_s=10.0)
    assert told_in(read_midi(midi)) == {"swing": 0.64, "swing_sixteenths": False, "chosen": 2}


@pytest.mark.parametrize(("genre", "beats"), [("jazz", 4), ("waltz", 3), ("ambient", 4)])
def test_the_score_has_the_melody_on_the_beats_in_its_key_and_metre(written, genre, beats):
    score, midi = written(genre=genre, duration_s=30.0, key="E minor", tempo_bpm=100.0, seed=2)
    read = converter.parse(Extras().musicxml(midi, "A piece").read_bytes(), format="musicxml")
    assert read.metadata.bestTitle == "A piece"
    lead, played = read.parts[0], score.parts[0]
    assert [part.partName for part in read.parts] == [f"{p.instrument.name} ({p.role})" for p in score.parts]
    assert lead.recurse().getElementsByClass("TimeSignature").first().numerator == beats
    assert lead.recurse().getElementsByClass("KeySignature").first().sharps == 1
    notes = [note for note in lead.flatten().notes if note.tie is None or note.tie.type == "start"]
    assert [note.pitch.midi for note in notes] == [note.pitch for note in played.notes]
    late = [abs(note.offset * 0.6 - one.start) for note, one in zip(notes, played.notes, strict=True)]
    assert max(late) < 0.16, "a swung eighth is written straight"
    for part in read.parts:
        assert {float(bar.barDuration.quarterLength) for bar in part.getElementsByClass("Measure")} == {float(beats)}


def test_a_pad_is_tied_and_no_note_is_lost(written):
    score, midi = written(genre="ambient", duration_s=30.0, seed=1)
    read = converter.parse(Extras().musicxml(midi, "").read_bytes(), format="musicxml")
    number = [part.role for part in score.parts].index("pad")
    sounded = {pitch.midi for note in read.parts[number].flatten().notes for pitch in note.pitches}
    assert sounded == {note.pitch for note in score.parts[number].notes}


@pytest.mark.parametrize(("pitch", "sharps", "name"), [(70, 0, "B-4"), (68, 0, "G#4"), (66, -1, "F#4"), (61, -4, "D-4"),
                                                      (59, -6, "C-4"), (60, 6, "B#3"), (72, 0, "C5")])  # fmt: skip
def test_tones_are_spelled_as_in_their_key(pitch, sharps, name):
    assert spelled(pitch, sharps) == name


def test_the_picture_has_pages(written):
    _, midi = written(genre="orchestral", duration_s=60.0)
    extras = Extras()
    first, pages = extras.picture(midi, "A piece", 1)
    last, _ = extras.picture(midi, "A piece", pages)
    assert pages > 1
    assert first != last
    assert fromstring(first).tag.endswith("svg")
    assert "<script" not in first
    with pytest.raises(GenerationError, match=f"page {pages + 1} is outside 1 to {pages}"):
        extras.picture(midi, "A piece", pages + 1)


def test_every_thread_can_draw(written):
    """Verovio's fonts are found by the thread that imports it alone, unless it is told where they are."""
    _, midi = written(genre="piano", duration_s=8.0)
    with ThreadPoolExecutor(3) as pool:
        drawings = [pool.submit(Extras().picture, midi, "A piece", 1).result()[0] for _ in range(6)]
    assert set(drawings) == {Extras().picture(midi, "A piece", 1)[0]}, "the same picture each time"


def test_a_title_stays_a_title(written):
    _, midi = written(genre="piano", duration_s=8.0)
    drawing, _ = Extras().picture(midi, '<script>alert("x")</script> & more', 1)
    assert "<script" not in drawing


@pytest.mark.parametrize("title", ["a\x00b\x1bc", "\ud800", "", "ü — 音楽"])
def test_any_words_can_stand_over_a_score(written, title):
    _, midi = written(genre="piano", duration_s=8.0)
    xml = Extras().musicxml(midi, title).read_bytes()
    assert fromstring(xml).tag == "score-partwise"
    assert ("音楽" in xml.decode("utf-8")) == ("音楽" in title)


def test_a_piece_without_end_is_told(written):
    _, midi = written(genre="piano", duration_s=8.0)
    endless = pretty_midi.PrettyMIDI(initial_tempo=240.0)
    endless.instruments.append(pretty_midi.Instrument(0))
    endless.instruments[0].notes.append(pretty_midi.Note(90, 60, 0.0, 9000.0))
    endless.write(str(midi))
    with pytest.raises(GenerationError, match="sixteenths long, over the limit"):
        Extras().musicxml(midi, "")


@NEEDS_SYNTH
def test_stems_are_the_mix(written):
    score, midi = written(genre="jazz", duration_s=12.0, seed=3)
    extras = Extras()
    stems = extras.stems(midi)
    assert [stem.name for stem in stems] == [f"{part.instrument.name} ({part.role})" for part in score.parts]
    sounds = [soundfile.read(extras.stem(midi, stem.number, 12.0))[0] for stem in stems]
    mix = render(midi, find_synth(), 12.0, lambda *_: None, threading.Event())[: 12 * 44_100]
    assert {len(sound) for sound in sounds} == {12 * 44_100}
    error = sum(sounds)[: len(mix)] - mix
    assert 20 * np.log10(np.std(error) / np.std(mix)) < -50
    assert all(np.abs(sound).max() > 1e-3 for sound in sounds)
    assert extras.stem(midi, len(stems) + 1, 12.0) is None
    assert extras.stem(midi, 0, 12.0) is None


@NEEDS_SYNTH
def test_a_stem_is_rendered_once(written):
    _, midi = written(genre="piano", duration_s=4.0)
    path = Extras().stem(midi, 1, 4.0)
    made = path.stat().st_mtime_ns
    assert Extras().stem(midi, 1, 4.0).stat().st_mtime_ns == made
    assert not list(midi.parent.glob(".*")), "nothing half made stays"


@pytest.mark.parametrize(
    "content", [b"", b"MThd", b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x01\xe0MTrk\x00\x00\x00\x04\x00\xff"]
)
def test_notes_that_are_none_are_told(tmp_path, content):
    (tmp_path / "piece.mid").write_bytes(content)
    with pytest.raises(GenerationError, match="the notes cannot be read"):
        Extras().stems(tmp_path / "piece.mid")


def test_too_many_notes_are_told(tmp_path):
    (tmp_path / "piece.mid").write_bytes(b"MThd" + b"\0" * (5 << 20))
    with pytest.raises(GenerationError, match="over 4 MB"):
        Extras().musicxml(tmp_path / "piece.mid", "")


@NEEDS_SYNTH
def test_the_composers_own_piece_can_be_read(tmp_path):
    request = GenerationRequest(genre="folk", duration_s=6.0)
    made = Composer().generate(request, tmp_path / "a.flac", lambda *_: None, threading.Event())
    assert Extras().musicxml(made.midi_path, "a").stat().st_size > 1000
