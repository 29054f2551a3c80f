"""The child process of `encoders.media.sandbox`: reads jobs from stdin, answers on stdout, until stdin closes."""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter

from encoders.errors import EncoderError, MediaError
from encoders.media.limits import MediaLimits
from encoders.media.wire import Message, WireError, receive, send

_WALL_GRACE_S = 10


def main() -> None:
    """Serve until the parent goes away."""
    requests, answers = _private_pipes()
    limits = TypeAdapter(MediaLimits).validate_python(receive(requests).body["limits"])
    _cap(limits)
    from encoders.media.jobs import JOBS
    from encoders.media.progress import report

    while True:
        try:
            request = receive(requests)
        except WireError:
            return
        _allow_one_job(limits)
        wanted = bool(request.body.get("progress"))
        report.begin((lambda f: send(answers, Message({"progress": f}))) if wanted else None)
        answer = _answer(JOBS[str(request.body["job"])], request, limits)
        signal.alarm(0)
        send(answers, answer)


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take the pipes away from fd 0 and 1, so that a library that prints cannot garble an answer."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "r+b") as null:
        os.dup2(null.fileno(), 0)
        os.dup2(null.fileno(), 1)
    return requests, answers


def _cap(limits: MediaLimits) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.output_bytes, limits.output_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write beyond the limit then fails with EFBIG


def _allow_one_job(limits: MediaLimits) -> None:
    """Raise the soft CPU limit by one job's worth, and set an alarm in case the parent's watchdog is gone."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + limits.cpu_s + 1, resource.RLIM_INFINITY))
    signal.alarm(int(limits.wall_s) + _WALL_GRACE_S)


def _answer(job: object, request: Message, limits: MediaLimits) -> Message:
    from encoders.media.jobs import Job

    assert isinstance(job, Job)
    arguments = request.body["arguments"]
    assert isinstance(arguments, dict)
    path = str(arguments.get("path", ""))
    name = Path(path).name
    try:
        return job.run(arguments, limits)
    except EncoderError as error:
        return _failure(type(error).__name__, str(error))
    except MemoryError:
        limit = limits.memory_bytes >> 20
        return _failure(MediaError.__name__, f"{name!r} needs more than the {limit} MiB of memory allowed")
    except Exception as error:  # the boundary: a decoder's failure of any kind is a fact about the file
        reason = " ".join(str(error).split()).replace(path, name) if path else str(error)
        return _failure(MediaError.__name__, f"{name!r} cannot be decoded: {type(error).__name__}: {reason}"[:500])


def _failure(kind: str, message: str) -> Message:
    return Message({"error": kind, "message": message})


if __name__ == "__main__":
    try:
        main()
    except (WireError, BrokenPipeError):
        sys.exit(0)
