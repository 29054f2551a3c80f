"""Tracks and everything that hangs on them: reading, writing, full-text search, vectors."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from catalog.errors import NotFoundError
from catalog.licences import licence_class
from catalog.names import UNTITLED, clean, fold
from catalog.store.columns import TrackBatch, read_batches
from catalog.store.engine import Database
from catalog.store.tables import (
    AlbumRow,
    ArtistRow,
    FeatureRow,
    FileRow,
    MetaRow,
    TagRow,
    TrackRow,
    VectorRow,
)
from catalog.values import (
    Described,
    Measurement,
    SoundFacts,
    Tag,
    Track,
    TrackId,
    TrackMetadata,
    Vector,
)

MAX_QUERY_WORDS = 32
_BATCH = 500
_VECTORS_AT_ONCE = 10_000
# What people wrote stands whole in a track's text; of what a tagger heard, the strongest labels fill it up.
_TAGS_IN_DOCUMENT, _WRITTEN_IN_DOCUMENT = 10, 40
# What other places call a track: URIs, as a measurement with text.
_LINKS = "links"
# Before the name of a measurement that a user's correction stands before.
MEASURED = "measured_"
# Fingerprints lie beside the embeddings: raw little-endian uint32, as many as the track is long.
FINGERPRINT = "fingerprint/haitsma-kalker-1"


class Library:
    """The tracks of a catalogue. Every write raises the catalogue's revision, which index manifests quote."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def revision(self) -> int:
        """Return a number that grows with every change of tracks, tags or measurements."""
        with self._database.read() as session:
            return _revision(session)

    def count(self) -> int:
        """Return how many tracks there are."""
        with self._database.read() as session:
            return session.scalar(select(func.count()).select_from(TrackRow)) or 0

    def ids(self) -> list[TrackId]:
        """Return all ids in a stable order."""
        with self._database.read() as session:
            return [TrackId(i) for i in session.scalars(select(TrackRow.id).order_by(TrackRow.id))]

    def get(self, track_id: TrackId) -> Track:
        """Return one track; NotFoundError when it is not there."""
        found = self.get_many([track_id])
        if not found:
            raise NotFoundError(f"No track has the id {track_id[:64]!r}; search for it by title instead.")
        return found[0]

    def get_many(self, ids: Sequence[TrackId]) -> list[Track]:
        """Return the tracks that exist, in request order."""
        found: dict[str, Track] = {}
        with self._database.read() as session:
            for start in range(0, len(ids), _BATCH):
                found |= load_tracks(session, ids[start : start + _BATCH])
        return [found[i] for i in ids if i in found]

    def all(self) -> list[Track]:
        """Return every track, in the order of `ids`."""
        return self.get_many(self.ids())

    @contextmanager
    def batches(self, size: int = 20_000) -> Iterator[tuple[int, Iterator[TrackBatch]]]:
        """Open the whole catalogue as columns of one moment: (its revision, all tracks by id, `size` at a time)."""
        with self._database.read() as session:
            # One transaction: what is written meanwhile belongs to a later revision.
            session.execute(text("BEGIN"))
            yield _revision(session), read_batches(session, size)

    def match(self, query: str, n: int = 50) -> list[tuple[TrackId, float]]:
        """Full-text search over titles, artists, albums and tags, best first.

        All words first; where that finds fewer than `n`, any of the words. Scores are -bm25 (higher is better).
        Any text is allowed: operators of the query language are taken as plain words.
        """
        words = re.findall(r"\w+", query)[:MAX_QUERY_WORDS]
        if not words:
            return []
        quoted = [f'"{w}"' for w in words]
        with self._database.read() as session:
            hits = _fts(session, " AND ".join(quoted), n)
            if len(hits) < n and len(quoted) > 1:
                seen = {i for i, _ in hits}
                hits += [h for h in _fts(session, " OR ".join(quoted), n) if h[0] not in seen][: n - len(hits)]
        return hits

    def holding(self, words: str) -> list[TrackId]:
        """Return the tracks whose title, artist, album or tags hold all these words, or words that begin so."""
        wanted = re.findall(r"\w+", words)[:MAX_QUERY_WORDS]
        if not wanted:
            return []
        with self._database.read() as session:
            rows = session.execute(
                text("SELECT track_id FROM track_fts WHERE track_fts MATCH :q"),
                {"q": " AND ".join(f'"{word}"*' for word in wanted)},
            )
            return [TrackId(i) for i in rows.scalars()]

    def names(self) -> dict[TrackId, tuple[str, str | None]]:
        """Return (title, artist) of every track by its id."""
        query = select(TrackRow.id, TrackRow.title, ArtistRow.name)
        with self._database.read() as session:
            rows = session.execute(query.outerjoin(ArtistRow, TrackRow.artist_id == ArtistRow.id)).all()
        return {TrackId(i): (title, artist) for i, title, artist in rows}

    def save(self, track_id: TrackId, metadata: TrackMetadata, facts: SoundFacts) -> None:
        """Insert or replace a track with what its file says and what was measured.

        A measurement that a user corrected, and tags that a user wrote, stay.
        """
        with self._database.write() as session:
            save_track(session, track_id, metadata, facts)
            bump_revision(session)

    def describe(self, tracks: Iterable[Described]) -> None:
        """Insert or replace tracks that are known by description alone, all in one transaction."""
        with self._database.write() as session:
            for t in tracks:
                _write(session, t.id, t.metadata, t.duration_s, t.measurements, (), {})
            bump_revision(session)

    def remove(self, ids: Sequence[TrackId]) -> None:
        """Delete tracks with their tags, measurements, vectors and file rows; playlists keep the words."""
        with self._database.write() as session:
            for track_id in ids:
                session.execute(delete(FileRow).where(FileRow.track_id == track_id))
                session.execute(delete(TrackRow).where(TrackRow.id == track_id))
                session.execute(text("DELETE FROM track_fts WHERE track_id = :i"), {"i": track_id})
            bump_revision(session)

    def vectors(self, space: str) -> tuple[list[TrackId], NDArray[np.float32]]:
        """Return ids and their ``(n, dim)`` matrix for one space, ordered by id; (0, 0) when there are none."""
        wanted = VectorRow.space == space
        ids: list[TrackId] = []
        matrix = np.zeros((0, 0), np.float32)
        with self._database.read() as session:
            session.execute(text("BEGIN"))
            count = session.scalar(select(func.count()).select_from(VectorRow).where(wanted)) or 0
            found = session.execute(
                select(VectorRow.track_id, VectorRow.data).where(wanted).order_by(VectorRow.track_id)
            )
            for part in found.partitions(_VECTORS_AT_ONCE):
                rows = np.frombuffer(b"".join(r.data for r in part), "<f4").reshape(len(part), -1)
                if not ids:
                    matrix = np.empty((count, rows.shape[1]), np.float32)
                matrix[len(ids) : len(ids) + len(part)] = rows
                ids += [TrackId(r.track_id) for r in part]
        return ids, matrix

    def fingerprints(self, ids: Sequence[TrackId] | None = None) -> Iterator[tuple[TrackId, NDArray[np.uint32]]]:
        """Yield (id, its uint32 prints) by id, of all tracks or of those asked for, where there are any."""
        wanted = select(VectorRow.track_id, VectorRow.data).where(VectorRow.space == FINGERPRINT)
        if ids is not None:
            wanted = wanted.where(VectorRow.track_id.in_(ids[:_BATCH]))
        with self._database.read() as session:
            for part in session.execute(wanted.order_by(VectorRow.track_id)).partitions(_BATCH):
                for row in part:
                    yield TrackId(row.track_id), np.frombuffer(row.data, "<u4")

    def identified(self) -> dict[str, TrackId]:
        """Return the track of each identifier that files tell (see `TrackMetadata`) or that was linked."""
        told = select(FeatureRow.text, FeatureRow.track_id).where(FeatureRow.name.in_(["identifiers", _LINKS]))
        with self._database.read() as session:
            rows = session.execute(told.order_by(FeatureRow.track_id.desc())).all()
        return {identifier: TrackId(r.track_id) for r in rows for identifier in (r.text or "").split()}

    def links(self, ids: Sequence[TrackId]) -> dict[TrackId, tuple[str, ...]]:
        """Return the URIs by which other places know these tracks, where they do."""
        found: dict[TrackId, tuple[str, ...]] = {}
        query = select(FeatureRow.track_id, FeatureRow.text).where(FeatureRow.name == _LINKS)
        with self._database.read() as session:
            for start in range(0, len(ids), _BATCH):
                rows = session.execute(query.where(FeatureRow.track_id.in_(ids[start : start + _BATCH])))
                found |= {TrackId(r.track_id): tuple((r.text or "").split()) for r in rows}
        return found

    def link(self, prefix: str, links: Mapping[TrackId, str]) -> None:
        """Keep the URIs by which another place knows tracks, instead of all earlier ones that begin with `prefix`.

        They outlive a new ingest. The catalogue's revision stays: nothing was said anew of the music.
        """
        with self._database.write() as session:
            rows = {r.track_id: r for r in session.scalars(select(FeatureRow).where(FeatureRow.name == _LINKS))}
            for row in rows.values():
                row.text = " ".join(uri for uri in (row.text or "").split() if not uri.startswith(prefix))
            for track_id, uri in links.items():
                kept = rows[track_id].text if track_id in rows else ""
                told = Measurement(_LINKS, None, 1.0, text=f"{kept} {uri}".strip())
                session.merge(feature_row(track_id, told, source="user"))

    def count_fingerprints(self) -> int:
        """Return how many tracks can be known again by their sound."""
        with self._database.read() as session:
            found = select(func.count()).select_from(VectorRow).where(VectorRow.space == FINGERPRINT)
            return session.scalar(found) or 0

    def subjects(self, space: str) -> dict[TrackId, str]:
        """Return, for each track that has a vector in `space`, the hash of what was embedded."""
        with self._database.read() as session:
            rows = session.execute(
                select(VectorRow.track_id, VectorRow.subject_sha256).where(VectorRow.space == space)
            ).all()
        return {TrackId(r.track_id): r.subject_sha256 or "" for r in rows}

    def put_vectors(
        self, space: str, ids: Sequence[TrackId], matrix: NDArray[np.float32], subjects: Sequence[str]
    ) -> None:
        """Store the ``(n, dim)`` vectors of `ids` in `space`. The catalogue's revision stays: nothing was said anew."""
        if not np.isfinite(matrix).all():
            raise ValueError(f"vectors of space {space} hold NaN or infinity")
        with self._database.write() as session:
            for track_id, row, subject in zip(ids, matrix, subjects, strict=True):
                session.merge(
                    VectorRow(track_id=track_id, space=space, data=row.astype("<f4").tobytes(), subject_sha256=subject)
                )


