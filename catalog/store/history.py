"""How the versions of a playlist are kept: each as what differs from the one before, every so often as a whole.

A change of one entry in 20,000 costs a line, not a copy, and reading any version takes at most `WHOLE_EVERY` rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.store.tables import VersionRow
from catalog.values import Document, PlaylistId, PlaylistItem, TrackId

WHOLE_EVERY = 32


def read(session: Session, playlist_id: PlaylistId, number: int) -> Document | None:
    """Return what the playlist held at a version, None where there is no such version."""
    of = VersionRow.playlist_id == playlist_id
    start = (
        select(func.max(VersionRow.number)).where(of, VersionRow.number <= number, VersionRow.whole).scalar_subquery()
    )
    rows = session.scalars(
        select(VersionRow).where(of, VersionRow.number.between(start, number)).order_by(VersionRow.number)
    ).all()
    if not rows or rows[-1].number != number:
        return None
    entries: list[PlaylistItem] = []
    for row in rows:
        entries[row.head : len(entries) - row.tail] = map(_item, row.middle)
    last = rows[-1]
    return Document(last.title, last.description, tuple(entries), tuple(map(TrackId, last.bans)), last.recipe)


def write(
    session: Session,
    playlist_id: PlaylistId,
    number: int,
    before: Document | None,
    after: Document,
    message: str,
    author: str | None,
    back_to: int | None = None,
) -> None:
    """Add a version; `before` is what the one before it held, None for the first."""
    head, tail = (0, 0) if before is None else shared_ends(before.entries, after.entries)
    whole = before is None or number % WHOLE_EVERY == 1 or not head + tail
    if whole:
        head = tail = 0
    middle = after.entries[head : len(after.entries) - tail]
    session.add(
        VersionRow(
            playlist_id=playlist_id,
            number=number,
            message=message,
            author=author,
            title=after.title,
            description=after.description,
            bans=list(after.bans),
            recipe=after.recipe,
            length=len(after.entries),
            head=head,
            tail=tail,
            whole=whole,
            middle=[[e.track_id, e.title, e.artist, e.pinned, e.added_by] for e in middle],
            back_to=back_to,
        )
    )


def shared_ends(before: Sequence[PlaylistItem], after: Sequence[PlaylistItem]) -> tuple[int, int]:
    """Return how many entries two lists share at their beginning, and how many of the rest at their end."""
    most = min(len(before), len(after))
    head = next((n for n in range(most) if before[n] != after[n]), most)
    tail = next((n for n in range(most - head) if before[-1 - n] != after[-1 - n]), most - head)
    return head, tail


def _item(kept: list[Any]) -> PlaylistItem:
    track_id, title, artist, pinned, added_by = kept
    return PlaylistItem(None if track_id is None else TrackId(track_id), title, artist, pinned, added_by)
