"""Any sentence-transformers model as a `TextEncoder`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from encoders.errors import EncoderError
from encoders.hub import fingerprint_of
from encoders.protocols import Role
from encoders.text.tokens import clean
from encoders.values import FloatArray, Space
from encoders.vectors import unit_rows

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class SentenceTransformerEncoder:
    """Wraps a loaded model; `load` reads one from a folder or from a hub.

    A prompt named ``query`` in the model's own configuration, or in `prompts`, is put before queries; likewise
    ``document``.
    """

    def __init__(self, model: SentenceTransformer, space: Space, prompts: Mapping[Role, str] | None = None) -> None:
        self.space = space
        self._model = model
        own: Mapping[str, str] = getattr(model, "prompts", None) or {}
        self._prompts: dict[Role, str] = {
            "query": (prompts or {}).get("query", own.get("query", "")),
            "document": (prompts or {}).get("document", own.get("document", "")),
        }

    @classmethod
    def load(
        cls, path_or_name: str | Path, space_id: str | None = None, prompts: Mapping[Role, str] | None = None
    ) -> SentenceTransformerEncoder:
        """Read a model (imports sentence-transformers, several seconds); only safetensors, never remote code.

        Raises:
            EncoderError: It cannot be loaded.
        """
        from sentence_transformers import SentenceTransformer

        try:
            model = SentenceTransformer(
                str(path_or_name), device="cpu", trust_remote_code=False, model_kwargs={"use_safetensors": True}
            )
        except (OSError, ValueError) as error:
            raise EncoderError(
                f"{str(path_or_name)!r} cannot be loaded as a sentence-transformers model: {error}"
            ) from error
        dim = int(model.encode(["dimension"], show_progress_bar=False).shape[1])
        name = space_id or Path(path_or_name).name
        return cls(model, Space(name, dim, "sentence-transformers", fingerprint_of(model)), prompts)

    def encode(self, texts: Sequence[str], role: Role = "document") -> FloatArray:
        if not texts:
            return np.zeros((0, self.space.dim), dtype=np.float32)
        prepared = [self._prompts[role] + clean(text) for text in texts]
        # One by one: padding within a batch changes the last bits, and the same text must give the same vector.
        vectors = self._model.encode(prepared, batch_size=1, show_progress_bar=False, convert_to_numpy=True)
        return unit_rows(np.asarray(vectors, dtype=np.float32))
