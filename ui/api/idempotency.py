"""``Idempotency-Key``: a request that a client sends twice, because the answer got lost, is carried out once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse

from catalog.store import Catalogue
from catalog.store.answers import StoredAnswer
from ui.api.parts import Parts

REPLAYED = "Idempotency-Replayed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers: a status, a JSON value and headers."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> JSONResponse:
        """Return it as a response."""
        return JSONResponse(self.body, status_code=self.status, headers=dict(self.headers))


class Once:
    """The key of one request, if it has one."""

    def __init__(self, catalogue: Catalogue, key: str | None, where: str) -> None:
        self._answers = catalogue.answers
        self._key = key
        self._where = where

    def answer(self, content: str, make: Callable[[], Answer]) -> Answer:
        """Return what `make` answers, or what it answered before under the same key.

        Args:
            content: what was asked, in a text that is the same for the same request.
            make: carries the request out; when it raises, the key is free again.

        Raises:
            KeyReusedError: the key was used for another request, or is malformed.
            KeyBusyError: the first request is still being answered.
        """
        if self._key is None:
            return make()
        fingerprint = hashlib.sha256(f"{self._where}\n{content}".encode("utf-8", "replace")).hexdigest()
        kept = self._answers.claim(self._key, fingerprint)
        if kept is not None:
            told = json.loads(kept.body)
            return Answer(told["body"], kept.status, told["headers"] | {REPLAYED: "true"})
        try:
            made = make()
            text = json.dumps({"body": made.body, "headers": dict(made.headers)})
            self._answers.keep(self._key, StoredAnswer(made.status, text))
        except BaseException:
            self._answers.release(self._key)
            raise
        return made


def once_of(
    request: Request,
    parts: Parts,
    key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="the same key with the same request gives the same answer, 24 h"),
    ] = None,
) -> Once:
    """Return the key of a request."""
    return Once(parts.catalogue, key, f"{request.method} {request.url.path}?{request.url.query}")


Keyed = Annotated[Once, Depends(once_of)]
