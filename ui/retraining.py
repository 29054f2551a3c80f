"""Playlist models that keep up with the playlists: a server trains them again beside its work.

A child process trains at low priority while the server answers; the version that it promotes is taken with the next
question (`retrieval.search`). The child ends with the server, and what was cut short is gone on with by the next one.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from catalog.store.playlists import Playlists
from retrieval.continuation.corpus import Corpus
from retrieval.continuation.training import LEAST_LISTS
from retrieval.continuation.versions import ModelCard, ModelVersions

# A tenth of the lists or entries must be other ones. Seconds: between looks, between trainings, after a failed one.
SHARE, LOOK_S, REST_S, RETRY_S = 0.1, 300.0, 3_600.0, 6 * 3_600.0
# With more lists a training takes gigabytes of memory and disk for an hour, which nobody wants to come unasked.
MOST_LISTS = 2_000
_NICENESS = 15
_logger = logging.getLogger(__name__)


class Child(Protocol):
    """A training under way: `lines` is what it prints, until it ends; `wait` returns its exit status."""

    @property
    def lines(self) -> Iterable[str]: ...

    def wait(self) -> int: ...

    def terminate(self) -> None: ...


Spawn = Callable[[Sequence[str]], Child]


@dataclass(frozen=True, slots=True)
class Outlook:
    """When the models were trained (seconds since 1970, None: never), whether that is due, and what comes next."""

    trained_at: float | None
    due: bool
    next: str

    def shape(self) -> dict[str, str | None]:
        """Return it as the server's health shows it."""
        return {"trained_at": None if self.trained_at is None else _at(self.trained_at), "next": self.next}


class Retraining:
    """Looks every five minutes whether the models are behind, and trains them then.

    Args:
        playlists: the stored playlists.
        corpus: what training would learn from now.
        versions: the versions of the models.
        command: what trains, as a command line.
        enabled: False: it never trains.
        clock: the time in seconds since 1970.
        spawn: starts the command.
    """

    def __init__(
        self,
        playlists: Playlists,
        corpus: Callable[[], Corpus],
        versions: ModelVersions,
        command: Sequence[str],
        *,
        enabled: bool = True,
        clock: Callable[[], float] = time.time,
        spawn: Spawn | None = None,
    ) -> None:
        self._playlists, self._corpus, self._versions = playlists, corpus, versions
        self._command, self._enabled, self._clock = command, enabled, clock
        self._spawn = spawn or Spawned
        self._child: Child | None = None
        self._closed = threading.Event()
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._look, name="retraining", daemon=True)

    def start(self) -> None:
        """Begin to look, in the background; does nothing where it is not enabled."""
        if self._enabled:
            self._thread.start()

    def close(self) -> None:
        """End a training that is under way, and look no more."""
        with self._starting:
            self._closed.set()
            if self._child is not None:
                self._child.terminate()
        if self._thread.is_alive():
            self._thread.join()

    def outlook(self) -> Outlook:
        """Return when the models were trained and what comes next."""
        card = self._versions.card()
        trained_at = None if card is None else card.created_at
        if not self._enabled:
            return Outlook(trained_at, False, "not by itself: the setting retrain_playlists is false")
        if self._child is not None:
            return Outlook(trained_at, False, "being trained now")
        waits = self._waits(card)
        return Outlook(trained_at, waits is None, waits or "due now")

    def check(self) -> None:
        """Train where that is due, and return when it is done; a failure is told in the log."""
        if not self.outlook().due:
            return
        with self._starting:
            if self._closed.is_set():
                return
            self._child = child = self._spawn(self._command)
        last = ""
        try:
            for line in child.lines:
                if line.strip():
                    _logger.info("%s", line.rstrip())
                last = line.strip() or last
            status = child.wait()
        finally:
            self._child = None
        if status == 0:
            self._failure.unlink(missing_ok=True)
        elif not self._closed.is_set():
            self._failed(last.removeprefix("trichord: ").rstrip(".") or f"it ended with status {status}")

    def _look(self) -> None:
        while not self._closed.wait(LOOK_S):
            try:
                self.check()
            except Exception:  # whatever it is, the server answers on, and the next look may go well
                _logger.exception("Whether the playlist models are behind cannot be told.")

    def _waits(self, card: ModelCard | None) -> str | None:
        """Return why no training is due; None where one is."""
        now = self._clock()
        failed_at, why = self._last_failure()
        if now < failed_at + RETRY_S:
            return f"tried again from {_at(failed_at + RETRY_S)} on; the last training failed: {why}"
        corpus = self._corpus()
        lists, entries = len(corpus), len(corpus.entries)
        if lists < LEAST_LISTS:
            return f"with {LEAST_LISTS} playlists of two tracks or more; there are {lists}"
        if lists > MOST_LISTS:
            return f"by `trichord train playlists` only: {lists} playlists are more than {MOST_LISTS}"
        if card is None:
            return None
        if now < card.created_at + REST_S:
            return f"not before {_at(card.created_at + REST_S)}: the last training is less than an hour ago"
        # What was changed while the training ran, it has not seen.
        changed = max(self._playlists.changed_since(_utc(card.created_at - card.train_s)), abs(lists - card.lists))
        if changed >= SHARE * card.lists or abs(entries - card.entries) >= SHARE * card.entries:
            return None
        return f"when a tenth has changed; {changed} of {lists} playlists are new or changed since the last training"

    @property
    def _failure(self) -> Path:
        return self._versions.root / "retraining.json"

    def _last_failure(self) -> tuple[float, str]:
        with suppress(OSError, ValueError, LookupError, TypeError):
            told = json.loads(self._failure.read_text(encoding="utf-8"))
            return float(told["failed_at"]), str(told["why"])
        return -RETRY_S, ""

    def _failed(self, why: str) -> None:
        now = self._clock()
        self._failure.parent.mkdir(parents=True, exist_ok=True)
        self._failure.write_text(json.dumps({"failed_at": now, "why": why}), encoding="utf-8")
        _logger.error(
            "The playlist models could not be trained again (%s); the old ones serve, the next try is at %s.",
            why,
            _at(now + RETRY_S),
        )


class Spawned:
    """A training in a process of its own."""

    def __init__(self, command: Sequence[str]) -> None:
        # Its standard input is never written to: it closes when the server is gone, however that came about.
        # A session of its own keeps Ctrl-C of the server's terminal from it; `terminate` ends it in order.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )

    @property
    def lines(self) -> Iterable[str]:
        """What it prints, line by line."""
        assert self._process.stdout is not None
        return self._process.stdout

    def wait(self) -> int:
        """Return the exit status, once it has ended."""
        with self._process:
            return self._process.wait()

    def terminate(self) -> None:
        """End it."""
        self._process.terminate()


def training_command(data_dir: Path) -> list[str]:
    """Return the command line that trains on the playlists of a data directory as `give_way` says."""
    # -P: a folder `ui` that lies where the server was started is none of ours.
    trichord = [sys.executable, "-P", "-m", "ui.cli", "--data-dir", str(data_dir)]
    return [*trichord, "train", "playlists", "--resume", "--give-way"]


def give_way() -> None:
    """Let every other process go first, and end this one when its standard input does: with whoever started it."""
    if sys.platform != "win32":
        os.nice(_NICENESS)
    threading.Thread(target=_end_with_input, name="end with input", daemon=True).start()


def _end_with_input() -> None:
    while os.read(0, 1):
        pass
    # No way out of the main thread is as sure; the lock goes with the process, and the next run goes on with this one.
    os._exit(1)


def _at(seconds: float) -> str:
    return f"{_utc(seconds):%Y-%m-%d %H:%M} UTC"


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
