"""What users say of a track: tempo, key, their own tags. It stands before what was measured, also after an ingest."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, text, update
from sqlalchemy.orm import Session

from catalog.errors import ConflictError, NotFoundError
from catalog.names import clean
from catalog.store.engine import Database
from catalog.store.library import MEASURED, bump_revision, compose_document, feature_row, load_tracks
from catalog.store.tables import FeatureRow, TagRow, TrackRow
from catalog.values import Measurement, Tag, Track, TrackId

USER = "user"
_WRITTEN = frozenset({"file", "sidecar", USER})


class Corrections:
    """Keeps users' words about tracks; each change raises the catalogue's revision."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def correct(self, track_id: TrackId, measurement: Measurement) -> None:
        """Keep a user's own reading of tempo or key; later measurements do not overwrite it."""
        self.amend(track_id, corrected=(measurement,))

    def amend(
        self,
        track_id: TrackId,
        *,
        corrected: Sequence[Measurement] = (),
        taken_back: Sequence[str] = (),
        tags: Sequence[str] | None = None,
        expected: Track | None = None,
    ) -> Track:
        """Change what users say of a track, all of it or nothing, and return the track.

        Args:
            track_id: the track.
            corrected: readings that stand from now on.
            taken_back: names of readings that give way to what was measured.
            tags: all of the users' tags from now on; None leaves them.
            expected: the track as the change relies on it.

        Raises:
            NotFoundError: no such track.
            ConflictError: the track is not as expected any more.
        """
        with self._database.write() as session:
            track = _get(session, track_id)
            if expected is not None and track != expected:
                raise ConflictError("The track was changed meanwhile; read it again and repeat your change.", 0)
            for measurement in corrected:
                _keep_measured(session, track, measurement.name)
                session.merge(feature_row(track_id, measurement, source=USER))
            for name in taken_back:
                _take_back(session, track, name)
            if tags is not None:
                _put_tags(session, track_id, tags)
            session.flush()
            session.expire_all()
            amended = _get(session, track_id)
            _put_words(session, amended)
            bump_revision(session)
            session.flush()
            session.expire_all()
            return _get(session, track_id)


def _get(session: Session, track_id: TrackId) -> Track:
    found = load_tracks(session, [track_id]).get(track_id)
    if found is None:
        raise NotFoundError(f"No track has the id {track_id[:64]!r}; search for it by title instead.")
    return found


def _keep_measured(session: Session, track: Track, name: str) -> None:
    before = track.measurements.get(name)
    if before is not None and before.source != USER:
        row = feature_row(track.id, before, before.source)
        row.name = f"{MEASURED}{name}"
        session.merge(row)


def _take_back(session: Session, track: Track, name: str) -> None:
    now = track.measurements.get(name)
    if now is None or now.source != USER:
        return
    names = FeatureRow.track_id == track.id
    session.execute(delete(FeatureRow).where(names, FeatureRow.name == name))
    session.execute(update(FeatureRow).where(names, FeatureRow.name == f"{MEASURED}{name}").values(name=name))


def _put_tags(session: Session, track_id: TrackId, tags: Sequence[str]) -> None:
    session.execute(delete(TagRow).where(TagRow.track_id == track_id, TagRow.source == USER))
    labels = dict.fromkeys(label for tag in tags if (label := clean(tag, 80)))
    session.add_all(TagRow(track_id=track_id, source=USER, label=label, weight=1.0) for label in labels)


def _put_words(session: Session, track: Track) -> None:
    """Write anew what text search reads of a track."""
    numbers = track.measurements.values()
    document = compose_document(track.title, track.artist, track.album, track.year, track.tags, numbers)
    session.execute(update(TrackRow).where(TrackRow.id == track.id).values(document=document))
    words = " ".join(_written(track.tags))
    session.execute(text("UPDATE track_fts SET words = :w WHERE track_id = :i"), {"w": words, "i": track.id})


def _written(tags: Sequence[Tag]) -> list[str]:
    return sorted({tag.label for tag in tags if tag.source in _WRITTEN})
