"""Small vector arithmetic shared by the encoders."""

from __future__ import annotations

import numpy as np

from encoders.values import FloatArray


def unit_rows(matrix: FloatArray) -> FloatArray:
    """Rows of ``(n, dim)`` scaled to length 1, float32; a row of zeros (or not finite) becomes the first axis."""
    rows = np.nan_to_num(matrix.astype(np.float32, copy=True), nan=0.0, posinf=0.0, neginf=0.0)
    norms = np.linalg.norm(rows, axis=1)
    dead = norms < 1e-12
    rows[dead] = 0.0
    rows[dead, 0] = 1.0
    norms[dead] = 1.0
    result: FloatArray = (rows / norms[:, None]).astype(np.float32)
    return result


def unit(vector: FloatArray) -> FloatArray:
    """One ``(dim,)`` vector scaled to length 1."""
    result: FloatArray = unit_rows(vector[None, :])[0]
    return result
