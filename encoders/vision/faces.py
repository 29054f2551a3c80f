"""How many faces pictures show: CenterFace (Xu et al., arXiv:1911.03599, 2019) in onnxruntime.

A face is a point: on a grid of a quarter of the picture's size the network says how likely each cell holds the middle
of one, how large that face would be and where in the cell its middle lies. Cells above a threshold become boxes, the
likeliest first; a box that overlaps a likelier one is the same face (non-maximum suppression).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from encoders.onnx_session import open_session
from encoders.protocols import Image
from encoders.values import FloatArray
from encoders.vision.centerface_graph import OUTPUTS, PICTURE

THRESHOLD = 0.4  # chosen by tests/benchmarks/clip_contents.py
_OVERLAP = 0.3  # intersection over union
_STRIDE = 4
_MULTIPLE = 32
_LARGEST = 8.0  # in the exponent; a face of 12,000 pixels
PIXEL_BUDGET = 16 * 448 * 256  # of all pictures of one call, about a third of a second
_MAX_BOXES = 500


class FaceCounter:
    """Counts faces. `folder` holds ``model.onnx``."""

    def __init__(self, folder: Path) -> None:
        self._session = open_session(folder / "model.onnx")

    def count(self, pictures: Sequence[Image]) -> tuple[int, ...]:
        """Return how many faces each picture shows; the more pictures, the smaller each is looked at."""
        area = PIXEL_BUDGET / max(1, len(pictures))
        return tuple(len(self.find(picture, area)) for picture in pictures)

    def find(self, picture: Image, area: float = PIXEL_BUDGET, threshold: float = THRESHOLD) -> FloatArray:
        """Return each face of ``uint8 (h, w, 3)``, likeliest first: float32 ``(n, 5)``.

        A row is left, top, right, bottom in pixels of the picture, and the likelihood. `area` is how many pixels the
        network may look at.
        """
        from PIL import Image as Pillow

        height, width = picture.shape[:2]
        size = _size(width, height, area)
        small = np.asarray(Pillow.fromarray(picture).resize(size, Pillow.Resampling.BILINEAR), dtype=np.float32)
        heatmap, scale, offset = self._session.run(list(OUTPUTS), {PICTURE: small.transpose(2, 0, 1)[None]})
        faces = apart(boxes(heatmap[0, 0], scale[0], offset[0], threshold))
        across, down = width / size[0], height / size[1]
        found: FloatArray = faces * np.array([across, down, across, down, 1.0], dtype=np.float32)
        return found


def _size(width: int, height: int, area: float) -> tuple[int, int]:
    """Shrink to an area, never enlarge, to the nearest multiples of 32."""
    scale = min(1.0, float(np.sqrt(area / (width * height))))
    across, down = (max(1, round(side * scale / _MULTIPLE)) * _MULTIPLE for side in (width, height))
    return across, down


def boxes(heatmap: FloatArray, scale: FloatArray, offset: FloatArray, threshold: float) -> FloatArray:
    """Turn the network's answer into boxes ``(n, 5)``, the likeliest first, in pixels of its input.

    `heatmap` ``(rows, columns)`` in [0, 1]; `scale` ``(2, rows, columns)``, log of height and width in cells; `offset`
    ``(2, rows, columns)``, of the middle down and across in cells. At most 500 boxes.
    """
    rows, columns = np.nonzero(heatmap >= threshold)
    order = np.argsort(-heatmap[rows, columns], kind="stable")[:_MAX_BOXES]
    rows, columns = rows[order], columns[order]
    half = np.exp(np.minimum(scale[:, rows, columns], _LARGEST)) / 2
    middle = np.stack([rows, columns]) + offset[:, rows, columns] + 0.5
    (top, left), (bottom, right) = (middle - half) * _STRIDE, (middle + half) * _STRIDE
    return np.stack([left, top, right, bottom, heatmap[rows, columns]], axis=1).astype(np.float32)


def apart(found: FloatArray, overlap: float = _OVERLAP) -> FloatArray:
    """Leave out each box of ``(n, 5)``, likeliest first, whose overlap with a kept one is above `overlap`."""
    kept: list[FloatArray] = []
    for box in found:
        if not kept or float(_overlaps(box, np.stack(kept)).max()) <= overlap:
            kept.append(box)
    return np.stack(kept) if kept else np.zeros((0, 5), dtype=np.float32)


def _overlaps(box: FloatArray, others: FloatArray) -> FloatArray:
    """Intersection over union of a box with each of ``(n, 5)``."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:4], others[:, 2:4])
    shared = np.prod(np.maximum(high - low, 0.0), axis=1)
    areas = np.prod(others[:, 2:4] - others[:, :2], axis=1)
    union = float(np.prod(box[2:4] - box[:2])) + areas - shared
    share: FloatArray = shared / np.maximum(union, 1e-9)
    return share
