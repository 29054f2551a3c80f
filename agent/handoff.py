"""Generations as users meet them: a brief, a place in the queue with an honest time, a piece with what was heard in it.

The rows of the database are the queue (`catalog.store.generations`); a `Worker` in this or another process makes them.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Set
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from agent.generation.brief import parse_brief
from agent.generation.broker import Broker, Routing
from agent.generation.filing import check_room, delete_files, hashes_in, sweep_work
from agent.generation.material import Adapter, Clip, Curve, Film, Gap, Lyrics, Section, Stem
from agent.generation.measured import Ears
from agent.generation.stored import dump_request
from agent.generation.theory import parse_key
from agent.generation.values import GenerationError, GenerationRequest, InvalidRequestError, Quality, Task
from agent.generation.worker import Worker, fingerprint_of, request_of
from catalog.store import Catalogue
from catalog.store.generations import NewGeneration
from catalog.values import Generation, GenerationId, UserId

MAX_QUEUED = 8
MAX_WAITING = 200
# A piece that nobody knows of is swept up when it has lain so long: another process may be about to tell of it.
_ORPHANED_S = 600.0
# From so many pieces on, what a backend took is trusted more than its own estimate.
_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class Started:
    """A hand-off that was taken; `reason` explains the choice of the backend."""

    id: GenerationId
    text: str
    duration_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted beside the words of a brief; it outweighs them. None and empty: as the words say.

    `files` were handed over with the words, which say what each is for.
    """

    duration_s: float | None = None
    tempo_bpm: float | None = None
    key: str | None = None
    genre: str | None = None
    mood: str | None = None
    instruments: tuple[str, ...] = ()
    energy: float | None = None
    negative: str | None = None
    seed: int | None = None
    time_signature: str | None = None
    chords: tuple[str, ...] = ()
    melody: Clip | None = None
    curves: tuple[Curve, ...] = ()
    vocals: bool | None = None
    lyrics: Lyrics | None = None
    sections: tuple[Section, ...] = ()
    given: tuple[Stem, ...] = ()
    wanted: tuple[str, ...] = ()
    references: tuple[Clip, ...] = ()
    continues: Clip | None = None
    fills: Gap | None = None
    scene: str | None = None
    video: Clip | None = None
    quality: Quality | None = None
    steps: int | None = None
    candidates: int | None = None
    adapters: tuple[Adapter, ...] = ()
    film: Film | None = None
    task: Task | None = None
    files: tuple[Clip, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """When a piece will be there: seconds from now, others before it included, and its place (1 is next)."""

    eta_s: float | None = None
    position: int | None = None


class GenerationService:
    """Takes requests, tells how they do, hands out what was made.

    Args:
        catalogue: keeps the rows.
        broker: chooses the backend.
        folder: where the files go.
        ears: measures what was made and finds what it is like; None measures nothing.
        per_user: so many unfinished pieces a user may have.
        block_copies: a piece that nearly copies a track of the catalogue is not kept.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        broker: Broker,
        folder: Path,
        ears: Ears | None = None,
        *,
        per_user: int = MAX_QUEUED,
        block_copies: bool = False,
    ) -> None:
        self._rows = catalogue.generations
        self._broker = broker
        self._folder = folder
        self._per_user = per_user
        self._worker = Worker(self._rows, broker, folder, ears, block_copies=block_copies)

    def recover(self) -> int:
        """Go on with what is in the queue, also what a dead process left; a server calls it once when it starts.

        Returns how many pieces wait.
        """
        waiting = self._rows.waiting()
        for orphan in hashes_in(self._folder) - self._rows.kept():
            path = self._folder / f"{orphan}.flac"
            if time.time() - path.stat().st_mtime > _ORPHANED_S:
                delete_files(self._folder, orphan)
        sweep_work(self._folder, {row.id for row in waiting})
        self._worker.start()
        return len(waiting)

    def brief(self, text: str, wish: Wish | None = None) -> GenerationRequest:
        """Read a request out of words; what is wished for beside them outweighs them.

        Raises:
            InvalidRequestError: a value is out of range or no key.
        """
        wish = wish or Wish()
        told = {field.name: getattr(wish, field.name) for field in fields(wish) if field.name != "files"}
        given = {name: value for name, value in told.items() if value not in (None, (), "")}
        if "key" in given:
            given["key"] = parse_key(given["key"]).name
        if wish.fills is not None:
            given.setdefault("duration_s", wish.fills.end_s - wish.fills.start_s)
        return replace(parse_brief(text, files=wish.files), **given)

    def route(self, request: GenerationRequest) -> Routing:
        """Tell who could make it, in what time by what their last pieces took, and why."""
        return self._broker.route(request, lambda id, asked, own: self._estimate_s(id, asked.duration_s, own))

    def start_from_text(
        self, text: str, duration_s: float | None = None, user: UserId | None = None, wish: Wish | None = None
    ) -> Started:
        """Read a brief out of words and start it; `duration_s` stands where the wish has none."""
        wish = wish or Wish()
        if wish.duration_s is None and duration_s is not None:
            wish = replace(wish, duration_s=duration_s)
        return self.start(self.brief(text, wish), user=user)

    def start(
        self,
        request: GenerationRequest,
        *,
        backend: str | None = None,
        user: UserId | None = None,
        parent: GenerationId | None = None,
        key: str | None = None,
        priority: int = 0,
    ) -> Started:
        """Queue a request; where the same one was made before by the same backend, that is the answer at once.

        Args:
            request: what to make.
            backend: who is to make it; else the one that fits best, and the next one where that fails.
            user: whose it is.
            parent: the piece that it was made from.
            key: the same request with the same key is the first one.
            priority: higher ones come first.

        Raises:
            InvalidRequestError: a value is out of range, or no such backend, or it cannot make that.
            GenerationError: no backend can do it, or the disk is full.
            QuotaError: too much waits already.
            NotFoundError: no such parent.
        """
        routing = self.route(request)
        maker, reason = self._maker(routing, backend)
        if parent is not None:
            self._rows.get(parent)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            check_room(self._folder, request.duration_s)
        except OSError as error:
            raise GenerationError(
                f"The folder of generated music cannot be written ({error.strerror or error}); "
                "check free space and permissions."
            ) from error
        fingerprint = fingerprint_of(request, maker)
        new = NewGeneration(
            request=dump_request(request),
            duration_s=request.duration_s,
            backend=maker,
            fingerprint=fingerprint,
            pinned=backend is not None,
            priority=priority,
            user_id=user,
            parent_id=parent,
            key=None if key is None else hashlib.sha256(f"{user}\n{key}\n{fingerprint}".encode()).hexdigest(),
        )
        row = self._rows.create(new, per_user=self._per_user, at_all=MAX_WAITING)
        if row.status == "queued":
            before = next((r for r in self._rows.alike(new.fingerprint) if self._is_there(r)), None)
            if before is not None:
                self._rows.answer(row.id, before)
            else:
                self._worker.start()
        return Started(row.id, request.text, request.duration_s, reason)

    def get(self, generation_id: GenerationId) -> Generation:
        """Return the row; NotFoundError when there is none."""
        return self._rows.get(generation_id)

    def page(
        self,
        owners: list[UserId | None] | None,
        limit: int,
        before: tuple[datetime, str] | None = None,
        hidden: Set[GenerationId] = frozenset(),
    ) -> list[Generation]:
        """Return the newest pieces of some users, or of all, before a place, without some."""
        return self._rows.page(owners, limit, before, hidden)

    def outlooks(self) -> dict[GenerationId, Outlook]:
        """Return when each unfinished piece will be there."""
        found: dict[GenerationId, Outlook] = {}
        ahead_s, position, now = 0.0, 0, datetime.now(UTC).replace(tzinfo=None)
        for row in self._rows.waiting():
            takes_s = self._takes_s(row)
            if row.status == "running":
                begun = 0.0 if row.started_at is None else (now - row.started_at).total_seconds()
                # Late already: by now it is likelier to take a part of its time more than to be done this instant.
                left = max(takes_s - begun, 0.1 * takes_s)
                found[row.id] = Outlook(round(left, 1))
                ahead_s += left
            else:
                position += 1
                ahead_s += takes_s
                found[row.id] = Outlook(round(ahead_s, 1), position)
        return found

    def maker_of(self, row: Generation) -> dict[str, str] | None:
        """Return id, title and licence of who makes or made a piece; None where nobody knows."""
        if row.backend is None:
            return None
        known = self._broker.backends.get(row.backend)
        title, licence = (row.backend, "unknown") if known is None else (known.title, known.licence)
        return {"id": row.backend, "title": title, "licence": licence}

    def audio_path(self, generation_id: GenerationId) -> Path | None:
        """Return the finished file, or None while there is none."""
        return self._file(self._rows.get(generation_id), "file")

    def midi_path(self, generation_id: GenerationId) -> Path | None:
        """Return the notes of a finished piece, or None where there are none."""
        return self._file(self._rows.get(generation_id), "midi")

    def provenance(self, generation_id: GenerationId) -> dict[str, Any] | None:
        """Return where a finished piece is from: system, seed, request, licence, what it is like; else None."""
        row = self._rows.get(generation_id)
        path = self._file(row, "file")
        if path is None:
            return None
        told: dict[str, Any] = json.loads(path.with_name(path.name + ".json").read_text(encoding="utf-8"))
        return told | {"parent": row.parent_id}

    def cancel(self, generation_id: GenerationId) -> Generation:
        """Stop a queued or running piece; a finished one stays as it is."""
        return self._rows.cancel(generation_id)

    def forget(self, generation_id: GenerationId) -> None:
        """Stop a piece, and delete it with its files, unless another piece is the same."""
        self.cancel(generation_id)
        sha256 = self._rows.forget(generation_id)
        if sha256 is not None:
            delete_files(self._folder, sha256)

    def close(self) -> None:
        """Stop all work; what was being made goes back into the queue."""
        self._worker.close()
        self._broker.release()

    def _maker(self, routing: Routing, backend: str | None) -> tuple[str, str]:
        """Return who is to make it, and why."""
        if backend is None:
            if not routing.chosen:
                raise GenerationError(routing.explanation)
            return routing.chosen[0], routing.explanation
        self._broker.check(backend)
        answer = next(each for each in routing.considered if each.backend == backend)
        if answer.support.level == "no":
            raise InvalidRequestError(f"{answer.title} cannot make that: {answer.support.reason}")
        missing = f" but for {', '.join(answer.support.missing)}" if answer.support.missing else ""
        return backend, f"{answer.title} was chosen and meets it{missing or ' fully'}"

    def _takes_s(self, row: Generation) -> float:
        request = request_of(row)
        known = self._broker.backends.get(row.backend or "")
        own = known.estimate_s(request) if known is not None else request.duration_s
        return self._estimate_s(row.backend or "", request.duration_s, own)

    def _estimate_s(self, backend: str, duration_s: float, own_s: float) -> float:
        paces = self._rows.paces(backend)
        return round(median(paces) * duration_s if len(paces) >= _ENOUGH else own_s, 1)

    def _is_there(self, row: Generation) -> bool:
        return self._file(row, "file") is not None

    def _file(self, row: Generation, which: str) -> Path | None:
        name = None if row.result is None else json.loads(row.result)[which]
        path = None if name is None else self._folder / str(name)
        return path if path is not None and path.is_file() else None
