"""What most lists hold, whatever the seeds: the floor that every other model has to leave behind."""

from __future__ import annotations

import numpy as np

from retrieval.continuation.corpus import Corpus, FloatArray, Seeds


class Popularity:
    """Scores an item by the share of the lists that hold it."""

    name = "popularity"

    def __init__(self, corpus: Corpus) -> None:
        self._share = corpus.counts / np.float32(max(len(corpus), 1))

    def score(self, seeds: Seeds) -> FloatArray:
        """Return the shares; seeds change nothing."""
        return self._share.copy()
