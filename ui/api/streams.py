"""Streams that end with their reader: a turn whose client went away gives its conversation free at once."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from anyio import CancelScope
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send


class EventStream(StreamingResponse):
    """Server-sent events that are made of a generator; it is closed when the client has it all, and when it left.

    Left to the garbage collector, a turn that nobody reads would hold the lock of its conversation.

    Args:
        lines: the events as text.
        source: what they are made of.
    """

    def __init__(self, lines: Iterator[str], source: Generator[Any, None, None]) -> None:
        super().__init__(lines, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})
        self._source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events, then close the source."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with CancelScope(shield=True):
                await run_in_threadpool(self._source.close)
