"""A gated recurrent network over item vectors, and its decoder.

Sources: B. Hidasi et al., "Session-based recommendations with recurrent neural networks", ICLR 2016 (next item);
I. Sutskever et al., "Sequence to sequence learning with neural networks", 2014 (the autoencoder); S. Jean et
al., "On using very large target vocabulary for neural machine translation", 2015 (the sampled softmax).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class SequenceNetwork(nn.Module):
    """Items ``0 .. n - 1`` share one vector for input and output; ``n`` stands for no item."""

    def __init__(self, n: int, width: int, dropout: float) -> None:
        super().__init__()
        self.items = nn.Embedding(n + 1, width, padding_idx=n)
        nn.init.normal_(self.items.weight, std=width**-0.5)
        self.encoder = nn.GRU(width, width, batch_first=True)
        self.decoder = nn.GRU(width, width, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.bias = nn.Parameter(torch.zeros(n + 1))

    def forward(self, rows: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Encode ``(b, t)`` padded rows: the state after each item ``(b, t, width)``, and of the whole ``(b, width)``.

        The whole is the mean of the states, so that a long sequence does not forget how it began.
        """
        states, _ = self.encoder(self.dropout(self.items(rows)))
        inside = (torch.arange(rows.shape[1], device=rows.device)[None, :] < lengths[:, None]).unsqueeze(-1)
        return states, (states * inside).sum(dim=1) / lengths[:, None].clamp(min=1)

    def said_again(self, rows: Tensor, whole: Tensor) -> Tensor:
        """Decode ``(b, t)`` rows from the embedding of the whole, each step told the item before."""
        before = torch.roll(rows, 1, dims=1)
        before[:, 0] = self.items.num_embeddings - 1
        states, _ = self.decoder(self.dropout(self.items(before)), whole.unsqueeze(0).contiguous())
        return torch.as_tensor(states)


def sampled_loss(network: SequenceNetwork, states: Tensor, targets: Tensor, drawn: Tensor, log_share: Tensor) -> Tensor:
    """Return the softmax loss of ``(m, width)`` states for ``(m,)`` targets among `drawn` items and the target.

    `log_share` ``(n + 1,)`` is the log probability with which an item is drawn: without it popular items, drawn most
    often, would be pushed down.
    """
    vectors, bias = network.items.weight, network.bias
    right = (states * vectors[targets]).sum(dim=1) + bias[targets] - log_share[targets]
    wrong = states @ vectors[drawn].T + bias[drawn] - log_share[drawn]
    wrong = wrong.masked_fill(drawn[None, :] == targets[:, None], -1e9)
    logits = torch.cat([right[:, None], wrong], dim=1)
    return functional.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device))
