"""Which tracks of the catalogue a playlist's entries are: how each was found, or why not and what is closest.

Tried in this order: identifiers (ISRC, MusicBrainz recording), the path, the file's name with as many folders as agree,
the names (exact, another edition, slightly misspelt), and the names the other way round, as iTunes writes them.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal
from urllib.parse import unquote

import numpy as np
from rapidfuzz import fuzz, process

from catalog.formats.labels import label_of
from catalog.formats.locations import is_playlist, is_url
from catalog.formats.musicbrainz import isrc_of, recording_of
from catalog.formats.values import PlaylistDocument, PlaylistEntry
from catalog.names import fold
from catalog.store import Catalogue
from catalog.values import PlaylistItem, TrackId
from retrieval.continuation.values import NamedTrack
from retrieval.editions import read_edition, strip_edition
from retrieval.resolve import SAME, resolve
from retrieval.snapshot import Snapshot

How = Literal["identifier", "path", "filename", "name", "edition", "spelling"]
Why = Literal["playlist", "nameless", "artist", "title", "other artist"]
REASONS: dict[Why, str] = {
    "playlist": "is a playlist itself, which is not opened; import that file on its own",
    "nameless": "has neither a name nor a file to know it by",
    "artist": "no such artist is here",
    "title": "no such title is here",
    "other artist": "the title is here by others",
}
# Misses for which the closest track is looked for; a list with more is of another collection.
_CLOSEST = 1000
# How alike the names must be where only the file's name agrees, and lengths in seconds.
_PLAUSIBLE, _SAME_LENGTH_S = 60.0, 3.0
_TITLES = 3000


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of an entry at `place` (from 0): a track and how it was found, or why not and the closest one."""

    place: int
    entry: PlaylistEntry
    track_id: TrackId | None = None
    how: How | None = None
    why: Why | None = None
    closest: TrackId | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """All entries of a playlist, in its order."""

    title: str | None
    entries: tuple[Looked, ...]

    @property
    def found(self) -> int:
        """Return how many entries are tracks of the catalogue."""
        return sum(e.track_id is not None for e in self.entries)

    def items(self) -> list[PlaylistItem]:
        """Return the entries as the catalogue stores them; what is not here keeps its words."""
        return [
            PlaylistItem(e.track_id, e.entry.title or label_of(e.entry.location) or "", e.entry.artist)
            for e in self.entries
        ]


def named_tracks(document: PlaylistDocument) -> tuple[NamedTrack, ...]:
    """Return the entries that can be looked for, by name, file or identifier."""
    return tuple(
        NamedTrack(e.title or label_of(e.location) or "", e.artist, e.location, e.identifiers, e.duration_s)
        for e in document.entries
        if (e.title or e.location or e.identifiers) and not (e.location and is_playlist(e.location))
    )


