"""Tempo, key, chords, loudness, onsets and brightness of a stretch of sound.

sonara measures tempo, key, chords, onsets and centroid on a mono signal; loudness is ITU-R BS.1770 over the channels as
they are (pyloudnorm). sonara's confidences are trust signals in [0, 1], not probabilities, and are passed on as they
are: above 0.7 for steady percussion, below 0.45 for ambient or rubato music. Tempo alternatives are half and double of
the reading plus sonara's other peaks. Nothing is claimed about a signal that is silent or constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from encoders.values import Estimate, FloatArray, KeyEstimate

MEASURE_RATE_HZ = 22_050
SILENCE_LUFS = -70.0
_SILENT_PEAK = 1e-4
_MIN_MUSIC_S = 3.0  # below this a tempo or a key is a guess
_BPM_RANGE = (30.0, 300.0)
_NO_CHORDS = frozenset({"N", "", "X"})


@dataclass(frozen=True, slots=True)
class Measured:
    """See the module's text; `energy` is in [0, 1] (`energy_of`)."""

    tempo_bpm: Estimate | None
    key: KeyEstimate | None
    chords: tuple[str, ...]
    loudness_lufs: float
    energy: float
    onset_rate: float
    brightness_hz: float


def measure(sound: FloatArray, sample_rate_hz: int) -> Measured:
    """Measure ``(channels, samples)`` float32 in [-1, 1], finite, at most five channels."""
    import sonara
    import soxr

    lufs = loudness(sound, sample_rate_hz)
    mono = sound.mean(axis=0)
    mono = mono - mono.mean()
    if mono.size < sample_rate_hz // 10 or np.abs(mono).max() < _SILENT_PEAK:
        return Measured(None, None, (), lufs, 0.0, 0.0, 0.0)
    signal = soxr.resample(mono, sample_rate_hz, MEASURE_RATE_HZ).astype(np.float32)
    found = sonara.analyze_signal(signal, sr=MEASURE_RATE_HZ, mode="playlist")
    onset_rate = _finite(found["onset_density"])
    brightness = _finite(found["spectral_centroid_mean"])
    musical = signal.size >= _MIN_MUSIC_S * MEASURE_RATE_HZ
    return Measured(
        tempo_bpm=_tempo(found["bpm"], found["bpm_confidence"], found["bpm_candidates"]) if musical else None,
        key=_key(found["key"], found["key_confidence"]) if musical else None,
        chords=_chords(found["chord_sequence"]) if musical else (),
        loudness_lufs=lufs,
        energy=energy_of(lufs, onset_rate, brightness),
        onset_rate=onset_rate,
        brightness_hz=brightness,
    )


def energy_of(lufs: float, onset_rate: float, brightness_hz: float) -> float:
    """``0.5 L + 0.25 O + 0.25 B`` in [0, 1].

    L rises from 0 at -40 LUFS to 1 at -8 LUFS, O from 0 to 1 at 6 onsets a second, B from 0 to 1 at a centroid of
    4 kHz.
    """
    loud = np.clip((lufs + 40.0) / 32.0, 0.0, 1.0)
    busy = np.clip(onset_rate / 6.0, 0.0, 1.0)
    bright = np.clip(brightness_hz / 4000.0, 0.0, 1.0)
    return float(0.5 * loud + 0.25 * busy + 0.25 * bright)


def loudness(sound: FloatArray, sample_rate_hz: int) -> float:
    """Integrated loudness in LUFS, at least -70; below one 400 ms block the plain mean square is used."""
    import pyloudnorm

    if sound.size == 0:
        return SILENCE_LUFS
    block_s = 0.4
    if sound.shape[1] <= block_s * sample_rate_hz:
        power = float(np.square(sound, dtype=np.float64).mean(axis=1).sum())
        value = -0.691 + 10.0 * np.log10(max(power, 1e-12))
    else:
        with np.errstate(divide="ignore", invalid="ignore"):  # silence is log 0 by the standard
            value = pyloudnorm.Meter(sample_rate_hz, block_size=block_s).integrated_loudness(sound.T)
    return float(max(SILENCE_LUFS, value)) if np.isfinite(value) else SILENCE_LUFS


def _finite(value: float) -> float:
    return float(value) if np.isfinite(value) else 0.0


def _tempo(bpm: float, confidence: float, candidates: list[tuple[float, float]]) -> Estimate | None:
    low, high = _BPM_RANGE
    if not low <= bpm <= high:
        return None
    others: list[float] = []
    for other in (bpm / 2, bpm * 2, *(candidate for candidate, _ in candidates)):
        if low <= other <= high and all(abs(other / known - 1) > 0.03 for known in (bpm, *others)):
            others.append(round(float(other), 2))
    return Estimate(round(float(bpm), 2), float(np.clip(_finite(confidence), 0, 1)), tuple(others))


def _key(name: str, confidence: float) -> KeyEstimate | None:
    tonic, _, mode = name.partition(" ")
    if mode not in {"major", "minor"}:
        return None
    names = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
    if tonic not in names:
        return None
    # The relative key shares every note, so it is what an estimate is most often mistaken for.
    shift, other = (9, "minor") if mode == "major" else (3, "major")
    relative = f"{names[(names.index(tonic) + shift) % 12]} {other}"
    return KeyEstimate(tonic, mode, float(np.clip(_finite(confidence), 0, 1)), (relative,))


def _chords(sequence: list[str]) -> tuple[str, ...]:
    return tuple(chord for chord, _ in groupby(sequence) if chord not in _NO_CHORDS)
