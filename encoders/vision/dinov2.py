"""DINOv2 ViT-S/14 features of pictures in onnxruntime (the set `dinov2-small`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from encoders.models.store import ModelStore
from encoders.onnx_session import open_session
from encoders.protocols import Image
from encoders.values import FloatArray, Space
from encoders.vectors import unit_rows
from encoders.vision.pixels import centre_crop

MODEL_ID = "dinov2-small"
DIM = 384
_PIXELS, _RESIZE_PIXELS = 224, 256
_MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)  # of ImageNet
_STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)


class Dinov2Encoder:
    """A `FrameEncoder`: the class token after the last layer norm, unit length, ``(n, 384)``."""

    def __init__(self, folder: Path, space_id: str, weights_sha256: str, *, threads: int = 1) -> None:
        self.space = Space(space_id, DIM, "dinov2", weights_sha256)
        self._session = open_session(folder / "model.onnx", threads)

    @classmethod
    def from_store(cls, store: ModelStore, model_id: str = MODEL_ID, *, threads: int = 1) -> Dinov2Encoder:
        """Open the pulled model; raises ModelMissingError if it was not pulled."""
        folder = store.path(model_id, "model.onnx").parent
        return cls(folder, model_id, store.fingerprint(model_id), threads=threads)

    def encode(self, frames: Sequence[Image]) -> FloatArray:
        if not frames:
            return np.zeros((0, DIM), dtype=np.float32)
        return unit_rows(np.stack([self._class_token(frame) for frame in frames]))

    def _class_token(self, frame: Image) -> FloatArray:
        pixels = (centre_crop(frame, _RESIZE_PIXELS, _PIXELS) / 255.0 - _MEAN) / _STD
        image = pixels.transpose(2, 0, 1)[None].astype(np.float32)
        token: FloatArray = self._session.run(None, {"input_image": image})[0][0, 0]
        return token
