"""Makes what waits in the queue, one piece after the other: takes a lease, holds it, files the result, once in effect.

A worker may die at any line. What it left is taken over by the next one (`Generations.claim`); its files lie in a
folder that is called after the piece and cleared before another try. A result is first moved to its place and then
told of in the row: between the two it is an orphan, which the same piece made again replaces by itself, since it is
called by the hash of what it holds.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agent.generation.broker import Broker, Delivery, version_of_trichord
from agent.generation.filing import Filed, add_provenance, check_room, delete_files, file_piece, work_folder
from agent.generation.measured import Ears, likeness, listened
from agent.generation.owners import Owner
from agent.generation.stored import load_request
from agent.generation.values import GenerationCancelledError, GenerationError, GenerationRequest
from catalog.errors import CatalogError
from catalog.store.generations import LEASE_S, Finished, Generations
from catalog.values import Generation, GenerationId
from encoders.errors import EncoderError

LOOK_EVERY_S = 0.25
POLL_S = 1.0
_MADE = 0.9
_logger = logging.getLogger(__name__)


def request_of(row: Generation) -> GenerationRequest:
    """Return the request of a row."""
    return load_request(row.request)


def fingerprint_of(request: GenerationRequest, backend: str) -> str:
    """Return what is the same for requests that give the same piece: request, seed, backend and version."""
    subject = json.dumps([asdict(request), backend, version_of_trichord()], sort_keys=True)
    return hashlib.sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()


class Worker:
    """A thread that makes pieces.

    Args:
        rows: the queue.
        broker: makes.
        folder: where the files go.
        ears: hears what was made; None measures nothing.
        block_copies: what nearly copies a track fails instead of being kept.
    """

    def __init__(
        self, rows: Generations, broker: Broker, folder: Path, ears: Ears | None, *, block_copies: bool
    ) -> None:
        self._rows, self._broker, self._folder, self._ears = rows, broker, folder, ears
        self._block = block_copies
        self._lock = threading.Lock()
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._owner: Owner | None = None
        # Pieces that were not compared with all that they were to be compared with.
        self._unsure: set[GenerationId] = set()

    def start(self) -> None:
        """Begin to work, or look into the queue again."""
        with self._lock:
            if self._thread is None and not self._stopping.is_set():
                self._owner = Owner(self._folder / ".workers")
                self._thread = threading.Thread(target=self._serve, args=(self._owner,), name="generation", daemon=True)
                self._thread.start()
        self._wake.set()

    def close(self) -> None:
        """Stop; what was being made goes back into the queue."""
        self._stopping.set()
        self._wake.set()
        with self._lock:
            if self._thread is not None:
                self._thread.join()
            if self._owner is not None:
                self._owner.close()

    def _serve(self, owner: Owner) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            row = self._claimed(owner)
            if row is not None:
                self._run(row, owner.id)
            elif self._unsure and self._ears is not None:
                self._look_again(self._ears)
            else:
                self._wake.wait(POLL_S)

    def _look_again(self, ears: Ears) -> None:
        """Compare a piece with the tracks that there was no time for; what is found stands in its row from then on."""
        ears.fill(self._wake)
        if self._wake.is_set():
            return
        generation_id = self._unsure.pop()
        try:
            row = self._rows.get(generation_id)
            if row.result is None:
                return
            result = json.loads(row.result)
            path = self._folder / result["file"]
            told = likeness(ears, ears.hear(path))
            self._rows.amend(generation_id, json.dumps(result | told))
            add_provenance(path, told)
        except (CatalogError, EncoderError, OSError) as error:
            _logger.info("generation %s was not compared again: %s", generation_id, error)

    def _claimed(self, owner: Owner) -> Generation | None:
        try:
            return self._rows.claim(owner.id, owner.is_dead)
        except CatalogError as error:  # busy or full for the moment: the rows are still there at the next look
            _logger.warning("the queue of generations cannot be read: %s", error)
            return None

    def _run(self, row: Generation, owner: str) -> None:
        try:
            with self._held(row, owner) as cancel, self._work_folder(row) as folder:
                try:
                    self._make(row, owner, folder, cancel)
                except GenerationCancelledError:
                    if self._stopping.is_set():
                        self._rows.give_back(row.id, owner)
        except GenerationError as error:
            self._failed(row, owner, str(error))
        except OSError as error:
            told = f"A file could not be written ({error.strerror or error}); check free space and permissions there."
            self._failed(row, owner, told)
        except CatalogError as error:
            _logger.warning("generation %s: %s", row.id, error)
        except Exception:
            # A worker thread has nobody above it: the row must tell, and the log keeps the trace.
            _logger.exception("generation %s failed", row.id)
            self._failed(row, owner, "The generator broke; the log has the details. Try again.")

    def _failed(self, row: Generation, owner: str, message: str) -> None:
        with suppress(CatalogError):  # then the lease runs out, and the row is tried again or told as failed
            self._rows.fail(row.id, owner, message)

    def _make(self, row: Generation, owner: str, folder: Path, cancel: threading.Event) -> None:
        request, begun = request_of(row), time.monotonic()
        check_room(folder, request.duration_s)
        tell = _Teller(self._rows, row, owner)
        backend = row.backend if row.pinned else None
        if backend is not None:
            self._broker.check(backend)
        target = folder / "piece.flac"
        delivery = self._broker.generate(request, target, lambda f, line: tell(_MADE * f, line), cancel, backend)
        tell(_MADE, "measuring")
        told, complete = listened(self._ears, delivery.audio.path, request, block=self._block, cancel=cancel)
        filed = file_piece(delivery, told | {"parent": row.parent_id}, self._folder)
        made = Finished(
            result=json.dumps(_result(delivery, filed) | told),
            sha256=filed.sha256,
            backend=delivery.audio.backend,
            fingerprint=fingerprint_of(request, delivery.audio.backend),
            work_s=round(time.monotonic() - begun, 3),
        )
        if not self._rows.finish(row.id, owner, made):
            self._unwanted(row, filed.sha256)
        elif not complete:
            self._unsure.add(row.id)

    def _unwanted(self, row: Generation, sha256: str) -> None:
        """Delete what was cancelled or forgotten in the last moment; whoever took it over needs the same files."""
        try:
            taken_over = self._rows.get(row.id).status == "running"
        except CatalogError:
            taken_over = False
        if not taken_over and sha256 not in self._rows.kept():
            delete_files(self._folder, sha256)

    @contextmanager
    def _held(self, row: Generation, owner: str) -> Iterator[threading.Event]:
        """Hold the lease while the work goes on; the event is set when it was cancelled or taken over."""
        cancel, ended = threading.Event(), threading.Event()

        def hold() -> None:
            renewed = time.monotonic()
            while not ended.is_set() and not cancel.is_set():
                try:
                    if self._stopping.is_set() or not self._rows.holds(row.id, owner):
                        cancel.set()
                    elif time.monotonic() - renewed > LEASE_S / 4:
                        self._rows.renew(row.id, owner)
                        renewed = time.monotonic()
                except CatalogError as error:
                    _logger.warning("the lease of generation %s cannot be renewed: %s", row.id, error)
                ended.wait(LOOK_EVERY_S)

        holder = threading.Thread(target=hold, name="generation-lease", daemon=True)
        holder.start()
        try:
            yield cancel
        finally:
            ended.set()
            holder.join()

    @contextmanager
    def _work_folder(self, row: Generation) -> Iterator[Path]:
        folder = work_folder(self._folder, row.id)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class _Teller:
    """Writes progress into the row, at most four times a second, and each new line at once."""

    def __init__(self, rows: Generations, row: Generation, owner: str) -> None:
        self._rows, self._id, self._owner = rows, row.id, owner
        self._line, self._at = "", 0.0

    def __call__(self, fraction: float, line: str) -> None:
        if line == self._line and time.monotonic() - self._at < LOOK_EVERY_S:
            return
        self._line, self._at = line, time.monotonic()
        with suppress(CatalogError):  # a busy database must not end the work
            self._rows.tell(self._id, self._owner, round(fraction, 3), line)


def _result(delivery: Delivery, filed: Filed) -> dict[str, Any]:
    made = delivery.audio
    return {
        "file": filed.file,
        "duration_s": made.duration_s,
        "tempo_bpm": made.tempo_bpm,
        "key": made.key,
        "seed": made.seed,
        "backend": made.backend,
        "midi": filed.midi,
    }
