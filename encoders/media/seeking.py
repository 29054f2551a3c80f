"""Walk through a clip from any instant on, and turn decoded frames into arrays. Runs in the child process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from encoders.media.opening import OpenMedia

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_MAX_CORRUPT = 30
_SAFE_SCALER_PX = 16  # below this swscale's filters do not fit


def frames_from(media: OpenMedia, stream: VideoStream, at_s: float) -> Iterator[tuple[float, VideoFrame]]:
    """Whole frames from the key frame before `at_s`, with their time from the start of the clip."""
    import av

    origin_s = _origin_s(stream)
    damaged = 0
    try:
        for packet in _packets_from(media, stream, at_s):
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


def key_time_s(media: OpenMedia, stream: VideoStream, at_s: float) -> float | None:
    """Return when the key frame before `at_s` is shown, decoding it only where its packet does not tell.

    None where nothing can be read. An H.264 decoder wants several frames before it gives the first one.
    """
    import av

    try:
        packet = next(_packets_from(media, stream, at_s), None)
    except av.FFmpegError:
        return None
    if packet is None or not packet.is_keyframe or packet.pts is None or packet.time_base is None:
        return next((time_s for time_s, _ in frames_from(media, stream, at_s)), None)
    return max(0.0, float(packet.pts * packet.time_base) - _origin_s(stream))


def _packets_from(media: OpenMedia, stream: VideoStream, at_s: float) -> Iterator[Packet[VideoStream]]:
    if at_s <= 0:
        # The beginning of the file: a search by time in a transport stream may land behind its first key frame.
        media.container.seek(0)
    elif stream.time_base:
        media.container.seek(int((_origin_s(stream) + at_s) / stream.time_base), stream=stream)
    yield from media.container.demux(stream)


def _origin_s(stream: VideoStream) -> float:
    return float((stream.start_time or 0) * (stream.time_base or 0))


class Scaler:
    """Decoded frames to ``uint8 (height, width, 3)`` as they are stored (not turned upright).

    One scaler serves one stream: setting FFmpeg's up anew for every frame costs eight times the scaling itself.
    """

    def __init__(self) -> None:
        from av.video.reformatter import VideoReformatter

        self._reformatter = VideoReformatter()

    def rgb(self, frame: VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
        """Shrink by area, so that nothing flickers that does not flicker in the clip."""
        if min(frame.width, frame.height, width, height) >= _SAFE_SCALER_PX:
            small = self._reformatter.reformat(frame, width, height, format="rgb24", interpolation="AREA")
            return np.asarray(small.to_ndarray(), dtype=np.uint8)
        from PIL import Image as Pillow

        picture = Pillow.fromarray(frame.to_ndarray(format="rgb24"))
        return np.asarray(picture.resize((width, height), Pillow.Resampling.BOX), dtype=np.uint8)
