"""Colour, light, motion and cuts of sampled frames, each by a fixed formula.

brightness: mean luma (Rec. 709 weights). saturation: mean of ``(max - min) / max`` over the channels. warmth: 0.5 for
neutral, ``0.5 + 0.5 (R - B) / (R + B)`` over mean red and blue. contrast: twice the standard deviation of luma,
at most 1. motion: the median over the samples of the mean change of luma within a tenth of a second, 1 at a change of
10 % of the full scale. cut_rate: see `_cut_rate`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from encoders.media.frames import Frame, Sampled
from encoders.protocols import Image
from encoders.values import FloatArray

_LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
_THUMB = (64, 36)
_FULL_MOTION = 0.10  # mean change of luma per 0.1 s
_CUT_DISTANCE = 0.35  # between colour histograms, 0 the same, 1 disjoint
_BINS = 4


@dataclass(frozen=True, slots=True)
class Look:
    """All in [0, 1], `cut_rate` in cuts per minute."""

    brightness: float
    saturation: float
    warmth: float
    contrast: float
    motion: float
    cut_rate: float


def look(sampled: Sampled) -> Look:
    """Measure the frames of a clip or the one picture of a still."""
    thumbs = [_thumb(frame.picture) for frame in sampled.frames]
    pixels = np.concatenate([thumb.reshape(-1, 3) for thumb in thumbs])
    luma = pixels @ _LUMA
    high, low = pixels.max(axis=1), pixels.min(axis=1)
    red, blue = float(pixels[:, 0].mean()), float(pixels[:, 2].mean())
    contrasts = [float((thumb @ _LUMA).std()) for thumb in thumbs]
    return Look(
        brightness=_bounded(float(luma.mean())),
        saturation=_bounded(float(((high - low) / np.maximum(high, 1e-6)).mean())),
        warmth=_bounded(0.5 + 0.5 * (red - blue) / (red + blue)) if red + blue > 1e-6 else 0.5,
        contrast=_bounded(2.0 * float(np.mean(contrasts))),
        motion=_motion(sampled.frames),
        cut_rate=_cut_rate(sampled.frames),
    )


def _bounded(value: float) -> float:
    return float(np.clip(value, 0.0, 1.0))


def _thumb(picture: Image) -> FloatArray:
    from PIL import Image as Pillow

    small = Pillow.fromarray(picture).resize(_THUMB, Pillow.Resampling.BOX)
    return np.asarray(small, dtype=np.float32) / np.float32(255.0)


def _motion(frames: tuple[Frame, ...]) -> float:
    changes = []
    for frame in frames:
        if frame.following is not None:
            change = np.abs(_thumb(frame.picture) @ _LUMA - _thumb(frame.following) @ _LUMA).mean()
            changes.append(float(change) * 0.1 / frame.following_s)
    return _bounded(float(np.median(changes)) / _FULL_MOTION) if changes else 0.0


def _cut_rate(frames: tuple[Frame, ...]) -> float:
    """Cuts per minute, estimated from pairs of frames about ``d`` seconds apart.

    If cuts fall at random (Poisson), a share ``p`` of pairs shows two shots at a rate of ``-ln(1 - p) / d``. With all
    pairs different the rate cannot be told any more, so ``p`` is held half a pair below 1. A pair shows two shots when
    its colour histograms differ by more than 0.35; cuts between shots of like colour are missed.
    """
    pairs = [(frame, frame.later) for frame in frames if frame.later is not None and frame.later_s > 0]
    if not pairs:
        return 0.0
    changed = sum(_histogram_distance(frame.picture, later) > _CUT_DISTANCE for frame, later in pairs)
    share = min(changed / len(pairs), 1.0 - 0.5 / len(pairs))
    gap_s = float(np.mean([frame.later_s for frame, _ in pairs]))
    return float(-np.log1p(-share) * 60.0 / gap_s)


def _histogram_distance(one: Image, other: Image) -> float:
    return float(np.abs(_histogram(one) - _histogram(other)).sum() / 2)


def _histogram(picture: Image) -> FloatArray:
    bins = np.minimum((_thumb(picture).reshape(-1, 3) * _BINS).astype(np.int64), _BINS - 1)
    counts = np.bincount(bins @ np.array([_BINS * _BINS, _BINS, 1]), minlength=_BINS**3).astype(np.float32)
    share: FloatArray = counts / counts.sum()
    return share
