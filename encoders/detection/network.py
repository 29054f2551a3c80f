"""SpecTTTra, the spectro-temporal token transformer of SONICS (Rahman et al., ICLR 2025, arXiv:2408.14080), small.

A spectrogram is cut twice: into bands over the whole time (spectral tokens) and into stretches over all bands (temporal
tokens). Both kinds together are far fewer tokens than patches would be, and every token sees a long context.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from encoders.detection.config import BANDS_A_TOKEN, FRAMES_A_TOKEN, DetectorConfig
from encoders.music.logmel import N_MELS, PATCH_FRAMES


class SpecTTTra(nn.Module):
    """Log-mel windows ``(n, 187, 96)`` to logits ``(n,)``, above 0 for generated; `mean` and `std` are by band."""

    mean: Tensor
    std: Tensor

    def __init__(self, config: DetectorConfig) -> None:
        super().__init__()
        spectral, temporal = N_MELS // BANDS_A_TOKEN, PATCH_FRAMES // FRAMES_A_TOKEN
        self.register_buffer("mean", torch.zeros(N_MELS))
        self.register_buffer("std", torch.ones(N_MELS))
        self.spectral = nn.Linear(BANDS_A_TOKEN * PATCH_FRAMES, config.dim)
        self.temporal = nn.Linear(FRAMES_A_TOKEN * N_MELS, config.dim)
        self.places = nn.Parameter(0.02 * torch.randn(spectral + temporal, config.dim))
        self.blocks = nn.ModuleList(_Block(config) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.dim)
        self.head = nn.Linear(config.dim, 1)

    def forward(self, logmel: Tensor) -> Tensor:
        level = (logmel - self.mean) / self.std
        bands = level.transpose(1, 2).reshape(-1, N_MELS // BANDS_A_TOKEN, BANDS_A_TOKEN * PATCH_FRAMES)
        stretches = level.reshape(-1, PATCH_FRAMES // FRAMES_A_TOKEN, FRAMES_A_TOKEN * N_MELS)
        tokens = torch.cat([self.spectral(bands), self.temporal(stretches)], dim=1) + self.places
        for block in self.blocks:
            tokens = block(tokens)
        logits: Tensor = self.head(self.norm(tokens).mean(dim=1)).squeeze(-1)
        return logits


class _Block(nn.Module):
    """Attention and a network of two layers, each after a norm and beside what came in."""

    def __init__(self, config: DetectorConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.before, self.between = nn.LayerNorm(config.dim), nn.LayerNorm(config.dim)
        self.asked, self.joined = nn.Linear(config.dim, 3 * config.dim), nn.Linear(config.dim, config.dim)
        self.wide, self.narrow = nn.Linear(config.dim, 2 * config.dim), nn.Linear(2 * config.dim, config.dim)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        n, count, dim = tokens.shape
        asked = self.asked(self.before(tokens)).reshape(n, count, 3, self.heads, dim // self.heads)
        query, key, value = asked.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(n, count, dim)
        tokens = tokens + self.dropout(self.joined(seen))
        hidden = functional.gelu(self.wide(self.between(tokens)))
        told: Tensor = tokens + self.dropout(self.narrow(hidden))
        return told
