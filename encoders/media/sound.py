"""Decode stretches of sound by seeking, and write short previews. Runs in the child process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from encoders.errors import MediaError
from encoders.media.limits import MediaLimits
from encoders.media.opening import OpenMedia, open_media
from encoders.values import FloatArray

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream

PREVIEW_RATE_HZ = 44_100
PREVIEW_BIT_RATE = 96_000
MAX_STRETCH_S = 900.0


def require_audio(media: OpenMedia, name: str) -> AudioStream:
    """Give the sound stream, or raise MediaError."""
    if media.audio is None:
        raise MediaError(f"{name!r} has no sound")
    return media.audio


def read_sound(media: OpenMedia, stream: AudioStream, start_s: float, duration_s: float) -> FloatArray:
    """Float32 ``(1 or 2, samples)`` at the stream's rate, finite, in [-1, 1].

    More than two channels become two: the even ones on the left, the odd ones on the right. Damaged packets are left
    out; what cannot be decoded at all gives ``(1, 0)``.
    """
    rate = media.info.sample_rate_hz
    origin_s = float((stream.start_time or 0) * (stream.time_base or 0))
    wanted = int(min(duration_s, MAX_STRETCH_S) * rate)
    parts: list[FloatArray] = []
    have = 0
    for frame in _frames_from(media, stream, origin_s + start_s):
        if frame.sample_rate != rate:  # a chained stream that changes its rate
            continue
        block = _as_float(frame)
        if not parts and frame.time is not None:
            block = block[:, max(0, round((origin_s + start_s - frame.time) * rate)) :]
        if block.shape[1] == 0:
            continue
        parts.append(block)
        have += block.shape[1]
        if have >= wanted:
            break
    if not parts:
        return np.zeros((1, 0), dtype=np.float32)
    channels = max(part.shape[0] for part in parts)
    even = [np.broadcast_to(part, (channels, part.shape[1])) for part in parts]
    return _clean(np.concatenate(even, axis=1)[:, :wanted])


def mono_blocks(media: OpenMedia, stream: AudioStream) -> Iterator[FloatArray]:
    """Yield the whole sound as mono ``(samples,)`` at the stream's rate, about a second at a time."""
    rate = media.info.sample_rate_hz
    held: list[FloatArray] = []
    for frame in _frames_from(media, stream, float((stream.start_time or 0) * (stream.time_base or 0))):
        if frame.sample_rate != rate:
            continue
        held.append(_clean(_as_float(frame)).mean(axis=0))
        if sum(map(len, held)) >= rate:
            yield np.concatenate(held)
            held.clear()
    if held:
        yield np.concatenate(held)


def _frames_from(media: OpenMedia, stream: AudioStream, at_s: float) -> Iterator[AudioFrame]:
    import av

    try:
        if stream.time_base:
            media.container.seek(max(0, int(at_s / stream.time_base)), stream=stream)
        for packet in media.container.demux(stream):
            try:
                yield from packet.decode()
            except av.FFmpegError:
                continue  # corruption mid-file: use what decodes
    except av.FFmpegError:
        return  # nothing can be read from here on


def _as_float(frame: AudioFrame) -> FloatArray:
    raw = frame.to_ndarray()
    channels = max(1, frame.layout.nb_channels)
    if raw.shape[0] != channels:  # packed: samples of all channels interleaved in one row
        raw = raw.reshape(-1, channels).T
    if raw.dtype == np.uint8:
        samples = (raw.astype(np.float32) - 128.0) / 128.0
    elif raw.dtype.kind == "i":
        samples = raw.astype(np.float32) / np.float32(2.0 ** (8 * raw.dtype.itemsize - 1))
    else:
        samples = raw.astype(np.float32)
    if channels > 2:
        samples = np.stack([samples[0::2].mean(axis=0), samples[1::2].mean(axis=0)])
    return samples


def _clean(samples: FloatArray) -> FloatArray:
    """Make samples finite and bound them to [-1, 1]."""
    np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    clipped: FloatArray = np.clip(samples, -1.0, 1.0)
    return clipped


def resampled(sound: FloatArray, rate_hz: int, target_hz: int) -> FloatArray:
    """``(channels, samples)`` at another rate (soxr, high quality)."""
    import soxr

    if rate_hz == target_hz or sound.shape[1] == 0:
        return sound
    result: FloatArray = np.ascontiguousarray(soxr.resample(sound.T, rate_hz, target_hz).T, dtype=np.float32)
    return result


def read_waveform(path: Path, limits: MediaLimits, rate_hz: int, start_s: float, duration_s: float) -> FloatArray:
    """Mono ``(samples,)`` at `rate_hz`; at most `MAX_STRETCH_S`."""
    with open_media(path, limits) as media:
        sound = read_sound(media, require_audio(media, path.name), start_s, duration_s)
        mono = sound.mean(axis=0, keepdims=True)
        waveform: FloatArray = resampled(mono, media.info.sample_rate_hz, rate_hz)[0]
        return waveform


def write_preview(path: Path, target: Path, limits: MediaLimits, start_s: float | None, duration_s: float) -> float:
    """Write at most `duration_s` in stereo and return its length in seconds.

    A target that ends in ``.flac`` gets FLAC of 16 bits, written in a tenth of the time, from the very sample on;
    any other MP3 of 96 kbit/s. Without `start_s` it is the middle of the track. The file appears whole or not
    at all.
    """
    import av

    with open_media(path, limits) as media:
        stream = require_audio(media, path.name)
        start = max(0.0, (media.info.duration_s - duration_s) / 2) if start_s is None else max(0.0, start_s)
        sound = read_sound(media, stream, start, duration_s)
        if sound.shape[1] == 0:
            raise MediaError(f"{path.name!r} has no sound that can be decoded from {start:.0f} s on")
        sound = resampled(sound, media.info.sample_rate_hz, PREVIEW_RATE_HZ)
    stereo = np.ascontiguousarray(np.broadcast_to(sound, (2, sound.shape[1])), dtype=np.float32)
    part = target.with_name(f".{target.name}.part")
    try:
        lossless = target.suffix == ".flac"
        with av.open(str(part), mode="w", format="flac" if lossless else "mp3") as out:
            encoder = out.add_stream("flac" if lossless else "libmp3lame", rate=PREVIEW_RATE_HZ, layout="stereo")
            if lossless:
                encoder.format = "s16"
                packed = np.round(stereo.T.reshape(1, -1) * 32767).astype(np.int16)
                frame = av.AudioFrame.from_ndarray(packed, format="s16", layout="stereo")
            else:
                encoder.bit_rate = PREVIEW_BIT_RATE
                encoder.format = "fltp"
                frame = av.AudioFrame.from_ndarray(stereo, format="fltp", layout="stereo")
            frame.sample_rate = PREVIEW_RATE_HZ
            frame.pts = 0
            out.mux(encoder.encode(frame))
            out.mux(encoder.encode(None))
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return float(stereo.shape[1] / PREVIEW_RATE_HZ)
