"""What CLIP and its kin have in common: a text tower and a picture tower into one space, fed one item at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from encoders.hub import pooled
from encoders.protocols import Image, Role
from encoders.text.tokens import clean
from encoders.values import FloatArray, Space
from encoders.vectors import unit_rows

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class TextTower:
    """A `TextEncoder` over a model's text tower.

    Args:
        space: where the vectors live.
        model: has ``get_text_features``.
        tokenizer: the model's own.
        padded: pad every text to the tower's full length, and leave the mask out, as SigLIP was trained.
    """

    def __init__(self, space: Space, model: Any, tokenizer: PreTrainedTokenizerBase, *, padded: bool) -> None:
        self.space = space
        self._model, self._tokenizer, self._padded = model, tokenizer, padded
        self._max_tokens = int(model.text_model.config.max_position_embeddings)

    def encode(self, texts: Sequence[str], role: Role = "document") -> FloatArray:
        """Return the texts' vectors; see `TextEncoder`. One by one, so that padding never changes a vector."""
        import torch

        rows = []
        for text in texts:
            padding = "max_length" if self._padded else False
            tokens = self._tokenizer(
                clean(text), return_tensors="pt", padding=padding, truncation=True, max_length=self._max_tokens
            )
            given = {"input_ids": tokens["input_ids"]} if self._padded else dict(tokens)
            with torch.inference_mode():
                rows.append(pooled(self._model.get_text_features(**given)))
        return unit_rows(np.concatenate(rows)) if rows else np.zeros((0, self.space.dim), dtype=np.float32)


class PictureTower:
    """A `FrameEncoder` over a model's picture tower; `prepare` turns a frame into normalised ``(h, w, 3)`` float32."""

    def __init__(self, space: Space, model: Any, prepare: Callable[[Image, int], FloatArray]) -> None:
        self.space = space
        self._model, self._prepare = model, prepare
        self._pixels = int(model.vision_model.config.image_size)

    def encode(self, frames: Sequence[Image]) -> FloatArray:
        """Return the frames' vectors; see `FrameEncoder`."""
        import torch

        rows = []
        for frame in frames:
            pixels = self._prepare(frame, self._pixels)
            tensor = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32))
            with torch.inference_mode():
                rows.append(pooled(self._model.get_image_features(pixel_values=tensor)))
        return unit_rows(np.concatenate(rows)) if rows else np.zeros((0, self.space.dim), dtype=np.float32)
