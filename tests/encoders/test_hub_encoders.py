"""SigLIP, MERT and MuQ-MuLan: real loading code on tiny checkpoints, and what is refused with which words."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_checkpoints import save_mert, save_siglip
from transformers import HubertModel

from encoders.errors import EncoderError
from encoders.music.mert import MertEncoder
from encoders.music.mulan import MulanEncoder
from encoders.vision.siglip import SiglipEncoder

RNG = np.random.default_rng(2)


def test_siglip_prepares_pictures_as_its_authors_do(tmp_path):
    encoder = SiglipEncoder.load(save_siglip(tmp_path), "siglip")
    grey = np.full((60, 90, 3), 128, dtype=np.uint8)
    tensor = torch.full((1, 3, 30, 30), 128 / 127.5 - 1)
    with torch.inference_mode():
        features = encoder.frames._model.get_image_features(pixel_values=tensor).pooler_output.numpy()
    np.testing.assert_allclose(encoder.frames.encode([grey])[0], features[0] / np.linalg.norm(features), atol=1e-5)
    tall = np.concatenate([np.zeros((50, 50, 3), np.uint8), np.full((50, 50, 3), 255, np.uint8)])
    turned = tall[::-1].copy()  # squeezed, not cropped: both ends are seen
    assert encoder.frames.encode([tall])[0] @ encoder.frames.encode([turned])[0] < 0.9999


def test_mert_is_the_mean_over_time_and_layers_of_its_windows(tmp_path):
    encoder = MertEncoder.load(save_mert(tmp_path), "mert").music
    assert encoder.sample_rate_hz == 24_000
    window = (0.1 * RNG.normal(size=5 * 24_000)).astype(np.float32)
    plain = HubertModel.from_pretrained(tmp_path, config=encoder._model.config).eval()
    normal = (window - window.mean()) / np.sqrt(window.var() + 1e-7)
    with torch.inference_mode():
        layers = plain(torch.from_numpy(normal)[None], output_hidden_states=True).hidden_states
    mean = torch.stack(layers).mean(dim=(0, 1, 2)).numpy()
    np.testing.assert_allclose(encoder.encode(window), mean / np.linalg.norm(mean), atol=1e-4)


def test_mert_reads_a_long_sound_from_end_to_end_the_same_way_each_time(tmp_path):
    encoder = MertEncoder.load(save_mert(tmp_path), "mert").music
    sound = (0.1 * RNG.normal(size=24_000 * 13)).astype(np.float32)
    first = encoder.encode(sound)
    np.random.seed(5)
    torch.manual_seed(5)
    assert np.array_equal(first, encoder.encode(sound))
    sound[-24_000 * 3 :] = 0
    assert not np.allclose(first, encoder.encode(sound), atol=1e-5)


@pytest.mark.parametrize("change", ["feature_extractor_cqt", "deepnorm"])
def test_a_mert_that_needs_code_of_its_own_is_refused(tmp_path, change):
    with pytest.raises(EncoderError, match=f"has {change}, which needs its own code"):
        MertEncoder.load(save_mert(tmp_path, **{change: True}))


@pytest.mark.parametrize(("save", "load"), [(save_siglip, SiglipEncoder.load), (save_mert, MertEncoder.load)])
def test_checkpoints_that_lack_weights_or_anything_are_refused(tmp_path, save, load):
    folder = save(tmp_path / "whole")
    weights = load_file(folder / "model.safetensors")
    del weights[sorted(name for name in weights if name.endswith("q_proj.weight"))[0]]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EncoderError, match="lacks 1 weights"):
        load(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(EncoderError):
        load(tmp_path / "empty")
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    (pickled / "config.json").write_text(json.dumps({"model_type": "hubert"}), encoding="utf-8")
    torch.save({"a": torch.zeros(1)}, pickled / "pytorch_model.bin")
    with pytest.raises(EncoderError):
        load(pickled)


def test_mulan_asks_for_its_licence_first_and_then_for_its_package(monkeypatch):
    with pytest.raises(EncoderError, match=r"CC-BY-NC 4\.0.*TRICHORD_ALLOW_NONCOMMERCIAL"):
        MulanEncoder.load("OpenMuQ/MuQ-MuLan-large")
    monkeypatch.setitem(sys.modules, "muq", None)
    with pytest.raises(ImportError, match="pip install muq"):
        MulanEncoder.load("OpenMuQ/MuQ-MuLan-large", allow_noncommercial=True)


class TwoTowers(torch.nn.Module):
    """The interface of ``muq.MuQMuLan`` 0.1.0 over linear towers: its package needs a torchaudio that does not exist
    for every torch. It cuts nothing: a window that is not exactly its own length is an error."""

    config = SimpleNamespace(mulan={"dim_latent": 6})
    sr, clip_secs = 8_000, 2

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.heard = torch.nn.Linear(self.sr * self.clip_secs, 6, bias=False)

    def forward(self, wavs=None, texts=None):
        if texts is not None:
            return torch.tensor([[float(len(t)), 1, 2, 3, 4, 5] for t in texts])
        assert wavs.shape[1] == self.sr * self.clip_secs
        return self.heard(wavs)


@pytest.mark.parametrize("seconds", [0.001, 1.3, 2.0, 7.9])
def test_mulan_is_given_windows_of_its_own_length(seconds):
    encoder = MulanEncoder(TwoTowers().eval(), "mulan")
    sound = RNG.normal(size=max(1, int(8_000 * seconds))).astype(np.float32)
    vector = encoder.music.encode(sound)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    assert np.array_equal(vector, encoder.music.encode(sound))
    rows = encoder.text.encode(["one", "a longer text"])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert encoder.text.encode([]).shape == (0, 6)
