"""The fusion transformer: a set of tokens with turns to one unit query in the music space.

After ViML (McKee et al., "Language-Guided Music Recommendation for Video via Prompt Analogies", 2023), which fuses
clip and text, and MuseChat (Dong et al., 2024), which adds a turn of feedback; here every turn brings tokens of its
own. Besides the transformer there is a learned short cut from liked and disliked tracks to the query (J. Rocchio,
1971), since they lie in the space of the answer already.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from encoders.trimodal.config import KINDS

MAX_AGE = 8  # turns further back count as this far back
_MAX_LOG_SCALE = 4.6052  # a temperature of 0.01


@dataclass(frozen=True, slots=True)
class Tokens:
    """Per kind: vectors ``(b, m, dim)``, whether each is there ``(b, m)``, and how many turns ago ``(b, m)``."""

    vectors: dict[str, Tensor]
    present: dict[str, Tensor]
    age: dict[str, Tensor]


class FusionTransformer(nn.Module):
    """Tokens to unit queries ``(b, dm)``; `scale` is the learned inverse temperature of the contrastive loss."""

    def __init__(self, dims: tuple[int, int, int], width: int, layers: int, heads: int, dropout: float) -> None:
        super().__init__()
        video, text, music = dims
        sizes = {"video": video, "text": text, "liked": music, "disliked": music}
        self.enter = nn.ModuleDict({kind: nn.Linear(size, width) for kind, size in sizes.items()})
        self.kind = nn.Embedding(len(KINDS) + 1, width)
        self.age = nn.Embedding(MAX_AGE + 1, width)
        layer = nn.TransformerEncoderLayer(
            width, heads, 2 * width, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.leave = nn.Linear(width, music)
        self.short_cut = nn.Parameter(torch.tensor([0.5, -0.25]))
        self.log_scale = nn.Parameter(torch.tensor(2.6593))  # a temperature of 0.07

    @property
    def scale(self) -> Tensor:
        return self.log_scale.clamp(max=_MAX_LOG_SCALE).exp()

    def forward(self, tokens: Tokens) -> Tensor:
        rows = tokens.present["video"].shape[0]
        device = self.log_scale.device
        asked = self.kind(torch.zeros(rows, 1, dtype=torch.long, device=device))
        parts, there = [asked], [torch.ones(rows, 1, dtype=torch.bool, device=device)]
        for number, kind in enumerate(KINDS, start=1):
            sign = -1.0 if kind == "disliked" else 1.0
            entered = self.enter[kind](sign * tokens.vectors[kind])
            ages = self.age(tokens.age[kind].clamp(max=MAX_AGE))
            parts.append(entered + self.kind.weight[number] + ages)
            there.append(tokens.present[kind])
        mixed = self.encoder(torch.cat(parts, 1), src_key_padding_mask=~torch.cat(there, 1))
        query: Tensor = self.leave(mixed[:, 0])
        for weight, kind in zip(self.short_cut, ("liked", "disliked"), strict=True):
            query = query + weight * _mean(tokens.vectors[kind], tokens.present[kind])
        return functional.normalize(query.float(), dim=-1)


def _mean(vectors: Tensor, present: Tensor) -> Tensor:
    """Return the mean of what is there, zeros where nothing is."""
    weights = present.unsqueeze(-1).to(vectors.dtype)
    return (vectors * weights).sum(1) / weights.sum(1).clamp(min=1.0)


def contrastive_loss(queries: Tensor, music: Tensor, scale: Tensor) -> Tensor:
    """InfoNCE over the batch, from query to music and back; copies of the same music are no negatives."""
    logits = scale * queries @ music.T
    same = (music @ music.T > 1 - 1e-6) & ~torch.eye(len(music), dtype=torch.bool, device=music.device)
    logits = logits.masked_fill(same, float("-inf"))
    right = torch.arange(len(music), device=music.device)
    return (functional.cross_entropy(logits, right) + functional.cross_entropy(logits.T, right)) / 2
