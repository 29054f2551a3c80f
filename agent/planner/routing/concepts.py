"""Words of other languages that no table has, by their nearness to the words of concepts: "klavierstück" is piano."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from encoders.protocols import TextEncoder
from encoders.values import FloatArray
from retrieval.vocabulary import Concept, load_vocabulary

# From this cosine on: of 122 words for concepts in four languages all that were near enough meant that concept (two in
# three were), of 203 other words one in fifty was near one.
NEAR = 0.75
_FAMILIES = frozenset({"genre", "mood", "instrument"})
# A house to live in, and sounds that are spelt like words.
_AMBIGUOUS = frozenset({"house", "evil", "background music", "soundtrack"})
_SHORTEST, _MOST = 4, 8


class NearConcepts:
    """Tells which concepts words mean.

    Args:
        encoder: the sentence embeddings of many languages.
    """

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder
        self._words = [
            (word, concept)
            for concept in load_vocabulary().concepts
            if concept.family in _FAMILIES
            for word in (concept.id, *concept.words)
            if word not in _AMBIGUOUS
        ]

    @cached_property
    def _vectors(self) -> FloatArray:
        return self._encoder.encode([word for word, _ in self._words])

    def of(self, words: Sequence[str]) -> Mapping[str, Concept]:
        """Return the words that are near a concept, with it; short words, and all after the first eight, are not."""
        asked = [word for word in dict.fromkeys(words) if len(word) >= _SHORTEST or not word.isascii()][:_MOST]
        if not asked:
            return {}
        near = self._encoder.encode(asked) @ self._vectors.T
        return {
            word: self._words[int(row.argmax())][1] for word, row in zip(asked, near, strict=True) if row.max() >= NEAR
        }
