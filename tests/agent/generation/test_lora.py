"""LoRA adapters: heard on real classes with random weights, taken off again, and refused in a sentence where wrong."""

import json
import shutil

import numpy as np
import pytest
from test_generation_backends import tiny_musicgen  # noqa: F401 -- a fixture
from test_local_models import make, sound

from agent.generation.adapters.diffusion import Diffusion
from agent.generation.adapters.lora import CONFIG, WEIGHTS, lacking
from agent.generation.errors import InvalidRequestError
from agent.generation.material import Adapter
from agent.generation.musicgen import MusicGen
from agent.generation.systems import systems
from agent.generation.values import GenerationRequest

pytest.importorskip("peft", reason="needs the extra diffusion: pip install '.[diffusion]'")
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning"),
    pytest.mark.filterwarnings("ignore:Should have t"),
    pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning"),
]
LOFI = (Adapter("lofi"),)


def train(model, folder, layers, rank=2):
    """Save a LoRA with random weights as PEFT does."""
    import peft
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(1)
        config = peft.LoraConfig(r=rank, lora_alpha=400 * rank, target_modules=layers, init_lora_weights=False)
        peft.get_peft_model(model, config).save_pretrained(folder)


@pytest.fixture(scope="module")
def musicgen_adapters(tiny_musicgen, tmp_path_factory):  # noqa: F811
    import transformers as tf

    folder = tmp_path_factory.mktemp("adapters")
    model = tf.MusicgenForConditionalGeneration.from_pretrained(tiny_musicgen, local_files_only=True)
    train(model.decoder.lm_heads, folder / "heads", ["0"])
    model = tf.MusicgenForConditionalGeneration.from_pretrained(tiny_musicgen, local_files_only=True)
    train(model, folder / "lofi", ["q_proj", "v_proj", "fc1"])
    return folder


@pytest.fixture
def folder(musicgen_adapters, tmp_path):
    return shutil.copytree(musicgen_adapters, tmp_path / "adapters")


@pytest.fixture
def backend(tiny_musicgen, folder):  # noqa: F811
    return MusicGen(tiny_musicgen, allow_noncommercial=True, adapters=folder)


def test_an_adapter_is_heard_by_its_weight_and_taken_off_again(backend, tmp_path):
    assert backend.supports(GenerationRequest(text="calm", adapters=LOFI)).level == "full"
    plain = sound(make(backend, tmp_path / "a.flac").path)
    with_it = sound(make(backend, tmp_path / "b.flac", adapters=LOFI).path)
    assert not np.array_equal(plain, with_it)
    assert np.array_equal(with_it, sound(make(backend, tmp_path / "c.flac", adapters=LOFI).path))
    none = (Adapter("lofi", 0.0),)
    assert np.array_equal(plain, sound(make(backend, tmp_path / "d.flac", adapters=none).path))
    assert np.array_equal(plain, sound(make(backend, tmp_path / "e.flac").path)), "nothing of it is left"


@pytest.mark.parametrize("system", ["musicldm", "audioldm2", "stable-audio-open"])
def test_adapters_go_on_what_removes_the_noise(system, tmp_path):
    diffusers = pytest.importorskip("diffusers", reason="needs the extra diffusion: pip install '.[diffusion]'")
    from tiny_pipelines import save

    checkpoint = save(system, tmp_path / "pipeline")
    pipeline = getattr(diffusers, systems()[system].pipeline).from_pretrained(checkpoint, local_files_only=True)
    denoiser = getattr(pipeline, "unet", None) or pipeline.transformer
    train(denoiser, tmp_path / "adapters" / "lofi", ["to_q", "to_v"])
    backend = Diffusion(systems()[system], checkpoint, adapters=tmp_path / "adapters")
    asked = {"duration_s": 2.0, "steps": 2}
    plain = sound(make(backend, tmp_path / "a.flac", **asked).path)
    assert not np.array_equal(plain, sound(make(backend, tmp_path / "b.flac", adapters=LOFI, **asked).path))
    assert np.array_equal(plain, sound(make(backend, tmp_path / "c.flac", **asked).path))


def test_an_adapter_that_is_not_there_is_told_as_missing_and_left_out(backend, tiny_musicgen, tmp_path):  # noqa: F811
    asked = (Adapter("none"),)
    told = backend.supports(GenerationRequest(text="calm", adapters=asked))
    assert told.missing == ("the adapter none (there are: heads, lofi)",)
    plain = sound(make(backend, tmp_path / "a.flac").path)
    assert np.array_equal(plain, sound(make(backend, tmp_path / "b.flac", adapters=asked).path))
    unset = MusicGen(tiny_musicgen, allow_noncommercial=True)
    assert "no folder of adapters is set" in unset.supports(GenerationRequest(text="x", adapters=LOFI)).missing[0]


def test_without_peft_the_remedy_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("agent.generation.adapters.lora.find_spec", lambda _: None)
    assert "pip install 'trichord[diffusion]'" in lacking(tmp_path, LOFI)[0]


def unlinked(place):
    (place / WEIGHTS).rename(place / "adapter_model.bin")


def damaged(place):
    (place / WEIGHTS).write_bytes(b"no tensors at all")


def linked(place):
    outside = place.parents[1] / "elsewhere.safetensors"
    (place / WEIGHTS).rename(outside)
    (place / WEIGHTS).symlink_to(outside)


def of_another_kind(place):
    told = json.loads((place / CONFIG).read_text(encoding="utf-8"))
    (place / CONFIG).write_text(json.dumps(told | {"peft_type": "IA3"}), encoding="utf-8")


def with_more(place):
    from safetensors.torch import load_file, save_file

    held = load_file(place / WEIGHTS)
    save_file(held | {"base_model.model.embedding.weight": next(iter(held.values())).clone()}, place / WEIGHTS)


def of_another_width(place):
    from safetensors.torch import load_file, save_file

    wide = {n: t.repeat(1, 2).contiguous() if "lora_A" in n else t for n, t in load_file(place / WEIGHTS).items()}
    save_file(wide, place / WEIGHTS)


def of_another_model(place):
    shutil.copytree(place.parent / "heads", place, dirs_exist_ok=True)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (unlinked, "the adapter lofi has no adapter_model.safetensors; save it by PEFT, as safetensors"),
        (damaged, "the adapter lofi is no LoRA that can be read"),
        (linked, "the adapter lofi lies outside the folder of adapters; copy it there"),
        (of_another_kind, "the adapter lofi is no LoRA that can be read"),
        (with_more, "which is no part of a plain LoRA"),
        (of_another_width, "the adapter lofi is another model's: its matrices do not fit"),
        (of_another_model, "the adapter lofi is another model's: this one has no layer 0"),
    ],
)
def test_a_wrong_file_is_one_sentence_and_the_model_stays_as_it_was(backend, folder, tmp_path, spoil, words):
    plain = sound(make(backend, tmp_path / "a.flac").path)
    spoil(folder / "lofi")
    with pytest.raises(InvalidRequestError, match=words):
        make(backend, tmp_path / "b.flac", adapters=LOFI)
    assert np.array_equal(plain, sound(make(backend, tmp_path / "c.flac").path))
