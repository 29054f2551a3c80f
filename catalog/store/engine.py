"""The database: opening, migrating, and turning its failures into sentences."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from catalog.errors import StoreBusyError, StoreUnusableError
from catalog.names import fold

HEAD = "0007"
BUSY_TIMEOUT_MS = 10_000
_logger = logging.getLogger(__name__)


class Database:
    """One SQLite file in WAL mode (many readers beside one writer), migrated to this version's schema.

    Raises:
        StoreUnusableError: the file cannot be opened or written, is damaged, or comes from a newer Trichord.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
        event.listen(self._engine, "connect", _set_pragmas)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)
        with translated(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _migrate(self._engine)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session for reading."""
        with translated(self.path), self._sessions() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session that commits as a whole or not at all."""
        with translated(self.path), self._sessions.begin() as session:
            # BEGIN IMMEDIATE takes the write lock first, so that a busy database is noticed before any work is done.
            session.execute(text("BEGIN IMMEDIATE"))
            yield session

    def integrity(self) -> str:
        """Return ``ok`` or what SQLite's own check complains of."""
        with self.read() as session:
            return str(session.execute(text("PRAGMA integrity_check")).scalar_one())

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the engine's failures into sentences that name the remedy."""
    try:
        yield
    except OperationalError as error:
        words = str(error.orig).lower()
        if "locked" in words or "busy" in words:
            raise StoreBusyError(
                f"The catalogue {path} is being written by another process for over {BUSY_TIMEOUT_MS // 1000} s; "
                "wait for it to end and try again."
            ) from error
        raise StoreUnusableError(
            f"The catalogue {path} cannot be used ({error.orig}); check free space and write permission there, "
            "or choose another place with --data-dir."
        ) from error
    except DatabaseError as error:
        if error.orig is not None and ("malformed" in str(error.orig) or "not a database" in str(error.orig)):
            raise StoreUnusableError(
                f"The catalogue {path} is damaged ({error.orig}); restore a backup, or delete it and ingest again."
            ) from error
        raise
    except OSError as error:
        raise StoreUnusableError(
            f"The catalogue's folder {path.parent} cannot be used ({error.strerror or error}); "
            "choose another place with --data-dir."
        ) from error


def _set_pragmas(connection: Any, _record: Any) -> None:
    # The driver must not open transactions by itself: `Database.write` begins them.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
    # Names and words are compared folded; SQLite itself knows no letters beyond ASCII.
    connection.create_function("fold", 1, lambda words: fold(words or ""), deterministic=True)


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        version = _version(connection)
    if version == HEAD:
        return
    # Alembic costs a third of a second to import; an up-to-date catalogue does not pay for it.
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreUnusableError(
                f"The catalogue has schema {version}, this Trichord knows up to {HEAD}; upgrade Trichord."
            ) from error
        connection.commit()
    _logger.info("catalogue migrated from %s to %s", version, HEAD)


def _version(connection: Any) -> str | None:
    exists = connection.execute(
        text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'")
    ).first()
    if exists is None:
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)
