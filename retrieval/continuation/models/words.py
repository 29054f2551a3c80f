"""word2vec over lists, the small baseline: items as words, lists as sentences.

Source: O. Barkan and N. Koenigstein, "Item2Vec", 2016; engine: `gensim` (extra ``playlists``).
"""

from __future__ import annotations

import numpy as np

from retrieval.continuation.corpus import Corpus, FloatArray, Seeds
from retrieval.errors import MissingExtraError


class Words:
    """Item vectors ``(n, d)`` of length 1; the score is the cosine to the seeds' mean."""

    name = "words"

    def __init__(self, vectors: FloatArray) -> None:
        self.vectors = vectors

    @classmethod
    def fit(cls, corpus: Corpus, d: int = 64, epochs: int = 5, seed: int = 0) -> Words:
        """Train on the lists; a seed gives the same vectors on one worker only, so one it is.

        Raises:
            MissingExtraError: gensim is not installed.
        """
        try:
            from gensim.models import Word2Vec
        except ImportError as error:
            raise MissingExtraError("word2vec needs gensim; install trichord[playlists].") from error
        sentences = [[str(row) for row in corpus.rows(p)] for p in range(len(corpus))]
        model = Word2Vec(
            sentences, vector_size=d, window=10, min_count=1, sg=1, negative=5, ns_exponent=0.5, sample=1e-3,
            epochs=epochs, seed=seed, workers=1,
        )  # fmt: skip
        vectors = np.zeros((corpus.items.n, d), np.float32)
        for word, place in model.wv.key_to_index.items():
            vectors[int(word)] = model.wv.vectors[place]
        return cls(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9).astype(np.float32))

    def score(self, seeds: Seeds) -> FloatArray:
        """Return cosines, negative ones as 0."""
        middle = seeds.weight @ self.vectors[seeds.rows]
        return np.maximum(self.vectors @ (middle / np.float32(np.linalg.norm(middle) + 1e-9)), 0)
