"""What every encoder promises (encoders/protocols.py), run over every implementation."""

import os
import runpy
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image
from platformdirs import user_data_path

from encoders.errors import MediaError
from encoders.media.audio import SandboxedAudioAnalyzer
from encoders.media.video import SandboxedVideoAnalyzer
from encoders.models.store import ModelStore
from encoders.music.clap import ClapEncoder
from encoders.music.mert import MertEncoder
from encoders.music.musicnn import MusicnnEncoder
from encoders.protocols import AudioAnalyzer, FrameEncoder, MusicEncoder, TextEncoder, VideoAnalyzer
from encoders.text.multilingual import MultilingualTextEncoder
from encoders.text.onnx_text import OnnxTextEncoder
from encoders.text.sentence import SentenceTransformerEncoder
from encoders.vision.clip import ClipEncoder
from encoders.vision.dinov2 import Dinov2Encoder
from encoders.vision.efficientnet import EfficientNetEncoder
from encoders.vision.siglip import SiglipEncoder

CHECKPOINTS = Path(__file__).parents[1] / "encoders" / "tiny_checkpoints.py"


@pytest.fixture(scope="module")
def tiny():
    return runpy.run_path(str(CHECKPOINTS))


@pytest.fixture(scope="module")
def pulled():
    """A function that gives the store, or skips the test if a set is not there."""
    found = ModelStore(Path(os.environ.get("TRICHORD_MODELS_DIR") or user_data_path("trichord") / "models"))

    def need(*ids):
        missing = [model_id for model_id in ids if found.status(model_id).state != "present"]
        if missing:
            pytest.skip(f"weights not pulled: {', '.join(missing)} (run `trichord models pull {' '.join(missing)}`)")
        return found

    return need


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("contracts")


def pretrained(kind, store, model_id):
    return kind(store.path(model_id, "model.onnx").parent, model_id, store.fingerprint(model_id))


MODELS = pytest.mark.models


class TestTextEncoder:
    TEXTS = ("a slow sad song", "loud", "", "ünïcode ♪ \x00", "word " * 2000)

    @pytest.fixture(
        scope="class", params=[pytest.param("bge", marks=MODELS), "multilingual", "sentence", "clip", "clap", "siglip"]
    )
    @classmethod
    def encoder(cls, request, tiny, folder, pulled):
        if request.param == "multilingual":
            return MultilingualTextEncoder()
        if request.param == "bge":
            return OnnxTextEncoder.from_store(pulled("bge-small"))
        if request.param == "sentence":
            return SentenceTransformerEncoder.load(tiny["save_sentence_transformer"](folder / "sentence"))
        if request.param == "clip":
            return ClipEncoder.load(tiny["save_clip"](folder / "clip-text")).text
        if request.param == "siglip":
            return SiglipEncoder.load(tiny["save_siglip"](folder / "siglip-text")).text
        return ClapEncoder.load(tiny["save_clap"](folder / "clap-text")).text

    def test_follows_the_protocol(self, encoder):
        assert isinstance(encoder, TextEncoder)
        assert len(bytes.fromhex(encoder.space.weights_sha256)) == 32

    def test_rows_are_finite_unit_float32(self, encoder):
        rows = encoder.encode(self.TEXTS)
        assert rows.shape == (len(self.TEXTS), encoder.space.dim)
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-4)

    def test_no_texts_give_no_rows(self, encoder):
        assert encoder.encode([]).shape == (0, encoder.space.dim)

    def test_order_and_company_do_not_matter(self, encoder):
        rows = encoder.encode(self.TEXTS)
        assert np.array_equal(encoder.encode(self.TEXTS[::-1]), rows[::-1])
        assert np.array_equal(encoder.encode(self.TEXTS[:1]), rows[:1])

    def test_queries_keep_the_shape(self, encoder):
        assert encoder.encode(self.TEXTS, "query").shape == (len(self.TEXTS), encoder.space.dim)


class TestMusicEncoder:
    @pytest.fixture(
        scope="class",
        params=[pytest.param("musicnn-msd", marks=MODELS), pytest.param("musicnn-mtt", marks=MODELS), "clap", "mert"],
    )
    @classmethod
    def encoder(cls, request, tiny, folder, pulled):
        if request.param == "clap":
            return ClapEncoder.load(tiny["save_clap"](folder / "clap-music")).music
        if request.param == "mert":
            return MertEncoder.load(tiny["save_mert"](folder / "mert")).music
        return pretrained(MusicnnEncoder, pulled(request.param), request.param)

    def noise(self, encoder, seconds):
        rng = np.random.default_rng(4)
        return (0.2 * rng.normal(size=int(seconds * encoder.sample_rate_hz))).astype(np.float32)

    def test_follows_the_protocol(self, encoder):
        assert isinstance(encoder, MusicEncoder)
        assert encoder.sample_rate_hz >= 8000

    @pytest.mark.parametrize("seconds", [0.01, 0.5, 3.0, 7.3])
    def test_any_length_gives_one_finite_unit_vector(self, encoder, seconds):
        vector = encoder.encode(self.noise(encoder, seconds))
        assert vector.shape == (encoder.space.dim,)
        assert vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-4)

    def test_silence_gives_a_finite_unit_vector(self, encoder):
        vector = encoder.encode(np.zeros(encoder.sample_rate_hz, dtype=np.float32))
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-4)

    def test_the_same_sound_gives_the_same_vector(self, encoder):
        sound = self.noise(encoder, 12.0)
        assert np.array_equal(encoder.encode(sound), encoder.encode(sound.copy()))


