"""Backend `abc`: a language model writes the notes of the tune, the composer's players carry it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from agent.generation.abc_tunes.arranging import arranged, arranged_for, frame_of
from agent.generation.abc_tunes.writing import ROUNDS, VERSION, TuneWriter, Written
from agent.generation.backend import Cancel, Progress
from agent.generation.capabilities import support
from agent.generation.finishing import finish
from agent.generation.origins import origins_of
from agent.generation.render import find_synth
from agent.generation.systems import systems
from agent.generation.values import (
    GeneratedAudio,
    GenerationCancelledError,
    GenerationError,
    GenerationRequest,
    Support,
)

_LOOK_S = 0.1
_Found = TypeVar("_Found")


class AbcTunes:
    """A backend for tunes that a language model writes.

    Args:
        writer: asks the model.
        soundfont: a General MIDI SoundFont to use instead of the one found on the system.
        seconds: what a round is expected to take.
    """

    id = "abc"
    title = "Tunes in ABC by a language model"
    licence = "Apache-2.0; the language model's own licence; sounds of the SoundFont"

    def __init__(self, writer: TuneWriter, soundfont: Path | None = None, seconds: float = 60.0) -> None:
        self._writer, self._soundfont, self._seconds = writer, soundfont, seconds

    def supports(self, request: GenerationRequest) -> Support:
        synth = find_synth(self._soundfont)
        if isinstance(synth, str):
            return Support.no(synth)
        if request.candidates > 1:
            return Support.no(f"it writes one tune at a time, and {request.candidates} are wanted")
        return support(systems()[self.id], request)

    def estimate_s(self, request: GenerationRequest) -> float:
        """Give seconds: two rounds of three, and the rendering."""
        return 2 * self._seconds + request.duration_s / 20

    def prepare(self) -> None:
        """Check that the synthesiser is there.

        Raises:
            GenerationError: it is not.
        """
        synth = find_synth(self._soundfont)
        if isinstance(synth, str):
            raise GenerationError(synth)

    def generate(self, request: GenerationRequest, dst: Path, progress: Progress, cancel: Cancel) -> GeneratedAudio:
        synth = find_synth(self._soundfont)
        if isinstance(synth, str):
            raise GenerationError(synth)
        arrangement, rng = arranged_for(request)
        progress(0.0, f"the language model writes a tune (at most {ROUNDS} rounds)")
        written = _waited(lambda: self._writer.write(request, frame_of(arrangement)), cancel)
        score = arranged(written.tune, arrangement, rng)
        name = self._writer.name
        chords_by = name if any(bar.root is not None for bar in written.tune.bars) else None
        told = {"written": self._told(written)} | origins_of(score, request, tune_by=name, chords_by=chords_by)
        return finish(score, told, self.id, request, dst, synth, lambda f, line: progress(0.5 + f / 2, line), cancel)

    def release(self) -> None:
        """Do nothing: the model is shared with the conversation."""

    def _told(self, written: Written) -> dict[str, Any]:
        return {
            "model": self._writer.name,
            "prompt": VERSION,
            "round": written.rounds,
            "after": list(written.after),
            "why": written.tune.why,
            "abc": written.tune.abc,
        }


def _waited(work: Callable[[], _Found], cancel: Cancel) -> _Found:
    """Wait for work that cannot be stopped, but no longer than until `cancel` is set; then nobody takes its answer.

    Raises:
        GenerationCancelledError: `cancel` was set.
    """
    done: Future[_Found] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # handed over to whoever waits
            done.set_exception(error)

    threading.Thread(target=run, name="abc-tune", daemon=True).start()
    while True:
        try:
            return done.result(_LOOK_S)
        except TimeoutError:
            if done.done():
                raise
            if cancel.is_set():
                raise GenerationCancelledError("the generation was stopped") from None
