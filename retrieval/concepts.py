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
from retrieval.vocabulary import Concept, Vocabulary, load_vocabulary

FloatArray = NDArray[np.float32]

# A word that a person wrote about a track is near certain, yet a little below a perfect measurement.
WRITTEN = 0.97
_TAGGERS = {"musicnn-msd": "msd", "musicnn-mtt": "mtt"}
_HUMAN_SOURCES = frozenset({"file", "sidecar", "user"})
# Half a standard deviation above the mean of all evidence is even odds; one is "clearly" (.77).
_SLOPE, _MIDDLE = 3.0, 0.6
# A tagger's probability from which a label counts in full; true sitar gets .3 and more, the rest stays below .05.
_BELIEVED = 0.15


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
    words = [frozenset(fold(w) for w in (c.id, *c.words)) for c in vocabulary.concepts]
    for row, track in enumerate(tracks):
        raw = measurements_of(track)
        heard = {
            name: (float(np.clip((value - reference.mean[name]) / reference.std[name], -3, 3)), value)
            for name, value in raw.items()
            if name in reference.mean
        }
        heard["minor"] = (raw.get("minor", 0.0), 0.0)
        written = written_words(track)
        for column, concept in enumerate(vocabulary.concepts):
            scores[row, column] = _heard_score(concept, heard)
            if not written.isdisjoint(words[column]):
                scores[row, column] = max(scores[row, column], WRITTEN)
    for column, concept in enumerate(vocabulary.concepts):
        if concept.opposite_of is not None:
            scores[:, column] = 1 - scores[:, vocabulary.concepts.index(vocabulary.by_id[concept.opposite_of])]
    return scores


def _heard_score(concept: Concept, heard: Mapping[str, tuple[float, float]]) -> float:
    """Return a concept's score from (standardised, raw) measurements; 0.5 where nothing was measured."""
    weights = [(heard[k][0], w) for k, w in concept.evidence.items() if k in heard]
    if not weights:
        return 0.5
    total = sum(z * w for z, w in weights) / sum(abs(w) for w in concept.evidence.values())
    score = float(1 / (1 + np.exp(-_SLOPE * (total - _MIDDLE))))
    if concept.family == "mood":
        return score
    # Standing out is not enough for a genre or an instrument: among tracks without any sitar one is always the most
    # sitar-like. The tagger itself must believe it, too.
    logits = [heard[k][1] for k, w in concept.evidence.items() if w >= 0.7 and ":" in k and k in heard]
    believed = max((1 / (1 + float(np.exp(-x))) for x in logits), default=1.0)
    return score * min(1.0, believed / _BELIEVED)
