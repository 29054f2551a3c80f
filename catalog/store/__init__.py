"""The catalogue in a database.

Catalogue       the door over one `Database`: `library`, `queue`, `playlists`, `conversations`, `tastes`, `generations`,
                `answers`, `films`, `corrections`, `battles`, `jobs`, `transcripts`
engine          opening, migrating, failures in sentences
tables          the schema, private to this folder
library         tracks, tags, measurements, full text, vectors
files           one row per file: the ingest queue
corrections     what users say better than the measurements
jobs            ingests in the background
playlists       living playlists: versions, undo, forks
history, rows   how versions are kept, and the current one beside the tracks; private to this folder
answers         answers given under an idempotency key
conversations   sessions, feedback
battles         blind battles and their votes
generations     the queue of music to make
transcripts     what was said in sessions, turn by turn; links that show it
tastes          what users said of their taste
films           the video desk: films, cue sheets with their revisions, background work
"""

from __future__ import annotations

from pathlib import Path

from catalog.store.answers import Answers
from catalog.store.battles import Battles
from catalog.store.conversations import Conversations
from catalog.store.corrections import Corrections
from catalog.store.engine import Database
from catalog.store.files import FileQueue
from catalog.store.films import Films
from catalog.store.generations import Generations
from catalog.store.jobs import Jobs
from catalog.store.library import Library
from catalog.store.playlists import Playlists
from catalog.store.tastes import Tastes
from catalog.store.transcripts import Transcripts

__all__ = ["Catalogue"]


class Catalogue:
    """Everything that is stored, by what it is about."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.library = Library(self.database)
        self.corrections = Corrections(self.database)
        self.jobs = Jobs(self.database)
        self.queue = FileQueue(self.database)
        self.playlists = Playlists(self.database)
        self.conversations = Conversations(self.database)
        self.transcripts = Transcripts(self.database)
        self.tastes = Tastes(self.database)
        self.generations = Generations(self.database)
        self.battles = Battles(self.database)
        self.answers = Answers(self.database)
        self.films = Films(self.database)

    def close(self) -> None:
        """Give the database back."""
        self.database.close()
