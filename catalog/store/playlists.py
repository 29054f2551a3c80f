"""Playlists as living documents: every change is a new version, nothing that was there is lost.

Versions count from 1 and never change; what `undo` and `restore` bring back is a new version with the old content, so
that a number stands for one content for good. Who writes may say which version it saw (`expected_version`): where the
playlist has moved on meanwhile, nothing is written and `ConflictError` says so.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from catalog.changes import Changes, changes_between
from catalog.documents import MAX_AUTHOR, MAX_DESCRIPTION, Operation, Replace, applied
from catalog.errors import ConflictError, DocumentError, NotFoundError
from catalog.names import UNTITLED, clean
from catalog.store import history, rows
from catalog.store.engine import Database
from catalog.store.tables import PlaylistRow, VersionRow
from catalog.values import (
    Document,
    Origin,
    Playlist,
    PlaylistId,
    PlaylistItem,
    PlaylistSummary,
    PlaylistVersion,
    TrackId,
)


class Playlists:
    """Stored playlists and their histories."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        title: str,
        entries: Sequence[PlaylistItem],
        description: str = "",
        *,
        bans: Sequence[TrackId] = (),
        recipe: str | None = None,
        author: str | None = None,
    ) -> Playlist:
        """Store a playlist as version 1 and return it with its new id.

        Raises:
            NotFoundError: an entry is of a track that is not in the catalogue.
            DocumentError: more than 20,000 entries, or one of a banned track.
        """
        author = clean(author, MAX_AUTHOR)
        named = Document(clean(title) or UNTITLED, clean(description, MAX_DESCRIPTION) or "", recipe=recipe)
        first, _ = applied(named, [Replace(tuple(entries), tuple(bans))], author)
        with self._database.write() as session:
            return self._start(session, first, f"created with {_count(first)}", author, None)

    def get(self, playlist_id: PlaylistId) -> Playlist:
        """Return a playlist at its current version; NotFoundError when it is not there."""
        with self._database.read() as session:
            return _current(session, playlist_id)

    def all(self) -> list[Playlist]:
        """Return every playlist, newest first."""
        with self._database.read() as session:
            return rows.load(session, None)

    def page(self, limit: int, offset: int = 0) -> tuple[list[PlaylistSummary], int]:
        """Return `limit` playlists from `offset` on, the last changed first, and how many there are in all."""
        query = (
            select(PlaylistRow, VersionRow.length, VersionRow.recipe.is_not(None).label("standing"))
            .join(VersionRow, rows.is_current())
            .order_by(PlaylistRow.updated_at.desc(), PlaylistRow.id)
        )
        with self._database.read() as session:
            total = session.scalar(select(func.count()).select_from(PlaylistRow)) or 0
            found = session.execute(query.limit(limit).offset(offset)).all()
        return [rows.summary(row, length, standing) for row, length, standing in found], total

    @property
    def revision(self) -> str:
        """A text that is another one after every change of any playlist."""
        with self._database.read() as session:
            count, newest = session.execute(select(func.count(), func.max(PlaylistRow.updated_at))).one()
        return f"{count} {newest}"

    def changed_since(self, when: datetime) -> int:
        """Return how many playlists that no recipe fills were made or changed after a time (UTC, without a zone)."""
        query = (
            select(func.count())
            .select_from(PlaylistRow)
            .join(VersionRow, rows.is_current())
            .where(PlaylistRow.updated_at > when, VersionRow.recipe.is_(None))
        )
        with self._database.read() as session:
            return session.scalar(query) or 0

    def items(self, ids: Sequence[TrackId]) -> tuple[PlaylistItem, ...]:
        """Return an entry for each track, in request order; NotFoundError for a track that is not in the catalogue."""
        with self._database.read() as session:
            named = rows.names(session, ids)
        _check_there(ids, named)
        return tuple(named[i] for i in ids)

    def known(self, ids: Iterable[TrackId]) -> list[PlaylistItem]:
        """Return an entry for each of the tracks that is in the catalogue."""
        with self._database.read() as session:
            return list(rows.names(session, ids).values())

    def edit(
        self,
        playlist_id: PlaylistId,
        operations: Iterable[Operation],
        *,
        expected_version: int | None = None,
        author: str | None = None,
    ) -> Playlist:
        """Make all the operations one new version, or none where they change nothing, and return the playlist.

        Raises:
            NotFoundError: no such playlist, or an entry of a track that is not in the catalogue.
            DocumentError: an operation cannot be made; none of them is.
            ConflictError: the playlist is not at `expected_version`.
        """
        author = clean(author, MAX_AUTHOR)
        with self._database.write() as session:
            row = _row(session, playlist_id, expected_version)
            before = _content(session, row, row.version)
            after, words = applied(before, operations, author)
            _check_new(session, before, after)
            return self._advance(session, row, before, after, words, author)

    def undo(
        self, playlist_id: PlaylistId, *, expected_version: int | None = None, author: str | None = None
    ) -> Playlist:
        """Bring back what the playlist held before its last change, as a new version; again, the one before that.

        An undo is no change to be undone itself: `restore` brings back what it took.

        Raises:
            NotFoundError: no such playlist.
            DocumentError: nothing was changed yet.
            ConflictError: the playlist is not at `expected_version`.
        """
        with self._database.write() as session:
            row = _row(session, playlist_id, expected_version)
            here = _version(session, row, row.version)
            number = (here.back_to or here.number) - 1
            if number < 1:
                raise DocumentError("There is nothing to undo: this is what the playlist began with.")
            last = _version(session, row, number)
            undone = _version(session, row, number + 1).message
            target = last.back_to or number
            after = _content(session, row, target)
            before = _content(session, row, row.version)
            words = f"undid “{undone}”, back to version {target}"
            return self._advance(session, row, before, after, words, clean(author, MAX_AUTHOR), target)

    def restore(
        self,
        playlist_id: PlaylistId,
        number: int,
        *,
        expected_version: int | None = None,
        author: str | None = None,
    ) -> Playlist:
        """Bring back what the playlist held at a version, as a new version.

        Raises:
            NotFoundError: no such playlist or version.
            ConflictError: the playlist is not at `expected_version`.
        """
        with self._database.write() as session:
            row = _row(session, playlist_id, expected_version)
            after = _content(session, row, number)
            before = _content(session, row, row.version)
            return self._advance(session, row, before, after, f"restored version {number}", clean(author, MAX_AUTHOR))

    def versions(self, playlist_id: PlaylistId, limit: int = 50, offset: int = 0) -> tuple[list[PlaylistVersion], int]:
        """Return `limit` versions from `offset` on, the newest first, and how many there are in all."""
        with self._database.read() as session:
            total = _row(session, playlist_id).version
            found = session.execute(
                select(*_VERSION_COLUMNS)
                .where(VersionRow.playlist_id == playlist_id)
                .order_by(VersionRow.number.desc())
                .limit(limit)
                .offset(offset)
            ).all()
        return [PlaylistVersion(*row) for row in found], total

    def version(self, playlist_id: PlaylistId, number: int) -> tuple[PlaylistVersion, Document]:
        """Return one version and what the playlist held then; NotFoundError for no such playlist or version."""
        with self._database.read() as session:
            row = _row(session, playlist_id)
            document = _content(session, row, number)
            of = (VersionRow.playlist_id == playlist_id, VersionRow.number == number)
            return PlaylistVersion(*session.execute(select(*_VERSION_COLUMNS).where(*of)).one()), document

    def diff(self, playlist_id: PlaylistId, before: int, after: int) -> Changes:
        """Return what changed between two versions; NotFoundError for no such playlist or version."""
        with self._database.read() as session:
            row = _row(session, playlist_id)
            return changes_between(_content(session, row, before), _content(session, row, after))

    def fork(
        self,
        playlist_id: PlaylistId,
        number: int | None = None,
        title: str | None = None,
        author: str | None = None,
    ) -> Playlist:
        """Store a new playlist with what another one holds (or held at version `number`); it knows its origin.

        Raises:
            NotFoundError: no such playlist or version.
        """
        with self._database.write() as session:
            row = _row(session, playlist_id)
            origin = Origin(playlist_id, row.version if number is None else number)
            found = _content(session, row, origin.version)
            renamed = Document(clean(title) or found.title, found.description, found.entries, found.bans, found.recipe)
            words = f"forked from “{found.title}”, version {origin.version}"
            return self._start(session, renamed, words, clean(author, MAX_AUTHOR), origin)

    def delete(self, playlist_id: PlaylistId, *, expected_version: int | None = None) -> None:
        """Delete a playlist with its history; forks of it stay.

        Raises:
            NotFoundError: no such playlist.
            ConflictError: the playlist is not at `expected_version`.
        """
        with self._database.write() as session:
            _row(session, playlist_id, expected_version)
            session.execute(delete(PlaylistRow).where(PlaylistRow.id == playlist_id))

    def _start(
        self, session: Session, first: Document, words: str, author: str | None, origin: Origin | None
    ) -> Playlist:
        playlist_id = PlaylistId(secrets.token_hex(8))
        if origin is None:
            _check_new(session, Document(""), first)
        session.add(
            PlaylistRow(
                id=playlist_id,
                title=first.title,
                description=first.description,
                version=1,
                origin_id=None if origin is None else origin.playlist_id,
                origin_version=None if origin is None else origin.version,
            )
        )
        session.flush()
        history.write(session, playlist_id, 1, None, first, words, author)
        rows.project(session, playlist_id, (), first.entries)
        return _current(session, playlist_id)

    def _advance(
        self,
        session: Session,
        row: PlaylistRow,
        before: Document,
        after: Document,
        words: str,
        author: str | None,
        back_to: int | None = None,
    ) -> Playlist:
        playlist_id = PlaylistId(row.id)
        if after != before:
            row.version += 1
            row.title, row.description = after.title, after.description
            history.write(session, playlist_id, row.version, before, after, words, author, back_to)
            rows.project(session, playlist_id, before.entries, after.entries)
            session.flush()
        return _current(session, playlist_id)