def save_track(session: Session, track_id: TrackId, metadata: TrackMetadata, facts: SoundFacts) -> None:
    """Write one track inside a running transaction (ingest commits it together with its file row)."""
    heard = [Tag(t.label, t.score, t.source) for t in facts.tags]
    _write(session, track_id, metadata, facts.duration_s, _measurements(facts), heard, facts.embeddings)
    if len(facts.fingerprint):
        prints = facts.fingerprint.astype("<u4").tobytes()
        session.merge(VectorRow(track_id=track_id, space=FINGERPRINT, data=prints))


def _write(
    session: Session,
    track_id: TrackId,
    metadata: TrackMetadata,
    duration_s: float,
    measurements: Sequence[Measurement],
    heard: Sequence[Tag],
    embeddings: Mapping[str, Vector],
) -> None:
    artist, album = clean(metadata.artist), clean(metadata.album)
    title = clean(metadata.title) or UNTITLED
    for name, words in (("language", metadata.languages), ("identifiers", metadata.identifiers)):
        if words:
            measurements = [*measurements, Measurement(name, None, 1.0, text=" ".join(words), source="file")]
    file_tags = {label for g in metadata.genre if (label := clean(g, 80))}
    tags = [*(Tag(label, 1.0, "file") for label in sorted(file_tags)), *heard]
    document = compose_document(title, artist, album, metadata.year, tags, measurements)
    session.merge(
        TrackRow(
            id=track_id,
            title=title,
            artist_id=_name_id(session, ArtistRow, artist),
            album_id=_name_id(session, AlbumRow, album),
            year=metadata.year,
            duration_s=duration_s,
            licence=clean(metadata.licence, 200),
            licence_class=licence_class(metadata.licence),
            attribution=clean(metadata.attribution, 1000),
            provenance=metadata.provenance,
            document=document,
        )
    )
    session.flush()
    _write_features(session, track_id, measurements)
    session.execute(delete(TagRow).where(TagRow.track_id == track_id, TagRow.source != "user"))
    session.add_all(TagRow(track_id=track_id, source=t.source, label=t.label, weight=t.weight) for t in tags)
    session.execute(delete(VectorRow).where(VectorRow.track_id == track_id))
    session.add_all(
        VectorRow(track_id=track_id, space=space, data=np.asarray(e.vector).astype("<f4").tobytes())
        for space, e in embeddings.items()
    )
    session.execute(text("DELETE FROM track_fts WHERE track_id = :i"), {"i": track_id})
    session.execute(
        text("INSERT INTO track_fts (track_id, title, artist, album, words) VALUES (:i, :t, :a, :l, :w)"),
        {"i": track_id, "t": title, "a": artist or "", "l": album or "", "w": " ".join(file_tags)},
    )


