"""Models that run here: real classes with random weights, saved and loaded as the real checkpoints are."""

import threading

import numpy as np
import pytest
import soundfile
from music_server import tone
from test_generation_backends import BackendContract, Log, tiny_musicgen  # noqa: F401 -- a fixture

from agent.generation.adapters.clips import sound_of
from agent.generation.adapters.diffusion import Diffusion
from agent.generation.errors import GenerationError, InvalidRequestError
from agent.generation.material import Clip
from agent.generation.musicgen import MusicGen, _chroma
from agent.generation.systems import systems
from agent.generation.values import GenerationRequest

# The libraries warn of one another; none of it reaches what is tested here.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning"),
    pytest.mark.filterwarnings("ignore:Should have t"),
]


def sound(path):
    return soundfile.read(path, dtype="float32")[0]


def make(backend, path, **asked):
    return backend.generate(
        GenerationRequest(**({"text": "calm piano", "duration_s": 1.0, "seed": 7} | asked)),
        path, Log(), threading.Event(),
    )  # fmt: skip


@pytest.fixture
def recording(tmp_path):
    (tmp_path / "mine.wav").write_bytes(tone(2.0, 440.0, "WAV"))
    return Clip(str(tmp_path / "mine.wav"), name="mine.wav")


class DiffusionContract(BackendContract):
    seconds = 2.0
    system = ""
    loudness_within = 3.0  # random weights make clicks, which no limiter brings to the level of music

    @pytest.fixture(scope="class")
    @classmethod
    def checkpoint(cls, tmp_path_factory):
        pytest.importorskip("diffusers", reason="needs the extra diffusion: pip install '.[diffusion]'")
        from tiny_pipelines import save

        return save(cls.system, tmp_path_factory.mktemp("pipeline"))

    def request(self, **changes):
        return super().request(**{"steps": 2} | changes)

    @pytest.fixture
    def backend(self, checkpoint):
        return Diffusion(systems()[self.system], checkpoint)

    def test_steps_and_what_to_avoid_are_heard(self, backend, tmp_path):
        plain = sound(self.make(backend, tmp_path / "a.flac").path)
        assert not np.array_equal(plain, sound(self.make(backend, tmp_path / "b.flac", steps=4).path))
        assert not np.array_equal(plain, sound(self.make(backend, tmp_path / "c.flac", negative="fast").path))

    def test_effort_counts_in_the_time_it_tells(self, backend):
        draft, fine = (backend.estimate_s(self.request(steps=None, quality=q)) for q in ("draft", "fine"))
        assert draft < fine / 2


class TestMusicLdm(DiffusionContract):
    system = "musicldm"


class TestAudioLdm2(DiffusionContract):
    system = "audioldm2"


class TestStableAudioOpen(DiffusionContract):
    system = "stable-audio-open"

    def test_missing_and_foreign_weights_are_one_sentence(self, checkpoint, tmp_path):
        missing = Diffusion(systems()[self.system], tmp_path / "none")
        assert "hf download stabilityai/stable-audio-open-1.0" in missing.supports(self.request()).reason
        (tmp_path / "model_index.json").write_text('{"_class_name": "StableAudioPipeline"}', encoding="utf-8")
        with pytest.raises(GenerationError, match="cannot be loaded"):
            Diffusion(systems()[self.system], tmp_path).prepare()


def test_without_diffusers_the_remedy_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("agent.generation.adapters.diffusion.find_spec", lambda _: None)
    backend = Diffusion(systems()["musicldm"], tmp_path)
    assert "pip install 'trichord[diffusion]'" in backend.supports(GenerationRequest(duration_s=2)).reason


def test_musicgen_goes_on_from_a_recording(tiny_musicgen, recording, tmp_path):  # noqa: F811
    backend = MusicGen(tiny_musicgen, allow_noncommercial=True)
    asked = GenerationRequest(text="calm", duration_s=1.0, continues=recording)
    assert backend.supports(asked).level == "full"
    alone = sound(make(backend, tmp_path / "a.flac").path)
    after = make(backend, tmp_path / "b.flac", continues=recording)
    assert after.duration_s == pytest.approx(1.0)
    assert not np.array_equal(alone, sound(after.path))
    with pytest.raises(InvalidRequestError, match="leaves no room for the recording"):
        make(backend, tmp_path / "c.flac", continues=recording, duration_s=29.5)


