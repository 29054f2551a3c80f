"""MERT through transformers: music in a space of its own, without texts (Li et al., 2024).

MERT is published with code of its own. What it adds to HuBERT is used in training only, or is another way to compute
the same softmax (`attention_relax`), so its weights are read into transformers' HubertModel and no code is run from a
checkpoint. Variants that change the network itself (`feature_extractor_cqt`, `deepnorm`) are refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from encoders.errors import EncoderError
from encoders.hub import load_model, space_of
from encoders.music.windows import mean_of_windows
from encoders.values import FloatArray, Space

if TYPE_CHECKING:
    from transformers import HubertConfig, HubertModel, Wav2Vec2FeatureExtractor

_WINDOW_S, _WINDOWS = 5.0, 12
_CHANGES = ("feature_extractor_cqt", "deepnorm")


class MertEncoder:
    """A loaded MERT; `music` is its `MusicEncoder`: the mean over time and over all layers. It has no text tower."""

    def __init__(self, model: HubertModel, extractor: Wav2Vec2FeatureExtractor, space_id: str) -> None:
        self.space = space_of(space_id, int(model.config.hidden_size), "mert", model)
        self.music = _MertMusic(self.space, model, extractor)

    @classmethod
    def load(cls, path_or_name: str | Path, space_id: str | None = None) -> MertEncoder:
        """Read a checkpoint from a folder or a hub; raises EncoderError if it cannot be."""
        from transformers import HubertModel, Wav2Vec2FeatureExtractor

        model = load_model(HubertModel, path_or_name, _config(path_or_name))
        extractor = Wav2Vec2FeatureExtractor.from_pretrained(str(path_or_name))
        return cls(model, extractor, space_id or Path(path_or_name).name)


def _config(path_or_name: str | Path) -> HubertConfig:
    from transformers import HubertConfig
    from transformers.utils.hub import cached_file

    try:
        told = json.loads(Path(str(cached_file(str(path_or_name), "config.json"))).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderError(f"{str(path_or_name)!r} has no readable config.json: {error}") from error
    for name in _CHANGES:
        if told.get(name):
            raise EncoderError(
                f"{str(path_or_name)!r} has {name}, which needs its own code; choose MERT-v1 without it."
            )
    return HubertConfig.from_dict({**told, "model_type": "hubert"})


def _receptive_field(config: HubertConfig) -> int:
    """Return how many samples the convolutions need for one step of output."""
    needed = 1
    for stride, kernel in zip(reversed(config.conv_stride), reversed(config.conv_kernel), strict=True):
        needed = (needed - 1) * stride + kernel
    return needed


class _MertMusic:
    def __init__(self, space: Space, model: HubertModel, extractor: Wav2Vec2FeatureExtractor) -> None:
        self.space = space
        self.sample_rate_hz = int(extractor.sampling_rate)
        self._model = model
        self._extractor = extractor
        self._least = _receptive_field(model.config)

    def encode(self, waveform: FloatArray) -> FloatArray:
        window = int(_WINDOW_S * self.sample_rate_hz)
        return mean_of_windows(waveform, self.sample_rate_hz, window, _WINDOWS, self._encode)

    def _encode(self, window: FloatArray) -> FloatArray:
        import torch

        padded = np.pad(window, (0, max(0, self._least - window.size)))
        values = self._extractor(padded, sampling_rate=self.sample_rate_hz, return_tensors="pt").input_values
        with torch.inference_mode():
            layers = self._model(values, output_hidden_states=True).hidden_states
        mean: FloatArray = torch.stack(layers).mean(dim=(0, 1, 2)).numpy().astype(np.float32)
        return mean
