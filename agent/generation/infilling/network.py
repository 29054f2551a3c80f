"""The infilling model: a transformer over sixteenths that sees four parts and chords at once.

A column is the cells of all rows at one sixteenth. A cell is embedded by what it holds (its row's own vector, and one
that parts share) and by its degree above the tonic, so that what is learned in one key holds in all. The same vectors
tell what a cell may hold. Places in time are told apart by rotation (RoPE, Su et al., 2021) and the place in the bar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from agent.generation.errors import GenerationError
from agent.generation.infilling.grid import (
    CHORD_TOKENS,
    CHORDS,
    HELD,
    MASK,
    PARTS,
    QUALITIES,
    REST,
    ROWS,
    TOKENS,
    Grid,
    places,
    sounding,
)
from encoders.small_weights import Shipped, UnreadableWeightsError, read_weights, write_weights
from encoders.values import FloatArray

WIDTH, HEADS, INNER, LAYERS, EMBEDDED = 256, 8, 512, 5, 64
KINDS = 4
DEGREES = 25
_LAYER = ("norm1", "query_key_value", "attended", "norm2", "wide", "narrow")
SHIPPED = Shipped("agent.generation.infilling", "infilling.npz")
NAMES = (
    "own", "shared", "degree", "chord_degree", "place", "kind", "enter.weight", "enter.bias",
    *(f"layers.{n}.{part}.{kind}" for n in range(LAYERS) for part in _LAYER for kind in ("weight", "bias")),
    "last.weight", "last.bias", "leave.weight", "leave.bias", "bias",
)  # fmt: skip


def kind_of(*, minor: bool, song: bool) -> int:
    """Return the number of a kind of texture, as the model is told."""
    return 2 * int(minor) + int(song)


def degrees(tonic: int) -> Grid:
    """Return ``(124,)``: for each cell of a part its degree, 0 to 11 struck, 12 to 23 held, 24 for rest and mask."""
    found = np.full(MASK + 1, DEGREES - 1)
    for token in range(REST + 1, MASK):
        found[token] = (sounding(token) - tonic) % 12 + 12 * (token >= HELD)
    return found


def chord_degrees(tonic: int) -> Grid:
    """Return ``(124,)``: for each chord the number of the one as far above C as it is above the tonic; 0 else."""
    size, found = len(QUALITIES), np.zeros(MASK + 1, np.int64)
    roots = np.arange(CHORD_TOKENS - 1) // size
    found[1:CHORD_TOKENS] = 1 + (roots - tonic) % 12 * size + np.arange(CHORD_TOKENS - 1) % size
    return found


def turns(steps: int) -> tuple[FloatArray, FloatArray]:
    """Return cosine and sine ``(steps, 16)`` by which queries and keys are rotated."""
    half = WIDTH // HEADS // 2
    angles = np.arange(steps)[:, None] * 1000.0 ** (-np.arange(half) / half)
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Told:
    """What a grid is told to be: one of `METRES`, its key, and whether it is voice and piano or a quartet."""

    metre: str
    tonic: int
    minor: bool
    song: bool = False


@dataclass(frozen=True, eq=False)
class InfillingModel:
    """The weights by their names in torch: `NAMES`, float32."""

    weights: Mapping[str, FloatArray]

    def scores(self, grids: Grid, told: Told) -> FloatArray:
        """Return ``(n, 5, steps, 123)``: unnormalised logarithms of what each cell may hold.

        Args:
            grids: ``(n, 5, steps)`` tokens that begin with a bar, `MASK` where nothing is known.
            told: what they are.
        """
        w, (size, _, steps) = self.weights, grids.shape
        table = self._table(told.tonic)
        cells: FloatArray = table[np.arange(ROWS)[:, None], grids]
        x: FloatArray = cells.transpose(0, 2, 1, 3).reshape(size, steps, -1) @ w["enter.weight"].T + w["enter.bias"]
        x = x + w["place"][places(told.metre, steps)] + w["kind"][kind_of(minor=told.minor, song=told.song)]
        turned = turns(steps)
        for n in range(LAYERS):
            x = self._layer(x, f"layers.{n}", turned)
        x = _norm(x, w["last.weight"], w["last.bias"]) @ w["leave.weight"].T + w["leave.bias"]
        out = x.reshape(size, steps, ROWS, EMBEDDED).transpose(0, 2, 1, 3)
        found: FloatArray = out @ table[:, :TOKENS].transpose(0, 2, 1) + w["bias"][:, None]
        return found

    def _table(self, tonic: int) -> FloatArray:
        """Return ``(5, 124, 64)``: the vector of each cell of each row."""
        w = self.weights
        table: FloatArray = w["own"].copy()
        table[:PARTS] += w["shared"] + w["degree"][degrees(tonic)]
        table[CHORDS] += w["chord_degree"][chord_degrees(tonic)]
        return table

    def _layer(self, x: FloatArray, name: str, turned: tuple[FloatArray, FloatArray]) -> FloatArray:
        w = {part: (self.weights[f"{name}.{part}.weight"], self.weights[f"{name}.{part}.bias"]) for part in _LAYER}
        size, steps, _ = x.shape
        seen = _norm(x, *w["norm1"]) @ w["query_key_value"][0].T + w["query_key_value"][1]
        query, key, value = seen.reshape(size, steps, 3, HEADS, -1).transpose(2, 0, 3, 1, 4)
        near = _turned(query, turned) @ _turned(key, turned).swapaxes(-1, -2) / np.float32(np.sqrt(WIDTH / HEADS))
        near = np.exp(near - near.max(axis=-1, keepdims=True))
        mixed = (near / near.sum(axis=-1, keepdims=True) @ value).transpose(0, 2, 1, 3).reshape(size, steps, WIDTH)
        x = x + mixed @ w["attended"][0].T + w["attended"][1]
        inner = np.maximum(_norm(x, *w["norm2"]) @ w["wide"][0].T + w["wide"][1], 0)
        result: FloatArray = x + inner @ w["narrow"][0].T + w["narrow"][1]
        return result

    def write(self, path: Path) -> None:
        """Write the weights in half precision."""
        write_weights(path, {name: self.weights[name] for name in NAMES})

    @classmethod
    def load(cls, path: Path | None = None) -> InfillingModel:
        """Read the weights of a file; without one, those that ship with the package.

        Raises:
            GenerationError: the file is no such model.
        """
        try:
            kept = read_weights(path, SHIPPED, NAMES)
        except UnreadableWeightsError as error:
            raise GenerationError(
                f"{error.source} is no infilling model ({error}); train one by `trichord train infilling`"
            ) from error
        weights = kept.arrays
        if weights["own"].shape != (ROWS, MASK + 1, EMBEDDED) or len(weights["enter.bias"]) != WIDTH:
            raise GenerationError(f"{kept.source} is of another version; train one by `trichord train infilling`")
        return cls(weights)


@cache
def shipped() -> InfillingModel:
    """Return the model that ships with the package, read once."""
    return InfillingModel.load()


def _norm(x: FloatArray, scale: FloatArray, shift: FloatArray) -> FloatArray:
    centred = x - x.mean(axis=-1, keepdims=True)
    found: FloatArray = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5) * scale + shift
    return found


def _turned(x: FloatArray, turned: tuple[FloatArray, FloatArray]) -> FloatArray:
    cos, sin = turned
    one, other = np.split(x, 2, axis=-1)
    return np.concatenate([one * cos - other * sin, other * cos + one * sin], axis=-1)
