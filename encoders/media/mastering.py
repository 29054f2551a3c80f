"""Loudness and true peak of a sound that streams by, and a limiter. Runs in the child process.

Integrated loudness is ITU-R BS.1770-4 (K-weighting by pyloudnorm's filters; blocks of 400 ms, gated at -70 LUFS and at
10 LU below the mean of what is left). The limiter looks 5 ms ahead and both ways: the gain that each sample needs is
held at its lowest within the window and then averaged over it, so no sample, and no point between samples at four times
the rate, comes out above the ceiling.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from encoders.values import FloatArray

_CHUNK_S = 0.1
_CHUNKS = 4
_ABSOLUTE_LUFS, _RELATIVE_LU = -70.0, -10.0
_LOOK_S = 0.005
_FILTER_REACH = 64  # samples that the oversampling looks to both sides, at most
_BETWEEN_DB = 6.0  # more than this a peak between samples does not rise above them

Floats = NDArray[np.float64]


class LoudnessMeter:
    """Takes blocks ``(2, samples)`` and tells the integrated loudness of all of them, in constant memory a hour."""

    def __init__(self, rate_hz: int) -> None:
        import pyloudnorm

        self._filters = list(pyloudnorm.Meter(rate_hz)._filters.values())
        self._states = [np.zeros((2, max(len(f.a), len(f.b)) - 1)) for f in self._filters]
        self._samples = round(_CHUNK_S * rate_hz)
        self._held = np.zeros((2, 0))
        self._powers: list[float] = []
        self.peak = 0.0

    def add(self, block: FloatArray) -> None:
        """Listen to the next block."""
        from scipy.signal import lfilter

        self.peak = max(self.peak, float(np.abs(block).max(initial=0.0)))
        heard: Floats = block.astype(np.float64)
        for n, each in enumerate(self._filters):
            heard, self._states[n] = lfilter(each.b, each.a, heard, axis=1, zi=self._states[n])
        heard = np.concatenate([self._held, heard], axis=1)
        count = heard.shape[1] // self._samples
        whole = heard[:, : count * self._samples].reshape(2, count, self._samples)
        self._powers += np.square(whole).mean(axis=2).sum(axis=0).tolist()
        self._held = heard[:, count * self._samples :]

    def lufs(self) -> float:
        """Return the integrated loudness; -inf of silence and of less than 400 ms."""
        chunks = np.array(self._powers)
        if len(chunks) < _CHUNKS:
            return -np.inf
        powers = np.convolve(chunks, np.ones(_CHUNKS) / _CHUNKS, mode="valid")
        loud = powers[_lufs(powers) >= _ABSOLUTE_LUFS]
        if len(loud) == 0:
            return -np.inf
        kept = loud[_lufs(loud) >= _lufs(np.array([loud.mean()]))[0] + _RELATIVE_LU]
        return float(_lufs(np.array([kept.mean()]))[0])


def _lufs(powers: Floats) -> Floats:
    loudness: Floats = -0.691 + 10.0 * np.log10(np.maximum(powers, 1e-12))
    return loudness


def limited(blocks: Iterable[FloatArray], gain_db: float, ceiling_dbtp: float, rate_hz: int) -> Iterator[FloatArray]:
    """Yield the sound `gain_db` louder, its true peak held below the ceiling; as long as it came in."""
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    gain, ceiling = 10.0 ** (gain_db / 20.0), 10.0 ** (ceiling_dbtp / 20.0)
    window = 2 * round(_LOOK_S * rate_hz) + 1
    reach = window + _FILTER_REACH
    held = np.zeros((2, reach))
    for block in chain(blocks, [np.zeros((2, reach), np.float32)]):
        held = np.concatenate([held, block.astype(np.float64) * gain], axis=1)
        if held.shape[1] <= 2 * reach:
            continue
        inside = slice(reach, held.shape[1] - reach)
        if np.abs(held).max() < ceiling * 10.0 ** (-_BETWEEN_DB / 20.0):
            yield held[:, inside].astype(np.float32)
        else:
            needed = np.minimum(1.0, ceiling / np.maximum(true_peaks(held), 1e-9))
            smooth = uniform_filter1d(minimum_filter1d(needed, window), window)
            yield (held[:, inside] * smooth[inside]).astype(np.float32)
        held = held[:, -2 * reach :]


def true_peaks(sound: Floats) -> Floats:
    """Return the largest level of any channel at and right after each sample, four times oversampled ``(samples,)``."""
    from scipy.signal import resample_poly

    fine = np.abs(resample_poly(sound, 4, 1, axis=1)).max(axis=0)
    peaks: Floats = fine.reshape(-1, 4).max(axis=1)
    return peaks
