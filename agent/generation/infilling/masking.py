"""Windows of sheets on a device, moved to any key, and the noise that the infilling model learns to undo.

Noise absorbs (Austin et al., 2021; Sahoo et al., 2024): of the parts to be filled each cell is masked with a
probability drawn anew for each window, evenly from 0 to 1, and its loss weighs one over that, which bounds the surprise
of all of them. The other parts are seen or hidden altogether. Chords are seen, hidden, or filled as a part is. One
window in seven is a skeleton: of one part the strong beats are seen, mostly with nothing beside (Small Tunes' idea).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from agent.generation.infilling.grid import (
    CHORDS,
    MASK,
    METRES,
    PARTS,
    PITCHES,
    QUALITIES,
    REST,
    ROWS,
    SPAN,
    STEPS,
    STRUCK,
    places,
)
from agent.generation.infilling.network import kind_of
from agent.generation.infilling.sheets import Sheet
from agent.generation.metre import METRES as SIGNATURES

QUARTETS = 0.25  # so many windows are of quartets, though there are far more songs
_LEAST = 0.05
_SKELETONS, _HIDING = 0.15, 0.4
_CHORDS_SEEN, _CHORDS_HIDDEN = 0.3, 0.65
_FURTHEST = 6


@dataclass(frozen=True, slots=True)
class Batch:
    """Grids ``(n, 5, steps)`` with masks, what is told, what they were, and how much each cell's loss weighs."""

    noisy: torch.Tensor
    true: torch.Tensor
    weights: torch.Tensor
    places: torch.Tensor
    tonics: torch.Tensor
    kinds: torch.Tensor


