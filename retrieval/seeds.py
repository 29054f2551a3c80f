"""What the tracks in a request say: what sounds like them, reads like them, stands in playlists with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from catalog.names import fold
from catalog.values import TrackId
from retrieval.attributes import attribute_branches
from retrieval.concepts import FloatArray, is_human
from retrieval.continuation.corpus import Seeds
from retrieval.indexes.build import VectorView
from retrieval.indexes.store import IntArray
from retrieval.scorers import Branch, ColumnScorer, VectorScorer
from retrieval.snapshot import Snapshot
from retrieval.state import State
from retrieval.values import SearchRequest

# Cosines of these encoders live in bands; the ends map to 0 and 1. Measured on the demo catalogue.
_MUSIC_BAND = (0.30, 0.95)
_DOCUMENT_BAND = (0.60, 0.95)
# How much what is pushed away counts beside what is wanted (Rocchio's gamma over beta).
PUSH = 0.5
# How much of what is shared with a track is taken out where a query should be less like it.
LESS = 0.8
PROFILE_MOODS = ("energetic", "happy", "dark")


def seed_branches(state: State, request: SearchRequest) -> list[Branch]:
    """Return the branches of liked, disliked and earlier liked tracks and of a sound.

    Tracks that were asked to be sounded like lead; earlier taste only leans. Where none of them has a sound, their
    words stand in.
    """
    sound = None if request.sound is None else request.sound.vector
    away = state.snapshot.rows(request.away)
    branches: list[Branch] = []
    if request.attribute is not None:
        chosen = state.snapshot.rows(request.like or request.taste)
        timbre = near_branches(state, "timbre", 1.0, chosen, (), sound, away)
        return attribute_branches(state, request, timbre)
    if request.like or sound is not None:
        liked, disliked = (state.snapshot.rows(ids) for ids in (request.like, request.dislike))
        branches += near_branches(state, "sound", 1.2, liked, disliked, sound, away)
        branches += _among(state, "together", 0.6, request.like)
        branches += company_branch(state, 1.2, _artists_of(state, request.like))
    if request.taste or (request.dislike and not branches):
        liked, disliked = (state.snapshot.rows(ids) for ids in (request.taste, request.dislike))
        branches += near_branches(state, "taste", 0.25, liked, disliked, None, away)
        branches += _among(state, "taste together", 0.25, request.taste)
        branches += company_branch(state, 0.25, _artists_of(state, request.taste), "taste company")
    return branches


def near_branches(
    state: State,
    name: str,
    weight: float,
    like: Sequence[int] | IntArray,
    dislike: Sequence[int] = (),
    sound: FloatArray | None = None,
    away: Sequence[int] = (),
) -> list[Branch]:
    """Return what is near the liked rows: in sound, or else in tags and moods and in words; none where all lack."""
    for view, band, extra in ((state.music, _MUSIC_BAND, sound), (state.text, _DOCUMENT_BAND, None)):
        if view is None:
            continue
        query = rocchio(view, like, dislike, extra)
        query = query if query is None else less_of(view, query, away)
        if query is None:
            continue
        near = Branch(name, weight, VectorScorer(view, query, band))
        if view is state.music:
            return [near]
        # Words of unheard tracks are names above all; what they are like is told by their tags and moods.
        profile = profile_scores(state.snapshot, like) if len(like) else None
        named = [] if profile is None else [Branch(f"{name}: tags", 1.5 * weight, ColumnScorer(profile))]
        return [*named, near]
    return []


def profile_scores(snapshot: Snapshot, rows: Sequence[int] | IntArray) -> FloatArray | None:
    """Return how far each row shares the written tags and the moods of some rows, ``(n,)`` in [0, 1].

    A tag weighs by the share of the rows that have it and by its rarity. None where the rows have no tags.
    """
    held = Counter(fold(t.label) for track in snapshot.tracks_at(list(rows)) for t in track.tags if is_human(t.source))
    weights = {tag: count * np.log(1 + len(snapshot) / (1 + len(snapshot.tags.of(tag)))) for tag, count in held.items()}
    total = sum(weights.values())
    if not total:
        return None
    shared = np.zeros(len(snapshot), np.float32)
    for tag, weight in weights.items():
        shared[snapshot.tags.of(tag)] += np.float32(weight / total)
    shared /= max(float(shared.max()), 1e-6)
    apart = [np.abs(c - c[rows].mean()) for c in (snapshot.column(m) for m in PROFILE_MOODS)]
    moods = 1 - np.mean(apart, axis=0)
    scores: FloatArray = (0.6 * shared + 0.4 * moods).astype(np.float32)
    return scores


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


def less_of(view: VectorView, query: FloatArray, away: Sequence[int]) -> FloatArray | None:
    """Return a unit query without most of what it shares with the mean of some rows ("A but less B").

    Only what is shared is taken (a share of the projection, as in Gram-Schmidt): what A and B have not in common stays
    as it is, and a B that has nothing of A changes nothing. Subtracting B itself would rather lead away from both.
    """
    mean = rocchio(view, away, ())
    if mean is None:
        return query
    shared = max(0.0, float(query @ mean))
    left = query - np.float32(LESS * shared) * mean
    norm = float(np.linalg.norm(left))
    return None if norm < 1e-6 else (left / norm).astype(np.float32)


def _among(state: State, name: str, weight: float, ids: tuple[TrackId, ...]) -> list[Branch]:
    rows = state.snapshot.rows(ids)
    scores = state.lists.together.score(Seeds.of(rows)) if rows else None
    # Playlists that say nothing drop out, so that their zeros do not pull the others down.
    return [] if scores is None or not scores.any() else [Branch(name, weight, ColumnScorer(scores))]


def company_branch(state: State, weight: float, artists: Sequence[str], name: str = "company") -> list[Branch]:
    """Return the branch of those who stand in playlists beside some artists; none where no list tells."""
    beside = state.company.near(artists)
    return [] if beside is None else [Branch(name, weight * beside.trust, ColumnScorer(beside.scores), soft=True)]


def _artists_of(state: State, ids: tuple[TrackId, ...]) -> list[str]:
    return [state.snapshot.artists[row] for row in state.snapshot.rows(ids)]
