"""Numbers to come near to: each measured or heard side of a track as closeness in [0, 1] to a wished value."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from retrieval.concepts import FloatArray
from retrieval.likeness import FAR_KEY, key_apart
from retrieval.scorers import Branch, ColumnScorer
from retrieval.snapshot import Snapshot
from retrieval.values import Side, Target

# So far off, in its own unit, a track has nothing of the wished value any more; a duration: as far as it is long.
_FAR = {"tempo": 40.0, "energy": 0.5, "loudness": 12.0}
_WEIGHT, _MOST = 0.7, 2.0


def target_branch(snapshot: Snapshot, targets: Sequence[Target]) -> Branch:
    """Return the branch of all targets; each counts, together they do not drown what the tracks are like."""
    near = np.mean([np.nan_to_num(closeness(snapshot, t)) for t in targets], axis=0, dtype=np.float32)
    return Branch("targets", min(_WEIGHT * len(targets), _MOST), ColumnScorer(np.asarray(near, np.float32)))


def closeness(snapshot: Snapshot, target: Target) -> FloatArray:
    """Return how near each track comes to a target, ``(n,)`` in [0, 1]; NaN where nothing is known."""
    if target.side == "key":
        steps = key_apart(snapshot.pitch_class, snapshot.mode_minor, np.int8(target.value), snapshot.mode_minor)
        return np.clip(1 - steps / FAR_KEY, 0, 1)
    if target.side == "mode":
        held = (snapshot.mode_minor == 0) == (target.value >= 0.5)
        return np.where(snapshot.pitch_class < 0, np.nan, held).astype(np.float32)
    heard = _HEARD.get(target.side)
    column = snapshot.numbers[target.side] if heard is None else heard(snapshot)
    far = _FAR.get(target.side, max(target.value, 1.0) if target.side == "duration" else 1.0)
    near: FloatArray = np.clip(1 - np.abs(column - np.float32(target.value)) / np.float32(far), 0, 1)
    return near


def _lightness(snapshot: Snapshot) -> FloatArray:
    heavy = np.maximum(snapshot.column("sad"), snapshot.column("dark"))
    return np.asarray((1 + snapshot.column("happy") - heavy) / 2, np.float32)


def _voiceless(snapshot: Snapshot) -> FloatArray:
    return np.asarray((1 + snapshot.column("instrumental") - snapshot.column("vocal")) / 2, np.float32)


# What is heard as a mood or a sound, not measured as a number.
_HEARD: dict[Side, Callable[[Snapshot], FloatArray]] = {
    "valence": _lightness,
    "danceability": lambda s: s.column("dance"),
    "acousticness": lambda s: s.column("acoustic"),
    "instrumentalness": _voiceless,
}
