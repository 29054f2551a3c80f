"""Light and colour of sampled frames, each by a fixed formula, and the clip's time line.

brightness: mean luma (Rec. 709 weights). saturation: mean of ``(max - min) / max`` over the channels. warmth: 0.5 for
neutral, ``0.5 + 0.5 (R - B) / (R + B)`` over mean red and blue. contrast: twice the standard deviation of luma,
at most 1. motion and cuts: see `encoders.vision.motion`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from encoders.media.frames import Sampled
from encoders.media.listening import Heard
from encoders.media.strip import Strip
from encoders.protocols import Image
from encoders.values import Feeling, FloatArray, Moment, Shot
from encoders.vision.motion import Movement
from encoders.vision.pixels import LUMA, thumb
from encoders.vision.reading import Reading

MAX_MOMENTS = 240
_SETTINGS_A_MOMENT = 3
_FILLED = 0.5  # of a step


@dataclass(frozen=True, slots=True)
class Light:
    """All in [0, 1]."""

    brightness: float
    saturation: float
    warmth: float
    contrast: float


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """What the time line is laid out from; `reading` and `faces` are of the sampled pictures, where they were asked."""

    sampled: Sampled
    strip: Strip
    movement: Movement
    heard: Heard
    reading: Reading | None
    faces: tuple[int, ...] | None


def light_of(pictures: list[Image]) -> Light:
    """Measure at least one picture."""
    return _light([thumb(picture) for picture in pictures])


def _light(thumbs: list[FloatArray]) -> Light:
    pixels = np.concatenate([each.reshape(-1, 3) for each in thumbs])
    high, low = pixels.max(axis=1), pixels.min(axis=1)
    red, blue = float(pixels[:, 0].mean()), float(pixels[:, 2].mean())
    contrasts = [float((each @ LUMA).std()) for each in thumbs]
    return Light(
        brightness=_bounded(float((pixels @ LUMA).mean())),
        saturation=_bounded(float(((high - low) / np.maximum(high, 1e-6)).mean())),
        warmth=_bounded(0.5 + 0.5 * (red - blue) / (red + blue)) if red + blue > 1e-6 else 0.5,
        contrast=_bounded(2.0 * float(np.mean(contrasts))),
    )


def _bounded(value: float) -> float:
    return float(np.clip(value, 0.0, 1.0))


def mean_motion(movement: Movement) -> float:
    """Return the mean motion of what was seen moving, 0 where nothing was."""
    return _mean(movement.motion)


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0


def shots_of(movement: Movement, duration_s: float) -> tuple[Shot, ...]:
    """Return the stretches between the cuts; a still has none."""
    if duration_s <= 0:
        return ()
    edges = [0.0, *(cut_s for cut_s in movement.cuts_s if 0 < cut_s < duration_s), duration_s]
    return tuple(Shot(start, end) for start, end in pairwise(edges))


def moments_of(clip: Observed) -> tuple[Moment, ...]:
    """Lay the clip out in steps of a second, or in 240 even ones; a step without a picture takes the nearest's."""
    duration_s = clip.sampled.info.duration_s
    if duration_s <= 0 or not len(clip.strip.times_s):
        return ()
    count = min(MAX_MOMENTS, max(1, int(np.ceil(duration_s))))
    step_s = max(1.0, duration_s / count)
    return tuple(_moment(n * step_s, step_s, clip) for n in range(count))


def _moment(start_s: float, step_s: float, clip: Observed) -> Moment:
    times_s, motions = clip.strip.times_s, clip.movement.motion
    first, last = np.searchsorted(times_s, [start_s, start_s + step_s])
    middle_s = start_s + step_s / 2
    nearest = int(np.abs(times_s - middle_s).argmin())
    rows = slice(int(first), int(last)) if last > first else slice(nearest, nearest + 1)
    light = _light([each / np.float32(255.0) for each in clip.strip.thumbs[rows][::4].astype(np.float32)])
    seen = int(np.abs(np.array([frame.time_s for frame in clip.sampled.frames]) - middle_s).argmin())
    motion = _mean(motions[rows]) if (~np.isnan(motions[rows])).any() else mean_motion(clip.movement)
    feeling, settings = (None, ()) if clip.reading is None else told(clip.reading, seen, _SETTINGS_A_MOMENT)
    faces = None if clip.faces is None else clip.faces[seen]
    sounds = (share >= _FILLED for share in clip.heard.shares(start_s, start_s + step_s) or ())
    told_light = (light.brightness, light.saturation, light.warmth)
    return Moment(start_s, *told_light, motion, feeling, settings, faces, *sounds)


def told(reading: Reading, row: int | None, count: int) -> tuple[Feeling, tuple[tuple[str, float], ...]]:
    """Return the feeling and the best settings of one picture, or of all on average (row None)."""
    settings = reading.settings.mean(axis=0) if row is None else reading.settings[row]
    affect = reading.affect.mean(axis=0) if row is None else reading.affect[row]
    best = np.argsort(-settings, kind="stable")[:count]
    energy, valence, tension = (float(value) for value in affect)
    return Feeling(energy, valence, tension), tuple((reading.words[i], float(settings[i])) for i in best)
