"""Is this very recording in the catalogue? Fingerprints of a clip against those of every track.

Lookup after Haitsma & Kalker (ISMIR 2002): a print that survived whole, or but for its least certain bits, names places
of tracks; places that many prints agree on are compared print by print. Two recordings agree in half of their bits by
chance; below `SAME_BITS` errors they are one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.store import Catalogue
from catalog.values import TrackId
from encoders.music.fingerprint import (
    FINE_STEP_S,
    PHASES,
    RATE_HZ,
    STEP_S,
    WEAK_BITS,
    PrintArray,
    QueryPrints,
    query_prints,
)
from encoders.values import FloatArray

# Share of differing bits up to which two stretches are one recording; the paper takes .35 for three seconds.
SAME_BITS = 0.35
# At least this many prints that hear something must be compared: three seconds.
LEAST_PRINTS = 30
# So much of a clip is listened to, from its middle: an upload may begin with talk, and may be a whole album.
LISTENED_S = 30.0
# Prints kept for lookup (8 bytes each); of more, every second, third, ... is kept.
MAX_INDEXED = 40_000_000
# A print that stands in more places than this tells nothing.
COMMON = 500
_COMPARED = 24


@dataclass(frozen=True, slots=True)
class Recognition:
    """The track that a clip was taken from; the clip begins at `offset_s` of it. `bit_error_rate` 0 is identity."""

    track_id: TrackId
    offset_s: float
    bit_error_rate: float


class Listener(Protocol):
    """Decodes a stretch of a file to mono float32 at a rate, in a capped child, and tells how long a file is."""

    def waveform(self, path: Path, sample_rate_hz: int, start_s: float, duration_s: float) -> FloatArray: ...

    def length_s(self, path: Path) -> float: ...


class PrintIndex:
    """All prints of a catalogue, to be found by value: one sorted array of ``print << 32 | place``."""

    def __init__(self, catalogue: Catalogue, most: int = MAX_INDEXED) -> None:
        lengths, total = [], 0
        self.ids: list[TrackId] = []
        for track_id, prints in catalogue.library.fingerprints():
            self.ids.append(track_id)
            lengths.append(len(prints))
            total += len(prints)
        self.starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        every = max(1, -(-total // most))
        parts = [np.zeros(0, np.uint64)]
        known = {track_id: int(start) for track_id, start in zip(self.ids, self.starts, strict=False)}
        for track_id, prints in catalogue.library.fingerprints():
            # A track that came in between the two readings is known at the next revision.
            if (start := known.get(track_id)) is not None:
                kept = np.arange(0, len(prints), every)
                kept = kept[prints[kept] != 0]
                parts.append(prints[kept].astype(np.uint64) << np.uint64(32) | (kept + start).astype(np.uint64))
        self._keys = np.concatenate(parts)
        self._keys.sort()

    def places(self, prints: PrintArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (which print, at which place of all tracks' prints laid end to end) for every hit."""
        wanted = prints.astype(np.uint64) << np.uint64(32)
        low = np.searchsorted(self._keys, wanted)
        high = np.searchsorted(self._keys, wanted + np.uint64(1 << 32))
        found = np.where((prints == 0) | (high - low > COMMON), 0, high - low)
        which = np.repeat(np.arange(len(prints)), found)
        within = np.arange(len(which)) - np.repeat(np.cumsum(found) - found, found)
        keys = self._keys[np.repeat(low, found) + within]
        return which, (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)

    def track_at(self, place: int) -> int:
        """Return the number of the track that a place lies in."""
        return int(np.searchsorted(self.starts, place, side="right")) - 1


class Recogniser:
    """Knows recordings again; safe to call from several threads. The index is read once for each revision.

    Args:
        catalogue: whose tracks may be known again; those without prints never are.
        listener: decodes clips.
    """

    def __init__(self, catalogue: Catalogue, listener: Listener) -> None:
        self._catalogue = catalogue
        self._listener = listener
        self._lock = threading.Lock()
        self._index: tuple[int, PrintIndex] | None = None

    def recognise(self, path: Path) -> Recognition | None:
        """Return the track that the sound of a file was taken from, None where no track has it.

        Raises:
            MediaError: the file has no sound that can be decoded.
        """
        start_s = max(0.0, (self._listener.length_s(path) - LISTENED_S) / 2)
        sound = self._listener.waveform(path, RATE_HZ, start_s, LISTENED_S)
        found = self.find(query_prints(sound))
        if found is None:
            return None
        return Recognition(found.track_id, max(0.0, found.offset_s - start_s), found.bit_error_rate)

    def find(self, query: QueryPrints) -> Recognition | None:
        """Return the track that has a stretch with these prints, the nearest of several, or None."""
        index = self._current()
        best: Recognition | None = None
        for place, phase in _agreed(index, query):
            found = self._compare(index, query.prints[phase::PHASES], place, phase * FINE_STEP_S)
            if found is not None and (best is None or found.bit_error_rate < best.bit_error_rate):
                best = found
        return best

    @property
    def unprinted(self) -> int:
        """Return how many tracks cannot be known again because they were ingested before there were fingerprints."""
        return self._catalogue.library.count() - self._catalogue.library.count_fingerprints()

    def _current(self) -> PrintIndex:
        revision = self._catalogue.library.revision
        with self._lock:
            if self._index is None or self._index[0] != revision:
                self._index = (revision, PrintIndex(self._catalogue))
            return self._index[1]

    def _compare(self, index: PrintIndex, prints: PrintArray, place: int, lead_s: float) -> Recognition | None:
        """Compare prints laid at a place (of the first, among all prints) with those of the track that is there.

        The clip begins `lead_s` before the first of them.
        """
        number = index.track_at(max(0, place + len(prints) // 2))
        if not 0 <= number < len(index.ids):
            return None
        track_id = index.ids[number]
        stored = next((p for _, p in self._catalogue.library.fingerprints([track_id])), None)
        if stored is None:
            return None
        start = place - int(index.starts[number])
        skipped = max(0, -start)
        theirs = stored[start + skipped : max(0, start + len(prints))]
        ours = prints[skipped : skipped + len(theirs)]
        heard = (ours != 0) & (theirs != 0)
        if int(heard.sum()) < LEAST_PRINTS:
            return None
        errors = float(np.bitwise_count(ours[heard] ^ theirs[heard]).mean()) / 32
        if errors > SAME_BITS:
            return None
        return Recognition(track_id, round(start * STEP_S - lead_s, 3), round(errors, 4))


def _agreed(index: PrintIndex, query: QueryPrints) -> Sequence[tuple[int, int]]:
    """Return the (place of the clip's first print, phase) that most hits agree on, the most first."""
    numbers = np.arange(len(query.prints))
    variants, of = _variants(query), np.tile(numbers, 2**WEAK_BITS)
    which, places = index.places(variants)
    at = of[which]
    lines = (places - at // PHASES) * PHASES + at % PHASES
    values, votes = np.unique(lines, return_counts=True)
    order = np.argsort(-votes, kind="stable")[:_COMPARED]
    return [(int(v) // PHASES, int(v) % PHASES) for v in values[order]]


def _variants(query: QueryPrints) -> PrintArray:
    """Return the prints, then the prints with each choice of their least certain bits turned."""
    turned = []
    for choice in product((0, 1), repeat=WEAK_BITS):
        mask = np.zeros(len(query.prints), np.uint32)
        for column, turn in enumerate(choice):
            if turn:
                mask |= np.uint32(1) << query.weakest[:, column].astype(np.uint32)
        turned.append(query.prints ^ mask)
    return np.concatenate(turned)
