"""Training of the melody model in torch: the next event of whole passages; the best epoch of the tune part is kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agent.generation.melodies.features import (
    BAR_INPUT,
    BEAT,
    BEAT_INPUT,
    CHORD,
    LENGTHS,
    LONGEST_BAR,
    LOOK_BACK,
    NONE,
    PLACE,
    TOKENS,
    content_row,
    densities,
    place_row,
    remembered,
)
from agent.generation.melodies.network import NAMES, Line, MelodyModel, bar_row, beat_row, surprise
from agent.generation.melodies.passages import PITCHES, Event, Harmony, Passage, split_of
from agent.generation.values import GenerationError
from encoders.values import FloatArray

if TYPE_CHECKING:
    import torch
    from torch import nn

_LENGTH_DIM, _PITCH_DIM = 16, 24
_BAR, _BEAT, _NOTE, _HIDDEN = 64, 64, 192, 128
_BATCH = 16
_DROPOUT = 0.3
_DECAY = 0.01
_UNTOLD = {"chords": 0.15, "density": 0.3}
_IGNORED = -100


@dataclass(frozen=True, slots=True)
class MelodyCard:
    """What a model was trained on and how well it tells the next event of the test part (perplexity an event)."""

    scores: int
    works: dict[str, int]
    passages: dict[str, int]
    notes: dict[str, int]
    epochs: int
    best_epoch: int
    seed: int
    train_s: float
    perplexity: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A passage in numbers: inputs a bar, a beat and an event; `bar_of` and `beat_of` say where each event begins."""

    bars: FloatArray
    beats: FloatArray
    places: FloatArray
    known: NDArray[np.int64]
    wanted: NDArray[np.int64]
    bar_of: NDArray[np.int64]
    beat_of: NDArray[np.int64]


