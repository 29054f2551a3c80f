"""Errors that a user may meet; the message is one sentence with the value, the limit and the remedy."""

from __future__ import annotations


class CatalogError(ValueError):
    """Base of all errors that the catalogue raises on purpose."""


class NotFoundError(CatalogError):
    """No track, playlist, session or generation has that id."""


class StoreBusyError(CatalogError):
    """Another writer holds the database for longer than the patience of this one."""


class StoreUnusableError(CatalogError):
    """The database cannot be used: disk full, read-only, damaged, or written by a newer Trichord."""


class IngestError(CatalogError):
    """The ingest cannot start: no such folder, or another ingest is running."""
