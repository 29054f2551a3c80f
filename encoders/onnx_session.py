"""One way to open an ONNX model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from encoders.errors import ModelCorruptError

if TYPE_CHECKING:
    import onnxruntime


def open_session(path: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """Open a CPU session with `threads` intra-op threads (one thread gives the same sums every time).

    Raises:
        ModelCorruptError: The file is no ONNX model.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exception types share no public base
        raise ModelCorruptError(f"{path.name} cannot be opened as an ONNX model: {error}") from error
