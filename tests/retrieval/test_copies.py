"""Near copies: a planted one is found with how it was changed, other music is not; how tracks are looked through."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from catalog.store import Catalogue
from catalog.values import Described, TrackId, TrackMetadata
from encoders.errors import ModelMissingError
from encoders.music.chroma import FRAMES_HZ, RATE_HZ, chroma
from encoders.values import AudioAnalysis, Embedding, Space, TagScore
from retrieval import comparing
from retrieval.comparing import Comparer, heard_instruments
from retrieval.copies import NOTHING, THRESHOLD, Overlap, Stretches, most_alike, threshold
from retrieval.indexes.versions import IndexDirectory
from retrieval.overview import Overview
from retrieval.search import SearchEngine


def tune(seed, notes=60, beat_s=0.4, semitones=0):
    """A random melody over a random bass, mono at the rate of the chroma."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(notes):
        t = np.arange(round(beat_s * RATE_HZ)) / RATE_HZ
        pitches = (60 + rng.integers(0, 12), 48 + rng.integers(0, 12))
        tone = sum(
            np.sin(2 * np.pi * 440 * 2 ** ((p + semitones - 69) / 12) * k * t) / k for p in pitches for k in (1, 2)
        )
        parts.append(tone * np.exp(-3 * t / beat_s))
    sound = np.concatenate(parts)
    return (0.3 * sound / np.abs(sound).max()).astype(np.float32)


def test_chroma_names_the_notes_ten_times_a_second():
    t = np.arange(RATE_HZ * 3) / RATE_HZ
    for hz, pitch_class in ((261.63, 0), (440.0, 9), (369.99, 6)):
        found = chroma(np.sin(2 * np.pi * hz * t).astype(np.float32))
        assert found.shape == (3 * FRAMES_HZ, 12)
        assert (found[2:-2].argmax(axis=1) == pitch_class).all()
    assert not chroma(np.zeros(RATE_HZ, np.float32)).any()
    assert chroma(np.zeros(0, np.float32)).shape == (0, 12)


@pytest.mark.parametrize(("semitones", "tempo"), [(0, 1.0), (2, 1.0), (-2, 1.0), (0, 1.05), (0, 0.95), (1, 1.03)])
def test_a_copy_is_found_with_what_was_changed(semitones, tempo):
    track = chroma(tune(1))
    copied = tune(1, beat_s=0.4 / tempo, semitones=semitones)[round(3.3 * RATE_HZ) : round(15.3 * RATE_HZ)]
    noise = 0.03 * np.random.default_rng(0).standard_normal(len(copied))
    found = Stretches(chroma((copied + noise).astype(np.float32))).overlap(track)
    assert found.near_copy, found
    assert found.semitones == -semitones, "so much must be put back"
    assert found.track_at_s == pytest.approx((3.3 + found.at_s) * tempo, abs=0.35)
    assert found.tempo == pytest.approx(1 / tempo, abs=0.015)


def test_other_music_and_three_semitones_are_none():
    pieces = [chroma(tune(seed)[: 12 * RATE_HZ]) for seed in range(2, 6)]
    others = [chroma(tune(seed)) for seed in range(10, 20)]
    assert not any(each.near_copy for piece in pieces for each in most_alike(piece, others))
    assert not Stretches(chroma(tune(1, semitones=4)[: 12 * RATE_HZ])).overlap(chroma(tune(1))).near_copy


def test_the_shorter_the_stretch_the_more_likeness_is_wanted():
    assert threshold(15.0) == THRESHOLD
    assert THRESHOLD < threshold(10.0) < threshold(6.0) < 1
    assert threshold(4.0) > 1, "so little tells nothing"
    track = chroma(tune(1))
    assert Stretches(track[50:150]).overlap(track).near_copy
    assert not Stretches(track[50:92]).overlap(track).near_copy


