"""Training of the infilling model in torch, on a GPU where there is one: what is best on the tune part is kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from agent.generation.errors import GenerationError
from agent.generation.infilling.grid import CHORDS, TOKENS
from agent.generation.infilling.network import NAMES, InfillingModel
from agent.generation.infilling.sheets import Sheet
from agent.generation.melodies.passages import split_of

if TYPE_CHECKING:
    import torch

    from agent.generation.infilling.learning import InfillingNet
    from agent.generation.infilling.masking import Batch, Windows

_RATE, _DECAY, _WARM, _WARM_STEPS = 1e-3, 0.05, 0.03, 300
_MEAN = 0.999  # how much of the mean of the weights stays at each step
_CHORDS_WEIGH = 0.3
_MASKS = 16
_CHECKS = 40  # how often the tune part is asked


@dataclass(frozen=True, slots=True)
class InfillingCard:
    """What a model was trained on. `nats` bound the surprise a cell: of any masks, and of three parts given one."""

    works: dict[str, int]
    windows: dict[str, int]
    steps: int
    batch: int
    best_step: int
    seed: int
    device: str
    train_s: float
    nats: dict[str, float]
    curve: tuple[tuple[int, float, float, float], ...] = ()
    """Steps, loss on the train part, and nats on the tune part: any masks, and three parts given the first."""


@dataclass(frozen=True, slots=True)
class Course:
    """How to train: `steps` of `batch` windows each, ended by `limit_s` or by `patience` checks without a gain.

    A check is on so many windows of the tune part as `checked` says, at most sixteen times on each.
    """

    steps: int
    batch: int = 256
    seed: int = 0
    limit_s: float = math.inf
    patience: int = 12
    dropout: float = 0.2
    checked: int = 1024


Keep = Callable[[InfillingModel, InfillingCard], None]


def train_infilling(
    sheets: Sequence[Sheet],
    course: Course,
    progress: Callable[[str, float], None],
    keep: Keep = lambda _model, _card: None,
) -> tuple[InfillingModel, InfillingCard]:
    """Train on the works of the train part, keep what is best on the tune part, report on the test part.

    On a CPU the same seed gives the same model, unless `limit_s` cuts it.

    Args:
        sheets: of all parts; `split_of` their work says of which.
        course: how long to train.
        progress: told step and share done.
        keep: given each model that is the best so far.

    Raises:
        GenerationError: a part has no window.
    """
    import torch

    from agent.generation.infilling.learning import InfillingNet
    from agent.generation.infilling.masking import Windows

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    by_part = {name: [s for s in sheets if split_of(s.work) == name] for name in ("train", "tune", "test")}
    if empty := [name for name, part in by_part.items() if not part]:
        raise GenerationError(
            f"no six bars of four parts are in the {' and '.join(empty)} part; give more scores (50 works or more)"
        )
    windows = {name: Windows(part, device, course.seed) for name, part in by_part.items()}
    card = InfillingCard(
        works={name: len({sheet.work for sheet in part}) for name, part in by_part.items()},
        windows={name: len(part) for name, part in windows.items()},
        steps=course.steps,
        batch=course.batch,
        best_step=0,
        seed=course.seed,
        device=torch.cuda.get_device_name() if device.type == "cuda" else "CPU",
        train_s=0.0,
        nats={},
    )
    with torch.random.fork_rng():
        torch.manual_seed(course.seed)
        net = InfillingNet(course.dropout).to(device)
        model, card = _Run(net, windows["train"], _checks(windows["tune"], course), course, progress, keep).run(card)
    tested = _checks(windows["test"], course)
    net.load_state_dict({name: torch.from_numpy(value) for name, value in model.weights.items()})
    nats = {name: round(_nats(net, batches), 4) for name, batches in tested.items()}
    return model, replace(card, nats=nats)


def _checks(windows: Windows, course: Course) -> dict[str, list[Batch]]:
    """Draw what a model is judged on: windows in their own keys, masked in any way, and with the first part seen."""
    checked = min(course.checked, _MASKS * len(windows))
    size = min(course.batch, checked)
    count = -(-checked // size)
    return {
        "any masks": [windows.drawn(size, moved=False) for _ in range(count)],
        "given the first": [windows.drawn(size, moved=False, top=True) for _ in range(count)],
    }


@dataclass(eq=False)
class _Run:
    net: InfillingNet
    train: Windows
    checks: dict[str, list[Batch]]
    course: Course
    progress: Callable[[str, float], None]
    keep: Keep

    def run(self, card: InfillingCard) -> tuple[InfillingModel, InfillingCard]:
        import torch

        course, begun = self.course, time.monotonic()
        fused = next(self.net.parameters()).is_cuda
        optimizer = torch.optim.AdamW(self.net.parameters(), _RATE, weight_decay=_DECAY, fused=fused)
        mean = {name: value.detach().clone() for name, value in self.net.named_parameters()}
        best, waited, model, share, checked = math.inf, 0, self._kept(mean), 0.0, 0.0
        losses: list[torch.Tensor] = []
        step = 0
        while share < 1 and waited < course.patience:
            step += 1
            share = max(step / course.steps, (time.monotonic() - begun) / course.limit_s)
            for group in optimizer.param_groups:
                group["lr"] = _RATE * min(1.0, max(step / _WARM_STEPS, share / _WARM)) * _falling(share)
            self.net.train()
            loss = _loss(self.net, self.train.drawn(course.batch))
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.detach())
            _follow(mean, self.net, min(_MEAN, step / (step + 10)))
            if share - checked < 1 / _CHECKS and share < 1:
                continue
            checked, told = share, self._told(mean)
            card = replace(
                card,
                train_s=round(time.monotonic() - begun, 1),
                steps=step,
                curve=(*card.curve, (step, round(float(torch.stack(losses).mean()), 4), *told)),
            )
            losses, waited = [], waited + 1
            if told[0] < best:
                best, waited, model = told[0], 0, self._kept(mean)
                card = replace(card, best_step=step)
                self.keep(model, card)
            self.progress(f"step {step}: {told[0]:.4f} nats on the tune part, {told[1]:.4f} given the first", share)
        return model, card

    def _told(self, mean: dict[str, torch.Tensor]) -> tuple[float, float]:
        """Return the nats of the mean of the weights on what is checked."""
        own = {name: value.detach().clone() for name, value in self.net.named_parameters()}
        self.net.load_state_dict(mean)
        found = [round(_nats(self.net, batches), 4) for batches in self.checks.values()]
        self.net.load_state_dict(own)
        return found[0], found[1]

    def _kept(self, mean: dict[str, torch.Tensor]) -> InfillingModel:
        return InfillingModel({name: mean[name].float().cpu().numpy().copy() for name in NAMES})


def _falling(share: float) -> float:
    return 0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * min(1.0, share)))


def _follow(mean: dict[str, torch.Tensor], net: InfillingNet, stays: float) -> None:
    """Move the running mean of the weights towards what they are."""
    import torch

    with torch.no_grad():
        torch._foreach_lerp_([*mean.values()], [p.detach() for p in net.parameters()], 1 - stays)


def _nats(net: InfillingNet, batches: Sequence[Batch]) -> float:
    import torch

    net.eval()
    with torch.no_grad():
        return float(np.mean([float(_loss(net, batch, chords=0.0)) for batch in batches]))


def _loss(net: InfillingNet, batch: Batch, chords: float = _CHORDS_WEIGH) -> torch.Tensor:
    """Return the mean bound of the surprise in nats a cell that is to be filled."""
    import torch
    from torch.nn.functional import cross_entropy

    gpu = batch.noisy.device.type == "cuda"
    with torch.autocast("cuda", torch.bfloat16, enabled=gpu):
        scores = net(batch.noisy, batch.places, batch.tonics, batch.kinds)
    # only masked cells count; the others need no softmax
    weights = batch.weights.clone()
    weights[:, CHORDS] *= chords
    at = weights.flatten().nonzero()[:, 0]
    each = cross_entropy(scores.reshape(-1, TOKENS)[at].float(), batch.true.flatten()[at], reduction="none")
    return (each * weights.flatten()[at]).sum() / len(batch.noisy)
