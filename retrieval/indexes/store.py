"""Nearest vectors: the `VectorStore` Protocol and its faiss form."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from retrieval.concepts import FloatArray
from retrieval.errors import IndexRefusedError
from retrieval.snapshot import BoolArray

IntArray = NDArray[np.int64]
EXACT_LIMIT = 200_000
# Below this share of allowed rows (or this many), gathering them and scanning exactly beats any index.
GATHER_SHARE, GATHER_ROWS = 0.03, 2_000


@runtime_checkable
class VectorStore(Protocol):
    """Inner-product search over L2-normalised rows.

    ``search`` returns (rows, scores), each ``(q, <= k)``, best first, never a row outside ``allowed``, a ``(n,)``
    bool, never -1; fewer than k when fewer are allowed. ``vectors`` returns stored rows ``(m, dim)`` in request order.
    """

    @property
    def dim(self) -> int: ...

    def __len__(self) -> int: ...

    def search(self, queries: FloatArray, k: int, allowed: BoolArray | None = None) -> tuple[IntArray, FloatArray]: ...

    def vectors(self, rows: IntArray) -> FloatArray: ...


def load_faiss() -> Any:
    """Import faiss set up for this work.

    Its bundled OpenBLAS picks slow kernels on many processors unless told before the import, and one thread a query
    serves many requests better than many threads for one.
    """
    if "OPENBLAS_CORETYPE" not in os.environ and (core := _blas_core()):
        os.environ["OPENBLAS_CORETYPE"] = core
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import faiss

    faiss.omp_set_num_threads(1)
    return faiss


def _blas_core() -> str | None:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return None
    return "SkylakeX" if " avx512f " in flags else "Haswell" if " avx2 " in flags else None


class FaissStore:
    """Vectors in a faiss index: flat (exact) up to 200,000 rows, inverted lists of 8-bit codes above."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self._faiss = load_faiss()
        self._faiss.cvar.distance_compute_blas_threshold = 4 * max(index.d, 1)
        if index.ntotal > EXACT_LIMIT:
            index.make_direct_map()

    @classmethod
    def build(cls, matrix: FloatArray) -> FaissStore:
        """Index the rows of an ``(n, dim)`` float32 matrix."""
        faiss = load_faiss()
        n, dim = matrix.shape
        if n <= EXACT_LIMIT:
            index = faiss.IndexFlatIP(dim)
        else:
            lists = int(2 ** round(np.log2(2 * np.sqrt(n))))
            index = faiss.index_factory(dim, f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
            index.nprobe = 32
            index.train(matrix)
        index.add(np.ascontiguousarray(matrix, np.float32))
        return cls(index)

    @classmethod
    def read(cls, path: Path) -> FaissStore:
        """Load from a file whose checksum was verified by the caller."""
        faiss = load_faiss()
        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
        except RuntimeError as error:
            raise IndexRefusedError(
                f"The index file {path.name} cannot be read; run `trichord index build`."
            ) from error
        if hasattr(index, "nprobe"):
            index.nprobe = 32
        return cls(index)

    def write(self, path: Path) -> None:
        """Write to a file."""
        self._faiss.write_index(self._index, str(path))

    @property
    def kind(self) -> str:
        """Return ``flat`` or ``ivf-sq8``."""
        return "flat" if isinstance(self._index, self._faiss.IndexFlat) else "ivf-sq8"

    @property
    def dim(self) -> int:
        """Return the number of components of a vector."""
        return int(self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, queries: FloatArray, k: int, allowed: BoolArray | None = None) -> tuple[IntArray, FloatArray]:
        """Return the best `k` allowed rows a query; see `VectorStore`."""
        count = len(self) if allowed is None else int(allowed.sum())
        k = min(k, count)
        if k <= 0 or len(queries) == 0:
            return np.zeros((len(queries), 0), np.int64), np.zeros((len(queries), 0), np.float32)
        queries = np.ascontiguousarray(queries, np.float32)
        if allowed is not None and count <= max(GATHER_ROWS, GATHER_SHARE * len(self)):
            return self._gathered(queries, k, np.flatnonzero(allowed))
        parameters = None
        if allowed is not None:
            selector = self._faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
            parameters = (
                self._faiss.SearchParameters(sel=selector)
                if self.kind == "flat"
                else self._faiss.SearchParametersIVF(sel=selector, nprobe=96)
            )
        scores, rows = self._index.search(queries, k, params=parameters)
        # A row of -1 (too few found in the probed lists) can stand only at the end of a line; drop the common tail.
        width = int((rows >= 0).all(axis=0).sum())
        return rows[:, :width].astype(np.int64), scores[:, :width]

    def _gathered(self, queries: FloatArray, k: int, rows: IntArray) -> tuple[IntArray, FloatArray]:
        vectors = self.vectors(rows)
        # One query as a matrix-vector product stays on this thread; as a matrix product it waits for BLAS's own.
        scores = (vectors @ queries[0])[None] if len(queries) == 1 else queries @ vectors.T
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return rows[order], np.take_along_axis(scores, order, axis=1)

    def vectors(self, rows: IntArray) -> FloatArray:
        """Return stored rows ``(m, dim)`` in request order."""
        found: FloatArray = self._index.reconstruct_batch(np.ascontiguousarray(rows, np.int64))
        return found
