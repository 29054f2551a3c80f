"""Open a hostile file: sniff the content, let FFmpeg see nothing but its bytes, check the limits before any decoding.

FFmpeg gets a Python file object, so no name is ever interpreted; only demuxers that read one self-contained file are
allowed, so playlists, ``concat`` and anything that names other resources are refused. Runs in the child process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from encoders.errors import MediaError
from encoders.media.limits import MediaLimits, check_size

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

DEMUXERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,eac3,flac,flv,gif,m4v,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,"
    "mpegvideo,ogg,opus,tta,w64,wav,wv"
)
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM")
_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a probe found; sizes and times of streams that are absent are 0.

    `kind` is ``audio``, ``video`` or ``image``; `format` is the container's or the picture's. `rate` is the frame rate
    as a fraction; codecs and the pixel format are FFmpeg's names.
    """

    kind: str
    format: str
    duration_s: float
    has_audio: bool
    sample_rate_hz: int = 0
    channels: int = 0
    width: int = 0
    height: int = 0
    fps: float = 0.0
    rate: str = "0"
    video_codec: str = ""
    pixel_format: str = ""
    audio_codec: str = ""


@dataclass(frozen=True, slots=True)
class OpenMedia:
    """An open container with its first playable streams."""

    container: InputContainer
    info: MediaInfo
    audio: AudioStream | None
    video: VideoStream | None


def is_picture(path: Path) -> bool:
    """Whether the content begins like a still picture."""
    head = _head(path)
    return head.startswith(_PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _refuse_text(path: Path) -> None:
    head = _head(path)
    if not head:
        raise MediaError(f"{path.name!r} is empty (0 bytes)")
    if b"\x00" not in head and sum(byte >= 0x20 or byte in b"\t\r\n\f" for byte in head) >= 0.97 * len(head):
        try:
            head[:-3].decode("utf-8")  # the last character may be cut in two
        except UnicodeDecodeError:
            return
        raise MediaError(f"{path.name!r} is text (a playlist, a page or a script), not a media file")


@contextmanager
def open_media(path: Path, limits: MediaLimits) -> Iterator[OpenMedia]:
    """Open `path` with its limits checked.

    Raises:
        MediaError: Not media, damaged beyond reading, or beyond a limit.
    """
    import av

    _refuse_text(path)
    options = {"format_whitelist": DEMUXERS, "protocol_whitelist": "file", "probesize": str(4 << 20)}
    with path.open("rb") as file:
        try:
            container = av.open(file, mode="r", options=options, metadata_errors="replace")
        except (av.FFmpegError, ValueError) as error:
            raise MediaError(
                f"{path.name!r} is not a readable media file ({_reason(error)}); save it again in a common format, "
                "such as MP4, FLAC or JPEG."
            ) from error
        with container:
            yield _checked(container, path.name, limits)


def probe(path: Path, limits: MediaLimits) -> MediaInfo:
    """Tell what is in the file, limits checked; decodes as little as FFmpeg's own probing needs."""
    if is_picture(path):
        from encoders.media.pictures import picture_size

        kind, width, height = picture_size(path, limits)
        return MediaInfo("image", kind, 0.0, False, width=width, height=height)
    with open_media(path, limits) as media:
        return media.info


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _checked(container: InputContainer, name: str, limits: MediaLimits) -> OpenMedia:
    from av.stream import Disposition

    if not set(container.format.name.split(",")) & set(DEMUXERS.split(",")):
        raise MediaError(f"{name!r} has the container format {container.format.name!r}, which is not accepted")
    # A stream without a decoder, or one whose header is lost, is as good as absent; so is the cover of an album.
    audio = next((s for s in container.streams.audio if s.codec_context and s.sample_rate and s.channels), None)
    pictures = (s for s in container.streams.video if s.codec_context)
    video = next((s for s in pictures if not s.disposition & Disposition.attached_pic), None)
    main = video or audio
    if main is None:
        raise MediaError(f"{name!r} has neither sound nor a moving picture")
    duration_s = _duration_s(container, main)
    longest_s = limits.max_video_s if video else limits.max_audio_s
    if duration_s > longest_s:
        raise MediaError(f"{name!r} lasts {duration_s:.0f} s, the limit is {longest_s:.0f} s; cut it")
    info = MediaInfo("video" if video else "audio", container.format.name, duration_s, audio is not None)
    if audio is not None:
        info = _with_audio(info, audio, name, limits)
    if video is not None:
        info = _with_video(info, video, name, limits)
    return OpenMedia(container, info, audio, video)


def _with_audio(info: MediaInfo, stream: AudioStream, name: str, limits: MediaLimits) -> MediaInfo:
    rate, channels = stream.sample_rate, stream.channels
    if not limits.min_rate_hz <= rate <= limits.max_rate_hz:
        raise MediaError(f"{name!r} has {rate} Hz; {limits.min_rate_hz} to {limits.max_rate_hz} Hz are accepted")
    if channels > limits.max_channels:
        raise MediaError(f"{name!r} has {channels} channels; 1 to {limits.max_channels} are accepted")
    return replace(info, sample_rate_hz=rate, channels=channels, audio_codec=stream.codec_context.name)


def _with_video(info: MediaInfo, stream: VideoStream, name: str, limits: MediaLimits) -> MediaInfo:
    width, height = stream.codec_context.width, stream.codec_context.height
    check_size(name, width, height, limits)
    rate = stream.average_rate or stream.guessed_rate or 0
    fps = float(rate)
    if fps > limits.max_fps:
        raise MediaError(f"{name!r} claims {fps:.0f} frames per second, the limit is {limits.max_fps:.0f}")
    context = stream.codec_context
    return replace(
        info,
        width=width,
        height=height,
        fps=max(0.0, fps),
        rate=str(rate),
        video_codec=context.codec.canonical_name,
        pixel_format=context.pix_fmt or "",
    )


def _duration_s(container: InputContainer, stream: Stream) -> float:
    import av

    if container.duration:
        return max(0.0, container.duration / av.time_base)
    if stream.duration and stream.time_base:
        return max(0.0, float(stream.duration * stream.time_base))
    return _scanned_duration_s(container, stream)


def _scanned_duration_s(container: InputContainer, stream: Stream) -> float:
    """From the packets' time stamps, for containers that do not say; nothing is decoded."""
    import av

    first: float | None = None
    last = 0.0
    try:
        for packet in container.demux(stream):
            if packet.pts is None or packet.time_base is None:
                continue
            time_s = float(packet.pts * packet.time_base)
            first = time_s if first is None else min(first, time_s)
            last = max(last, time_s + float((packet.duration or 0) * packet.time_base))
        container.seek(0)
    except av.FFmpegError:  # a damaged tail: what was seen so far is the length
        return max(0.0, last - (first or 0.0))
    return max(0.0, last - (first or 0.0))
