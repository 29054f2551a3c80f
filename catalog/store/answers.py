"""Answers given under an idempotency key: a request that is sent twice is carried out once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, update

from catalog.errors import KeyBusyError, KeyReusedError
from catalog.store.engine import Database
from catalog.store.tables import AnswerRow, now

KEPT = timedelta(hours=24)
# A request that has no answer after this long died with its process.
PATIENCE = timedelta(minutes=5)
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was answered: an HTTP status and a JSON text."""

    status: int
    body: str


class Answers:
    """The answers of the last 24 hours by key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, key: str, fingerprint: str) -> StoredAnswer | None:
        """Return the answer that was given under a key; None when the caller is the first and must `keep` one.

        `fingerprint` is a digest of the request, at most 64 characters.

        Raises:
            KeyReusedError: the key was used for another request, or is malformed.
            KeyBusyError: the first request is still being answered.
        """
        if _KEY.fullmatch(key) is None:
            raise KeyReusedError("The Idempotency-Key is malformed; give 1 to 200 printable characters without blanks.")
        with self._database.write() as session:
            session.execute(delete(AnswerRow).where(AnswerRow.created_at < now() - KEPT))
            session.execute(
                delete(AnswerRow).where(AnswerRow.status.is_(None), AnswerRow.created_at < now() - PATIENCE)
            )
            found = session.get(AnswerRow, key)
            if found is None:
                session.add(AnswerRow(key=key, fingerprint=fingerprint))
                return None
        if found.fingerprint != fingerprint:
            raise KeyReusedError(
                f"The Idempotency-Key {key[:64]!r} was used for another request; take a new key for a new request."
            )
        if found.status is None:
            raise KeyBusyError("The first request with this Idempotency-Key is still running; ask again in a moment.")
        return StoredAnswer(found.status, found.body)

    def keep(self, key: str, answer: StoredAnswer) -> None:
        """Store the answer under a key that was claimed."""
        with self._database.write() as session:
            session.execute(
                update(AnswerRow).where(AnswerRow.key == key).values(status=answer.status, body=answer.body)
            )

    def release(self, key: str) -> None:
        """Give back a key that was claimed: the request failed and may be sent again."""
        with self._database.write() as session:
            session.execute(delete(AnswerRow).where(AnswerRow.key == key, AnswerRow.status.is_(None)))
