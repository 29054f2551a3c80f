"""Fixed windows for music encoders: the same sound is cut the same way every time, and nothing is cropped at random."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from encoders.errors import EncoderError
from encoders.music.musicnn import spread_starts
from encoders.values import FloatArray
from encoders.vectors import unit, unit_rows


def mean_of_windows(
    waveform: FloatArray, rate_hz: int, window: int, count: int, encode: Callable[[FloatArray], FloatArray]
) -> FloatArray:
    """Encode at most `count` windows of `window` samples, spread over mono ``(samples,)``, and average them.

    Raises:
        EncoderError: The waveform is empty or not mono.
    """
    if waveform.ndim != 1 or waveform.size == 0:
        raise EncoderError(f"a waveform must be (samples,) and not empty, not {waveform.shape}")
    starts = spread_starts(waveform.size / rate_hz, count, window / rate_hz)
    rows = [encode(waveform[int(start_s * rate_hz) :][:window]) for start_s in starts]
    return unit(np.mean(unit_rows(np.stack(rows)), axis=0))
