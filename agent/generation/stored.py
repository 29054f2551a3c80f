"""Requests as JSON: how they lie in rows and files, and how they are told to people."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import PurePath
from typing import Any

from pydantic import TypeAdapter, ValidationError

from agent.generation.errors import InvalidRequestError
from agent.generation.values import GenerationRequest

_REQUEST = TypeAdapter(GenerationRequest)
_DEFAULTS = asdict(GenerationRequest())
_OF_HEARD = frozenset({"heard_by", "source"})  # of what was heard in a recording alone
_PLAIN = frozenset(
    "text duration_s tempo_bpm key mood genre instruments energy seed negative".split()  # always told
)


def dump_request(request: GenerationRequest) -> str:
    """Write a request, with where its files lie: for the queue alone."""
    return json.dumps(asdict(request))


def load_request(text: str) -> GenerationRequest:
    """Read a request; one that an older version wrote has the defaults for what it did not know.

    Raises:
        InvalidRequestError: it is none.
    """
    try:
        return _REQUEST.validate_json(text)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise InvalidRequestError(f"a stored request cannot be read ({place}); ask for the piece again") from error


def told(request: GenerationRequest) -> dict[str, Any]:
    """Return a request for people and files that are given away: files by their names, without folders.

    Of the parts beyond the plain values only those that were asked for are there.
    """
    asked: dict[str, Any] = _without_folders(asdict(request))
    return {name: value for name, value in asked.items() if name in _PLAIN or value != _DEFAULTS[name]}


def _without_folders(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: PurePath(inner).name if key == "path" and isinstance(inner, str) else _without_folders(inner)
            for key, inner in value.items()
            if inner or key not in _OF_HEARD
        }
    if isinstance(value, list | tuple):
        return type(value)(_without_folders(inner) for inner in value)
    return value
