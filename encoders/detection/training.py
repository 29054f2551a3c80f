"""Training: every generator is left out once, which tells what the detector knows of generators it never heard.

For each generator a network is trained on the real files and on all other generators, and asked about that generator
and about real files that no network learns from. The logits of these rounds calibrate the final network (Platt, 1999),
which learns from all generators: its probabilities are those that strangers get, not those of what it has learned.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from encoders.detection.config import DetectorConfig
from encoders.detection.detector import CARD, INPUT, MODEL, OUTPUT, DetectorCard, HeldOut
from encoders.detection.examples import Example
from encoders.detection.network import SpecTTTra
from encoders.music.logmel import N_MELS, PATCH_FRAMES

_DRAWS = 1_000
Report = Callable[[str, float], None]


def train_detector(
    examples: Sequence[Example], config: DetectorConfig, folder: Path, report: Report = lambda step, share: None
) -> DetectorCard:
    """Train, write ``model.onnx`` and ``card.json``, and return the card.

    Args:
        examples: of at least two generators, see `examples.read_examples`.
        config: settings; the same seed gives the same weights on the same machine.
        folder: is made where it is missing.
        report: told the step and the share that is done.
    """
    generators = sorted({each.generator for each in examples if each.generator is not None})
    real = [each for each in examples if each.generator is None]
    left_out = [each for each in real if each.held]
    known = [each for each in real if not each.held]
    held_out: dict[str, HeldOut] = {}
    logits: list[NDArray[np.float64]] = []
    labels: list[NDArray[np.float64]] = []
    for number, name in enumerate(generators):
        report(f"without {name}", number / (len(generators) + 1))
        others = [each for each in examples if each.generator not in {None, name}]
        network = _trained([*known, *others], config)
        strange = _logits(network, [each for each in examples if each.generator == name])
        people = _logits(network, left_out)
        held_out[name] = _held_out(strange, people, config.seed)
        logits += [strange, people]
        labels += [np.ones(len(strange)), np.zeros(len(people))]
    report("with all", len(generators) / (len(generators) + 1))
    network = _trained([*known, *(each for each in examples if each.generator is not None)], config)
    slope, shift = _platt(np.concatenate(logits), np.concatenate(labels))
    model = _onnx(network)
    card = DetectorCard(
        generators=held_out,
        real=len(known),
        real_left_out=len(left_out),
        slope=slope,
        shift=shift,
        sha256=hashlib.sha256(model).hexdigest(),
        config=asdict(config),
    )
    folder.mkdir(parents=True, exist_ok=True)
    _put(folder / MODEL, model)
    _put(folder / CARD, (json.dumps(asdict(card), indent=2) + "\n").encode())
    return card


def auc(higher: NDArray[np.float64], lower: NDArray[np.float64]) -> float:
    """Return the share of pairs in the right order, ties as half; 0.5 is chance."""
    return float(np.mean((higher[:, None] > lower[None]) + 0.5 * (higher[:, None] == lower[None])))


def _trained(examples: Sequence[Example], config: DetectorConfig) -> SpecTTTra:
    windows = np.concatenate([each.windows for each in examples])
    labels = np.concatenate([np.full(len(each.windows), float(each.generator is not None)) for each in examples])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = SpecTTTra(config)
        network.mean.copy_(torch.from_numpy(windows.mean(axis=(0, 1))))
        network.std.copy_(torch.from_numpy(np.maximum(windows.std(axis=(0, 1)), 1e-3)))
        optimiser = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=0.05)
        # Real and generated count the same, however many there are of each.
        weight = torch.tensor(float((1 - labels).sum() / max(labels.sum(), 1.0)))
        rng = np.random.default_rng(config.seed)
        for _ in range(config.epochs):
            order = rng.permutation(len(windows))
            for start in range(0, len(order), config.batch_size):
                batch = order[start : start + config.batch_size]
                told = network(torch.from_numpy(windows[batch]))
                wanted = torch.from_numpy(labels[batch]).float()
                loss = functional.binary_cross_entropy_with_logits(told, wanted, pos_weight=weight)
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]  # torch has no types for it
                optimiser.step()
    return network.eval()


def _logits(network: SpecTTTra, examples: Sequence[Example]) -> NDArray[np.float64]:
    """Return a logit for each file, the mean over its windows."""
    with torch.no_grad():
        return np.array([float(network(torch.from_numpy(each.windows)).mean()) for each in examples])


def _held_out(strange: NDArray[np.float64], people: NDArray[np.float64], seed: int) -> HeldOut:
    rng = np.random.default_rng(seed)
    drawn = [
        auc(rng.choice(strange, len(strange)), rng.choice(people, len(people))) for _ in range(_DRAWS)
    ]  # files, not windows: those of one file are no two pieces of evidence
    low, high = np.percentile(drawn, [2.5, 97.5])
    return HeldOut(len(strange), round(auc(strange, people), 4), round(float(low), 4), round(float(high), 4))


def _platt(logits: NDArray[np.float64], labels: NDArray[np.float64]) -> tuple[float, float]:
    """Fit slope and shift, real and generated weighed alike: the probability is that of even odds beforehand."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(class_weight="balanced").fit(logits[:, None], labels)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def _onnx(network: SpecTTTra) -> bytes:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        sink = Path(folder) / MODEL
        # The newer exporter wants a further package; what this network needs, both can.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (torch.zeros(2, PATCH_FRAMES, N_MELS),),
            sink,
            dynamo=False,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes={INPUT: {0: "n"}, OUTPUT: {0: "n"}},
            opset_version=17,
        )
        return sink.read_bytes()


def _put(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}")
    draft.write_bytes(data)
    draft.replace(path)
