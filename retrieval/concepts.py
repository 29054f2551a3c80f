"""How much of each concept a track carries, from what its taggers and measurements say and what people wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from catalog.names import fold
from catalog.store.columns import TrackBatch
from catalog.values import Track
from retrieval.postings import Postings
from retrieval.vocabulary import Concept, Vocabulary, load_vocabulary

FloatArray = NDArray[np.float32]

# A word that a person wrote about a track is near certain, yet a little below a perfect measurement.
WRITTEN = 0.97
# What stands inside a longer tag: "latin pop" is pop, and one that is called pop is more so.
SPOKEN = 0.8
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


def is_human(source: str) -> bool:
    """Tell whether tags of this source were written by people (the file, a sidecar, a user)."""
    return source in _HUMAN_SOURCES


class Evidence:
    """The measurements that a vocabulary's concepts are made of, as columns; scores many tracks at once.

    Args:
        vocabulary: the concepts.
        reference: mean and spread of every measurement.
    """

    def __init__(self, vocabulary: Vocabulary | None = None, reference: Reference | None = None) -> None:
        self.vocabulary = vocabulary or load_vocabulary()
        reference = reference or load_reference()
        used = {name for c in self.vocabulary.concepts for name in c.evidence}
        names = [*sorted(n for n in used if n in reference.mean), "minor"]
        self._columns = {name: n for n, name in enumerate(dict.fromkeys(names))}
        self._mean = np.array([reference.mean.get(n, 0.0) for n in self._columns], np.float32)
        self._std = np.array([reference.std.get(n, 1.0) for n in self._columns], np.float32)
        self._mean[self._columns["minor"]], self._std[self._columns["minor"]] = 0.0, 1.0

    def measure(self, batch: TrackBatch) -> FloatArray:
        """Return ``(n, e)`` raw measurements of a batch, as `measurements_of` has them; NaN where unknown."""
        raw = np.full((len(batch.ids), len(self._columns)), np.nan, np.float32)
        columns = self._columns
        tagger = {
            (s, n.partition(":")[2]): c for s, p in _TAGGERS.items() for n, c in columns.items() if n[:4] == f"{p}:"
        }
        heard = [(tagger[s, label], n, weight) for n, s, label, weight in batch.tags if (s, label) in tagger]
        if heard:
            column, row, weight = map(np.array, zip(*heard, strict=True))
            p = np.clip(weight, 1e-4, 1 - 1e-4)
            raw[row, column] = np.log(p / (1 - p))
        for n, name, value, text, confidence in batch.features:
            if name == "key" and text is not None:
                raw[n, columns["minor"]] = (1.0 if "minor" in text else -1.0) * confidence
            elif value is not None and name in columns:
                raw[n, columns[name]] = value
        return raw

    def score(self, raw: FloatArray) -> FloatArray:
        """Return ``(n, m)`` scores in [0, 1] of raw measurements; 0.5 where nothing was measured."""
        known = ~np.isnan(raw)
        z = np.where(known, np.clip((raw - self._mean) / self._std, -3, 3), 0)
        known[:, self._columns["minor"]] = True
        scores = np.full((len(raw), len(self.vocabulary.concepts)), 0.5, np.float32)
        for column, concept in enumerate(self.vocabulary.concepts):
            used = [(self._columns[k], w) for k, w in concept.evidence.items() if k in self._columns]
            if used:
                at, weights = [c for c, _ in used], np.array([w for _, w in used])
                total = z[:, at] @ weights / self._heard_of(concept, np.abs(weights), known[:, at])
                heard = self._gated(concept, raw, 1 / (1 + np.exp(-_SLOPE * (total - _MIDDLE))))
                scores[:, column] = np.where(known[:, at].any(axis=1), heard, 0.5)
        return scores

    def _heard_of(self, concept: Concept, sizes: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return by how much evidence a track's total is to be divided, ``(n,)``.

        A mood can be told from whatever was measured of it. A genre or an instrument cannot: what is missing counts
        against it, or every loud track would be punk.
        """
        if concept.family != "mood":
            return np.full(len(known), sum(abs(w) for w in concept.evidence.values()))
        heard: NDArray[np.float64] = np.maximum(known @ sizes, 1e-6)
        return heard

    def _gated(self, concept: Concept, raw: FloatArray, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the scores, lowered where no tagger believes in a genre or an instrument.

        Standing out is not enough: among tracks without any sitar one is always the most sitar-like.
        """
        own = [self._columns[k] for k, w in concept.evidence.items() if w >= 0.7 and ":" in k and k in self._columns]
        if concept.family == "mood" or not own:
            return scores
        strongest = np.fmax.reduce(raw[:, own], axis=1)
        believed = np.where(np.isnan(strongest), 1.0, 1 / (1 + np.exp(-strongest)))
        return scores * np.minimum(1.0, believed / _BELIEVED)


def settle(scores: FloatArray, vocabulary: Vocabulary, tags: Postings, spoken: Postings) -> None:
    """Finish ``(n, m)`` heard scores in place: written tags are near certain, opposites are what the others are not.

    `spoken` are the rows whose longer tags speak of a concept, by its id.
    """
    for column, concept in enumerate(vocabulary.concepts):
        inside = spoken.of(concept.id)
        scores[inside, column] = np.maximum(scores[inside, column], SPOKEN)
        for word in {fold(w) for w in (concept.id, *concept.words)}:
            rows = tags.of(word)
            scores[rows, column] = np.maximum(scores[rows, column], WRITTEN)
    for column, concept in enumerate(vocabulary.concepts):
        if concept.opposite_of is not None:
            other = vocabulary.concepts.index(vocabulary.by_id[concept.opposite_of])
            alone = (scores[:, column] >= SPOKEN) & (scores[:, other] < scores[:, column])
            scores[:, other] = np.where(alone, 1 - scores[:, column], scores[:, other])
            scores[:, column] = 1 - scores[:, other]
