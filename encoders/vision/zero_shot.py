"""What a joint model of texts and pictures (CLIP, SigLIP) sees in a clip: its vector, and settings without training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from encoders.protocols import FrameEncoder, Image, TextEncoder
from encoders.values import Embedding, FloatArray, Space, VideoAnalysis
from encoders.vectors import unit
from encoders.vision.reading import load_words
from encoders.zero_shot import PICTURE_TEMPLATES, ensemble, probabilities

_SETTINGS, _SETTINGS_A_MOMENT = 8, 3


class ZeroShotReader:
    """Replaces the settings of an analysis by what the model says, and adds its vector of the clip.

    Args:
        text: the model's text tower.
        frames: its picture tower, of the same space.
        scale: what the model multiplies cosines by.
    """

    def __init__(self, text: TextEncoder, frames: FrameEncoder, scale: float) -> None:
        self._frames = frames
        self._scale = scale
        self.words = tuple(word for word, _ in load_words())
        self._labels = ensemble(text, self.words, PICTURE_TEMPLATES)

    @property
    def space(self) -> Space:
        """Return the space of the added vector."""
        return self._frames.space

    def read(self, seen: VideoAnalysis, pictures: Sequence[Image]) -> VideoAnalysis:
        """Return the analysis with this model's view of its pictures, one for each of its `sample_times_s`."""
        rows = self._frames.encode(pictures)
        shares = probabilities(rows, self._labels, self._scale)
        times = np.array(seen.sample_times_s)
        moments = tuple(
            replace(m, settings=self._best(shares[int(np.abs(times - m.start_s).argmin())], _SETTINGS_A_MOMENT))
            for m in seen.moments
        )
        clip = Embedding(self.space, unit(rows.mean(axis=0)))
        return replace(
            seen,
            settings=self._best(shares.mean(axis=0), _SETTINGS),
            moments=moments,
            embeddings={**seen.embeddings, self.space.id: clip},
        )

    def _best(self, shares: FloatArray, count: int) -> tuple[tuple[str, float], ...]:
        return tuple((self.words[i], float(shares[i])) for i in np.argsort(-shares, kind="stable")[:count])
