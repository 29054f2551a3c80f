"""A client of servers that make music: bounded answers, no way out of the server that was set, stopped at once.

A server's answers are data of a stranger. No redirect is followed, and a download lies on the server itself: else an
answer could make this machine fetch what only it can reach.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx

from agent.generation.backend import Cancel
from agent.generation.errors import GenerationCancelledError, GenerationError
from catalog.names import clean

MAX_ANSWER_BYTES = 32 << 20
MAX_SOUND_BYTES = 256 << 20
_LOOK_EVERY_S = 0.1
_T = TypeVar("_T")


class Server:
    """One server; an asynchronous context manager that closes its connections.

    Args:
        title: what users know the system by.
        url: where the server is: http or https, without credentials.
        key: goes along as a bearer token.
        max_bytes: larger sounds are refused while they come in.

    Raises:
        GenerationError: the address is none.
    """

    def __init__(self, title: str, url: str, key: str | None = None, *, max_bytes: int = MAX_SOUND_BYTES) -> None:
        self._title, self._base, self._max_bytes = title, checked_url(url), max_bytes
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        # How long an answer may take is for who waits for it to say: see `run`.
        timeout = httpx.Timeout(None, connect=10.0)
        self._http = httpx.AsyncClient(timeout=timeout, headers=headers, follow_redirects=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def ask(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        files: Mapping[str, Path] | None = None,
        *,
        get: bool = False,
    ) -> Any:
        """Return the JSON that the server answers; `files` go along as a form."""
        sent: dict[str, Any] = {} if get else {"json": dict(body or {})}
        if files:
            sent = {
                "data": {name: _as_field(value) for name, value in (body or {}).items()},
                "files": {name: (f"{name}.flac", file.read_bytes(), "audio/flac") for name, file in files.items()},
            }
        chunks = []
        async with self._opened("GET" if get else "POST", path, MAX_ANSWER_BYTES, **sent) as answer:
            async for chunk in answer.chunks():
                chunks.append(chunk)
        try:
            return json.loads(b"".join(chunks))
        except (ValueError, RecursionError) as error:
            raise GenerationError(f"{self._title}'s server answers with no JSON; check its address") from error

    async def fetch(self, place: str, target: Path) -> None:
        """Write a sound that an answer points to, or names by its path."""
        await self._write("GET", self._on_this_server(place), target)

    async def post_for_sound(self, path: str, body: Mapping[str, Any], target: Path) -> None:
        """Write the sound that a task is answered with at once."""
        await self._write("POST", path, target, json=dict(body))

    async def _write(self, verb: str, path: str, target: Path, **sent: Any) -> None:
        async with self._opened(verb, path, self._max_bytes, **sent) as answer:
            kind = answer.content_type
            if kind.startswith("text/") or kind in {"application/json", "application/xml"}:
                raise GenerationError(f"{self._title}'s server gives {clean(kind, 40)} where a sound should be")
            with target.open("wb") as sink:
                async for chunk in answer.chunks():
                    sink.write(chunk)

    def _on_this_server(self, place: str) -> str:
        there, here = urlsplit(urljoin(f"{self._base}/", place)), urlsplit(self._base)
        if (there.scheme, there.netloc) != (here.scheme, here.netloc):
            host = clean(there.netloc, 80) or "elsewhere"
            raise GenerationError(f"{self._title}'s server points to {host} for its sound, which is refused")
        return there.geturl()

    def _opened(self, verb: str, path: str, max_bytes: int, **sent: Any) -> _Opened:
        url = path if urlsplit(path).scheme else f"{self._base}{path}"
        return _Opened(self._title, self._http.stream(verb, url, **sent), max_bytes)


class _Opened:
    """One answer while it comes in; whatever goes wrong with it is one sentence."""

    def __init__(self, title: str, stream: Any, max_bytes: int) -> None:
        self._title, self._stream, self._max_bytes = title, stream, max_bytes
        self._response: httpx.Response

    async def __aenter__(self) -> Self:
        try:
            self._response = await self._stream.__aenter__()
            if self._response.is_redirect:
                host = clean(urlsplit(self._response.headers.get("location", "")).netloc, 80) or "another place"
                raise GenerationError(
                    f"{self._title}'s server redirects to {host}, which is refused; set that address if you trust it"
                )
            if self._response.is_error:
                await self._complain()
        except BaseException as error:
            with suppress(Exception):
                await self._stream.__aexit__(None, None, None)
            raise self._sentence(error) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stream.__aexit__(kind, error, trace)
        if error is not None and self._sentence(error) is not error:
            raise self._sentence(error) from error

    @property
    def content_type(self) -> str:
        return str(self._response.headers.get("content-type", "")).split(";")[0].strip().lower()

    async def chunks(self) -> Any:
        """Yield the body; GenerationError as soon as it is too large."""
        announced = str(self._response.headers.get("content-length", "0"))
        size = 0
        if announced.isdigit() and int(announced) > self._max_bytes:
            raise self._too_large()
        async for chunk in self._response.aiter_bytes():
            size += len(chunk)
            if size > self._max_bytes:
                raise self._too_large()
            yield chunk

    async def _complain(self) -> None:
        said = b""
        async for chunk in self._response.aiter_bytes():
            said += chunk
            if len(said) > 2000:
                break
        words = clean(said.decode("utf-8", "replace"), 160)
        told = f" (“{words}”)" if words else ""
        raise GenerationError(f"{self._title}'s server answers with HTTP status {self._response.status_code}{told}")

    def _too_large(self) -> GenerationError:
        return GenerationError(
            f"{self._title}'s server answers with more than {self._max_bytes // 10**6} MB, which is refused"
        )

    def _sentence(self, error: BaseException) -> BaseException:
        if isinstance(error, httpx.TimeoutException):
            return GenerationError(f"{self._title}'s server does not answer in time; is it running?")
        if isinstance(error, httpx.HTTPError | httpx.InvalidURL):
            return GenerationError(
                f"{self._title}'s server cannot be reached ({type(error).__name__}); is it running at the address set?"
            )
        return error


def checked_url(url: str) -> str:
    """Return an address without a slash at its end.

    Raises:
        GenerationError: it is no http(s) address, or holds credentials.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or parts.username is not None:
        raise GenerationError(
            f"{clean(url, 80) or 'nothing'} is no address of a server; write http://host:port, and the key apart"
        )
    return url.strip().rstrip("/")


def run(work: Coroutine[Any, Any, _T], cancel: Cancel) -> _T:
    """Do what is asked of a server until it is done or `cancel` is set, which is seen within a tenth of a second.

    Raises:
        GenerationCancelledError: it was; connections are closed.
    """

    async def watched() -> _T:
        task = asyncio.ensure_future(work)
        while not task.done():
            await asyncio.wait({task}, timeout=_LOOK_EVERY_S)
            if cancel.is_set() and not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
                raise GenerationCancelledError("the generation was stopped")
        return task.result()

    return asyncio.run(watched())


def _as_field(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
