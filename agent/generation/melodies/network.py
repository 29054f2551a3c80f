"""The melody model: three GRUs, of bars, beats and notes. NumPy to use, torch only to train.

An event is drawn in two steps: how long, then which pitch (or a rest), so that the pitch knows whether it will last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from agent.generation.melodies.features import (
    BEAT,
    LENGTHS,
    LONGEST_BAR,
    NONE,
    TOKENS,
    chord_at,
    chord_row,
    content_row,
    place_row,
    remembered,
)
from agent.generation.melodies.passages import PITCHES, Event, Harmony
from agent.generation.values import GenerationError
from encoders.small_weights import Shipped, UnreadableWeightsError, read_weights, write_weights
from encoders.values import FloatArray

_LAYERS = ("bar", "beat", "note")
_GATES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
SHIPPED = Shipped("agent.generation.melodies", "melody.npz")
NAMES = (
    "length_of", "pitch_of", *(f"{layer}.{gate}" for layer in _LAYERS for gate in _GATES),
    "length.weight", "length.bias", "hidden.weight", "hidden.bias", "pitch.weight", "pitch.bias",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class MelodyModel:
    """The weights by their names in torch: `NAMES`, float32."""

    weights: Mapping[str, FloatArray]

    def step(self, layer: str, seen: FloatArray, state: FloatArray) -> FloatArray:
        """Advance one of the GRUs by one input; returns its new state."""
        w_in, w_state, b_in, b_state = (self.weights[f"{layer}.{gate}"] for gate in _GATES)
        r_in, z_in, n_in = np.split(w_in @ seen + b_in, 3)
        r_state, z_state, n_state = np.split(w_state @ state + b_state, 3)
        reset, kept = _sigmoid(r_in + r_state), _sigmoid(z_in + z_state)
        new: FloatArray = (1 - kept) * np.tanh(n_in + reset * n_state) + kept * state
        return new

    def initial(self, layer: str) -> FloatArray:
        """Return the state before the first input."""
        return np.zeros(self.weights[f"{layer}.weight_hh_l0"].shape[1], np.float32)

    def write(self, path: Path) -> None:
        """Write the weights in half precision."""
        write_weights(path, {name: self.weights[name] for name in NAMES})

    @classmethod
    def load(cls, path: Path | None = None) -> MelodyModel:
        """Read the weights of a file; without one, those that ship with the package.

        Raises:
            GenerationError: the file is no such model.
        """
        try:
            kept = read_weights(path, SHIPPED, NAMES)
        except UnreadableWeightsError as error:
            raise GenerationError(
                f"{error.source} is no melody model ({error}); train one by `trichord train melody`"
            ) from error
        weights = kept.arrays
        if (weights["length_of"].shape[0], weights["pitch_of"].shape[0]) != (LENGTHS, TOKENS):
            raise GenerationError(
                f"{kept.source} is a melody model of another version; train one by `trichord train melody`"
            )
        return cls(weights)


@cache
def shipped() -> MelodyModel:
    """Return the model that ships with the package, read once."""
    return MelodyModel.load()


class Line:
    """A line while it is written: what the model expects next, given all before.

    Args:
        model: the weights.
        bar: sixteenths a bar, 16 or 12.
        minor: whether the mode has a minor third.
        chords: two a bar.
        density: notes a bar wanted in each bar; None leaves it open.
    """

    def __init__(
        self,
        model: MelodyModel,
        bar: int,
        minor: bool,
        chords: Sequence[tuple[Harmony, Harmony]],
        density: Sequence[float | None],
    ) -> None:
        self.model, self.bar, self.minor, self.chords, self.density = model, bar, minor, chords, density
        self.at = 0
        self.sung: int | None = None
        """The last pitch; None before the first."""
        self._begun: dict[int, Event] = {}
        self._before = (0, NONE)
        self._sounding: list[int] = []
        self._struck: list[bool] = []
        self._states = {layer: model.initial(layer) for layer in _LAYERS}
        self._seen = {"bar": -1, "beat": -1}
        self._look()

    def lengths(self) -> FloatArray:
        """Return ``(33,)``: the scores (unnormalised logarithms) of each length in sixteenths; 0 stands for none."""
        weights = self.model.weights
        scores: FloatArray = weights["length.weight"] @ self._states["note"] + weights["length.bias"]
        return scores

    def pitches(self, length: int) -> FloatArray:
        """Return ``(39,)``: the scores of each pitch, of a rest and of none, for an event of this length."""
        weights = self.model.weights
        chord = chord_row(chord_at(self.chords, self.at, self.bar))
        seen = np.concatenate([self._states["note"], weights["length_of"][length], chord])
        hidden = np.maximum(weights["hidden.weight"] @ seen + weights["hidden.bias"], 0)
        scores: FloatArray = weights["pitch.weight"] @ hidden + weights["pitch.bias"]
        return scores

    def take(self, event: Event) -> None:
        """Go on by an event."""
        self._begun[self.at] = event
        self._before = (event.length, event.pitch)
        self.sung = event.pitch if event.pitch < PITCHES else self.sung
        self._sounding += [event.pitch] * event.length
        self._struck += [event.pitch < PITCHES, *[False] * (event.length - 1)]
        self.at += event.length
        if self.at // self.bar < len(self.chords):
            self._look()

    def _look(self) -> None:
        """Let all levels see what is new up to here."""
        self._advance("bar", self.bar, LONGEST_BAR)
        self._advance("beat", BEAT, BEAT)
        place = place_row(self.at, self.bar, self.minor, self.chords, self.density[self.at // self.bar])
        embedded = [
            self.model.weights[table][number]
            for length, pitch in (self._before, *remembered(self.at, self.bar, self._begun))
            for table, number in (("length_of", length), ("pitch_of", pitch))
        ]
        seen = np.concatenate([*embedded, place, self._states["bar"], self._states["beat"]])
        self._states["note"] = self.model.step("note", seen, self._states["note"])

    def _advance(self, layer: str, span: int, room: int) -> None:
        while self._seen[layer] < self.at // span:
            self._seen[layer] += 1
            begin = self._seen[layer] * span
            before = slice(max(0, begin - span), begin)
            content = content_row(self._sounding[before], self._struck[before], room)
            row = (
                bar_row(content, self.chords, begin, self.bar)
                if layer == "bar"
                else beat_row(content, self.chords, begin, self.bar)
            )
            self._states[layer] = self.model.step(layer, row, self._states[layer])


def bar_row(content: FloatArray, chords: Sequence[tuple[Harmony, Harmony]], begin: int, bar: int) -> FloatArray:
    """Tell a bar: what sounded before it, and its two chords."""
    first, second = chords[begin // bar]
    return np.concatenate([content, chord_row(first), chord_row(second)])


def beat_row(content: FloatArray, chords: Sequence[tuple[Harmony, Harmony]], begin: int, bar: int) -> FloatArray:
    """Tell a beat: what sounded before it, and its chord."""
    return np.concatenate([content, chord_row(chord_at(chords, begin, bar))])


def surprise(model: MelodyModel, line: Line, events: Sequence[Event]) -> float:
    """Return how surprising events are to a fresh line, in nats: minus the logarithm of their probability."""
    total = 0.0
    for event in events:
        total -= _log_share(line.lengths(), event.length) + _log_share(line.pitches(event.length), event.pitch)
        line.take(event)
    return total


def _log_share(scores: FloatArray, chosen: int) -> float:
    top = float(scores.max())
    return float(scores[chosen]) - top - float(np.log(np.exp(scores - top).sum()))


def _sigmoid(x: FloatArray) -> FloatArray:
    found: FloatArray = np.float32(0.5) * (1 + np.tanh(np.float32(0.5) * x))
    return found
