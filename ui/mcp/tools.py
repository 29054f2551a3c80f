"""The tools that find music: each calls what the other doors call, so that there is one ranking.

Their docstrings and the descriptions of their arguments are what a client's model reads.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agent.library import LibraryFacts, library_facts
from agent.outcomes import rows
from catalog.values import TrackId
from encoders.errors import MediaError
from retrieval.continuation.values import ArcShape, Order
from retrieval.values import Attribute
from ui.api import routes, schemas
from ui.api.continuing import continued
from ui.api.playlist_shapes import continue_body
from ui.compose import App
from ui.mcp.folders import Folders
from ui.mcp.shapes import ChatAnswer, Explained, Filters, Tracks, held
from ui.uploads import Uploads

Count = Annotated[int, Field(ge=1, le=100, description="how many tracks")]
Ids = Annotated[tuple[str, ...], Field(max_length=100, description="track ids, as results have them")]
Session = Annotated[str | None, Field(description="session_id of an earlier chat result; left out: a new conversation")]
File = Annotated[str, Field(max_length=2000, description="path of a file below the folders that the user opened")]
Filtered = Annotated[Filters | None, Field(description="hold for every result")]


class MusicTools:
    """The tools over the parts. They raise the errors of the parts, each one sentence for the client."""

    def __init__(self, parts: App, uploads: Uploads, folders: Folders) -> None:
        self._parts = parts
        self._uploads = uploads
        self._folders = folders

    def chat(
        self,
        message: Annotated[str, Field(description="what the user says, in their words")],
        session_id: Session = None,
        files: Annotated[tuple[File, ...], Field(max_length=8, description="videos, pictures, sounds, playlists")] = (),
    ) -> ChatAnswer:
        """Talk to the music agent: find, refine ("faster"), compare ("more like #2"), edit the list, compose, undo."""
        given = tuple(self._folders.take(f) for f in files)
        return ChatAnswer.of(routes.answered(self._parts.assistant.chat(message, session_id, given)))

    def search_tracks(
        self,
        query: Annotated[str, Field(max_length=10_000, description="wishes in words, titles, artists")] = "",
        n: Count = 10,
        filters: Filtered = None,
        dislike: Ids = (),
        exclude: Ids = (),
    ) -> Tracks:
        """Find tracks of the user's catalogue by words and filters; every wish gets a receipt."""
        body = schemas.SearchBody(query=query, n=n, filters=held(filters), dislike=list(dislike), exclude=list(exclude))
        return self._searched(body)

    def similar_tracks(
        self,
        track_ids: Annotated[list[str], Field(min_length=1, max_length=100, description="what to resemble")],
        n: Count = 10,
        attribute: Annotated[Attribute | None, Field(description="compare by this side only")] = None,
        less: Annotated[tuple[str, ...], Field(max_length=100, description="ids to be less like")] = (),
        freshness: Annotated[float | None, Field(description="-1: artists of these tracks, 1: other artists")] = None,
        filters: Filtered = None,
    ) -> Tracks:
        """Find tracks that resemble some tracks."""
        for track_id in (*track_ids, *less):
            self._parts.catalogue.library.get(TrackId(track_id))
        body = schemas.SearchBody(
            n=n, like=track_ids, attribute=attribute, less=list(less), freshness=freshness, filters=held(filters)
        )
        return self._searched(body)

    def _searched(self, body: schemas.SearchBody) -> Tracks:
        return Tracks.of(routes.searched(body, self._parts, self._uploads, None))

    def continue_playlist(
        self,
        track_ids: Ids = (),
        title: Annotated[str, Field(max_length=500, description="words to go by; alone it starts a list")] = "",
        playlist_id: Annotated[str | None, Field(max_length=64, description="a stored playlist to go on with")] = None,
        n: Annotated[int | None, Field(ge=1, le=500, description="how many tracks to add; 10 unless told")] = None,
        minutes: Annotated[float | None, Field(gt=0, le=1440, description="how long the added part should be")] = None,
        order: Annotated[Order | None, Field(description="best first, or smooth: in playing order")] = None,
        arc: Annotated[
            ArcShape | tuple[str, str] | None, Field(description="course of the energy, or two sounds: from and to")
        ] = None,
    ) -> Tracks:
        """Go on with a playlist in an order that plays well; nothing is stored."""
        length = None if minutes is None else minutes * 60
        asked = {"n": n, "duration": length, "order": order, "arc": arc, "playlist_id": playlist_id}
        given = continue_body({"track_ids": list(track_ids), "title": title} | asked)
        return Tracks.of(continued(self._parts, given, given.request()))

    def music_for_video(
        self,
        path: File,
        text: Annotated[str, Field(max_length=10_000, description="wishes; they outweigh the picture")] = "",
        n: Count = 10,
    ) -> Tracks:
        """Find music for a video or a picture on this machine, by what is seen and heard in it."""
        clip = self._folders.take(path)
        try:
            if clip.kind not in {"video", "image"}:
                raise MediaError(f"{clip.name} is {clip.kind}, not a video or picture; hand it to the tool `chat`.")
            return Tracks.of(routes.suggested(self._parts, clip.path, text, n))
        finally:
            self._folders.discard(clip)

    def explain_track(
        self,
        track_id: Annotated[str, Field(max_length=200, description="id of a track, as results have it")],
        session_id: Session = None,
    ) -> Explained:
        """Tell everything measured about a track, and why it is among the last results of a conversation."""
        track = self._parts.catalogue.library.get(TrackId(track_id))
        shown, measured = schemas.track_shape(track, 1.0, ""), routes.measured(track)
        standing = None if session_id is None else self._parts.assistant.state(session_id).standing
        for place, (found, why, score) in enumerate(() if standing is None else rows(standing), 1):
            if found == track.id:
                shown = schemas.track_shape(track, score, why)
                return Explained(track=shown, measurements=measured, place=place, why=why)
        return Explained(track=shown, measurements=measured)

    def library_facts(self) -> LibraryFacts:
        """Count what the user's catalogue holds: tracks, artists, tags, licences, albums, playlists."""
        return library_facts(self._parts.engine.state.snapshot, self._parts.catalogue)
