"""How well a model finds the right music: recall and reciprocal rank over the different tracks of a split."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from encoders.trimodal.batches import Batches
from encoders.trimodal.config import KINDS
from encoders.trimodal.network import FusionTransformer
from encoders.trimodal.pairs import PairedFeatures

_BLOCK = 1_024
USES: dict[str, tuple[str, ...]] = {
    "all": KINDS,
    "without text": ("video", "liked", "disliked"),
    "video and text": ("video", "text"),
    "video": ("video",),
    "text": ("text",),
    "feedback": ("liked", "disliked"),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """`recall_at_10` and mean reciprocal rank over `n` questions among `candidates` tracks."""

    n: int
    candidates: int
    recall_at_10: float
    mrr: float


def measure(network: FusionTransformer, pairs: PairedFeatures, split: str, inputs: Collection[str]) -> Measured:
    """Measure on a split with only `inputs` shown."""
    ranks, candidates = ranks_of(network, pairs, split, inputs)
    return Measured(len(ranks), candidates, float((ranks <= 10).mean()), float((1 / ranks).mean()))


@torch.inference_mode()
def band_of(network: FusionTransformer, pairs: PairedFeatures, split: str) -> tuple[float, float]:
    """Return the cosines that mean "nothing speaks for it" and "all of it does" for this model.

    The loss compares tracks with each other and leaves the level of the cosines open; it is read off a held-out split:
    the median over wrong tracks, and the cosine that a tenth of the right ones reaches.
    """
    rows = pairs.rows(split)[:_BLOCK]
    network.train(False)
    batches = Batches(pairs, KINDS, network.log_scale.device)
    cosines = (network(batches.tokens(rows)) @ batches.music(rows).T).cpu().numpy()
    right = np.eye(len(rows), dtype=bool)
    wrong = cosines[~right] if len(rows) > 1 else np.zeros(1, np.float32)
    low, high = float(np.median(wrong)), float(np.quantile(cosines[right], 0.9))
    return low, max(high, low + 0.01)


@torch.inference_mode()
def ranks_of(
    network: FusionTransformer, pairs: PairedFeatures, split: str, inputs: Collection[str]
) -> tuple[NDArray[np.int64], int]:
    """Return the rank of the right track for each row of a split (1 is best), and among how many tracks."""
    device = network.log_scale.device
    batches = Batches(pairs, inputs, device)
    rows = pairs.rows(split)
    tracks, right = np.unique(pairs.music[rows], axis=0, return_inverse=True)
    music = torch.from_numpy(tracks).to(device)
    network.train(False)
    ranks = []
    for start in range(0, len(rows), _BLOCK):
        cosines = network(batches.tokens(rows[start : start + _BLOCK])) @ music.T
        own = torch.from_numpy(right.reshape(-1)[start : start + _BLOCK]).to(device)[:, None]
        ranks.append(1 + (cosines > cosines.gather(1, own)).sum(1).cpu().numpy())
    return np.concatenate(ranks), len(tracks)
