"""Training of the sequence model: the next item and the whole said again; resumable between epochs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch.optim import Adam

from encoders.errors import EncoderError
from encoders.sequence.config import SequenceConfig
from encoders.sequence.network import SequenceNetwork, sampled_loss

Rows = NDArray[np.int32]
WEIGHTS, CHECKPOINT = "sequence.safetensors", "sequence.checkpoint.safetensors"
_STATE = ("step", "exp_avg", "exp_avg_sq")


def train(
    sequences: Sequence[Rows],
    n: int,
    config: SequenceConfig,
    folder: Path,
    *,
    vectors: NDArray[np.float32] | None = None,
    resume: bool = False,
    report: Callable[[int, float], None] = lambda epoch, loss: None,
) -> Path:
    """Train on sequences of rows ``0 .. n - 1`` and return the weights' path; `report` hears epoch and mean loss.

    `vectors` ``(n, width)`` are where the items start from, such as factors of the same lists: few lists teach little
    else.

    Raises:
        EncoderError: Nothing to learn from, or the interrupted run was of other settings or data.
    """
    pieces = _pieces(sequences, config.longest)
    if not pieces:
        raise EncoderError("No sequence has two items; a sequence model needs some that have.")
    folder.mkdir(parents=True, exist_ok=True)
    run = _name_of(pieces, n, config)
    trainer = _Trainer(pieces, n, config, vectors)
    done = _load(folder / CHECKPOINT, run, trainer) if resume and (folder / CHECKPOINT).is_file() else 0
    for epoch in range(done + 1, config.epochs + 1):
        loss = trainer.epoch(epoch)
        _save(folder / CHECKPOINT, run, trainer, epoch)
        report(epoch, loss)
    return _finish(trainer, config, folder)


class _Trainer:
    def __init__(
        self, pieces: Sequence[Rows], n: int, config: SequenceConfig, vectors: NDArray[np.float32] | None
    ) -> None:
        self._pieces, self._n, self._config = pieces, n, config
        counts = np.bincount(np.concatenate(pieces), minlength=n) ** 0.75
        self._share = counts / counts.sum()
        self.seen = counts > 0
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        log_share = np.log(np.append(self._share, 1.0) * config.negatives + 1e-12)
        self._log_share = torch.tensor(log_share, dtype=torch.float32, device=self.device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.network = SequenceNetwork(n, config.width, config.dropout).to(self.device)
        if vectors is not None:
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
            with torch.no_grad():
                self.network.items.weight[:-1] = torch.from_numpy(vectors / np.maximum(lengths, 1e-9))
        self.optimiser = Adam(self.network.parameters(), lr=config.learning_rate)

    def epoch(self, number: int) -> float:
        rng = np.random.default_rng([self._config.seed, number])
        order = rng.permutation(len(self._pieces))
        self.network.train(True)
        losses = []
        cuda = [torch.cuda.current_device()] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=cuda):
            torch.manual_seed(int(rng.integers(2**31)))
            for start in range(0, len(order), self._config.batch_size):
                batch = [self._drawn(self._pieces[i], rng) for i in order[start : start + self._config.batch_size]]
                losses.append(self._step(batch, rng))
        return float(np.mean(losses))

    def _drawn(self, piece: Rows, rng: np.random.Generator) -> Rows:
        """Return a piece in its own order or, as often as configured, in any: few lists are ordered on purpose."""
        return rng.permutation(piece) if rng.random() < self._config.shuffled else piece

    def _step(self, batch: Sequence[Rows], rng: np.random.Generator) -> float:
        rows, lengths = padded(batch, self._n)
        rows, lengths = rows.to(self.device), lengths.to(self.device)
        drawn = torch.tensor(rng.choice(self._n, self._config.negatives, p=self._share), device=self.device)
        states, whole = self.network(rows, lengths)
        targets = rows[:, 1:]
        real = targets != self._n
        loss = sampled_loss(self.network, states[:, :-1][real], targets[real], drawn, self._log_share)
        if self._config.reconstruction:
            again = self.network.said_again(rows, whole)
            inside = rows != self._n
            loss = loss + self._config.reconstruction * sampled_loss(
                self.network, again[inside], rows[inside], drawn, self._log_share
            )
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no types for it
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        return float(loss.detach())


def padded(batch: Sequence[Rows], n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ``(b, t)`` rows filled up with ``n``, and the lengths ``(b,)``."""
    lengths = [len(rows) for rows in batch]
    filled = np.full((len(batch), max(lengths)), n, np.int64)
    for line, rows in enumerate(batch):
        filled[line, : len(rows)] = rows
    return torch.from_numpy(filled), torch.tensor(lengths)


def _pieces(sequences: Sequence[Rows], longest: int) -> list[Rows]:
    cut = [rows[start : start + longest] for rows in sequences for start in range(0, len(rows), longest)]
    return [np.asarray(piece, np.int32) for piece in cut if len(piece) > 1]


def _name_of(pieces: Sequence[Rows], n: int, config: SequenceConfig) -> str:
    digest = hashlib.sha256(json.dumps([n, asdict(config)], sort_keys=True).encode())
    for piece in pieces:
        digest.update(len(piece).to_bytes(4, "little") + piece.tobytes())
    return digest.hexdigest()


def _save(path: Path, run: str, trainer: _Trainer, epoch: int) -> None:
    tensors = {f"model.{name}": tensor for name, tensor in trainer.network.state_dict().items()}
    for number, state in trainer.optimiser.state_dict()["state"].items():
        tensors |= {f"adam.{number}.{name}": state[name] for name in _STATE}
    fresh = path.with_name(f".{path.name}")
    told = {"run": run, "epoch": str(epoch)}
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, fresh, told)
    fresh.replace(path)


def _load(path: Path, run: str, trainer: _Trainer) -> int:
    try:
        with safe_open(path, "pt") as stored:
            told = stored.metadata() or {}
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}
    except (SafetensorError, OSError) as error:
        raise EncoderError(f"{path.name!r} is damaged ({error}); train again without --resume.") from error
    if told.get("run") != run:
        raise EncoderError(f"{path.name!r} is of other settings or data; give the same, or train without --resume.")
    model = {n.removeprefix("model."): t for n, t in tensors.items() if n.startswith("model.")}
    trainer.network.load_state_dict(model)
    groups = trainer.optimiser.state_dict()["param_groups"]
    numbers = sorted({int(name.split(".")[1]) for name in tensors if name.startswith("adam.")})
    state = {number: {name: tensors[f"adam.{number}.{name}"] for name in _STATE} for number in numbers}
    trainer.optimiser.load_state_dict({"state": state, "param_groups": groups})
    return int(told["epoch"])


def _finish(trainer: _Trainer, config: SequenceConfig, folder: Path) -> Path:
    tensors = {name: tensor.cpu().contiguous() for name, tensor in trainer.network.state_dict().items()}
    tensors["seen"] = torch.from_numpy(trainer.seen)
    fresh = folder / f".{WEIGHTS}"
    save_file(tensors, fresh, {"width": str(config.width), "dropout": str(config.dropout)})
    fresh.replace(folder / WEIGHTS)
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return folder / WEIGHTS
