"""Candidates made audible, so that a taste learned from votes can judge them."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from agent.generation.backend import Cancel
from agent.generation.mastering import master, write_flac
from agent.generation.midi import midi_bytes
from agent.generation.render import Synth, render
from agent.generation.score import Score
from encoders.errors import EncoderError

# So much of each candidate is heard: the taggers look at windows spread over a piece, and rendering costs time.
HEARD_S = 40.0
_logger = logging.getLogger(__name__)


class Taste(Protocol):
    """Tells which of several sounds would be preferred (`agent.arena.hearing.Taste`)."""

    def rewards(self, files: Sequence[Path], traits: Sequence[Mapping[str, float]]) -> list[float]: ...

    def words(self) -> str: ...


class Tasting:
    """Renders candidates and lets a taste hear them.

    Args:
        taste: judges the sounds.
        synth: renders them.
        duration_s: how long the pieces are.
        folder: where the files may lie for a moment.
        cancel: stops the rendering.
    """

    def __init__(self, taste: Taste, synth: Synth, duration_s: float, folder: Path, cancel: Cancel) -> None:
        self._taste, self._synth, self._folder, self._cancel = taste, synth, folder, cancel
        self._seconds = min(duration_s, HEARD_S)

    def rewards(self, scores: Sequence[Score], traits: Sequence[Mapping[str, float]]) -> list[float]:
        """Return a reward for each score, the more the rather preferred; none where they cannot be heard.

        Raises:
            GenerationCancelledError: the work was stopped.
            GenerationError: nothing can be rendered.
        """
        with tempfile.TemporaryDirectory(prefix=".tasting-", dir=self._folder) as folder:
            files = [self._heard(score, Path(folder) / f"{n}.mid") for n, score in enumerate(scores)]
            try:
                return self._taste.rewards(files, traits)
            except EncoderError as error:
                _logger.warning("candidates are judged by their notes alone: %s", error)
                return []

    def words(self) -> str:
        """Say how far the taste is to be trusted."""
        return self._taste.words()

    def _heard(self, score: Score, midi: Path) -> Path:
        midi.write_bytes(midi_bytes(score))
        sound = render(midi, self._synth, self._seconds, lambda *_: None, self._cancel)
        target = midi.with_suffix(".flac")
        write_flac(master(sound, self._seconds), target)
        return target
