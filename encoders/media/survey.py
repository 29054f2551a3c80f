"""Every hard cut of a clip, small pictures of it, and how loud it is over time: what a time line is drawn from.

Cuts are looked for in pieces that overlap, so that memory does not grow with the length. Up to a budget of pixels every
picture is compared at once; a longer clip's cuts are found by a job of its own. Runs in the child process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from encoders.errors import MediaError
from encoders.media.limits import MediaLimits
from encoders.media.opening import OpenMedia, open_media
from encoders.media.seeking import Scaler, frames_from
from encoders.media.sound import mono_blocks, read_sound, require_audio
from encoders.media.strip import HEIGHT, WIDTH, Strip
from encoders.protocols import Image
from encoders.values import Cut
from encoders.vision.motion import cuts_of

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

WHOLE_PIXELS = 1100 * 1280 * 720  # about two seconds of decoding on two cores
MAX_THUMBNAILS = 60
THUMBNAIL_PX = 160
_JPEG_QUALITY = 72
_PIECE, _OVERLAP_S = 600, 1.5  # a flash is told from a cut by the second around it
_WHOLE_SOUND_S = 600.0
_LEVEL_STEPS = 600
_PEEP_S = 0.25
_FLOOR_DB = -90.0


@dataclass(slots=True)
class Surveyed:
    """Cuts in order, whether every picture was compared, and the upright small pictures with their instants."""

    cuts: list[Cut] = field(default_factory=list)
    exact: bool = True
    thumbnails: list[tuple[float, Image]] = field(default_factory=list)


def affordable(duration_s: float, fps: float, width: int, height: int) -> bool:
    """Tell whether every picture of a clip can be compared while somebody waits."""
    return duration_s * max(fps, 1.0) * width * height <= WHOLE_PIXELS


def survey(path: Path, limits: MediaLimits) -> Surveyed:
    """Look through a clip; one beyond the budget gets pictures by seeking and no cuts. MediaError as `open_media`."""
    with open_media(path, limits) as media:
        stream = _stream(media, path.name)
        info = media.info
        count = int(np.clip(np.ceil(info.duration_s), 1, MAX_THUMBNAILS))
        instants = [(n + 0.5) * info.duration_s / count for n in range(count)]
        if not affordable(info.duration_s, info.fps, info.width, info.height):
            return Surveyed(exact=False, thumbnails=_sought(media, stream, instants))
        found = Surveyed()
        scaler = Scaler()

        def take(time_s: float, frame: VideoFrame) -> None:
            if len(found.thumbnails) < count and time_s >= instants[len(found.thumbnails)] - 1e-3:
                found.thumbnails.append((time_s, _thumbnail(frame, scaler)))

        found.cuts = list(_cuts(media, stream, take))
        if not found.thumbnails:
            found.thumbnails = _sought(media, stream, [0.0])
        return found


def find_cuts(path: Path, limits: MediaLimits, report: Callable[[float], None]) -> list[Cut]:
    """Compare every picture of a clip of any length."""
    with open_media(path, limits) as media:
        stream = _stream(media, path.name)
        length_s = max(media.info.duration_s, 1e-3)
        return list(_cuts(media, stream, lambda time_s, _: report(time_s / length_s)))


def _stream(media: OpenMedia, name: str) -> VideoStream:
    if media.video is None:
        raise MediaError(f"{name!r} has no picture, only sound")
    with suppress(ValueError):  # a decoder that knows no such option
        media.video.codec_context.options = {"skip_loop_filter": "all"}
    media.video.thread_type = "AUTO"
    return media.video


def _cuts(media: OpenMedia, stream: VideoStream, seen: Callable[[float, VideoFrame], None]) -> Iterator[Cut]:
    """Yield the cuts piece by piece; in the overlap of two pieces each one answers for its half."""
    scaler = Scaler()
    times: list[float] = []
    thumbs: list[NDArray[np.uint8]] = []
    answered_s = 0.0
    for time_s, frame in frames_from(media, stream, 0.0):
        seen(time_s, frame)
        if times and time_s <= times[-1]:
            continue
        times.append(time_s)
        thumbs.append(scaler.rgb(frame, WIDTH, HEIGHT))
        if len(times) < _PIECE or times[-1] - times[0] < 4 * _OVERLAP_S:
            continue
        until_s = times[-1] - _OVERLAP_S
        yield from (cut for cut in cuts_of(_strip(times, thumbs)) if answered_s < cut.time_s <= until_s)
        answered_s = until_s
        kept = int(np.searchsorted(times, until_s - _OVERLAP_S))
        del times[:kept], thumbs[:kept]
    if times:
        yield from (cut for cut in cuts_of(_strip(times, thumbs)) if cut.time_s > answered_s)


def _strip(times: list[float], thumbs: list[NDArray[np.uint8]]) -> Strip:
    follows = np.ones(len(times), np.bool_)
    follows[0] = False
    return Strip(np.array(times), np.stack(thumbs), follows)


def _sought(media: OpenMedia, stream: VideoStream, instants: list[float]) -> list[tuple[float, Image]]:
    """Return the picture of the key frame before each instant, each once."""
    scaler = Scaler()
    found: dict[float, Image] = {}
    for at_s in instants:
        first = next(frames_from(media, stream, at_s), None)
        if first is not None and first[0] not in found:
            found[first[0]] = _thumbnail(first[1], scaler)
    return sorted(found.items(), key=lambda each: each[0])


def _thumbnail(frame: VideoFrame, scaler: Scaler) -> Image:
    scale = THUMBNAIL_PX / max(frame.width, frame.height)
    pixels = scaler.rgb(frame, max(1, round(frame.width * scale)), max(1, round(frame.height * scale)))
    return np.ascontiguousarray(np.rot90(pixels, frame.rotation // 90), dtype=np.uint8)


def write_thumbnails(pictures: list[Image], folder: Path) -> tuple[int, int]:
    """Write ``0.jpg``, ``1.jpg`` and so on, and all side by side as ``sprite.jpg``; return their width and height."""
    from PIL import Image as Pillow

    if not pictures:
        return 0, 0
    height, width = pictures[0].shape[:2]
    sprite = Pillow.new("RGB", (width * len(pictures), height))
    for n, pixels in enumerate(pictures):
        picture = Pillow.fromarray(pixels).resize((width, height))  # a stream may change its size
        picture.save(folder / f"{n}.jpg", quality=_JPEG_QUALITY)
        sprite.paste(picture, (n * width, 0))
    sprite.save(folder / "sprite.jpg", quality=_JPEG_QUALITY)
    return width, height


def levels(path: Path, limits: MediaLimits) -> tuple[float, list[float]]:
    """Return (step in seconds, root mean squares in decibels of full scale from -90); no steps where there is no sound.

    Up to ten minutes are heard as a whole; of longer sound a quarter of a second at each step.
    """
    with open_media(path, limits) as media:
        if media.audio is None:
            return 0.0, []
        stream, duration_s = require_audio(media, path.name), media.info.duration_s
        step_s = max(0.1, duration_s / _LEVEL_STEPS)
        if duration_s > _WHOLE_SOUND_S:
            starts = np.arange(0.0, duration_s, step_s)
            return step_s, [_db(read_sound(media, stream, float(at), _PEEP_S)) for at in starts]
        samples = max(1, round(step_s * media.info.sample_rate_hz))
        held, found = np.zeros(0, np.float32), []
        for block in mono_blocks(media, stream):
            held = np.concatenate([held, block])
            whole = len(held) // samples
            found += [_db(part) for part in held[: whole * samples].reshape(whole, samples)]
            held = held[whole * samples :]
        return step_s, found + ([_db(held)] if len(held) else [])


def _db(sound: NDArray[np.float32]) -> float:
    power = float(np.square(sound, dtype=np.float64).mean()) if sound.size else 0.0
    return round(max(_FLOOR_DB, 10.0 * float(np.log10(power + 1e-12))), 1)
