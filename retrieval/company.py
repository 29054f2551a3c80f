"""What people's playlists tell a search: what tracks and artists are listed under, beside whom, and how often.

A catalogue of names alone knows no genre and no occasion; the names that people gave the lists in which an artist
stands ("90s hip hop", "gym") do. They count as soft text about a track and prove nothing. Entries that are not in the
catalogue count for their artists, where those are.

Sources: M. Pichl, E. Zangerle and G. Specht, "Towards a context-aware music recommendation approach: what is hidden in
the playlist name?", 2015; neighbours as in `continuation.models.items`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from catalog.values import Playlist
from retrieval.concepts import FloatArray
from retrieval.continuation.corpus import Corpus, Items
from retrieval.continuation.models.items import MOST_ENTRIES
from retrieval.lexical import content_words
from retrieval.reading.artists import credits_of
from retrieval.snapshot import Snapshot
from retrieval.vocabulary import Vocabulary

# What one or two lists say of an item counts little; of all that so few lists say, half is believed.
_SHRINK, _FEW = 1.0, 4.0
# What holds for an artist holds less for a track on which they are a guest, and for one that no list has.
_GUEST, _UNLISTED = 0.7, 0.6
# From this likeness of its title on a list is told as a reason, and so many are.
_TOLD_FROM, _TOLD = 0.5, 2


@dataclass(frozen=True, eq=False)
class Told:
    """What lists say of each row: `scores` ``(n,)`` in [0, 1], and how far they are to be trusted, in [0, 1)."""

    scores: FloatArray
    trust: float


class Company:
    """Built lazily over one state of a library; without playlists every answer is None.

    Args:
        snapshot: the tracks.
        playlists: the stored lists, newest first; what a recipe fills teaches nothing.
    """

    def __init__(self, snapshot: Snapshot, playlists: Sequence[Playlist]) -> None:
        self._snapshot = snapshot
        self._playlists = [p for p in playlists if p.recipe is None]

    def listed(self, text: str) -> Told | None:
        """Return how much the names of lists speak for each row by a text; None where no list has such a name.

        The best row has the likeness of the nearest title to the text, the others their share of its evidence.
        """
        if not self._playlists or not (alike := self._lists.titles.like(text)).any():
            return None
        artists = self._evidence(self._lists.artists, alike)
        songs = self._evidence(self._lists.songs, alike)
        scores = _UNLISTED * self._by_artist(artists) + (1 - _UNLISTED) * songs[self._songs]
        return _told(scores, float(alike.max()), float(alike.sum()))

    def near(self, artists: Iterable[str]) -> Told | None:
        """Return how much the artists of each row stand in lists with some artists.

        The named ones themselves score 0; None where no list tells.
        """
        if not self._playlists:
            return None
        seeds = [self._id[name] for artist in artists for name in credits_of(artist) if name in self._id]
        if not seeds:
            return None
        lists = self._lists.artists
        # A walk from an artist to a list of theirs, each as likely: whom everybody lists says no more than the others.
        starts = np.bincount(seeds, minlength=len(self._id)) / np.maximum(lists.counts, 1)
        beside = self._evidence(lists, np.asarray(lists.matrix @ starts, np.float32))
        beside[seeds] = 0
        if not beside.any():
            return None
        scores = self._by_artist(beside) * (_UNLISTED + (1 - _UNLISTED) * self.known)
        return _told(scores, 1.0, float(np.count_nonzero(lists.matrix @ starts)))

    @cached_property
    def known(self) -> FloatArray:
        """Return how well known each row is, ``(n,)`` in [0, 1]: by how many lists hold the song; 0 where none does."""
        counts = np.log1p(self._lists.songs.counts)[self._songs] if self._playlists else np.zeros(len(self._snapshot))
        known: FloatArray = (counts / max(float(counts.max(initial=0)), 1e-9)).astype(np.float32)
        return known

    def titles_of(self, row: int, text: str) -> tuple[str, ...]:
        """Return the names of lists that speak for a row by a text, the nearest first; at most two."""
        if not self._playlists:
            return ()
        lists = self._lists
        alike = lists.titles.like(text)
        held = _holding(lists.songs, [int(self._songs[row])])
        if not (alike[held] >= _TOLD_FROM).any():
            held = _holding(lists.artists, self._credits[int(self._snapshot.artist_code[row])][:1])
        best = held[np.argsort(-alike[held], kind="stable")]
        titles = [lists.artists.titles[p] for p in best[alike[best] >= _TOLD_FROM].tolist()]
        return tuple(dict.fromkeys(titles))[:_TOLD]

    def _evidence(self, corpus: Corpus, alike: FloatArray) -> FloatArray:
        """Return what lists of such titles say for each item, next to all lists that hold it (as a cosine does)."""
        worth = 1 / np.sqrt(np.maximum(np.diff(corpus.offsets), 1))
        holders = corpus.holders
        said = holders @ (alike * worth)
        evidence: FloatArray = (said / np.sqrt(holders @ worth + _SHRINK)).astype(np.float32)
        return evidence / max(float(evidence.max(initial=0)), 1e-9)

    def _by_artist(self, scores: FloatArray) -> FloatArray:
        """Return the best of each row's artists, guests a little less."""
        found = np.append(scores, np.float32(0))
        ids, starts = self._flat
        best = np.maximum(found[ids[starts]], _GUEST * np.maximum.reduceat(found[ids], starts))
        by_row: FloatArray = best[self._snapshot.artist_code].astype(np.float32)
        return by_row

    @cached_property
    def _credits(self) -> list[list[int]]:
        """Return the artists of each written line of artists, the main one first."""
        return [[self._id[name] for name in credits_of(line)] for line in self._snapshot.written_artists]

    @cached_property
    def _flat(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the credits of all lines in one piece, and where each begins; a line of nobody is of a last artist."""
        lines = [line or [len(self._id)] for line in self._credits]
        starts = np.cumsum([0, *map(len, lines[:-1])])
        return np.array([i for line in lines for i in line], np.int64), np.asarray(starts, np.int64)

    @cached_property
    def _id(self) -> dict[str, int]:
        names = dict.fromkeys(name for line in self._snapshot.written_artists for name in credits_of(line))
        return {name: n for n, name in enumerate(names)}

    @cached_property
    def _songs(self) -> NDArray[np.int64]:
        """Return each row's song as a number: editions of one title by one line of artists are one."""
        snapshot = self._snapshot
        pairs = snapshot.title_code.astype(np.int64) * (len(snapshot.artist_names) + 1) + snapshot.artist_code
        songs: NDArray[np.int64] = np.unique(pairs, return_inverse=True)[1]
        return songs

    @cached_property
    def _lists(self) -> _Lists:
        snapshot = self._snapshot
        songs: list[list[int]] = []
        artists: list[list[int]] = []
        titles, entries = [], 0
        for playlist in self._playlists:
            if entries > MOST_ENTRIES:
                break
            rows = snapshot.places([e.track_id for e in playlist.entries if e.track_id])
            rows = rows[rows >= 0]
            named = (e.artist for e in playlist.entries if e.track_id is None and e.artist)
            held = {i for code in snapshot.artist_code[rows].tolist() for i in self._credits[code]}
            held |= {self._id[name] for artist in named for name in credits_of(artist) if name in self._id}
            if held:
                songs.append(self._songs[rows].tolist())
                artists.append(sorted(held))
                titles.append(playlist.title)
                entries += len(held)
        return _Lists(
            Corpus.of(Items.nameless(int(self._songs.max(initial=-1)) + 1), songs, titles),
            Corpus.of(Items.nameless(len(self._id)), artists, titles),
            _Titles(titles, snapshot.vocabulary),
        )


@dataclass(frozen=True, eq=False)
class _Lists:
    """The same lists twice, over songs and over artists, and their titles."""

    songs: Corpus
    artists: Corpus
    titles: _Titles


class _Titles:
    """Likeness of a text to titles: the cosine of their words and concepts, rare ones counting more."""

    def __init__(self, titles: Sequence[str], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        distinct = list(dict.fromkeys(titles))
        place = {title: n for n, title in enumerate(distinct)}
        self._titled = np.array([place[title] for title in titles], np.int64)
        told = [self._words(title) for title in distinct]
        self._word = {word: n for n, word in enumerate(dict.fromkeys(w for words in told for w in words))}
        seen = np.bincount([self._word[w] for words in told for w in words], minlength=len(self._word))
        self._rarity = np.log(1 + len(distinct) / np.maximum(seen, 1)).astype(np.float32)
        self._unseen = float(np.log(1 + len(distinct)))
        self._rows = csr_matrix(
            (
                [float(self._rarity[self._word[w]]) for words in told for w in words],
                [self._word[w] for words in told for w in words],
                np.cumsum([0, *map(len, told)]),
            ),
            shape=(len(distinct), len(self._word)),
            dtype=np.float32,
        )
        self._norms = np.sqrt(np.asarray(self._rows.multiply(self._rows).sum(axis=1)).ravel())
        self.like = lru_cache(maxsize=64)(self._like)

    def _like(self, text: str) -> FloatArray:
        """Return ``(lists,)`` the likeness of each list's title to a text, in [0, 1]."""
        words = self._words(text)
        query = np.zeros(len(self._word), np.float32)
        known = [self._word[w] for w in words if w in self._word]
        query[known] = self._rarity[known]
        unseen = self._unseen**2 * (len(words) - len(known))
        norm = float(np.sqrt(query @ query + unseen))
        alike: FloatArray = (self._rows @ query / np.maximum(self._norms * max(norm, 1e-9), 1e-9)).astype(np.float32)
        return alike[self._titled]

    def _words(self, text: str) -> list[str]:
        """Return the different words of meaning of a text, with one name for all words of a concept."""
        mentions = [m for m in self._vocabulary.mentions(text) if not m.negated]
        rest = text.casefold()
        for mention in reversed(mentions):
            rest = f"{rest[: mention.start]} , {rest[mention.end :]}"
        return list(dict.fromkeys([*(f"={m.concept.id}" for m in mentions), *content_words(rest)]))


def _told(scores: FloatArray, best: float, lists: float) -> Told:
    scaled = (scores * (best / max(float(scores.max(initial=0)), 1e-9))).astype(np.float32)
    return Told(scaled, lists / (lists + _FEW))


def _holding(corpus: Corpus, items: Sequence[int]) -> NDArray[np.int64]:
    """Return the lists that hold one of the items."""
    found = [corpus.holders.indices[corpus.holders.indptr[i] : corpus.holders.indptr[i + 1]] for i in items]
    return np.unique(np.concatenate(found)).astype(np.int64) if found else np.zeros(0, np.int64)
