"""Stored playlists and tracks, as tools and as resources."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import Field

from agent.errors import MessageError
from catalog.documents import Rename, Replace
from catalog.formats.playlist import MEDIA_TYPES, write_playlist
from catalog.values import Playlist, PlaylistId, PlaylistSummary, TrackId
from retrieval.continuation.similar import called
from ui.api import routes, schemas
from ui.api.export import document_of
from ui.compose import App
from ui.mcp.shapes import Deleted, Entry, Exported, ListedPlaylist, Playlists, StoredPlaylist

Which = Annotated[str, Field(max_length=64, description="id of a playlist, as list_playlists has it")]
Title = Annotated[str, Field(min_length=1, max_length=500)]
Entries = Annotated[list[str], Field(min_length=1, max_length=1000, description="track ids in playing order")]
Confirm = Annotated[bool, Field(description="true only after the user said yes to exactly this")]


class StoredTools:
    """The tools around stored playlists. What takes something away asks for `confirm`."""

    def __init__(self, parts: App) -> None:
        self._parts = parts
        self._kept = parts.catalogue.playlists

    def list_playlists(
        self,
        query: Annotated[str, Field(max_length=200, description="a title; left out: all")] = "",
        limit: Annotated[int, Field(ge=1, le=200)] = 50,
        offset: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0,
    ) -> Playlists:
        """List the user's stored playlists, or those called something like `query`."""
        if query.strip():
            found = [self._kept.get(PlaylistId(c.playlist)) for c in called(self._kept.all(), query, limit)]
            return Playlists(playlists=[_listed(p, len(p.entries)) for p in found], total=len(found))
        page, total = self._kept.page(limit, offset)
        return Playlists(playlists=[_listed(p, p.length) for p in page], total=total)

    def show_playlist(self, playlist_id: Which) -> StoredPlaylist:
        """Return a stored playlist with its entries."""
        return stored_shape(self._kept.get(PlaylistId(playlist_id)))

    def save_playlist(
        self, title: Title, track_ids: Entries, description: Annotated[str, Field(max_length=2000)] = ""
    ) -> StoredPlaylist:
        """Store tracks as a new playlist."""
        return stored_shape(self._kept.create(title, self._kept.items(schemas.ids(track_ids)), description))

    def replace_playlist(
        self,
        playlist_id: Which,
        track_ids: Entries,
        title: Annotated[str | None, Field(max_length=500, description="another title")] = None,
        confirm: Confirm = False,
    ) -> StoredPlaylist:
        """Put other tracks in the place of all that a stored playlist holds; its history keeps what was there."""
        stored = self._kept.get(PlaylistId(playlist_id))
        if not confirm:
            raise MessageError(
                f"This takes all {len(stored.entries)} entries out of “{stored.title}” and puts {len(track_ids)} in; "
                "ask the user, then call again with confirm true."
            )
        changes = [Replace(self._kept.items(schemas.ids(track_ids)), stored.bans)]
        renamed = [] if title is None else [Rename(title, None)]
        return stored_shape(self._kept.edit(stored.id, [*renamed, *changes], expected_version=stored.version))

    def delete_playlist(self, playlist_id: Which, confirm: Confirm = False) -> Deleted:
        """Delete a stored playlist with its whole history; nothing brings it back."""
        stored = self._kept.get(PlaylistId(playlist_id))
        if not confirm:
            raise MessageError(
                f"This deletes “{stored.title}” with its {len(stored.entries)} entries and its history for good; "
                "ask the user, then call again with confirm true."
            )
        self._kept.delete(stored.id, expected_version=stored.version)
        return Deleted(id=stored.id, title=stored.title)

    def export_playlist(self, playlist_id: Which, format: Literal["m3u8", "xspf", "jspf", "csv"] = "m3u8") -> Exported:
        """Return a stored playlist as the text of a file that players open; no file is written."""
        stored = self._kept.get(PlaylistId(playlist_id))
        settings = self._parts.settings
        server = f"http://{settings.host}:{settings.port}"
        text = write_playlist(document_of(stored, self._parts.catalogue, server), format).decode("utf-8")
        return Exported(file_name=f"playlist.{format}", media_type=MEDIA_TYPES[format], text=text)

    def playlists_resource(self) -> str:
        """Return the stored playlists without their entries."""
        return self.list_playlists(limit=200).model_dump_json()

    def playlist_resource(self, playlist_id: str) -> str:
        """Return a stored playlist with its entries."""
        return self.show_playlist(playlist_id).model_dump_json()

    def track_resource(self, track_id: str) -> str:
        """Return a track with everything that was measured."""
        return json.dumps(routes.whole_track(self._parts.catalogue.library.get(TrackId(track_id))))


def stored_shape(stored: Playlist) -> StoredPlaylist:
    """Return a stored playlist as clients see it."""
    entries = [Entry(track_id=e.track_id, title=e.title, artist=e.artist, pinned=e.pinned) for e in stored.entries]
    return StoredPlaylist(**_listed(stored, len(entries)).model_dump(), entries=entries)


def _listed(stored: Playlist | PlaylistSummary, length: int) -> ListedPlaylist:
    return ListedPlaylist(
        id=stored.id,
        uri=f"trichord://playlists/{stored.id}",
        title=stored.title,
        description=stored.description,
        version=stored.version,
        length=length,
    )
