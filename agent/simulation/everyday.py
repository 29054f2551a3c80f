"""Messages of everyday life with their kinds, from ``everyday.toml``: for the router alone, never in a test."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from agent.simulation.templates import absent_tracks, languages, playlist_names
from retrieval.vocabulary import load_vocabulary

# Kinds that speak of the list on the screen come with one; the others are said with and without.
_FRESH = frozenset({"bare", "recommend", "playlist", "generate", "library", "chitchat", "exact", "profile"})
_PLACES = 10
# Words alone, of which nobody tells that they are wanted, search; a style that no tagger hears is one of them.
_ALIKE = {"bare": "recommend"}


@dataclass(frozen=True, slots=True)
class Saying:
    """A message, its kind, whether tracks were on the screen, and the id of the text that it was made of."""

    language: str
    kind: str
    message: str
    listed: bool
    template: str


def everyday_sayings(seed: int, each: int = 2) -> Iterator[Saying]:
    """Return `each` messages of every text, their blanks filled in; the same for the same seed."""
    rng = np.random.default_rng(seed)
    for code, kinds in _table().items():
        for kind, texts in kinds.items():
            for n, text in enumerate(texts):
                for copy in range(each if "{" in text or kind in _FRESH else 1):
                    listed = kind not in _FRESH or bool(copy % 2)
                    yield Saying(
                        code, _ALIKE.get(kind, kind), _filled(text, code, rng), listed, f"{code}.everyday.{kind}.{n}"
                    )


def _filled(text: str, code: str, rng: np.random.Generator) -> str:
    """Return a text with its blanks filled in."""
    language = languages("train")[code]

    def one(things: Sequence[str]) -> str:
        return things[int(rng.integers(len(things)))]

    genres = [c.id for c in load_vocabulary().concepts if c.family == "genre" and c.id in language.words]
    genre = one(language.words[one(genres)]).partition("|")[0]  # German: before a noun | alone
    styles = sorted(load_vocabulary().unheard)
    tracks = absent_tracks()
    named = tracks[int(rng.integers(len(tracks)))]
    blanks: Mapping[str, str] = {
        "wishes": language.asked(genre, None, ()),
        "place": one(language.places),
        "n": str(1 + int(rng.integers(_PLACES))),
        "title": named.title,
        "artist": named.artist or "",
        "name": one(playlist_names()),
        "style": one(styles),
    }
    for blank, words in blanks.items():
        text = text.replace(f"{{{blank}}}", words)
    return text


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Mapping[str, list[str]]]:
    told: dict[str, dict[str, list[str]]] = tomllib.loads(
        files("agent.simulation").joinpath("everyday.toml").read_text(encoding="utf-8")
    )
    return told
