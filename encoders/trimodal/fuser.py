"""A trained tri-modal model in use: turns to one query in the music space (a `QueryFuser`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from encoders.errors import EncoderError, ModelCorruptError
from encoders.trimodal.card import WEIGHTS, Card, read_card
from encoders.trimodal.config import KINDS
from encoders.trimodal.network import FusionTransformer, Tokens
from encoders.trimodal.training import build
from encoders.values import Embedding, FloatArray, QueryTurn, Space


class TrimodalFuser:
    """Implements `QueryFuser` on the CPU; safe to call from several threads.

    Kinds of tokens that the model was not trained with are passed over: without feedback turns in its data, likes and
    dislikes say nothing to it.
    """

    def __init__(self, network: FusionTransformer, card: Card, spaces: tuple[Space, Space, Space]) -> None:
        self._network = network
        self._inputs = set(card.config.inputs) - (set() if card.data.turns else {"liked", "disliked"})
        self._dims = dict(zip(KINDS, (*card.dims, card.dims[2]), strict=True))
        self.band = card.band
        self.video_space, self.text_space, self.music_space = spaces

    @classmethod
    def load(cls, folder: Path, video: Space, text: Space, music: Space) -> TrimodalFuser:
        """Read a model that was trained in exactly these spaces.

        Raises:
            ModelMissingError: There is none in `folder`.
            ModelCorruptError: It is damaged.
            EncoderError: It is of other spaces; the message says which.
        """
        card = read_card(folder)
        for name, space, dim in zip(("video", "text", "music"), (video, text, music), card.dims, strict=True):
            told = card.spaces.get(name, "an unnamed space")
            if told != key_of(space) or dim != space.dim:
                raise EncoderError(
                    f"The tri-modal model is of {told.partition('@')[0]} ({dim}-d) for {name}, in use is {space.id} "
                    f"({space.dim}-d); train it on features of the encoders in use."
                )
        network = build(card.dims, card.config)
        try:
            network.load_state_dict(load_file(folder / WEIGHTS))
        except (SafetensorError, RuntimeError) as error:
            raise ModelCorruptError(f"{WEIGHTS} of {str(folder)!r} does not fit its card; train again.") from error
        network.train(False)
        return cls(network, card, (video, text, music))

    @torch.inference_mode()
    def fuse(self, turns: Sequence[QueryTurn]) -> Embedding | None:
        """See `QueryFuser`."""
        found: dict[str, list[tuple[FloatArray, int]]] = {kind: [] for kind in KINDS}
        for age, turn in enumerate(reversed(turns)):
            for kind, embeddings in self._parts(turn):
                found[kind] += [(e.vector, age) for e in embeddings if kind in self._inputs]
        if not any(found.values()):
            return None
        query = self._network(self._tokens(found))[0].numpy().astype(np.float32)
        return Embedding(self.music_space, query)

    def _parts(self, turn: QueryTurn) -> tuple[tuple[str, tuple[Embedding, ...]], ...]:
        parts = (
            ("video", () if turn.video is None else (turn.video,), self.video_space),
            ("text", () if turn.text is None else (turn.text,), self.text_space),
            ("liked", turn.liked, self.music_space),
            ("disliked", turn.disliked, self.music_space),
        )
        for kind, embeddings, space in parts:
            for strange in (e.space for e in embeddings if e.space != space):
                raise EncoderError(f"A {kind} vector is of space {strange.id}, the tri-modal model wants {space.id}.")
        return tuple((kind, embeddings) for kind, embeddings, _ in parts)

    def _tokens(self, found: dict[str, list[tuple[FloatArray, int]]]) -> Tokens:
        vectors, present, ages = {}, {}, {}
        for kind, tokens in found.items():
            rows = np.zeros((1, len(tokens), self._dims[kind]), np.float32)
            for n, (vector, _) in enumerate(tokens):
                rows[0, n] = vector
            vectors[kind] = torch.from_numpy(rows)
            present[kind] = torch.ones(1, len(tokens), dtype=torch.bool)
            ages[kind] = torch.tensor([[age for _, age in tokens]], dtype=torch.long)
        return Tokens(vectors, present, ages)


def key_of(space: Space) -> str:
    """Return how a card names a space."""
    return f"{space.id}@{space.weights_sha256}"
