"""One contract for every generator: what it writes, what it refuses, how it stops."""

import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from agent.generation.composer import Composer
from agent.generation.mastering import loudness, true_peak
from agent.generation.musicgen import MusicGen
from agent.generation.render import find_synth
from agent.generation.values import GenerationCancelledError, GenerationError, GenerationRequest

EMPTY_FONT = b"RIFF\x04\x00\x00\x00sfbk"
NO_SYNTH = find_synth() if isinstance(find_synth(), str) else ""


class Log:
    """Progress as it was told."""

    def __init__(self):
        self.fractions, self.lines = [], []

    def __call__(self, fraction, line):
        self.fractions.append(fraction)
        self.lines.append(line)


class StopAfter:
    """A stop button that is pressed after it was looked at `looks` times."""

    def __init__(self, looks):
        self.left = looks

    def is_set(self):
        self.left -= 1
        return self.left < 0


@pytest.fixture(scope="session")
def tiny_musicgen(tmp_path_factory):
    """A MusicGen checkpoint with random weights, of the real classes, saved as the real ones are."""
    import torch
    import transformers as tf

    tf.utils.logging.set_verbosity_error()
    tf.utils.logging.disable_progress_bar()
    words = ["<pad>", "</s>", "<unk>", *(f"▁{word}" for word in "calm piano fast in bpm".split()), "▁", *"abcdefgh, "]
    vocabulary = [(word, -index / 10) for index, word in enumerate(words)]
    text = tf.T5Config(vocab_size=len(words), d_model=16, d_ff=32, d_kv=8, num_layers=1, num_heads=2)
    codec = tf.EncodecConfig(
        sampling_rate=32000,
        num_filters=4,
        upsampling_ratios=[8, 5, 4, 4],
        codebook_size=32,
        codebook_dim=16,
        hidden_size=16,
        num_lstm_layers=1,
        target_bandwidths=[1.0],  # four codebooks, as the decoder has
    )
    decoder = tf.MusicgenDecoderConfig(
        vocab_size=32,
        hidden_size=16,
        num_hidden_layers=1,
        ffn_dim=32,
        num_attention_heads=2,
        pad_token_id=32,
        bos_token_id=32,
    )
    config = tf.MusicgenConfig(text_encoder=text.to_dict(), audio_encoder=codec.to_dict(), decoder=decoder.to_dict())
    torch.manual_seed(0)
    model = tf.MusicgenForConditionalGeneration(config)
    for layer in model.audio_encoder.quantizer.layers:
        layer.codebook.embed.normal_()  # zeros otherwise: every token would sound the same
    for name in ("decoder_start_token_id", "pad_token_id", "bos_token_id"):
        setattr(model.generation_config, name, 32)
    folder = tmp_path_factory.mktemp("musicgen")
    model.save_pretrained(folder)
    tokenizer = tf.T5TokenizerFast(vocab=vocabulary, extra_ids=0)
    feature_extractor = tf.EncodecFeatureExtractor(feature_size=1, sampling_rate=32000)
    tf.MusicgenProcessor(feature_extractor, tokenizer).save_pretrained(folder)
    return folder


class BackendContract:
    """Subclass with a `backend` fixture; `seconds` keeps it quick."""

    seconds = 4.0
    loudness_within = 1.0

    def request(self, **changes):
        return GenerationRequest(**({"text": "calm piano", "duration_s": self.seconds, "seed": 7} | changes))

    def make(self, backend, dst, **changes):
        return backend.generate(self.request(**changes), dst, Log(), threading.Event())

    def test_writes_what_was_asked(self, backend, tmp_path):
        log = Log()
        audio = backend.generate(self.request(), tmp_path / "a.flac", log, threading.Event())
        sound, rate = soundfile.read(audio.path, dtype="float32")
        assert audio.path == tmp_path / "a.flac"
        assert soundfile.info(audio.path).format == "FLAC"
        assert (rate, sound.shape[1]) == (44_100, 2)
        assert abs(len(sound) / rate - self.seconds) < 0.05
        assert audio.duration_s == pytest.approx(len(sound) / rate)
        assert (audio.seed, audio.backend) == (7, backend.id)
        assert loudness(sound) == pytest.approx(-14.0, abs=self.loudness_within)
        assert true_peak(sound) <= -0.9
        assert np.abs(sound[-50:]).max() < 0.01, "it ends in silence, not in a click"
        assert log.fractions == sorted(log.fractions)
        assert (log.fractions[0], log.fractions[-1]) == (0.0, 1.0)
        assert all(log.lines)

    def test_seed_decides(self, backend, tmp_path):
        same = [soundfile.read(self.make(backend, tmp_path / f"{n}.flac").path)[0] for n in range(2)]
        other, _ = soundfile.read(self.make(backend, tmp_path / "other.flac", seed=8).path)
        assert np.array_equal(*same)
        assert not np.array_equal(same[0], other)

    def test_cancel_before_and_within(self, backend, tmp_path):
        pressed = threading.Event()
        pressed.set()
        for button in (pressed, StopAfter(1)):
            with pytest.raises(GenerationCancelledError):
                backend.generate(self.request(), tmp_path / "a.flac", Log(), button)
        assert not (tmp_path / "a.flac").exists()

    def test_says_what_it_can_do(self, backend):
        assert backend.supports(self.request()).level == "full"
        too_long = backend.supports(self.request(duration_s=900.0))
        assert too_long.level == "no"
        assert "900 s" in too_long.reason
        assert 0 < backend.estimate_s(self.request()) < backend.estimate_s(self.request(duration_s=20.0))
        assert backend.id
        assert backend.title
        assert backend.licence

    def test_prepare_and_release_can_be_repeated(self, backend, tmp_path):
        for _ in range(2):
            backend.prepare()
            backend.release()
        assert self.make(backend, tmp_path / "a.flac").path.is_file()


