"""How strongly something sets in at each hundredth of a second: the curve that music and cuts are matched on."""

from __future__ import annotations

import numpy as np

from encoders.values import FloatArray

RATE_HZ = 16_000
ONSET_HZ = 100
# The method is part of every cache's key.
METHOD = "sonara-flux-100"
_LATE = 1  # the curve peaks one step after the onset (clicks at known times: tests/encoders/test_onsets.py)


def onset_curve(sound: FloatArray) -> FloatArray:
    """Return float32 ``(n,)`` in [0, 1], a hundred steps a second, of mono ``(samples,)`` at 16 kHz.

    It is sonara's onset strength, scaled by its 99.5th percentile; silence gives zeros.
    """
    import sonara

    steps = len(sound) * ONSET_HZ // RATE_HZ
    if steps == 0 or float(np.abs(sound).max()) < 1e-4:
        return np.zeros(steps, np.float32)
    strength = np.nan_to_num(np.asarray(sonara.onset_strength(sound, sr=RATE_HZ, hop_length=RATE_HZ // ONSET_HZ)))
    curve = np.zeros(steps, np.float32)
    told = strength[_LATE : _LATE + steps]
    curve[: len(told)] = told
    top = float(np.percentile(curve, 99.5))
    scaled: FloatArray = np.clip(curve / max(top, 1e-6), 0.0, 1.0).astype(np.float32)
    return scaled
