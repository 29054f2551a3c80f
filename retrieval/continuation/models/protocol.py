"""What every continuation model promises."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from retrieval.continuation.corpus import FloatArray, Seeds


@runtime_checkable
class ContinuationModel(Protocol):
    """Scores every item as the next of a list.

    ``score`` takes `Seeds` and returns ``(n,)`` float32, finite and >= 0, the higher the better; all 0 means nothing to
    say (no seeds, seeds that it does not know, no title). Scores of two calls may be compared, those of two models not.
    The same seeds have the same answer; the order of the seeds matters to models of order alone. Safe to call from
    several threads. Seeds themselves may have any score: leaving them out is the caller's part.
    """

    @property
    def name(self) -> str: ...

    def score(self, seeds: Seeds) -> FloatArray: ...
