"""What stands in front of every route: host and origin checks, optional keys, a cap on bodies."""

from __future__ import annotations

import base64
import binascii
import secrets
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.api.problems import OPENAI_PATHS, problem
from ui.api.rates import counts, rates_of
from ui.api.users import OWNER
from ui.settings import LOOPBACK, Settings

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN_PATHS = frozenset({"/healthz"})
MAX_JSON_BYTES = 4 << 20
# Clients of this door send their pictures inside JSON, all of a conversation with each message.
MAX_CHAT_BYTES = 32 << 20


class Gate:
    """ASGI middleware in front of the API and the page alike.

    - While bound to loopback, only loopback names are served: a foreign name that points here (DNS rebinding) is not.
    - A request that changes something and says it comes from another origin is refused (a page elsewhere cannot post).
    - With keys set, every path but the health check asks for one: bearer, ``X-API-Key``, or as Basic password. Whose it
      is, where it is a user's own, is left in the scope for `ui.api.users`.
    - Beyond loopback a caller (a key, else an address) is answered so many times a minute; then it is 429 with
      ``Retry-After``.
    - Bodies are counted as they come in; lying or missing lengths do not help.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._rates = rates_of(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through or answer it here."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if (wait_s := self._wait_s(scope, headers)) is not None:
            told = f"Over {self._rates.rate if self._rates else ''}; ask again in {wait_s} s, or raise rate_limit."
            response = problem(scope["path"], 429, "Rate limit exceeded", told)
            response.headers["Retry-After"] = str(wait_s)
            await response(scope, receive, send)
            return
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            status, title, detail = refusal
            response = problem(scope["path"], status, title, detail)
            if status == 401:
                response.headers["WWW-Authenticate"] = 'Basic realm="Trichord"'
            await response(scope, receive, send)
            return
        scope[OWNER] = self._owner(headers)
        limit = self._limit(scope["path"], headers)
        await self._app(scope, _counted(receive, limit), send)

    def _wait_s(self, scope: Scope, headers: Headers) -> int | None:
        """Count a request, before its key is looked at: guesses of keys count for the address that they come from."""
        if self._rates is None or scope["type"] != "http" or not counts(scope["path"]):
            return None
        valid = (k for k in self._settings.keys if any(_same_key(given, k) for given in _given_keys(headers)))
        caller = next(valid, None)
        return self._rates.wait_s(f"key {caller}" if caller else f"address {(scope.get('client') or ('?',))[0]}")

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str, str] | None:
        host = _name_of(f"//{headers.get('host', '')}")
        if self._settings.host in LOOPBACK and host not in LOOPBACK | {
            _name_of(o) for o in self._settings.allowed_origins
        }:
            return 403, "Refused", f"The host {host[:80]!r} is not served; use 127.0.0.1, or start with --host."
        origin = headers.get("origin")
        method = scope.get("method", "GET")
        if origin and (method not in _SAFE_METHODS or scope["type"] == "websocket") and not self._same(origin, headers):
            return 403, "Refused", f"The origin {origin[:80]!r} may not do this; add it to TRICHORD_ALLOWED_ORIGINS."
        if self._settings.keys and scope["path"] not in _OPEN_PATHS and not self._has_key(headers):
            return 401, "Key needed", "This server asks for an API key; send it as a bearer token or X-API-Key."
        length = headers.get("content-length")
        limit = self._limit(scope["path"], headers)
        if length and length.isdigit() and int(length) > limit:
            return 413, "Too large", f"The body has {length} bytes, over the limit of {limit}; send less."
        return None

    def _same(self, origin: str, headers: Headers) -> bool:
        return origin in self._settings.allowed_origins or urlsplit(origin).netloc == headers.get("host")

    def _has_key(self, headers: Headers) -> bool:
        return any(_same_key(given, key) for given in _given_keys(headers) for key in self._settings.keys)

    def _owner(self, headers: Headers) -> str | None:
        """Return the user whose own key a request came with."""
        given = _given_keys(headers)
        owners = self._settings.user_keys.items()
        return next((user for user, key in owners if any(_same_key(g, key) for g in given)), None)

    def _limit(self, path: str, headers: Headers) -> int:
        # A little above the file's own limit, for the form around it.
        upload = (self._settings.max_upload_mb << 20) + (1 << 20)
        if headers.get("content-type", "").startswith("multipart/"):
            return upload
        return min(MAX_CHAT_BYTES, upload * 2) if path.startswith(OPENAI_PATHS) else MAX_JSON_BYTES


def _given_keys(headers: Headers) -> list[str]:
    given = [headers.get("x-api-key") or ""]
    scheme, _, value = (headers.get("authorization") or "").partition(" ")
    if scheme.casefold() == "bearer":
        given.append(value)
    elif scheme.casefold() == "basic":
        with suppress(binascii.Error, UnicodeDecodeError):
            given.append(base64.b64decode(value, validate=True).decode().partition(":")[2])
    return [key for key in given if key]


def _same_key(given: str, key: str) -> bool:
    return secrets.compare_digest(given.encode(), key.encode())


def _counted(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > limit:
                # The rest is not read: the client is told by a closed connection, as it lied about the length.
                return {"type": "http.disconnect"}
        return message

    return counted


def _name_of(url: str) -> str:
    return (urlsplit(url).hostname or "").casefold()
