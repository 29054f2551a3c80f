"""How a sound looks from afar: its largest level in each of so many equal stretches. Runs in the child process."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from encoders.errors import MediaError
from encoders.media.limits import MediaLimits
from encoders.media.opening import open_media
from encoders.media.sound import mono_blocks, require_audio
from encoders.values import FloatArray

# Peaks are first gathered this finely, so that a file whose header does not tell its length can be drawn as well.
_FINE_HZ = 200


def read_peaks(path: Path, limits: MediaLimits, n: int) -> tuple[float, FloatArray]:
    """Return (length in seconds, float32 ``(n,)`` in [0, 1]: the largest level in each stretch of the file)."""
    with open_media(path, limits) as media:
        stream, rate = require_audio(media, path.name), media.info.sample_rate_hz
        step = max(1, rate // _FINE_HZ)
        fine, samples, held = [], 0, np.zeros(0, np.float32)
        for block in mono_blocks(media, stream):
            samples += len(block)
            held = np.concatenate([held, np.abs(block)])
            whole = len(held) // step * step
            fine.append(held[:whole].reshape(-1, step).max(axis=1))
            held = held[whole:]
        if len(held):
            fine.append(held.max(keepdims=True))
    levels = np.concatenate(fine) if fine else np.zeros(0, np.float32)
    if not len(levels):
        raise MediaError(f"{path.name!r} has a sound stream, but nothing in it can be decoded")
    edges = np.linspace(0, len(levels), n + 1)
    starts = np.minimum(edges[:-1].astype(np.int64), len(levels) - 1)
    ends = np.maximum(np.ceil(edges[1:]).astype(np.int64), starts + 1)
    peaks = np.array([levels[a:b].max() for a, b in zip(starts, ends, strict=True)], np.float32)
    return samples / rate, peaks
