"""Slips of the fingers in the words that matter: two letters swapped, one left out, one typed twice, accents left out.

Only words of a language's own table are mended towards, and only by the slips that hardly ever make another word out
of one: "fatser" is "faster", but "sting" stays what it is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files

from catalog.names import fold
from retrieval.vocabulary import load_vocabulary

_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
_DIGRAPHS = re.compile("[äöüß]")
_DRAWN = re.compile(r"([^\W\d_])\1{2,}")
_SWAPPED, _LEFT_OUT = 5, 7  # from this length on
_WORD = re.compile(r"(?<![\w#@'’-])[^\W\d_]{4,}(?![\w'’])")
# A word in a pattern with its endings: "minute(?:n|s)?", "ruhige[rn]?", "guitarras?".
_LITERAL = re.compile(
    r"(?<![\\\w])(?P<word>[^\W\d_]{4,})(?:\(\?:(?P<ends>[^()?]*)\)|\[(?P<signs>[^\]]*)\])?(?P<plural>s\?)?(?P<maybe>\??)(?![\w(\[*])"
)


def mended(text: str, language: str) -> str:
    """Return a text with the slips in words of its language's table mended; what is known, and other words, stay."""
    slips, bare = _slips(language), _unaccented(language)

    def mend(found: re.Match[str]) -> str:
        if _DRAWN.search(found[0]) and (short := _undrawn(found[0].casefold(), language)):
            return short
        word = bare.get(found[0].casefold()) or slips.get(found[0].casefold())
        if word is None:
            return found[0]
        return word.capitalize() if found[0][0].isupper() else word

    return _WORD.sub(mend, text)


def _undrawn(word: str, language: str) -> str | None:
    """Return a word drawn out ("sleeeep", "helpppp") as it is written, where the table knows it."""
    known = _known(language)
    return next((short for short in (_DRAWN.sub(r"\1\1", word), _DRAWN.sub(r"\1", word)) if short in known), None)


@lru_cache(maxsize=16)
def _words(language: str) -> frozenset[str]:
    return frozenset(word for text in _texts(language) for word in _words_of(text.casefold()))


@lru_cache(maxsize=16)
def _known(language: str) -> frozenset[str]:
    hints = (" ".join(concept.hints) for concept in load_vocabulary().concepts) if language == "en" else ()
    return _words(language).union(*(text.split() for text in hints))


@lru_cache(maxsize=16)
def _slips(language: str) -> Mapping[str, str]:
    """Return each slip with the word that it is of; one that could be of two words, or names a style, is none."""
    known = _words(language)
    right = known | load_vocabulary().unheard
    found: dict[str, str | None] = {}
    for word in known:
        for slip in _of(word):
            if slip not in right:
                found[slip] = word if found.get(slip, word) == word else None
    return {slip: word for slip, word in found.items() if word is not None}


@lru_cache(maxsize=16)
def _unaccented(language: str) -> Mapping[str, str]:
    """Return what is typed where accents are not, with the word: "ultima" for "última", "hoeren" for "hören"."""
    known = _words(language)
    found: dict[str, str] = {}
    for word in known:
        plain = _DIGRAPHS.sub(lambda sign: _UMLAUTS[sign[0]], word) if language == "de" else fold(word)
        if plain != word and plain not in known:
            found[plain] = word
    return found


def _words_of(pattern: str) -> Iterable[str]:
    for found in _LITERAL.finditer(pattern):
        word, ends = found["word"], found["ends"]
        endings = ends.split("|") if ends is not None else list(found["signs"] or "")
        if found["maybe"]:
            endings = [*endings, ""] if endings else [""]
            word, endings = (word, endings) if len(endings) > 1 else (word[:-1], [word[-1], ""])
        more = ("", "s") if found["plural"] else ("",)
        yield from (word + end + s for end in endings or [""] for s in more if (word + end).isalpha())


def _of(word: str) -> Iterable[str]:
    places = range(1, len(word) - 1)
    if len(word) >= _SWAPPED:
        yield from (word[:p] + word[p + 1] + word[p] + word[p + 2 :] for p in places if word[p] != word[p + 1])
    if len(word) >= _LEFT_OUT:
        yield from (word[:p] + word[p + 1 :] for p in places)
        yield from (word[: p + 1] + word[p] + word[p + 1 :] for p in places)


def _texts(language: str) -> Iterable[str]:
    table = tomllib.loads(files("agent.languages").joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    yield from (str(table.get(part, "")) for part in ("common", "words", "unslipped"))
    yield from (pattern for pattern, _ in table.get("phrases", ()))
    if language == "en":
        yield files("agent.planner").joinpath("patterns.toml").read_text(encoding="utf-8")
        for concept in load_vocabulary().concepts:
            yield " ".join((concept.id, *concept.words))
