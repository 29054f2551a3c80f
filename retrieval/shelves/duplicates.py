"""Tracks that are one recording: by their fingerprints, or, where those are missing, by name and length.

Two whole recordings are one where they agree in the bits of their prints over nearly all of the longer one (the bound
of `retrieval.recognition`). A part of another is no duplicate.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from catalog.names import fold
from catalog.store import Catalogue
from catalog.values import Track, TrackId
from encoders.music.fingerprint import PrintArray
from retrieval.recognition import SAME_BITS, PrintIndex

Ground = Literal["recording", "name"]
# So many prints from the middle of a track are looked up; this many must agree on a place of another.
LOOKED_UP, AGREEING = 256, 4
# Share of the longer recording that the shorter one covers.
COVERED = 0.9
SAME_LENGTH_S = 2.0


@dataclass(frozen=True, slots=True)
class Group:
    """Tracks that are one; `keep` is the one to keep, `why` in a word what speaks for it, `ground` why they are one."""

    ids: tuple[TrackId, ...]
    keep: TrackId
    why: str
    ground: Ground


class Duplicates:
    """The groups of a library, found once for each revision; safe to call from several threads."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._lock = threading.Lock()
        self._found: tuple[int, tuple[Group, ...]] | None = None

    @property
    def groups(self) -> tuple[Group, ...]:
        """Return all groups, the largest first."""
        revision = self._catalogue.library.revision
        with self._lock:
            if self._found is None or self._found[0] != revision:
                self._found = revision, find_duplicates(self._catalogue)
            return self._found[1]


def find_duplicates(catalogue: Catalogue) -> tuple[Group, ...]:
    """Return all groups of tracks that are one recording, the largest first."""
    tracks = {t.id: t for t in catalogue.library.all()}
    pairs = [(a, b, "recording") for a, b in _same_sound(catalogue)] + [(a, b, "name") for a, b in _same_name(tracks)]
    leader: dict[TrackId, TrackId] = {}

    def root(track_id: TrackId) -> TrackId:
        while (above := leader.get(track_id, track_id)) != track_id:
            track_id = above
        return track_id

    for a, b, _ in pairs:
        leader[root(a)] = root(b)
    heard = {root(a) for a, b, ground in pairs if ground == "recording"}
    members: defaultdict[TrackId, list[TrackId]] = defaultdict(list)
    for track_id in dict.fromkeys(i for a, b, _ in pairs for i in (a, b)):
        members[root(track_id)].append(track_id)
    groups = [_group([tracks[i] for i in ids if i in tracks], top in heard) for top, ids in members.items()]
    return tuple(sorted((g for g in groups if len(g.ids) > 1), key=lambda g: (-len(g.ids), g.ids)))


def _group(tracks: Sequence[Track], heard: bool) -> Group:
    best = max(tracks, key=_worth)
    ordered = sorted(tracks, key=lambda t: (t is not best, t.id))
    rest = max((_worth(t) for t in tracks if t is not best), default=_worth(best))
    differing = next((n for n, (a, b) in enumerate(zip(_worth(best), rest, strict=True)) if a != b), len(_REASONS) - 1)
    return Group(tuple(t.id for t in ordered), best.id, _REASONS[differing], "recording" if heard else "name")


_REASONS = ("file", "licence", "metadata", "length", "first")


def _worth(track: Track) -> tuple[bool, bool, int, float, str]:
    told = sum(v is not None for v in (track.artist, track.album, track.year, track.attribution))
    written = sum(tag.source in {"file", "sidecar", "user"} for tag in track.tags)
    return track.path is not None, track.licence is not None, told + written, round(track.duration_s, 1), track.id


def _same_sound(catalogue: Catalogue) -> Iterator[tuple[TrackId, TrackId]]:
    index = PrintIndex(catalogue)
    prints = dict(catalogue.library.fingerprints())
    for number, track_id in enumerate(index.ids):
        if (own := prints.get(track_id)) is None:
            continue
        for other in _candidates(index, number, own):
            # Each pair is looked at once, from its later member.
            if other < number and _is_same(own, prints.get(index.ids[other])):
                yield track_id, index.ids[other]


def _candidates(index: PrintIndex, number: int, own: PrintArray) -> list[int]:
    start = max(0, (len(own) - LOOKED_UP) // 2)
    which, places = index.places(own[start : start + LOOKED_UP])
    lines, votes = np.unique(places - which, return_counts=True)
    agreed = np.clip(lines[votes >= AGREEING], 0, None)
    return sorted({index.track_at(int(line)) for line in agreed} - {number})


def _is_same(own: PrintArray, other: PrintArray | None) -> bool:
    if other is None or min(len(own), len(other)) < COVERED * max(len(own), len(other)):
        return False
    # Copies begin within a second of each other: encoders pad, rippers trim.
    return any(_errors(own, other, shift) <= SAME_BITS for shift in range(-_SHIFTS, _SHIFTS + 1))


_SHIFTS = 12


def _errors(own: PrintArray, other: PrintArray, shift: int) -> float:
    a, b = (own[shift:], other) if shift >= 0 else (own, other[-shift:])
    length = min(len(a), len(b))
    heard = (a[:length] != 0) & (b[:length] != 0)
    if not heard.any():
        return 1.0
    return float(np.bitwise_count(a[:length][heard] ^ b[:length][heard]).mean()) / 32


def _same_name(tracks: Mapping[TrackId, Track]) -> Iterator[tuple[TrackId, TrackId]]:
    named: defaultdict[tuple[str, str], list[Track]] = defaultdict(list)
    for track in tracks.values():
        if track.artist:
            named[fold(track.title), fold(track.artist)].append(track)
    for alike in named.values():
        alike.sort(key=lambda t: t.duration_s)
        for a, b in pairwise(alike):
            if b.duration_s - a.duration_s <= SAME_LENGTH_S:
                yield a.id, b.id
