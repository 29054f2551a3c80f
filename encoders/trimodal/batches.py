"""Rows of paired features as tokens on a device, with modalities hidden at random while training."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders.trimodal.config import KINDS, TrainingConfig
from encoders.trimodal.network import Tokens
from encoders.trimodal.pairs import PairedFeatures

BoolArray = NDArray[np.bool_]


class Batches:
    """Gives the tokens of rows; what a pair lacks, and what `inputs` leave out, is marked as not there."""

    def __init__(self, pairs: PairedFeatures, inputs: Collection[str], device: torch.device) -> None:
        self._device = device
        single = {"video": pairs.video[:, None], "text": pairs.text[:, None]}
        self._vectors = {**single, "liked": pairs.liked, "disliked": pairs.disliked}
        self._there: dict[str, BoolArray] = {
            kind: (self._vectors[kind] != 0).any(axis=2) & (kind in inputs) for kind in KINDS
        }
        # The latest turn of feedback is of the same age as what is shown and said now.
        turns = np.arange(pairs.turns)[::-1].copy()
        self._ages = {"video": np.zeros(1, np.int64), "text": np.zeros(1, np.int64), "liked": turns, "disliked": turns}
        self._music = pairs.music

    def tokens(self, rows: NDArray[np.int64], there: dict[str, BoolArray] | None = None) -> Tokens:
        """Return the tokens of rows; `there` stands in for what is there, kind by kind ``(b, m)``."""
        present = self.present(rows) if there is None else there
        ages = {kind: np.tile(age, (len(rows), 1)) for kind, age in self._ages.items()}
        return Tokens(
            {kind: self._tensor(self._vectors[kind][rows]) for kind in KINDS},
            {kind: self._tensor(present[kind]) for kind in KINDS},
            {kind: self._tensor(age) for kind, age in ages.items()},
        )

    def present(self, rows: NDArray[np.int64]) -> dict[str, BoolArray]:
        """Return what is there, kind by kind ``(b, m)``."""
        return {kind: self._there[kind][rows] for kind in KINDS}

    def hidden(self, rows: NDArray[np.int64], config: TrainingConfig, rng: np.random.Generator) -> dict[str, BoolArray]:
        """Hide text, video and turns at random; a pair of which nothing would be left keeps all it has.

        With `turn_dropout` a search has only just begun and nothing was liked yet; otherwise it is any number of turns
        old.
        """
        full = self.present(rows)
        count, turns_there = full["liked"].shape
        begun = rng.random(count) >= config.turn_dropout
        old = np.where(begun, rng.integers(1, max(turns_there, 1) + 1, count), 0)
        turns: BoolArray = np.less(self._ages["liked"][None, :], old[:, None])
        kept = {
            "video": full["video"] & (rng.random(full["video"].shape) >= config.video_dropout),
            "text": full["text"] & (rng.random(full["text"].shape) >= config.text_dropout),
            "liked": full["liked"] & turns,
            "disliked": full["disliked"] & turns,
        }
        left = np.concatenate(list(kept.values()), axis=1).sum(axis=1)
        return {kind: np.where(left[:, None] > 0, kept[kind], full[kind]) for kind in KINDS}

    def music(self, rows: NDArray[np.int64]) -> Tensor:
        """Return the right answers ``(b, dm)``."""
        return self._tensor(self._music[rows])

    def _tensor(self, array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)
