"""Nearest vectors: the `VectorStore` Protocol and its faiss form."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from retrieval.concepts import FloatArray
from retrieval.errors import IndexRefusedError
from retrieval.indexes.faiss_setup import GPU_MOST, load_faiss, on_gpu
from retrieval.snapshot import BoolArray

IntArray = NDArray[np.int64]
# Up to here an exact scan answers in a few milliseconds and needs no build; above, a graph is a hundred times faster.
EXACT_LIMIT = 50_000
# The graph (HNSW, Malkov and Yashunin 2016): links a node, width of a search while building, and at least when asked.
LINKS, BUILD_WIDTH, WIDTH, WIDEST = 16, 80, 32, 1_024
# One step through the graph costs about as much as scanning this many codes in a row.
STEP_COST = 10


@lru_cache(maxsize=256)
def _parameters(width: int) -> Any:
    """Return what tells faiss how wide to search a graph; making it anew for each call costs a tenth of the call."""
    return load_faiss().SearchParametersHNSW(efSearch=width)


@runtime_checkable
class VectorStore(Protocol):
    """Inner-product search over L2-normalised rows.

    ``search`` returns (rows, scores), each ``(q, <= k)``, best first, never a row outside ``allowed``, a ``(n,)``
    bool, never -1; fewer than k only when fewer are allowed. ``exact`` is the same without any approximation.
    ``scores`` returns the products of one query ``(dim,)`` with rows ``(m,)``, ``vectors`` the stored rows
    ``(m, dim)``, both float32 in request order.
    """

    @property
    def dim(self) -> int: ...

    def __len__(self) -> int: ...

    def search(self, queries: FloatArray, k: int, allowed: BoolArray | None = None) -> tuple[IntArray, FloatArray]: ...

    def exact(self, queries: FloatArray, k: int, allowed: BoolArray | None = None) -> tuple[IntArray, FloatArray]: ...

    def scores(self, query: FloatArray, rows: IntArray) -> FloatArray: ...

    def vectors(self, rows: IntArray) -> FloatArray: ...


class FaissStore:
    """Vectors in a faiss index: exact (``flat``, float32) up to 50,000 rows.

    Above, a graph over the vectors in 16 bits (``hnsw-fp16``), whose products are exact to about 1 in 2,000.
    """

    def __init__(self, index: Any) -> None:
        self._index = index
        self._faiss = load_faiss()
        self._faiss.cvar.distance_compute_blas_threshold = 4 * max(index.d, 1)
        self._is_flat = isinstance(index, self._faiss.IndexFlat)
        self._full = index if self._is_flat else self._faiss.downcast_index(index.storage)
        self._matrix = self._view()
        self._gpu = on_gpu(self._matrix)

    @classmethod
    def build(cls, matrix: FloatArray, *, exact: bool = False) -> FaissStore:
        """Index the rows of an ``(n, dim)`` float32 matrix; `exact` makes no graph, however many there are."""
        faiss = load_faiss()
        matrix = np.ascontiguousarray(matrix, np.float32)
        n, dim = matrix.shape
        if exact or n <= EXACT_LIMIT:
            index = faiss.IndexFlatIP(dim)
            index.add(matrix)
            return cls(index)
        graph = faiss.IndexHNSWSQ(dim, faiss.ScalarQuantizer.QT_fp16, LINKS, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction, graph.hnsw.efSearch = BUILD_WIDTH, WIDTH
        faiss.omp_set_num_threads(os.cpu_count() or 1)
        try:
            graph.add(matrix)
        finally:
            faiss.omp_set_num_threads(1)
        return cls(graph)

    @classmethod
    def read(cls, path: Path) -> FaissStore:
        """Map a file whose checksum was verified by the caller into memory; pages are read when they are needed."""
        faiss = load_faiss()
        try:
            return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))
        except RuntimeError as error:
            raise IndexRefusedError(
                f"The index file {path.name} cannot be read; run `trichord index build`."
            ) from error
        except AttributeError as error:
            raise IndexRefusedError(
                f"The index file {path.name} is of another kind than this version builds; run `trichord index build`."
            ) from error

    def write(self, path: Path) -> None:
        """Write to a file."""
        self._faiss.write_index(self._index, str(path))

    @property
    def kind(self) -> str:
        """Return ``flat`` or ``hnsw-fp16``."""
        return "flat" if self._is_flat else "hnsw-fp16"

    @property
    def width(self) -> int:
        """Return how many rows a search of the graph looks at, at least; it is kept in the file."""
        return 0 if self._is_flat else int(self._index.hnsw.efSearch)

    @width.setter
    def width(self, rows: int) -> None:
        if not self._is_flat:
            self._index.hnsw.efSearch = rows

    def widen(self) -> bool:
        """Look at twice as many rows from now on; False where that is no use any more."""
        if self._is_flat or self.width >= WIDEST:
            return False
        self._index.hnsw.efSearch = 2 * self.width
        return True

    @property
    def dim(self) -> int:
        """Return the number of components of a vector."""
        return int(self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, queries: FloatArray, k: int, allowed: BoolArray | None = None) -> tuple[IntArray, FloatArray]:
        """Return the best `k` allowed rows a query; see `VectorStore`."""
        n = len(self)
        count = n if allowed is None else int(np.count_nonzero(allowed))
        k = min(k, count)
        if self._gpu is not None and allowed is None and 0 < k <= GPU_MOST:
            scores, rows = self._gpu.search(np.ascontiguousarray(queries, np.float32), k)
            return rows, scores
        # Count first: a filter that has nothing to do with the query leaves as many rows to choose from as a search
        # without one looks at. Where it has, the search widens until a scan of what is allowed is cheaper.
        width = max(self.width, 2 * k) if allowed is None else -(-max(self.width, 3 * k) * n // max(count, 1))
        while not self._is_flat and len(queries) and k > 0 and STEP_COST * width < count:
            if (found := self._within(queries, k, width, allowed)) is not None:
                return found
            width *= 4
        return self.exact(queries, k, allowed)

    def _within(
        self, queries: FloatArray, k: int, width: int, allowed: BoolArray | None
    ) -> tuple[IntArray, FloatArray] | None:
        """Return the best `k` allowed rows among the `width` that a search of the graph looks at; None if too few.

        Too few are less than half of what a search without a filter has to choose from: then the filter has to do with
        the query, and the true neighbours lie farther out.
        """
        rows, scores = self._nearest(queries, k if allowed is None else width, width)
        # -1 stands where parts of the graph hang together badly.
        held = rows >= 0 if allowed is None else (rows >= 0) & allowed[rows]
        if held.all():
            return rows[:, :k], scores[:, :k]
        enough = k if allowed is None else min(max(k, self.width // 2), int(np.count_nonzero(allowed)))
        if (held.sum(axis=1) < enough).any():
            return None
        order = np.argsort(~held, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(rows, order, axis=1), np.take_along_axis(scores, order, axis=1)

    def _nearest(self, queries: FloatArray, k: int, width: int) -> tuple[IntArray, FloatArray]:
        """Return what a search of the graph finds."""
        scores, rows = self._index.search(np.ascontiguousarray(queries, np.float32), k, params=_parameters(width))
        return rows, scores

    def exact(self, queries: FloatArray, k: int, allowed: BoolArray | None = None) -> tuple[IntArray, FloatArray]:
        """Return what a scan of all allowed rows finds; see `VectorStore`."""
        k = min(k, len(self) if allowed is None else int(np.count_nonzero(allowed)))
        if k <= 0 or len(queries) == 0:
            return np.zeros((len(queries), 0), np.int64), np.zeros((len(queries), 0), np.float32)
        selector = self._selector(allowed)
        parameters = None if selector is None else self._faiss.SearchParameters(sel=selector)
        scores, rows = self._full.search(np.ascontiguousarray(queries, np.float32), k, params=parameters)
        return rows, scores

    def scores(self, query: FloatArray, rows: IntArray) -> FloatArray:
        """Return the products of a query with stored rows, ``(m,)`` in request order."""
        products: FloatArray = self.vectors(rows) @ np.asarray(query, np.float32)
        return products

    def vectors(self, rows: IntArray) -> FloatArray:
        """Return stored rows ``(m, dim)`` in request order."""
        found: FloatArray = self._matrix[rows].astype(np.float32, copy=False)
        return found

    def _selector(self, allowed: BoolArray | None) -> Any:
        return None if allowed is None else self._faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))

    def _view(self) -> NDArray[np.float32] | NDArray[np.float16]:
        """Return the stored vectors without copying them."""
        n, dim = len(self), self.dim
        kind = np.float32 if self._is_flat else np.float16
        if n == 0:
            return np.zeros((0, dim), np.float32)
        raw = self._faiss.rev_swig_ptr(self._full.codes.data(), n * dim * np.dtype(kind).itemsize)
        matrix: NDArray[np.float32] | NDArray[np.float16] = raw.view(kind).reshape(n, dim)
        return matrix
