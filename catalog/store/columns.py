"""The whole catalogue as columns, streamed: what scoring reads, without an object for every row of every table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from sqlalchemy.orm import Session

from catalog.values import Track, TrackId

_AT_ONCE = 50_000
_TRACKS = (
    "SELECT t.id, t.title, a.name, l.title, t.year, t.duration_s, t.licence, t.licence_class, t.provenance "
    "FROM tracks t LEFT JOIN artists a ON a.id = t.artist_id LEFT JOIN albums l ON l.id = t.album_id "
    "WHERE t.id > ? ORDER BY t.id LIMIT ?"
)
_FEATURES = "SELECT track_id, name, value, text, confidence FROM features WHERE track_id > ? AND track_id <= ?"
_TAGS = "SELECT track_id, source, label, weight FROM tags WHERE track_id > ? AND track_id <= ?"


@dataclass(frozen=True, eq=False)
class TrackBatch:
    """Consecutive tracks as parallel sequences; a feature or a tag names its track by the place in the batch.

    `features` are (place, name, value, text, confidence), `tags` (place, source, label, weight).
    """

    ids: tuple[TrackId, ...] = ()
    titles: tuple[str, ...] = ()
    artists: tuple[str | None, ...] = ()
    albums: tuple[str | None, ...] = ()
    years: tuple[int | None, ...] = ()
    durations: tuple[float, ...] = ()
    licences: tuple[str | None, ...] = ()
    licence_classes: tuple[str, ...] = ()
    provenances: tuple[str, ...] = ()
    features: list[tuple[int, str, float | None, str | None, float]] = field(default_factory=list)
    tags: list[tuple[int, str, str, float]] = field(default_factory=list)


def read_batches(session: Session, size: int) -> Iterator[TrackBatch]:
    """Yield all tracks by id, `size` at a time, out of the session's transaction."""
    connection = session.connection()
    last = ""
    while rows := connection.exec_driver_sql(_TRACKS, (last, size)).all():
        span = (last, str(rows[-1][0]))
        place = {row[0]: n for n, row in enumerate(rows)}
        # Row by row the driver's calls cost more than the rows.
        features = chain.from_iterable(connection.exec_driver_sql(_FEATURES, span).partitions(_AT_ONCE))
        tags = chain.from_iterable(connection.exec_driver_sql(_TAGS, span).partitions(_AT_ONCE))
        ids, titles, artists, albums, years, durations, licences, classes, provenances = zip(*rows, strict=True)
        yield TrackBatch(
            ids,
            titles,
            artists,
            albums,
            years,
            durations,
            licences,
            classes,
            provenances,
            features=[(place[i], name, value, text, sure) for i, name, value, text, sure in features if i in place],
            tags=[(place[i], source, label, weight) for i, source, label, weight in tags if i in place],
        )
        last = span[1]


def batch_of(tracks: tuple[Track, ...]) -> TrackBatch:
    """Return tracks that are at hand as one batch, in their order."""
    return TrackBatch(
        ids=tuple(t.id for t in tracks),
        titles=tuple(t.title for t in tracks),
        artists=tuple(t.artist for t in tracks),
        albums=tuple(t.album for t in tracks),
        years=tuple(t.year for t in tracks),
        durations=tuple(t.duration_s for t in tracks),
        licences=tuple(t.licence for t in tracks),
        licence_classes=tuple(t.licence_class for t in tracks),
        provenances=tuple(t.provenance for t in tracks),
        features=[
            (n, m.name, m.value, m.text, m.confidence) for n, t in enumerate(tracks) for m in t.measurements.values()
        ],
        tags=[(n, tag.source, tag.label, tag.weight) for n, t in enumerate(tracks) for tag in t.tags],
    )