class Windows:
    """All windows of 96 sixteenths that begin with a bar, on a device; half of what is asked for may be drawn."""

    def __init__(self, sheets: Sequence[Sheet], device: torch.device, seed: int) -> None:
        self.device = device
        self._rng = torch.Generator(device).manual_seed(seed)
        self._cells = torch.from_numpy(np.concatenate([sheet.grid for sheet in sheets], axis=1)).to(device)
        rows, at = [], 0
        for sheet in sheets:
            sounds = sheet.grid[:PARTS][sheet.grid[:PARTS] > REST]
            pitches = (sounds - STRUCK) % PITCHES
            room = (-int(pitches.min(initial=PITCHES - 1)), PITCHES - 1 - int(pitches.max(initial=0)))
            kind = kind_of(minor=sheet.minor, song=sheet.song)
            told = (sheet.tonic, kind, METRES.index(sheet.metre), int(sheet.song), *room)
            for start in range(0, sheet.grid.shape[1] - STEPS + 1, sheet.bar):
                if (sheet.grid[:PARTS, start : start + STEPS] > REST).any(axis=1).sum() >= PARTS - 1:
                    rows.append((at + start, *told))
            at += sheet.grid.shape[1]
        self._rows = torch.tensor(rows, device=device).reshape(-1, 7)
        songs = self._rows[:, 4].float()
        self._odds = (1 - songs) * QUARTETS / max(1.0, float((1 - songs).sum()))
        self._odds += songs * (1 - QUARTETS) / max(1.0, float(songs.sum()))
        self._places = torch.from_numpy(np.stack([places(metre, STEPS) for metre in METRES])).to(device)
        within = [places(metre, STEPS) - places(metre, 1)[0] for metre in METRES]
        strong = [np.isin(at, SIGNATURES[metre].strong) for at, metre in zip(within, METRES, strict=True)]
        self._strong = torch.from_numpy(np.stack(strong)).to(device)
        self._spans = torch.from_numpy(np.stack([np.arange(STEPS) // SPAN[metre] for metre in METRES])).to(device)

    def __len__(self) -> int:
        return len(self._rows)

    def drawn(self, size: int, *, moved: bool = True, top: bool = False) -> Batch:
        """Draw a batch: each window moved to a key its range allows, and masked.

        Args:
            size: how many windows.
            moved: whether to transpose.
            top: instead of any mask, that all parts but the first are to be filled, and chords are hidden.
        """
        rows = self._rows[torch.multinomial(self._odds, size, replacement=True, generator=self._rng)]
        true = self._cells[:, rows[:, 0, None] + torch.arange(STEPS, device=self.device)].transpose(0, 1)
        tonics = rows[:, 1]
        if moved:
            low, high = rows[:, 5].clamp(min=-_FURTHEST + 1), rows[:, 6].clamp(max=_FURTHEST)
            by = low + (self._even(size) * (high - low + 1)).long()
            true, tonics = _transposed(true, by), (tonics + by) % 12
        metres = rows[:, 3]
        masked, weights = self._top(size) if top else self._masks(size, metres)
        return Batch(true.masked_fill(masked, MASK), true, weights, self._places[metres], tonics, rows[:, 2])

    def _even(self, *shape: int) -> torch.Tensor:
        return torch.rand(*shape, device=self.device, generator=self._rng)

    def _rates(self, size: int) -> torch.Tensor:
        """Return rates spread evenly over the batch, in any order."""
        order = torch.randperm(size, device=self.device, generator=self._rng)
        return _LEAST + (1 - _LEAST) * (order + self._even(size)) / size

    def _top(self, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        rates = self._rates(size)[:, None, None].expand(-1, ROWS, STEPS)
        masked = self._even(size, ROWS, STEPS) < rates
        masked[:, 0], masked[:, CHORDS] = False, True
        weights = masked / rates / (STEPS * (PARTS - 1))
        weights[:, CHORDS] = 0
        return masked, weights

    def _masks(self, size: int, metres: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        kind, rates = self._even(size), self._rates(size)
        skeleton = kind < _SKELETONS
        first = torch.where(self._even(size) < 0.7, torch.zeros_like(metres), (self._even(size) * PARTS).long())
        rank = self._even(size, PARTS).argsort(dim=1)
        wanted = rank < 1 + (self._even(size) * PARTS).long()[:, None]
        wanted = torch.where(skeleton[:, None], torch.arange(PARTS, device=self.device) == first[:, None], wanted)
        lone = skeleton & (self._even(size) < 0.7)
        hiding = (kind < _HIDING) & ~skeleton
        hidden = ~wanted & (lone[:, None] | (hiding[:, None] & (self._even(size, PARTS) < 0.5)))
        open_ = wanted[..., None] & ~(skeleton[:, None, None] & self._strong[metres][:, None])
        masked = open_ & (self._even(size, PARTS, STEPS) < rates[:, None, None])
        weights = masked / rates[:, None, None] / open_.sum(dim=(1, 2), keepdim=True)
        chords, chord_weights = self._chords(size, metres)
        masked = torch.cat([masked | hidden[..., None], chords[:, None]], dim=1)
        return masked, torch.cat([weights, chord_weights[:, None]], dim=1)

    def _chords(self, size: int, metres: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        kind, rates = self._even(size, 1), self._rates(size)[:, None]
        drawn = self._even(size, STEPS).gather(1, self._spans[metres])  # a span is masked as one
        filled = kind >= _CHORDS_HIDDEN
        masked = torch.where(filled, drawn < rates, kind >= _CHORDS_SEEN)
        return masked, masked * filled / rates / STEPS


def _transposed(grids: torch.Tensor, by: torch.Tensor) -> torch.Tensor:
    """Move grids ``(n, 5, steps)`` by semitones ``(n,)`` that their range allows."""
    size, by = len(QUALITIES), by[:, None, None]
    parts = torch.where(grids > REST, grids + by, grids)
    turned = 1 + ((grids - 1) // size + by) % 12 * size + (grids - 1) % size
    chords = torch.where(grids > 0, turned, grids)
    return torch.cat([parts[:, :PARTS], chords[:, CHORDS:]], dim=1)
