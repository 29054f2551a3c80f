"""Pick the pictures of a clip that the networks look at, by seeking, never a full decode. Runs in the child process.

For 16 instants spread over the clip the decoder is put to the key frame before them and walks on from there, within a
budget of pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from encoders.errors import MediaError
from encoders.media.limits import MediaLimits
from encoders.media.opening import MediaInfo, OpenMedia, is_picture, open_media, probe
from encoders.media.seeking import Scaler, frames_from, key_time_s
from encoders.protocols import Image

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

SAMPLES = 16
_PIXEL_BUDGET = 100 * 1280 * 720  # about a third of a second of decoding
_MIN_WALK = 6
_SHORT_SIDE_PX = 292
_LONG_SIDE_PX = 1024


@dataclass(frozen=True, slots=True)
class Frame:
    """An upright picture at an instant."""

    time_s: float
    picture: Image


@dataclass(frozen=True, slots=True)
class Sampled:
    """The frames of a clip in order of time (one for a still), never empty."""

    info: MediaInfo
    frames: tuple[Frame, ...]


def sample(path: Path, limits: MediaLimits) -> Sampled:
    """Look at a clip or a still picture.

    Raises:
        MediaError: No picture in it, or nothing of it can be decoded.
    """
    if is_picture(path):
        from encoders.media.pictures import read_picture

        return Sampled(probe(path, limits), (Frame(0.0, read_picture(path, limits)),))
    with open_media(path, limits) as media:
        if media.video is None:
            raise MediaError(f"{path.name!r} has no picture, only sound")
        frames = _looked_at(media, media.video)
        if not frames:
            raise MediaError(f"{path.name!r} has a picture stream, but nothing in it can be decoded")
        return Sampled(_upright(media.info, frames[0]), tuple(frames))


def _looked_at(media: OpenMedia, stream: VideoStream) -> list[Frame]:
    """One walk from each key frame over the instants that follow it, within a budget of pixels shared by all walks."""
    walks: dict[float, list[float]] = {}
    for i in range(SAMPLES):
        at_s = (i + 0.5) * media.info.duration_s / SAMPLES
        key_s = key_time_s(media, stream, at_s)
        if key_s is not None:
            walks.setdefault(key_s, []).append(at_s)
    area = max(1, media.info.width * media.info.height)
    budget = max(_MIN_WALK, int(_PIXEL_BUDGET / area / max(1, len(walks))))
    frames: list[Frame] = []
    scaler = Scaler()
    for instants in walks.values():
        walked = _walk(frames_from(media, stream, instants[0]), instants, budget, scaler)
        frames += [frame for frame in walked if not frames or frame.time_s > frames[-1].time_s]
    return frames


def _walk(
    decoded: Iterator[tuple[float, VideoFrame]], instants: list[float], budget: int, scaler: Scaler
) -> list[Frame]:
    """Let the key frame stand for the first instant; later ones get their own picture while the budget lasts."""
    taken: list[Frame] = []
    wanted = [0.0, *instants[1:]]
    for count, (time_s, frame) in enumerate(decoded):
        if time_s >= wanted[0]:
            taken.append(Frame(time_s, _upright_pixels(frame, scaler)))
            wanted.pop(0)
        if not wanted or count >= budget:
            break
    return taken


def _upright_pixels(frame: VideoFrame, scaler: Scaler) -> Image:
    width, height = frame.width, frame.height
    scale = min(1.0, _SHORT_SIDE_PX / min(width, height), _LONG_SIDE_PX / max(width, height))
    pixels = scaler.rgb(frame, max(1, round(width * scale)), max(1, round(height * scale)))
    return np.ascontiguousarray(np.rot90(pixels, frame.rotation // 90), dtype=np.uint8)


def _upright(info: MediaInfo, frame: Frame) -> MediaInfo:
    """Width and height as a player shows them."""
    height, width = frame.picture.shape[:2]
    if (width > height) != (info.width > info.height) and width != height:
        return replace(info, width=info.height, height=info.width)
    return info
