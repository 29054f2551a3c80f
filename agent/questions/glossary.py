"""The glossary: ``glossary.toml`` and the files named after it as values."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Explained:
    """A term in one language: the sentence that explains it, and a message that leads back to music."""

    says: str
    ask: str


@dataclass(frozen=True, slots=True)
class Term:
    """One entry: `names` matches what it is called in any language, `texts` are by ISO 639-1 code."""

    id: str
    names: re.Pattern[str]
    texts: Mapping[str, Explained]

    def told(self, language: str) -> Explained:
        """Return the entry in a language; in English where it has none."""
        return self.texts.get(language, self.texts["en"])


@lru_cache(maxsize=1)
def load_glossary() -> Mapping[str, Term]:
    """Return the terms that ship with the package, by id."""
    told = sorted(
        (f for f in files("agent.questions").iterdir() if f.name.startswith("glossary") and f.name.endswith(".toml")),
        key=lambda f: f.name,
    )
    rows = (row for file in told for row in tomllib.loads(file.read_text(encoding="utf-8"))["term"])
    terms = (
        Term(
            row["id"],
            re.compile(row["names"], re.IGNORECASE),
            {code: Explained(**texts) for code, texts in row.items() if isinstance(texts, dict)},
        )
        for row in rows
    )
    return {term.id: term for term in terms}


def term_called(words: str) -> Term | None:
    """Return the term that some words are the name of, in whatever language."""
    return next((term for term in load_glossary().values() if term.names.fullmatch(words)), None)