_VERSION_COLUMNS = (
    VersionRow.number,
    VersionRow.created_at,
    VersionRow.message,
    VersionRow.author,
    VersionRow.title,
    VersionRow.length,
)


def _row(session: Session, playlist_id: PlaylistId, expected_version: int | None = None) -> PlaylistRow:
    row = session.get(PlaylistRow, playlist_id)
    if row is None:
        raise NotFoundError(f"No playlist has the id {playlist_id[:64]!r}; list them first.")
    if expected_version is not None and row.version != expected_version:
        raise ConflictError(
            f"The playlist is at version {row.version}, not {expected_version}: somebody changed it meanwhile; "
            "read it again and repeat your change on what it holds now.",
            row.version,
        )
    return row


def _version(session: Session, row: PlaylistRow, number: int) -> VersionRow:
    # A number beyond 64 bits is none that SQLite could look for.
    found = session.get(VersionRow, (row.id, number)) if 1 <= number <= row.version else None
    if found is None:
        raise NotFoundError(f"The playlist has no version {number}; it has 1 to {row.version}.")
    return found


def _content(session: Session, row: PlaylistRow, number: int) -> Document:
    _version(session, row, number)
    found = history.read(session, PlaylistId(row.id), number)
    assert found is not None
    return found


def _check_there(ids: Iterable[TrackId], there: dict[TrackId, PlaylistItem]) -> None:
    for track_id in ids:
        if track_id not in there:
            raise NotFoundError(f"No track has the id {track_id[:64]!r}; leave it out or search for it by title.")


def _check_new(session: Session, before: Document, after: Document) -> None:
    """Refuse tracks that come in and are not in the catalogue; what was there before may have been removed since."""
    known = {e.track_id for e in before.entries} | set(before.bans)
    ids = [*(e.track_id for e in after.entries if e.track_id is not None), *after.bans]
    new = [i for i in dict.fromkeys(ids) if i not in known]
    _check_there(new, rows.names(session, new))


def _current(session: Session, playlist_id: PlaylistId) -> Playlist:
    _row(session, playlist_id)
    return rows.load(session, playlist_id)[0]


def _count(document: Document) -> str:
    return "1 entry" if len(document.entries) == 1 else f"{len(document.entries)} entries"
