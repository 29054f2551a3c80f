"""How far two tracks are apart in tempo and key, by what the ear and the DJ count as near."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
# Pitch classes or modes: a column of them, or one for all.
KeyPart = NDArray[np.int8] | np.int8
# The circle of fifths: a step is a neighbour on the Camelot wheel; the other side of the wheel is six away.
FAR_KEY = 6
# Beyond this many octaves (a fifth of the tempo) two tempos have nothing in common, whatever octave they are read in.
FAR_TEMPO = 0.25


def tempo_apart(ours: FloatArray, theirs: FloatArray | float) -> FloatArray:
    """Return distances in [0, 0.5] octaves: 60, 120 and 240 BPM are the same pulse; NaN where one is unknown."""
    with np.errstate(divide="ignore", invalid="ignore"):
        octaves = np.log2(np.asarray(ours, np.float32) / np.asarray(theirs, np.float32))
    apart: FloatArray = np.abs(octaves - np.round(octaves)).astype(np.float32)
    return apart


def camelot(pitch: KeyPart, minor: KeyPart) -> NDArray[np.int64]:
    """Return each key's number on the Camelot wheel, 0 to 11; relative keys share it. Unknown keys give -1."""
    relative = np.asarray(pitch, np.int64) + 3 * (np.asarray(minor) == 1)
    wheel: NDArray[np.int64] = np.where(np.asarray(pitch) < 0, -1, relative * 7 % 12)
    return wheel


def key_apart(
    pitch: NDArray[np.int8], minor: NDArray[np.int8], other_pitch: KeyPart, other_minor: KeyPart
) -> FloatArray:
    """Return steps on the Camelot wheel, one more where the mode differs (0 to 7); NaN where a key is unknown."""
    ours, theirs = camelot(pitch, minor), camelot(other_pitch, other_minor)
    around = np.abs(ours - theirs)
    steps = np.minimum(around, 12 - around) + (minor != other_minor)
    apart: FloatArray = np.where((ours < 0) | (theirs < 0), np.nan, steps).astype(np.float32)
    return apart


def neighbour_keys(pitch: int, minor: int) -> list[tuple[int, int]]:
    """Return the keys (pitch class, minor) at most one step away: itself, a fifth up and down, and its relative."""
    pitches, modes = (part.ravel() for part in np.mgrid[0:12, 0:2].astype(np.int8))
    near = key_apart(pitches, modes, np.int8(pitch), np.int8(minor)) <= 1
    return list(zip(pitches[near].tolist(), modes[near].tolist(), strict=True))
