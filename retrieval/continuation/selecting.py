"""Which tracks a list may hold: no song twice, no edition or copy of one, nothing that the playlist has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catalog.names import UNTITLED, fold
from retrieval.diversity import SAME_LENGTH_S, SAME_SOUND
from retrieval.indexes.build import VectorView
from retrieval.indexes.store import IntArray
from retrieval.snapshot import Snapshot

# Tracks of the playlist that what is added must not sound like a copy of, and candidates that are compared so.
_HEARD, _COMPARED = 300, 1500
_UNTITLED = fold(UNTITLED)


def pool_of(
    snapshot: Snapshot,
    order: IntArray,
    kept: Sequence[int],
    seeds: Sequence[int],
    music: VectorView | None,
    size: int,
) -> IntArray:
    """Return up to `size` candidate rows, the `kept` ones first, then the others of `order` (best first).

    No two of them, nor one of them and a seed, are one song (an edition of it, or the same recording by its sound).
    """
    others = _unlike(snapshot, order, kept, seeds, size)
    rows = np.concatenate([np.array(kept, np.int64), others])
    return rows[_sounding_once(snapshot, rows, len(kept), seeds, music)]


def songs_of(snapshot: Snapshot, rows: IntArray) -> IntArray:
    """Return what all editions of one song share, its plain title and its artist, as one number a row."""
    titles, artists = snapshot.title_code[rows].astype(np.int64), snapshot.artist_code[rows].astype(np.int64)
    songs = titles * len(snapshot.artist_names) + artists
    # Tracks that nobody named are not one song because of that.
    untitled, nobody = snapshot.plain_titles.values.find(_UNTITLED), snapshot.artist_names.find("")
    nameless = (titles == untitled) & (artists == nobody) if untitled is not None and nobody is not None else None
    return songs if nameless is None else np.where(nameless, -rows - 1, songs)


def _unlike(snapshot: Snapshot, order: IntArray, kept: Sequence[int], seeds: Sequence[int], size: int) -> IntArray:
    songs = songs_of(snapshot, order)
    _, firsts = np.unique(songs, return_index=True)
    known = songs_of(snapshot, np.array([*kept, *seeds], np.int64))
    firsts = np.sort(firsts[~np.isin(songs[firsts], known)])
    return order[firsts[:size]]


def _sounding_once(
    snapshot: Snapshot, rows: IntArray, kept: int, seeds: Sequence[int], music: VectorView | None
) -> IntArray:
    """Return the places of the rows that sound like no earlier one and like no seed; the first `kept` all stay."""
    places = np.arange(len(rows))
    compared = np.concatenate([np.array(seeds[-_HEARD:], np.int64), rows[:_COMPARED]])
    if music is None or len(rows) == 0 or (music.store_row[compared] < 0).any():
        return places
    vectors = music.store.vectors(music.store_row[compared])
    lengths = snapshot.numbers["duration"][compared]
    same = (vectors @ vectors.T >= SAME_SOUND) & (np.abs(lengths[:, None] - lengths) <= SAME_LENGTH_S)
    out = np.zeros(len(compared), np.bool_)
    first = len(compared) - min(len(rows), _COMPARED)
    for place in np.flatnonzero(np.triu(same, 1).any(axis=0)).tolist():
        out[place] = place >= first + kept and bool((same[place, :place] & ~out[:place]).any())
    stays = np.ones(len(rows), np.bool_)
    stays[: len(compared) - first] = ~out[first:]
    return places[stays]
