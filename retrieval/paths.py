"""A smooth path from one track to another: every step small in sound, tempo and key.

Between the two ends the sounds lie on an arc of the unit sphere; each place of the path takes one of the tracks nearest
to its point of the arc, chosen together by dynamic programming (R. Bellman, 1957) so that the whole costs least: how
far a track lies off the arc, how far each step goes, and how far tempo (octaves count as the same pulse) and key (steps
on the Camelot wheel) jump. Progress along the arc grows with every track, so none comes twice and nothing turns back.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from catalog.values import TrackId
from retrieval.concepts import FloatArray
from retrieval.errors import QueryError
from retrieval.indexes.build import VectorView
from retrieval.indexes.store import IntArray
from retrieval.likeness import FAR_KEY, FAR_TEMPO, key_apart, tempo_apart
from retrieval.snapshot import Snapshot
from retrieval.state import State
from retrieval.values import Candidate

MAX_PATH = 50
# Tracks that each place may choose from.
NOMINATED = 40
OFF_ARC, STEP, TEMPO, KEY = 1.0, 1.0, 0.15, 0.1
# What is not known of a step costs as much as a middling one.
UNKNOWN = 0.5
# Two sounds nearer than this (radians) have no arc between them.
_SAME = 1e-3


@dataclass(frozen=True, slots=True)
class Path:
    """Tracks in playing order, both ends included; `asked` is how many were wanted, `steps` the cosine of each step."""

    tracks: tuple[Candidate, ...]
    asked: int
    steps: tuple[float, ...]


def smooth_path(state: State, first: TrackId, last: TrackId, n: int) -> Path:
    """Return up to `n` tracks from `first` to `last`; fewer where the catalogue has no more on the way.

    Raises:
        QueryError: `n` out of 3 to 50, both ends the same or unknown, or an end without a sound.
    """
    if not 3 <= n <= MAX_PATH:
        raise QueryError(f"A path of {n} tracks cannot be made; ask for 3 to {MAX_PATH}.")
    snapshot, view = state.snapshot, state.music
    ends = snapshot.rows((first, last))
    if len(ends) < 2:
        raise QueryError("A path needs two tracks of this catalogue; search for them by title first.")
    if ends[0] == ends[1]:
        raise QueryError("Both ends are the same track; name two different ones.")
    places = None if view is None else view.store_row[ends]
    if view is None or places is None or (places < 0).any():
        raise QueryError("One of the two tracks has no sound to go by; ingest its file, or choose another.")
    arc = _Arc(*view.store.vectors(places))
    for length in range(n, 2, -1):
        rows = _between(snapshot, view, arc, ends, length)
        if rows is not None:
            return _told(snapshot, view, [ends[0], *rows, ends[1]], n)
    return _told(snapshot, view, ends, n)


class _Arc:
    """The shortest way between two unit vectors on the sphere."""

    def __init__(self, start: FloatArray, end: FloatArray) -> None:
        self._start = start
        across = end - float(start @ end) * start
        self._side = across / max(float(np.linalg.norm(across)), 1e-9)
        self.length = float(np.arctan2(float(end @ self._side), float(end @ start)))

    def at(self, shares: NDArray[np.float64]) -> FloatArray:
        """Return the points at shares of the way, ``(m, dim)``."""
        angles = (shares * self.length)[:, None]
        points: FloatArray = (np.cos(angles) * self._start + np.sin(angles) * self._side).astype(np.float32)
        return points

    def progress(self, vectors: FloatArray) -> FloatArray:
        """Return how far along the way each vector is, 0 at the start and 1 at the end."""
        if self.length < _SAME:
            # Ends that sound the same have no way between them; whatever comes next is progress.
            return np.full(len(vectors), 0.5, np.float32)
        share: FloatArray = np.arctan2(vectors @ self._side, vectors @ self._start) / np.float32(self.length)
        return share


def _between(snapshot: Snapshot, view: VectorView, arc: _Arc, ends: list[int], length: int) -> list[int] | None:
    """Return the rows between the ends, or None where no chain of so many makes progress with every step."""
    targets = arc.at(np.arange(1, length - 1) / (length - 1))
    layers = [_candidates(snapshot, view, target, ends) for target in targets]
    if arc.length < _SAME:
        layers = [layer[i :: len(layers)] for i, layer in enumerate(layers)]
    layers = [np.array([ends[0]]), *layers, np.array([ends[1]])]
    vectors = [view.store.vectors(view.store_row[layer]) for layer in layers]
    progress = [arc.progress(v) for v in vectors]
    progress[0], progress[-1] = np.zeros(1, np.float32), np.ones(1, np.float32)
    costs = np.zeros(1)
    back: list[IntArray] = []
    for i in range(1, len(layers)):
        if len(layers[i]) == 0:
            return None
        step = costs[:, None] + _step_costs(snapshot, layers[i - 1], layers[i], vectors[i - 1] @ vectors[i].T)
        step[_backwards(progress[i - 1], progress[i], arc)] = np.inf
        back.append(step.argmin(axis=0))
        costs = step.min(axis=0)
        if i < len(layers) - 1:
            costs = costs + OFF_ARC * (1 - vectors[i] @ targets[i - 1])
    if not np.isfinite(costs[0]):
        return None
    chosen = [0]
    for pointers in reversed(back):
        chosen.append(int(pointers[chosen[-1]]))
    return [int(layer[place]) for layer, place in zip(layers, reversed(chosen), strict=True)][1:-1]


def _backwards(before: FloatArray, after: FloatArray, arc: _Arc) -> NDArray[np.bool_]:
    if arc.length < _SAME:
        return np.zeros((len(before), len(after)), np.bool_)
    stays: NDArray[np.bool_] = after[None, :] <= before[:, None]
    return stays


def _candidates(snapshot: Snapshot, view: VectorView, target: FloatArray, ends: list[int]) -> IntArray:
    """Return the rows nearest to a point, one for each recording, without the ends and other editions of them."""
    found, _ = view.store.search(target[None], NOMINATED * 2, None)
    rows = view.row_of[found[0][found[0] >= 0]]
    names = {(int(snapshot.title_code[row]), int(snapshot.artist_code[row])) for row in ends}
    kept = []
    for row in rows[rows >= 0].tolist():
        name = (int(snapshot.title_code[row]), int(snapshot.artist_code[row]))
        if row not in ends and name not in names:
            names.add(name)
            kept.append(row)
    return np.array(kept[:NOMINATED], np.int64)


def _step_costs(snapshot: Snapshot, before: IntArray, after: IntArray, cosines: FloatArray) -> NDArray[np.float64]:
    """Return what a step from each of one place's tracks to each of the next's costs."""
    tempo = snapshot.numbers["tempo"]
    jump = tempo_apart(tempo[before][:, None], tempo[after][None, :]) / FAR_TEMPO
    pitch, minor = snapshot.pitch_class, snapshot.mode_minor
    keys = key_apart(pitch[before][:, None], minor[before][:, None], pitch[after][None, :], minor[after][None, :])
    key = keys / FAR_KEY
    # Squares: two small steps are better than one large one.
    far = np.square(np.arccos(np.clip(cosines, -1, 1)))
    known = [np.where(np.isnan(x), UNKNOWN, np.minimum(x, 1.0)) for x in (jump, key)]
    total: NDArray[np.float64] = STEP * far + TEMPO * known[0] + KEY * known[1]
    return total


def _told(snapshot: Snapshot, view: VectorView, rows: list[int], asked: int) -> Path:
    vectors = view.store.vectors(view.store_row[rows])
    steps = tuple(round(float(a @ b), 4) for a, b in pairwise(vectors))
    tracks = snapshot.tracks_at(rows)
    told = []
    for place, track in enumerate(tracks):
        why = "where the path begins" if place == 0 else f"{steps[place - 1]:.0%} like the one before"
        known = [f"{track.tempo_bpm:.0f} BPM"] if track.tempo_bpm is not None else []
        known += [track.key] if track.key is not None else []
        told.append(Candidate(track, 1.0 if place == 0 else max(0.0, steps[place - 1]), reasons=(why, *known)))
    return Path(tuple(told), asked, steps)
