"""How strongly each pitch class sounds, ten times a second: what near copies are told by.

A fixed grid instead of beats: two beat trackings of one piece differ in octave and phase, which a search over shifts
and tempo ratios does not care about (docs/decisions.md).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from encoders.values import FloatArray

RATE_HZ = 11_025
FRAMES_HZ = 10
# The method is part of every cache's key.
METHOD = "stft-log-chroma-10"
_WINDOW = 4_096
_LOW_HZ, _HIGH_HZ = 65.0, 2_100.0
_COMPRESSION = 100.0
_AT_ONCE = 512
_SILENT = 1e-4


def chroma(sound: FloatArray) -> FloatArray:
    """Return float32 ``(n, 12)`` in [0, 1], C first, `FRAMES_HZ` rows a second, of mono ``(samples,)`` at `RATE_HZ`.

    Magnitudes are compressed by ``log(1 + 100 x)`` of the piece's own loudest bin, as ears do; the loudest pitch class
    of the piece is 1. Silence gives zeros.
    """
    count = int(len(sound) * FRAMES_HZ / RATE_HZ)
    if count == 0 or float(np.abs(sound).max(initial=0.0)) < _SILENT:
        return np.zeros((count, 12), np.float32)
    padded = np.pad(sound, (_WINDOW // 2, _WINDOW))
    starts = np.round(np.arange(count) * (RATE_HZ / FRAMES_HZ)).astype(np.int64)
    window, folding = np.hanning(_WINDOW).astype(np.float32), _folding()
    used = np.flatnonzero(folding.any(axis=1))
    spectra = np.empty((count, len(used)), np.float32)
    for first in range(0, count, _AT_ONCE):
        at = starts[first : first + _AT_ONCE, None] + np.arange(_WINDOW)
        spectra[first : first + _AT_ONCE] = np.abs(np.fft.rfft(padded[at] * window, axis=1))[:, used]
    loudest = float(spectra.max())
    folded = np.log1p(_COMPRESSION * spectra / max(loudest, 1e-9)) @ folding[used]
    scaled: FloatArray = (folded / max(float(folded.max()), 1e-9)).astype(np.float32)
    return scaled


@lru_cache(maxsize=1)
def _folding() -> FloatArray:
    """Return how much each bin of the spectrum counts for each pitch class, ``(bins, 12)``."""
    hz = np.fft.rfftfreq(_WINDOW, 1 / RATE_HZ)
    heard = (hz >= _LOW_HZ) & (hz <= _HIGH_HZ)
    pitch = 69 + 12 * np.log2(np.maximum(hz, 1.0) / 440.0)
    away = (pitch[:, None] - np.arange(12) + 6) % 12 - 6
    # The bins below 250 Hz are wider than a semitone: each counts where it is nearest.
    weights = np.exp(-0.5 * (away / 0.35) ** 2) * heard[:, None]
    folding: FloatArray = weights.astype(np.float32)
    return folding
