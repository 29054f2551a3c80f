"""The broker: chooses a backend and says why, contains what it does, and files the result with its provenance.

Everything is written beside its final place and moved there when it is whole. Next to `piece.flac` lie
`piece.flac.json`, the provenance, and `piece.mid` where there are notes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from agent.generation.backend import Backend, Cancel, Progress
from agent.generation.capabilities import support
from agent.generation.stored import told as told_request
from agent.generation.systems import System, systems
from agent.generation.values import (
    GeneratedAudio,
    GenerationCancelledError,
    GenerationError,
    GenerationRequest,
    InvalidRequestError,
    Support,
)

_log = logging.getLogger(__name__)
_MAX_BYTES = 500_000_000
_TOLERANCE_S = 0.05
# Adapters whose work is done on another machine, or may be.
_ELSEWHERE = frozenset({"http", "ace-step"})


@dataclass(frozen=True, slots=True)
class Policy:
    """How to choose: `order` among equally able backends, whether partial support will do, the longest wait.

    `max_wait_s` rules out backends that expect to take longer. A backend is stopped after ten times its own estimate,
    but never within `patience_s`. `commercial` rules out weights for non-commercial use. `gpu_gb` is the memory of
    this machine's GPU, 0 without one, and rules out what asks for more; None judges no hardware.
    """

    order: Literal["fastest", "listed"] = "fastest"
    allow_partial: bool = True
    max_wait_s: float | None = None
    patience_s: float = 60.0
    commercial: bool = False
    gpu_gb: float | None = None


Estimate = Callable[[str, GenerationRequest, float], float]
"""Takes a backend's id, a request and the backend's own estimate; gives the wall time to expect, in seconds."""


@dataclass(frozen=True, slots=True)
class Considered:
    """One backend's answer to a request; `estimate_s` is its expected wall time in seconds."""

    backend: str
    title: str
    licence: str
    support: Support
    estimate_s: float


