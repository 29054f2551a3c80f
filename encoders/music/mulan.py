"""MuQ-MuLan through the package `muq`: texts and music in one space (Zhu et al., 2025).

The package's code is MIT, the published weights are CC-BY-NC 4.0: they are read only after `allow_noncommercial` was
said. The package needs torchaudio of the same version as torch, so it is no dependency; installing it is the user's
choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from encoders.errors import EncoderError, MissingExtraError
from encoders.hub import space_of
from encoders.music.windows import mean_of_windows
from encoders.protocols import Role
from encoders.text.tokens import clean
from encoders.values import FloatArray, Space
from encoders.vectors import unit_rows

_WINDOWS = 6


class MulanEncoder:
    """A loaded MuQ-MuLan; `text` is its `TextEncoder`, `music` its `MusicEncoder`, both of the same `space`.

    Args:
        model: a ``muq.MuQMuLan`` in evaluation mode.
        space_id: how the space is called.
    """

    def __init__(self, model: Any, space_id: str) -> None:
        self.space = space_of(space_id, int(model.config.mulan["dim_latent"]), "mulan", model)
        self.text = _MulanText(self.space, model)
        self.music = _MulanMusic(self.space, model)

    @classmethod
    def load(
        cls, path_or_name: str | Path, space_id: str | None = None, *, allow_noncommercial: bool = False
    ) -> MulanEncoder:
        """Read published weights.

        Raises:
            EncoderError: The licence was not accepted, or the weights cannot be read.
            MissingExtraError: The package is not installed.
        """
        if not allow_noncommercial:
            raise EncoderError(
                "The weights of MuQ-MuLan are CC-BY-NC 4.0, for non-commercial use; set TRICHORD_ALLOW_NONCOMMERCIAL=1 "
                "to accept that, or choose another music encoder."
            )
        try:
            from muq import MuQMuLan
        except ImportError as error:
            raise MissingExtraError(
                "MuQ-MuLan needs its own package; run `pip install muq torchaudio` with the torchaudio of your torch."
            ) from error
        try:
            model = MuQMuLan.from_pretrained(str(path_or_name))
        except (OSError, ValueError, RuntimeError) as error:
            raise EncoderError(f"{str(path_or_name)!r} is no usable MuQ-MuLan: {error}") from error
        return cls(model.eval(), space_id or Path(path_or_name).name)


class _MulanText:
    def __init__(self, space: Space, model: Any) -> None:
        self.space = space
        self._model = model

    def encode(self, texts: Sequence[str], role: Role = "document") -> FloatArray:
        import torch

        rows = []
        for text in texts:  # one by one, so that padding never changes a vector
            with torch.inference_mode():
                rows.append(np.asarray(self._model(texts=[clean(text)]), dtype=np.float32))
        return unit_rows(np.concatenate(rows)) if rows else np.zeros((0, self.space.dim), dtype=np.float32)


class _MulanMusic:
    """Gives the model windows of exactly its own length, so that it has nothing left to cut."""

    def __init__(self, space: Space, model: Any) -> None:
        self.space = space
        self.sample_rate_hz = int(model.sr)
        self._model = model
        self._window = int(model.clip_secs * model.sr)

    def encode(self, waveform: FloatArray) -> FloatArray:
        return mean_of_windows(waveform, self.sample_rate_hz, self._window, _WINDOWS, self._encode)

    def _encode(self, window: FloatArray) -> FloatArray:
        import torch

        whole = np.resize(window, self._window)  # a shorter sound is repeated
        with torch.inference_mode():
            found: FloatArray = np.asarray(self._model(wavs=torch.from_numpy(whole)[None]), dtype=np.float32)[0]
        return found
