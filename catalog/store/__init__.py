"""The catalogue in a database.

Catalogue       the door over one `Database`: `library`, `queue`, `playlists`, `conversations`, `tastes`, `generations`,
                `answers`
engine          opening, migrating, failures in sentences
tables          the schema, private to this folder
library         tracks, tags, measurements, full text, vectors
files           one row per file: the ingest queue
playlists       living playlists: versions, undo, forks
history, rows   how versions are kept, and the current one beside the tracks; private to this folder
answers         answers given under an idempotency key
conversations   sessions, feedback, generations
tastes          what users said of their taste
"""

from __future__ import annotations

from pathlib import Path

from catalog.store.answers import Answers
from catalog.store.conversations import Conversations, Generations
from catalog.store.engine import Database
from catalog.store.files import FileQueue
from catalog.store.library import Library
from catalog.store.playlists import Playlists
from catalog.store.tastes import Tastes

__all__ = ["Catalogue"]


class Catalogue:
    """Everything that is stored, by what it is about."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.library = Library(self.database)
        self.queue = FileQueue(self.database)
        self.playlists = Playlists(self.database)
        self.conversations = Conversations(self.database)
        self.tastes = Tastes(self.database)
        self.generations = Generations(self.database)
        self.answers = Answers(self.database)

    def close(self) -> None:
        """Give the database back."""
        self.database.close()
