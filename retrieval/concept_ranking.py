"""How far each track is what the named concepts ask for, in [0, 1]: 0 means that nothing speaks for it, 1 all of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from retrieval.concepts import FloatArray
from retrieval.snapshot import Snapshot


def concept_scores(
    snapshot: Snapshot, weights: Mapping[str, float], alternatives: Sequence[Collection[str]] = ()
) -> FloatArray:
    """Return how far each row carries the asked concepts (weight > 0) and lacks the unwanted ones (< 0).

    Half the mean, half the worst: a calm metal track is no answer to "calm piano", however calm it is. What is only
    hinted at ("holiday") counts in the mean and is not demanded beside what is said outright. Of `alternatives` ("rock
    or metal") the better one counts.
    """
    columns, importance = [], []
    joined = {c: max(group) for group in alternatives for c in group}
    for concept_id, weight in weights.items():
        if weight > 0 and joined.get(concept_id, concept_id) != concept_id:
            continue
        either = [c for c in weights if weight > 0 and joined.get(c) == concept_id] or [concept_id]
        column = np.max([snapshot.column(c) for c in either], axis=0)
        columns.append(column if weight > 0 else 1 - column)
        importance.append(abs(weight))
    stacked = np.stack(columns)
    mean = np.average(stacked, axis=0, weights=importance)
    outright = stacked[[i == max(importance) for i in importance]]
    scores: FloatArray = (0.5 * mean + 0.5 * outright.min(axis=0)).astype(np.float32)
    return scores
