"""Tokenise for the ONNX text models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from encoders.errors import ModelCorruptError

_MAX_CHARACTERS = 20_000  # far beyond 512 tokens; a text of megabytes costs no more than this


@dataclass(frozen=True, slots=True)
class Tokens:
    """The three int64 ``(n, length)`` inputs of a BERT graph."""

    input_ids: NDArray[np.int64]
    attention_mask: NDArray[np.int64]
    token_type_ids: NDArray[np.int64]

    @classmethod
    def of(cls, encodings: Sequence[Encoding]) -> Tokens:
        """Stack encodings of equal length."""
        return cls(
            np.array([encoding.ids for encoding in encodings], dtype=np.int64),
            np.array([encoding.attention_mask for encoding in encodings], dtype=np.int64),
            np.array([encoding.type_ids for encoding in encodings], dtype=np.int64),
        )

    def feeds(self) -> dict[str, NDArray[np.int64]]:
        """By input name."""
        return {
            "input_ids": self.input_ids,
            "attention_mask": self.attention_mask,
            "token_type_ids": self.token_type_ids,
        }


def load_tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    """Read a tokenizer that cuts at `max_tokens`.

    Raises:
        ModelCorruptError: The file is no tokenizer.
    """
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises bare Exception
        raise ModelCorruptError(f"{path.name} cannot be read as a tokenizer: {error}") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def clean(text: str) -> str:
    """Cut to a bounded length, lone surrogates replaced (tokenizers cannot encode them)."""
    return text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
