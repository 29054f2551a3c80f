"""What Trichord is compared with: rankers that read texts alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np

from encoders.protocols import TextEncoder

# A text to the places of the documents, best first.
Peer = Callable[[str], Sequence[int]]


def bm25(documents: Sequence[str], k: int) -> Peer | None:
    """Return BM25 over documents, which ranks `k` of them; None where bm25s (extra `benchmarks`) is not installed."""
    try:
        import bm25s
    except ImportError:
        return None
    # It says at every step what it does.
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    model = bm25s.BM25()
    model.index(bm25s.tokenize(list(documents), stopwords="en", show_progress=False), show_progress=False)

    def ask(text: str) -> Sequence[int]:
        tokens = bm25s.tokenize([text], stopwords="en", show_progress=False)
        found, _ = model.retrieve(tokens, k=min(k, len(documents)), show_progress=False)
        return [int(place) for place in found[0]]

    return ask


def cosine(documents: Sequence[str], text: TextEncoder, k: int) -> Peer:
    """Return the cosine of a text encoder over documents, which ranks `k` of them."""
    matrix = text.encode(list(documents), "document")

    def ask(words: str) -> Sequence[int]:
        cosines = matrix @ text.encode([words], "query")[0]
        return [int(place) for place in np.argsort(-cosines, kind="stable")[:k]]

    return ask
