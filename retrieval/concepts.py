"""How much of each concept a track carries, from what its taggers and measurements say and what people wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from catalog.names import fold
from catalog.values import Track
from retrieval.vocabulary import Vocabulary, load_vocabulary

FloatArray = NDArray[np.float32]

# A word that a person wrote about a track is near certain, yet a little below a perfect measurement.
WRITTEN = 0.97
_TAGGERS = {"musicnn-msd": "msd", "musicnn-mtt": "mtt"}
_HUMAN_SOURCES = frozenset({"file", "sidecar", "user"})
# One standard deviation above the evidence's mean is "rather so" (.62), two are "clearly" (.85).
_SLOPE, _MIDDLE = 1.25, 0.6


@dataclass(frozen=True, slots=True)
class Reference:
    """Mean and standard deviation of every measurement over the reference catalogue.

    Fixed numbers, not the user's own catalogue's: in a library without any metal, nothing must look like metal.
    """

    mean: Mapping[str, float]
    std: Mapping[str, float]


@lru_cache(maxsize=1)
def load_reference() -> Reference:
    """Read the statistics that ship with the package (made by ``tests/benchmarks/fit_calibration.py``)."""
    data = json.loads(files("retrieval").joinpath("reference.json").read_text(encoding="utf-8"))
    return Reference(data["mean"], data["std"])


def measurements_of(track: Track) -> dict[str, float]:
    """Return the raw measurements that evidence is made of: tagger logits and numbers, by evidence name."""
    found: dict[str, float] = {}
    for tag in track.tags:
        if (prefix := _TAGGERS.get(tag.source)) is not None:
            p = min(max(tag.weight, 1e-4), 1 - 1e-4)
            found[f"{prefix}:{tag.label}"] = float(np.log(p / (1 - p)))
    for name in ("energy", "brightness", "tempo", "onset_rate", "loudness"):
        if (value := track.number(name)) is not None:
            found[name] = value
    key = track.measurements.get("key")
    if key is not None and key.text is not None:
        found["minor"] = (1.0 if "minor" in key.text else -1.0) * key.confidence
    return found


def written_words(track: Track) -> frozenset[str]:
    """Return the folded tags that people wrote about a track (its file, a sidecar or a user)."""
    return frozenset(fold(t.label) for t in track.tags if t.source in _HUMAN_SOURCES)


def score_concepts(
    tracks: Sequence[Track], vocabulary: Vocabulary | None = None, reference: Reference | None = None
) -> FloatArray:
    """Return ``(n tracks, m concepts)`` scores in [0, 1], columns in the vocabulary's order; 0.5 means no evidence."""
    vocabulary = vocabulary or load_vocabulary()
    reference = reference or load_reference()
    scores = np.full((len(tracks), len(vocabulary.concepts)), 0.5, np.float32)
    for row, track in enumerate(tracks):
        raw = measurements_of(track)
        standard = {
            name: np.clip((value - reference.mean[name]) / reference.std[name], -3, 3)
            for name, value in raw.items()
            if name in reference.mean
        }
        standard["minor"] = raw.get("minor", 0.0)
        written = written_words(track)
        for column, concept in enumerate(vocabulary.concepts):
            weights = [(standard[k], w) for k, w in concept.evidence.items() if k in standard]
            if weights:
                total = sum(z * w for z, w in weights) / sum(abs(w) for w in concept.evidence.values()) * 1.6
                scores[row, column] = 1 / (1 + np.exp(-_SLOPE * (total - _MIDDLE) * 1.6))
            if written and not written.isdisjoint(fold(w) for w in (concept.id, *concept.words)):
                scores[row, column] = max(scores[row, column], WRITTEN)
    return scores