class TestFrameEncoder:
    @pytest.fixture(
        scope="class",
        params=[
            pytest.param("efficientnet-lite2", marks=MODELS),
            pytest.param("dinov2-small", marks=MODELS),
            "clip",
            "siglip",
        ],
    )
    @classmethod
    def encoder(cls, request, tiny, folder, pulled):
        if request.param == "clip":
            return ClipEncoder.load(tiny["save_clip"](folder / "clip-frames")).frames
        if request.param == "siglip":
            return SiglipEncoder.load(tiny["save_siglip"](folder / "siglip-frames")).frames
        kind = EfficientNetEncoder if request.param.startswith("efficientnet") else Dinov2Encoder
        return pretrained(kind, pulled(request.param), request.param)

    @pytest.fixture(scope="class")
    @classmethod
    def frames(cls):
        rng = np.random.default_rng(5)
        sizes = [(48, 64), (300, 20), (1, 1), (2, 900)]
        return [rng.integers(0, 255, (*size, 3), dtype=np.uint8) for size in sizes]

    def test_follows_the_protocol(self, encoder):
        assert isinstance(encoder, FrameEncoder)

    def test_rows_are_finite_unit_float32(self, encoder, frames):
        rows = encoder.encode(frames)
        assert rows.shape == (len(frames), encoder.space.dim)
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-4)

    def test_no_frames_give_no_rows(self, encoder):
        assert encoder.encode([]).shape == (0, encoder.space.dim)

    def test_order_and_company_do_not_matter(self, encoder, frames):
        rows = encoder.encode(frames)
        assert np.array_equal(encoder.encode(frames[::-1]), rows[::-1])
        assert np.array_equal(encoder.encode(frames[:1]), rows[:1])

    def test_what_is_no_picture_is_refused(self, encoder):
        with pytest.raises(ValueError, match="uint8"):
            encoder.encode([np.zeros((4, 4), dtype=np.uint8)])


class TestAnalyzers:
    """Audio and video analyzers make the same promises about files; they differ in what they look for."""

    @pytest.fixture(
        scope="class",
        params=["audio", "video", pytest.param("audio-full", marks=MODELS), pytest.param("video-full", marks=MODELS)],
    )
    @classmethod
    def case(cls, request, folder, pulled):
        """The analyzer, a file it understands."""
        full = request.param.endswith("full")
        nothing = ModelStore(folder / "no-models")
        if request.param.startswith("audio"):
            store = pulled("musicnn-msd", "musicnn-mtt") if full else nothing
            options = {} if full else {"taggers": ()}
            path = folder / "x.wav"
            soundfile.write(path, 0.2 * np.random.default_rng(6).normal(size=44_100), 22_050)
            analyzer = SandboxedAudioAnalyzer(store, workers=1, **options)
        else:
            store = pulled("efficientnet-lite2") if full else nothing
            options = {} if full else {"models": ()}
            path = folder / "x.png"
            Image.fromarray(np.random.default_rng(7).integers(0, 255, (40, 60, 3), dtype=np.uint8)).save(path)
            analyzer = SandboxedVideoAnalyzer(store, **options)
        yield analyzer, path
        analyzer.close()

    def test_follows_the_protocol(self, case):
        analyzer, _ = case
        assert isinstance(analyzer, AudioAnalyzer)
        assert isinstance(analyzer, VideoAnalyzer)  # the two Protocols have one shape

    def test_embeddings_are_those_of_its_spaces(self, case):
        analyzer, path = case
        analysis = analyzer.analyze(path)
        assert {e.space for e in analysis.embeddings.values()} == set(analyzer.spaces)
        for space_id, embedding in analysis.embeddings.items():
            assert space_id == embedding.space.id
            assert embedding.vector.shape == (embedding.space.dim,)
            assert np.linalg.norm(embedding.vector) == pytest.approx(1.0, abs=1e-4)

    @pytest.mark.parametrize("content", [b"", b"#EXTM3U\nhttp://127.0.0.1/\n", bytes(range(256)) * 100])
    def test_what_is_no_media_raises_a_media_error_of_one_line(self, case, folder, content):
        analyzer, path = case
        bad = folder / "bad.bin"
        bad.write_bytes(content)
        with pytest.raises(MediaError) as refused:
            analyzer.analyze(bad)
        assert "\n" not in str(refused.value)
        assert "bad.bin" in str(refused.value)
        assert str(folder) not in str(refused.value)
        analyzer.analyze(path)  # and the next file is none the worse

    def test_a_path_that_is_not_there_raises_a_media_error(self, case, folder):
        with pytest.raises(MediaError, match="not a regular file"):
            case[0].analyze(folder / "nothing.wav")
