"""Low-rank adapters (LoRA; Hu et al., 2021, arXiv:2106.09685) on models that run here, in the form in which PEFT saves.

`FOLDER/NAME/adapter_model.safetensors` with `adapter_config.json` beside it. Of the latter only the scale is believed;
which layers are adapted, and how, is read from the tensors. Nothing is unpickled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from agent.generation.errors import InvalidRequestError
from agent.generation.material import Adapter

if TYPE_CHECKING:
    import torch

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
MAX_BYTES = 2 << 30
_PREFIX = "base_model.model."
_TENSOR = re.compile(r"(?P<layer>.+)\.lora_(?P<half>[AB])\.weight")


class _Scale(BaseModel):
    """What is believed of `adapter_config.json`."""

    peft_type: Literal["LORA"]
    lora_alpha: float = Field(ge=0, le=65_536)
    use_rslora: bool = False
    use_dora: Literal[False] = False
    alpha_pattern: dict[str, float] = Field(default={}, max_length=0)


@dataclass(frozen=True, slots=True)
class _Pair:
    """The two matrices of a layer, ``(rank, in)`` and ``(out, rank)``, of convolutions with their kernels."""

    down: torch.Tensor
    up: torch.Tensor


def lacking(folder: Path | None, adapters: Sequence[Adapter]) -> tuple[str, ...]:
    """Tell which adapters of a request cannot be had at all, for `Support.missing`; nothing is read."""
    if not adapters:
        return ()
    if find_spec("peft") is None:
        return ("adapters (run: pip install 'trichord[diffusion]')",)
    if folder is None:
        return ("adapters (no folder of adapters is set for it)",)
    there = ", ".join(sorted(path.name for path in folder.iterdir() if path.is_dir())) if folder.is_dir() else ""
    return tuple(
        f"the adapter {each.name} (there are: {there or 'none'})"
        for each in adapters
        if not (folder / each.name).is_dir()
    )


@contextmanager
def adapted(model: torch.nn.Module, folder: Path | None, adapters: Sequence[Adapter]) -> Iterator[None]:
    """Let adapters act on a model; afterwards it is as it was. Those that `lacking` names are left out.

    Raises:
        InvalidRequestError: a file is damaged, no LoRA in safetensors, outside the folder, or another model's.
    """
    chosen = [each for each in adapters if folder is not None and not lacking(folder, [each])]
    try:
        for number, each in enumerate(chosen):
            assert folder is not None
            _put_on(model, each, f"lora{number}", *_read(folder, each))
        _switch_on(model, [f"lora{number}" for number in range(len(chosen))])
        yield
    finally:
        _take_off(model)


def _read(folder: Path, adapter: Adapter) -> tuple[_Scale, Mapping[str, _Pair]]:
    """Return the scale of an adapter, and its matrices by the layers that they belong to."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    place = folder / adapter.name
    for name in (WEIGHTS, CONFIG):
        path = place / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise InvalidRequestError(f"the adapter {adapter.name} lies outside the folder of adapters; copy it there")
        if not path.is_file():
            raise InvalidRequestError(
                f"the adapter {adapter.name} has no {name}; save it by PEFT, as safetensors (nothing else is read)"
            )
    if (place / WEIGHTS).stat().st_size > MAX_BYTES:
        raise InvalidRequestError(
            f"the adapter {adapter.name} is over {MAX_BYTES >> 30} GB, the limit; take one of lower rank"
        )
    try:
        scale = _Scale.model_validate_json((place / CONFIG).read_bytes())
        tensors = load_file(place / WEIGHTS)
    except (OSError, ValidationError, SafetensorError) as error:
        words = " ".join(str(error).split())[:120]
        raise InvalidRequestError(
            f"the adapter {adapter.name} is no LoRA that can be read ({words}); save it again by PEFT"
        ) from error
    return scale, _pairs(adapter, tensors)


def _pairs(adapter: Adapter, tensors: Mapping[str, torch.Tensor]) -> Mapping[str, _Pair]:
    halves: dict[str, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        found = _TENSOR.fullmatch(name)
        if found is None:
            raise InvalidRequestError(
                f"the adapter {adapter.name} holds {name[:80]!r}, which is no part of a plain LoRA; train it without"
            )
        halves.setdefault(found["layer"].removeprefix(_PREFIX), {})[found["half"]] = tensor
    whole = {layer: _Pair(two["A"], two["B"]) for layer, two in halves.items() if len(two) == 2}
    if not whole or len(whole) < len(halves):
        raise InvalidRequestError(f"the adapter {adapter.name} lacks halves of its matrices; save it again by PEFT")
    return whole


def _put_on(model: torch.nn.Module, adapter: Adapter, name: str, scale: _Scale, pairs: Mapping[str, _Pair]) -> None:
    from peft import LoraConfig, inject_adapter_in_model

    layers = dict(model.named_modules())
    strange = next((layer for layer in pairs if layer not in layers), None)
    if strange is not None:
        raise InvalidRequestError(
            f"the adapter {adapter.name} is another model's: this one has no layer {strange[:80]}; "
            "take one trained on it"
        )
    config: Any = LoraConfig(
        r=1,
        lora_alpha=1,
        target_modules=list(pairs),
        rank_pattern={f"^{re.escape(layer)}": pair.down.shape[0] for layer, pair in pairs.items()},
        use_rslora=scale.use_rslora,
        init_lora_weights=False,
    )
    config.alpha_pattern = {pattern: scale.lora_alpha for pattern in config.rank_pattern}
    other = InvalidRequestError(
        f"the adapter {adapter.name} is another model's: its matrices do not fit; take one trained on this model"
    )
    try:
        inject_adapter_in_model(config, model, adapter_name=name)
    except ValueError as error:  # a kind of layer that no LoRA goes on
        raise other from error
    for layer, pair in pairs.items():
        inside: Any = model.get_submodule(layer)
        for half, tensor in ((inside.lora_A[name], pair.down), (inside.lora_B[name], pair.up)):
            if half.weight.shape != tensor.shape:
                raise other
            half.weight.data.copy_(tensor)
        inside.set_scale(name, adapter.weight)


def _switch_on(model: torch.nn.Module, names: Sequence[str]) -> None:
    for _, layer in _adapted_layers(model):
        layer.set_adapter([name for name in names if name in layer.lora_A])


def _take_off(model: torch.nn.Module) -> None:
    for place, layer in _adapted_layers(model):
        model.set_submodule(place, layer.get_base_layer())
    if hasattr(model, "peft_config"):
        del model.peft_config


def _adapted_layers(model: torch.nn.Module) -> list[tuple[str, Any]]:
    if find_spec("peft") is None:
        return []
    from peft.tuners.lora import LoraLayer

    return [(place, layer) for place, layer in model.named_modules() if isinstance(layer, LoraLayer)]
