import numpy as np
import pytest

from encoders.errors import MediaError


def test_peaks_follow_the_level(audio, media):
    t = np.arange(44_100 * 4) / 44_100
    sound = np.sin(2 * np.pi * 440 * t) * np.repeat([0.2, 0.8, 0.0, 0.5], 44_100)
    length_s, peaks = audio.peaks(media.sound("x.wav", sound, 44_100), 40)
    assert length_s == pytest.approx(4.0)
    assert peaks.shape == (40,)
    for quarter, level in enumerate((0.2, 0.8, 0.0, 0.5)):
        assert np.allclose(peaks[10 * quarter + 1 : 10 * quarter + 9], level, atol=0.02)


def test_more_bins_than_there_is_sound(audio, media):
    length_s, peaks = audio.peaks(media.sound("x.wav", np.full(2_000, 0.5), 44_100), 600)
    assert length_s == pytest.approx(2_000 / 44_100, abs=1e-3)
    assert peaks.shape == (600,)
    assert np.allclose(peaks, 0.5, atol=0.01)


def test_a_picture_has_no_peaks(audio, tmp_path):
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "x.png")
    with pytest.raises(MediaError):
        audio.peaks(tmp_path / "x.png", 100)


def test_measuring_needs_no_weights(media, tmp_path):
    from encoders.media.audio import SandboxedAudioAnalyzer
    from encoders.models.store import ModelStore

    bare = SandboxedAudioAnalyzer(ModelStore(tmp_path / "none"), workers=1)
    try:
        t = np.arange(44_100 * 5) / 44_100
        found = bare.measure(media.sound("x.wav", 0.3 * np.sin(2 * np.pi * 440 * t), 44_100))
        assert found.duration_s == pytest.approx(5.0)
        assert (found.tags, found.embeddings) == ((), {})
    finally:
        bare.close()
