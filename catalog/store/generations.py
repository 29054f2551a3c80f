"""Generations: the rows are the queue. Any process on the database may take one; each is made once in effect.

A row goes queued -> running -> done, failed or cancelled. Who runs it holds a lease: `owner` until `lease_until`. A
lease that ran out, or whose owner is known to be dead, is taken over once; after the second crash the row fails. What
has ended never changes, and only the holder of the lease ends it: a holder that was replaced finds that out by
`renew`, and its late result is refused.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from catalog.errors import NotFoundError, QuotaError
from catalog.store.engine import Database
from catalog.store.tables import GenerationRow, now
from catalog.store.tastes import made_known
from catalog.values import Generation, GenerationId, TrackId, UserId

LEASE_S = 20.0
ATTEMPTS = 2
# The median of so many of the last pieces is what a backend takes.
REMEMBERED = 50
OPEN = ("queued", "running")
CRASHED = "The server stopped twice while this was made; ask for it again."
_ORDER = (GenerationRow.priority.desc(), GenerationRow.created_at, GenerationRow.id)


@dataclass(frozen=True, slots=True)
class NewGeneration:
    """What is queued. `request` is a JSON text, `fingerprint` the same for requests that give the same piece.

    `backend` is who is expected to make it; `pinned` tells that nobody else may. `key` makes the request idempotent:
    a second one with the same key is the first.
    """

    request: str
    duration_s: float
    backend: str
    fingerprint: str
    pinned: bool = False
    priority: int = 0
    user_id: UserId | None = None
    parent_id: GenerationId | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of a piece: `result` is a JSON text, `sha256` of its file, `work_s` what it really took."""

    result: str
    sha256: str
    backend: str
    fingerprint: str
    work_s: float


