"""How far a job is, told by the child to the parent between a request and its answer. Runs in the child process."""

from __future__ import annotations

import time
from collections.abc import Callable

_EVERY_S = 0.2


class Reporter:
    """Tells fractions in [0, 1] that never fall, five times a second at most; silent until somebody listens."""

    def __init__(self) -> None:
        self._listener: Callable[[float], None] | None = None
        self._told, self._at = 0.0, 0.0

    def begin(self, listener: Callable[[float], None] | None) -> None:
        """Start anew, for one job."""
        self._listener, self._told, self._at = listener, 0.0, 0.0

    def __call__(self, fraction: float) -> None:
        """Tell how much is done."""
        now = time.monotonic()
        if self._listener is None or fraction <= self._told or now < self._at + _EVERY_S:
            return
        self._told, self._at = min(1.0, fraction), now
        self._listener(self._told)


report = Reporter()