@pytest.mark.parametrize(
    ("content", "words"), [(None, "mine.wav is gone; upload it again"), (b"no sound at all" * 50, "cannot be used")]
)
def test_a_recording_that_is_gone_or_none_is_one_sentence(tiny_musicgen, recording, tmp_path, content, words):  # noqa: F811
    (tmp_path / "mine.wav").unlink()
    if content is not None:
        (tmp_path / "mine.wav").write_bytes(content)
    with pytest.raises(InvalidRequestError, match=words):
        make(MusicGen(tiny_musicgen, allow_noncommercial=True), tmp_path / "a.flac", continues=recording)


@pytest.fixture(scope="session")
def tiny_melody(tmp_path_factory, tiny_musicgen):  # noqa: F811
    """A checkpoint of the melody model, random, with the parts of the plain one."""
    import torch
    import transformers as tf

    plain = tf.MusicgenForConditionalGeneration.from_pretrained(tiny_musicgen, local_files_only=True)
    decoder = tf.MusicgenMelodyDecoderConfig(
        vocab_size=32, hidden_size=16, num_hidden_layers=1, ffn_dim=32, num_attention_heads=2, pad_token_id=32,
        bos_token_id=32,
    )  # fmt: skip
    config = tf.MusicgenMelodyConfig(
        text_encoder=plain.config.text_encoder.to_dict(), audio_encoder=plain.config.audio_encoder.to_dict(),
        decoder=decoder.to_dict(), num_chroma=12, chroma_length=20,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = tf.MusicgenMelodyForConditionalGeneration(config)
    for layer in (model.audio_enc_to_dec_proj, *model.decoder.lm_heads):
        layer.weight.data *= 200  # untrained weights would hardly hear it
    model.audio_encoder.load_state_dict(plain.audio_encoder.state_dict())
    for name in ("decoder_start_token_id", "pad_token_id", "bos_token_id"):
        setattr(model.generation_config, name, 32)
    folder = tmp_path_factory.mktemp("melody")
    model.save_pretrained(folder)
    tf.AutoTokenizer.from_pretrained(tiny_musicgen, local_files_only=True).save_pretrained(folder)
    return folder


class TestMusicGenMelody(BackendContract):
    seconds = 1.0

    @pytest.fixture
    def backend(self, tiny_melody):
        return MusicGen(tiny_melody, allow_noncommercial=True, system=systems()["musicgen-melody"])

    def test_the_melody_is_heard(self, backend, recording, tmp_path):
        (tmp_path / "other.wav").write_bytes(tone(2.0, 330.0, "WAV"))
        other = Clip(str(tmp_path / "other.wav"))
        made = [sound(make(backend, tmp_path / f"{n}.flac", melody=m).path) for n, m in enumerate((recording, other))]
        assert not np.array_equal(*made)

    def test_what_it_cannot_do_is_told(self, backend, recording):
        asked = GenerationRequest(text="x", continues=recording)
        assert backend.supports(asked).reason == "it does not do going on from a recording"


def test_chroma_names_the_pitch_class():
    import torch

    wave = torch.sin(2 * torch.pi * 440.0 * torch.arange(64_000) / 32_000)
    assert set(_chroma(wave, 32_000).argmax(dim=-1).tolist()) == {9}, "A is nine semitones above C"


def test_a_midi_file_with_millions_of_events_is_refused_before_it_is_played(tmp_path):
    (tmp_path / "long.mid").write_bytes(b"MThd" + b"\0" * 1_000_001)
    with pytest.raises(InvalidRequestError, match="has 1000 kB, over the limit of 1000 kB; take one melody"):
        sound_of(Clip(str(tmp_path / "long.mid"), "midi"), tmp_path, 10.0, threading.Event())
