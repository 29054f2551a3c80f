"""The video desk: films, the revisions of their cue sheets, and the work that is done on them in the background."""

from __future__ import annotations

import secrets
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from catalog.errors import ConflictError, NotFoundError
from catalog.films import (
    Cue,
    CueSheet,
    Film,
    FilmId,
    FilmJob,
    FilmJobKind,
    FilmJobStatus,
    JobId,
    checked,
)
from catalog.store.engine import Database
from catalog.store.tables import ArtistRow, CueSheetRow, FilmJobRow, FilmRow, TrackRow
from catalog.values import TrackId

# So many revisions can be gone back to.
KEPT_REVISIONS = 200
_SHEET = TypeAdapter(CueSheet)
_OPEN = ("queued", "running")


class Films:
    """Films with their cue sheets; every change of a sheet is a new revision."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, film: Film, sheet: CueSheet) -> None:
        """Store a film, its sheet as revision 1; CueError where the sheet cannot be."""
        first = replace(checked(sheet, film), revision=1)
        with self._database.write() as session:
            session.add(
                FilmRow(
                    id=film.id,
                    name=film.name,
                    duration_s=film.duration_s,
                    width=film.width,
                    height=film.height,
                    rate=str(film.rate),
                    has_audio=film.has_audio,
                    playable=film.playable,
                    media_type=film.media_type,
                    timeline=film.timeline,
                    sheet=1,
                    created_at=film.created_at,
                )
            )
            session.flush()
            session.add(CueSheetRow(film_id=film.id, number=1, body=_text(first)))

    def get(self, film_id: FilmId) -> Film:
        """Return a film; NotFoundError when it is not there."""
        with self._database.read() as session:
            return _film(_row(session, film_id))

    def put_timeline(self, film_id: FilmId, timeline: str) -> None:
        """Write what is known of a film by now."""
        with self._database.write() as session:
            session.execute(update(FilmRow).where(FilmRow.id == film_id).values(timeline=timeline))

    def delete(self, film_id: FilmId) -> None:
        """Forget a film, its cue sheets and its work; NotFoundError when it is not there."""
        with self._database.write() as session:
            session.delete(_row(session, film_id))

    def sheet(self, film_id: FilmId, revision: int | None = None) -> CueSheet:
        """Return the cue sheet, as it is or as it was at a revision; NotFoundError where there is none."""
        with self._database.read() as session:
            return _sheet(session, _row(session, film_id), revision)

    def put_sheet(self, film_id: FilmId, sheet: CueSheet, expected_revision: int | None = None) -> CueSheet:
        """Put another sheet in the place of the present one and return it, with the words of its tracks.

        Raises:
            ConflictError: the present revision is another one than expected.
            CueError: the sheet cannot be.
            NotFoundError: no such film, or a cue that came in names a track that is not in the catalogue.
        """
        with self._database.write() as session:
            row = _row(session, film_id)
            if expected_revision is not None and row.sheet != expected_revision:
                raise ConflictError(
                    f"The cue sheet is at revision {row.sheet}, not {expected_revision}: somebody changed it "
                    "meanwhile; read it again and repeat your change on what it holds now.",
                    row.sheet,
                )
            before = _sheet(session, row, None)
            named = _named(session, checked(sheet, _film(row)), before)
            after = replace(named, revision=before.revision)
            if after == before:
                return before
            after = replace(after, revision=row.sheet + 1)
            row.sheet = after.revision
            session.add(CueSheetRow(film_id=film_id, number=after.revision, body=_text(after)))
            session.execute(
                delete(CueSheetRow).where(
                    CueSheetRow.film_id == film_id, CueSheetRow.number <= after.revision - KEPT_REVISIONS
                )
            )
            return after

    def add_job(self, film_id: FilmId, kind: FilmJobKind, revision: int | None = None) -> FilmJob:
        """Queue work; NotFoundError when the film is not there."""
        job_id = JobId(secrets.token_hex(16))
        with self._database.write() as session:
            _row(session, film_id)
            row = FilmJobRow(
                id=job_id, film_id=film_id, kind=kind, status="queued", message="Waiting.", revision=revision
            )
            session.add(row)
            session.flush()
            return _job(row)

    def job(self, job_id: JobId) -> FilmJob:
        """Return a piece of work; NotFoundError when it is not there."""
        with self._database.read() as session:
            row = session.get(FilmJobRow, job_id)
            if row is None:
                raise NotFoundError(f"No render has the id {job_id[:64]!r}; start a new one.")
            return _job(row)

    def jobs(self, film_id: FilmId | None = None, kind: FilmJobKind | None = None) -> list[FilmJob]:
        """Return the work on one film or on all, of one kind or of all, the newest first."""
        query = select(FilmJobRow).order_by(FilmJobRow.created_at.desc(), FilmJobRow.id)
        if film_id is not None:
            query = query.where(FilmJobRow.film_id == film_id)
        if kind is not None:
            query = query.where(FilmJobRow.kind == kind)
        with self._database.read() as session:
            return [_job(row) for row in session.scalars(query)]

    def update_job(self, job_id: JobId, status: FilmJobStatus, progress: float, message: str) -> None:
        """Write how far it is. What has ended stays as it ended."""
        with self._database.write() as session:
            session.execute(
                update(FilmJobRow)
                .where(FilmJobRow.id == job_id, FilmJobRow.status.in_(_OPEN))
                .values(status=status, progress=progress, message=message[:1000])
            )

    def fail_unfinished(self) -> list[FilmJob]:
        """Mark what a dead process left as failed, and return it. Called once, when a server starts."""
        with self._database.write() as session:
            rows = session.scalars(select(FilmJobRow).where(FilmJobRow.status.in_(_OPEN))).all()
            left = [_job(row) for row in rows]
            for row in rows:
                row.status, row.message = "failed", "The server stopped while this was made; start it again."
        return left


def _row(session: Session, film_id: FilmId) -> FilmRow:
    row = session.get(FilmRow, film_id)
    if row is None:
        raise NotFoundError(f"No film has the id {film_id[:64]!r}; upload the clip again with POST /v1/films.")
    return row


def _film(row: FilmRow) -> Film:
    return Film(
        FilmId(row.id),
        row.name,
        row.duration_s,
        row.width,
        row.height,
        Fraction(row.rate),
        row.has_audio,
        row.playable,
        row.media_type,
        row.timeline,
        row.created_at,
    )


def _sheet(session: Session, row: FilmRow, revision: int | None) -> CueSheet:
    wanted = row.sheet if revision is None else revision
    found = session.get(CueSheetRow, (row.id, wanted)) if 1 <= wanted <= row.sheet else None
    if found is None:
        oldest = max(1, row.sheet - KEPT_REVISIONS + 1)
        raise NotFoundError(f"The cue sheet has no revision {wanted}; it has {oldest} to {row.sheet}.")
    return _SHEET.validate_json(found.body)


def _named(session: Session, sheet: CueSheet, before: CueSheet) -> CueSheet:
    """Return the sheet with the words of its tracks; those of a track that was deleted since stay as they were."""
    known = {cue.track_id: _Words.of(cue) for cue in before.sounding}
    known |= _words(session, [cue.track_id for cue in sheet.sounding if cue.track_id is not None])
    cues = []
    for cue in sheet.cues:
        words = _NO_WORDS if cue.track_id is None else known.get(cue.track_id)
        if words is None:
            told = str(cue.track_id)[:64]
            raise NotFoundError(f"No track has the id {told!r}; leave it out or choose another one.")
        cues.append(replace(cue, **words._asdict()))
    return replace(sheet, cues=tuple(cues))


class _Words(NamedTuple):
    """What a cue keeps of its track."""

    title: str
    artist: str | None
    licence: str | None
    attribution: str | None

    @classmethod
    def of(cls, cue: Cue) -> _Words:
        return cls(cue.title, cue.artist, cue.licence, cue.attribution)


_NO_WORDS = _Words("", None, None, None)


def _words(session: Session, ids: list[TrackId]) -> dict[TrackId | None, _Words]:
    query = (
        select(TrackRow.id, TrackRow.title, ArtistRow.name, TrackRow.licence, TrackRow.attribution)
        .outerjoin(ArtistRow, TrackRow.artist_id == ArtistRow.id)
        .where(TrackRow.id.in_(set(ids)))
    )
    return {TrackId(row[0]): _Words(row[1], row[2], row[3], row[4]) for row in session.execute(query)}


def _text(sheet: CueSheet) -> str:
    return _SHEET.dump_json(sheet).decode("utf-8")


def _job(row: FilmJobRow) -> FilmJob:
    return FilmJob(
        JobId(row.id),
        FilmId(row.film_id),
        row.kind,  # type: ignore[arg-type]  # written from the same Literal
        row.status,  # type: ignore[arg-type]  # written from the same Literal
        row.progress,
        row.message,
        row.revision,
        row.created_at,
    )