def compose_document(
    title: str,
    artist: str | None,
    album: str | None,
    year: int | None,
    tags: Iterable[Tag],
    measurements: Iterable[Measurement],
) -> str:
    """Return the text that stands for a track in text search: names, its strongest tags, its measurements in words."""
    best: dict[str, float] = defaultdict(float)
    for tag in tags:
        best[tag.label.casefold()] = max(best[tag.label.casefold()], tag.weight)
    written = sum(weight == 1 for weight in best.values())
    strongest = sorted(best, key=lambda label: -best[label])[
        : max(_TAGS_IN_DOCUMENT, min(written, _WRITTEN_IN_DOCUMENT))
    ]
    numbers = {m.name: m for m in measurements}
    name = title if artist or title != UNTITLED else ""
    parts = [name + (f" by {artist}" if artist else ""), f"album {album}" if album else "", str(year) if year else ""]
    parts.append(", ".join(strongest))
    if (tempo := numbers.get("tempo")) and tempo.value:
        parts.append(f"{_tempo_word(tempo.value)} tempo")
    if (energy := numbers.get("energy")) and energy.value is not None:
        parts.append("calm" if energy.value < 0.33 else "energetic" if energy.value > 0.66 else "moderate energy")
    if (key := numbers.get("key")) and key.text:
        parts.append(key.text)
    return ". ".join(p for p in parts if p)


