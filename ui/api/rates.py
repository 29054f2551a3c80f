"""How often one caller may ask: a moving window in this process's memory."""

from __future__ import annotations

import math
import time

from ui.settings import LOOPBACK, Settings

# Beyond loopback, unless a setting says otherwise: a person clicks less, a program that asks more should say so.
USUAL = "120/minute"
# What costs something. The page's own pictures and scripts do not count.
_COUNTED = ("/v1/", "/mcp", "/gradio_api/queue/join", "/gradio_api/call")


class Rates:
    """Counts the requests of each caller; safe to call from several threads.

    Args:
        rate: such as ``120/minute``.
    """

    def __init__(self, rate: str) -> None:
        # Here, since a server on loopback does without.
        from limits import parse
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self.rate = rate
        self._item = parse(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def wait_s(self, caller: str) -> int | None:
        """Count a request; return None where it may be answered, else the seconds to wait, 1 or more."""
        if self._limiter.hit(self._item, caller):
            return None
        left = float(self._limiter.get_window_stats(self._item, caller).reset_time) - time.time()
        return max(1, math.ceil(left))


def rates_of(settings: Settings) -> Rates | None:
    """Return the rates of a server; None where it is not limited."""
    rate = settings.rate_limit
    if rate == "auto":
        rate = "off" if settings.host in LOOPBACK else USUAL
    return None if rate == "off" else Rates(rate)


def counts(path: str) -> bool:
    """Tell whether requests to a path count."""
    return path.startswith(_COUNTED)
