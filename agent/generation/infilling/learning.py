"""The infilling model in torch, as it is trained; `network` computes the same in NumPy."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from agent.generation.infilling.grid import CHORD_TOKENS, MASK, PARTS, PLACES, ROWS, STEPS, TOKENS
from agent.generation.infilling.network import (
    DEGREES,
    EMBEDDED,
    HEADS,
    INNER,
    KINDS,
    LAYERS,
    WIDTH,
    chord_degrees,
    degrees,
    turns,
)


class InfillingNet(nn.Module):
    """Scores of what each cell may hold; parameters are named as in `network.NAMES`."""

    degrees: torch.Tensor
    chords: torch.Tensor
    cos: torch.Tensor
    sin: torch.Tensor

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.own = _small(ROWS, MASK + 1, EMBEDDED)
        self.shared, self.degree = _small(MASK + 1, EMBEDDED), _small(DEGREES, EMBEDDED)
        self.chord_degree = _small(CHORD_TOKENS, EMBEDDED)
        self.place, self.kind = _small(PLACES, WIDTH), _small(KINDS, WIDTH)
        self.bias = nn.Parameter(torch.zeros(ROWS, TOKENS))
        self.enter = nn.Linear(ROWS * EMBEDDED, WIDTH)
        self.drop = nn.Dropout(dropout)
        self.layers = nn.ModuleList(_Layer(dropout) for _ in range(LAYERS))
        self.last, self.leave = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, ROWS * EMBEDDED)
        by_tonic = [(degrees(tonic), chord_degrees(tonic)) for tonic in range(12)]
        self.register_buffer("degrees", torch.from_numpy(np.stack([d for d, _ in by_tonic])), persistent=False)
        self.register_buffer("chords", torch.from_numpy(np.stack([c for _, c in by_tonic])), persistent=False)
        cos, sin = turns(STEPS)
        self.register_buffer("cos", torch.from_numpy(cos), persistent=False)
        self.register_buffer("sin", torch.from_numpy(sin), persistent=False)

    def forward(
        self, grids: torch.Tensor, places: torch.Tensor, tonics: torch.Tensor, kinds: torch.Tensor
    ) -> torch.Tensor:
        """Return ``(n, 5, steps, 123)``: of grids ``(n, 5, steps)``, places ``(n, steps)``, tonics, kinds ``(n,)``."""
        tables = torch.cat(  # (12, 5, 124, 64): the vectors of cells in each key
            [
                self.own[:PARTS] + self.shared + self.degree[self.degrees][:, None],
                (self.own[PARTS] + self.chord_degree[self.chords])[:, None],
            ],
            1,
        )
        at = (tonics[:, None] * ROWS + torch.arange(ROWS, device=grids.device))[..., None] * (MASK + 1) + grids
        cells = nn.functional.embedding(at, tables.flatten(0, 2))
        x = self.enter(cells.transpose(1, 2).flatten(2)) + self.place[places] + self.kind[kinds][:, None]
        x = self.drop(x)
        for layer in self.layers:
            x = layer(x, self.cos, self.sin)
        out = self.leave(self.last(x)).unflatten(2, (ROWS, EMBEDDED)).transpose(1, 2)
        scores: torch.Tensor = out @ tables[tonics, :, :TOKENS].to(out.dtype).transpose(2, 3) + self.bias[:, None]
        return scores


class _Layer(nn.Module):
    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.query_key_value, self.attended = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.wide, self.narrow = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        size, steps, _ = x.shape
        seen = self.query_key_value(self.norm1(x)).view(size, steps, 3, HEADS, WIDTH // HEADS)
        query, key, value = seen.permute(2, 0, 3, 1, 4)
        query, key = (_turned(one, cos, sin).to(value.dtype) for one in (query, key))
        mixed = scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(size, steps, WIDTH)
        x = x + self.drop(self.attended(mixed))
        summed: torch.Tensor = x + self.drop(self.narrow(torch.relu(self.wide(self.norm2(x)))))
        return summed


def _turned(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    one, other = x.chunk(2, dim=-1)
    return torch.cat([one * cos - other * sin, other * cos + one * sin], dim=-1)


def _small(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.randn(*shape) * (0.1 if shape[-1] == EMBEDDED else 0.02))