class EntryResolver:
    """Finds tracks in one snapshot of a catalogue; files and identifiers are read when the first entry needs them."""

    def __init__(self, catalogue: Catalogue, snapshot: Snapshot) -> None:
        self._catalogue = catalogue
        self.snapshot = snapshot
        self._artist = lru_cache(maxsize=10_000)(self._near_artist)

    def find(self, named: NamedTrack) -> tuple[TrackId, How] | None:
        """Return the track that is meant and how it is known, or None."""
        if named.identifiers and (found := self._by_identifier(named.identifiers)):
            return found, "identifier"
        if named.location and not is_url(named.location) and (located := self._by_path(named)):
            return located
        hit = resolve(self.snapshot, named.title, named.artist)
        if hit is not None:
            return hit.track_id, "edition" if hit.missing else "name" if hit.certainty >= 99 else "spelling"
        # The other way round the title must be right: looking for typos as well would double the time for nothing.
        swapped = named.artist and len(self.snapshot.rows_of_title(fold(strip_edition(named.artist))))
        hit = resolve(self.snapshot, named.artist or "", named.title) if swapped else None
        return None if hit is None or hit.certainty < 99 else (hit.track_id, "name")

    def resolve(self, document: PlaylistDocument) -> Resolution:
        """Return what became of every entry; duplicates are as often there as in the playlist."""
        looked, missed = [], 0
        for place, entry in enumerate(document.entries):
            one = self._look(place, entry, closest=missed < _CLOSEST)
            missed += one.track_id is None
            looked.append(one)
        return Resolution(document.title, tuple(looked))

    def _look(self, place: int, entry: PlaylistEntry, *, closest: bool) -> Looked:
        if entry.location and is_playlist(entry.location):
            return Looked(place, entry, why="playlist")
        title = entry.title or label_of(entry.location) or ""
        named = NamedTrack(title, entry.artist, entry.location, entry.identifiers, entry.duration_s)
        if (found := self.find(named)) is not None:
            return Looked(place, entry, *found)
        if not fold(title):
            return Looked(place, entry, why="nameless")
        why, row = self._missing(title, entry.artist, closest)
        return Looked(place, entry, why=why, closest=None if row is None else TrackId(self.snapshot.ids[row]))

    # ---- identifiers and files -------------------------------------------------------------------------------------

    @cached_property
    def _identified(self) -> Mapping[str, TrackId]:
        return self._catalogue.library.identified()

    def _by_identifier(self, identifiers: Iterable[str]) -> TrackId | None:
        known = [*identifiers]
        if (isrc := isrc_of(known)) is not None:
            known.append(f"urn:isrc:{isrc}")
        if (recording := recording_of(known)) is not None:
            known.append(f"https://musicbrainz.org/recording/{recording}")
        found = (self._identified.get(i) for i in known)
        return next((i for i in found if i is not None and i in self.snapshot.row_of), None)

    @cached_property
    def _files(self) -> Mapping[str, list[tuple[tuple[str, ...], TrackId]]]:
        """Every file by its name, with its path's parts from the name upwards."""
        files: dict[str, list[tuple[tuple[str, ...], TrackId]]] = defaultdict(list)
        played = self._catalogue.queue.played()
        rows = self.snapshot.places([track_id for track_id, _ in played])
        for (track_id, path), row in zip(played, rows.tolist(), strict=True):
            parts = _parts(path)
            if parts and row >= 0:
                files[parts[0]].append((parts, track_id))
        return files

    def _by_path(self, named: NamedTrack) -> tuple[TrackId, How] | None:
        location = named.location or ""
        # VLC writes paths in M3U as URIs without saying so.
        for parts in dict.fromkeys((_parts(location), _parts(unquote(location)))):
            candidates = self._files.get(parts[0], []) if parts else []
            shared = [_agreeing(parts, theirs) for theirs, _ in candidates]
            best = max(shared, default=0)
            hits = dict.fromkeys(i for (_, i), agree in zip(candidates, shared, strict=True) if agree == best)
            if len(hits) != 1:
                continue
            (track_id,) = hits
            if any(theirs == parts for theirs, _ in candidates):
                return track_id, "path"
            if best > 1 or self._plausible(track_id, named):
                return track_id, "filename"
        return None

    def _plausible(self, track_id: TrackId, named: NamedTrack) -> bool:
        """Tell whether a file of the same name in another folder may be the track that is meant."""
        row = self.snapshot.row_of[track_id]
        told = named.title if named.title != label_of(named.location) else ""
        if told:
            return fuzz.token_set_ratio(fold(told), self.snapshot.titles[row]) >= _PLAUSIBLE
        length = float(self.snapshot.numbers["duration"][row])
        return named.duration_s is None or abs(named.duration_s - length) <= _SAME_LENGTH_S

    # ---- what is missing -------------------------------------------------------------------------------------------

    def _missing(self, title: str, artist: str | None, closest: bool) -> tuple[Why, int | None]:
        """Return why there is no such track, and the row of the closest, looked for among few."""
        snapshot = self.snapshot
        base = fold(strip_edition(read_edition(title)[0]))
        others = snapshot.rows_of_title(base)
        code = self._artist(fold(artist or "")) if closest or not len(others) else None
        if code is not None:
            rows = snapshot.artists.postings.at(code)
            return "title", self._nearest_title(base, rows) if closest else None
        if len(others):
            return "other artist", int(others[0])
        if not artist:
            near = snapshot.plain_titles.values.near(base, 70)[:1] if closest and len(base) > 3 else []
            return "title", int(snapshot.plain_titles.postings.at(near[0][0])[0]) if near else None
        return "artist", None

    def _near_artist(self, name: str) -> int | None:
        """Return the number of an artist of that name, a typo aside."""
        if not name:
            return None
        names = self.snapshot.artist_names
        exact = names.find(name)
        near = names.near(name, SAME)[:1] if exact is None and len(name) > 3 else []
        return exact if exact is not None else near[0][0] if near else None

    def _nearest_title(self, base: str, rows: np.ndarray[tuple[int], np.dtype[np.int32]]) -> int | None:
        few = rows[:_TITLES].tolist()
        hit = process.extractOne(base, [self.snapshot.titles[r] for r in few], scorer=fuzz.WRatio)
        return None if hit is None else int(few[hit[2]])


def _parts(location: str) -> tuple[str, ...]:
    """Return a path's parts from the file's name upwards, as any system may have written them."""
    plain = unicodedata.normalize("NFC", location).casefold().replace("\\", "/")
    if "/" not in plain and plain.count(":") > 1:  # an old Mac's path
        plain = plain.replace(":", "/")
    return tuple(reversed([p for p in plain.split("/") if p not in {"", "."}]))


def _agreeing(ours: tuple[str, ...], theirs: tuple[str, ...]) -> int:
    count = 0
    for a, b in zip(ours, theirs, strict=False):
        if a != b:
            break
        count += 1
    return count
