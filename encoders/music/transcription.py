"""The notes of one voice in a recording, by Basic Pitch (Bittner et al., ICASSP 2022, arXiv:2203.09893) in ONNX.

The network tells, for every 11.6 ms and each of the 88 pitches of a piano, how surely a note sounds and how surely one
begins. Since a melody is one voice, the likeliest path through pitches and silence is taken, by Viterbi (1967), instead
of its authors' peaks, which find overtones and reverberation as notes of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from encoders.models.store import ModelStore
from encoders.onnx_session import open_session
from encoders.values import FloatArray

if TYPE_CHECKING:
    import onnxruntime

MODEL_ID = "basic-pitch"
RATE = 22_050
_HOP, _WINDOW, _FRAMES, _EDGE = 256, 43_844, 172, 15
_STEP = (_FRAMES - 2 * _EDGE) * _HOP
_LOWEST = 21
# Chosen on tunes of their own (`tests/benchmarks/transcribing.py --half tune`).
_SILENT, _CHANGE, _EASED, _AGAIN, _SHORTEST = -1.0, 16.0, 0.95, 0.55, 5
# A beginning is sure so much after the sound sets in.
_LATE_S = 0.015
# What a sound has above itself: intervals at which a second pitch is no second voice.
_OVERTONES = frozenset({12, 19, 24, 28, 31, 36})


@dataclass(frozen=True, slots=True)
class HeardNote:
    """A note: seconds from the beginning, MIDI pitch, and how surely it sounds (0 to 1)."""

    start_s: float
    end_s: float
    pitch: int
    sureness: float


@dataclass(frozen=True, slots=True)
class Transcription:
    """One voice in order of time.

    `together` is the share of the sounding time in which a second pitch sounds that is no overtone; `told` the share of
    the time with sound that lies in notes: low for speech and noise.
    """

    notes: tuple[HeardNote, ...]
    together: float
    told: float


class Transcriber:
    """Hears notes.

    Args:
        store: has the weights.
    """

    def __init__(self, store: ModelStore) -> None:
        self._store = store

    def ready(self) -> None:
        """Raise ModelMissingError where the weights are not on disk; the message says how to get them."""
        self._store.path(MODEL_ID, "model.onnx")

    def notes(self, sound: FloatArray) -> Transcription:
        """Return the notes of a recording of one voice.

        Args:
            sound: mono ``(samples,)`` at 22,050 Hz.

        Raises:
            ModelMissingError: the weights are not on disk; the message says how to get them.
        """
        sounding, begins = _posteriors(self._store.path(MODEL_ID, "model.onnx"), sound)
        notes = _voice(sounding, begins)
        return Transcription(notes, _together(sounding), _told(notes, sound))


@lru_cache(maxsize=1)
def _session(path: Path) -> onnxruntime.InferenceSession:
    return open_session(path)


def _posteriors(path: Path, sound: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return how surely each pitch sounds and begins, each ``(steps, 88)``; windows overlap by 30 steps."""
    session = _session(path)
    name, wanted = session.get_inputs()[0].name, ["StatefulPartitionedCall:1", "StatefulPartitionedCall:2"]
    padded = np.concatenate([np.zeros(_EDGE * _HOP, np.float32), sound.astype(np.float32)])
    parts = []
    for at in range(0, len(padded), _STEP):
        window = np.zeros((1, _WINDOW, 1), np.float32)
        part = padded[at : at + _WINDOW]
        window[0, : len(part), 0] = part
        parts.append([told[0, _EDGE : _EDGE + _STEP // _HOP] for told in session.run(wanted, {name: window})])
    steps = -(-len(sound) // _HOP)
    sounding, begins = (np.concatenate(each)[:steps] for each in zip(*parts, strict=True))
    return sounding, begins


def _voice(sounding: FloatArray, begins: FloatArray) -> tuple[HeardNote, ...]:
    """Return the one voice that explains a recording best, by Viterbi over 88 pitches and silence.

    A step on a pitch gains the logit of its sounding; another pitch costs the less, the surer one begins there.
    """
    odds = np.clip(sounding, 1e-3, 1 - 1e-3)
    gains = np.hstack([np.log(odds / (1 - odds)), np.full((len(odds), 1), _SILENT)])
    eased = np.hstack([_widest(begins, 2), np.ones((len(odds), 1))])
    costs = _CHANGE * (1.0 - _EASED * np.clip(eased, 0, 1))
    best, came = gains[0].copy(), np.zeros(gains.shape, np.int64)
    here = np.arange(gains.shape[1])
    for step in range(1, len(gains)):
        before = int(best.argmax())
        moved = best[before] - costs[step]
        came[step] = np.where(moved > best, before, here)
        best = np.maximum(best, moved) + gains[step]
    path = np.zeros(len(gains), np.int64)
    path[-1] = int(best.argmax())
    for step in range(len(gains) - 1, 0, -1):
        path[step - 1] = came[step, path[step]]
    return tuple(_notes(path, sounding, begins))


def _notes(path: NDArray[np.int64], sounding: FloatArray, begins: FloatArray) -> Iterator[HeardNote]:
    """Yield the runs of a path, cut where their pitch begins once more."""
    silence = sounding.shape[1]
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    for at, end in pairwise(edges):
        pitch = int(path[at])
        if pitch == silence:
            continue
        places = [at]
        struck = begins[:, pitch]
        for step in range(at + _SHORTEST, end - _SHORTEST):
            if struck[step] > _AGAIN and struck[step] == struck[step - 3 : step + 4].max() and step - places[-1] > 6:
                places.append(step)
        for start, after in pairwise([*places, end]):
            if after - start >= _SHORTEST:
                surely = float(sounding[start:after, pitch].mean())
                yield HeardNote(max(0.0, start * _HOP / RATE - _LATE_S), after * _HOP / RATE, pitch + _LOWEST, surely)


def _widest(values: FloatArray, reach: int) -> FloatArray:
    """Return the largest value within some steps of each."""
    padded = np.pad(values, ((reach, reach), (0, 0)))
    widest: FloatArray = np.max([padded[n : n + len(values)] for n in range(2 * reach + 1)], axis=0)
    return widest


def _together(sounding: FloatArray) -> float:
    """Return the share of steps with sound in which two pitches sound that are not one with its overtone."""
    surest = sounding.argmax(axis=1)
    heard = sounding.max(axis=1) > 0.5
    if not heard.any():
        return 0.0
    second = 0
    for step in np.flatnonzero(heard):
        others = np.flatnonzero(sounding[step] > 0.4) - surest[step]
        second += any(abs(int(other)) > 1 and abs(int(other)) not in _OVERTONES for other in others)
    return second / int(heard.sum())


def _told(notes: tuple[HeardNote, ...], sound: FloatArray) -> float:
    """Return the share of the time that has sound (within 30 dB of the loudest) which lies in notes."""
    steps = len(sound) // _HOP
    power = np.square(sound[: steps * _HOP].reshape(steps, _HOP)).mean(axis=1) if steps else np.zeros(0)
    heard = power > power.max(initial=0.0) / 1000
    if not heard.any():
        return 0.0
    inside = np.zeros(steps, bool)
    for note in notes:
        inside[int(note.start_s * RATE / _HOP) : int(note.end_s * RATE / _HOP) + 1] = True
    return float((inside & heard).sum() / heard.sum())