class Generations:
    """Requests to music generators and their fate."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, new: NewGeneration, *, per_user: int, at_all: int) -> Generation:
        """Queue a request, or return the one that was queued under its key.

        Raises:
            QuotaError: the user has `per_user` that are not finished, or all together `at_all`.
        """
        with self._database.write() as session:
            if new.key is not None:
                found = session.scalars(select(GenerationRow).where(GenerationRow.key == new.key)).first()
                if found is not None:
                    return _generation(found)
            if new.user_id is not None:
                made_known(session, new.user_id)
            _check_quota(session, new.user_id, per_user, at_all)
            row = GenerationRow(
                id=secrets.token_hex(8),
                status="queued",
                message="Waiting.",
                request=new.request,
                duration_s=new.duration_s,
                backend=new.backend,
                pinned=new.pinned,
                fingerprint=new.fingerprint,
                priority=new.priority,
                user_id=new.user_id,
                parent_id=new.parent_id,
                key=new.key,
            )
            session.add(row)
            session.flush()
            return _generation(row)

    def get(self, generation_id: GenerationId) -> Generation:
        """Return one; NotFoundError when it is not there."""
        with self._database.read() as session:
            return _generation(_row(session, generation_id))

    def page(
        self,
        owners: Sequence[UserId | None] | None,
        limit: int,
        before: tuple[datetime, str] | None = None,
        hidden: Set[GenerationId] = frozenset(),
    ) -> list[Generation]:
        """Return the newest of some users (None among them: of nobody; None alone: of all), before a place."""
        query = select(GenerationRow).order_by(GenerationRow.created_at.desc(), GenerationRow.id.desc()).limit(limit)
        if owners is not None:
            named = [owner for owner in owners if owner is not None]
            anybodys = [GenerationRow.user_id.is_(None)] if None in owners else []
            query = query.where(or_(GenerationRow.user_id.in_(named), *anybodys))
        if hidden:
            query = query.where(GenerationRow.id.not_in(hidden))
        if before is not None:
            at, last = before
            query = query.where(
                or_(GenerationRow.created_at < at, and_(GenerationRow.created_at == at, GenerationRow.id < last))
            )
        return self._all(query)

    def some(self, ids: Set[GenerationId]) -> list[Generation]:
        """Return those of the ids that are there, in no order."""
        return self._all(select(GenerationRow).where(GenerationRow.id.in_(ids)))

    def waiting(self) -> list[Generation]:
        """Return what is not finished, in the order in which it is made; what runs stands first."""
        rows = self._all(select(GenerationRow).where(GenerationRow.status.in_(OPEN)).order_by(*_ORDER))
        return [r for r in rows if r.status == "running"] + [r for r in rows if r.status == "queued"]

    def alike(self, fingerprint: str) -> list[Generation]:
        """Return finished ones that the same request gave, the newest first."""
        query = select(GenerationRow).where(GenerationRow.fingerprint == fingerprint, GenerationRow.status == "done")
        return self._all(query.order_by(GenerationRow.finished_at.desc()))

    def paces(self, backend: str) -> list[float]:
        """Return the seconds of work a second of music that the last pieces of a backend took."""
        query = (
            select(GenerationRow.work_s, GenerationRow.duration_s)
            .where(GenerationRow.backend == backend, GenerationRow.status == "done")
            .where(GenerationRow.work_s.is_not(None), GenerationRow.duration_s > 0)
            .order_by(GenerationRow.finished_at.desc())
            .limit(REMEMBERED)
        )
        with self._database.read() as session:
            return [work / length for work, length in session.execute(query) if work is not None and length]

    def claim(self, owner: str, is_dead: Callable[[str], bool]) -> Generation | None:
        """Take the next piece that nobody works on; None where there is none.

        A lease that ran out, or whose owner `is_dead`, is taken over; who was taken over twice fails.
        """
        with self._database.read() as session:
            if not any(_free(row, is_dead) for row in session.scalars(_open_rows())):
                return None
        with self._database.write() as session:
            for row in session.scalars(_open_rows()):
                if not _free(row, is_dead):
                    continue
                if row.attempts >= ATTEMPTS:
                    row.status, row.message, row.finished_at, row.owner = "failed", CRASHED, now(), None
                    continue
                row.status, row.message, row.progress, row.owner = "running", "Starting.", 0.0, owner
                row.started_at, row.attempts, row.lease_until = now(), row.attempts + 1, _lease()
                session.flush()
                return _generation(row)
        return None

    def holds(self, generation_id: GenerationId, owner: str) -> bool:
        """Tell whether an owner may go on: it was neither cancelled nor taken over."""
        with self._database.read() as session:
            row = session.get(GenerationRow, generation_id)
            return row is not None and row.status == "running" and row.owner == owner

    def renew(self, generation_id: GenerationId, owner: str) -> bool:
        """Hold a lease for longer; False where it is no longer the owner's."""
        return self._write(generation_id, owner, lease_until=_lease())

    def tell(self, generation_id: GenerationId, owner: str, progress: float, message: str) -> bool:
        """Write how far it is; False where it is no longer the owner's."""
        return self._write(generation_id, owner, progress=progress, message=message[:500])

    def finish(self, generation_id: GenerationId, owner: str, made: Finished, message: str = "Ready.") -> bool:
        """End with a result; False, and nothing is written, where it is no longer the owner's."""
        return self._write(
            generation_id,
            owner,
            status="done",
            progress=1.0,
            message=message,
            result=made.result,
            sha256=made.sha256,
            backend=made.backend,
            fingerprint=made.fingerprint,
            work_s=made.work_s,
            finished_at=now(),
            owner=None,
        )

    def amend(self, generation_id: GenerationId, result: str) -> None:
        """Write into a finished one's result what was found out later."""
        with self._database.write() as session:
            session.execute(
                update(GenerationRow)
                .where(GenerationRow.id == generation_id, GenerationRow.status == "done")
                .values(result=result)
            )

    def answer(self, generation_id: GenerationId, like: Generation) -> None:
        """End a queued one with the result that the same request gave before."""
        with self._database.write() as session:
            row = _row(session, generation_id)
            if row.status == "queued":
                row.status, row.progress, row.message = "done", 1.0, "Ready: it was made before."
                row.result, row.sha256, row.backend = like.result, like.sha256, like.backend
                row.started_at = row.finished_at = now()

    def fail(self, generation_id: GenerationId, owner: str, message: str) -> bool:
        """End without a result; False where it is no longer the owner's."""
        return self._write(
            generation_id, owner, status="failed", progress=0.0, message=message, finished_at=now(), owner=None
        )

    def give_back(self, generation_id: GenerationId, owner: str) -> bool:
        """Put it back into the queue, as if it had not been begun: its server stops in good order."""
        with self._database.write() as session:
            row = _row(session, generation_id)
            if row.status != "running" or row.owner != owner:
                return False
            row.status, row.progress, row.message, row.owner = "queued", 0.0, "Waiting.", None
            row.started_at, row.attempts = None, row.attempts - 1
            return True

    def cancel(self, generation_id: GenerationId) -> Generation:
        """Stop a queued or running one; what has ended stays as it ended. Who works on it reads that in the row."""
        with self._database.write() as session:
            row = _row(session, generation_id)
            if row.status in OPEN:
                row.status, row.progress, row.message = "cancelled", 0.0, "Cancelled."
                row.finished_at, row.owner = now(), None
            return _generation(row)

    def forget(self, generation_id: GenerationId) -> str | None:
        """Delete the row; return the hash of its file where no other row has the same one."""
        with self._database.write() as session:
            row = _row(session, generation_id)
            sha256 = row.sha256
            session.delete(row)
            session.flush()
            others = select(func.count()).select_from(GenerationRow).where(GenerationRow.sha256 == sha256)
            return None if sha256 is None or session.scalar(others) else sha256

    def kept(self) -> set[str]:
        """Return the names of all files that rows speak of, as hashes."""
        with self._database.read() as session:
            return set(session.scalars(select(GenerationRow.sha256).where(GenerationRow.sha256.is_not(None))))

    def _all(self, query: Select[GenerationRow]) -> list[Generation]:
        with self._database.read() as session:
            return [_generation(row) for row in session.scalars(query)]

    def _write(self, generation_id: GenerationId, held_by: str, **values: Any) -> bool:
        with self._database.write() as session:
            result = session.execute(
                update(GenerationRow)
                .where(
                    GenerationRow.id == generation_id, GenerationRow.owner == held_by, GenerationRow.status == "running"
                )
                .values(**values)
            )
        return bool(getattr(result, "rowcount", 0))


