"""faiss as it is used here: set up before its import, one thread a query, on a GPU where it has one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# faiss answers at most this many neighbours a query on a GPU.
GPU_MOST = 2_048
_CHUNK = 100_000


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


def on_gpu(matrix: NDArray[np.float32] | NDArray[np.float16]) -> Any | None:
    """Return an exact index of the rows on the first GPU, in 16 bits; None where this faiss or machine has none.

    A GPU scans a million rows faster than a processor walks a graph, so it needs no other kind.
    """
    faiss = load_faiss()
    if faiss.get_num_gpus() == 0 or len(matrix) == 0:
        return None
    config = faiss.GpuIndexFlatConfig()
    config.useFloat16 = True
    index = faiss.GpuIndexFlatIP(faiss.StandardGpuResources(), matrix.shape[1], config)
    for start in range(0, len(matrix), _CHUNK):
        index.add(np.ascontiguousarray(matrix[start : start + _CHUNK], np.float32))
    return index
