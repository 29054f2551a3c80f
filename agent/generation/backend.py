"""The one interface that generators implement."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from agent.generation.values import GeneratedAudio, GenerationRequest, Support

Progress = Callable[[float, str], None]
"""Called with the fraction done (0 to 1, never falling) and one short line."""


class Cancel(Protocol):
    """Anything with `is_set()`, such as `threading.Event`; polled while work goes on."""

    def is_set(self) -> bool: ...


class Backend(Protocol):
    """A generator of music.

    `id` is short and stable, `title` for people; `licence` is what the backend's own weights or sounds are under.

    - `supports(request)` costs nothing and never raises: it looks at files and settings, and loads nothing.
    - `estimate_s(request)` is the expected wall time of `generate` in seconds, loading included.
    - `prepare()` loads what `generate` needs; it may take long, and `generate` calls it when nobody did.
    - `generate(request, dst, progress, cancel)` writes one FLAC file to `dst` (44.1 kHz, `request.duration_s` long to
      within 50 ms, about -14 LUFS, true peak at most -1 dBTP), and notes beside it as `.mid` where it has any. It is
      deterministic in the request. It raises `GenerationError` with one sentence, or `GenerationCancelledError` soon
      after `cancel` is set.
    - `release()` gives memory back; the backend can be prepared again.
    """

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def licence(self) -> str: ...
    def supports(self, request: GenerationRequest) -> Support: ...
    def estimate_s(self, request: GenerationRequest) -> float: ...
    def prepare(self) -> None: ...
    def generate(self, request: GenerationRequest, dst: Path, progress: Progress, cancel: Cancel) -> GeneratedAudio: ...
    def release(self) -> None: ...
