"""Labels without training: the text tower of a joint model says what a picture or a sound is like.

Each label is said in several ways and the vectors are averaged (prompt ensembles: Radford et al., 2021), since one
wording alone moves the answer more than it should.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from encoders.errors import EncoderError
from encoders.protocols import TextEncoder
from encoders.values import FloatArray
from encoders.vectors import unit_rows

PICTURE_TEMPLATES = (
    "a photo of {}",
    "a picture of {}",
    "a scene with {}",
    "a film still showing {}",
    "a painting of {}",
)
MUSIC_TEMPLATES = (
    "{}",
    "{} music",
    "a track that sounds like {}",
    "this is a recording of {}",
    "a song for {}",
)


def ensemble(text: TextEncoder, labels: Sequence[str], templates: Sequence[str]) -> FloatArray:
    """Return ``(len(labels), dim)`` unit vectors, each the mean over the templates (with ``{}`` for the label).

    Raises:
        EncoderError: There is no template, or one has no place for the label.
    """
    if not templates or any("{}" not in template for template in templates):
        raise EncoderError(f"The templates are {list(templates)}; give at least one, each with {{}} for the label.")
    if not labels:
        return np.zeros((0, text.space.dim), np.float32)
    said = text.encode([template.replace("{}", label) for label in labels for template in templates], "query")
    return unit_rows(said.reshape(len(labels), len(templates), -1).mean(axis=1))


def probabilities(rows: FloatArray, labels: FloatArray, scale: float) -> FloatArray:
    """Return ``(n, m)`` shares of each label, rows of sum 1: the softmax over cosines times the model's own scale."""
    logits = scale * (rows @ labels.T)
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: FloatArray = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares
