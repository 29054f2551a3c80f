"""A trained sequence model at work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from encoders.errors import EncoderError
from encoders.sequence.network import SequenceNetwork
from encoders.sequence.training import Rows, padded

FloatArray = NDArray[np.float32]


class SequenceEncoder:
    """Embeds sequences of rows and tells what comes next; safe to call from several threads."""

    def __init__(self, network: SequenceNetwork, seen: NDArray[np.bool_]) -> None:
        self._network = network.train(False)
        self._seen = seen

    @classmethod
    def read(cls, path: Path) -> SequenceEncoder:
        """Read a model that `training.train` wrote.

        Raises:
            EncoderError: The file is missing or damaged.
        """
        try:
            with safe_open(path, "pt") as stored:
                told = stored.metadata() or {}
                tensors = {name: stored.get_tensor(name) for name in stored.keys()}
            seen = tensors.pop("seen").numpy()
            network = SequenceNetwork(len(seen), int(told["width"]), float(told["dropout"]))
            network.load_state_dict(tensors)
        except (SafetensorError, OSError, KeyError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise EncoderError(f"{path.name!r} cannot be read ({reason}); train it again.") from error
        return cls(network, seen)

    @property
    def n(self) -> int:
        """Return how many items it knows."""
        return len(self._seen)

    def embed(self, sequences: list[Rows]) -> FloatArray:
        """Return ``(len(sequences), width)`` float32 of length 1, in request order; an empty sequence is all 0."""
        out = np.zeros((len(sequences), self._network.items.embedding_dim), np.float32)
        filled = [n for n, rows in enumerate(sequences) if len(rows)]
        with torch.inference_mode():
            for start in range(0, len(filled), 64):
                part = filled[start : start + 64]
                _, whole = self._network(*padded([sequences[n] for n in part], self.n))
                out[part] = torch.nn.functional.normalize(whole, dim=1).numpy()
        return out

    def next_scores(self, rows: Rows) -> FloatArray:
        """Return ``(n,)`` the probability of each item to come next; 0 for items that training never saw."""
        if len(rows) == 0:
            return np.zeros(self.n, np.float32)
        with torch.inference_mode():
            states, _ = self._network(*padded([rows], self.n))
            logits = self._network.items.weight[:-1] @ states[0, -1] + self._network.bias[:-1]
            logits = logits.masked_fill(~torch.from_numpy(self._seen), -torch.inf)
            scores: FloatArray = torch.softmax(logits, dim=0).numpy()
        return scores
