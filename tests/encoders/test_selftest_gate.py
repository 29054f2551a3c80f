import numpy as np
import pytest

from encoders.errors import SelfTestError
from encoders.media.weights import weights_of
from encoders.music.musicnn import MusicnnEncoder
from encoders.selftest import frame_alignment, gate_frames, gate_music, gate_text, music_alignment
from encoders.text.onnx_text import OnnxTextEncoder
from encoders.values import Space
from encoders.vectors import unit, unit_rows
from encoders.vision.efficientnet import EfficientNetEncoder

SPACE = Space("test", 32, "test", "0")


class Hashed:
    """Sound vectors by text: the sum of its words' vectors, each word seeds a generator."""

    space = SPACE

    def encode(self, texts, role="document"):
        return unit_rows(np.stack([self.vector(text) for text in texts]))

    def vector(self, text):
        words = [sum((i + 1) * ord(letter) for i, letter in enumerate(word)) for word in ("", *text.split())]
        return sum(np.random.default_rng(seed).normal(size=32) for seed in words).astype(np.float32)


class Collapsed(Hashed):
    def vector(self, text):
        return np.ones(32, dtype=np.float32) + 1e-3 * super().vector(text)


class Restless(Hashed):
    def __init__(self):
        self._rng = np.random.default_rng(0)

    def vector(self, text):
        return super().vector(text) + 0.01 * self._rng.normal(size=32).astype(np.float32)


class Unscaled(Hashed):
    def encode(self, texts, role="document"):
        return 2.0 * super().encode(texts)


class NotFinite(Hashed):
    def encode(self, texts, role="document"):
        return np.full((len(texts), 32), np.nan, dtype=np.float32)


class WrongSize(Hashed):
    def encode(self, texts, role="document"):
        return super().encode(texts)[:, :16]


def test_a_sound_encoder_is_accepted_with_its_figures():
    report = gate_text(Hashed())
    assert report.space == SPACE
    assert all(check.passed for check in report.checks)
    assert "largest cosine of two probes 0." in str(report)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (Collapsed, "largest cosine"),
        (Restless, "drift"),
        (Unscaled, "error of length"),
        (NotFinite, "not finite"),
        (WrongSize, "shape"),
    ],
)
def test_each_kind_of_broken_encoder_is_refused_by_name(broken, reason):
    with pytest.raises(SelfTestError, match=f"test was refused: .*{reason}"):
        gate_text(broken())


class Spectrum:
    """Hears pitch, pulse and whether there is a tone at all: 15 bands, 15 bands of the envelope, 2 for the tone."""

    space = SPACE
    sample_rate_hz = 16_000

    def encode(self, waveform):
        envelope = np.abs(waveform).reshape(-1, 400).mean(axis=1)
        pitch = np.abs(np.fft.rfft(waveform))[: waveform.size // 16]  # up to 1 kHz
        pulse = np.abs(np.fft.rfft(envelope - envelope.mean()))[6:38]  # 0.5 to 3.2 Hz
        tonal = pitch.max() > 50 * pitch.mean()
        halves = [np.array([band.mean() for band in np.array_split(half, 15)]) for half in (pitch, pulse)]
        parts = [half / np.linalg.norm(half) for half in halves]
        return unit(np.array([*parts[0], *parts[1], 1.0 * tonal, 1.0 - tonal], dtype=np.float32))


class Deaf(Spectrum):
    """Tells every sound apart but not what it is."""

    def encode(self, waveform):
        seed = int(np.abs(waveform).sum() * 1000) % 2**31
        return unit(np.random.default_rng(seed).normal(size=32).astype(np.float32))


def test_a_music_encoder_must_tell_chords_from_drums():
    assert gate_music(Spectrum()).checks[-1].value > 0.01
    with pytest.raises(SelfTestError, match="chords and drums apart"):
        gate_music(Deaf())


class Colours:
    """Texts and pictures in one space: red, green, blue."""

    space = Space("colours", 3, "test", "0")
    names = ("red", "green", "blue")

    def encode(self, items, role="document"):
        rows = [self._text(item) if isinstance(item, str) else item.mean(axis=(0, 1)) for item in items]
        return unit_rows(np.array(rows, dtype=np.float32) + 1.0)

    def _text(self, text):
        return [255.0 * (name in text) for name in self.names]


def test_alignment_is_a_figure_and_needs_one_space():
    check = frame_alignment(Colours(), Colours())
    assert check.passed is None
    assert check.value > 0.3
    with pytest.raises(SelfTestError, match="different spaces"):
        frame_alignment(Hashed(), Colours())
    with pytest.raises(SelfTestError, match="different spaces"):
        music_alignment(Colours(), Spectrum())


@pytest.mark.models
def test_the_embedded_encoders_pass(store):
    gate_text(OnnxTextEncoder.from_store(store))
    for weights in weights_of(store, ("musicnn-msd", "musicnn-mtt")):
        encoder = MusicnnEncoder(store.path(weights["id"], "model.onnx").parent, weights["id"], weights["fingerprint"])
        assert gate_music(encoder).checks[-1].value > 0.3
    folder = store.path("efficientnet-lite2", "model.onnx").parent
    gate_frames(EfficientNetEncoder(folder, "efficientnet-lite2", store.fingerprint("efficientnet-lite2")))
