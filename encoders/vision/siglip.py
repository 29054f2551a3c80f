"""SigLIP through transformers: texts and frames in one space (Zhai et al., 2023).

Pictures are squeezed to the model's square, as in its training; texts are padded to its full length, which it needs.
The preparation is Pillow and NumPy, so torchvision is not needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from encoders.hub import load_model, load_tokenizer, pooled, space_of
from encoders.protocols import Image, Role
from encoders.text.tokens import clean
from encoders.values import FloatArray, Space
from encoders.vectors import unit_rows
from encoders.vision.pixels import squeeze

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, SiglipModel


class SiglipEncoder:
    """A loaded SigLIP; `text` is its `TextEncoder`, `frames` its `FrameEncoder`, both of the same `space`.

    `scale` is what the model multiplies cosines by before it compares.
    """

    def __init__(self, model: SiglipModel, tokenizer: PreTrainedTokenizerBase, space_id: str) -> None:
        self.space = space_of(space_id, int(model.vision_model.config.hidden_size), "siglip", model)
        self.scale = float(model.logit_scale.detach().exp())
        self.text = _SiglipText(self.space, model, tokenizer)
        self.frames = _SiglipFrames(self.space, model)

    @classmethod
    def load(cls, path_or_name: str | Path, space_id: str | None = None) -> SiglipEncoder:
        """Read a checkpoint of class SiglipModel from a folder or a hub; raises EncoderError if it cannot be."""
        from transformers import SiglipModel

        model = load_model(SiglipModel, path_or_name)
        return cls(model, load_tokenizer(path_or_name), space_id or Path(path_or_name).name)


class _SiglipText:
    def __init__(self, space: Space, model: SiglipModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self.space = space
        self._model = model
        self._tokenizer = tokenizer
        self._length = int(model.text_model.config.max_position_embeddings)

    def encode(self, texts: Sequence[str], role: Role = "document") -> FloatArray:
        import torch

        rows = []
        for text in texts:
            tokens = self._tokenizer(
                clean(text), return_tensors="pt", padding="max_length", truncation=True, max_length=self._length
            )
            with torch.inference_mode():
                rows.append(pooled(self._model.get_text_features(input_ids=tokens["input_ids"])))
        return unit_rows(np.concatenate(rows)) if rows else np.zeros((0, self.space.dim), dtype=np.float32)


class _SiglipFrames:
    def __init__(self, space: Space, model: SiglipModel) -> None:
        self.space = space
        self._model = model
        self._pixels = int(model.vision_model.config.image_size)

    def encode(self, frames: Sequence[Image]) -> FloatArray:
        import torch

        rows = []
        for frame in frames:
            pixels = squeeze(frame, self._pixels) / np.float32(127.5) - np.float32(1.0)
            tensor = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32))
            with torch.inference_mode():
                rows.append(pooled(self._model.get_image_features(pixel_values=tensor)))
        return unit_rows(np.concatenate(rows)) if rows else np.zeros((0, self.space.dim), dtype=np.float32)
