"""How loud a clip's own sound is and how much of it is speech, from up to three short stretches. Runs in the child.

Speech: Silero VAD (Silero Team, 2024) on 16 kHz, in steps of 32 ms with the 4 ms before each as context. What is not
speech and not silence may be music or any other sound: the embedded models do not tell these two apart safely.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from encoders.media.limits import MediaLimits
from encoders.media.opening import open_media
from encoders.media.sound import read_sound, resampled
from encoders.onnx_session import open_session
from encoders.values import FloatArray

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

STRETCHES, STRETCH_S = 3, 4.0
SILENT_DB = -60.0
_RATE_HZ = 16_000
_STEP, _CONTEXT = 512, 64
_IS_SPEECH = 0.5


@dataclass(frozen=True, slots=True)
class Heard:
    """`loudness_db` is the root mean square in decibels of full scale, from -90; `speech` a share; None: unknown."""

    loudness_db: float | None = None
    speech: float | None = None


def listen(path: Path, limits: MediaLimits, folder: str | None) -> Heard:
    """Listen to the start, middle and end of a file; without the model's folder only loudness is measured."""
    with open_media(path, limits) as media:
        if media.audio is None:
            return Heard()
        spare_s = max(0.0, media.info.duration_s - STRETCH_S)
        starts = sorted({spare_s * n / (STRETCHES - 1) for n in range(STRETCHES)})
        sounds = [read_sound(media, media.audio, start_s, STRETCH_S).mean(axis=0) for start_s in starts]
        rate = media.info.sample_rate_hz
    heard = [sound for sound in sounds if len(sound)]
    if not heard:
        return Heard()
    power = float(np.mean([np.mean(np.square(sound)) for sound in heard]))
    loudness_db = max(-90.0, 10.0 * float(np.log10(power + 1e-12)))
    if folder is None:
        return Heard(loudness_db)
    if loudness_db < SILENT_DB:
        return Heard(loudness_db, 0.0)
    shares = [speech_share(_detector(folder), resampled(sound[None], rate, _RATE_HZ)[0]) for sound in heard]
    return Heard(loudness_db, float(np.mean(shares)))


@lru_cache(maxsize=1)
def _detector(folder: str) -> InferenceSession:
    return open_session(Path(folder) / "model.onnx")


def speech_share(detector: InferenceSession, sound: FloatArray) -> float:
    """Share of the 32 ms steps of mono 16 kHz ``(samples,)`` in which somebody speaks."""
    state = np.zeros((2, 1, 128), dtype=np.float32)
    padded = np.concatenate([np.zeros(_CONTEXT, dtype=np.float32), sound.astype(np.float32)])
    spoken = []
    for start in range(_CONTEXT, len(padded) - _STEP + 1, _STEP):
        step = padded[None, start - _CONTEXT : start + _STEP]
        probability, state = detector.run(None, {"input": step, "state": state, "sr": np.array(_RATE_HZ)})
        spoken.append(float(probability[0, 0]) > _IS_SPEECH)
    return float(np.mean(spoken)) if spoken else 0.0
