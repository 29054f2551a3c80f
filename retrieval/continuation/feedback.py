"""What a listener said, as a lean of the next list: likes pull, completions a little; skips and dislikes push.

The pull is a weighted mean with the closeness to what was liked, the push a share taken off for the closeness to what
was not (after J. Rocchio's relevance feedback, 1971, on scores instead of vectors, so that it works for any model).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from catalog.values import Feedback, FeedbackKind, TrackId
from retrieval.concepts import FloatArray
from retrieval.continuation.values import ContinuationRequest

# Beside the playlist itself, which counts 1.
PULL: dict[FeedbackKind, float] = {"like": 0.6, "complete": 0.2}
# The share that a track as close as can be loses.
PUSH: dict[FeedbackKind, float] = {"dislike": 0.6, "skip": 0.3}

# Takes rows and returns how close each track is to them, ``(n,)`` in [0, 1].
Near = Callable[[Sequence[int]], FloatArray]


@dataclass(frozen=True, slots=True)
class Taste:
    """One word for each track that somebody said something of."""

    words: dict[TrackId, FeedbackKind]

    def tracks(self, kind: FeedbackKind) -> list[TrackId]:
        """Return the tracks of one kind, in the order in which they were first spoken of."""
        return [track for track, said in self.words.items() if said == kind]


def taste_of(request: ContinuationRequest, said: Iterable[Feedback] = ()) -> Taste:
    """Return what holds of a user's words, oldest first, and of the request, which has the last one.

    A like or a dislike outweighs what was only skipped or heard to the end; else the later word counts.
    """
    told: list[tuple[TrackId, FeedbackKind]] = [(f.track_id, f.kind) for f in said]
    told += [(track, "skip") for track in request.skipped]
    told += [(track, "like") for track in request.liked]
    told += [(track, "dislike") for track in request.disliked]
    words: dict[TrackId, FeedbackKind] = {}
    for track, kind in told:
        if kind in {"like", "dislike"} or words.get(track) not in {"like", "dislike"}:
            words[track] = kind
    return Taste(words)


def leaned(scores: FloatArray, near: Near, rows: Callable[[Sequence[TrackId]], list[int]], taste: Taste) -> FloatArray:
    """Return scores in [0, 1] after the taste has had its say; `rows` finds tracks in the columns of `near`."""
    total, weight = scores.copy(), np.float32(1)
    for kind, much in PULL.items():
        if found := rows(taste.tracks(kind)):
            total += np.float32(much) * near(found)
            weight += np.float32(much)
    total /= weight
    for kind, much in PUSH.items():
        if found := rows(taste.tracks(kind)):
            total *= 1 - np.float32(much) * near(found)
    return total
