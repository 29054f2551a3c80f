"""The log-mel front end of musicnn in NumPy.

16 kHz, 512-point Hann frames every 256 samples, centred with zero padding, power spectrum, 96 Slaney mel bands with
area normalisation (librosa's defaults), then ``log10(10000 x + 1)``.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from encoders.values import FloatArray

SAMPLE_RATE_HZ = 16_000
N_FFT = 512
HOP = 256
N_MELS = 96
PATCH_FRAMES = 187
PATCH_SAMPLES = PATCH_FRAMES * HOP  # 2.99 s

# Slaney's scale: linear below 1 kHz, logarithmic above (Auditory Toolbox, 1998).
_HZ_PER_MEL = 200.0 / 3.0
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0


def _hz_to_mel(hz: float) -> float:
    return hz / _HZ_PER_MEL if hz < _BREAK_HZ else float(_BREAK_MEL + np.log(hz / _BREAK_HZ) / _LOG_STEP)


def _mel_to_hz(mel: np.ndarray) -> np.ndarray:
    linear = mel * _HZ_PER_MEL
    return np.where(mel < _BREAK_MEL, linear, _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL)))


@lru_cache(maxsize=1)
def mel_filters() -> FloatArray:
    """Triangular filters, float32 ``(96, 257)``, each of unit area in Hz."""
    edges = _mel_to_hz(np.linspace(_hz_to_mel(0.0), _hz_to_mel(SAMPLE_RATE_HZ / 2), N_MELS + 2))
    bins = np.linspace(0.0, SAMPLE_RATE_HZ / 2, N_FFT // 2 + 1)
    ramps = edges[:, None] - bins[None, :]
    widths = np.diff(edges)
    rising = -ramps[:-2] / widths[:-1, None]
    falling = ramps[2:] / widths[1:, None]
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return weights.astype(np.float32)


def log_mel(waveform: FloatArray) -> FloatArray:
    """Mono 16 kHz samples ``(n,)`` to float32 ``(1 + n // 256, 96)``."""
    window = np.hanning(N_FFT + 1)[:-1].astype(np.float32)  # periodic Hann
    padded = np.pad(waveform.astype(np.float32), N_FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    spectrum = np.fft.rfft(frames * window, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    mel: FloatArray = np.log10(10_000.0 * (power @ mel_filters().T) + 1.0).astype(np.float32)
    return mel


def patch(waveform: FloatArray) -> FloatArray:
    """One network input ``(187, 96)`` from a mono 16 kHz window; a shorter one is repeated."""
    if waveform.size == 0:
        waveform = np.zeros(PATCH_SAMPLES, dtype=np.float32)
    filled = np.resize(waveform, max(PATCH_SAMPLES, waveform.size)) if waveform.size < PATCH_SAMPLES else waveform
    return log_mel(filled)[:PATCH_FRAMES]