@pytest.mark.skipif(bool(NO_SYNTH), reason=NO_SYNTH)
class TestComposer(BackendContract):
    @pytest.fixture
    def backend(self):
        return Composer()

    def test_half_a_minute_takes_seconds(self, backend, tmp_path):
        start = time.monotonic()
        audio = self.make(backend, tmp_path / "a.flac", text="orchestral", duration_s=30.0)
        assert time.monotonic() - start < 8
        assert audio.midi_path.is_file()
        assert audio.tempo_bpm
        assert audio.key

    @pytest.mark.parametrize("seconds", [1.0, 2.3, 9.77])
    def test_odd_lengths_are_exact(self, backend, tmp_path, seconds):
        audio = self.make(backend, tmp_path / "a.flac", duration_s=seconds)
        assert audio.duration_s == pytest.approx(seconds, abs=0.001)

    def test_partial_names_what_will_not_be_heard(self, backend):
        support = backend.supports(self.request(instruments=("piano", "ukulele", "vocals"), genre="klezmer"))
        assert (support.level, support.missing) == ("partial", ("ukulele", "vocals", "the genre klezmer"))

    def test_unknown_key_is_refused_in_a_sentence(self, backend):
        assert 'key "H flat"' in backend.supports(self.request(key="H flat")).reason

    def test_missing_program_or_soundfont_names_the_remedy(self, monkeypatch, tmp_path):
        lost = Composer(soundfont=tmp_path / "no.sf2")
        assert "does not exist" in lost.supports(self.request()).reason
        monkeypatch.setenv("PATH", str(tmp_path))
        for answer in (Composer().supports(self.request()).reason, lost.supports(self.request()).reason):
            assert "apt install fluidsynth fluid-soundfont-gm" in answer
        with pytest.raises(GenerationError, match="apt install"):
            Composer().prepare()

    @pytest.mark.parametrize(("content", "words"), [(b"text", "is no SoundFont"), (EMPTY_FONT, "fluidsynth")])
    def test_broken_soundfont_is_one_sentence(self, tmp_path, content, words):
        (tmp_path / "bad.sf2").write_bytes(content)
        with pytest.raises(GenerationError, match=words) as caught:
            self.make(Composer(soundfont=tmp_path / "bad.sf2"), tmp_path / "a.flac")
        assert len(str(caught.value)) < 260 + len(str(tmp_path))

    def test_hung_synthesiser_is_stopped(self, monkeypatch, tmp_path):
        (tmp_path / "fluidsynth").write_text(f"#!/bin/sh\nexec {shutil.which('sleep')} 60\n", encoding="utf-8")
        (tmp_path / "fluidsynth").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        button = threading.Event()
        threading.Timer(0.5, button.set).start()
        start = time.monotonic()
        soundfont = tmp_path / "any.sf2"
        soundfont.write_bytes(EMPTY_FONT)
        with pytest.raises(GenerationCancelledError):
            Composer(soundfont=soundfont).generate(self.request(), tmp_path / "a.flac", Log(), button)
        assert time.monotonic() - start < 5


class TestMusicGen(BackendContract):
    seconds = 1.0

    @pytest.fixture
    def backend(self, tiny_musicgen):
        return MusicGen(tiny_musicgen, allow_noncommercial=True)

    def test_needs_the_opt_in(self, tiny_musicgen):
        support = MusicGen(tiny_musicgen).supports(self.request())
        assert support.level == "no"
        assert "CC-BY-NC-4.0" in support.reason

    @pytest.mark.parametrize("source", ["missing-folder", "facebook/musicgen-small", "/no/where"])
    def test_missing_weights_name_the_remedy(self, source, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        backend = MusicGen(source, allow_noncommercial=True)
        assert "hf download facebook/musicgen-small" in backend.supports(self.request()).reason

    def test_damaged_weights_are_one_sentence(self, tiny_musicgen, tmp_path):
        copy = Path(shutil.copytree(tiny_musicgen, tmp_path / "copy"))
        (copy / "model.safetensors").write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00garbage")
        with pytest.raises(GenerationError, match="cannot be loaded"):
            MusicGen(copy, allow_noncommercial=True).prepare()

    def test_words_carry_what_the_model_only_understands_as_words(self, backend):
        from agent.generation.musicgen import prompt_of

        request = self.request(text="a quiet piano", instruments=("piano",), tempo_bpm=90.0, key="D minor", mood="sad")
        assert prompt_of(request) == "a quiet piano, sad, 90 bpm, in D minor"
        assert backend.supports(request).missing == ("an exact tempo", "an exact key")
