"""Running generations in the background, each a row in the database: queued, running, done, failed, cancelled."""

from __future__ import annotations

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from agent.generation.brief import parse_brief
from agent.generation.broker import Broker
from agent.generation.values import GenerationError, GenerationRequest
from catalog.store import Catalogue
from catalog.values import Generation, GenerationId

MAX_QUEUED = 8
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Started:
    """A hand-off that was taken; `reason` explains the choice of the backend."""

    id: GenerationId
    text: str
    duration_s: float
    reason: str


class GenerationService:
    """One worker makes music, one request after the other; the queue is bounded.

    Args:
        catalogue: keeps the rows.
        broker: chooses the backend.
        folder: where the files go.
    """

    def __init__(self, catalogue: Catalogue, broker: Broker, folder: Path) -> None:
        self._rows = catalogue.generations
        self._broker = broker
        self._folder = folder
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="generation")
        self._cancels: dict[GenerationId, threading.Event] = {}
        self._lock = threading.Lock()

    def recover(self) -> int:
        """Mark what a dead process left running as failed; a server calls it once when it starts."""
        return self._rows.fail_unfinished()

    def start_from_text(
        self,
        text: str,
        duration_s: float | None = None,
        seed: int | None = None,
        tempo_bpm: float | None = None,
        key: str | None = None,
        genre: str | None = None,
        mood: str | None = None,
        instruments: tuple[str, ...] = (),
        energy: float | None = None,
    ) -> Started:
        """Read a brief out of words and start it; what is given beside the words outweighs them."""
        read = parse_brief(text)
        given = {
            "duration_s": duration_s,
            "seed": seed,
            "tempo_bpm": tempo_bpm,
            "key": key,
            "genre": genre,
            "mood": mood,
            "instruments": instruments or None,
            "energy": energy,
        }
        return self.start(replace(read, **{k: v for k, v in given.items() if v is not None}))  # type: ignore[arg-type]  # fields by name

    def start(self, request: GenerationRequest) -> Started:
        """Queue a request if a backend can do it.

        Raises:
            GenerationError: a value is out of range, no backend can do it, or the queue is full.
        """
        route = self._broker.route(request)
        if not route.chosen:
            raise GenerationError(route.explanation)
        with self._lock:
            if len(self._cancels) >= MAX_QUEUED:
                raise GenerationError(f"{MAX_QUEUED} pieces wait already; try again when one is done.")
            generation_id = self._rows.create(json.dumps(asdict(request)))
            cancel = self._cancels[generation_id] = threading.Event()
        self._pool.submit(self._run, generation_id, request, cancel)
        return Started(generation_id, request.text, request.duration_s, route.explanation)

    def get(self, generation_id: GenerationId) -> Generation:
        """Return the row; NotFoundError when there is none."""
        return self._rows.get(generation_id)

    def audio_path(self, generation_id: GenerationId) -> Path | None:
        """Return the finished file, or None while there is none."""
        result = self._rows.get(generation_id).result
        if result is None:
            return None
        path = self._folder / str(json.loads(result)["file"])
        return path if path.is_file() else None

    def cancel(self, generation_id: GenerationId) -> Generation:
        """Stop a queued or running piece; a finished one stays as it is."""
        self._rows.update(generation_id, "cancelled", 0.0, "Cancelled.")
        with self._lock:
            if (event := self._cancels.get(generation_id)) is not None:
                event.set()
        return self._rows.get(generation_id)

    def close(self) -> None:
        """Stop all work."""
        with self._lock:
            for event in self._cancels.values():
                event.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._broker.release()

    def _run(self, generation_id: GenerationId, request: GenerationRequest, cancel: threading.Event) -> None:
        try:
            if cancel.is_set():
                return
            self._rows.update(generation_id, "running", 0.0, "Starting.")
            target = self._folder / f"{generation_id}.flac"
            delivery = self._broker.generate(
                request, target, lambda f, note: self._rows.update(generation_id, "running", f, note), cancel
            )
            made = delivery.audio
            result = {
                "file": made.path.name,
                "duration_s": made.duration_s,
                "tempo_bpm": made.tempo_bpm,
                "key": made.key,
                "seed": made.seed,
                "backend": made.backend,
                "midi": made.midi_path.name if made.midi_path else None,
            }
            self._rows.update(generation_id, "done", 1.0, "Ready.", json.dumps(result))
        except GenerationError as error:
            self._rows.update(generation_id, "failed", 0.0, str(error))
        except Exception:
            # A worker thread has nobody above it: the row must tell, and the log keeps the trace.
            _logger.exception("generation %s failed", generation_id)
            self._rows.update(generation_id, "failed", 0.0, "The generator broke; the log has the details. Try again.")
        finally:
            with self._lock:
                self._cancels.pop(generation_id, None)
