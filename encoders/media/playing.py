"""What web browsers play, and what can stand in an MP4 file."""

from __future__ import annotations

from encoders.media.opening import MediaInfo

_MP4_VIDEO, _MP4_AUDIO = frozenset({"h264", "av1", "vp9"}), frozenset({"aac", "mp3", "opus", "flac"})
_WEBM_VIDEO, _WEBM_AUDIO = frozenset({"vp8", "vp9", "av1"}), frozenset({"opus", "vorbis"})
# Ten bits and other than 4:2:0 play in some browsers only.
_PIXELS = frozenset({"yuv420p", "yuvj420p"})
# Encoders and players agree on these in MP4.
MP4_COPIED = frozenset({"h264", "hevc", "av1", "vp9", "mpeg4"})


def browser_type(info: MediaInfo) -> str | None:
    """Return the media type as which browsers play a clip; None where they cannot."""
    if info.pixel_format not in _PIXELS:
        return None
    silent = not info.has_audio
    family = set(info.format.split(","))
    # Browsers read QuickTime's files of these codecs as the MP4 files that they nearly are.
    if family & {"mp4", "mov"} and info.video_codec in _MP4_VIDEO and (silent or info.audio_codec in _MP4_AUDIO):
        return "video/mp4"
    if "webm" in family and info.video_codec in _WEBM_VIDEO and (silent or info.audio_codec in _WEBM_AUDIO):
        return "video/webm"
    return None
