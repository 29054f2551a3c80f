"""The current version of each playlist as rows beside the tracks: reading it, and keeping it up to its history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.orm import Session

from catalog.store import history
from catalog.store.tables import ArtistRow, EntryRow, PlaylistRow, TrackRow, VersionRow
from catalog.values import Origin, Playlist, PlaylistId, PlaylistItem, PlaylistSummary, TrackId

# SQLite takes 32,766 values in one statement.
_AT_ONCE = 10_000


def is_current() -> ColumnElement[bool]:
    """Return the condition that joins a playlist with its current version."""
    return (VersionRow.playlist_id == PlaylistRow.id) & (VersionRow.number == PlaylistRow.version)


def names(session: Session, ids: Iterable[TrackId]) -> dict[TrackId, PlaylistItem]:
    """Return an entry for each of the tracks that is in the catalogue."""
    wanted = list(dict.fromkeys(ids))
    found: dict[TrackId, PlaylistItem] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        rows = session.execute(
            select(TrackRow.id, TrackRow.title, ArtistRow.name)
            .outerjoin(ArtistRow, TrackRow.artist_id == ArtistRow.id)
            .where(TrackRow.id.in_(wanted[start : start + _AT_ONCE]))
        )
        found |= {TrackId(i): PlaylistItem(TrackId(i), title, artist) for i, title, artist in rows}
    return found


def project(
    session: Session, playlist_id: PlaylistId, before: Sequence[PlaylistItem], after: Sequence[PlaylistItem]
) -> None:
    """Bring the rows of the current entries from one version to the next, touching no more than what differs."""
    head, tail = history.shared_ends(before, after)
    end = len(after) - tail if len(before) == len(after) else len(after)
    of = EntryRow.playlist_id == playlist_id
    stale = delete(EntryRow).where(of, EntryRow.position >= head)
    session.execute(stale.where(EntryRow.position < end) if len(before) == len(after) else stale)
    there = names(session, (e.track_id for e in after[head:end] if e.track_id is not None))
    rows = [
        {
            "playlist_id": playlist_id,
            "position": head + n,
            "track_id": e.track_id if e.track_id in there else None,
            "title": e.title,
            "artist": e.artist,
            "pinned": e.pinned,
            "added_by": e.added_by,
        }
        for n, e in enumerate(after[head:end])
    ]
    if rows:
        session.execute(insert(EntryRow), rows)


def load(session: Session, only: PlaylistId | None) -> list[Playlist]:
    """Return the playlists, newest first, or one alone."""
    query = select(PlaylistRow, VersionRow.bans, VersionRow.recipe).join(VersionRow, is_current())
    e = EntryRow
    columns = select(e.playlist_id, e.track_id, e.title, e.artist, e.pinned, e.added_by)
    if only is not None:
        query, columns = query.where(PlaylistRow.id == only), columns.where(e.playlist_id == only)
    rows = session.execute(query.order_by(PlaylistRow.updated_at.desc(), PlaylistRow.id)).all()
    entries: dict[str, list[PlaylistItem]] = {row.id: [] for row, _, _ in rows}
    for i, track_id, title, artist, pinned, who in session.execute(columns.order_by(e.playlist_id, e.position)):
        item = PlaylistItem(TrackId(track_id) if track_id else None, title, artist, pinned, who)
        entries.setdefault(i, []).append(item)
    return [
        Playlist(
            PlaylistId(row.id),
            row.title,
            row.description,
            tuple(entries[row.id]),
            row.updated_at,
            row.version,
            tuple(map(TrackId, bans)),
            recipe,
            _origin(row),
        )
        for row, bans, recipe in rows
    ]


def summary(row: PlaylistRow, length: int, standing: bool) -> PlaylistSummary:
    """Return a playlist without its entries."""
    return PlaylistSummary(
        PlaylistId(row.id),
        row.title,
        row.description,
        row.version,
        length,
        bool(standing),
        row.created_at or row.updated_at,
        row.updated_at,
        _origin(row),
    )


def _origin(row: PlaylistRow) -> Origin | None:
    if row.origin_id is None or row.origin_version is None:
        return None
    return Origin(PlaylistId(row.origin_id), row.origin_version)
