"""What the adapters for models from a hub share: loading without code execution, and a fingerprint of the weights."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np

from encoders.errors import EncoderError
from encoders.values import FloatArray, Space

if TYPE_CHECKING:
    import torch
    from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

    Model = TypeVar("Model", bound=PreTrainedModel)


def load_model(kind: type[Model], path_or_name: str | Path, config: PretrainedConfig | None = None) -> Model:
    """Read a transformers model on the CPU, in evaluation mode; only safetensors, never remote code.

    `config` stands in for the checkpoint's own where that names a class outside transformers.

    Raises:
        EncoderError: It is not there, it is not a model of this class, or weights are missing in it (which transformers
            would fill with random numbers).
    """
    name = str(path_or_name)
    loaded: object
    try:
        loaded = kind.from_pretrained(
            name, config=config, use_safetensors=True, trust_remote_code=False, output_loading_info=True
        )
    except (OSError, ValueError) as error:
        raise EncoderError(f"{name!r} is no usable {kind.__name__} with safetensors: {error}") from error
    model, info = cast("tuple[Model, dict[str, Collection[str]]]", loaded)
    if info["missing_keys"]:
        missing = sorted(info["missing_keys"])
        raise EncoderError(f"{name!r} lacks {len(missing)} weights of a {kind.__name__}, the first is {missing[0]}")
    model.train(False)
    return model


def load_tokenizer(path_or_name: str | Path) -> PreTrainedTokenizerBase:
    """Read a checkpoint's tokenizer; raises EncoderError if there is none that transformers can use."""
    from transformers import AutoTokenizer

    try:
        return cast("PreTrainedTokenizerBase", AutoTokenizer.from_pretrained(str(path_or_name)))
    except (OSError, ValueError, ImportError) as error:
        raise EncoderError(f"{str(path_or_name)!r} has no usable tokenizer: {error}") from error


def pooled(output: object) -> FloatArray:
    """Give the projected ``(n, dim)`` features of a ``get_*_features`` call; newer releases wrap them."""
    tensor = getattr(output, "pooler_output", output)
    return np.asarray(tensor, dtype=np.float32)


def space_of(name: str, dim: int, encoder: str, model: torch.nn.Module) -> Space:
    """Name the space of a model from a hub. Its id carries the weights, so indexes of two models lie side by side."""
    weights = fingerprint_of(model)
    return Space(f"{name}-{weights[:8]}", dim, encoder, weights)


def fingerprint_of(model: torch.nn.Module) -> str:
    """SHA-256 over names and values of all weights; the same wherever the model was read from."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name}{tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().float().contiguous().numpy().tobytes())
    return digest.hexdigest()