def bump_revision(session: Session) -> None:
    """Raise the catalogue's revision by one."""
    session.merge(MetaRow(key="revision", value=str(_revision(session) + 1)))


def _revision(session: Session) -> int:
    row = session.get(MetaRow, "revision")
    return int(row.value) if row else 0


def _tempo_word(bpm: float) -> str:
    return "slow" if bpm < 85 else "fast" if bpm > 130 else "medium"


def _measurements(facts: SoundFacts) -> list[Measurement]:
    found = [
        Measurement("loudness", facts.loudness_lufs, 1.0),
        Measurement("energy", facts.energy, 1.0),
        Measurement("onset_rate", facts.onset_rate, 1.0),
        Measurement("brightness", facts.brightness_hz, 1.0),
    ]
    if facts.tempo_bpm is not None:
        tempo = facts.tempo_bpm
        found.append(Measurement("tempo", tempo.value, tempo.confidence, alternatives=tempo.alternatives))
    if facts.key is not None:
        found.append(Measurement("key", None, facts.key.confidence, text=f"{facts.key.tonic} {facts.key.mode}"))
    if facts.ai_music is not None:
        found.append(Measurement("ai_music", facts.ai_music, 1.0))
    if facts.chords:
        found.append(Measurement("chords", None, 0.5, text=" ".join(facts.chords[:32])))
    return found


def feature_row(track_id: TrackId, m: Measurement, source: str) -> FeatureRow:
    """Return a measurement as its row."""
    return FeatureRow(
        track_id=track_id,
        name=m.name,
        value=m.value,
        text=m.text,
        confidence=m.confidence,
        alternatives=list(m.alternatives),
        source=source,
    )