def test_among_more_tracks_more_likeness_is_wanted():
    assert threshold(15.0, 10) == threshold(15.0, 200) == THRESHOLD
    assert threshold(15.0, 200) < threshold(15.0, 2_000) < threshold(15.0, 20_000) < 0.7
    overlap = Overlap(0.6, 15.0, 0.0, 0.0, 0, 1.0)
    assert overlap.near_copy
    assert not replace(overlap, among=10_000).near_copy


def test_what_is_too_short_or_silent_copies_nothing():
    track = chroma(tune(1))
    for piece in (track[:20], track[:0], np.zeros((200, 12), np.float32)):
        assert Stretches(piece).overlap(track).likeness < 0.1
    assert Stretches(track).overlap(track[:10]) == NOTHING


SPACE = Space("toy", 4, "toy", "c" * 64)


class Ears:
    """Reads wave files; the embedding is what the test says."""

    spaces = (SPACE,)

    def __init__(self):
        self.vector = np.array([1, 0, 0, 0], np.float32)
        self.ready, self.chromas = True, []

    def analyze(self, path):
        if not self.ready:
            raise ModelMissingError("no weights")
        return replace(self.measure(path), embeddings={SPACE.id: Embedding(SPACE, self.vector)})

    def measure(self, path):
        return AudioAnalysis(soundfile.info(path).duration, RATE_HZ, 1, None, None, (), -14.0, 0.4, 1.0, 900.0)

    def chroma(self, path):
        self.chromas.append(path.name)
        return chroma(soundfile.read(path, dtype="float32")[0])


@pytest.fixture
def world(tmp_path):
    """Ten tracks with files; the further from the first, the less like it."""
    catalogue = Catalogue(tmp_path / "catalogue.db")
    ids = [TrackId(f"t{n}") for n in range(10)]
    catalogue.library.describe(Described(i, TrackMetadata(f"Tune {i}", artist="Ada"), 24.0) for i in ids)
    vectors = np.array([[np.cos(n / 8), np.sin(n / 8), 0, 0] for n in range(10)], np.float32)
    catalogue.library.put_vectors(SPACE.id, ids, vectors, ["x"] * 10)
    for n in range(10):
        soundfile.write(tmp_path / f"t{n}.wav", tune(n), RATE_HZ)
    get = catalogue.library.get
    catalogue.library.get = lambda i: replace(get(i), path=tmp_path / f"{i}.wav")
    engine, ears = SearchEngine(catalogue, IndexDirectory(tmp_path / "indexes"), None, SPACE), Ears()
    yield Comparer(catalogue, engine, ears, tmp_path / "chroma"), ears, tmp_path
    catalogue.close()


def test_a_piece_is_told_its_nearest_tracks_and_copies_come_first(world):
    comparer, _, folder = world
    soundfile.write(folder / "piece.wav", tune(4, semitones=2)[: 15 * RATE_HZ], RATE_HZ)
    heard = comparer.hear(folder / "piece.wav")
    assert heard.compared == 10
    assert [near.track_id for near in heard.near] == ["t4", "t0", "t1", "t2", "t3"]
    assert [near.near_copy for near in heard.near] == [True, False, False, False, False]
    assert heard.near[1].similarity == pytest.approx(1.0)
    words = comparer.words_of(heard)
    assert words[0]["title"] == "Tune t4"
    assert words[0]["overlap"]["semitones"] == -2


def test_chroma_of_tracks_is_made_once_and_the_rest_in_idle_time(world, monkeypatch):
    comparer, ears, folder = world
    soundfile.write(folder / "piece.wav", tune(99)[: 12 * RATE_HZ], RATE_HZ)
    monkeypatch.setattr(comparing, "PATIENCE_S", -1.0)
    assert comparer.hear(folder / "piece.wav").compared == 0
    comparer.fill(threading.Event())
    assert len(ears.chromas) == 11
    assert comparer.hear(folder / "piece.wav").compared == 10
    assert len(ears.chromas) == 12, "only the piece was listened to again"
    (folder / "t3.wav").unlink()
    assert comparer.hear(folder / "piece.wav").compared == 9, "a file that is gone takes nothing with it"


