"""Training of the router on simulated dialogues: on texts of the training half alone, judged on texts left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from agent.errors import SimulationError
from agent.planner.protocol import Planner
from agent.planner.routing.planner import SURE_TO_CHANGE, seen
from agent.planner.routing.router import Message, Router, inputs
from agent.simulation.everyday import Saying
from agent.simulation.values import Dialogue, SimulatedTurn
from agent.values import DialogueState, Standing
from catalog.values import TrackId
from encoders.protocols import TextEncoder
from encoders.values import FloatArray

HIDDEN, EPOCHS, FOLDS, MEMBERS = 256, 20, 5, 3
_DROPOUT, _RATE, _DECAY, _SMOOTHING, _BATCH = 0.3, 2e-3, 1e-2, 0.05, 64
_A_TEMPLATE = 8  # examples; a sentence with other wishes in it teaches little
_EVERYDAY = 0.15  # weight of a text of everyday life, of which there are three for each template
_LEAST = 50
_TEMPERATURES = (0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.25, 1.5)
# Kinds of templates that are of one kind to the router.
_ALIKE = {
    "similar_wish": "similar",
    "hello": "chitchat",
    "thanks": "chitchat",
    "question": "chitchat",
    "offtopic": "chitchat",
    "more_energetic": "more energetic",
}
_LISTING = frozenset({"recommend", "refine", "similar", "exact_track", "continue_playlist"})
_SCREEN = tuple(TrackId(f"shown-{n}") for n in range(10))


@dataclass(frozen=True, slots=True)
class Example:
    """One message, its kind, the template that it came from, and how much all messages of that template weigh."""

    message: Message
    kind: str
    template: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Card:
    """What a router was trained on and how well it does on texts that it never saw (all figures by template).

    `accuracy` is the share of right kinds, `sure` how often the router is sure enough to change what is kept (.6),
    `right_when_sure` how often it is right then. `error` is the expected calibration error over ten bins.
    """

    templates: int
    examples: int
    space: str
    accuracy: float
    sure: float
    right_when_sure: float
    error: float
    temperature: float
    seed: int


def examples_of(dialogues: Sequence[Dialogue], rules: Planner) -> list[Example]:
    """Return what dialogues teach: messages about one thing, a few of each template."""
    found: list[Example] = []
    count: Counter[str] = Counter()
    for dialogue in dialogues:
        listed = False
        for turn in dialogue.turns:
            kind = _kind_of(turn)
            if kind is not None and count[turn.templates[0]] < _A_TEMPLATE:
                count[turn.templates[0]] += 1
                state = DialogueState(
                    session_id=dialogue.id,
                    standing=Standing(results=_SCREEN if listed else ()),
                    language=dialogue.language,
                )
                message = seen(turn.message, rules.plan(turn.message, state, ()), listed)
                found.append(Example(message, kind, turn.templates[0]))
            listed = listed or turn.plan.intent in _LISTING
    if len({e.template for e in found}) < _LEAST:
        raise SimulationError(f"{len(found)} examples are too few to learn from; draw more dialogues.")
    return found


def everyday_examples(sayings: Iterable[Saying], rules: Planner) -> list[Example]:
    """Return what messages of everyday life teach, of which the kind is all that is told."""
    found = []
    for said in sayings:
        state = DialogueState(
            session_id=said.template,
            standing=Standing(results=_SCREEN if said.listed else ()),
            language=said.language,
        )
        message = seen(said.message, rules.plan(said.message, state, ()), said.listed)
        found.append(Example(message, _ALIKE.get(said.kind, said.kind), said.template, _EVERYDAY))
    return found


def _kind_of(turn: SimulatedTurn) -> str | None:
    if turn.plan.steps:
        return None
    kind = turn.templates[0].split(".")[2]
    return _ALIKE.get(kind, kind)


def train_router(
    examples: Sequence[Example], encoder: TextEncoder, seed: int, report: Callable[[str, float], None]
) -> tuple[Router, Card]:
    """Fit on all examples; the card's figures and the temperature come from folds by template."""
    report("embeddings", 0.0)
    rows = inputs([e.message for e in examples], encoder)
    kinds = tuple(sorted({e.kind for e in examples}))
    labels = np.array([kinds.index(e.kind) for e in examples])
    count = Counter(e.template for e in examples)
    weights = np.array([e.weight / count[e.template] for e in examples], np.float32)
    folds = np.array([crc32(e.template.encode()) % FOLDS for e in examples])
    scores = np.zeros((len(rows), len(kinds)), np.float32)
    for fold in range(FOLDS):
        report("folds", fold / FOLDS)
        others = folds != fold
        part = _fit(rows[others], labels[others], weights[others], kinds, encoder.space.id, seed)
        scores[~others] = np.log(part.probabilities(rows[~others]) + 1e-9)
    temperature = min(_TEMPERATURES, key=lambda t: _loss(scores / t, labels, weights))
    told = _softmax(scores / temperature)
    report("router", 0.9)
    router = _fit(rows, labels, weights, kinds, encoder.space.id, seed, temperature)
    return router, _card(examples, told, labels, weights, router, seed)


