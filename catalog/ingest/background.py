"""Ingests beside a server: one at a time, each a row that tells how far it is. The next goes on where one stopped."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalog.errors import IngestError
from catalog.ingest.pipeline import Ingest, IngestEvent
from catalog.store.jobs import IngestId, Job, Jobs

MAX_QUEUED = 4
SHOWN_PROBLEMS = 200
_TELL_EVERY_S = 0.5
_logger = logging.getLogger(__name__)


@dataclass
class _Run:
    """How far one ingest is."""

    roots: tuple[Path, ...]
    retry: bool
    done: int = 0
    total: int | None = None
    current: str = ""
    begun: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    problems: list[dict[str, str]] = field(default_factory=list)

    def count(self, event: IngestEvent) -> None:
        self.done, self.total = event.done, event.total
        self.current = Path(event.member or event.path.name).name
        self.outcomes[event.outcome] += 1
        if event.reason is not None and len(self.problems) < SHOWN_PROBLEMS:
            self.problems.append({"name": self.current, "reason": event.reason})

    def payload(self) -> dict[str, Any]:
        left = None
        if self.done and self.total:
            left = round((time.monotonic() - self.begun) / self.done * (self.total - self.done), 1)
        return {
            "roots": [str(root) for root in self.roots],
            "retry": self.retry,
            "done": self.done,
            "total": self.total,
            "current": self.current,
            "eta_s": left,
            "outcomes": dict(self.outcomes),
            "problems": self.problems,
        }


class BackgroundIngest:
    """Runs ingests one after the other.

    Args:
        jobs: keeps the rows.
        ingest: reads the files.
        after: called when an ingest has ended, to bring the indexes up to date.
    """

    def __init__(self, jobs: Jobs, ingest: Callable[[], Ingest], after: Callable[[], None]) -> None:
        self._jobs, self._ingest, self._after = jobs, ingest, after
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="library-ingest")
        self._cancels: dict[IngestId, threading.Event] = {}
        self._lock = threading.Lock()

    def recover(self) -> int:
        """Tell of what a dead process left; a server calls it once when it starts."""
        return self._jobs.fail_unfinished("The server stopped; start it again, it goes on where it stopped.")

    def start(self, roots: Sequence[Path], *, retry: bool = False) -> Job:
        """Queue an ingest of files and folders; IngestError where too many wait already."""
        run = _Run(tuple(roots), retry)
        with self._lock:
            if len(self._cancels) >= MAX_QUEUED:
                raise IngestError(f"{MAX_QUEUED} ingests wait already; try again when one is done.")
            job = self._jobs.add(run.payload())
            cancel = self._cancels[job.id] = threading.Event()
        self._pool.submit(self._run, job.id, run, cancel)
        return job

    def cancel(self, job_id: IngestId) -> Job:
        """Stop an ingest after the files that are being read; what is in the catalogue stays there."""
        job = self._jobs.get(job_id)
        self._jobs.update(job_id, "cancelled", job.progress, "Cancelled.", job.payload)
        with self._lock:
            if (event := self._cancels.get(job_id)) is not None:
                event.set()
        return self._jobs.get(job_id)

    def close(self) -> None:
        """Stop all ingests and wait for the files that are being read."""
        with self._lock:
            for event in self._cancels.values():
                event.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, job_id: IngestId, run: _Run, cancel: threading.Event) -> None:
        try:
            if not cancel.is_set():
                self._work(job_id, run, cancel)
        except (ValueError, OSError) as error:
            # Every deliberate refusal is a ValueError with a sentence for the user.
            self._jobs.update(job_id, "failed", 0.0, str(error), run.payload())
        except Exception:
            # A worker thread has nobody above it: the row must tell, and the log keeps the trace.
            _logger.exception("ingest %s failed", job_id)
            self._jobs.update(job_id, "failed", 0.0, "That broke; the log has the details. Start it again.", {})
        finally:
            with self._lock:
                self._cancels.pop(job_id, None)

    def _work(self, job_id: IngestId, run: _Run, cancel: threading.Event) -> None:
        run.begun, told_at = time.monotonic(), 0.0
        self._jobs.update(job_id, "running", 0.0, "Looking for files.", run.payload())
        events = self._ingest().run(run.roots, retry=run.retry)
        for event in events:
            run.count(event)
            if cancel.is_set():
                events.close()  # type: ignore[attr-defined]  # `run` is a generator
                break
            if time.monotonic() - told_at >= _TELL_EVERY_S:
                told_at = time.monotonic()
                self._jobs.update(job_id, "running", _share(run), "Reading files.", run.payload())
        if run.outcomes:
            self._jobs.update(job_id, "running", _share(run), "Building the indexes.", run.payload())
            self._after()
        if cancel.is_set():
            # Also where the server stops: then nobody has written it yet.
            stopped = "The server stopped; start it again, it goes on where it stopped."
            self._jobs.update(job_id, "failed", _share(run), stopped, run.payload())
            return
        self._jobs.update(job_id, "done", 1.0, _told(run), run.payload())


def _share(run: _Run) -> float:
    return round(run.done / run.total, 3) if run.total else 0.0


def _told(run: _Run) -> str:
    counted = ", ".join(f"{n} {name}" for name, n in sorted(run.outcomes.items()))
    return f"Done: {counted}." if counted else "Done: nothing new there."
