"""The music map: two dimensions in which tracks that sound alike lie close.

Principal components are there at once; t-SNE (van der Maaten & Hinton, JMLR 2008), begun from them, draws the
neighbourhoods and takes its time, so that it is computed behind and kept in a file. Of a large library a sample is laid
out and every other track put between its nearest of the sample.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from catalog.values import TrackId
from retrieval.concepts import FloatArray

VERSION = 1
# Tracks that are laid out themselves: t-SNE takes minutes on one core for so many.
SAMPLE = 12_000
LEAST = 12
_NEAREST = 3
_PERPLEXITY = 30.0
Layout = Literal["pca", "tsne"]
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Positions:
    """Where tracks lie: `xy` is float32 ``(n, 2)`` in [0, 1], in the order of `ids`; `refining`: a better is coming."""

    ids: tuple[TrackId, ...]
    xy: FloatArray
    layout: Layout
    refining: bool = False


class MusicMap:
    """Keeps the positions of a library; safe to call from several threads.

    Args:
        folder: where computed maps lie, one file each, named by what it was computed from.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._known: tuple[str, Positions] | None = None
        self._running: set[str] = set()

    def positions(self, ids: tuple[TrackId, ...], matrix: FloatArray) -> Positions:
        """Return where tracks lie by their vectors ``(n, dim)``: the finest map there is, while a finer one is made."""
        key = _key(ids, matrix)
        with self._lock:
            if self._known is not None and self._known[0] == key:
                return self._known[1]
            kept = self._read(key)
            if kept is not None:
                found = Positions(ids, kept, "tsne")
            else:
                finer = len(ids) >= LEAST
                found = Positions(ids, principal(matrix), "pca", refining=finer)
                if finer and key not in self._running:
                    self._running.add(key)
                    threading.Thread(target=self._refine, args=(key, ids, matrix), daemon=True, name="map").start()
            self._known = key, found
            return found

    def _refine(self, key: str, ids: tuple[TrackId, ...], matrix: FloatArray) -> None:
        try:
            xy = neighbourhoods(matrix)
            self._write(key, xy)
            found = Positions(ids, xy, "tsne")
        except Exception:
            # A thread has nobody above it; the plain map stays.
            _logger.exception("the music map could not be refined")
            found = Positions(ids, principal(matrix), "pca")
        with self._lock:
            self._running.discard(key)
            if self._known is not None and self._known[0] == key:
                self._known = key, found

    def _read(self, key: str) -> FloatArray | None:
        try:
            with np.load(self._folder / f"{key}.npz", allow_pickle=False) as kept:
                xy: FloatArray = kept["xy"].astype(np.float32)
                return xy
        except (OSError, ValueError, KeyError):
            return None

    def _write(self, key: str, xy: FloatArray) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob("*.npz"):
            old.unlink(missing_ok=True)
        draft = self._folder / f"{key}.part"
        with draft.open("wb") as sink:
            np.savez_compressed(sink, xy=xy)
        draft.replace(self._folder / f"{key}.npz")


def principal(matrix: FloatArray) -> FloatArray:
    """Return the first two principal components of ``(n, dim)``, each from 0 to 1."""
    if len(matrix) < 3:
        return np.linspace(0.25, 0.75, max(1, len(matrix)), dtype=np.float32)[: len(matrix), None].repeat(2, axis=1)
    centred = matrix.astype(np.float64) - matrix.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    return _spread(centred @ axes[:, :-3:-1])


def neighbourhoods(matrix: FloatArray, sample: int = SAMPLE, seed: int = 0) -> FloatArray:
    """Return t-SNE positions of ``(n, dim)``, each axis from 0 to 1; the same for the same vectors."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(len(matrix))[:sample])
    # Fifty components are what the authors advise: noise goes, and so does time.
    parts = min(50, matrix.shape[1], len(chosen))
    # One thread: people are waiting for answers beside it.
    with threadpool_limits(1):
        reduction = PCA(parts, random_state=seed).fit(matrix[chosen])
        reduced = reduction.transform(matrix).astype(np.float32)
        perplexity = min(_PERPLEXITY, (len(chosen) - 1) / 3)
        laid = TSNE(2, perplexity=perplexity, init="pca", random_state=seed, n_jobs=1).fit_transform(reduced[chosen])
    xy = np.empty((len(matrix), 2), np.float64)
    xy[chosen] = laid
    rest = np.setdiff1d(np.arange(len(matrix)), chosen)
    if len(rest):
        xy[rest] = _between(reduced[rest], reduced[chosen], laid)
    return _spread(xy)


def _between(wanted: FloatArray, known: FloatArray, laid: FloatArray) -> NDArray[np.float64]:
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=min(_NEAREST, len(known)), n_jobs=1).fit(known)
    distances, places = near.kneighbors(wanted)
    weights = 1 / (distances + 1e-6)
    weights /= weights.sum(axis=1, keepdims=True)
    found: NDArray[np.float64] = (laid[places] * weights[:, :, None]).sum(axis=1)
    return found


def _spread(xy: NDArray[np.float64]) -> FloatArray:
    """Return positions from 0 to 1; a track far out does not press all others together."""
    low, high = np.percentile(xy, [0.5, 99.5], axis=0)
    scaled: FloatArray = ((xy - low) / np.maximum(high - low, 1e-9) * 0.92 + 0.04).clip(0, 1).astype(np.float32)
    return scaled


def _key(ids: tuple[TrackId, ...], matrix: FloatArray) -> str:
    digest = hashlib.sha256(f"{VERSION} {matrix.shape}\n".encode())
    digest.update("\n".join(ids).encode())
    digest.update(np.ascontiguousarray(matrix).tobytes())
    return digest.hexdigest()[:32]
