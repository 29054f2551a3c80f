"""The detector on sounds with a provable artefact: generators left out are told, chance is not, files are checked."""

import json

import numpy as np
import pytest

from encoders.detection.config import DetectorConfig
from encoders.detection.detector import CARD, MODEL, Detector, DetectorCard, HeldOut, read_card
from encoders.detection.examples import Example, read_examples, windows_of
from encoders.detection.training import auc, train_detector
from encoders.errors import EncoderError, MediaError, ModelCorruptError
from encoders.media.audio import SandboxedAudioAnalyzer
from encoders.music.logmel import SAMPLE_RATE_HZ

SMALL = DetectorConfig(dim=16, depth=1, heads=2, epochs=8, batch_size=16, learning_rate=2e-3)


def sound(rng, artefact=False, seconds=9.0):
    """Random tones over noise; a generator leaves a hum of its upsampling at 6 kHz (Afchar et al., 2025)."""
    t = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    made = 0.05 * rng.standard_normal(t.size)
    for hz in rng.uniform(100, 3000, 4):
        made += rng.uniform(0.05, 0.2) * np.sin(2 * np.pi * hz * t)
    if artefact:
        made += 0.1 * np.sin(2 * np.pi * 6000 * t)
    return made.astype(np.float32)


def examples(rng, artefacts):
    """Real sounds, and as many of each generator, which leaves its trace or does not."""
    made = [Example(windows_of(sound(rng)), None, n % 2 == 0) for n in range(80)]
    for name, artefact in artefacts.items():
        made += [Example(windows_of(sound(rng, artefact)), name, False) for _ in range(30)]
    return made


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("detector")
    made = examples(np.random.default_rng(0), {"one": True, "two": True})
    steps = []
    card = train_detector(made, SMALL, folder, lambda step, share: steps.append((step, share)))
    return folder, card, steps


def test_a_generator_that_was_left_out_is_told_by_the_trace_it_shares(trained):
    folder, card, steps = trained
    assert [step for step, _ in steps] == ["without one", "without two", "with all"]
    assert set(card.generators) == {"one", "two"}
    assert card.worst[1].low > 0.9
    detector, rng = Detector(folder), np.random.default_rng(99)
    real = [detector.probability(windows_of(sound(rng))) for _ in range(12)]
    made = [detector.probability(windows_of(sound(rng, artefact=True))) for _ in range(12)]
    assert np.mean(real) < 0.35
    assert np.mean(made) > 0.65
    assert auc(np.array(made), np.array(real)) > 0.95
    assert "no verdict" in card.limits


def test_the_exported_graph_is_the_network_and_takes_any_number_of_windows(trained):
    detector, rng = Detector(trained[0]), np.random.default_rng(5)
    windows = windows_of(sound(rng, artefact=True, seconds=9.0))
    alone = [detector.probability(windows[n : n + 1]) for n in range(len(windows))]
    assert len(windows) > 1
    assert min(alone) - 1e-6 <= detector.probability(windows) <= max(alone) + 1e-6


def test_a_generator_without_any_trace_is_chance_and_the_detector_is_not_used(tmp_path):
    card = train_detector(examples(np.random.default_rng(1), {"one": True, "silent": False}), SMALL, tmp_path)
    assert card.worst[0] == "silent"
    assert not card.better_than_chance
    with pytest.raises(EncoderError, match=r"tells silent, left out, from real music in .* which may be chance"):
        Detector(tmp_path)


def test_damaged_and_foreign_files_are_sentences(trained, tmp_path):
    for name in (MODEL, CARD):
        (tmp_path / name).write_bytes((trained[0] / name).read_bytes())
    assert read_card(tmp_path).sha256 == trained[1].sha256
    (tmp_path / MODEL).write_bytes(b"no model")
    with pytest.raises(ModelCorruptError, match="are not those of its card"):
        Detector(tmp_path)
    (tmp_path / CARD).write_text(json.dumps({"generators": {}}))
    with pytest.raises(ModelCorruptError, match="cannot be read"):
        Detector(tmp_path)
    with pytest.raises(ModelCorruptError, match="cannot be read"):
        Detector(tmp_path / "nowhere")


def test_a_folder_is_read_by_generator_and_albums_stay_on_one_side(tmp_path):
    for n in range(60):
        path = tmp_path / "real" / f"album{n // 5}" / f"{n}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for name in ("one", "two"):
        (tmp_path / "generated" / name).mkdir(parents=True)
        for n in range(12):
            (tmp_path / "generated" / name / f"{n}.wav").touch()
    (tmp_path / "generated" / "one" / "notes.txt").touch()
    heard = np.zeros(SAMPLE_RATE_HZ, np.float32)

    def waveform(path):
        if path.name == "3.wav":
            raise MediaError("damaged")
        return heard

    found = read_examples(tmp_path, waveform)
    assert len(found) == 60 + 22
    assert {each.generator for each in found} == {None, "one", "two"}
    held = [each.held for each in found if each.generator is None]
    assert 10 <= sum(held) <= 40
    assert all(len(set(held[5 * n : 5 * n + 5])) == 1 for n in range(12))


def test_too_little_music_is_a_sentence(tmp_path):
    with pytest.raises(EncoderError, match="has no folders real/ and generated/"):
        read_examples(tmp_path, lambda _: np.zeros(1, np.float32))
    (tmp_path / "real").mkdir()
    (tmp_path / "generated" / "one").mkdir(parents=True)
    (tmp_path / "generated" / "one" / "a.wav").touch()
    with pytest.raises(EncoderError, match="music of 1 generators and 2 are wanted"):
        read_examples(tmp_path, lambda _: np.ones(16_000, np.float32))


def test_one_generator_that_is_chance_is_enough_to_say_nothing():
    sure, chance = HeldOut(20, 0.95, 0.9, 0.99), HeldOut(20, 0.55, 0.42, 0.68)
    assert DetectorCard({"a": sure, "b": sure}, 40, 20, 1.0, 0.0, "x").better_than_chance
    assert not DetectorCard({"a": sure, "b": chance}, 40, 20, 1.0, 0.0, "x").better_than_chance
    assert not DetectorCard({"a": sure}, 40, 20, 1.0, 0.0, "x").better_than_chance


def test_an_ingest_measures_it_in_the_child_and_says_nothing_without_a_detector(trained, empty_store, tmp_path):
    import soundfile

    rng = np.random.default_rng(7)
    for name, artefact in (("real", False), ("made", True)):
        soundfile.write(tmp_path / f"{name}.wav", sound(rng, artefact, seconds=12.0), SAMPLE_RATE_HZ)
    with_one = SandboxedAudioAnalyzer(empty_store, workers=1, taggers=(), detector=trained[0])
    without = SandboxedAudioAnalyzer(empty_store, workers=1, taggers=())
    try:
        real, made = (with_one.measure(tmp_path / f"{name}.wav").ai_music for name in ("real", "made"))
        assert real < 0.5 < made
        assert without.measure(tmp_path / "made.wav").ai_music is None
    finally:
        with_one.close()
        without.close()
