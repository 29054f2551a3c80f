"""Sessions, feedback and generations: what users do with the tracks."""

from __future__ import annotations

import secrets

from sqlalchemy import delete, select, update

from catalog.errors import NotFoundError
from catalog.names import clean
from catalog.store.engine import Database
from catalog.store.tables import FeedbackRow, GenerationRow, SessionRow, UserRow, now
from catalog.values import (
    Feedback,
    FeedbackKind,
    Generation,
    GenerationId,
    GenerationStatus,
    SessionId,
    TrackId,
    UserId,
)


class Conversations:
    """Sessions and what was said of tracks in them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def touch(self, session_id: SessionId, title: str) -> None:
        """Create the session if it is new (its title is the first message) and mark it as used now."""
        with self._database.write() as session:
            row = session.get(SessionRow, session_id)
            if row is None:
                session.add(SessionRow(id=session_id, title=clean(title, 80) or ""))
            else:
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
            if user_id is not None and session.get(UserRow, user_id) is None:
                session.add(UserRow(id=user_id))
                session.flush()
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


class Generations:
    """Requests to music generators and their fate."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, request_json: str) -> GenerationId:
        """Queue a request (a JSON text) and return its id."""
        generation_id = GenerationId(secrets.token_hex(8))
        with self._database.write() as session:
            session.add(GenerationRow(id=generation_id, status="queued", request=request_json))
        return generation_id

    def update(
        self,
        generation_id: GenerationId,
        status: GenerationStatus,
        progress: float,
        message: str,
        result_json: str | None = None,
    ) -> None:
        """Write how far it is. A finished one stays as it ended."""
        values: dict[str, object] = {"status": status, "progress": progress, "message": message}
        if result_json is not None:
            values["result"] = result_json
        with self._database.write() as session:
            session.execute(
                update(GenerationRow)
                .where(GenerationRow.id == generation_id, GenerationRow.status.in_(["queued", "running"]))
                .values(**values)
            )

    def get(self, generation_id: GenerationId) -> Generation:
        """Return one; NotFoundError when it is not there."""
        with self._database.read() as session:
            row = session.get(GenerationRow, generation_id)
        if row is None:
            raise NotFoundError(f"No generation has the id {generation_id[:64]!r}; start a new one.")
        return Generation(
            GenerationId(row.id),
            row.status,  # type: ignore[arg-type]  # written from the same Literal
            row.progress,
            row.message,
            row.request,
            row.result,
            TrackId(row.track_id) if row.track_id else None,
            row.created_at,
        )

    def fail_unfinished(self) -> int:
        """Mark what a dead process left running as failed; return how many. Called once, when a server starts."""
        with self._database.write() as session:
            result = session.execute(
                update(GenerationRow)
                .where(GenerationRow.status.in_(["queued", "running"]))
                .values(status="failed", message="The server stopped while this was made; ask for it again.")
            )
        return int(getattr(result, "rowcount", 0))
