"""The picture's branch: how close each row of the catalogue is to a scene's brief, in [0, 1]."""

from __future__ import annotations

import numpy as np

from retrieval.concept_ranking import concept_scores
from retrieval.concepts import FloatArray, load_reference
from retrieval.snapshot import Snapshot
from retrieval.values import SceneBrief

# The briefs of ordinary clips spread by about this much around 0.5.
_PICTURE_ENERGY_SPREAD = 0.25


def scene_scores(snapshot: Snapshot, brief: SceneBrief) -> FloatArray:
    """Return how close each row's energy, mood and tempo are to a scene's brief."""

    def closeness(name: str, wanted: float, width: float) -> FloatArray:
        column = snapshot.numbers[name]
        near: FloatArray = np.exp(-(((column - wanted) / width) ** 2)).astype(np.float32)
        return np.nan_to_num(near, nan=0.5)

    # A picture's energy and a sound's are different scales. Both are told in standard deviations from their middle;
    # read as the same numbers, every quiet clip would get the few least energetic tracks there are.
    reference = load_reference()
    pull = (brief.energy - 0.5) / _PICTURE_ENERGY_SPREAD
    middle, spread = reference.mean["energy"], reference.std["energy"]
    # Loud and busy is not all of it: the taggers hear quiet and fast as well.
    arousal = (snapshot.column("energetic") - snapshot.column("calm")) / 2
    lightness = snapshot.column("happy") - snapshot.column("dark")
    parts = [
        (1.0, closeness("energy", middle + spread * pull, 1.5 * spread)),
        (1.0, (1 - np.abs(arousal - np.clip(pull / 4, -0.5, 0.5))).astype(np.float32)),
        (0.8, closeness("tempo", brief.tempo_bpm, 20.0)),
        (0.8, (1 - np.abs(lightness - brief.valence) / 2).astype(np.float32)),
    ]
    if brief.concepts:
        parts.append((1.0, concept_scores(snapshot, brief.concepts)))
    total = np.zeros(len(snapshot), np.float32)
    for weight, part in parts:
        total += np.float32(weight) * part
    return total / np.float32(sum(w for w, _ in parts))
