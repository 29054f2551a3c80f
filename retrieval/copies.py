"""Is a piece nearly a copy of a track? Chroma against chroma, over every shift, transposition and a range of tempi.

A stretch of the piece is laid on every place of the track: transposed by up to two semitones either way, played up to
5 % faster or slower. The likeness is the cosine of what moves: each pitch class less its own slow mean, so that two
pieces in one key are not alike for that. Melodies, chords and their rhythm are compared; sounds and words are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encoders.music.chroma import FRAMES_HZ
from encoders.values import FloatArray

TRANSPOSITIONS = (-2, -1, 0, 1, 2)
# So far apart that a stretch of `STRETCH_S` drifts by half a frame at its ends.
TEMPI = tuple(round(0.94 + 0.015 * step, 3) for step in range(9))
# A piece is compared in stretches of so many seconds; that much in common makes a copy.
STRETCH_S = 15.0
# Of such a stretch; chosen on one half of the demo catalogue: docs/benchmarks.md, "Near copies".
THRESHOLD = 0.56
# Up to so many tracks it holds; ten times as many ask for so much more likeness (docs/benchmarks.md).
FEW = 200
_GROWTH = 0.06
# Of longer pieces (two minutes) so many stretches, evenly spread, are compared.
MAX_STRETCHES = 8
_SLOW_S = 4.0
# Tracks are laid under the stretches in blocks of so many frames, so that spectra of one size serve for all.
_BLOCK = 4_096
_LEAST_S = 4.0


@dataclass(frozen=True, slots=True)
class Overlap:
    """The most alike stretch: cosine in [-1, 1], how long it is, where it begins in piece and track, what was changed.

    `semitones` and `tempo` are what the piece had to be transposed by and played at to meet the track; `among` is how
    many tracks it is the most alike stretch of some: of more tracks chance brings more likeness.
    """

    likeness: float
    seconds: float
    at_s: float
    track_at_s: float
    semitones: int
    tempo: float
    among: int = 1

    @property
    def near_copy(self) -> bool:
        """Tell whether so much likeness is no chance."""
        return self.seconds > 0 and self.likeness >= threshold(self.seconds, self.among)


NOTHING = Overlap(0.0, 0.0, 0.0, 0.0, 0, 1.0)


def threshold(seconds: float, among: int = 1) -> float:
    """Return the likeness from which a stretch of so many seconds is a near copy.

    The likeness that chance brings falls with the square root of the length; below 5 s nothing is told. The highest of
    `among` tracks grows with the logarithm of their number (E. J. Gumbel, 1958), from `FEW` tracks on.
    """
    wanted = THRESHOLD + _GROWTH * float(np.log10(max(among, FEW) / FEW))
    return float(min(1.01, wanted * (STRETCH_S / seconds) ** 0.5))


class Stretches:
    """A piece made ready for comparing with many tracks: its stretches at all transpositions and tempi.

    Args:
        chroma: ``(n, 12)``, `FRAMES_HZ` rows a second.
    """

    def __init__(self, chroma: FloatArray) -> None:
        # Twice as fast as numpy's, and not imported before somebody compares.
        from scipy.fft import rfft

        rows = moving(chroma)
        self._starts, length = stretches_of(len(rows))
        self._seconds = length / FRAMES_HZ
        # By length, so that what depends on it alone is worked out once.
        self._shapes: dict[float, FloatArray] = {}
        if length:
            for tempo in TEMPI:
                played = [resampled(rows[start : start + length], tempo) for start in self._starts.tolist()]
                turned = [np.roll(each, by, axis=1) for each in played for by in TRANSPOSITIONS]
                self._shapes[tempo] = np.stack(turned)
        self._spectra = {
            tempo: np.conj(rfft(shapes.transpose(0, 2, 1), _BLOCK)).astype(np.complex64)
            for tempo, shapes in self._shapes.items()
        }

    def overlap(self, chroma: FloatArray, among: int = 1) -> Overlap:
        """Return the stretch of the piece that is most alike some place of a track, one of so many."""
        from scipy.fft import rfft

        rows = moving(chroma)
        if not self._shapes or len(rows) < _LEAST_S * FRAMES_HZ:
            return NOTHING
        energy = np.concatenate([[0.0], np.cumsum(np.square(rows, dtype=np.float64).sum(axis=1))])
        longest = max(each.shape[1] for each in self._shapes.values())
        best = NOTHING
        for first in range(0, max(1, len(rows) - longest), _BLOCK - longest):
            laid = rfft(rows[first : first + _BLOCK].T, _BLOCK).astype(np.complex64)
            for tempo in self._shapes:
                found = self._best(tempo, laid, energy[first : first + _BLOCK + 1])
                if found is not None and found[0] > best.likeness:
                    likeness, kind, place = found
                    start, turn = divmod(kind, len(TRANSPOSITIONS))
                    best = Overlap(
                        round(likeness, 4),
                        self._seconds,
                        int(self._starts[start]) / FRAMES_HZ,
                        (first + place) / FRAMES_HZ,
                        TRANSPOSITIONS[turn],
                        tempo,
                        among,
                    )
        return best

    def _best(
        self, tempo: float, laid: NDArray[np.complex64], energy: NDArray[np.float64]
    ) -> tuple[float, int, int] | None:
        """Return (cosine, kind, place) of the best fit within a block; None where the block is shorter.

        `laid` is the block's spectrum, `energy` the running sum of its squares, one more than it has frames.
        """
        from scipy.fft import irfft

        shapes = self._shapes[tempo]
        length, places = shapes.shape[1], len(energy) - shapes.shape[1]
        if places < 1:
            return None
        norms = np.linalg.norm(shapes, axis=(1, 2))
        met = irfft((self._spectra[tempo] * laid).sum(axis=1), _BLOCK)[:, :places]
        theirs = np.sqrt(np.maximum(energy[length:] - energy[:-length], 1e-9))
        # A place that is nearly silent is like everything: it counts as a twentieth of the stretch at least.
        cosines = met / np.maximum(norms[:, None] * np.maximum(theirs[None], 0.05 * norms[:, None]), 1e-9)
        kind, place = np.unravel_index(int(cosines.argmax()), cosines.shape)
        return float(cosines[kind, place]), int(kind), int(place)


def most_alike(piece: FloatArray, tracks: Iterable[FloatArray]) -> Sequence[Overlap]:
    """Return the overlap of a piece with each track."""
    stretches = Stretches(piece)
    return [stretches.overlap(track) for track in tracks]


def stretches_of(frames: int) -> tuple[NDArray[np.int64], int]:
    """Return where the compared stretches of so many frames begin, and their length; 0 where it is too short."""
    length = min(frames, round(STRETCH_S * FRAMES_HZ))
    if length < _LEAST_S * FRAMES_HZ:
        return np.zeros(0, np.int64), 0
    count = min(MAX_STRETCHES, -(-frames // length))
    return np.unique(np.linspace(0, frames - length, count).astype(np.int64)), length


def moving(chroma: FloatArray) -> FloatArray:
    """Return what moves: each pitch class less its slow mean, each row less its mean."""
    from scipy.ndimage import uniform_filter1d

    if not len(chroma):
        return chroma
    slow = uniform_filter1d(chroma, max(3, round(2 * _SLOW_S * FRAMES_HZ)), axis=0, mode="nearest")
    left = chroma - slow
    centred: FloatArray = (left - left.mean(axis=1, keepdims=True)).astype(np.float32)
    return centred


def resampled(rows: FloatArray, tempo: float) -> FloatArray:
    """Return the rows as if played `tempo` times as fast."""
    count = max(2, round(len(rows) / tempo))
    at = np.linspace(0, len(rows) - 1, count)
    low = np.minimum(at.astype(np.int64), len(rows) - 2)
    part = (at - low)[:, None].astype(np.float32)
    played: FloatArray = (rows[low] * (1 - part) + rows[low + 1] * part).astype(np.float32)
    return played
