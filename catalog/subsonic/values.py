"""Songs and playlists of a music server as values, and what goes wrong with one in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from catalog.errors import CatalogError
from catalog.formats.values import PlaylistEntry, clean_duration, clean_text

MAX_ID = 200


class SubsonicError(CatalogError):
    """The server is not there, refuses, or answers nonsense; `code` is the protocol's, where the server gave one."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Song:
    """A song of a server. `path` is as the server tells it, which need not be where the file lies."""

    id: str
    title: str | None
    artist: str | None
    album: str | None
    duration_s: float | None
    path: str | None
    recording: str | None = None
    isrcs: tuple[str, ...] = ()

    def entry(self, server: str) -> PlaylistEntry:
        """Return it as a playlist's entry that carries the id which the song has at a server."""
        identifiers = [song_uri(server, self.id)]
        identifiers += [f"https://musicbrainz.org/recording/{self.recording}"] if self.recording else []
        identifiers += [f"urn:isrc:{isrc}" for isrc in self.isrcs]
        return PlaylistEntry(self.title, self.artist, self.album, self.duration_s, self.path, tuple(identifiers))


@dataclass(frozen=True, slots=True)
class RemotePlaylist:
    """A playlist at a server; `songs` are empty where only the list of playlists was asked for."""

    id: str
    name: str
    comment: str | None
    owner: str | None
    song_count: int
    songs: tuple[Song, ...] = ()


def song_uri(server: str, song_id: str) -> str:
    """Return the URI by which the catalogue knows a song of a server."""
    return f"subsonic:{server}:{quote(song_id, safe='')}"


def read_song(given: object) -> Song | None:
    """Read a song as the protocol writes it; None for what has no id."""
    told = given if isinstance(given, Mapping) else {}
    song_id = read_id(told.get("id"))
    if song_id is None:
        return None
    isrcs = told.get("isrc")
    return Song(
        id=song_id,
        title=clean_text(told.get("title")),
        artist=clean_text(told.get("displayArtist")) or clean_text(told.get("artist")),
        album=clean_text(told.get("album")),
        duration_s=clean_duration(told.get("duration")),
        path=clean_text(told.get("path")),
        recording=clean_text(told.get("musicBrainzId")),
        isrcs=tuple(filter(None, map(clean_text, isrcs if isinstance(isrcs, list) else [isrcs]))),
    )


def read_playlist(given: object) -> RemotePlaylist | None:
    """Read a playlist as the protocol writes it; None for what has no id."""
    told = given if isinstance(given, Mapping) else {}
    playlist_id = read_id(told.get("id"))
    if playlist_id is None:
        return None
    count = told.get("songCount")
    songs = tuple(filter(None, map(read_song, items(told.get("entry")))))
    return RemotePlaylist(
        id=playlist_id,
        name=clean_text(told.get("name")) or "Untitled",
        comment=clean_text(told.get("comment")),
        owner=clean_text(told.get("owner")),
        song_count=count if isinstance(count, int) else len(songs),
        songs=songs,
    )


def read_id(value: object) -> str | None:
    """Read an id; servers write numbers as well."""
    text = clean_text(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else None
    return text if text is not None and len(text) <= MAX_ID else None


def items(value: object) -> list[object]:
    """Return a list as a list; some servers write a single thing without one, and nothing at all for none."""
    return value if isinstance(value, list) else [] if value is None else [value]
