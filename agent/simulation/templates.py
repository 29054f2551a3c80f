"""What simulated users say, from ``templates.toml``. Every text has an id; ids part the training from the test."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from agent.simulation.values import Split
from agent.values import NamedReference

_TEST_EVERY = 3


@dataclass(frozen=True, slots=True)
class Template:
    """One text with its id: language, table, kind and place in the list (``en.say.refine.0``)."""

    id: str
    text: str

    @property
    def split(self) -> Split:
        """Return the split that it belongs to."""
        return split_of(self.id)


def split_of(template_id: str) -> Split:
    """Return the split of a template by its id: every third text of a list, from the first, belongs to the test."""
    return "train" if int(template_id.rpartition(".")[2]) % _TEST_EVERY else "test"


class Language:
    """The texts of one language in one split, and the little grammar that puts wishes together."""

    def __init__(self, code: str, data: Mapping[str, Any], split: Split) -> None:
        self.code = code
        self.places: Sequence[str] = data["places"]
        self.fillers: Sequence[str] = data["fillers"]
        self.droppable: Sequence[str] = data["droppable"]
        self.words: Mapping[str, Sequence[str]] = data["words"]
        self.all_and = str(data["and"])
        self._grammar = {name: str(data[name]) for name in ("noun", "genre", "phrase", "between")}
        self._lists = {
            (table, kind): [
                t for n, text in enumerate(texts) if (t := Template(f"{code}.{table}.{kind}.{n}", text)).split == split
            ]
            for table in ("say", "wish")
            for kind, texts in data[table].items()
        }

    def can_say(self, kind: str) -> bool:
        """Tell whether there is a message of this kind."""
        return bool(self._lists.get(("say", kind)))

    def can_wish(self, form: str) -> bool:
        """Tell whether there is a phrase for wishes of this form."""
        return bool(self._lists.get(("wish", form)))

    def say(self, kind: str, rng: np.random.Generator) -> Template:
        """Return a message of a kind."""
        return _one(self._lists["say", kind], rng)

    def wish(self, form: str, rng: np.random.Generator) -> Template:
        """Return a phrase for a wish of a form."""
        return _one(self._lists["wish", form], rng)

    def asked(self, genre: str | None, mood: str | None, rest: Sequence[str]) -> str:
        """Return "calm jazz music with piano": what a first message asks for."""
        grammar = self._grammar
        head = grammar["noun"] if genre is None else grammar["genre"].format(word=genre)
        phrase = head if mood is None else grammar["phrase"].format(mood=mood, head=head)
        return grammar["between"].join([phrase, *rest])


@lru_cache(maxsize=2)
def languages(split: Split) -> Mapping[str, Language]:
    """Return the languages by their code, with the texts of one split."""
    return {code: Language(code, data, split) for code, data in _table()["language"].items()}


def absent_tracks() -> list[NamedReference]:
    """Return pieces that a catalogue of free music hardly has."""
    return [NamedReference(title=row["title"], artist=row["artist"]) for row in _table()["absent"]]


def playlist_names() -> list[str]:
    """Return names for playlists."""
    return list(_table()["names"]["playlists"])


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads(files("agent.simulation").joinpath("templates.toml").read_text(encoding="utf-8"))


def _one(texts: Sequence[Template], rng: np.random.Generator) -> Template:
    return texts[int(rng.integers(len(texts)))]
