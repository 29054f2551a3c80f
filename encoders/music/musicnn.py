"""musicnn in onnxruntime: 50 tag probabilities and a 200-d embedding from windows spread over a track."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from encoders.errors import EncoderError
from encoders.music.logmel import PATCH_SAMPLES, SAMPLE_RATE_HZ, patch
from encoders.music.musicnn_graph import EMBEDDING_OUTPUT, TAGS_OUTPUT
from encoders.onnx_session import open_session
from encoders.values import FloatArray, Space
from encoders.vectors import unit

WINDOW_S = PATCH_SAMPLES / SAMPLE_RATE_HZ
DIM = 200


@dataclass(frozen=True, slots=True)
class Tagging:
    """Mean tag probabilities ``(50,)`` in the order of `MusicnnEncoder.labels`; unit mean embedding ``(200,)``."""

    probabilities: FloatArray
    embedding: FloatArray


class MusicnnEncoder:
    """One trained musicnn (a `MusicEncoder`). `folder` holds ``model.onnx`` and ``labels.json``."""

    sample_rate_hz = SAMPLE_RATE_HZ

    def __init__(self, folder: Path, space_id: str, weights_sha256: str, *, windows: int = 10) -> None:
        self.labels = tuple(str(label) for label in json.loads((folder / "labels.json").read_text(encoding="utf-8")))
        self.space = Space(space_id, DIM, "musicnn", weights_sha256)
        self._windows = windows
        self._session = open_session(folder / "model.onnx")

    def tag(self, windows: Sequence[FloatArray]) -> Tagging:
        """Average over mono 16 kHz windows of about 3 s each; at least one."""
        if not windows:
            raise EncoderError("musicnn needs at least one window of sound")
        tags, embeddings = [], []
        for window in windows:  # one at a time: a batch is no faster on a CPU and needs more memory
            outputs = self._session.run([TAGS_OUTPUT, EMBEDDING_OUTPUT], {"logmel": patch(window)[None]})
            tags.append(outputs[0][0])
            embeddings.append(outputs[1][0])
        return Tagging(np.mean(tags, axis=0).astype(np.float32), unit(np.mean(embeddings, axis=0)))

    def encode(self, waveform: FloatArray) -> FloatArray:
        """Turn ``(samples,)`` at 16 kHz into ``(200,)``."""
        return self.tag(spread_windows(waveform, self._windows)).embedding


def spread_starts(duration_s: float, count: int, window_s: float = WINDOW_S) -> tuple[float, ...]:
    """Start times of at most `count` windows in the middles of equal parts; fewer where they would overlap."""
    fitting = max(1, min(count, int(duration_s / window_s)))
    part = duration_s / fitting
    return tuple(max(0.0, (i + 0.5) * part - window_s / 2) for i in range(fitting))


def spread_windows(waveform: FloatArray, count: int) -> list[FloatArray]:
    """Cut the windows of `spread_starts` out of a mono 16 kHz waveform."""
    starts = spread_starts(waveform.size / SAMPLE_RATE_HZ, count)
    return [waveform[int(s * SAMPLE_RATE_HZ) :][:PATCH_SAMPLES] for s in starts]
