"""Waveforms for the page: the largest level in each stretch of a file, kept in memory for the last ones asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from encoders.media.audio import SandboxedAudioAnalyzer

KEPT = 200


class Peaks:
    """Peaks of files; MediaError where one cannot be decoded."""

    def __init__(self, audio: SandboxedAudioAnalyzer) -> None:
        self._audio = audio
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, int, int], dict[str, Any]] = OrderedDict()

    def of(self, path: Path, n: int) -> dict[str, Any]:
        """Return ``{duration_s, n, peaks}`` of a file; peaks in [0, 1]."""
        key = (str(path), path.stat().st_mtime_ns, n)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        length_s, levels = self._audio.peaks(path, n)
        shape = {"duration_s": round(length_s, 3), "n": n, "peaks": [round(float(level), 3) for level in levels]}
        with self._lock:
            self._known[key] = shape
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return shape
