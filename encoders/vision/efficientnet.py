"""EfficientNet-lite2 in onnxruntime: 1000 ImageNet concepts and 1280-d features of pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from encoders.errors import EncoderError
from encoders.onnx_session import open_session
from encoders.protocols import Image
from encoders.values import FloatArray, Space
from encoders.vectors import unit, unit_rows
from encoders.vision.efficientnet_graph import FEATURES_OUTPUT, INPUT_PIXELS, PROBABILITIES_OUTPUT
from encoders.vision.pixels import centre_crop

DIM = 1280
_RESIZE_PIXELS = 292  # the short side before the crop, as in the model's own evaluation
_TOP_CONCEPTS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Description:
    """Best (label, mean probability) pairs over all n pictures, and the unit mean of the features ``(1280,)``.

    `each_probabilities` ``(n, 1000)`` and `each_features` ``(n, 1280)`` are those of every picture.
    """

    concepts: tuple[tuple[str, float], ...]
    features: FloatArray
    each_probabilities: FloatArray
    each_features: FloatArray


class EfficientNetEncoder:
    """A `FrameEncoder`. `folder` holds ``model.onnx`` and ``labels.json``."""

    def __init__(self, folder: Path, space_id: str, weights_sha256: str) -> None:
        self.labels = tuple(str(label) for label in json.loads((folder / "labels.json").read_text(encoding="utf-8")))
        self.space = Space(space_id, DIM, "efficientnet", weights_sha256)
        self._session = open_session(folder / "model.onnx")

    def describe(self, frames: Sequence[Image]) -> Description:
        """Average over at least one picture."""
        if not frames:
            raise EncoderError("a description needs at least one picture")
        outputs = [self._run(frame) for frame in frames]
        probabilities = np.stack([each for each, _ in outputs])
        features = np.stack([each for _, each in outputs])
        mean = probabilities.mean(axis=0)
        best = np.argsort(-mean, kind="stable")[:_TOP_CONCEPTS]
        concepts = tuple((self.labels[i], float(mean[i])) for i in best)
        return Description(concepts, unit(features.mean(axis=0)), probabilities, features)

    def encode(self, frames: Sequence[Image]) -> FloatArray:
        if not frames:
            return np.zeros((0, DIM), dtype=np.float32)
        return unit_rows(np.stack([self._run(frame)[1] for frame in frames]))

    def _run(self, frame: Image) -> tuple[FloatArray, FloatArray]:
        pixels = centre_crop(frame, _RESIZE_PIXELS, INPUT_PIXELS)
        tensor = (pixels / 127.5 - 1.0).transpose(2, 0, 1)[None].astype(np.float32)
        probabilities, features = self._session.run([PROBABILITIES_OUTPUT, FEATURES_OUTPUT], {"image": tensor})
        return probabilities[0], features[0]
