"""Ingests in the background. The database is the queue, so that a page that is loaded again finds them."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NewType

from sqlalchemy import select, update

from catalog.errors import NotFoundError
from catalog.store.engine import Database
from catalog.store.tables import JobRow

IngestId = NewType("IngestId", str)
JobStatus = Literal["queued", "running", "done", "failed", "cancelled"]
INGEST = "ingest"
KEPT = 20
_OPEN = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Job:
    """One background job; `progress` in [0, 1], `payload` what it is about and how far it got, times in UTC."""

    id: IngestId
    status: JobStatus
    progress: float
    message: str
    payload: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime


class Jobs:
    """The rows of ingests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, payload: Mapping[str, Any]) -> Job:
        """Queue a job; the oldest ones that have ended make way."""
        row = JobRow(
            id=secrets.token_hex(16), kind=INGEST, status="queued", payload=json.dumps(payload), owner_pid=os.getpid()
        )
        with self._database.write() as session:
            session.add(row)
            ended = select(JobRow).where(JobRow.kind == INGEST, JobRow.status.not_in(_OPEN))
            for old in session.scalars(ended.order_by(JobRow.created_at.desc()).offset(KEPT)):
                session.delete(old)
        return self.get(IngestId(row.id))

    def get(self, job_id: IngestId) -> Job:
        """Return a job; NotFoundError where there is none."""
        with self._database.read() as session:
            row = session.get(JobRow, job_id)
            if row is None:
                raise NotFoundError(f"No ingest has the id {job_id[:64]!r}; GET /v1/library/ingests lists them.")
            return _job(row)

    def all(self) -> list[Job]:
        """Return the jobs, the newest first."""
        query = select(JobRow).where(JobRow.kind == INGEST).order_by(JobRow.created_at.desc(), JobRow.id)
        with self._database.read() as session:
            return [_job(row) for row in session.scalars(query)]

    def update(
        self, job_id: IngestId, status: JobStatus, progress: float, message: str, payload: Mapping[str, Any]
    ) -> None:
        """Tell how far a job is; one that has ended stays as it is."""
        told = {"status": status, "progress": progress, "message": message, "payload": json.dumps(payload)}
        with self._database.write() as session:
            session.execute(update(JobRow).where(JobRow.id == job_id, JobRow.status.in_(_OPEN)).values(**told))

    def fail_unfinished(self, message: str) -> int:
        """Mark what a dead process left as failed; return how many there were."""
        with self._database.write() as session:
            rows = session.scalars(select(JobRow).where(JobRow.kind == INGEST, JobRow.status.in_(_OPEN))).all()
            for row in rows:
                row.status, row.message = "failed", message
        return len(rows)


def _job(row: JobRow) -> Job:
    return Job(
        IngestId(row.id),
        row.status,  # type: ignore[arg-type]  # written from the same Literal
        row.progress,
        row.message,
        json.loads(row.payload),
        row.created_at,
        row.updated_at,
    )
