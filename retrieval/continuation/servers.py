"""A music server and the catalogue: which songs are which tracks, playlists taken from there and written back.

A song is a track that the identifiers, the path or the names say it is, if the lengths agree as well. What is found is
kept by the song's URI, so that the next time needs no search. A pulled playlist says in its description whence it is;
pulling again makes a new version of it, and pushing it writes it back to where it came from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from catalog.documents import Operation, Rename, Replace
from catalog.errors import NotFoundError
from catalog.formats.values import PlaylistDocument
from catalog.store import Catalogue
from catalog.subsonic.client import SubsonicClient
from catalog.subsonic.values import RemotePlaylist, Song, song_uri
from catalog.values import Playlist, PlaylistId, TrackId
from retrieval.continuation.resolving import EntryResolver, Looked, Resolution

# Lengths may differ by seconds, or by this share, before a song is another recording.
_SECONDS, _SHARE = 5.0, 0.05


@dataclass(frozen=True, slots=True)
class Linked:
    """How many songs a server has, and how many of them are tracks of the catalogue."""

    songs: int
    linked: int


@dataclass(frozen=True, slots=True)
class Pulled:
    """A playlist that was taken from a server, and what became of its entries."""

    playlist: Playlist
    resolution: Resolution


@dataclass(frozen=True, slots=True)
class Pushed:
    """A playlist that was written to a server: its id there, how many songs, and entries that the server lacks."""

    remote_id: str
    songs: int
    missing: tuple[str, ...]


def link_library(client: SubsonicClient, catalogue: Catalogue, resolver: EntryResolver) -> Linked:
    """Find every song of the server in the catalogue and keep the ids of those that are there.

    Raises:
        SubsonicError: the server is not there or refuses; nothing is kept.
    """
    songs = list(client.songs())
    looked = _resolved(client, resolver, None, songs)
    links = {
        e.track_id: song_uri(client.server, song.id)
        for e, song in zip(looked.entries, songs, strict=True)
        if e.track_id is not None
    }
    catalogue.library.link(_prefix(client), links)
    return Linked(len(songs), looked.found)


def pull(client: SubsonicClient, catalogue: Catalogue, resolver: EntryResolver, wanted: str | None) -> list[Pulled]:
    """Keep the playlists of a server, or the one of that id or name, here.

    Raises:
        SubsonicError: the server is not there or refuses.
        NotFoundError: it has no such playlist.
    """
    remote = [p for p in client.playlists() if wanted is None or wanted in {p.id, p.name}]
    if wanted is not None and not remote:
        raise NotFoundError(f"{client.server} has no playlist {wanted[:80]!r}; pull all of them to see what it has.")
    earlier = {_origin(p): p for p in catalogue.playlists.all()}
    return [_keep(client, catalogue, resolver, client.playlist(p.id), earlier) for p in remote]


def push(client: SubsonicClient, catalogue: Catalogue, playlist: Playlist, into: str | None) -> Pushed:
    """Write a playlist to a server: over the one of the id `into`, over where it came from, or as a new one.

    Raises:
        SubsonicError: the server is not there or refuses.
        NotFoundError: the server has none of the tracks; nothing is written.
    """
    prefix = _prefix(client)
    ids = {
        track: unquote(uri.removeprefix(prefix))
        for track, uris in catalogue.library.links([e.track_id for e in playlist.entries if e.track_id]).items()
        for uri in uris
        if uri.startswith(prefix)
    }
    songs = [ids[e.track_id] for e in playlist.entries if e.track_id in ids]
    if playlist.entries and not songs:
        raise NotFoundError(f"{client.server} has none of these tracks, as far as is known; pull from it first.")
    origin = _origin(playlist)
    came_from = origin.removeprefix(prefix) if origin and origin.startswith(prefix) else None
    remote_id = client.write(playlist.title, songs, into or (unquote(came_from) if came_from else None))
    return Pushed(remote_id, len(songs), tuple(e.title for e in playlist.entries if e.track_id not in ids))


def _keep(
    client: SubsonicClient,
    catalogue: Catalogue,
    resolver: EntryResolver,
    remote: RemotePlaylist,
    earlier: dict[str | None, Playlist],
) -> Pulled:
    found = _resolved(client, resolver, remote.name, remote.songs)
    origin = f"{_prefix(client)}{song_uri('', remote.id).removeprefix('subsonic::')}"
    description = f"From {origin}" + (f" {remote.comment}" if remote.comment else "")
    entries = tuple(found.items())
    known = earlier.get(origin)
    if known is None:
        return Pulled(catalogue.playlists.create(remote.name, entries, description), found)
    changes: list[Operation] = [Rename(remote.name, description), Replace(entries, known.bans)]
    return Pulled(catalogue.playlists.edit(PlaylistId(known.id), changes), found)


def _origin(playlist: Playlist) -> str | None:
    """Return the URI of the remote playlist that a description names."""
    words = playlist.description.split(maxsplit=2)
    return words[1] if words[:1] == ["From"] and len(words) > 1 and words[1].startswith("subsonic:") else None


def _prefix(client: SubsonicClient) -> str:
    return song_uri(client.server, "")


def _resolved(client: SubsonicClient, resolver: EntryResolver, title: str | None, songs: Iterable[Song]) -> Resolution:
    document = PlaylistDocument(title, None, tuple(song.entry(client.server) for song in songs))
    found = resolver.resolve(document)
    return Resolution(title, tuple(_same_length(resolver, e) for e in found.entries))


def _same_length(resolver: EntryResolver, looked: Looked) -> Looked:
    """Return what was found, unless names alone say so and the length is another recording's."""
    length = looked.entry.duration_s
    if looked.track_id is None or length is None or looked.how in {"identifier", "path"}:
        return looked
    row = resolver.snapshot.row_of[TrackId(looked.track_id)]
    apart = abs(float(resolver.snapshot.numbers["duration"][row]) - length)
    if apart <= max(_SECONDS, _SHARE * length):
        return looked
    return Looked(looked.place, looked.entry, why="title", closest=looked.track_id)