@dataclass(frozen=True, slots=True)
class Routing:
    """Where a request goes: the able backends, best first, all answers, and one sentence that explains it."""

    chosen: tuple[str, ...]
    considered: tuple[Considered, ...]
    explanation: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A finished piece, its provenance file, and how it was routed."""

    audio: GeneratedAudio
    provenance: Path
    routing: Routing


class Broker:
    """Routes requests to backends.

    Args:
        backends: in order of liking.
        policy: how to choose among them.
        now: the clock for provenance.
        table: the systems that the field knows, by id; those without a backend here are named where they could do more.
    """

    def __init__(
        self,
        backends: Sequence[Backend],
        policy: Policy | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        table: Mapping[str, System] | None = None,
    ) -> None:
        self._backends = {backend.id: backend for backend in backends}
        self._policy, self._now = policy or Policy(), now
        self._table = systems() if table is None else table

    @property
    def backends(self) -> Mapping[str, Backend]:
        """The backends by their ids, in order of liking."""
        return self._backends

    def check(self, backend: str) -> None:
        """Refuse a name that is no backend's; InvalidRequestError names those there are."""
        if backend not in self._backends:
            there = ", ".join(self._backends) or "none"
            raise InvalidRequestError(f"no generator is called {backend[:40]!r}; there are: {there}")

    def route(self, request: GenerationRequest, estimate: Estimate | None = None) -> Routing:
        """Choose by capability, licence, hardware and time, without doing anything; `estimate` may know times better.

        Among candidates of one system (best-of-N) the backend itself chooses: a request names how many.
        """
        considered = tuple(self._answer(each, request, estimate) for each in self._backends.values())
        able = [answer for answer in considered if self._acceptable(answer)]
        if self._policy.order == "fastest":
            able.sort(key=lambda answer: answer.estimate_s)
        able.sort(key=lambda answer: len(answer.support.missing))  # stable: keeps the order among equals
        explanation = self._explain(able, considered) + self._elsewhere(request, able)
        return Routing(tuple(answer.backend for answer in able), considered, explanation)

    def generate(
        self, request: GenerationRequest, dst: Path, progress: Progress, cancel: Cancel, backend: str | None = None
    ) -> Delivery:
        """Make a piece at `dst`; when the best backend fails, the next one tries.

        Args:
            request: what to make.
            dst: the FLAC file to write; its folder is made when missing.
            progress: told fraction and line.
            cancel: stops the work.
            backend: the only one that may make it.

        Raises:
            GenerationError: nobody can meet the request, or all who could have failed; with the reasons.
            GenerationCancelledError: `cancel` was set. Nothing is left behind.
        """
        routing = self.route(request)
        failures = []
        dst.parent.mkdir(parents=True, exist_ok=True)
        for name in routing.chosen if backend is None else (backend,):
            with tempfile.TemporaryDirectory(prefix=".generating-", dir=dst.parent) as folder:
                outcome = self._contained(self._backends[name], request, Path(folder) / dst.name, progress, cancel)
                if isinstance(outcome, GeneratedAudio):
                    return self._file(outcome, request, dst, routing)
            failures.append(f"{name}: {outcome}")
        reasons = "; ".join(failures) if failures else routing.explanation
        raise GenerationError(f"no music could be generated ({reasons})" if failures else reasons)

    def release(self) -> None:
        """Give back the memory of all backends."""
        for backend in self._backends.values():
            backend.release()

    def _answer(self, backend: Backend, request: GenerationRequest, estimate: Estimate | None) -> Considered:
        refusal = self._against_policy(backend.id)
        answer = Support.no(refusal) if refusal else backend.supports(request)
        seconds = backend.estimate_s(request)
        if estimate is not None:
            seconds = estimate(backend.id, request, seconds)
        return Considered(backend.id, backend.title, backend.licence, answer, seconds)

    def _against_policy(self, backend: str) -> str:
        system, policy = self._table.get(backend), self._policy
        if system is None:
            return ""
        if policy.commercial and system.noncommercial:
            return f"its weights are {system.weights_licence}, and only what may be used commercially is wanted"
        if system.adapter not in _ELSEWHERE and policy.gpu_gb is not None and system.gpu_gb > policy.gpu_gb:
            there = f"one with {policy.gpu_gb:.0f} GB" if policy.gpu_gb else "none"
            return f"it asks for a GPU with {system.gpu_gb:g} GB, and here is {there}"
        return ""

    def _elsewhere(self, request: GenerationRequest, able: Sequence[Considered]) -> str:
        """Name a system that would meet all of it and is not set up, where nobody here does."""
        if able and able[0].support.level == "full":
            return ""
        others = [
            system
            for system in self._table.values()
            if system.id not in self._backends and system.weights in {"open", "gated"}
            if support(system, request).level == "full" and not (self._policy.commercial and system.noncommercial)
        ]
        if not others:
            return ""
        best = min(others, key=lambda system: system.noncommercial)  # the first in the table among equals
        return f"; {best.title} could do all of it and is not set up (see: trichord backends)"

    def _acceptable(self, answer: Considered) -> bool:
        levels = {"full", "partial"} if self._policy.allow_partial else {"full"}
        in_time = self._policy.max_wait_s is None or answer.estimate_s <= self._policy.max_wait_s
        return answer.support.level in levels and in_time

    def _explain(self, able: Sequence[Considered], considered: Sequence[Considered]) -> str:
        refused = "; ".join(f"{answer.title}: {self._refusal(answer)}" for answer in considered if answer not in able)
        if not able:
            return f"no generator can take this request ({refused or 'none is set up'})"
        best = able[0]
        how = (
            "meets it fully" if best.support.level == "full" else f"meets it but for {', '.join(best.support.missing)}"
        )
        sentence = f"{best.title} {how} and needs about {best.estimate_s:.0f} s"
        return f"{sentence} ({refused})" if refused else sentence

    def _refusal(self, answer: Considered) -> str:
        if answer.support.level == "no":
            return answer.support.reason
        if answer.support.level == "partial" and not self._policy.allow_partial:
            return f"cannot do {', '.join(answer.support.missing)}"
        return f"would take about {answer.estimate_s:.0f} s, over the limit of {self._policy.max_wait_s or 0:.0f} s"

    def _contained(
        self, backend: Backend, request: GenerationRequest, dst: Path, progress: Progress, cancel: Cancel
    ) -> GeneratedAudio | str:
        """Run one backend; whatever goes wrong inside becomes a reason. Only the user's own stop goes through."""
        limit_s = max(self._policy.patience_s, 10 * backend.estimate_s(request))
        deadline = _Deadline(cancel, limit_s)
        try:
            audio = backend.generate(request, dst, progress, deadline)
            return _checked(audio, request, dst)
        except InvalidRequestError:
            raise
        except GenerationCancelledError:
            if cancel.is_set():
                raise
            return f"stopped after {limit_s:.0f} s, ten times what it expected"
        except GenerationError as error:
            return str(error)
        except OSError as error:
            _log.warning("generation backend %s: %s", backend.id, error)
            return f"a file could not be written ({error.strerror or error}); check free space and permissions"
        except Exception as error:  # a backend is third-party code: its bugs must not end the conversation
            _log.exception("generation backend %s failed", backend.id)
            return f"it failed with {type(error).__name__}"

    def _file(self, audio: GeneratedAudio, request: GenerationRequest, dst: Path, routing: Routing) -> Delivery:
        """Write the provenance, then move all files to their places, the sound last."""
        sidecar = dst.with_name(dst.name + ".json")
        made = audio.path.with_name(sidecar.name)
        made.write_text(json.dumps(self._provenance(audio, request), indent=1, ensure_ascii=False), encoding="utf-8")
        midi = None
        if audio.midi_path is not None:
            midi = audio.midi_path.replace(dst.with_suffix(audio.midi_path.suffix))
        made.replace(sidecar)
        audio.path.replace(dst)
        return Delivery(dataclasses.replace(audio, path=dst, midi_path=midi), sidecar, routing)

    def _provenance(self, audio: GeneratedAudio, request: GenerationRequest) -> dict[str, object]:
        backend = self._backends[audio.backend]
        return {
            "system": "trichord",
            "version": version_of_trichord(),
            "backend": backend.id,
            "backend_title": backend.title,
            "backend_licence": backend.licence,
            "licence": "generated",
            "request": told_request(request),
            "seed": audio.seed,
            "duration_s": round(audio.duration_s, 3),
            "tempo_bpm": audio.tempo_bpm,
            "key": audio.key,
            "sha256": _sha256(audio.path),
            "midi_sha256": _sha256(audio.midi_path) if audio.midi_path else None,
            "created_at": self._now().isoformat(timespec="seconds"),
        }


