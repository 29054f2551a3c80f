"""Blind battles and their votes."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import timedelta

from sqlalchemy import select, update

from catalog.battles import Battle, BattleId, BattleKind, BattleStatus, Choice, Side
from catalog.errors import NotFoundError, VoteError
from catalog.store.engine import Database
from catalog.store.tables import BattleRow, now
from catalog.store.tastes import made_known
from catalog.values import GenerationId, TrackId, UserId

ABANDONED = timedelta(days=1)


class Battles:
    """The rows of battles."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, kind: BattleKind, text: str, a: Side, b: Side, user_id: UserId | None) -> Battle:
        """Keep a battle whose sides are being prepared."""
        with self._database.write() as session:
            if user_id is not None:
                made_known(session, user_id)
            row = BattleRow(
                id=secrets.token_hex(8),
                kind=kind,
                status="preparing",
                message="Both sides are being prepared.",
                text=text,
                user_id=user_id,
                sides=[asdict(a), asdict(b)],
            )
            session.add(row)
            session.flush()
            return _battle(row)

    def get(self, battle_id: BattleId) -> Battle:
        """Return one; NotFoundError when it is not there."""
        with self._database.read() as session:
            return _battle(_found(session.get(BattleRow, battle_id), battle_id))

    def settle(self, battle_id: BattleId, status: BattleStatus, message: str, a: Side, b: Side) -> Battle:
        """End the preparation: ready, with who really made the sides, or failed."""
        with self._database.write() as session:
            session.execute(
                update(BattleRow)
                .where(BattleRow.id == battle_id, BattleRow.status == "preparing")
                .values(status=status, message=message, sides=[asdict(a), asdict(b)])
            )
            return _battle(_found(session.get(BattleRow, battle_id), battle_id))

    def vote(
        self, battle_id: BattleId, choice: Choice, words: str, shared: bool, listened_s: tuple[float, float]
    ) -> Battle:
        """Keep the vote, once and for all.

        Raises:
            VoteError: the battle is not ready, or somebody voted already.
        """
        with self._database.write() as session:
            row = _found(session.get(BattleRow, battle_id), battle_id)
            if row.status == "voted":
                raise VoteError(
                    "This battle has its vote already; a second one replaces nothing. Start another battle."
                )
            if row.status != "ready":
                raise VoteError("This battle cannot be voted on: it is still being prepared, or it failed.")
            row.status, row.choice, row.words, row.shared = "voted", choice, words, shared
            row.listened, row.voted_at, row.message = list(listened_s), now(), "Voted."
            return _battle(row)

    def voted(self) -> list[Battle]:
        """Return all that have a vote, the first vote first."""
        query = select(BattleRow).where(BattleRow.status == "voted").order_by(BattleRow.voted_at, BattleRow.id)
        with self._database.read() as session:
            return [_battle(row) for row in session.scalars(query)]

    def blind(self) -> set[GenerationId]:
        """Return the pieces of battles that wait for their vote: a list of pieces must not show them.

        After a day nobody is taken to vote any more.
        """
        query = select(BattleRow.sides).where(
            BattleRow.status.in_(["preparing", "ready"]), BattleRow.created_at > now() - ABANDONED
        )
        with self._database.read() as session:
            sides = [side for pair in session.scalars(query) for side in pair]
        return {GenerationId(side["generation_id"]) for side in sides if side["generation_id"] and not side["known"]}


def _found(row: BattleRow | None, battle_id: BattleId) -> BattleRow:
    if row is None:
        raise NotFoundError(f"No battle has the id {battle_id[:64]!r}; start a new one.")
    return row


def _battle(row: BattleRow) -> Battle:
    a, b = (
        Side(
            side["system"],
            TrackId(side["track_id"]) if side["track_id"] else None,
            GenerationId(side["generation_id"]) if side["generation_id"] else None,
            side["known"],
        )
        for side in row.sides
    )
    return Battle(
        id=BattleId(row.id),
        kind=row.kind,  # type: ignore[arg-type]  # written from the same Literal
        status=row.status,  # type: ignore[arg-type]  # written from the same Literal
        message=row.message,
        text=row.text,
        user_id=UserId(row.user_id) if row.user_id else None,
        a=a,
        b=b,
        choice=row.choice,  # type: ignore[arg-type]  # written from the same Literal
        words=row.words,
        shared=row.shared,
        listened_s=(row.listened[0], row.listened[1]) if row.listened else None,
        created_at=row.created_at,
        voted_at=row.voted_at,
    )
