"""A pool of capped child processes that do everything with hostile files.

A child (``python -m encoders.media.worker``) lives across jobs, so imports and models are paid once. It is bounded in
address space, CPU seconds per job, file size, wall time; it inherits no secrets from the environment and dies with the
parent. Whatever kills a child is reported as MediaError and the next job gets a fresh one.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import JsonValue

from encoders.errors import EncoderError, MediaCancelledError, MediaError, ModelCorruptError, ModelMissingError
from encoders.media.limits import MediaLimits
from encoders.media.wire import Message, WireError, receive, send

_ERRORS: dict[str, type[EncoderError]] = {
    error.__name__: error for error in (MediaError, ModelMissingError, ModelCorruptError, EncoderError)
}
_SIGXCPU_CODES = (-24, 152)
_SIGKILL_CODE = -9
_LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Task:
    """A long piece of work: `progress` is told fractions in [0, 1], `cancel` ends it."""

    progress: Callable[[float], None]
    cancel: threading.Event


class _Child:
    """One worker process; `ask` is for one thread at a time."""

    def __init__(self, limits: MediaLimits) -> None:
        self._limits = limits
        self._process = subprocess.Popen(
            [sys.executable, "-m", "encoders.media.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_child_environment(),
        )
        self._send(Message({"limits": asdict(limits)}))

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, job: str, arguments: dict[str, JsonValue], task: Task | None = None) -> Message:
        ended = threading.Event()
        watchdog = threading.Thread(target=self._watch, args=(ended, task), daemon=True)
        watchdog.start()
        try:
            self._send(Message({"job": job, "arguments": arguments, "progress": task is not None}))
            assert self._process.stdout is not None
            while True:
                answer = receive(self._process.stdout)
                if task is None or "progress" not in answer.body:
                    return answer
                task.progress(float(str(answer.body["progress"])))
        finally:
            ended.set()
            watchdog.join()

    def _watch(self, ended: threading.Event, task: Task | None) -> None:
        """Kill the child when its time is over, or when nobody wants its work any more."""
        end = time.monotonic() + self._limits.wall_s
        while not ended.wait(_LOOK_EVERY_S if task is not None else max(0.0, end - time.monotonic())):
            if time.monotonic() >= end or (task is not None and task.cancel.is_set()):
                self._process.kill()
                return

    def _send(self, message: Message) -> None:
        assert self._process.stdin is not None
        try:
            send(self._process.stdin, message)
        except OSError as error:
            raise WireError("the child is gone") from error

    def why_dead(self) -> str:
        """One clause for the user, after the pipe has closed."""
        self.stop()
        code = self._process.returncode
        if code in _SIGXCPU_CODES:
            return f"it took more than the {self._limits.cpu_s} s of CPU allowed"
        if code == _SIGKILL_CODE:
            return f"it took more than the {self._limits.wall_s:g} s allowed"
        return f"decoding it brought down the decoder (status {code})"

    def stop(self) -> None:
        """Kill a child that may still run, and collect it."""
        try:
            self._process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:  # unsent bytes to a dead child
                    continue


def _child_environment() -> dict[str, str]:
    """Only what Python and the numeric libraries need: no keys, no proxies, one thread per library."""
    keep = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "TMPDIR", "SYSTEMROOT")
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
    return {
        **{name: os.environ[name] for name in keep if name in os.environ},
        **dict.fromkeys(threads, "1"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


class Sandbox:
    """At most `workers` children, started when first needed; thread-safe."""

    def __init__(self, limits: MediaLimits | None = None, workers: int = 2) -> None:
        self.limits = limits or MediaLimits()
        self._idle: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(workers):
            self._idle.put(None)
        self._workers = workers
        # Children also end by themselves when their stdin closes; this covers a pool dropped while the parent lives on.
        self._finalizer = weakref.finalize(self, _stop_all, self._idle)

    def run(self, job: str, path: Path, task: Task | None = None, /, **arguments: JsonValue) -> Message:
        """Do `job` on `path` in a child; waits for a free one. With a `task` it tells its progress and can be ended.

        Raises:
            MediaError: The file is refused, or it cost more than the limits allow.
            MediaCancelledError: The task was cancelled.
        """
        _check_bytes(path, self.limits)
        return self._ask(job, {"path": str(path), **arguments}, path.name, task)

    def warm(self, job: str, **arguments: JsonValue) -> None:
        """Start every child and let it do `job` (which loads models) once."""
        with ThreadPoolExecutor(self._workers) as pool:
            list(pool.map(lambda _: self._ask(job, arguments, "warm-up"), range(self._workers)))

    def close(self) -> None:
        """End all idle children; a later `run` starts new ones."""
        stopped = _stop_all(self._idle)
        for _ in range(stopped):
            self._idle.put(None)

    def pids(self) -> Sequence[int]:
        """Process ids of the idle children."""
        return [child.pid for child in list(self._idle.queue) if child is not None]

    def _ask(self, job: str, arguments: dict[str, JsonValue], name: str, task: Task | None = None) -> Message:
        child = self._idle.get()
        healthy: _Child | None = None
        try:
            child = child or _Child(self.limits)
            answer = child.ask(job, arguments, task)
            healthy = child
        except (WireError, OSError, ValueError) as error:
            if task is not None and task.cancel.is_set():
                raise MediaCancelledError(f"{name!r}: cancelled") from error
            reason = child.why_dead() if child is not None else str(error)
            raise MediaError(f"{name!r} cannot be used: {reason}") from error
        finally:
            if healthy is None and child is not None:
                child.stop()
            self._idle.put(healthy)
        if "error" in answer.body:
            raise _ERRORS.get(str(answer.body["error"]), EncoderError)(str(answer.body["message"]))
        return answer


def _stop_all(idle: queue.LifoQueue[_Child | None]) -> int:
    """Stop what is idle now; the number of slots taken out of the queue."""
    count = 0
    while True:
        try:
            child = idle.get_nowait()
        except queue.Empty:
            return count
        count += 1
        if child is not None:
            child.stop()


def _check_bytes(path: Path, limits: MediaLimits) -> None:
    if not path.is_file():
        raise MediaError(f"{path.name!r} is not a regular file")
    size = path.stat().st_size
    if size == 0:
        raise MediaError(f"{path.name!r} is empty (0 bytes)")
    if size > limits.max_bytes:
        raise MediaError(f"{path.name!r} has {size} bytes, the limit is {limits.max_bytes}; give a shorter file")
