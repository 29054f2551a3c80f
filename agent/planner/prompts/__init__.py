"""What a language model is asked with: ``<version>.toml``, a system prompt and a bank of examples.

A version is never changed once it is out: traces and recordings name it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

VERSION = "plan-1"
# Says that places of a list can be meant, in front of a message.
LISTED = "(results are on the screen) "


@dataclass(frozen=True, slots=True)
class Example:
    """A message as it is asked, and the answer to it, in JSON."""

    message: str
    answer: str
    listed: bool

    @property
    def asked(self) -> str:
        """Return the message with what a model is told about the screen."""
        return (LISTED if self.listed else "") + self.message


@dataclass(frozen=True, slots=True)
class Prompt:
    """One version: `fixed` examples stand in every prompt, of the `bank` the nearest to a message follow."""

    version: str
    system: str
    fixed: tuple[Example, ...]
    bank: tuple[Example, ...]


@lru_cache(maxsize=4)
def load_prompt(version: str = VERSION) -> Prompt:
    """Read a version that ships with the package."""
    data = tomllib.loads(files(__name__).joinpath(f"{version}.toml").read_text(encoding="utf-8"))
    return Prompt(
        version,
        data["system"],
        tuple(map(_example, data["fixed"])),
        tuple(map(_example, data["example"])),
    )


def _example(row: Mapping[str, Any]) -> Example:
    answer = {"intent": row["intent"], "want": row.get("want", []), "avoid": row.get("avoid", [])}
    if "ends" in row:
        answer["ends"] = row["ends"]
    return Example(
        row["message"], json.dumps(answer, ensure_ascii=False, separators=(",", ":")), row.get("listed", False)
    )
