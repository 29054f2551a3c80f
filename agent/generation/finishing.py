"""A score as a finished piece: notes, sound, mastering, the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from agent.generation.backend import Cancel, Progress
from agent.generation.mastering import RATE, master, write_flac
from agent.generation.midi import midi_bytes
from agent.generation.render import Synth, render
from agent.generation.score import Score
from agent.generation.values import GeneratedAudio, GenerationCancelledError, GenerationError, GenerationRequest

_AUDIBLE = 1e-4


def finish(
    score: Score,
    told: Mapping[str, Any],
    backend: str,
    request: GenerationRequest,
    dst: Path,
    synth: Synth,
    progress: Progress,
    cancel: Cancel,
) -> GeneratedAudio:
    """Write the notes beside `dst`, render and master them into it; `told` goes into the notes' file.

    Raises:
        GenerationError: nothing can be rendered.
        GenerationCancelledError: `cancel` was set.
    """
    check(cancel)
    midi = dst.with_suffix(".mid")
    midi.write_bytes(midi_bytes(score, told))
    sound = render(midi, synth, request.duration_s, lambda part, line: progress(0.1 + 0.6 * part, line), cancel)
    check(cancel)
    if not np.abs(sound).max(initial=0.0) > _AUDIBLE:
        raise GenerationError(f"fluidsynth rendered only silence; check the SoundFont {synth.soundfont.name}")
    progress(0.7, "mastering")
    sound = master(sound, request.duration_s)
    check(cancel)
    write_flac(sound, dst)
    progress(1.0, "done")
    return GeneratedAudio(
        path=dst,
        duration_s=len(sound) / RATE,
        seed=request.seed,
        backend=backend,
        tempo_bpm=round(score.tempo, 3),
        key=score.arrangement.key.name,
        midi_path=midi,
    )


def check(cancel: Cancel) -> None:
    """Raise GenerationCancelledError where the work was stopped."""
    if cancel.is_set():
        raise GenerationCancelledError("the generation was stopped")
