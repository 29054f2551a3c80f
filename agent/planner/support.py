"""Whether a message says what a model reads into it: a wish needs a word of the message that means it.

A small model makes up wishes, most of all from the examples that it was shown. So a wish counts only where a word that
the rules have not read yet is spelt like a word of its concept, or means nearly the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from agent.planner.nearest import Embed
from retrieval.vocabulary import Concept, load_vocabulary

# Cosine of bge-small, set by hand on 48 pairs of phrase and concept (docs/decisions.md), and rapidfuzz's ratio.
NEAR, SPELT = 0.70, 85.0
# Short words are spelt alike by chance ("pop", "top").
_LONG_ENOUGH = 5
_PHRASE, _MOST_WORDS = 3, 24


class Support:
    """Finds the words of a text that speak for a concept.

    Args:
        embed: the text encoder; None goes by spelling alone.
        near: from this cosine on two phrases mean the same.
    """

    def __init__(self, embed: Embed | None, near: float = NEAR) -> None:
        self._embed, self._near = embed, near

    def of(self, words: Sequence[str], concepts: Sequence[Concept]) -> dict[str, str]:
        """Return for each concept, by id, the words that speak for it; concepts that none does are not in it.

        Args:
            words: the words of the message that carry meaning and that nothing else was read from.
            concepts: what a model says to be wished for.
        """
        found = {c.id: spelt for c in concepts if (spelt := _spelt(words, c)) is not None}
        left = [c for c in concepts if c.id not in found]
        if self._embed is None or not left or not words:
            return found
        said = phrases(words[:_MOST_WORDS])
        vectors = self._embed(said)
        for concept in left:
            likeness = (vectors @ self._rows(concept).T).max(axis=1)
            if likeness.max() >= self._near:
                found[concept.id] = said[int(likeness.argmax())]
        return found

    def _rows(self, concept: Concept) -> NDArray[np.float32]:
        start, end = self._spans[concept.id]
        return self._words[start:end]

    @cached_property
    def _spans(self) -> dict[str, tuple[int, int]]:
        spans, start = {}, 0
        for concept in load_vocabulary().concepts:
            spans[concept.id] = (start, start + len(_names(concept)))
            start += len(_names(concept))
        return spans

    @cached_property
    def _words(self) -> NDArray[np.float32]:
        assert self._embed is not None
        return self._embed([word for concept in load_vocabulary().concepts for word in _names(concept)])


def phrases(words: Sequence[str]) -> list[str]:
    """Return the runs of one to three words of a text, and all of it."""
    runs = [" ".join(words[i : i + n]) for n in range(1, _PHRASE + 1) for i in range(len(words) - n + 1)]
    return list(dict.fromkeys([*runs, " ".join(words)]))


def _names(concept: Concept) -> tuple[str, ...]:
    return (concept.id, *concept.words, *concept.hints)


def _spelt(words: Sequence[str], concept: Concept) -> str | None:
    """Return a word that is one of a concept's, with a typo or another ending."""
    for word in words:
        for name in _names(concept):
            if word == name or (len(word) >= _LONG_ENOUGH and fuzz.ratio(word, name) >= SPELT):
                return word
    return None
