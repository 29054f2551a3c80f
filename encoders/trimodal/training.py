"""Training of the fusion transformer: contrastive, with text dropout, resumable to the bit on a CPU.

Every epoch draws its order, its hidden modalities and its dropout from the seed and its own number, so a run that was
interrupted and resumed between epochs is the run that was not. The learning rate follows a cosine after a warm-up.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, astuple, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.optim import AdamW

from encoders.trimodal import checkpoint
from encoders.trimodal.batches import Batches
from encoders.trimodal.card import CARD, WEIGHTS, Card, Data, sha256_of
from encoders.trimodal.checkpoint import EpochLog, Progress
from encoders.trimodal.config import TrainingConfig
from encoders.trimodal.measuring import USES, band_of, measure
from encoders.trimodal.network import FusionTransformer, contrastive_loss
from encoders.trimodal.pairs import SPLITS, PairedFeatures

CHECKPOINT, LOG = "checkpoint.safetensors", "log.csv"


def train(
    pairs: PairedFeatures,
    config: TrainingConfig,
    output: Path,
    *,
    resume: bool = False,
    report: Callable[[EpochLog], None] = lambda _: None,
) -> Card:
    """Train on the "train" split, choose the epoch by "validation", and write weights, card and log into `output`.

    With `resume` an interrupted run goes on; a finished or an absent one starts anew.

    Raises:
        EncoderError: The interrupted run was of other settings or data.
    """
    output.mkdir(parents=True, exist_ok=True)
    run = _name_of(pairs, config)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    trainer = _Trainer(pairs, config, device)
    state = output / CHECKPOINT
    progress = Progress()
    if resume and state.is_file():
        progress = checkpoint.load(state, run, trainer.network, trainer.optimiser)
    while len(progress.history) < config.epochs and len(progress.history) - progress.best_epoch < config.patience:
        progress = trainer.epoch(progress)
        checkpoint.save(state, run, trainer.network, trainer.optimiser, progress)
        _write_log(output / LOG, progress)
        report(progress.history[-1])
    card = _finish(trainer, pairs, config, progress, output)
    state.unlink()
    return card


def build(dims: tuple[int, int, int], config: TrainingConfig) -> FusionTransformer:
    """Return the network of a configuration, its first weights drawn from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return FusionTransformer(dims, config.width, config.layers, config.heads, config.dropout)


def dims_of(pairs: PairedFeatures) -> tuple[int, int, int]:
    """Return the dimensions of video, text and music."""
    return pairs.video.shape[1], pairs.text.shape[1], pairs.music.shape[1]


class _Trainer:
    """The parts of one run; `epoch` is a step from one `Progress` to the next."""

    def __init__(self, pairs: PairedFeatures, config: TrainingConfig, device: torch.device) -> None:
        self._pairs, self._config, self._device = pairs, config, device
        self._batches = Batches(pairs, config.inputs, device)
        self._rows = pairs.rows("train")
        self.network = build(dims_of(pairs), config).to(device)
        matrices = [p for p in self.network.parameters() if p.ndim > 1]
        others = [p for p in self.network.parameters() if p.ndim <= 1]
        groups: list[dict[str, Any]] = [{"params": matrices}, {"params": others, "weight_decay": 0.0}]
        self.optimiser = AdamW(groups, lr=config.learning_rate, weight_decay=config.weight_decay)

    def epoch(self, progress: Progress) -> Progress:
        number = len(progress.history) + 1
        return self._validate(number, self._train(number), progress)

    def _train(self, number: int) -> float:
        config, losses = self._config, []
        rng = np.random.default_rng([config.seed, number])
        order = rng.permutation(self._rows)
        # Parts as even as can be: a last batch of one pair would have no negatives.
        parts = np.array_split(order, math.ceil(len(order) / config.batch_size))
        self.network.train(True)
        cuda = [torch.cuda.current_device()] if self._device.type == "cuda" else []
        with torch.random.fork_rng(devices=cuda):
            torch.manual_seed(int(rng.integers(2**31)))
            for n, rows in enumerate(parts):
                self._set_rate((number - 1) * len(parts) + n, config.epochs * len(parts))
                losses.append(self._step(rows, rng))
        return float(np.mean(losses))

    def _step(self, rows: np.ndarray[tuple[int], np.dtype[np.int64]], rng: np.random.Generator) -> float:
        tokens = self._batches.tokens(rows, self._batches.hidden(rows, self._config, rng))
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._device.type == "cuda"):
            queries = self.network(tokens)
        loss = contrastive_loss(queries, self._batches.music(rows), self.network.scale)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no types for it
        nn.utils.clip_grad_norm_(self.network.parameters(), self._config.gradient_clip)
        self.optimiser.step()
        return float(loss.detach())

    def _set_rate(self, step: int, steps: int) -> None:
        warm = max(1, round(self._config.warmup * steps))
        done = (step - warm) / max(1, steps - warm)
        share = (step + 1) / warm if step < warm else 0.5 * (1 + math.cos(math.pi * done))
        for group in self.optimiser.param_groups:
            group["lr"] = self._config.learning_rate * share

    def _validate(self, number: int, loss: float, progress: Progress) -> Progress:
        whole = measure(self.network, self._pairs, "validation", self._config.inputs)
        silent = [kind for kind in USES["without text"] if kind in self._config.inputs]
        quiet = measure(self.network, self._pairs, "validation", silent) if silent else whole
        line = EpochLog(
            epoch=number,
            loss=loss,
            temperature=float(1 / self.network.scale.detach()),
            learning_rate=float(self.optimiser.param_groups[0]["lr"]),
            recall_all=whole.recall_at_10,
            recall_without_text=quiet.recall_at_10,
            score=(whole.mrr + quiet.mrr) / 2,
        )
        history = (*progress.history, line)
        after = Progress(history, progress.best)
        if after.best_epoch == number:
            after = Progress(history, {n: t.detach().clone() for n, t in self.network.state_dict().items()})
        return after


def _finish(trainer: _Trainer, pairs: PairedFeatures, config: TrainingConfig, progress: Progress, output: Path) -> Card:
    assert progress.best is not None
    trainer.network.load_state_dict(progress.best)
    shown = {name: [k for k in kinds if k in config.inputs] for name, kinds in USES.items()}
    splits = [s for s in SPLITS[1:] if len(pairs.rows(s))]
    metrics = {s: {n: measure(trainer.network, pairs, s, kinds) for n, kinds in shown.items() if kinds} for s in splits}
    fresh = output / f".{WEIGHTS}"
    save_file({n: t.cpu().contiguous() for n, t in progress.best.items()}, fresh)
    fresh.replace(output / WEIGHTS)
    counts = {split: len(pairs.rows(split)) for split in SPLITS}
    card = Card(
        dims=dims_of(pairs),
        spaces=dict(pairs.spaces),
        data=Data(sha256=pairs.sha256, pairs=counts, turns=pairs.turns, feedback=pairs.feedback),
        config=config,
        best_epoch=progress.best_epoch,
        epochs_run=len(progress.history),
        metrics=metrics,
        band=band_of(trainer.network, pairs, "validation"),
        weights_sha256=sha256_of(output / WEIGHTS),
    )
    (output / CARD).write_text(card.model_dump_json(indent=1), encoding="utf-8")
    return card


def _name_of(pairs: PairedFeatures, config: TrainingConfig) -> str:
    told = json.dumps({"config": asdict(config), "data": pairs.sha256}, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _write_log(path: Path, progress: Progress) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(field.name for field in fields(EpochLog))
        writer.writerows(astuple(line) for line in progress.history)
