"""Training state on disk: one safetensors file, replaced in one step, never a pickle."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import AdamW

from encoders.errors import EncoderError

Weights = dict[str, Tensor]
_OPTIMISER = ("step", "exp_avg", "exp_avg_sq")


@dataclass(frozen=True, slots=True)
class EpochLog:
    """One line of ``log.csv``: validation recall@10 with everything and without text; `score` picks the best epoch."""

    epoch: int
    loss: float
    temperature: float
    learning_rate: float
    recall_all: float
    recall_without_text: float
    score: float


@dataclass(frozen=True, eq=False)
class Progress:
    """What has happened so far: the lines of the log, and the weights of its best epoch."""

    history: tuple[EpochLog, ...] = ()
    best: Weights | None = None

    @property
    def best_epoch(self) -> int:
        """Return the epoch with the best score, the earliest among equals; 0 before the first."""
        return max(self.history, key=lambda line: (line.score, -line.epoch)).epoch if self.history else 0


def save(path: Path, run: str, network: nn.Module, optimiser: AdamW, progress: Progress) -> None:
    """Write everything that training needs to go on; `run` names its settings and data."""
    tensors = {f"model.{name}": tensor for name, tensor in network.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in (progress.best or {}).items()}
    for number, state in optimiser.state_dict()["state"].items():
        tensors |= {f"adam.{number}.{name}": state[name] for name in _OPTIMISER}
    metadata = {"run": run, "history": json.dumps([asdict(line) for line in progress.history])}
    fresh = path.with_name(f".{path.name}")
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, fresh, metadata)
    fresh.replace(path)


def load(path: Path, run: str, network: nn.Module, optimiser: AdamW) -> Progress:
    """Put a saved state into `network` and `optimiser`.

    Raises:
        EncoderError: The file is damaged, or of other settings or data.
    """
    try:
        with safe_open(path, "pt") as stored:
            told = stored.metadata() or {}
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}
    except (SafetensorError, OSError) as error:
        raise EncoderError(f"{path.name!r} is damaged ({error}); train again without --resume.") from error
    if told.get("run") != run:
        raise EncoderError(f"{path.name!r} is of other settings or data; give the same, or train without --resume.")
    network.load_state_dict(_below("model.", tensors))
    moments = _below("adam.", tensors)
    numbers = sorted({int(name.split(".")[0]) for name in moments})
    state = {number: {name: moments[f"{number}.{name}"] for name in _OPTIMISER} for number in numbers}
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    history = tuple(EpochLog(**line) for line in json.loads(told["history"]))
    return Progress(history, _below("best.", tensors) or None)


def _below(prefix: str, tensors: Weights) -> Weights:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
