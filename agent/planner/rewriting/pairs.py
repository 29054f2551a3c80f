"""Messages and what they mean in plain orders: what the rewriter learns from, and is measured on.

``pairs/*.jsonl`` were written for this project by language models that played different people
(docs/rewriter_model.md).
A pair is in the part that its message falls into by its hash, so that parts stay apart when pairs are added.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

Part = Literal["train", "tune", "test"]
_PARTS: tuple[Part, ...] = ("test", "tune", *("train",) * 8)


@dataclass(frozen=True, slots=True)
class Pair:
    """A message, whether a list was on the screen, and the orders that it gives; `lang` is ISO 639-1."""

    lang: str
    listed: bool
    message: str
    plain: str


@lru_cache(maxsize=1)
def load_pairs() -> tuple[Pair, ...]:
    """Read all pairs that ship with the package."""
    folder = files(__package__).joinpath("pairs")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".jsonl"))
    lines = (line for name in names for line in folder.joinpath(name).read_text(encoding="utf-8").splitlines())
    return tuple(Pair(**json.loads(line)) for line in lines)


def part_of(pair: Pair) -> Part:
    """Return which part a pair is in."""
    return _PARTS[hashlib.sha256(pair.message.casefold().encode()).digest()[0] % len(_PARTS)]
