"""The recurrent model of `encoders.sequence` as a continuation model, and lists as vectors."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from retrieval.continuation.corpus import FloatArray, Rows, Seeds


class SequenceScorer(Protocol):
    """What a trained sequence model offers; see `encoders.sequence.encoder.SequenceEncoder`."""

    @property
    def n(self) -> int: ...

    def embed(self, sequences: list[Rows]) -> FloatArray: ...

    def next_scores(self, rows: Rows) -> FloatArray: ...


class NextInSequence:
    """Scores an item by the probability that it comes next; `rows_of_items` maps the model's items to rows of `n`.

    Without the map the model's items are the rows.
    """

    name = "sequence"

    def __init__(self, scorer: SequenceScorer, n: int, item_of_row: Rows | None = None) -> None:
        self._scorer = scorer
        self._item_of_row = np.arange(n, dtype=np.int32) if item_of_row is None else item_of_row

    def known(self, seeds: Seeds) -> Rows:
        """Return the model's items among the seeds, in order."""
        items = self._item_of_row[seeds.rows]
        return items[items >= 0]

    def score(self, seeds: Seeds) -> FloatArray:
        """Return the probabilities, 0 for rows that the model does not know."""
        items = self.known(seeds)
        if len(items) == 0:
            return np.zeros(len(self._item_of_row), np.float32)
        scores = np.append(self._scorer.next_scores(items), np.float32(0))
        return scores[self._item_of_row].astype(np.float32)

    def embed(self, lists: list[Rows]) -> FloatArray:
        """Return ``(len(lists), d)`` embeddings of length 1; 0 where a list has no known item."""
        return self._scorer.embed([self.known(Seeds(rows)) for rows in lists])
