"""The tri-modal branch: clip, words, liked and disliked tracks fused by a trained model into one query by sound.

The zero-training form of the same idea is the mean of the other branches' calibrated scores (`retrieval.fusion`).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from catalog.values import TrackId
from encoders.protocols import QueryFuser, TextEncoder
from encoders.values import Embedding, QueryTurn
from retrieval.indexes.build import VectorView
from retrieval.lexical import content_words
from retrieval.scorers import Branch, VectorScorer
from retrieval.state import State
from retrieval.values import SearchRequest

MAX_TURNS = 8


def trimodal_branches(state: State, request: SearchRequest, fuser: QueryFuser, text: TextEncoder) -> list[Branch]:
    """Return the branch of the fused query; none for words alone, which have branches of their own."""
    shown = request.scene is not None and request.scene.picture is not None
    spoken = shown or request.sound or request.like or request.dislike or request.taste
    if state.music is None or request.attribute is not None or not spoken:
        return []
    query = fuser.fuse(turns_of(state, state.music, request, fuser, text))
    return [] if query is None else [Branch("tri-modal", 1.0, VectorScorer(state.music, query.vector, fuser.band))]


def turns_of(
    state: State, view: VectorView, request: SearchRequest, fuser: QueryFuser, text: TextEncoder
) -> list[QueryTurn]:
    """Return a request as turns, oldest first: a turn for each track liked earlier, and what is asked now."""

    def heard(ids: Iterable[TrackId]) -> tuple[Embedding, ...]:
        places = view.store_row[np.array(state.snapshot.rows(tuple(ids)), np.int64)]
        rows = places[places >= 0]
        return tuple(Embedding(fuser.music_space, v) for v in view.store.vectors(rows)) if len(rows) else ()

    said = text.encode([request.text], "query")[0] if content_words(request.text) else None
    now = QueryTurn(
        video=_picture(request, fuser),
        text=None if said is None else Embedding(fuser.text_space, said),
        liked=heard(request.like) + (() if request.sound is None else (request.sound,)),
        disliked=heard((*request.dislike, *request.away)),
    )
    earlier = [QueryTurn(liked=heard([i])) for i in request.taste[-(MAX_TURNS - 1) :]]
    return [*earlier, now]


def _picture(request: SearchRequest, fuser: QueryFuser) -> Embedding | None:
    picture = None if request.scene is None else request.scene.picture
    # A conversation may be older than the setting of the picture encoder.
    if picture is None or picture.weights_sha256 != fuser.video_space.weights_sha256:
        return None
    return Embedding(fuser.video_space, np.array(picture.vector, np.float32))
