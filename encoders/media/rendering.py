"""Write a clip as an MP4 file with another sound, or so that every browser plays it. Runs in the child process.

The picture is copied where its codec can stand in MP4, and encoded as H.264 otherwise; the sound is AAC, 48 kHz stereo.
Picture and sound are written side by side, so that memory does not grow with the length.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from encoders.errors import MediaError
from encoders.media.limits import MediaLimits
from encoders.media.mastering import LoudnessMeter, limited
from encoders.media.mixing import RATE_HZ, Mix, Mixer
from encoders.media.opening import MediaInfo, OpenMedia, open_media
from encoders.media.playing import MP4_COPIED
from encoders.media.seeking import frames_from
from encoders.values import FloatArray

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.filter import Graph
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

CEILING_DBTP = -2.0  # lossy coding adds up to a decibel: -1 dBTP are kept after it
_MOST_GAIN_DB = 30.0
_LIMITED_DB = 1.0  # from here on limiting costs loudness that is worth another look
_BIT_RATE = 192_000
_CLOCK_HZ = 90_000
_AHEAD_S = 0.5
_REORDERED = 32  # more pictures no codec holds back
# How much is done once speech was looked for, once the loudness is known, and once the limiter was heard, too.
_LISTENED, _MEASURED, _HELD = 0.1, 0.25, 0.4
_COPIED_FROM = frozenset({"mp4", "mov", "matroska", "webm"})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})
# By quarters of a turn to the left.
_TURNS: dict[int, list[tuple[str, str | None]]] = {
    1: [("transpose", "cclock")],
    2: [("hflip", None), ("vflip", None)],
    3: [("transpose", "clock")],
}
Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was written; `lufs` is the loudness of the mix that was aimed from, None where there was nothing to hear."""

    duration_s: float
    copied: bool
    lufs: float | None


def render(
    clip: Path, target: Path, mix: Mix, limits: MediaLimits, report: Report, longest_side: int | None = None
) -> Rendered:
    """Write the clip with its mix to `target`; the picture is made anew and fits `longest_side` where one is told.

    Raises:
        MediaError: The clip or a track cannot be read, or there is no room; then nothing is left behind.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        with open_media(clip, limits) as media:
            if media.video is None:
                raise MediaError(f"{clip.name!r} has no moving picture.")
            info = media.info
            mixer = Mixer(clip, mix, info.duration_s, info.has_audio, limits, _share(report, 0.0, _LISTENED))
            gain_db, lufs = _gain(mixer, mix, info.duration_s, report) if mixer.sounds else (0.0, None)
            sound = limited(mixer.blocks(), gain_db, CEILING_DBTP, RATE_HZ) if mixer.sounds else None
            copied = longest_side is None and copies(info)
            begun = 0.0 if not mixer.sounds else _LISTENED if mix.loudness_lufs is None else _HELD
            _write(part, media, media.video, sound, copied, longest_side, _share(report, begun, 1.0))
        part.replace(target)
        return Rendered(info.duration_s, copied, lufs)
    except OSError as error:  # PyAV's own errors are of this kind, too
        if error.errno in _NO_ROOM:
            raise MediaError(
                "There is no room on the disk for the film; free some space, or delete films that are done with, "
                "and start it again."
            ) from error
        raise
    finally:
        part.unlink(missing_ok=True)


def copies(info: MediaInfo) -> bool:
    """Tell whether the picture of a clip can be copied into an MP4 file."""
    return info.video_codec in MP4_COPIED and bool(set(info.format.split(",")) & _COPIED_FROM)


def _share(report: Report, done: float, until: float) -> Report:
    return lambda fraction: report(done + (until - done) * fraction)


def _gain(mixer: Mixer, mix: Mix, duration_s: float, report: Report) -> tuple[float, float | None]:
    """Return the gain in decibels that gives the mix its loudness, and the loudness that it has without."""
    if mix.loudness_lufs is None:
        return 0.0, None
    meter = _measured(mixer.blocks(), duration_s, _share(report, _LISTENED, _MEASURED))
    lufs = meter.lufs()
    if not np.isfinite(lufs):
        return 0.0, None
    gain_db = min(_MOST_GAIN_DB, mix.loudness_lufs - lufs)
    if 20.0 * np.log10(max(meter.peak, 1e-9)) + gain_db > CEILING_DBTP + _LIMITED_DB:
        again = limited(mixer.blocks(), gain_db, CEILING_DBTP, RATE_HZ)
        held = _measured(again, duration_s, _share(report, _MEASURED, _HELD)).lufs()
        gain_db = min(_MOST_GAIN_DB, gain_db + mix.loudness_lufs - held)
    return gain_db, lufs


def _measured(blocks: Iterator[FloatArray], duration_s: float, report: Report) -> LoudnessMeter:
    meter, heard = LoudnessMeter(RATE_HZ), 0
    for block in blocks:
        meter.add(block)
        heard += block.shape[1]
        report(heard / RATE_HZ / max(duration_s, 1e-3))
    return meter


def _write(
    path: Path,
    media: OpenMedia,
    stream: VideoStream,
    sound: Iterator[FloatArray] | None,
    copied: bool,
    longest_side: int | None,
    report: Report,
) -> None:
    import av

    with av.open(str(path), mode="w", format="mp4", options={"movflags": "+faststart"}) as out:
        picture: _Pictures = _Copy(out, media, stream) if copied else _Encode(out, media, stream, longest_side)
        track: _Track | None = None
        for time_s, packet in picture.packets():
            if sound is not None:
                track = track or _Track(out, sound)  # after the picture, which players expect to come first
                track.write_until(time_s + _AHEAD_S)
            out.mux(packet)
            report(min(0.99, time_s / max(media.info.duration_s, 1e-3)))
        if track is not None:
            track.write_until(float("inf"))
        if not out.streams.video:
            raise MediaError(
                "Nothing of the film's picture can be decoded; save it again in a common format, such as MP4."
            )


class _Track:
    """The sound of the file that is written."""

    def __init__(self, out: OutputContainer, sound: Iterator[FloatArray]) -> None:
        self._out, self._sound, self._samples = out, sound, 0
        self._stream: AudioStream = out.add_stream("aac", rate=RATE_HZ, layout="stereo")
        self._stream.bit_rate = _BIT_RATE
        self._ended = False

    def write_until(self, time_s: float) -> None:
        """Write the sound up to an instant, or up to its end."""
        import av

        while not self._ended and self._samples / RATE_HZ < time_s:
            block = next(self._sound, None)
            if block is None:
                self._out.mux(self._stream.encode(None))
                self._ended = True
                return
            if block.shape[1] == 0:
                continue
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, self._samples, Fraction(1, RATE_HZ)
            self._out.mux(self._stream.encode(frame))
            self._samples += block.shape[1]


class _Pictures(Protocol):
    """The picture of the file that is written, packet by packet with the time of each."""

    def packets(self) -> Iterator[tuple[float, Packet[VideoStream]]]:
        """Yield what is to be muxed."""
        ...


class _Copy:
    """The packets as they are, the first picture at time 0. Its rotation is kept by the stream's display matrix."""

    def __init__(self, out: OutputContainer, media: OpenMedia, stream: VideoStream) -> None:
        self._media, self._stream = media, stream
        self._target = out.add_stream_from_template(stream)

    def packets(self) -> Iterator[tuple[float, Packet[VideoStream]]]:
        import av

        origin = self._stream.start_time or 0
        base = self._stream.time_base or Fraction(1, _CLOCK_HZ)
        step = max(1, round(1 / base / (Fraction(self._media.info.rate) or Fraction(25))))
        held: list[Packet[VideoStream]] = []
        last: int | None = None
        try:
            for packet in self._media.container.demux(self._stream):
                if packet.pts is None:
                    continue
                held.append(packet)
                # Matroska does not tell when the first ones are decoded; what follows does.
                if packet.dts is None and last is None and len(held) < _REORDERED:
                    continue
                for n, each in enumerate(held):
                    dts = each.dts if each.dts is not None else (packet.dts or 0) - (len(held) - 1 - n) * step
                    each.pts, each.dts = (each.pts or 0) - origin, dts - origin
                    if last is not None and each.dts <= last:
                        each.dts = last + 1  # a muxer takes no packet that goes back in time
                    last = each.dts
                    each.stream = self._target
                    yield float(each.dts * base), each
                held.clear()
        except av.FFmpegError:
            return  # a damaged tail: what came before is the film


