"""What somebody listened to, kept so that continuations learn from it: each sitting becomes a stored playlist.

Playlists are what every model here learns from, in their order, so that nothing else has to know of listens. A reaction
("complete") would tell that a track was heard, but not what it was heard with, nor what came next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from catalog.formats.listens import Sitting
from catalog.formats.values import MAX_ENTRIES, PlaylistEntry
from catalog.store import Catalogue
from catalog.values import PlaylistItem, TrackId
from retrieval.continuation.resolving import EntryResolver
from retrieval.continuation.values import NamedTrack

# A sitting with fewer tracks of the catalogue has nothing to say on what goes together.
LEAST = 2
MARK = "What you listened to, from ListenBrainz."


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of sittings: how many were kept, were kept before, or hold too little of the catalogue.

    `heard` counts the listens, `known` those of tracks that are here.
    """

    kept: int
    before: int
    left_out: int
    heard: int
    known: int


def keep_sittings(
    sittings: Iterable[Sitting], catalogue: Catalogue, resolver: EntryResolver, *, dry_run: bool = False
) -> Kept:
    """Store each sitting once, titled by when it began; what is not in the catalogue stays by its words."""
    there = {p.title for p in catalogue.playlists.all() if p.description == MARK}
    finder = _Finder(resolver)
    kept = before = left_out = heard = known = 0
    for sitting in sittings:
        items = [finder.item(e) for e in sitting.entries[:MAX_ENTRIES]]
        found = [i.track_id for i in items if i.track_id is not None]
        heard += len(items)
        known += len(found)
        title = f"Listening {datetime.fromtimestamp(sitting.at, UTC):%Y-%m-%d %H:%M:%S}"
        if len(set(found)) < LEAST:
            left_out += 1
        elif title in there:
            before += 1
        else:
            kept += 1
            if not dry_run:
                catalogue.playlists.create(title, items, MARK)
    return Kept(kept, before, left_out, heard, known)


def forget_sittings(catalogue: Catalogue) -> int:
    """Delete all playlists that `keep_sittings` made; return how many there were."""
    ids = [p.id for p in catalogue.playlists.all() if p.description == MARK]
    for playlist_id in ids:
        catalogue.playlists.delete(playlist_id)
    return len(ids)


class _Finder:
    """Looks each different entry up once: people listen to the same things again."""

    def __init__(self, resolver: EntryResolver) -> None:
        self._resolver = resolver
        self._found: dict[tuple[str | None, str | None, tuple[str, ...]], TrackId | None] = {}

    def item(self, entry: PlaylistEntry) -> PlaylistItem:
        key = (entry.title, entry.artist, entry.identifiers)
        if key not in self._found:
            hit = self._resolver.find(NamedTrack(entry.title or "", entry.artist, None, entry.identifiers))
            self._found[key] = None if hit is None else hit[0]
        return PlaylistItem(self._found[key], entry.title or "", entry.artist)
