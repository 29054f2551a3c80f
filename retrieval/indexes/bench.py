"""How good and how fast the indexes in use are, on the vectors that they hold.

Queries are stored vectors moved a little; truth is a scan of all stored vectors. Filters allow a random share of rows.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from encoders.values import Space
from retrieval.concepts import FloatArray
from retrieval.indexes.store import FaissStore, IntArray
from retrieval.indexes.versions import IndexDirectory
from retrieval.snapshot import BoolArray

SHARES = (1.0, 0.5, 0.1, 0.01, 0.001)
_MOVED = 0.3


@dataclass(frozen=True, slots=True)
class Speed:
    """Measured at one share of allowed rows: recall@k in [0, 1], single-query latencies in milliseconds."""

    share: float
    allowed: int
    recall: float
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What the index of one space is and does; `file_mb` is mapped into memory, as far as it is read."""

    space: str
    kind: str
    count: int
    dim: int
    file_mb: float
    build_s: float
    speeds: tuple[Speed, ...]


def bench(indexes: IndexDirectory, space_id: str, queries: int = 50, k: int = 10) -> IndexReport:
    """Measure the version in use of one space.

    Raises:
        IndexRefusedError: there is none, or it is damaged.
    """
    version = indexes.in_use(space_id)
    told = indexes.verify(space_id, version)
    store = indexes.load(Space(told.space, told.dim, told.encoder, told.weights_sha256)).store
    rng = np.random.default_rng(0)
    asked = _queries(store, queries, rng)
    speeds = []
    for share in SHARES if len(store) else ():
        allowed = None if share == 1.0 else rng.random(len(store)) < share
        count = len(store) if allowed is None else int(allowed.sum())
        if count:
            speeds.append(_speed(store, asked, k, share, count, allowed))
    size = (indexes.root / space_id / version / "index.faiss").stat().st_size / 1e6
    return IndexReport(space_id, told.kind, told.count, told.dim, size, told.build_s, tuple(speeds))


def _queries(store: FaissStore, n: int, rng: np.random.Generator) -> FloatArray:
    """Return unit vectors beside stored ones: a stored one itself would be found too easily."""
    stored = store.vectors(rng.choice(len(store), min(n, len(store)), replace=False))
    moved = stored + _MOVED * rng.standard_normal(stored.shape) / np.sqrt(store.dim)
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)


def _speed(
    store: FaissStore, queries: FloatArray, k: int, share: float, count: int, allowed: BoolArray | None
) -> Speed:
    store.search(queries[:2], k, allowed)
    taken, found = [], []
    for query in queries:
        begun = time.perf_counter()
        rows, _ = store.search(query[None], k, allowed)
        taken.append(1000 * (time.perf_counter() - begun))
        found.append(rows[0])
    true, _ = store.exact(queries, k, allowed)
    p50, p95 = np.percentile(taken, [50, 95])
    return Speed(share, count, _recall(np.stack(found), true), float(p50), float(p95))


def _recall(found: IntArray, true: IntArray) -> float:
    return float(np.mean([len(set(f) & set(t)) / len(t) for f, t in zip(found.tolist(), true.tolist(), strict=True)]))