def sheet_of(passage: Passage, *, chords: bool = True, density: bool = True) -> _Sheet:
    """Put a passage into numbers; chords or density can be left untold."""
    told = passage.chords if chords else ((Harmony(), Harmony()),) * passage.bars
    wanted: Sequence[float | None] = densities(passage.events, passage.bars, passage.bar)
    wanted = wanted if density else [None] * passage.bars
    sounding = [event.pitch for event in passage.events for _ in range(event.length)]
    struck = [n == 0 and event.pitch < PITCHES for event in passage.events for n in range(event.length)]
    at, begun, before = 0, dict[int, Event](), (0, NONE)
    places, known, bar_of, beat_of = [], [], [], []
    for event in passage.events:
        places.append(place_row(at, passage.bar, passage.minor, told, wanted[at // passage.bar]))
        known.append([before, *remembered(at, passage.bar, begun)])
        bar_of.append(at // passage.bar)
        beat_of.append(at // BEAT)
        begun[at], before = event, (event.length, event.pitch)
        at += event.length

    def contents(span: int, room: int) -> list[tuple[int, FloatArray]]:
        starts = range(0, passage.bars * passage.bar, span)
        return [(s, content_row(sounding[max(0, s - span) : s], struck[max(0, s - span) : s], room)) for s in starts]

    return _Sheet(
        np.stack([bar_row(row, told, start, passage.bar) for start, row in contents(passage.bar, LONGEST_BAR)]),
        np.stack([beat_row(row, told, start, passage.bar) for start, row in contents(BEAT, BEAT)]),
        np.stack(places),
        np.array(known, np.int64),
        np.array([(event.length, event.pitch) for event in passage.events], np.int64),
        np.array(bar_of, np.int64),
        np.array(beat_of, np.int64),
    )


def train_melody(
    passages: Sequence[Passage], scores: int, epochs: int, seed: int, progress: Callable[[str, float], None]
) -> tuple[MelodyModel, MelodyCard]:
    """Train on the works of the train part, keep the epoch that is best on the tune part, report on the test part.

    Args:
        passages: of all parts; `split_of` their work says of which.
        scores: how many files they are from, for the card.
        epochs: passes over the train part.
        seed: of weights, order and what is left untold.
        progress: told step and share done.

    Raises:
        GenerationError: a part has no passage.
    """
    parts = {name: [p for p in passages if split_of(p.work) == name] for name in ("train", "tune", "test")}
    if empty := [name for name, part in parts.items() if not part]:
        raise GenerationError(
            f"no passage of at least 4 bars is in the {' and '.join(empty)} part; give more scores (50 works or more)"
        )
    begun = time.monotonic()
    model, best = _fitted(parts["train"], parts["tune"], epochs, seed, progress)
    perplexity = {
        "told chords and density": perplexity_of(model, parts["test"]),
        "told nothing": perplexity_of(model, parts["test"], told=False),
    }
    return model, MelodyCard(
        scores=scores,
        works={name: len({p.work for p in part}) for name, part in parts.items()},
        passages={name: len(part) for name, part in parts.items()},
        notes={name: sum(e.pitch < PITCHES for p in part for e in p.events) for name, part in parts.items()},
        epochs=epochs,
        best_epoch=best,
        seed=seed,
        train_s=round(time.monotonic() - begun, 1),
        perplexity={name: round(value, 3) for name, value in perplexity.items()},
    )


def perplexity_of(model: MelodyModel, passages: Sequence[Passage], *, told: bool = True) -> float:
    """Return the perplexity an event (length and pitch together); untold, neither chords nor density are given."""
    nats, events = 0.0, 0
    for passage in passages:
        nats += surprise(model, line_over(model, passage, told=told), passage.events)
        events += len(passage.events)
    return math.exp(nats / events)


def line_over(model: MelodyModel, passage: Passage, *, told: bool = True) -> Line:
    """Return a fresh line over a passage's chords and density, or over none."""
    chords = passage.chords if told else ((Harmony(), Harmony()),) * passage.bars
    density: list[float | None] = [*densities(passage.events, passage.bars, passage.bar)]
    return Line(model, passage.bar, passage.minor, chords, density if told else [None] * passage.bars)


def _fitted(
    train: Sequence[Passage], tune: Sequence[Passage], epochs: int, seed: int, progress: Callable[[str, float], None]
) -> tuple[MelodyModel, int]:
    import torch

    rng = np.random.default_rng(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = _net()
        optimizer = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=_DECAY)
        steps = epochs * math.ceil(len(train) / _BATCH)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        held = _batches([sheet_of(passage) for passage in tune])
        best, best_epoch, kept = math.inf, 0, {}
        for epoch in range(1, epochs + 1):
            net.train()
            untold = rng.random((len(train), 2))
            sheets = [
                sheet_of(p, chords=bool(c > _UNTOLD["chords"]), density=bool(d > _UNTOLD["density"]))
                for p, (c, d) in zip(train, untold, strict=True)
            ]
            batches = _batches(sheets, rng)
            for number in rng.permutation(len(batches)):
                optimizer.zero_grad()
                torch.autograd.backward(_loss(net, batches[number]))
                torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                optimizer.step()
                schedule.step()
            loss = _mean_loss(net, held)
            if loss < best:
                best, best_epoch = loss, epoch
                kept = {name: value.detach().numpy().copy() for name, value in net.state_dict().items()}
            progress(f"epoch {epoch}: {loss:.3f} nats an event on the tune part", epoch / epochs)
    named = {name.removesuffix(".weight") if name.endswith("_of.weight") else name: kept[name] for name in kept}
    return MelodyModel({name: named[name] for name in NAMES}), best_epoch


def _mean_loss(net: nn.Module, batches: Sequence[dict[str, torch.Tensor]]) -> float:
    """Return the mean surprise an event over batches, nothing dropped."""
    import torch

    net.eval()
    with torch.no_grad():
        weights = [int((batch["wanted"][..., 0] >= 0).sum()) for batch in batches]
        return float(np.average([float(_loss(net, batch)) for batch in batches], weights=weights))


def _net() -> nn.Module:
    from torch import nn

    seen = (1 + len(LOOK_BACK)) * (_LENGTH_DIM + _PITCH_DIM) + PLACE + _BAR + _BEAT
    return nn.ModuleDict(
        {
            "length_of": nn.Embedding(LENGTHS, _LENGTH_DIM),
            "pitch_of": nn.Embedding(TOKENS, _PITCH_DIM),
            "bar": nn.GRU(BAR_INPUT, _BAR, batch_first=True),
            "beat": nn.GRU(BEAT_INPUT, _BEAT, batch_first=True),
            "note": nn.GRU(seen, _NOTE, batch_first=True),
            "length": nn.Linear(_NOTE, LENGTHS),
            "hidden": nn.Linear(_NOTE + _LENGTH_DIM + CHORD, _HIDDEN),
            "pitch": nn.Linear(_HIDDEN, TOKENS),
            "dropout": nn.Dropout(_DROPOUT),
        }
    )


def _batches(sheets: Sequence[_Sheet], rng: np.random.Generator | None = None) -> list[dict[str, torch.Tensor]]:
    """Pad passages of like length together; with a generator, in other company each time."""
    import torch

    near = np.ones(len(sheets)) if rng is None else rng.uniform(0.8, 1.25, len(sheets))
    ordered = [sheets[n] for n in np.argsort([len(s.wanted) * f for s, f in zip(sheets, near, strict=True)])]
    batches = []
    for first in range(0, len(ordered), _BATCH):
        group = ordered[first : first + _BATCH]
        batch = {}
        for name in ("bars", "beats", "places", "known", "wanted", "bar_of", "beat_of"):
            rows = [torch.from_numpy(getattr(sheet, name)) for sheet in group]
            fill = _IGNORED if name == "wanted" else 0
            batch[name] = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=fill)
        batches.append(batch)
    return batches


def _loss(net: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return the mean surprise an event in nats: of its length, and of its pitch given the length."""
    import torch
    from torch.nn.functional import cross_entropy, relu

    layers = dict(net.named_children())
    drop = layers["dropout"]
    bar = layers["bar"](batch["bars"])[0]
    beat = layers["beat"](batch["beats"])[0]
    rows = torch.arange(len(bar))[:, None]
    known = batch["known"]
    embedded = torch.cat([layers["length_of"](known[..., 0]), layers["pitch_of"](known[..., 1])], dim=-1).flatten(2)
    upper = [bar[rows, batch["bar_of"]], beat[rows, batch["beat_of"]]]
    state = drop(layers["note"](drop(torch.cat([embedded, batch["places"], *upper], dim=-1)))[0])
    length, pitch = batch["wanted"][..., 0], batch["wanted"][..., 1]
    chord = batch["places"][..., LONGEST_BAR + 2 : LONGEST_BAR + 2 + CHORD]
    given = torch.cat([state, layers["length_of"](length.clamp(min=0)), chord], dim=-1)
    scores = layers["pitch"](drop(relu(layers["hidden"](given))))
    return cross_entropy(layers["length"](state).flatten(0, 1), length.flatten()) + cross_entropy(
        scores.flatten(0, 1), pitch.flatten()
    )
