"""Sample a clip by seeking, never a full decode. Runs in the child process.

For 16 instants spread over the clip the decoder is put to the key frame before them and walks on from there, within a
budget of pixels: each picture that is looked at comes with the one about a tenth of a second later, which shows the
motion, and one two seconds on, which tells whether the shot has changed.
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
from encoders.protocols import Image

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

SAMPLES = 16
SHOT_GAP_S = 2.0
_MOTION_GAP_S = 0.1
_MAX_FOLLOWING = 5
_MAX_CORRUPT = 30
_PIXEL_BUDGET = 150 * 1280 * 720  # about half a second of decoding
_SHORT_SIDE_PX = 292
_LONG_SIDE_PX = 1024
_SAFE_SCALER_PX = 16  # below this swscale's filters do not fit


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture at an instant, and the picture about 0.1 s later with its true distance; `later` is about 2 s on."""

    time_s: float
    picture: Image
    following: Image | None = None
    following_s: float = 0.0
    later: Image | None = None
    later_s: float = 0.0


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
        stream = media.video
        frames = _looked_at(media, stream)
        if not frames:
            raise MediaError(f"{path.name!r} has a picture stream, but nothing in it can be decoded")
        gap_s = media.info.duration_s / SAMPLES
        frames = _with_later(media, stream, frames, gap_s)
        return Sampled(_upright(media.info, frames[0]), tuple(frames))


def _looked_at(media: OpenMedia, stream: VideoStream) -> list[Frame]:
    """One walk from each key frame over the instants that follow it, within a budget of pixels shared by all walks."""
    walks: dict[float, list[float]] = {}
    for i in range(SAMPLES):
        at_s = (i + 0.5) * media.info.duration_s / SAMPLES
        first = next(_frames_from(media, stream, at_s), None)
        if first is not None:
            walks.setdefault(first[0], []).append(at_s)
    area = max(1, media.info.width * media.info.height)
    budget = max(_MAX_FOLLOWING + 1, int(_PIXEL_BUDGET / area / max(1, len(walks))))
    frames: list[Frame] = []
    for instants in walks.values():
        walked = _walk(_frames_from(media, stream, instants[0]), instants, budget)
        frames += [frame for frame in walked if not frames or frame.time_s > frames[-1].time_s]
    return frames


def _walk(decoded: Iterator[tuple[float, VideoFrame]], instants: list[float], budget: int) -> list[Frame]:
    """Let the key frame stand for the first instant; later ones get their own picture while the budget lasts."""
    taken: list[Frame] = []
    pending: Frame | None = None
    since = 0
    wanted = [0.0, *instants[1:]]
    for count, (time_s, frame) in enumerate(decoded):
        since += 1
        if pending is not None and (time_s - pending.time_s >= _MOTION_GAP_S or since >= _MAX_FOLLOWING):
            gap_s = max(time_s - pending.time_s, 1e-3)
            taken.append(replace(pending, following=_pixels(frame), following_s=gap_s))
            pending = None
        if pending is None and (not wanted or count >= budget):
            return taken
        if pending is None and time_s >= wanted[0]:
            pending, since = Frame(time_s, _pixels(frame)), 0
            wanted.pop(0)
    return [*taken, pending] if pending is not None else taken


def _with_later(media: OpenMedia, stream: VideoStream, frames: list[Frame], gap_s: float) -> list[Frame]:
    if gap_s <= SHOT_GAP_S:  # the samples themselves are near enough
        followers = [*frames[1:], None]
        pairs = zip(frames, followers, strict=True)
        return [
            replace(frame, later=after.picture, later_s=after.time_s - frame.time_s) if after else frame
            for frame, after in pairs
        ]
    return [_later(media, stream, frame) for frame in frames]


def _later(media: OpenMedia, stream: VideoStream, frame: Frame) -> Frame:
    for time_s, after in _frames_from(media, stream, frame.time_s + SHOT_GAP_S):
        return replace(frame, later=_pixels(after), later_s=SHOT_GAP_S) if time_s >= frame.time_s else frame
    return frame


def _frames_from(media: OpenMedia, stream: VideoStream, at_s: float) -> Iterator[tuple[float, VideoFrame]]:
    """Whole frames from the key frame before `at_s`, with their time from the start of the clip."""
    import av

    time_base = stream.time_base or 0
    origin_s = float((stream.start_time or 0) * time_base)
    damaged = 0
    try:
        if time_base:
            media.container.seek(int((origin_s + at_s) / time_base), stream=stream)
        for packet in media.container.demux(stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                frames = []
                damaged += 1
            for frame in frames:
                if frame.is_corrupt:
                    damaged += 1
                else:
                    yield max(0.0, (frame.time or 0.0) - origin_s), frame
            if damaged > _MAX_CORRUPT:
                return
    except av.FFmpegError:
        return  # nothing can be read from here on


def _pixels(frame: VideoFrame) -> Image:
    width, height = frame.width, frame.height
    scale = min(1.0, max(_SHORT_SIDE_PX / min(width, height), 1e-9), _LONG_SIDE_PX / max(width, height))
    if min(width, height) >= _SAFE_SCALER_PX:
        size = (max(2, round(width * scale)), max(2, round(height * scale)))
        rgb = frame.reformat(*size, format="rgb24", interpolation="BILINEAR").to_ndarray()
    else:
        rgb = frame.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(rgb, frame.rotation // 90), dtype=np.uint8)


def _upright(info: MediaInfo, frame: Frame) -> MediaInfo:
    """Width and height as a player shows them."""
    height, width = frame.picture.shape[:2]
    if (width > height) != (info.width > info.height) and width != height:
        return replace(info, width=info.height, height=info.width)
    return info
