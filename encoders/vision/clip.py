"""OpenAI's CLIP through transformers: texts and frames in one space (Radford et al., 2021).

The picture preparation is plain Pillow and NumPy, so torchvision is not needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from encoders.hub import load_model, load_tokenizer, space_of
from encoders.protocols import Image
from encoders.values import FloatArray
from encoders.vision.pixels import centre_crop
from encoders.vision.two_tower import PictureTower, TextTower

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
        self.text = TextTower(self.space, model, tokenizer, padded=False)
        self.frames = PictureTower(self.space, model, _prepared)

    @classmethod
    def load(cls, path_or_name: str | Path, space_id: str | None = None) -> ClipEncoder:
        """Read a checkpoint of class CLIPModel from a folder or a hub; raises EncoderError if it cannot be."""
        from transformers import CLIPModel

        model = load_model(CLIPModel, path_or_name)
        return cls(model, load_tokenizer(path_or_name), space_id or Path(path_or_name).name)


def _prepared(frame: Image, pixels: int) -> FloatArray:
    found: FloatArray = (centre_crop(frame, pixels, pixels) / 255.0 - _MEAN) / _STD
    return found
