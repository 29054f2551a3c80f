"""From rendered sound to a finished file: loudness -14 LUFS, true peak at most -1 dBTP, exact length, FLAC.

Loudness is ITU-R BS.1770 (pyloudnorm); true peak is read at four times the rate. Long pieces are measured in stretches
and limited in blocks, so memory stays near the size of the sound itself.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyloudnorm

Sound = NDArray[np.float32]
"""Shape (frames, 2)."""

RATE = 44_100
TARGET_LUFS = -14.0
CEILING_DBTP = -1.0
_STRETCH = 60 * RATE
_LOOKAHEAD = RATE // 250  # 4 ms
_SILENCE_LUFS = -60.0


def loudness(sound: Sound) -> float:
    """Measure integrated loudness in LUFS; -70 for silence. Stretches of 60 s are averaged by energy."""
    import pyloudnorm

    if len(sound) < RATE // 2:  # the gate needs 400 ms: repeat what there is
        sound = np.tile(sound, (math.ceil(RATE / 2 / max(len(sound), 1)), 1))
    meter = pyloudnorm.Meter(RATE)
    powers = []
    for start in range(0, len(sound), _STRETCH):
        stretch = sound[start : start + _STRETCH]
        if len(stretch) >= RATE // 2:
            value = _quietly(meter, stretch)
            powers.append(10 ** (value / 10))
    mean = float(np.mean([power for power in powers if power > 1e-7] or [0.0]))
    return 10 * math.log10(mean) if mean > 1e-7 else -70.0


def _quietly(meter: pyloudnorm.Meter, stretch: Sound) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(meter.integrated_loudness(stretch.astype(np.float64)))
    return value if math.isfinite(value) else -70.0


def true_peak(sound: Sound) -> float:
    """Measure the highest level between the samples, in dBTP; -inf for silence."""
    highest = max((float(_oversampled(block).max()) for block in _blocks(sound)), default=0.0)
    return 20 * math.log10(highest) if highest > 0 else -math.inf


def master(sound: Sound, duration_s: float) -> Sound:
    """Cut or fill to the exact length, fade the end, and bring to the target loudness below the ceiling.

    Args:
        sound: float32 of shape (frames, 2) at 44.1 kHz; changed in place where the length allows.
        duration_s: seconds of the result, to the sample.

    Returns:
        Float32 of shape (round(duration_s * 44100), 2). Silence stays silence.
    """
    frames = round(duration_s * RATE)
    if len(sound) < frames:
        sound = np.concatenate([sound, np.zeros((frames - len(sound), sound.shape[1]), np.float32)])
    sound = sound[:frames]
    np.nan_to_num(sound, copy=False)
    _fade(sound, min(1.5, 0.12 * duration_s))
    raw = loudness(sound)
    if raw < _SILENCE_LUFS:
        return sound
    gain_db, limited = TARGET_LUFS - raw, sound
    for _ in range(4):  # limiting takes some loudness away; ask for that much more
        limited = _limit(sound, 10 ** (gain_db / 20))
        missing = TARGET_LUFS - loudness(limited)
        if abs(missing) < 0.2:
            break
        gain_db += missing
    return limited


def write_flac(sound: Sound, path: Path) -> None:
    """Write 16-bit FLAC at 44.1 kHz."""
    import soundfile

    soundfile.write(path, sound, RATE, format="FLAC", subtype="PCM_16")


def _fade(sound: Sound, seconds: float) -> None:
    count = min(len(sound), round(seconds * RATE))
    if count:
        sound[-count:] *= (0.5 + 0.5 * np.cos(np.linspace(0, np.pi, count, dtype=np.float32)))[:, None]


def _blocks(sound: Sound, margin: int = 0) -> list[Sound]:
    return [sound[max(0, start - margin) : start + _STRETCH + margin] for start in range(0, len(sound), _STRETCH)]


def _oversampled(block: Sound) -> NDArray[np.float32]:
    """Give the highest level around each sample over both channels, read at four times the rate."""
    from scipy.signal import resample_poly

    highest = np.zeros(len(block), np.float32)
    for channel in range(block.shape[1]):
        fine = np.abs(resample_poly(block[:, channel], 4, 1)).reshape(-1, 4)
        np.maximum(highest, fine.max(axis=1), out=highest)
    return highest


def _limit(sound: Sound, gain: float) -> Sound:
    """Apply a gain and a look-ahead limiter: the smallest gain needed near each sample, smoothed over 8 ms."""
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    ceiling = 10 ** ((CEILING_DBTP - 0.3) / 20)  # the rest is for what smoothing and 16 bits add
    window = 2 * _LOOKAHEAD + 1
    out = np.empty_like(sound)
    for start in range(0, len(sound), _STRETCH):
        low = max(0, start - 2 * window)
        block = sound[low : start + _STRETCH + 2 * window] * np.float32(gain)
        needed = np.minimum(1.0, ceiling / np.maximum(_oversampled(block), 1e-9)).astype(np.float32)
        smooth = uniform_filter1d(minimum_filter1d(needed, 2 * window), window)
        count = min(_STRETCH, len(sound) - start)
        out[start : start + count] = (block * smooth[:, None])[start - low : start - low + count]
    return out
