"""Resize and crop pictures for the networks, without torchvision."""

from __future__ import annotations

import numpy as np

from encoders.errors import EncoderError
from encoders.protocols import Image
from encoders.values import FloatArray

LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)  # Rec. 709
_THUMB = (64, 36)


def thumb(picture: Image) -> FloatArray:
    """Shrink ``uint8 (h, w, 3)`` by area to float32 ``(36, 64, 3)`` in [0, 1]."""
    from PIL import Image as Pillow

    small = Pillow.fromarray(picture).resize(_THUMB, Pillow.Resampling.BOX)
    return np.asarray(small, dtype=np.float32) / np.float32(255.0)


def centre_crop(frame: Image, short_side: int, crop: int) -> FloatArray:
    """Resize ``uint8 (h, w, 3)`` to `short_side` (bicubic), then cut out the middle: float32 ``(crop, crop, 3)``.

    Values stay in [0, 255]. Resizing and cropping are one step, so a long thin picture costs no more than a square one.
    """
    from PIL import Image as Pillow

    _require_picture(frame)
    height, width = frame.shape[:2]
    side = min(height, width) * crop / short_side
    left, top = (width - side) / 2, (height - side) / 2
    box = (left, top, left + side, top + side)
    picture = Pillow.fromarray(frame).resize((crop, crop), Pillow.Resampling.BICUBIC, box=box)
    return np.asarray(picture, dtype=np.float32)


def squeeze(frame: Image, side: int) -> FloatArray:
    """Resize ``uint8 (h, w, 3)`` to a square whatever its shape (bicubic): float32 ``(side, side, 3)`` in [0, 255]."""
    from PIL import Image as Pillow

    _require_picture(frame)
    picture = Pillow.fromarray(frame).resize((side, side), Pillow.Resampling.BICUBIC)
    return np.asarray(picture, dtype=np.float32)


def _require_picture(frame: Image) -> None:
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8 or 0 in frame.shape:
        raise EncoderError(f"a frame must be uint8 (h, w, 3), not {frame.dtype} {frame.shape}")
