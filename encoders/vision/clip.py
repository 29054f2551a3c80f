"""OpenAI's CLIP through transformers: texts and frames in one space (Radford et al., 2021).

The picture preparation is plain Pillow and NumPy, so torchvision is not needed.
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
from encoders.vision.pixels import centre_crop

if TYPE_CHECKING:
    from transformers import CLIPModel, PreTrainedTokenizerBase

_MEAN = np.array([0.48145466, 0.4578275, 0.40821073], dtype=np.float32)
_STD = np.array([0.26862954, 0.26130258, 0.27577711], dtype=np.float32)


class ClipEncoder:
    """A loaded CLIP; `text` is its `TextEncoder`, `frames` its `FrameEncoder`, both of the same `space`.

    `scale` is what the model multiplies cosines by before it compares.
    """

    def __init__(self, model: CLIPModel, tokenizer: PreTrainedTokenizerBase, space_id: str) -> None:
        self.space = space_of(space_id, int(model.text_projection.out_features), "clip", model)
        self.scale = float(model.logit_scale.detach().exp())
        self.text = _ClipText(self.space, model, tokenizer)
        self.frames = _ClipFrames(self.space, model)

    @classmethod
    def load(cls, path_or_name: str | Path, space_id: str | None = None) -> ClipEncoder:
        """Read a checkpoint of class CLIPModel from a folder or a hub; raises EncoderError if it cannot be."""
        from transformers import CLIPModel

        model = load_model(CLIPModel, path_or_name)
        tokenizer = load_tokenizer(path_or_name)
        return cls(model, tokenizer, space_id or Path(path_or_name).name)


class _ClipText:
    def __init__(self, space: Space, model: CLIPModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self.space = space
        self._model = model
        self._tokenizer = tokenizer
        self._max_tokens = int(model.text_model.config.max_position_embeddings)

    def encode(self, texts: Sequence[str], role: Role = "document") -> FloatArray:
        import torch

        rows = []
        for text in texts:  # one by one, so that padding never changes a vector
            tokens = self._tokenizer(clean(text), return_tensors="pt", truncation=True, max_length=self._max_tokens)
            with torch.inference_mode():
                rows.append(pooled(self._model.get_text_features(**tokens)))
        return unit_rows(np.concatenate(rows)) if rows else np.zeros((0, self.space.dim), dtype=np.float32)


class _ClipFrames:
    def __init__(self, space: Space, model: CLIPModel) -> None:
        self.space = space
        self._model = model
        self._pixels = int(model.vision_model.config.image_size)

    def encode(self, frames: Sequence[Image]) -> FloatArray:
        import torch

        rows = []
        for frame in frames:
            pixels = (centre_crop(frame, self._pixels, self._pixels) / 255.0 - _MEAN) / _STD
            tensor = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32))
            with torch.inference_mode():
                rows.append(pooled(self._model.get_image_features(pixel_values=tensor)))
        return unit_rows(np.concatenate(rows)) if rows else np.zeros((0, self.space.dim), dtype=np.float32)
