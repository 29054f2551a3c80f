"""A clip as a strip of small pictures close in time: what motion, cuts, camera and rhythm are measured on.

A short or small clip is decoded whole. Of any other, a long run in the middle (rhythm needs one) and short runs spread
over the rest are decoded, each from a key frame on, within a budget of pixels: the cost does not grow with the length.
The decoder's loop filter is off, which nearly halves the cost and cannot be seen at this size. Runs in the child.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from encoders.media.limits import MediaLimits
from encoders.media.opening import OpenMedia, open_media
from encoders.media.seeking import Scaler, frames_from, key_time_s
from encoders.protocols import Image

if TYPE_CHECKING:
    from av.video.stream import VideoStream

WIDTH, HEIGHT = 96, 54
_PIXEL_BUDGET = 240 * 1280 * 720  # about half a second of decoding
_MAX_FRAMES = 1500
_MIN_FRAMES = 12
_RUNS = 24
_USUAL_FPS = 25.0
_Run = list[tuple[float, NDArray[np.uint8]]]


@dataclass(frozen=True, slots=True)
class Strip:
    """Pictures in order of time: `times_s` ``(n,)``, `thumbs` uint8 ``(n, 54, 96, 3)``.

    `follows` ``(n,)`` tells whether a picture is the very next of the clip after the one before it.
    """

    times_s: NDArray[np.float64]
    thumbs: NDArray[np.uint8]
    follows: NDArray[np.bool_]


def read_strip(path: Path, limits: MediaLimits) -> Strip:
    """Decode what the budget allows; empty where nothing can be decoded. Raises MediaError like `open_media`."""
    with open_media(path, limits) as media:
        if media.video is None:
            return _strip([])
        with suppress(ValueError):  # a decoder that knows no such option
            media.video.codec_context.options = {"skip_loop_filter": "all"}
        return _strip(_runs(media, media.video))


def _runs(media: OpenMedia, stream: VideoStream) -> list[_Run]:
    info = media.info
    area = max(1, info.width * info.height)
    budget = int(np.clip(_PIXEL_BUDGET / area, _MIN_FRAMES, _MAX_FRAMES))
    scaler = Scaler()
    if info.duration_s * (info.fps or _USUAL_FPS) <= budget:
        return [_run(media, stream, 0.0, budget, scaler)]
    keys: dict[float, int] = {}
    for n in range(_RUNS):
        at_s = (n + 0.5) * info.duration_s / _RUNS
        key_s = key_time_s(media, stream, at_s)
        if key_s is not None:
            keys[key_s] = keys.get(key_s, 0) + 1
    if not keys:
        return []
    middle = min(keys, key=lambda key_s: abs(key_s - info.duration_s / 2))
    counts = {key_s: max(3, budget * n // (2 * _RUNS)) for key_s, n in keys.items()}
    counts[middle] += budget // 2
    return [_run(media, stream, key_s, count, scaler) for key_s, count in counts.items()]


def _run(media: OpenMedia, stream: VideoStream, at_s: float, count: int, scaler: Scaler) -> _Run:
    """`count` pictures from the key frame at or before `at_s` on."""
    frames = islice(frames_from(media, stream, at_s), count)
    return [(time_s, scaler.rgb(frame, WIDTH, HEIGHT)) for time_s, frame in frames]


def strip_of(frames: list[tuple[float, Image]]) -> Strip:
    """Make a strip of pictures of any size that are not next to one another."""
    from PIL import Image as Pillow

    box = Pillow.Resampling.BOX
    return _strip([[(t, np.asarray(Pillow.fromarray(p).resize((WIDTH, HEIGHT), box)))] for t, p in frames])


def _strip(runs: list[_Run]) -> Strip:
    """Lay runs in order of time; where two overlap, each picture is kept once."""
    links: dict[float, float] = {}
    thumbs: dict[float, NDArray[np.uint8]] = {}
    for run in runs:
        previous: float | None = None
        for time_s, thumb in run:
            if previous is not None and time_s > previous:
                links[time_s] = previous
            thumbs.setdefault(time_s, thumb)
            previous = time_s
    times = sorted(thumbs)
    follows = [n > 0 and links.get(time_s) == times[n - 1] for n, time_s in enumerate(times)]
    stacked = np.stack([thumbs[t] for t in times]) if times else np.zeros((0, HEIGHT, WIDTH, 3), np.uint8)
    return Strip(np.array(times, np.float64), stacked, np.array(follows, np.bool_))
