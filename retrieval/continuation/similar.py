"""Stored playlists as vectors: which are like this one, and which a few words mean.

A playlist's vector is the sequence model's embedding where one was trained, else the mean of its tracks' music vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catalog.values import Playlist, PlaylistId
from retrieval.continuation.corpus import Corpus, FloatArray, Items, Seeds
from retrieval.continuation.models.titles import Titles
from retrieval.errors import QueryError
from retrieval.state import State

MOST = 100


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A playlist and how near it is: a cosine, in [-1, 1], or for words the likeness of the titles, in [0, 1]."""

    playlist: PlaylistId
    title: str
    nearness: float


def embed(state: State, playlists: Sequence[Playlist]) -> FloatArray:
    """Return ``(len(playlists), d)`` float32 of length 1; all 0 where nothing is known of a playlist's tracks."""
    rows = [np.array(state.snapshot.rows([e.track_id for e in p.entries if e.track_id]), np.int32) for p in playlists]
    if state.lists.sequence is not None:
        return state.lists.sequence.embed(rows)
    if state.music is None:
        return np.zeros((len(playlists), 1), np.float32)
    means = np.zeros((len(playlists), state.music.store.dim), np.float32)
    for line, held in enumerate(rows):
        places = state.music.store_row[held]
        if (places >= 0).any():
            means[line] = state.music.store.vectors(places[places >= 0]).mean(axis=0)
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    unit: FloatArray = (means / np.maximum(lengths, 1e-9)).astype(np.float32)
    return unit


def similar(state: State, playlists: Sequence[Playlist], to: PlaylistId, n: int = 10) -> list[Neighbour]:
    """Return the `n` playlists nearest to one of them, nearest first; those of which nothing is known are left out.

    Raises:
        QueryError: `to` is none of them, nothing is known of its tracks, or `n` out of 1 to 100.
    """
    _check(n)
    places = {p.id: place for place, p in enumerate(playlists)}
    if to not in places:
        raise QueryError(f"No playlist has the id {to[:64]!r}; GET /v1/playlists lists them.")
    vectors = embed(state, playlists)
    own = vectors[places[to]]
    if not own.any():
        raise QueryError("Nothing is known of this playlist's tracks; add tracks of the catalogue first.")
    cosines = vectors @ own
    known = [n for n in np.argsort(-cosines, kind="stable").tolist() if vectors[n].any() and n != places[to]]
    return [Neighbour(playlists[p].id, playlists[p].title, round(float(cosines[p]), 4)) for p in known[:n]]


def called(playlists: Sequence[Playlist], words: str, n: int = 10) -> list[Neighbour]:
    """Return the playlists whose titles are like some words, by character n-grams, best first.

    Raises:
        QueryError: `n` out of 1 to 100.
    """
    _check(n)
    # Each playlist is a list of one item, itself: what its title makes score is the playlist.
    items = Items.nameless(len(playlists))
    own = Corpus.of(items, [[place] for place in range(len(playlists))], [p.title for p in playlists])
    scores = Titles(own).score(Seeds.of([], words)) if playlists else np.zeros(0, np.float32)
    best = [p for p in np.argsort(-scores, kind="stable").tolist() if scores[p] > 0][:n]
    return [Neighbour(playlists[p].id, playlists[p].title, round(float(scores[p]), 4)) for p in best]


def _check(n: int) -> None:
    if not 1 <= n <= MOST:
        raise QueryError(f"n is {n}; ask for 1 to {MOST} playlists.")
