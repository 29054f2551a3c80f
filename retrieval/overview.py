"""Which tracks of a large catalogue are worth an exact look for copies: all of them, coarsely.

What moves in the chroma (`retrieval.copies`) is averaged to `COARSE_HZ` and kept as bytes, so that thousands of tracks
lie in memory as one matrix; the stretches of a piece are laid on all of it, at few tempi. The likeness is the same
cosine, less exact; it only decides who is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.values import TrackId
from encoders.music.chroma import FRAMES_HZ
from encoders.values import FloatArray
from retrieval.copies import TRANSPOSITIONS, moving, resampled, stretches_of

POOLED = 4
COARSE_HZ = FRAMES_HZ / POOLED
# So far apart that a stretch of 15 s drifts by a quarter of a second, less than a coarse frame, at its ends.
COARSE_TEMPI = (0.955, 1.0, 1.045)
_BLOCK = 4_096
_TOGETHER = 8
_STEPS = 127.0


class Overview:
    """The coarse chroma of many tracks: 30 bytes a second of music. Not safe for several threads at once."""

    def __init__(self) -> None:
        self._tracks: dict[TrackId, NDArray[np.int8]] = {}
        self._laid: tuple[list[TrackId], NDArray[np.int8], NDArray[np.int64]] | None = None

    def __contains__(self, track_id: object) -> bool:
        return track_id in self._tracks

    def __iter__(self) -> Iterator[TrackId]:
        return iter(self._tracks)

    def __len__(self) -> int:
        return len(self._tracks)

    def put(self, track_id: TrackId, chroma: FloatArray) -> None:
        """Add a track, or replace it; `chroma` is ``(n, 12)``, `FRAMES_HZ` rows a second."""
        rows = _pooled(moving(chroma))
        loudest = float(np.abs(rows).max(initial=0.0))
        self._tracks[track_id] = np.round(rows * (_STEPS / max(loudest, 1e-9))).astype(np.int8)
        self._laid = None

    def nearest(self, chroma: FloatArray, k: int) -> list[TrackId]:
        """Return the k tracks that some stretch of a piece is most alike, the most alike first."""
        kernels = _kernels(chroma)
        if not self._tracks or not kernels:
            return []
        ids, rows, starts = self._together()
        best = np.maximum.reduceat(_best(kernels, rows), starts)
        order = np.argsort(-best, kind="stable")[:k]
        return [ids[place] for place in order.tolist()]

    def _together(self) -> tuple[list[TrackId], NDArray[np.int8], NDArray[np.int64]]:
        if self._laid is None:
            known = [(each, rows) for each, rows in self._tracks.items() if len(rows)]
            starts = np.cumsum([0, *(len(rows) for _, rows in known)])[:-1]
            self._laid = ([each for each, _ in known], np.concatenate([rows for _, rows in known]), starts)
        return self._laid


def _kernels(chroma: FloatArray) -> list[FloatArray]:
    """Return the stretches of a piece at all transpositions and the coarse tempi, ``(frames, 12)`` each, of norm 1."""
    rows = moving(chroma)
    starts, length = stretches_of(len(rows))
    if not length:
        return []
    played = [_pooled(resampled(rows[at : at + length], tempo)) for tempo in COARSE_TEMPI for at in starts.tolist()]
    turned = [np.roll(each, by, axis=1) for each in played for by in TRANSPOSITIONS]
    return [each / max(float(np.linalg.norm(each)), 1e-9) for each in turned]


def _best(kernels: Sequence[FloatArray], rows: NDArray[np.int8]) -> FloatArray:
    """Return ``(n,)``, for each place of the tracks laid end to end the cosine of the kernel that fits best there."""
    from scipy.fft import irfft, rfft

    longest = max(len(each) for each in kernels)
    # (frequencies, kernels, 12): one product of matrices a frequency serves for all kernels and several blocks.
    spectra = np.conj(np.stack([rfft(each, _BLOCK, axis=0) for each in kernels], axis=1)).astype(np.complex64)
    step = _BLOCK - longest
    loud = float(np.mean(np.square(rows[: 100 * _BLOCK], dtype=np.float32)) * 12)
    padded = np.concatenate([rows, np.zeros((_BLOCK * (_TOGETHER + 1), 12), np.int8)])
    best = np.full(len(padded), -1.0, np.float32)
    for first in range(0, len(rows), step * _TOGETHER):
        starts = [first + step * number for number in range(_TOGETHER)]
        blocks = np.stack([padded[at : at + _BLOCK] for at in starts], axis=2).astype(np.float32)
        products = np.ascontiguousarray((spectra @ rfft(blocks, axis=0).astype(np.complex64)).transpose(1, 2, 0))
        met = irfft(products, _BLOCK)[:, :, :step]
        energy = np.cumsum(np.square(blocks).sum(axis=1, dtype=np.float64), axis=0)
        for length in {len(each) for each in kernels}:
            same = [number for number, each in enumerate(kernels) if len(each) == length]
            theirs = energy[length - 1 : length - 1 + step].copy()
            theirs[1:] -= energy[: step - 1]
            # A place that is nearly silent is like everything: it counts as a part of what is usual at least.
            fits = met[same].max(axis=0) / np.sqrt(np.maximum(theirs.T, 0.02 * loud * length))
            for at, fit in zip(starts, fits, strict=True):
                best[at : at + step] = np.maximum(best[at : at + step], fit)
    return best[: len(rows)]


def _pooled(rows: FloatArray) -> FloatArray:
    count = len(rows) // POOLED
    pooled: FloatArray = rows[: count * POOLED].reshape(count, POOLED, 12).mean(axis=1)
    return pooled
