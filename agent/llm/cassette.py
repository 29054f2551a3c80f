"""Traffic with a language model on file: recorded once, replayed to the byte without a network.

Built on LangChain's own cache of chat models: a `Cassette` is a `BaseCache` that keeps every reply on disk, and that in
replay has no model behind it. One line of JSON a reply: ``request`` (SHA-256 of what it was asked with), ``model``,
``messages`` and ``reply``. The file holds what users wrote, so only its owner may read it.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from langchain_core.caches import BaseCache
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, Generation

from agent.errors import ModelUnaskedError

Mode = Literal["record", "replay"]


class Cassette(BaseCache):
    """Replies of one model by request.

    The key is the prompt and `about`, never the server's address: a recording made at one port replays at any other.

    Args:
        path: the file of JSON lines; in `record` it is made where there is none, and grows.
        mode: `record` asks what is not there yet and keeps the reply; `replay` never asks.
        about: what else decides a reply: the model's name, the form of the answer.

    Raises:
        ModelUnaskedError: the file cannot be read, is none of these, or in `replay` does not hold the request.
    """

    def __init__(self, path: Path, mode: Mode, about: Mapping[str, Any]) -> None:
        self._path, self._mode = path, mode
        self._about = json.dumps(about, sort_keys=True, ensure_ascii=False)
        self._model = str(about.get("model", ""))
        self._lock = threading.Lock()
        self._replies = self._read()

    def lookup(self, prompt: str, llm_string: str) -> list[Generation] | None:
        """Return the reply to a request; None where it has to be asked."""
        with self._lock:
            kept = self._replies.get(self._key(prompt))
        if kept is not None:
            return [ChatGeneration(message=_message(kept))]
        if self._mode == "replay":
            raise ModelUnaskedError(
                f"this request was never recorded in {self._path.name}; set llm_cassette_mode to record and ask again"
            )
        return None

    def update(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        """Keep the first reply to a request, in the file before anything else is done with it."""
        message = return_val[0].message if return_val and isinstance(return_val[0], ChatGeneration) else None
        if not isinstance(message, AIMessage):
            return
        key, reply = self._key(prompt), _reply(message)
        line = {"request": key, "model": self._model, "messages": _said(prompt), "reply": reply}
        with self._lock:
            if key in self._replies:
                return
            self._replies[key] = reply
            # Exclusive to its owner from the first byte on.
            with os.fdopen(
                os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8"
            ) as f:
                f.write(json.dumps(line, ensure_ascii=False) + "\n")

    def clear(self, **kwargs: Any) -> None:
        """Forget what was read; the file stays."""
        with self._lock:
            self._replies.clear()

    def _key(self, prompt: str) -> str:
        return hashlib.sha256(f"{self._about}\n{prompt}".encode()).hexdigest()

    def _read(self) -> dict[str, Mapping[str, Any]]:
        if self._mode == "record" and not self._path.exists():
            return {}
        try:
            lines = [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines() if line.strip()]
            return {str(line["request"]): _checked(line["reply"]) for line in lines}
        except OSError as error:
            raise ModelUnaskedError(f"the recording {self._path} cannot be read: {error.strerror}") from error
        except (ValueError, LookupError, TypeError) as error:
            raise ModelUnaskedError(f"{self._path.name} is no recording of model traffic; record it anew") from error


def _private(path: str, flags: int) -> int:
    """Open a file that, where it is new, is its owner's alone from the first byte on."""
    return os.open(path, flags, 0o600)


def _checked(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    _message(reply)
    return reply


def _reply(message: AIMessage) -> dict[str, Any]:
    """Return what is kept of a reply; ids and times of the provider differ from run to run and are not."""
    kept = message.model_dump(include={"content", "tool_calls", "invalid_tool_calls", "usage_metadata"}, mode="json")
    return {name: value for name, value in kept.items() if value}


def _message(reply: Mapping[str, Any]) -> AIMessage:
    return AIMessage(**{"content": "", **reply})


def _said(prompt: str) -> list[list[str]]:
    """Return the messages of LangChain's serialised prompt as pairs of role and words, for a reader of the file."""
    said = [message.get("kwargs", {}) for message in json.loads(prompt)]
    return [[str(one.get("type", "")), str(one.get("content", ""))] for one in said]