def _fit(
    rows: FloatArray, labels: NDArray[np.int64], weights: FloatArray, kinds: tuple[str, ...], space: str, seed: int,
    temperature: float = 1.0,
) -> Router:  # fmt: skip
    """Return several networks as one: side by side, their scores averaged."""
    fits = [_fit_one(rows, labels, weights, len(kinds), seed + member) for member in range(MEMBERS)]
    w1, b1, w2, b2 = zip(*fits, strict=True)
    hidden, out = np.concatenate(w1, axis=1), np.concatenate(w2) / np.float32(MEMBERS)
    bias = np.stack(b2).mean(axis=0)
    mean = rows.mean(axis=0)
    return Router(kinds, space, mean, hidden, np.concatenate(b1), out.astype(np.float32), bias, temperature)


def _fit_one(
    rows: FloatArray, labels: NDArray[np.int64], weights: FloatArray, kinds: int, seed: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    import torch
    from torch import nn
    from torch.nn.functional import cross_entropy

    mean = rows.mean(axis=0)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        hidden, out = nn.Linear(rows.shape[1], HIDDEN), nn.Linear(HIDDEN, kinds)
        net = nn.Sequential(nn.Dropout(_DROPOUT / 2), hidden, nn.ReLU(), nn.Dropout(_DROPOUT), out)
        optimizer = torch.optim.AdamW(net.parameters(), _RATE, weight_decay=_DECAY)
        given, wanted = torch.from_numpy(rows - mean), torch.from_numpy(labels)
        share = torch.from_numpy(weights / weights.mean())
        for _ in range(EPOCHS):
            for batch in torch.split(torch.randperm(len(rows)), _BATCH):
                losses = cross_entropy(net(given[batch]), wanted[batch], reduction="none", label_smoothing=_SMOOTHING)
                optimizer.zero_grad()
                torch.autograd.backward((losses * share[batch]).mean())
                optimizer.step()
    w1, b1, w2, b2 = (p.detach().numpy() for p in (hidden.weight.T, hidden.bias, out.weight.T, out.bias))
    return w1, b1, w2, b2


def _card(
    examples: Sequence[Example], told: FloatArray, labels: NDArray[np.int64], weights: FloatArray, router: Router,
    seed: int,
) -> Card:  # fmt: skip
    right, best = told.argmax(axis=1) == labels, told.max(axis=1)
    sure = best >= SURE_TO_CHANGE
    bins = np.minimum((best * 10).astype(int), 9)
    error = (
        sum(
            weights[bins == b].sum()
            * abs(
                np.average(right[bins == b], weights=weights[bins == b])
                - np.average(best[bins == b], weights=weights[bins == b])
            )
            for b in np.unique(bins)
        )
        / weights.sum()
    )
    return Card(
        templates=len({e.template for e in examples}),
        examples=len(examples),
        space=router.space,
        accuracy=round(float(np.average(right, weights=weights)), 4),
        sure=round(float(np.average(sure, weights=weights)), 4),
        right_when_sure=round(float(np.average(right[sure], weights=weights[sure])), 4),
        error=round(float(error), 4),
        temperature=router.temperature,
        seed=seed,
    )  # fmt: skip


def _softmax(scores: FloatArray) -> FloatArray:
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: FloatArray = shares / shares.sum(axis=1, keepdims=True)
    return found


def _loss(scores: FloatArray, labels: NDArray[np.int64], weights: FloatArray) -> float:
    told = _softmax(scores)[np.arange(len(labels)), labels]
    return float(np.average(-np.log(told + 1e-9), weights=weights))