class _Encode:
    """Pictures decoded, turned upright and encoded as H.264."""

    def __init__(self, out: OutputContainer, media: OpenMedia, stream: VideoStream, longest_side: int | None) -> None:
        self._media, self._stream, self._out = media, stream, out
        stream.thread_type = "AUTO"
        self._longest_side = longest_side
        # "superfast" takes the same time on hard clips and writes 70 % more (500 pictures of moving noise, 720p).
        self._options = {"preset": "veryfast", "crf": "20" if longest_side is None else "26"}
        self._target: VideoStream | None = None
        self._upright = _Upright()

    def packets(self) -> Iterator[tuple[float, Packet[VideoStream]]]:
        rate = Fraction(self._media.info.rate) or Fraction(25)
        last = -1
        time_s = 0.0
        for time_s, decoded in frames_from(self._media, self._stream, 0.0):
            frame = self._upright.turned(decoded)
            if self._target is None:
                self._target = self._opened(frame, rate)
            pts = round(time_s * _CLOCK_HZ)
            if pts <= last:
                continue
            last = pts
            frame = frame.reformat(self._target.width, self._target.height, "yuv420p")
            frame.pts, frame.time_base = pts, Fraction(1, _CLOCK_HZ)
            frame.duration = round(_CLOCK_HZ / rate)
            yield from ((time_s, packet) for packet in self._target.encode(frame))
        if self._target is not None:
            yield from ((time_s, packet) for packet in self._target.encode(None))

    def _opened(self, frame: VideoFrame, rate: Fraction) -> VideoStream:
        width, height = frame.width, frame.height
        scale = 1.0 if self._longest_side is None else min(1.0, self._longest_side / max(width, height))
        stream: VideoStream = self._out.add_stream("libx264", rate=rate, options=self._options)
        # H.264 in 4:2:0 has even sides.
        stream.width, stream.height = (max(2, 2 * round(side * scale / 2)) for side in (width, height))
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, _CLOCK_HZ)
        # Whole frames at once, so that the next one is decoded meanwhile; PyAV's default waits for each frame's slices.
        stream.codec_context.thread_type = "FRAME"
        return stream


class _Upright:
    """Turns frames as their display matrix says."""

    def __init__(self) -> None:
        self._graphs: dict[tuple[int, int, int, str], Graph] = {}

    def turned(self, frame: VideoFrame) -> VideoFrame:
        """Return the frame upright."""
        import av

        quarters = frame.rotation // 90 % 4
        if quarters == 0:
            return frame
        key = (quarters, frame.width, frame.height, frame.format.name)
        if key not in self._graphs:
            graph = av.filter.Graph()
            source = graph.add_buffer(
                width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, _CLOCK_HZ)
            )
            turns = [graph.add(name, argument) for name, argument in _TURNS[quarters]]
            graph.link_nodes(source, *turns, graph.add("buffersink")).configure()
            self._graphs[key] = graph
        self._graphs[key].push(frame)
        turned = self._graphs[key].pull()
        assert isinstance(turned, av.VideoFrame)
        return turned