def _open_rows() -> Select[GenerationRow]:
    return select(GenerationRow).where(GenerationRow.status.in_(OPEN)).order_by(*_ORDER)


def _free(row: GenerationRow, is_dead: Callable[[str], bool]) -> bool:
    if row.status == "queued":
        return True
    return row.owner is None or row.lease_until is None or row.lease_until < now() or is_dead(row.owner)


def _lease() -> datetime:
    return now() + timedelta(seconds=LEASE_S)


def _check_quota(session: Session, user_id: UserId | None, per_user: int, at_all: int) -> None:
    counted = select(func.count()).select_from(GenerationRow).where(GenerationRow.status.in_(OPEN))
    own = session.scalar(counted.where(GenerationRow.user_id == user_id)) or 0
    if own >= per_user:
        raise QuotaError(f"{own} of your pieces are not finished yet, the most at once; wait for one, or cancel one.")
    if (waiting := session.scalar(counted) or 0) >= at_all:
        raise QuotaError(f"{waiting} pieces wait already; try again when some are done.")


def _row(session: Session, generation_id: GenerationId) -> GenerationRow:
    row = session.get(GenerationRow, generation_id)
    if row is None:
        raise NotFoundError(f"No generation has the id {generation_id[:64]!r}; start a new one.")
    return row


def _generation(row: GenerationRow) -> Generation:
    return Generation(
        id=GenerationId(row.id),
        status=row.status,  # type: ignore[arg-type]  # written from the same Literal
        progress=row.progress,
        message=row.message,
        request=row.request,
        result=row.result,
        track_id=TrackId(row.track_id) if row.track_id else None,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        backend=row.backend,
        pinned=row.pinned,
        fingerprint=row.fingerprint,
        sha256=row.sha256,
        duration_s=row.duration_s,
        attempts=row.attempts,
        user_id=UserId(row.user_id) if row.user_id else None,
        parent_id=GenerationId(row.parent_id) if row.parent_id else None,
    )
