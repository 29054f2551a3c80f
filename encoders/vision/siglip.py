"""SigLIP through transformers: texts and frames in one space (Zhai et al., 2023).

Pictures are squeezed to the model's square, as in its training; texts are padded to its full length, which it needs.
The preparation is Pillow and NumPy, so torchvision is not needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from encoders.hub import load_model, load_tokenizer, space_of
from encoders.protocols import Image
from encoders.values import FloatArray
from encoders.vision.pixels import squeeze
from encoders.vision.two_tower import PictureTower, TextTower

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, SiglipModel


class SiglipEncoder:
    """A loaded SigLIP; `text` is its `TextEncoder`, `frames` its `FrameEncoder`, both of the same `space`.

    `scale` is what the model multiplies cosines by before it compares.
    """

    def __init__(self, model: SiglipModel, tokenizer: PreTrainedTokenizerBase, space_id: str) -> None:
        self.space = space_of(space_id, int(model.vision_model.config.hidden_size), "siglip", model)
        self.scale = float(model.logit_scale.detach().exp())
        self.text = TextTower(self.space, model, tokenizer, padded=True)
        self.frames = PictureTower(self.space, model, _prepared)

    @classmethod
    def load(cls, path_or_name: str | Path, space_id: str | None = None) -> SiglipEncoder:
        """Read a checkpoint of class SiglipModel from a folder or a hub; raises EncoderError if it cannot be."""
        from transformers import SiglipModel

        model = load_model(SiglipModel, path_or_name)
        return cls(model, load_tokenizer(path_or_name), space_id or Path(path_or_name).name)


def _prepared(frame: Image, pixels: int) -> FloatArray:
    found: FloatArray = squeeze(frame, pixels) / np.float32(127.5) - np.float32(1.0)
    return found
