"""The relational schema (SQLAlchemy 2). Private to the store: no other package sees a row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Float, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

FTS_DDL = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS track_fts USING fts5("
    "track_id UNINDEXED, title, artist, album, words, tokenize = 'unicode61 remove_diacritics 2')"
)


def now() -> datetime:
    """Return the current time in UTC, without a zone mark: SQLite keeps none."""
    return datetime.now(UTC).replace(tzinfo=None)


class Base(DeclarativeBase):
    """Base of all tables."""


class ArtistRow(Base):
    """An artist; `key` is the folded name that makes spellings meet."""

    __tablename__ = "artists"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text, unique=True)


class AlbumRow(Base):
    """An album of an artist, or of many when `artist_id` is null."""

    __tablename__ = "albums"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text, unique=True)


class TrackRow(Base):
    """A recording."""

    __tablename__ = "tracks"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    artist_id: Mapped[int | None] = mapped_column(ForeignKey("artists.id"), index=True)
    album_id: Mapped[int | None] = mapped_column(ForeignKey("albums.id"), index=True)
    year: Mapped[int | None] = mapped_column(Integer)
    duration_s: Mapped[float] = mapped_column(Float)
    licence: Mapped[str | None] = mapped_column(Text)
    licence_class: Mapped[str] = mapped_column(String(24))
    attribution: Mapped[str | None] = mapped_column(Text)
    provenance: Mapped[str] = mapped_column(String(16))
    document: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class FileRow(Base):
    """A file on disk or in an archive. One row per file is the ingest queue's entry."""

    __tablename__ = "files"
    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(Text)
    member: Mapped[str] = mapped_column(Text, default="")
    size: Mapped[int] = mapped_column(Integer)
    mtime_ns: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    track_id: Mapped[str | None] = mapped_column(ForeignKey("tracks.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    reason: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    __table_args__ = (UniqueConstraint("path", "member"),)


class FeatureRow(Base):
    """A measured property of a track with confidence and alternatives."""

    __tablename__ = "features"
    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[float | None] = mapped_column(Float)
    text: Mapped[str | None] = mapped_column(Text)
    confidence: Mapped[float] = mapped_column(Float)
    alternatives: Mapped[list[float]] = mapped_column(JSON, default=list)
    source: Mapped[str] = mapped_column(String(16), default="measured")


class TagRow(Base):
    """A word about a track, its weight and who says so."""

    __tablename__ = "tags"
    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True)
    source: Mapped[str] = mapped_column(String(24), primary_key=True)
    label: Mapped[str] = mapped_column(String(80), primary_key=True)
    weight: Mapped[float] = mapped_column(Float)


class VectorRow(Base):
    """An embedding: little-endian float32 bytes. `subject_sha256` is the hash of what was embedded."""

    __tablename__ = "vectors"
    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True)
    space: Mapped[str] = mapped_column(String(48), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    subject_sha256: Mapped[str | None] = mapped_column(String(64))


class PlaylistRow(Base):
    """A playlist at its current version; `version` points at the row of `playlist_versions` that says what it holds.

    `origin_id` is no foreign key: a fork outlives what it was forked from.
    """

    __tablename__ = "playlists"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    created_at: Mapped[datetime | None] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    origin_id: Mapped[str | None] = mapped_column(String(32))
    origin_version: Mapped[int | None] = mapped_column(Integer)


class EntryRow(Base):
    """An entry of a playlist's current version, beside the tracks: one that was removed leaves its words."""

    __tablename__ = "playlist_entries"
    playlist_id: Mapped[str] = mapped_column(ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    track_id: Mapped[str | None] = mapped_column(ForeignKey("tracks.id", ondelete="SET NULL"), index=True)
    title: Mapped[str] = mapped_column(Text, default="")
    artist: Mapped[str | None] = mapped_column(Text)
    pinned: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
    added_by: Mapped[str | None] = mapped_column(String(64))


class VersionRow(Base):
    """A version of a playlist, never changed: its first `head` and last `tail` entries are those of the one before.

    `middle` are the entries between them (JSON). `back_to` is the version whose content an undo brought back.
    """

    __tablename__ = "playlist_versions"
    playlist_id: Mapped[str] = mapped_column(ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    message: Mapped[str] = mapped_column(Text)
    author: Mapped[str | None] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    bans: Mapped[list[str]] = mapped_column(JSON, default=list)
    recipe: Mapped[str | None] = mapped_column(Text)
    length: Mapped[int] = mapped_column(Integer)
    head: Mapped[int] = mapped_column(Integer, default=0)
    tail: Mapped[int] = mapped_column(Integer, default=0)
    whole: Mapped[bool] = mapped_column(Boolean)
    middle: Mapped[list[Any]] = mapped_column(JSON)
    back_to: Mapped[int | None] = mapped_column(Integer)


class AnswerRow(Base):
    """The answer that was given under an idempotency key; no status yet while the request is being answered."""

    __tablename__ = "answers"
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None] = mapped_column(Integer)
    body: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)


class UserRow(Base):
    """A listener."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    profile_on: Mapped[bool] = mapped_column(Boolean, default=True, server_default="1")


class TasteRow(Base):
    """What a user said of a kind of music, or set of a line of the profile."""

    __tablename__ = "tastes"
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    field: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[str] = mapped_column(String(120), primary_key=True)
    weight: Mapped[float] = mapped_column(Float)
    never: Mapped[bool] = mapped_column(Boolean, default=False)
    origin: Mapped[str] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class SessionRow(Base):
    """A conversation; its dialogue state is kept by the graph's checkpointer under the same id."""

    __tablename__ = "sessions"
    id: Mapped[str] = mapped_column(String(48), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class TurnRow(Base):
    """A turn of a conversation as it was shown; `body` is JSON that only the agent reads.

    `place` names the dialogue state that stood before it, among the graph's checkpoints.
    """

    __tablename__ = "turns"
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    message: Mapped[str] = mapped_column(Text)
    reply: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text)
    place: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)