def test_a_thorough_look_waits_for_all(world, monkeypatch):
    comparer, _, folder = world
    monkeypatch.setattr(comparing, "PATIENCE_S", -1.0)
    assert comparer.hear(folder / "t1.wav", thorough=True).compared == 10


def test_in_a_large_catalogue_a_copy_is_found_that_sounds_like_nothing_near(world, monkeypatch):
    comparer, _, folder = world
    monkeypatch.setattr(comparing, "LOOKED_THROUGH", 2)
    soundfile.write(folder / "piece.wav", tune(8, semitones=-2)[: 15 * RATE_HZ], RATE_HZ)
    heard = comparer.hear(folder / "piece.wav")
    assert (heard.compared, heard.complete) == (10, True), "all were looked at, two of them exactly"
    assert [(near.track_id, near.near_copy) for near in heard.near] == [("t8", True), ("t0", False), ("t1", False)]
    assert heard.near[0].similarity == pytest.approx(np.cos(1.0), abs=1e-3)


def test_a_large_catalogue_is_looked_at_as_far_as_time_allows_and_the_rest_later(world, monkeypatch):
    comparer, ears, folder = world
    monkeypatch.setattr(comparing, "LOOKED_THROUGH", 2)
    monkeypatch.setattr(comparing, "PATIENCE_S", -1.0)
    soundfile.write(folder / "piece.wav", tune(8)[: 15 * RATE_HZ], RATE_HZ)
    heard = comparer.hear(folder / "piece.wav")
    assert (heard.compared, heard.complete) == (0, False)
    comparer.fill(threading.Event())
    heard = comparer.hear(folder / "piece.wav")
    assert (heard.compared, heard.complete, heard.near[0].near_copy) == (10, True, True)
    stopped = threading.Event()
    stopped.set()
    (folder / "t9.wav").touch()
    listened_to = len(ears.chromas)
    comparer.hear(folder / "piece.wav", thorough=True, cancel=stopped)
    assert len(ears.chromas) == listened_to + 1, "what is cancelled listens to the piece and to nothing more"


def test_the_coarse_look_finds_a_stretch_transposed_and_played_at_another_tempo():
    overview = Overview()
    for seed in range(20, 60):
        overview.put(f"t{seed}", chroma(tune(seed)))
    for semitones, tempo in ((0, 1.0), (2, 1.05), (-2, 0.95), (1, 1.03)):
        piece = tune(33, beat_s=0.4 / tempo, semitones=semitones)[round(4.1 * RATE_HZ) : round(20.1 * RATE_HZ)]
        assert overview.nearest(chroma(piece), 3)[0] == "t33"
    assert overview.nearest(chroma(tune(33))[:30], 3) == [], "too short to tell"
    assert Overview().nearest(chroma(tune(33)), 3) == []


def test_without_weights_it_is_measured_and_near_nothing(world):
    comparer, ears, folder = world
    ears.ready = False
    heard = comparer.hear(folder / "t1.wav")
    assert (heard.near, heard.compared, heard.instruments) == ((), 0, ())
    assert heard.analysis.duration_s == pytest.approx(24.0)


def test_instruments_are_what_a_tagger_hears():
    tags = (
        TagScore("piano", 0.8, "musicnn-mtt"),
        TagScore("guitar", 0.4, "musicnn-mtt"),
        TagScore("harp", 0.1, "musicnn-mtt"),
    )
    base = AudioAnalysis(1.0, 44_100, 1, None, None, (), -14.0, 0.4, 1.0, 900.0, tags=tags)
    assert heard_instruments(base) == ("piano", "guitar")


def test_a_copy_is_found_wherever_it_lies_in_a_long_track():
    rng = np.random.default_rng(3)
    track = rng.random((9_000, 12)).astype(np.float32)
    for place in (0, 3_900, 4_000, 8_849):
        found = Stretches(track[place : place + 150]).overlap(track)
        assert (found.likeness > 0.9, found.track_at_s) == (True, place / FRAMES_HZ)
