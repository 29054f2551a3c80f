"""What a playlist's name says, where it has tracks or none.

Sources: for lists of like titles T. van Niedek and A. de Vries, "Random walk with restart for automatic playlist
continuation and query-specific adaptations", RecSys Challenge 2018; character n-grams after W. Cavnar and J. Trenkle,
1994.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from catalog.names import fold
from encoders.protocols import TextEncoder
from retrieval.continuation.corpus import Corpus, FloatArray, Items, Seeds

Embed = Callable[[Sequence[str]], FloatArray]
_FEATURES = 2**18
_MOST_LISTS = 200
_BATCH = 200_000


class EmbedOnce:
    """Embeds titles by a text encoder, each once: a title takes 10 ms, and the same ones are asked for again."""

    def __init__(self, text: TextEncoder) -> None:
        self._text = text
        self._known: dict[str, FloatArray] = {}

    def __call__(self, titles: Sequence[str]) -> FloatArray:
        """Return ``(len(titles), d)`` float32 of length 1."""
        for title in titles:
            if title not in self._known:
                self._known[title] = self._text.encode([title], "query")[0]
        return np.stack([self._known[title] for title in titles])


def plain(title: str) -> str:
    """Return a title in one spelling: folded, signs and emoji apart as words of their own."""
    return " ".join(re.findall(r"\w+|[^\w\s]", fold(title) or title.casefold()))


class _Grams:
    """TF-IDF over hashed n-grams: no vocabulary to keep, the same features for texts never seen."""

    def __init__(self, analyzer: str, sizes: tuple[int, int]) -> None:
        from sklearn.feature_extraction.text import HashingVectorizer

        self._hashing: Any = HashingVectorizer(
            analyzer=analyzer,
            ngram_range=sizes,
            n_features=_FEATURES,
            alternate_sign=False,
            norm=None,
            dtype=np.float32,
            token_pattern=r"(?u)\S+",
            lowercase=False,
        )
        self.rarity = np.ones(_FEATURES, np.float32)

    def fit(self, texts: Sequence[str]) -> csr_matrix:
        """Learn how rare each gram is and return the texts' rows."""
        rows = self._hashing.transform(texts).tocsr()
        seen = np.bincount(rows.indices, minlength=_FEATURES)
        self.rarity = np.log1p(max(len(texts), 1) / np.maximum(seen, 1.0)).astype(np.float32)
        return self._weighed(rows)

    def rows(self, texts: Sequence[str]) -> csr_matrix:
        """Return the rows of texts, weighed by rarity."""
        return self._weighed(self._hashing.transform(texts).tocsr())

    def _weighed(self, rows: csr_matrix) -> csr_matrix:
        rows.data = np.sqrt(rows.data) * self.rarity[rows.indices]
        return rows


def _of_length_one(rows: csr_matrix) -> csr_matrix:
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return (diags(1.0 / np.maximum(lengths, 1e-9)) @ rows).tocsr().astype(np.float32)


def _by_age(titled: NDArray[np.int64]) -> FloatArray:
    """Return each list's share of its title's one voice: the latest half of it, the one before half of the rest."""
    later = np.zeros(len(titled))
    seen: Counter[int] = Counter()
    for place in range(len(titled) - 1, -1, -1):
        later[place] = seen[titled[place]]
        seen[titled[place]] += 1
    shares = 0.5**later
    return (shares / np.bincount(titled, weights=shares)[titled]).astype(np.float32)


class Titles:
    """Scores what lists of like titles hold: by character n-grams and, with `embed`, by the texts' embeddings.

    Lists stand in the order in which they were made: of several with one title the latest says most.

    `embed` returns ``(len(texts), d)`` float32 of length 1.
    """

    name = "titles"

    def __init__(self, corpus: Corpus, embed: Embed | None = None) -> None:
        self._corpus = corpus
        self._grams = _Grams("char_wb", (2, 5))
        titles = [plain(title) for title in corpus.titles]
        distinct = list(dict.fromkeys(titles))
        places = {title: n for n, title in enumerate(distinct)}
        self._titled = np.array([places[title] for title in titles], np.int64)
        self._rows = _of_length_one(self._grams.fit(distinct)) if distinct else None
        self._embed = embed
        self._embedded = embed(distinct) if embed is not None and distinct else None
        lengths = np.maximum(np.diff(corpus.offsets), 1).astype(np.float32)
        self._damping = _by_age(self._titled) / np.sqrt(lengths)

    def score(self, seeds: Seeds) -> FloatArray:
        """Return the summed likeness of title of the lists that hold each item."""
        scores = np.zeros(self._corpus.items.n, np.float32)
        title = plain(seeds.title)
        if not title or self._rows is None:
            return scores
        alike = self._alike(title)[self._titled] * self._damping
        near = np.argsort(-alike, kind="stable")[:_MOST_LISTS]
        for p in near[alike[near] > 0]:
            scores[self._corpus.rows(int(p))] += alike[p]
        return scores

    def _alike(self, title: str) -> FloatArray:
        """Return ``(titles,)`` likeness in [0, 1]; squared, so that half alike counts a quarter."""
        asked = _of_length_one(self._grams.rows([title]))
        alike: FloatArray = np.asarray((self._rows @ asked.T).todense(), np.float32).ravel()
        alike = alike**2
        if self._embed is None or self._embedded is None:
            return alike
        # Embeddings of any two short texts are alike by half: only what stands out counts.
        by_sense = np.clip((self._embedded @ self._embed([title])[0] - 0.7) / 0.3, 0, 1) ** 2
        both: FloatArray = np.maximum(alike, 0.8 * by_sense).astype(np.float32)
        return both


class Named:
    """Scores items that the title names ("This Is Barry White") by the share of its rare words they cover."""

    name = "named"

    def __init__(self, items: Items, familiarity: FloatArray) -> None:
        self._grams = _Grams("word", (1, 2))
        self._n = items.n
        texts = [plain(name) for name in items.names]
        self._rows = self._binary(self._grams.fit(texts)) if texts else None
        self._familiarity = (0.5 + 0.5 * familiarity / max(float(familiarity.max(initial=0)), 1e-9)).astype(np.float32)

    @staticmethod
    def _binary(rows: csr_matrix) -> csr_matrix:
        rows.data = np.ones_like(rows.data)
        return rows

    def score(self, seeds: Seeds) -> FloatArray:
        """Return the covered share of the title, squared; of two that cover the same, the better known first."""
        title = plain(seeds.title)
        if not title or self._rows is None:
            return np.zeros(self._n, np.float32)
        asked = self._grams.rows([title])
        total = float(asked.sum())
        covered = np.asarray((self._rows @ asked.T).todense(), np.float32).ravel()
        scores: FloatArray = (covered / max(total, 1e-9)) ** 2 * self._familiarity
        return scores
