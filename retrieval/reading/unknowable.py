"""Wishes that nothing in a catalogue can tell: found in a text, so that they are declared and not dropped."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def _groups() -> tuple[tuple[re.Pattern[str], str, bool], ...]:
    data = tomllib.loads(files("retrieval.reading").joinpath("unknowable.toml").read_text(encoding="utf-8"))
    edges = r"(?<![\w/-])(?:{})(?![\w/-])"
    return tuple(
        (re.compile(edges.format("|".join(g["patterns"])), re.IGNORECASE), g["reason"], g.get("keep", False))
        for g in data["group"]
    )


def read_unknowable(text: str) -> Iterator[tuple[str, int, int, bool]]:
    """Yield (words, start, end, whether to search by them as well) of every wish that cannot be checked.

    No two of them overlap.
    """
    taken = [False] * len(text)
    for pattern, _, keep in _groups():
        for match in pattern.finditer(text):
            if match[0].strip() and not any(taken[match.start() : match.end()]):
                taken[match.start() : match.end()] = [True] * (match.end() - match.start())
                yield match[0].strip(), match.start(), match.end(), keep


def why_unknowable(words: str) -> str | None:
    """Return why a wish in these words cannot be checked, or None where no group knows it."""
    return next((reason for pattern, reason, _ in _groups() if pattern.search(words)), None)