class ShareRow(Base):
    """A link that shows the first `turns` turns of a conversation to whoever has it."""

    __tablename__ = "shares"
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    token: Mapped[str] = mapped_column(String(48), unique=True)
    turns: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(default=now)


class FeedbackRow(Base):
    """A like, dislike, skip or completion."""

    __tablename__ = "feedback"
    id: Mapped[int] = mapped_column(primary_key=True)
    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[str | None] = mapped_column(ForeignKey("sessions.id"), index=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(default=now)


class GenerationRow(Base):
    """A request to a music generator, and its place in the queue (`catalog.store.generations`).

    `user_id` and `parent_id` are no foreign keys: a piece outlives who asked for it and what it was made from.
    """

    __tablename__ = "generations"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    status: Mapped[str] = mapped_column(String(16), index=True)
    progress: Mapped[float] = mapped_column(Float, default=0.0)
    message: Mapped[str] = mapped_column(Text, default="")
    request: Mapped[str] = mapped_column(Text)
    result: Mapped[str | None] = mapped_column(Text)
    track_id: Mapped[str | None] = mapped_column(ForeignKey("tracks.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    user_id: Mapped[str | None] = mapped_column(String(32))
    parent_id: Mapped[str | None] = mapped_column(String(32))
    backend: Mapped[str | None] = mapped_column(String(64))
    pinned: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
    priority: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    key: Mapped[str | None] = mapped_column(String(80), unique=True, index=True)
    fingerprint: Mapped[str | None] = mapped_column(String(64), index=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None] = mapped_column()
    duration_s: Mapped[float | None] = mapped_column(Float)
    work_s: Mapped[float | None] = mapped_column(Float)
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    started_at: Mapped[datetime | None] = mapped_column()
    finished_at: Mapped[datetime | None] = mapped_column()


class BattleRow(Base):
    """A blind battle; `sides` is JSON, a list of two, drawn at random when it was made."""

    __tablename__ = "battles"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16), index=True)
    message: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text, default="")
    user_id: Mapped[str | None] = mapped_column(String(32))
    sides: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    choice: Mapped[str | None] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(Text, default="")
    shared: Mapped[bool] = mapped_column(Boolean, default=False)
    listened: Mapped[list[float]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)
    voted_at: Mapped[datetime | None] = mapped_column()


class JobRow(Base):
    """A background job: ingest, index build, generation. The database is the queue."""

    __tablename__ = "jobs"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    status: Mapped[str] = mapped_column(String(16))
    payload: Mapped[str] = mapped_column(Text, default="{}")
    progress: Mapped[float] = mapped_column(Float, default=0.0)
    message: Mapped[str] = mapped_column(Text, default="")
    owner_pid: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    __table_args__ = (Index("ix_jobs_kind_status", "kind", "status"),)


class FilmRow(Base):
    """A clip on the video desk; `timeline` is JSON that only the desk reads, `sheet` the current cue sheet's number."""

    __tablename__ = "films"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    duration_s: Mapped[float] = mapped_column(Float)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    rate: Mapped[str] = mapped_column(String(24))
    has_audio: Mapped[bool] = mapped_column(Boolean)
    playable: Mapped[bool] = mapped_column(Boolean)
    media_type: Mapped[str] = mapped_column(String(48))
    timeline: Mapped[str] = mapped_column(Text)
    sheet: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)


class CueSheetRow(Base):
    """A revision of a film's cue sheet, never changed. `body` is JSON: its cues name tracks, which may be deleted."""

    __tablename__ = "cue_sheets"
    film_id: Mapped[str] = mapped_column(ForeignKey("films.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)


class FilmJobRow(Base):
    """Work on a film in the background. The database is the queue."""

    __tablename__ = "film_jobs"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    film_id: Mapped[str] = mapped_column(ForeignKey("films.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16), index=True)
    progress: Mapped[float] = mapped_column(Float, default=0.0)
    message: Mapped[str] = mapped_column(Text, default="")
    revision: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(default=now)


class MetaRow(Base):
    """Small facts about the catalogue itself, such as its revision."""

    __tablename__ = "meta"
    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
