"""Errors that a user may meet; the message is one sentence with the value, the limit and the remedy."""

from __future__ import annotations


class CatalogError(ValueError):
    """Base of all errors that the catalogue raises on purpose."""


class NotFoundError(CatalogError):
    """No track, playlist, session or generation has that id."""


class DocumentError(CatalogError):
    """A change of a playlist that cannot be made: a place that is not there, a banned track, too many entries."""


class CueError(CatalogError):
    """A cue sheet that cannot be: segments that overlap, numbers out of range, a track that is gone."""


class ConflictError(CatalogError):
    """A playlist or a cue sheet was changed by somebody else meanwhile; `current` is the version that it is at."""

    def __init__(self, message: str, current: int) -> None:
        super().__init__(message)
        self.current = current


class KeyReusedError(CatalogError):
    """An idempotency key came with another request than the one it was first used for, or is malformed."""


class KeyBusyError(CatalogError):
    """The request that an idempotency key was first used for is still being answered."""


class QuotaError(CatalogError):
    """Somebody has as much work waiting as one may have at once."""


class VoteError(CatalogError):
    """A vote that does not count: the battle is not ready, or has one already."""


class StoreBusyError(CatalogError):
    """Another writer holds the database for longer than the patience of this one."""


class StoreUnusableError(CatalogError):
    """The database cannot be used: disk full, read-only, damaged, or written by a newer Trichord."""


class IngestError(CatalogError):
    """The ingest cannot start: no such folder, or another ingest is running."""
