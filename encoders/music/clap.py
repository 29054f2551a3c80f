"""LAION-CLAP through transformers: texts and music in one space (Wu et al., 2023).

CLAP's own preparation crops a long clip at random, so the same file gives another vector each time; here fixed windows
of the model's length are spread over the sound and averaged, and nothing is ever cropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from encoders.hub import load_model, load_tokenizer, pooled, space_of
from encoders.music.windows import mean_of_windows
from encoders.protocols import Role
from encoders.text.tokens import clean
from encoders.values import FloatArray, Space
from encoders.vectors import unit_rows

if TYPE_CHECKING:
    from transformers import ClapFeatureExtractor, ClapModel, PreTrainedTokenizerBase

_WINDOWS = 6


class ClapEncoder:
    """A loaded CLAP; `text` is its `TextEncoder`, `music` its `MusicEncoder`, both of the same `space`."""

    def __init__(
        self, model: ClapModel, tokenizer: PreTrainedTokenizerBase, extractor: ClapFeatureExtractor, space_id: str
    ) -> None:
        self.space = space_of(space_id, int(model.config.projection_dim), "clap", model)
        self.text = _ClapText(self.space, model, tokenizer)
        self.music = _ClapMusic(self.space, model, extractor)

    @classmethod
    def load(cls, path_or_name: str | Path, space_id: str | None = None) -> ClapEncoder:
        """Read a checkpoint of class ClapModel from a folder or a hub; raises EncoderError if it cannot be."""
        from transformers import ClapFeatureExtractor, ClapModel

        model = load_model(ClapModel, path_or_name)
        tokenizer = load_tokenizer(path_or_name)
        extractor = ClapFeatureExtractor.from_pretrained(str(path_or_name))
        return cls(model, tokenizer, extractor, space_id or Path(path_or_name).name)


class _ClapText:
    def __init__(self, space: Space, model: ClapModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self.space = space
        self._model = model
        self._tokenizer = tokenizer
        # RoBERTa counts positions from the padding index on.
        config = model.text_model.config
        self._max_tokens = int(config.max_position_embeddings) - int(config.pad_token_id or 0) - 1

    def encode(self, texts: Sequence[str], role: Role = "document") -> FloatArray:
        import torch

        rows = []
        for text in texts:  # one by one, so that padding never changes a vector
            tokens = self._tokenizer(clean(text), return_tensors="pt", truncation=True, max_length=self._max_tokens)
            with torch.inference_mode():
                rows.append(pooled(self._model.get_text_features(**tokens)))
        return unit_rows(np.concatenate(rows)) if rows else np.zeros((0, self.space.dim), dtype=np.float32)


class _ClapMusic:
    def __init__(self, space: Space, model: ClapModel, extractor: ClapFeatureExtractor) -> None:
        self.space = space
        self.sample_rate_hz = int(extractor.sampling_rate)
        self._model = model
        self._extractor = extractor
        self._window = int(extractor.nb_max_samples)

    def encode(self, waveform: FloatArray) -> FloatArray:
        return mean_of_windows(waveform, self.sample_rate_hz, self._window, _WINDOWS, self._encode)

    def _encode(self, window: FloatArray) -> FloatArray:
        import torch

        features = self._extractor(window, sampling_rate=self.sample_rate_hz, return_tensors="pt")
        with torch.inference_mode():
            found: FloatArray = pooled(self._model.get_audio_features(**features))[0]
        return found