def _write_features(session: Session, track_id: TrackId, measurements: Iterable[Measurement]) -> None:
    kept = set(
        session.scalars(select(FeatureRow.name).where(FeatureRow.track_id == track_id, FeatureRow.source == "user"))
    )
    session.execute(delete(FeatureRow).where(FeatureRow.track_id == track_id, FeatureRow.source != "user"))
    # What a user corrected stands; what was measured lies beside it, for the day when the correction is taken back.
    named = (replace(m, name=f"{MEASURED}{m.name}") if m.name in kept else m for m in measurements)
    session.add_all(feature_row(track_id, m, "file" if m.source == "file" else "measured") for m in named)


def _name_id(session: Session, table: type[ArtistRow] | type[AlbumRow], name: str | None) -> int | None:
    if name is None:
        return None
    key = fold(name) or name
    found = session.scalar(select(table.id).where(table.key == key))
    if found is not None:
        return found
    row = ArtistRow(name=name, key=key) if table is ArtistRow else AlbumRow(title=name, key=key)
    session.add(row)
    session.flush()
    return row.id


def _fts(session: Session, expression: str, n: int) -> list[tuple[TrackId, float]]:
    # Title and artist outweigh the tags: who names a track wants that track.
    rows = session.execute(
        text(
            "SELECT track_id, -bm25(track_fts, 0, 4.0, 3.0, 2.0, 1.0) AS score FROM track_fts "
            "WHERE track_fts MATCH :q ORDER BY score DESC, track_id LIMIT :n"
        ),
        {"q": expression, "n": n},
    ).all()
    return [(TrackId(r.track_id), float(r.score)) for r in rows]


def load_tracks(session: Session, ids: Sequence[TrackId]) -> dict[str, Track]:
    """Return the tracks that exist, by id."""
    # Columns, not mapped objects: a track has a hundred tags.
    tags: dict[str, list[Tag]] = defaultdict(list)
    tag_columns = select(TagRow.track_id, TagRow.label, TagRow.weight, TagRow.source)
    for i, label, weight, source in session.execute(
        tag_columns.where(TagRow.track_id.in_(ids)).order_by(TagRow.weight.desc())
    ):
        tags[i].append(Tag(label, weight, source))
    features: dict[str, dict[str, Measurement]] = defaultdict(dict)
    f = FeatureRow
    feature_columns = select(f.track_id, f.name, f.value, f.confidence, f.text, f.alternatives, f.source)
    for i, name, value, confidence, words, others, source in session.execute(
        feature_columns.where(f.track_id.in_(ids))
    ):
        features[i][name] = Measurement(name, value, confidence, words, tuple(others), source)
    files: dict[str, FileRow] = {}
    for file in session.scalars(
        select(FileRow).where(FileRow.track_id.in_(ids), FileRow.state == "done").order_by(FileRow.id)
    ):
        files.setdefault(file.track_id or "", file)
    rows = session.execute(
        select(TrackRow, ArtistRow.name, AlbumRow.title)
        .outerjoin(ArtistRow, TrackRow.artist_id == ArtistRow.id)
        .outerjoin(AlbumRow, TrackRow.album_id == AlbumRow.id)
        .where(TrackRow.id.in_(ids))
    ).all()
    return {
        row.id: _track(row, artist, album, tuple(tags[row.id]), features[row.id], files.get(row.id))
        for row, artist, album in rows
    }


def _track(
    row: TrackRow,
    artist: str | None,
    album: str | None,
    tags: tuple[Tag, ...],
    measurements: Mapping[str, Measurement],
    file: FileRow | None,
) -> Track:
    return Track(
        id=TrackId(row.id),
        title=row.title,
        artist=artist,
        album=album,
        year=row.year,
        duration_s=row.duration_s,
        licence=row.licence,
        licence_class=row.licence_class,  # type: ignore[arg-type]  # written by licence_class() alone
        attribution=row.attribution,
        provenance=row.provenance,  # type: ignore[arg-type]  # written from the same Literal
        document=row.document,
        path=Path(file.path) if file else None,
        member=file.member or None if file else None,
        tags=tags,
        measurements=measurements,
    )
