"""What the tracks in a request say: what sounds like them, reads like them, stands in playlists with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catalog.values import TrackId
from retrieval.concepts import FloatArray
from retrieval.indexes.build import VectorView
from retrieval.indexes.store import IntArray
from retrieval.scorers import Branch, ColumnScorer, VectorScorer
from retrieval.state import State
from retrieval.values import SearchRequest

# Cosines of these encoders live in bands; the ends map to 0 and 1. Measured on the demo catalogue.
_MUSIC_BAND = (0.30, 0.95)
_DOCUMENT_BAND = (0.60, 0.95)
# How much what is pushed away counts beside what is wanted (Rocchio's gamma over beta).
PUSH = 0.5


def seed_branches(state: State, request: SearchRequest) -> list[Branch]:
    """Return the branches of liked, disliked and earlier liked tracks and of a sound.

    Tracks that were asked to be sounded like lead; earlier taste only leans. Where none of them has a sound, their
    words stand in.
    """
    sound = None if request.sound is None else request.sound.vector
    branches = []
    if request.like or sound is not None:
        liked, disliked = (state.snapshot.rows(ids) for ids in (request.like, request.dislike))
        branches += near_branches(state, "sound", 1.2, liked, disliked, sound)
        branches += _among(state, "together", 0.6, request.like)
    if request.taste or (request.dislike and not branches):
        liked, disliked = (state.snapshot.rows(ids) for ids in (request.taste, request.dislike))
        branches += near_branches(state, "taste", 0.25, liked, disliked)
        branches += _among(state, "taste together", 0.25, request.taste)
    return branches


def near_branches(
    state: State,
    name: str,
    weight: float,
    like: Sequence[int] | IntArray,
    dislike: Sequence[int] = (),
    sound: FloatArray | None = None,
) -> list[Branch]:
    """Return one branch of what is near the liked rows in sound, or else in words; none where neither is known."""
    for view, band, extra in ((state.music, _MUSIC_BAND, sound), (state.text, _DOCUMENT_BAND, None)):
        if view is None:
            continue
        query = rocchio(view, like, dislike, extra)
        if query is not None:
            return [Branch(name, weight, VectorScorer(view, query, band))]
    return []


def rocchio(
    view: VectorView,
    like: Sequence[int] | IntArray,
    dislike: Sequence[int],
    extra: FloatArray | None = None,
    push: float = PUSH,
) -> FloatArray | None:
    """Return one unit query, the mean of the liked rows and `extra` less the disliked (J. Rocchio, 1971).

    None where no row has a vector, or where likes and dislikes cancel out.
    """
    total = np.zeros(view.store.dim, np.float32)
    if extra is not None:
        total += extra
    for rows, weight in ((like, 1.0), (dislike, -push)):
        places = view.store_row[np.array(rows, np.int64)]
        places = places[places >= 0]
        if len(places):
            total += np.float32(weight) * view.store.vectors(places).mean(axis=0)
    norm = float(np.linalg.norm(total))
    return None if norm < 1e-6 else (total / norm).astype(np.float32)


def _among(state: State, name: str, weight: float, ids: tuple[TrackId, ...]) -> list[Branch]:
    rows = state.snapshot.rows(ids)
    scores = state.together.score(rows) if rows else None
    # Playlists that say nothing drop out, so that their zeros do not pull the others down.
    return [] if scores is None or not scores.any() else [Branch(name, weight, ColumnScorer(scores))]
