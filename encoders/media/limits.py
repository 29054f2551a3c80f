"""What a media file may be and may cost."""

from __future__ import annotations

from dataclasses import dataclass

from encoders.errors import MediaError


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """Caps for one file, checked before decoding, and for the child process that decodes it.

    `memory_bytes` is address space (RLIMIT_AS), libraries and model weights included; `output_bytes` bounds a file that
    a child writes (RLIMIT_FSIZE).
    """

    max_bytes: int = 2 << 30
    max_audio_s: float = 6 * 3600.0
    max_video_s: float = 3 * 3600.0
    max_side_px: int = 8192
    max_area_px: int = 40_000_000
    max_fps: float = 1000.0
    max_channels: int = 32
    min_rate_hz: int = 1000
    max_rate_hz: int = 768_000
    memory_bytes: int = 2 << 30
    cpu_s: int = 120
    wall_s: float = 180.0
    output_bytes: int = 64 << 20


def check_size(name: str, width: int, height: int, limits: MediaLimits) -> None:
    """Refuse a picture without area or beyond the limits."""
    if width < 1 or height < 1:
        raise MediaError(f"{name!r} has a picture without size ({width} x {height})")
    if max(width, height) > limits.max_side_px or width * height > limits.max_area_px:
        limit = f"{limits.max_side_px} a side and {limits.max_area_px / 1e6:.0f} megapixels"
        raise MediaError(f"{name!r} is {width} x {height} pixels, the limit is {limit}; shrink it")