class _Deadline:
    """The user's stop, or the end of patience, whichever comes first."""

    def __init__(self, cancel: Cancel, seconds: float) -> None:
        self._cancel, self._end = cancel, time.monotonic() + seconds

    def is_set(self) -> bool:
        return self._cancel.is_set() or time.monotonic() > self._end


def _checked(audio: GeneratedAudio, request: GenerationRequest, dst: Path) -> GeneratedAudio:
    """Believe only what lies on the disk.

    Raises:
        GenerationError: no file, too large a file, no sound file, or another length than asked.
    """
    import soundfile

    if audio.path != dst or not dst.is_file():
        raise GenerationError("it wrote no file")
    if dst.stat().st_size > _MAX_BYTES:
        raise GenerationError(f"its file is over the limit of {_MAX_BYTES} bytes")
    try:
        info = soundfile.info(dst)
    except soundfile.LibsndfileError as error:
        raise GenerationError("its file is no sound file") from error
    seconds = info.frames / info.samplerate
    if abs(seconds - request.duration_s) > _TOLERANCE_S:
        raise GenerationError(f"its piece is {seconds:.2f} s long and {request.duration_s:g} s were asked for")
    return dataclasses.replace(audio, duration_s=seconds)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def version_of_trichord() -> str:
    """Return the version of this program."""
    try:
        return version("trichord")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "unknown"
