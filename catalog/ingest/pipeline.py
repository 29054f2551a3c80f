"""The ingest: queue what is found, measure each file, commit it, set bad ones aside. Resumable and idempotent."""

from __future__ import annotations

import queue as queues
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from filelock import FileLock, Timeout

from catalog.errors import IngestError
from catalog.ingest.open import readable, sha256_of
from catalog.ingest.scan import find
from catalog.ingest.tags import read_metadata
from catalog.store import Catalogue
from catalog.store.files import QueuedFile
from catalog.values import SoundAnalyzer, SoundFacts, TrackId, TrackMetadata

Outcome = Literal["added", "updated", "linked", "quarantined"]


@dataclass(frozen=True, slots=True)
class IngestEvent:
    """One file is through: `done` of `total`, what became of it, and the reason when it was set aside."""

    done: int
    total: int
    path: Path
    member: str
    outcome: Outcome
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Measured:
    sha256: str
    metadata: TrackMetadata | None
    facts: SoundFacts | None
    known: TrackId | None


class Ingest:
    """Brings files into the catalogue.

    Args:
        catalogue: where tracks go.
        analyzer: measures one file; it guards the process against hostile ones.
        lock_path: one ingest at a time holds this lock.
        workers: files measured side by side.
    """

    def __init__(self, catalogue: Catalogue, analyzer: SoundAnalyzer, lock_path: Path, workers: int = 2) -> None:
        self._catalogue = catalogue
        self._analyzer = analyzer
        self._lock_path = lock_path
        self._workers = workers
        self._stop = threading.Event()

    def run(self, roots: Sequence[Path], *, prune: bool = False, retry: bool = False) -> Iterator[IngestEvent]:
        """Ingest everything below `roots`, yielding one event a file; stopping the iteration stops the ingest.

        Args:
            roots: files and folders.
            prune: forget tracks whose files are gone. Without it nothing is ever removed.
            retry: read quarantined files again, and those that an earlier version measured without a fingerprint.

        Raises:
            IngestError: a root does not exist, or another ingest runs.
            ValueError: the analyser cannot measure anything; no file is touched.
        """
        self._analyzer.ready()
        for root in roots:
            if not root.exists():
                raise IngestError(f"There is no file or folder {str(root)!r}; give the folder that holds the music.")
        resolved = [r.resolve() for r in roots]
        with self._exclusive():
            queue = self._catalogue.queue
            queue.offer(find(resolved), retry=retry)
            try:
                yield from self._work(queue.pending())
            finally:
                self._stop.set()
            if prune:
                queue.prune(queue.gone([str(r) for r in resolved]))

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        self._stop.clear()
        self._lock_path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._lock_path)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise IngestError(f"Another ingest holds {self._lock_path.name}; wait for it to end.") from error
        try:
            yield
        finally:
            lock.release()

    def _work(self, pending: Sequence[QueuedFile]) -> Iterator[IngestEvent]:
        results: queues.Queue[tuple[QueuedFile, Future[_Measured]]] = queues.Queue()
        total, done = len(pending), 0
        waiting = iter(pending)
        with ThreadPoolExecutor(self._workers, thread_name_prefix="ingest") as pool:

            def start(file: QueuedFile) -> None:
                self._catalogue.queue.begin(file)
                future = pool.submit(self._measure, file)
                future.add_done_callback(lambda f, file=file: results.put((file, f)))  # type: ignore[misc]

            for _, file in zip(range(self._workers), waiting, strict=False):
                start(file)
            while done < total:
                file, future = results.get()
                if (following := next(waiting, None)) is not None:
                    start(following)
                done += 1
                outcome, reason = self._settle(file, future)
                yield IngestEvent(done, total, file.path, file.member, outcome, reason)

    def _measure(self, file: QueuedFile) -> _Measured:
        with readable(file.path, file.member) as audio:
            sha256 = sha256_of(audio)
            known = self._catalogue.queue.track_with(sha256)
            if known is not None:
                return _Measured(sha256, None, None, known)
            facts = self._analyzer.analyze(audio)
            broken = [space for space, e in facts.embeddings.items() if not np.isfinite(e.vector).all()]
            if broken:
                raise IngestError(f"The {broken[0]} vector of this sound holds NaN or infinity; it cannot be compared.")
            return _Measured(sha256, read_metadata(audio, file.path, file.member), facts, None)

    def _settle(self, file: QueuedFile, future: Future[_Measured]) -> tuple[Outcome, str | None]:
        queue = self._catalogue.queue
        try:
            measured = future.result()
        except (ValueError, OSError) as error:
            # Every deliberate refusal (archives, media, models) is a ValueError with a sentence for the user.
            queue.quarantine(file, str(error))
            return "quarantined", str(error)
        if measured.metadata is None or measured.facts is None:
            queue.link(file, measured.sha256, measured.known or TrackId(""))
            return "linked", None
        # An edited file keeps its track, so playlists and feedback survive a change of tags.
        track_id = file.track_id or TrackId(measured.sha256[:16])
        queue.finish(file, measured.sha256, track_id, measured.metadata, measured.facts)
        return ("updated" if file.track_id else "added"), None
