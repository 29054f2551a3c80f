"""Unmasking: what is missing is drawn in rounds, a few cells in each, given all that stands (Sahoo et al., 2024).

Chords that are missing are drawn first. What is longer than the model's span is filled window by window, each seeing
half of the one before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from agent.generation.infilling.grid import (
    CHORD_TOKENS,
    CHORDS,
    HELD,
    HIGHEST,
    LOWEST,
    MASK,
    PARTS,
    PITCHES,
    REST,
    SPAN,
    STEPS,
    STRUCK,
    TOKENS,
    Grid,
)
from agent.generation.infilling.network import InfillingModel, Told, shipped
from encoders.values import FloatArray

Ranges = Sequence[tuple[int, int]]
ALL: Ranges = ((LOWEST, HIGHEST),) * PARTS


@dataclass(frozen=True, slots=True)
class Decoding:
    """How cells are drawn: in so many rounds, and at which temperatures."""

    rounds: int = 48
    temperature: float = 0.9
    chord_temperature: float = 0.2


DECODING = Decoding()


def fill(
    grid: Grid,
    told: Told,
    rng: np.random.Generator,
    *,
    wanted: Collection[int] = range(PARTS),
    ranges: Ranges = ALL,
    decoding: Decoding = DECODING,
    model: InfillingModel | None = None,
) -> Grid:
    """Return a grid whose masked cells are filled; the others are as they were.

    Args:
        grid: ``(5, steps)`` tokens that begin with a bar, `MASK` where nothing is known.
        told: metre, key and kind.
        rng: draws.
        wanted: parts that are filled; masked cells of others are unknown to the model and come back as they are.
        ranges: lowest and highest MIDI pitch of each part.
        decoding: how cells are drawn.
        model: the weights; None: those that ship.
    """
    model = shipped() if model is None else model
    filled, steps = grid.copy(), grid.shape[1]
    rules = np.stack([*(_allowed(low, high) for low, high in ranges), _chords_allowed()])
    rows = [row for row in sorted(wanted) if (grid[row] == MASK).any()]
    for start in range(0, max(1, steps - STEPS // 2), STEPS // 2):
        window = filled[:, start : start + STEPS]
        draw = _Drawing(model, told, rng, decoding, rules, window.copy(), rows)
        if (window[CHORDS] == MASK).any():
            draw.chords()
        filled[:, start : start + STEPS] = draw.parts()
    return _struck(filled, rows)


@dataclass(eq=False)
class _Drawing:
    """One window as it is filled."""

    model: InfillingModel
    told: Told
    rng: np.random.Generator
    decoding: Decoding
    rules: FloatArray
    grid: Grid
    rows: Sequence[int]

    def chords(self) -> None:
        """Draw the chords that are missing, a span at a time, in any order."""
        span, heat = SPAN[self.told.metre], self.decoding.chord_temperature
        missing = [at for at in range(0, self.grid.shape[1], span) if self.grid[CHORDS, at] == MASK]
        for some in np.array_split(self.rng.permutation(missing), max(1, len(missing) // 2)):
            scores = self._scores()[CHORDS]
            for at in some.tolist():
                self.grid[CHORDS, at : at + span] = self._draw(scores[at : at + span].mean(axis=0) / heat)

    def parts(self) -> Grid:
        """Draw the cells that are missing, as many in each round, in any order."""
        for left in range(self.decoding.rounds, 0, -1):
            open_ = np.zeros(self.grid.shape, bool)
            open_[self.rows] = self.grid[self.rows] == MASK
            if not open_.any():
                break
            scores = self._held(self._scores()) / self.decoding.temperature
            drawn = self._draw(scores)
            count = max(1, round(int(open_.sum()) / left))
            some = self.rng.permutation(np.flatnonzero(open_))[:count]
            self.grid.flat[some] = drawn.flat[some]
        return self.grid

    def _draw(self, scores: FloatArray) -> Grid:
        noise = -np.log(-np.log(self.rng.uniform(1e-9, 1 - 1e-9, scores.shape)))
        drawn: Grid = (scores + noise).argmax(axis=-1)
        return drawn

    def _scores(self) -> FloatArray:
        found: FloatArray = self.model.scores(self.grid[None], self.told)[0] + self.rules[:, None]
        return found

    def _held(self, scores: FloatArray) -> FloatArray:
        """Rule out what neighbours that stand contradict: a pitch is held only after itself."""
        before = np.concatenate([np.full((PARTS, 1), REST), self.grid[:PARTS, :-1]], axis=1)
        after = np.concatenate([self.grid[:PARTS, 1:], np.full((PARTS, 1), REST)], axis=1)
        pitch = np.where((before > REST) & (before < MASK), (before - STRUCK) % PITCHES, -1)
        holds = np.arange(PITCHES) == pitch[..., None]
        out = scores.copy()
        out[:PARTS, :, HELD:] = np.where(holds | (before == MASK)[..., None], out[:PARTS, :, HELD:], -np.inf)
        due = (after >= HELD) & (after < MASK)
        same = (np.arange(TOKENS) - STRUCK) % PITCHES == (after[..., None] - STRUCK) % PITCHES
        same[..., REST] = False
        bound = np.where(due[..., None] & ~same, -np.inf, out[:PARTS])
        possible = np.isfinite(bound).any(axis=-1, keepdims=True)
        out[:PARTS] = np.where(possible, bound, out[:PARTS])
        return out


def _allowed(low: int, high: int) -> FloatArray:
    """Return ``(tokens,)``: 0 for what a part may hold, minus infinity for pitches outside its range."""
    rule = np.full(TOKENS, -np.inf, np.float32)
    first, last = max(low, LOWEST) - LOWEST, min(high, HIGHEST) - LOWEST + 1
    for kind in (STRUCK, HELD):
        rule[kind + first : kind + last] = 0
    rule[REST] = 0
    return rule


def _chords_allowed() -> FloatArray:
    rule = np.zeros(TOKENS, np.float32)
    rule[CHORD_TOKENS:] = -np.inf
    rule[0] = -np.inf
    return rule


def _struck(grid: Grid, rows: Sequence[int]) -> Grid:
    """Strike what is held after something else."""
    for row in rows:
        pitches = np.where(grid[row] > REST, (grid[row] - STRUCK) % PITCHES, -1)
        begins = (grid[row] >= HELD) & (np.concatenate([[-1], pitches[:-1]]) != pitches)
        grid[row, begins] -= PITCHES
    return grid
