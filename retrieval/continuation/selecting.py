"""Which tracks a list may hold and which it does: no song twice, no artist all over, as many or as long as asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catalog.names import UNTITLED, fold
from retrieval.concepts import FloatArray
from retrieval.continuation.objective import artists_of
from retrieval.diversity import SAME_LENGTH_S, SAME_SOUND
from retrieval.indexes.build import VectorView
from retrieval.indexes.store import IntArray
from retrieval.snapshot import Snapshot

# A length is met when the list is this close to it.
LENGTH_SLACK = 0.02
# Tracks of the playlist that what is added must not sound like a copy of, and candidates that are compared so.
_HEARD, _COMPARED = 300, 1500
_UNTITLED = fold(UNTITLED)


@dataclass(frozen=True, slots=True)
class Target:
    """How much a list should hold: `n` tracks, `duration_s` seconds, or both."""

    n: int | None
    duration_s: float | None

    @property
    def length(self) -> tuple[float, float] | None:
        """Return the least and the most seconds that meet the length, or None where none was asked for."""
        if self.duration_s is None:
            return None
        return self.duration_s * (1 - LENGTH_SLACK), self.duration_s * (1 + LENGTH_SLACK)


def pool_of(
    snapshot: Snapshot,
    order: IntArray,
    kept: Sequence[int],
    seeds: Sequence[int],
    music: VectorView | None,
    size: int,
    cap: tuple[int | None, bool],
) -> IntArray:
    """Return up to `size` candidate rows, the `kept` ones first, then the others of `order` (best first).

    No two of them, nor one of them and a seed, are one song (an edition of it, or the same recording by its sound). Of
    an artist there are at most as many as `cap` says, whose second part tells whether that was asked for: if it was
    not, the others fill a list that is too short.
    """
    others = _unlike(snapshot, order, kept, seeds, size)
    rows = np.concatenate([np.array(kept, np.int64), others])
    rows = rows[_sounding_once(snapshot, rows, len(kept), seeds, music)]
    within, beyond = _capped(snapshot, rows, len(kept), cap[0])
    spare = [] if cap[1] else beyond
    return rows[np.array([*within, *spare], np.int64)]


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


def _capped(snapshot: Snapshot, rows: IntArray, kept: int, cap: int | None) -> tuple[list[int], list[int]]:
    """Return the places within the cap and those beyond it; the first `kept` count, and stay."""
    within: list[int] = []
    beyond: list[int] = []
    counts: Counter[int] = Counter()
    for place, artist in enumerate(artists_of(snapshot, rows).tolist()):
        if place >= kept and artist >= 0 and cap is not None and counts[artist] >= cap:
            beyond.append(place)
            continue
        counts[artist] += 1
        within.append(place)
    return within, beyond


def taken(durations: FloatArray, relevance: FloatArray, kept: int, target: Target) -> IntArray:
    """Return the places of the candidates that make the list: the first `kept`, and the best that meet the target.

    With a count and a length the count is kept, and the length as nearly as the candidates allow.
    """
    everything = np.arange(len(durations))
    if target.duration_s is None:
        return everything[: max(target.n or 0, kept)]
    if target.n is not None:
        chosen = everything[: max(target.n, kept)].tolist()
    else:
        chosen = _filled(durations, kept, target.duration_s)
    return np.array(_closed(durations, relevance, chosen, kept, target), np.int64)


def _filled(durations: FloatArray, kept: int, duration_s: float) -> list[int]:
    """Return the kept ones and the best others that still fit; the shortest of all where nothing does."""
    chosen = list(range(kept))
    left = duration_s - float(durations[:kept].sum())
    for place in range(kept, len(durations)):
        if left <= duration_s * LENGTH_SLACK:
            break
        if float(durations[place]) <= left + duration_s * LENGTH_SLACK:
            chosen.append(place)
            left -= float(durations[place])
    return chosen or [int(durations.argmin())] if len(durations) else []


def _closed(durations: FloatArray, relevance: FloatArray, chosen: list[int], kept: int, target: Target) -> list[int]:
    """Return the choice brought to the length by adding or swapping single tracks, as few as it takes."""
    assert target.duration_s is not None
    slack = target.duration_s * LENGTH_SLACK
    for _ in range(len(chosen) + 8):
        missing = target.duration_s - float(durations[chosen].sum(dtype=np.float64))
        others = np.setdiff1d(np.arange(len(durations)), chosen)
        if abs(missing) <= slack or not len(others):
            break
        given = np.array(chosen[kept:], np.int64)
        # The last line adds, which a count forbids; a swap costs the relevance that goes.
        can_add = target.n is None
        seconds = np.append(durations[given], [0.0] * can_add)
        lost = np.append(relevance[given], [0.0] * can_add)
        gaps = np.abs(missing + seconds[:, None] - durations[others][None, :])
        if not gaps.size or gaps.min() >= abs(missing):
            break
        loss = np.where(gaps <= slack, lost[:, None] - relevance[others][None, :], np.inf)
        best = loss.argmin() if np.isfinite(loss).any() else gaps.argmin()
        line, column = np.unravel_index(int(best), gaps.shape)
        chosen = [c for i, c in enumerate(chosen) if i != kept + int(line)] + [int(others[column])]
    return sorted(chosen)
