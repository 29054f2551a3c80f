"""What was said in conversations, turn by turn: kept, listed, searched, taken back, shown by a link."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from catalog.errors import CatalogError, NotFoundError
from catalog.names import clean, fold
from catalog.store.engine import Database
from catalog.store.tables import FeedbackRow, SessionRow, ShareRow, TurnRow
from catalog.values import KeptTurn, SessionId, SessionSummary, SharedTurns, TurnStatus, UserId

MAX_TITLE = 120


class Transcripts:
    """Conversations as they are read again. A turn's number counts from 1; its body belongs to the agent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(
        self, session_id: SessionId, status: TurnStatus, message: str, reply: str, body: str, place: str | None
    ) -> int:
        """Append a turn to a session that there is and return its number.

        Args:
            session_id: the session.
            status: how it ended.
            message: what was said.
            reply: the words of the answer, as far as they came.
            body: everything else, as JSON.
            place: names what stood before it; None: nothing did.
        """
        last = select(func.max(TurnRow.number)).where(TurnRow.session_id == session_id)
        with self._database.write() as session:
            number = (session.execute(last).scalar() or 0) + 1
            session.add(
                TurnRow(
                    session_id=session_id,
                    number=number,
                    status=status,
                    message=message,
                    reply=reply,
                    body=body,
                    place=place,
                )
            )
        return number

    def turns(self, session_id: SessionId) -> list[KeptTurn]:
        """Return the turns of a session, first to last."""
        with self._database.read() as session:
            return _turns(session, TurnRow.session_id == session_id)

    def length(self, session_id: SessionId) -> int:
        """Return how many turns of a session are kept."""
        query = select(func.count()).select_from(TurnRow).where(TurnRow.session_id == session_id)
        with self._database.read() as session:
            return session.execute(query).scalar_one()

    def owner(self, session_id: SessionId) -> UserId | None:
        """Return whose a session is; None where it is nobody's, or not there."""
        with self._database.read() as session:
            found = session.execute(select(SessionRow.user_id).where(SessionRow.id == session_id)).scalar()
        return UserId(found) if found else None

    def sessions(
        self, owners: Sequence[UserId | None], query: str = "", limit: int = 50, offset: int = 0
    ) -> tuple[int, list[SessionSummary]]:
        """Return how many sessions of these owners there are in all, and a page of them, last used first.

        Args:
            owners: whose; None stands for those that are nobody's.
            query: words that the title, a message or a reply has, letter case and accents aside.
            limit: how many to return.
            offset: how many to leave out before.
        """
        has_turns = exists().where(TurnRow.session_id == SessionRow.id)
        wanted: list[ColumnElement[bool]] = [or_(*(SessionRow.user_id.is_(o) for o in owners)), has_turns]
        if words := fold(query):
            said = or_(*(func.instr(func.fold(c), words) > 0 for c in (TurnRow.message, TurnRow.reply)))
            in_turns = exists().where(TurnRow.session_id == SessionRow.id, said)
            wanted.append(or_(func.instr(func.fold(SessionRow.title), words) > 0, in_turns))
        count = select(func.count()).select_from(TurnRow).where(TurnRow.session_id == SessionRow.id).scalar_subquery()
        rows = select(SessionRow.id, SessionRow.title, SessionRow.updated_at, count).where(*wanted)
        page = rows.order_by(SessionRow.updated_at.desc(), SessionRow.id).limit(limit).offset(offset)
        with self._database.read() as session:
            total = session.execute(select(func.count()).select_from(SessionRow).where(*wanted)).scalar_one()
            found = [SessionSummary(SessionId(i), title, at, n) for i, title, at, n in session.execute(page)]
        return total, found

    def title(self, session_id: SessionId) -> str:
        """Return a session's title; NotFoundError when it is not there."""
        with self._database.read() as session:
            return _session(session, session_id).title

    def rename(self, session_id: SessionId, title: str) -> str:
        """Give a session another title and return it as it is kept.

        Raises:
            NotFoundError: the session is not there.
            CatalogError: nothing is left of the title.
        """
        cleaned = clean(title, MAX_TITLE)
        if not cleaned:
            raise CatalogError("A conversation needs a title; give it a few words.")
        with self._database.write() as session:
            row = _session(session, session_id)
            # Renaming is no use: the list keeps its order.
            session.execute(
                update(SessionRow).where(SessionRow.id == row.id).values(title=cleaned, updated_at=row.updated_at)
            )
        return cleaned

    def remove(self, session_id: SessionId) -> None:
        """Remove a session with its turns and its link; reactions stay with the user whose taste they are.

        Raises:
            NotFoundError: the session is not there.
        """
        with self._database.write() as session:
            row = _session(session, session_id)
            mine = FeedbackRow.session_id == session_id
            session.execute(delete(FeedbackRow).where(mine, FeedbackRow.user_id.is_(None)))
            session.execute(update(FeedbackRow).where(mine).values(session_id=None))
            session.delete(row)

    def cut(self, session_id: SessionId, number: int) -> None:
        """Remove a turn and all after it; a link shows no more of the session than is left.

        Raises:
            NotFoundError: the turn is not there.
        """
        with self._database.write() as session:
            if session.get(TurnRow, (session_id, number)) is None:
                raise NotFoundError(f"There is no turn {number} in this conversation; GET …/turns lists them.")
            session.execute(delete(TurnRow).where(TurnRow.session_id == session_id, TurnRow.number >= number))
            longer = (ShareRow.session_id == session_id) & (ShareRow.turns >= number)
            session.execute(update(ShareRow).where(longer).values(turns=number - 1))

    def share(self, session_id: SessionId) -> str:
        """Return the token under which everything said so far can be read; that of an earlier link stays.

        Raises:
            NotFoundError: the session is not there, or nothing was said in it.
        """
        last = select(func.max(TurnRow.number)).where(TurnRow.session_id == session_id)
        with self._database.write() as session:
            turns = session.execute(last).scalar()
            if turns is None:
                raise NotFoundError("Nothing was said in this conversation yet; there is nothing to share.")
            row = session.get(ShareRow, session_id)
            if row is None:
                row = ShareRow(session_id=session_id, token=secrets.token_urlsafe(24))
                session.add(row)
            row.turns = turns
            return row.token

    def unshare(self, session_id: SessionId) -> bool:
        """Take a session's link back; tell whether there was one."""
        with self._database.write() as session:
            row = session.get(ShareRow, session_id)
            if row is not None:
                session.delete(row)
            return row is not None

    def token(self, session_id: SessionId) -> str | None:
        """Return the token of a session's link, if it has one."""
        with self._database.read() as session:
            row = session.get(ShareRow, session_id)
        return None if row is None else row.token

    def shared(self, token: str) -> SharedTurns:
        """Return what a link shows; NotFoundError for one that was never given or was taken back."""
        with self._database.read() as session:
            row = session.scalars(select(ShareRow).where(ShareRow.token == token)).first()
            if row is None:
                raise NotFoundError("This link shows nothing (any more); ask whoever gave it to you for a new one.")
            shown = (TurnRow.session_id == row.session_id) & (TurnRow.number <= row.turns)
            title = _session(session, SessionId(row.session_id)).title
            return SharedTurns(title, tuple(_turns(session, shown)))


def _session(session: Session, session_id: SessionId) -> SessionRow:
    row = session.get(SessionRow, session_id)
    if row is None:
        raise NotFoundError(f"No conversation has the id {session_id[:64]!r}; start one with POST /v1/chat.")
    return row


def _turns(session: Session, wanted: ColumnElement[bool]) -> list[KeptTurn]:
    rows = session.scalars(select(TurnRow).where(wanted).order_by(TurnRow.number)).all()
    return [
        KeptTurn(
            r.number,
            r.created_at,
            r.status,  # type: ignore[arg-type]  # written from the same Literal
            r.message,
            r.reply,
            r.body,
            r.place,
        )
        for r in rows
    ]
