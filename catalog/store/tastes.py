"""What users said of their taste: kept, changed, switched off, erased."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from catalog.errors import CatalogError
from catalog.store.engine import Database
from catalog.store.tables import FeedbackRow, PlaylistRow, SessionRow, TasteRow, UserRow
from catalog.values import Erased, Taste, UserId

MAX_TASTES = 500


class Tastes:
    """Standing tastes by user, at most `MAX_TASTES` each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, user_id: UserId) -> bool:
        """Tell whether anything was ever kept of a user."""
        with self._database.read() as session:
            return session.get(UserRow, user_id) is not None

    def of(self, user_id: UserId) -> list[Taste]:
        """Return a user's tastes, oldest first."""
        query = select(TasteRow).where(TasteRow.user_id == user_id).order_by(TasteRow.created_at, TasteRow.value)
        with self._database.read() as session:
            rows = session.scalars(query).all()
        return [
            Taste(
                r.field,  # type: ignore[arg-type]  # written from the same Literals
                r.value,
                r.weight,
                r.never,
                r.origin,  # type: ignore[arg-type]  # likewise
                r.words,
                r.created_at,
            )
            for r in rows
        ]

    def keep(self, user_id: UserId, taste: Taste) -> None:
        """Keep a taste in place of what was kept of the same thing; who was never heard of is a new user.

        Raises:
            CatalogError: the weight is out of -1 to 1, the value empty or too long, or there are `MAX_TASTES` already.
        """
        if not -1 <= taste.weight <= 1:
            raise CatalogError(f"The weight is {taste.weight:g}; give -1 (away from it) to 1 (towards it).")
        if not 0 < len(taste.value) <= 120:
            raise CatalogError(f"A taste of {len(taste.value)} characters cannot be kept; give 1 to 120.")
        with self._database.write() as session:
            made_known(session, user_id)
            row = session.get(TasteRow, (user_id, taste.field, taste.value))
            mine = select(func.count()).select_from(TasteRow).where(TasteRow.user_id == user_id)
            if row is None and session.execute(mine).scalar_one() >= MAX_TASTES:
                raise CatalogError(f"{MAX_TASTES} tastes are kept already; remove some first.")
            row = row or TasteRow(user_id=user_id, field=taste.field, value=taste.value)
            row.weight, row.never, row.origin = taste.weight, taste.never, taste.origin
            row.words, row.created_at = taste.words, taste.created_at
            session.add(row)

    def remove(self, user_id: UserId, field: str, value: str) -> bool:
        """Remove what was kept of a thing; tell whether there was anything."""
        with self._database.write() as session:
            row = session.get(TasteRow, (user_id, field, value))
            if row is not None:
                session.delete(row)
            return row is not None

    def counts(self, user_id: UserId) -> bool:
        """Tell whether a user's profile is on; it is unless switched off."""
        with self._database.read() as session:
            row = session.get(UserRow, user_id)
            return row is None or row.profile_on

    def switch(self, user_id: UserId, on: bool) -> None:
        """Switch a user's profile on or off; what is kept stays."""
        with self._database.write() as session:
            made_known(session, user_id).profile_on = on

    def erase(self, user_id: UserId) -> Erased:
        """Erase all that is kept of a user's taste, reactions to tracks included; return how much it was."""
        with self._database.write() as session:
            counted = []
            for table in (TasteRow, FeedbackRow):
                gone = session.execute(delete(table).where(table.user_id == user_id))
                counted.append(int(getattr(gone, "rowcount", 0)))
            owns = [
                session.execute(select(func.count()).select_from(table).where(table.user_id == user_id)).scalar_one()
                for table in (PlaylistRow, SessionRow)
            ]
            row = session.get(UserRow, user_id)
            if row is not None and not any(owns):
                session.delete(row)
            elif row is not None:
                row.profile_on = True
        return Erased(*counted)


def made_known(session: Session, user_id: UserId) -> UserRow:
    """Return the row of a user; who was never heard of is a new one."""
    row = session.get(UserRow, user_id)
    if row is None:
        row = UserRow(id=user_id)
        session.add(row)
        session.flush()
    return row
