"""Score (query, document) pairs with a cross-encoder in onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from encoders.models.store import ModelStore
from encoders.onnx_session import open_session
from encoders.text.tokens import Tokens, clean, load_tokenizer
from encoders.values import FloatArray

MODEL_ID = "reranker-minilm"
MAX_TOKENS = 256  # a track's text is short; the model takes up to 512


class CrossEncoderReranker:
    """ms-marco-MiniLM-L-12: how well each document answers the query; safe to call from several threads."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self._tokenizer = load_tokenizer(folder / "tokenizer.json", MAX_TOKENS)
        self._session = open_session(folder / "model.onnx", threads)

    @classmethod
    def from_store(cls, store: ModelStore, model_id: str = MODEL_ID, *, threads: int = 1) -> CrossEncoderReranker:
        """Open the pulled model; raises ModelMissingError if it was not pulled."""
        return cls(store.path(model_id, "model.onnx").parent, threads=threads)

    def score(self, query: str, documents: Sequence[str]) -> FloatArray:
        """Float32 ``(n,)`` in [0, 1] (the logit's sigmoid), in the order of `documents`; ``(0,)`` for none.

        Pairs are run one by one for the reason given in `OnnxTextEncoder`.
        """
        logits = [self._logit(clean(query), clean(document)) for document in documents]
        scores: FloatArray = (1.0 / (1.0 + np.exp(-np.array(logits, dtype=np.float64)))).astype(np.float32)
        return scores

    def _logit(self, query: str, document: str) -> float:
        tokens = Tokens.of([self._tokenizer.encode(query, document)])
        return float(self._session.run(["logits"], tokens.feeds())[0][0, 0])
