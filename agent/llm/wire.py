"""Replies over HTTP, bounded in time and size whatever the other side does.

httpx bounds the wait for the next byte, not for the last one: a server that sends one byte a second would never be done
with. So each turn has a deadline, every reply a size, and both are watched while the reply comes in.

Providers' clients are built on httpx or on its successor httpx2, two libraries with the same shapes and no class in
common; this works with whichever it meets.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from agent.errors import ModelError

MOST_BYTES = 1_000_000
# Zipped, a small reply may become a huge one; plans are short, so nothing is lost without.
HEADERS = {"Accept-Encoding": "identity"}
_ends: ContextVar[float | None] = ContextVar("_ends", default=None)


@contextmanager
def deadline(ends: float) -> Iterator[None]:
    """Let no reply of this context come in after a time (`time.monotonic`, seconds)."""
    token = _ends.set(ends)
    try:
        yield
    finally:
        _ends.reset(token)


def event_hooks() -> Mapping[str, list[Callable[..., Any]]]:
    """Return what a client of httpx is made with, so that its replies are bounded."""
    return {"request": [_hurry], "response": [_bound]}


def _hurry(request: Any) -> None:
    left = _left()
    if left is not None:
        given = request.extensions.get("timeout", {})
        request.extensions = {
            **request.extensions,
            "timeout": {
                kind: left if given.get(kind) is None else min(left, given[kind])
                for kind in ("connect", "read", "write", "pool")
            },
        }


def _bound(response: Any) -> None:
    packed = response.headers.get("content-encoding", "identity")
    if packed != "identity":
        raise ModelError(f"the reply is packed ({packed[:20]}), though plain text was asked for")
    # The client takes no stream that is not of its own library's kind.
    own = next(kind for kind in type(response.stream).__mro__ if kind.__name__ == "SyncByteStream")
    response.stream = type("BoundedStream", (_Bounded, own), {})(response.stream)


class _Bounded:
    """A stream that ends in an error beyond `MOST_BYTES` or the deadline."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._stream:
            size += len(chunk)
            if size > MOST_BYTES:
                raise ModelError(f"the reply is over {MOST_BYTES // 1_000_000} MB")
            _left()
            yield chunk

    def close(self) -> None:
        self._stream.close()


def _left() -> float | None:
    """Return the seconds until the deadline, None without one; ModelError when it has passed."""
    ends = _ends.get()
    if ends is None:
        return None
    left = ends - time.monotonic()
    if left <= 0:
        raise ModelError("the reply was not complete in time (llm_timeout_s)")
    return left
