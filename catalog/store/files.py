"""The ingest queue: one row per file, so that a killed ingest resumes where it stopped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from catalog.store.engine import Database
from catalog.store.library import FINGERPRINT, bump_revision, save_track
from catalog.store.tables import FileRow, TrackRow, VectorRow
from catalog.values import FileProblem, SoundFacts, TrackId, TrackMetadata

MAX_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file on disk, or the `member` of an archive at `path`; `mtime_ns` is the time on disk."""

    path: str
    member: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class QueuedFile:
    """A file that waits to be ingested; `track_id` is set when an earlier content of it is known."""

    id: int
    path: Path
    member: str
    track_id: TrackId | None


class FileQueue:
    """Files and how far each of them got: pending, done, quarantined or gone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def offer(self, found: Iterable[FoundFile], retry: bool = False) -> None:
        """Queue files that are new or changed; `retry` queues again the quarantined and those without a fingerprint."""
        with self._database.write() as session:
            known = {(r.path, r.member): r for r in session.scalars(select(FileRow))}
            printed = set(session.scalars(select(VectorRow.track_id).where(VectorRow.space == FINGERPRINT)))
            for f in found:
                row = known.get((f.path, f.member))
                if row is None:
                    session.add(
                        FileRow(path=f.path, member=f.member, size=f.size, mtime_ns=f.mtime_ns, state="pending")
                    )
                    continue
                again = retry and row.state == "done" and row.track_id not in printed
                if again:
                    # Without its hash a file is measured anew, not taken for a copy of itself.
                    row.sha256 = None
                if again or _changed(row, f) or row.state == "gone" or (retry and row.state == "quarantined"):
                    row.size, row.mtime_ns, row.state, row.reason, row.attempts = f.size, f.mtime_ns, "pending", None, 0

    def pending(self) -> list[QueuedFile]:
        """Return what waits, in the order in which it was found.

        A file that was being read each time the ingest died is put into quarantine: it is the one that kills it.
        """
        with self._database.write() as session:
            session.execute(
                update(FileRow)
                .where(FileRow.state == "pending", FileRow.attempts >= MAX_ATTEMPTS)
                .values(state="quarantined", reason="The ingest died while reading this file, more than once.")
            )
            rows = session.scalars(select(FileRow).where(FileRow.state == "pending").order_by(FileRow.id)).all()
            return [QueuedFile(r.id, Path(r.path), r.member, TrackId(r.track_id) if r.track_id else None) for r in rows]

    def begin(self, file: QueuedFile) -> None:
        """Note that work on a file starts; `pending` judges by it when the process dies in the middle."""
        with self._database.write() as session:
            session.execute(update(FileRow).where(FileRow.id == file.id).values(attempts=FileRow.attempts + 1))

    def track_with(self, sha256: str) -> TrackId | None:
        """Return the track whose file has this content, if any."""
        with self._database.read() as session:
            found = session.scalar(
                select(FileRow.track_id).where(FileRow.sha256 == sha256, FileRow.track_id.is_not(None)).limit(1)
            )
        return TrackId(found) if found else None

    def link(self, file: QueuedFile, sha256: str, track_id: TrackId) -> None:
        """Finish a file whose content is a known track: a copy, or a file that was renamed or moved."""
        with self._database.write() as session:
            _finish(session, file, sha256, track_id)
            others = session.scalars(
                select(FileRow).where(FileRow.track_id == track_id, FileRow.id != file.id, FileRow.state == "done")
            ).all()
            for other in others:
                if not Path(other.path).exists():
                    session.delete(other)

    def finish(
        self, file: QueuedFile, sha256: str, track_id: TrackId, metadata: TrackMetadata, facts: SoundFacts
    ) -> None:
        """Finish a file: its track and its row are committed together or not at all."""
        with self._database.write() as session:
            save_track(session, track_id, metadata, facts)
            _finish(session, file, sha256, track_id)
            bump_revision(session)

    def quarantine(self, file: QueuedFile, reason: str) -> None:
        """Set a bad file aside with the reason; it is not read again until it changes."""
        with self._database.write() as session:
            session.execute(
                update(FileRow).where(FileRow.id == file.id).values(state="quarantined", reason=reason[:1000])
            )

    def problems(self) -> list[FileProblem]:
        """Return the quarantined files with their reasons."""
        with self._database.read() as session:
            rows = session.scalars(select(FileRow).where(FileRow.state == "quarantined").order_by(FileRow.path)).all()
        return [FileProblem(Path(r.path), r.member or None, r.reason or "", r.updated_at) for r in rows]

    def played(self) -> list[tuple[TrackId, str]]:
        """Return (track, path) of every file in use; a member of an archive lies below the archive's path."""
        query = select(FileRow.track_id, FileRow.path, FileRow.member).where(FileRow.state == "done")
        with self._database.read() as session:
            rows = session.execute(query.where(FileRow.track_id.is_not(None)).order_by(FileRow.id)).all()
        return [(TrackId(r.track_id), f"{r.path}/{r.member}" if r.member else r.path) for r in rows]

    def counts(self) -> dict[str, int]:
        """Return how many files are in each state."""
        with self._database.read() as session:
            rows = session.execute(select(FileRow.state, func.count()).group_by(FileRow.state)).all()
        return {str(state): int(n) for state, n in rows}

    def gone(self, roots: Sequence[str]) -> list[QueuedFile]:
        """Return the finished files below `roots` that are no longer on disk."""
        with self._database.read() as session:
            rows = session.scalars(select(FileRow).where(FileRow.state == "done")).all()
        return [
            QueuedFile(r.id, Path(r.path), r.member, TrackId(r.track_id) if r.track_id else None)
            for r in rows
            if any(Path(r.path).is_relative_to(root) for root in roots) and not Path(r.path).exists()
        ]

    def prune(self, files: Sequence[QueuedFile]) -> int:
        """Forget files that are gone, and the tracks that no other file plays; return how many tracks went."""
        with self._database.write() as session:
            for file in files:
                session.execute(delete(FileRow).where(FileRow.id == file.id))
            orphans = [
                t
                for t in {f.track_id for f in files if f.track_id}
                if session.scalar(select(FileRow.id).where(FileRow.track_id == t).limit(1)) is None
            ]
            for track_id in orphans:
                session.execute(delete(TrackRow).where(TrackRow.id == track_id))
                session.execute(text("DELETE FROM track_fts WHERE track_id = :i"), {"i": track_id})
            if orphans:
                bump_revision(session)
        return len(orphans)


def _changed(row: FileRow, found: FoundFile) -> bool:
    return row.size != found.size or row.mtime_ns != found.mtime_ns


def _finish(session: Session, file: QueuedFile, sha256: str, track_id: TrackId) -> None:
    session.execute(
        update(FileRow)
        .where(FileRow.id == file.id)
        .values(state="done", reason=None, sha256=sha256, track_id=track_id, attempts=0)
    )
