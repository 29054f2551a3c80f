"""Sessions and feedback: what users do with the tracks."""

from __future__ import annotations

from sqlalchemy import delete, select

from catalog.names import clean
from catalog.store.engine import Database
from catalog.store.tables import FeedbackRow, SessionRow, now
from catalog.store.tastes import made_known
from catalog.values import (
    Feedback,
    FeedbackKind,
    SessionId,
    TrackId,
    UserId,
)


class Conversations:
    """Sessions and what was said of tracks in them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def touch(self, session_id: SessionId, title: str, user_id: UserId | None = None) -> None:
        """Create the session if it is new and mark it as used now.

        Its title is the first message that there is; it is the user's who began it.
        """
        with self._database.write() as session:
            row = session.get(SessionRow, session_id)
            if row is None:
                if user_id is not None:
                    made_known(session, user_id)
                session.add(SessionRow(id=session_id, title=clean(title, 80) or "", user_id=user_id))
            else:
                row.title = row.title or clean(title, 80) or ""
                row.updated_at = now()

    def exists(self, session_id: SessionId) -> bool:
        """Tell whether a session of that id was ever used."""
        with self._database.read() as session:
            return session.get(SessionRow, session_id) is not None

    def react(
        self, track_id: TrackId, kind: FeedbackKind, session_id: SessionId | None, user_id: UserId | None = None
    ) -> None:
        """Keep a reaction, of a user where one is told; who was never heard of is a new user.

        A like takes back an earlier dislike of the same session and user, and the other way round.
        """
        opposite = {"like": "dislike", "dislike": "like"}.get(kind)
        with self._database.write() as session:
            if user_id is not None:
                made_known(session, user_id)
            if opposite is not None:
                session.execute(
                    delete(FeedbackRow).where(
                        FeedbackRow.track_id == track_id,
                        FeedbackRow.session_id == session_id,
                        FeedbackRow.user_id == user_id,
                        FeedbackRow.kind.in_([opposite, kind]),
                    )
                )
            session.add(FeedbackRow(track_id=track_id, kind=kind, session_id=session_id, user_id=user_id))

    def feedback(self, session_id: SessionId | None = None, user_id: UserId | None = None) -> list[Feedback]:
        """Return the reactions of one session, of one user, or of all, oldest first."""
        query = select(FeedbackRow).order_by(FeedbackRow.id)
        if session_id is not None:
            query = query.where(FeedbackRow.session_id == session_id)
        if user_id is not None:
            query = query.where(FeedbackRow.user_id == user_id)
        with self._database.read() as session:
            rows = session.scalars(query).all()
        return [
            Feedback(
                TrackId(r.track_id),
                r.kind,  # type: ignore[arg-type]  # written from the same Literal
                SessionId(r.session_id) if r.session_id else None,
                r.created_at,
                UserId(r.user_id) if r.user_id else None,
            )
            for r in rows
        ]

    def liked(self) -> list[tuple[str, list[TrackId]]]:
        """Return (title, liked tracks) of every session with likes; a title is the session's first message."""
        query = (
            select(SessionRow.id, SessionRow.title, FeedbackRow.track_id)
            .join(FeedbackRow, FeedbackRow.session_id == SessionRow.id)
            .where(FeedbackRow.kind == "like")
            .order_by(FeedbackRow.id)
        )
        found: dict[str, tuple[str, list[TrackId]]] = {}
        with self._database.read() as session:
            for session_id, title, track_id in session.execute(query):
                found.setdefault(session_id, (title, []))[1].append(TrackId(track_id))
        return list(found.values())
