"""Acoustic fingerprints: the same recording is known again after coding, noise and a change of level.

After J. Haitsma & T. Kalker, "A highly robust audio fingerprinting system" (ISMIR 2002): 33 bands, logarithmic from
300 to 2000 Hz, of frames of 0.4 s; each of the 32 bits of a print is the sign of how the difference of two neighbouring
bands changed since the frame before. Here "before" is always one stored step (0.1 s) ago, so that a track keeps 40
bytes a second, while a query is printed eight times as often and so meets the stored frames within 7 ms wherever it
begins. A frame without change (silence) has the print 0, which stands for "nothing heard".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encoders.values import FloatArray

PrintArray = NDArray[np.uint32]

RATE_HZ = 5_000
FRAME, STEP = 2_048, 512
# A query's prints are this many times as dense as the stored ones.
PHASES = 8
STEP_S = STEP / RATE_HZ
FINE_STEP_S = STEP_S / PHASES
BITS = 32
# Bits of a query's print that noise flips most easily.
WEAK_BITS = 3
# Longer recordings are printed up to here.
MAX_PRINTED_S = 1_800.0
_LOW_HZ, _HIGH_HZ = 300.0, 2_000.0
_AT_ONCE = 1_024
# Band energies below this are rounding, not sound (a full-scale sine has about 1e5).
_SILENT = 1e-5


@dataclass(frozen=True, eq=False)
class QueryPrints:
    """What an unknown clip is looked up by: `prints` ``(n,)``, one every `FINE_STEP_S`.

    `weakest` ``(n, WEAK_BITS)`` are the numbers of each print's least certain bits, the least certain first.
    """

    prints: PrintArray
    weakest: NDArray[np.int64]


def fingerprint(sound: FloatArray) -> PrintArray:
    """Return the stored prints of mono ``(samples,)`` at `RATE_HZ`, one every `STEP_S`; none below half a second."""
    return _prints(_changes(_energies(sound, STEP), 1))


def query_prints(sound: FloatArray) -> QueryPrints:
    """Return the dense prints of a clip, mono ``(samples,)`` at `RATE_HZ`."""
    changes = _changes(_energies(sound, STEP // PHASES), PHASES)
    weakest = np.argsort(np.abs(changes), axis=1)[:, :WEAK_BITS]
    return QueryPrints(_prints(changes), weakest)


def joined(blocks: Iterable[FloatArray], rate_hz: int, most_s: float = MAX_PRINTED_S) -> FloatArray:
    """Return mono blocks of one sound as ``(samples,)`` at `RATE_HZ`, never held whole at its own rate."""
    import soxr

    stream = soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="float32")
    parts: list[FloatArray] = [np.zeros(0, np.float32)]
    left = int(most_s * rate_hz)
    for block in blocks:
        parts.append(stream.resample_chunk(np.ascontiguousarray(block[:left], np.float32)))
        left -= len(block)
        if left <= 0:
            break
    parts.append(stream.resample_chunk(np.zeros(0, np.float32), last=True))
    sound: FloatArray = np.concatenate(parts)
    return sound


def _energies(sound: FloatArray, step: int) -> FloatArray:
    """Return the energy in each band of each frame, ``(frames, 33)``."""
    frames = max(0, (len(sound) - FRAME) // step + 1)
    edges = _LOW_HZ * (_HIGH_HZ / _LOW_HZ) ** (np.arange(BITS + 2) / (BITS + 1))
    bins = np.round(edges * FRAME / RATE_HZ).astype(np.int64)
    window = np.hanning(FRAME).astype(np.float32)
    energies = np.zeros((frames, BITS + 1), np.float32)
    for first in range(0, frames, _AT_ONCE):
        starts = np.arange(first, min(first + _AT_ONCE, frames)) * step
        cut = np.lib.stride_tricks.sliding_window_view(sound, FRAME)[starts]
        power = np.square(np.abs(np.fft.rfft(cut * window, axis=1)))
        energies[first : first + len(starts)] = np.add.reduceat(power, bins, axis=1)[:, : BITS + 1]
    return energies


def _changes(energies: FloatArray, lag: int) -> FloatArray:
    """Return what the signs of become bits, ``(frames - lag, 32)``."""
    slopes = energies[:, :-1] - energies[:, 1:]
    changes = slopes[lag:] - slopes[:-lag] if len(slopes) > lag else slopes[:0]
    changes[np.abs(changes).max(axis=1, initial=0.0) < _SILENT] = 0.0
    return changes


def _prints(changes: FloatArray) -> PrintArray:
    packed = np.packbits(changes > 0, axis=1, bitorder="little")
    prints: PrintArray = np.ascontiguousarray(packed).view("<u4")[:, 0].astype(np.uint32)
    return prints
