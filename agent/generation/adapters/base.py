"""What adapters share: support is told by the table, and what a system gives is cut, mastered and written one way."""

from __future__ import annotations

import re
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np

from agent.generation.backend import Cancel, Progress
from agent.generation.capabilities import support
from agent.generation.errors import GenerationCancelledError, GenerationError
from agent.generation.mastering import RATE, Sound, master, write_flac
from agent.generation.spoken import take_quotations
from agent.generation.systems import System
from agent.generation.values import GeneratedAudio, GenerationRequest, Support

_AUDIBLE = 1e-4
_STARTS_S = 3.0
_OUT_OF_MEMORY = re.compile(r"out of memory|can't allocate memory", re.IGNORECASE)


class SystemBackend(ABC):
    """A backend for one entry of the table; subclasses give `_sound`, and `_unready` where it may not be set up.

    Args:
        system: the entry.
    """

    def __init__(self, system: System) -> None:
        self.system = system

    @property
    def id(self) -> str:
        """The entry's id."""
        return self.system.id

    @property
    def title(self) -> str:
        """The entry's title."""
        return self.system.title

    @property
    def licence(self) -> str:
        """The licence of the weights, or of the code."""
        return self.system.licence

    def supports(self, request: GenerationRequest) -> Support:
        """Say what is missing to run at all, or else what the table says."""
        unready = self._unready()
        if unready:
            return Support.no(unready)
        told, lacking = support(self.system, request), self._lacking(request)
        return Support.partial(*told.missing, *lacking) if lacking and told.level != "no" else told

    def estimate_s(self, request: GenerationRequest) -> float:
        """Give seconds by the table's pace; effort counts by its steps."""
        steps, usual = steps_of(self.system, request), self.system.steps.get("normal", 0)
        share = steps / usual if steps and usual else 1.0
        return _STARTS_S + request.duration_s * self._pace() * share

    def prepare(self) -> None:  # noqa: B027 -- nothing to do is an answer, not an omission
        """Load what `generate` needs; nothing where another process does the work."""

    def release(self) -> None:  # noqa: B027 -- the same
        """Give memory back; nothing where another process does the work."""

    def generate(self, request: GenerationRequest, dst: Path, progress: Progress, cancel: Cancel) -> GeneratedAudio:
        """Make a piece at `dst`; see `Backend.generate`."""
        tell = _Rising(progress)
        tell(0.0, f"asking {self.title}")
        check(cancel)
        with tempfile.TemporaryDirectory(prefix=f"{self.id}-", dir=dst.parent) as folder:
            sound = self._within_memory(request, Path(folder), tell, cancel)
        check(cancel)
        if not np.abs(sound).max(initial=0.0) > _AUDIBLE:
            raise GenerationError(f"{self.title} gave only silence; try another seed or other words")
        tell(0.95, "mastering")
        sound = master(sound, request.duration_s)
        check(cancel)
        write_flac(sound, dst)
        tell(1.0, "done")
        return GeneratedAudio(path=dst, duration_s=len(sound) / RATE, seed=request.seed, backend=self.id)

    def _within_memory(self, request: GenerationRequest, folder: Path, progress: Progress, cancel: Cancel) -> Sound:
        try:
            return self._sound(request, folder, progress, cancel)
        except GenerationError:
            raise
        except (MemoryError, RuntimeError) as error:  # torch says it by a RuntimeError of its own
            if not isinstance(error, MemoryError) and not _OUT_OF_MEMORY.search(str(error)):
                raise
            self.release()
            raise GenerationError(
                f"{self.title} ran out of memory at {request.duration_s:g} s; ask for a shorter piece, or free some"
            ) from error

    @abstractmethod
    def _sound(self, request: GenerationRequest, folder: Path, progress: Progress, cancel: Cancel) -> Sound:
        """Return what the system makes, float32 ``(frames, 2)`` at 44.1 kHz; `folder` is for files on the way."""

    def _unready(self) -> str:
        """Return why the system cannot be asked now and what to do about it; empty where it can."""
        return ""

    def _lacking(self, request: GenerationRequest) -> tuple[str, ...]:
        """Return what of a request this installation lacks, though the system could do it."""
        return ()

    def _pace(self) -> float:
        return self.system.seconds_per_second


class _Rising:
    """Progress that never falls."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._told = progress, 0.0

    def __call__(self, fraction: float, line: str) -> None:
        self._told = max(self._told, min(1.0, fraction))
        self._progress(self._told, line)


def check(cancel: Cancel) -> None:
    """Raise GenerationCancelledError when the work was stopped."""
    if cancel.is_set():
        raise GenerationCancelledError("the generation was stopped")


def steps_of(system: System, request: GenerationRequest) -> int | None:
    """Return the steps that a request means: its own, or those of its quality in the table."""
    return request.steps if request.steps is not None else system.steps.get(request.quality or "normal")


def prompt_of(request: GenerationRequest) -> str:
    """Put all that is asked into words, for systems that understand nothing else; what is sung is no description."""
    words = " ".join(take_quotations(request.text).words.split()).strip(" ,;")
    parts = [words, request.scene, request.mood or "", request.genre or "", ", ".join(request.instruments)]
    parts.append(f"{request.tempo_bpm:g} bpm" if request.tempo_bpm else "")
    parts.append(f"in {request.key}" if request.key else "")
    parts.append(f"in {request.time_signature}" if request.time_signature else "")
    parts.append(f"chords {' | '.join(request.chords)}" if request.chords else "")
    parts.append("instrumental" if request.vocals is False else "")
    lowered = words.lower()
    return ", ".join(part for index, part in enumerate(parts) if part and (not index or part.lower() not in lowered))
