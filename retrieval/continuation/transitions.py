"""How well one track follows another: tempo, key, loudness, and what follows what in lists that people made.

Each term lies in [0, 1], 0 for the smoothest. Tempo counts in octaves (60 and 120 BPM are one pulse), key in steps on
the Camelot wheel, loudness in LU. `TransitionModel` is a first-order Markov chain over tracks with back-off to artists
(S. Chen et al., "Playlist prediction via metric embedding", 2012, use the same bigram as their baseline; Dirichlet
smoothing after C. Zhai & J. Lafferty, 2001).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from retrieval.concepts import FloatArray
from retrieval.indexes.store import IntArray
from retrieval.likeness import FAR_KEY, FAR_TEMPO, key_apart, tempo_apart
from retrieval.snapshot import Snapshot

# A step of this many LU is as bad as any.
FAR_LOUDNESS = 8.0
# What is not known of a step costs as much as a middling one.
UNKNOWN = 0.5
# How many sightings what the artists tell is worth, and what all tracks together tell of artists.
_TRACK_PRIOR, _ARTIST_PRIOR, _UNIGRAM_PRIOR = 2.0, 5.0, 0.5


class Followings(Protocol):
    """``scores(before, after)``: how readily each of `after` follows each of `before`, ``(p, q)`` in [0, 1].

    0.5 says nothing either way; rows are those of one snapshot.
    """

    def scores(self, before: IntArray, after: IntArray) -> FloatArray: ...


class TransitionModel:
    """What follows what in ordered lists, by tracks and, where those were never neighbours, by their artists.

    Args:
        pairs: how often column b came right after row a, ``(n, n)``.
        artists: each row's artist as a number from 0, ``(n,)``.
    """

    def __init__(self, pairs: sparse.csr_matrix, artists: IntArray) -> None:
        self._pairs = pairs
        self._artists = artists
        n, m = len(artists), int(artists.max(initial=-1)) + 1
        member = sparse.csr_matrix((np.ones(n), (np.arange(n), artists)), (n, m))
        self._artist_pairs = (member.T @ pairs @ member).tocsr()
        self._left = np.asarray(pairs.sum(axis=1)).ravel()
        seen = np.asarray(pairs.sum(axis=0)).ravel() + _UNIGRAM_PRIOR
        self._unigram = seen / max(seen.sum(), 1e-12)
        self._artist_unigram = np.bincount(artists, weights=self._unigram, minlength=m)
        self._artist_left = np.bincount(artists, weights=self._left, minlength=m)

    @classmethod
    def fit(cls, sequences: Iterable[Sequence[int]], artists: IntArray) -> TransitionModel:
        """Count neighbours in sequences of rows; a track after itself counts nothing."""
        before: list[int] = []
        after: list[int] = []
        for rows in sequences:
            before += rows[:-1]
            after += rows[1:]
        a, b = np.array(before, np.int64), np.array(after, np.int64)
        a, b = a[a != b], b[a != b]
        n = len(artists)
        return cls(sparse.csr_matrix((np.ones(len(a)), (a, b)), (n, n)), artists)

    @property
    def empty(self) -> bool:
        """Whether no sequence told anything."""
        return bool(self._pairs.nnz == 0)

    def probabilities(self, before: IntArray, after: IntArray) -> NDArray[np.float64]:
        """Return P(after | before), ``(p, q)``; over all tracks each row sums to 1."""
        counts = self._pairs[before][:, after].toarray()
        left = self._left[before][:, None]
        found: NDArray[np.float64] = (counts + _TRACK_PRIOR * self._by_artist(before, after)) / (left + _TRACK_PRIOR)
        return found

    def _by_artist(self, before: IntArray, after: IntArray) -> NDArray[np.float64]:
        """Return P(the artist of `after` | that of `before`) times the share of the track in its artist's plays."""
        ours, theirs = self._artists[before], self._artists[after]
        counts = self._artist_pairs[ours][:, theirs].toarray()
        prior = _ARTIST_PRIOR * self._artist_unigram[theirs][None, :]
        artist = (counts + prior) / (self._artist_left[ours][:, None] + _ARTIST_PRIOR)
        by_artist: NDArray[np.float64] = artist * (self._unigram[after] / self._artist_unigram[theirs])[None, :]
        return by_artist

    def scores(self, before: IntArray, after: IntArray) -> FloatArray:
        """Return lift / (1 + lift) of each pair; see `Followings`."""
        lift = self.probabilities(before, after) / self._unigram[after][None, :]
        scores: FloatArray = (lift / (1 + lift)).astype(np.float32)
        return scores


def tempo_steps(snapshot: Snapshot, before: IntArray, after: IntArray) -> FloatArray:
    """Return tempo jumps ``(p, q)`` in [0, 1]; octaves are no jump."""
    tempo = snapshot.numbers["tempo"]
    return _known(tempo_apart(tempo[before][:, None], tempo[after][None, :]) / np.float32(FAR_TEMPO))


def key_steps(snapshot: Snapshot, before: IntArray, after: IntArray) -> FloatArray:
    """Return key changes ``(p, q)`` in [0, 1]: sixths of the way across the Camelot wheel."""
    pitch, minor = snapshot.pitch_class, snapshot.mode_minor
    apart = key_apart(pitch[before][:, None], minor[before][:, None], pitch[after][None, :], minor[after][None, :])
    return _known(apart / np.float32(FAR_KEY))


def loudness_steps(snapshot: Snapshot, before: IntArray, after: IntArray) -> FloatArray:
    """Return loudness steps ``(p, q)`` in [0, 1]."""
    loudness = snapshot.numbers["loudness"]
    return _known(np.abs(loudness[before][:, None] - loudness[after][None, :]) / np.float32(FAR_LOUDNESS))


def _known(apart: FloatArray) -> FloatArray:
    known: FloatArray = np.where(np.isnan(apart), np.float32(UNKNOWN), np.minimum(apart, 1)).astype(np.float32)
    return known
