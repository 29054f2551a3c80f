"""What makes a list play well, as one number to be small, for many orders of one length at once.

    cost = - relevance * sum of the tracks' relevances
           + early     * sum of relevance times place (0 the first, 1 the last): the best come early
           + sum over neighbours of tempo, key, loudness and sequence steps (see `transitions`)
           + artist    * sum over pairs of one artist less than `REACH` apart, the nearer the more
           + arc       * sum of the squared distances from the arc

Steps and repetitions count from the last tracks of the playlist that is gone on with. The weights were set by hand so
that a list of equally relevant tracks is ordered by its steps, and an arc that is asked for outweighs both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.concepts import FloatArray
from retrieval.continuation.arcs import Arc
from retrieval.continuation.transitions import UNKNOWN, Followings, key_steps, loudness_steps, tempo_steps
from retrieval.indexes.store import IntArray
from retrieval.snapshot import Snapshot

# Two tracks of one artist this many places apart do not disturb any more.
REACH = 5
Costs = NDArray[np.float64]
Orders = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each term counts; see the module."""

    relevance: float = 1.0
    early: float = 0.5
    tempo: float = 0.5
    key: float = 0.3
    loudness: float = 0.3
    sequence: float = 1.0
    artist: float = 1.0
    arc: float = 10.0


@dataclass(frozen=True, eq=False)
class Material:
    """What may be played, candidate by candidate (c of them), and what comes before.

    `steps` is ``(c + 1, c)``, what each costs right after each other, one artist twice in a row included; the last line
    is for the first track of the list.
    `tail` are the artists of the last tracks before it. Artists are numbers, -1 for nobody; `level` is what the
    arc is about, and may be NaN.
    """

    relevance: FloatArray
    duration: FloatArray
    level: FloatArray
    artist: IntArray
    steps: FloatArray
    tail: IntArray
    weights: Weights
    arc: Arc | None = None

    @property
    def start(self) -> FloatArray:
        """Return what each costs as the first track, ``(c,)``."""
        first: FloatArray = self.steps[-1]
        return first

    def cost(self, orders: Orders) -> Costs:
        """Return the cost of each of B orders, ``(B, n)`` places among the candidates; ``(B,)``."""
        w, n = self.weights, orders.shape[1]
        relevance = self.relevance[orders]
        early = np.arange(n) / max(n - 1, 1)
        total = (relevance * (w.early * early - w.relevance)).sum(axis=1, dtype=np.float64)
        total += self.start[orders[:, 0]]
        total += self.steps[orders[:, :-1], orders[:, 1:]].sum(axis=1, dtype=np.float64)
        total += w.artist * self._repeated(orders)
        if self.arc is not None:
            total += w.arc * self.off_arc(orders, self.targets(orders)).sum(axis=1)
        costs: Costs = total
        return costs

    def targets(self, orders: Orders) -> NDArray[np.float64]:
        """Return the arc's level at the middle of each track, by the time that has passed; ``(B, n)``."""
        assert self.arc is not None
        lengths = self.duration[orders].astype(np.float64)
        ends = lengths.cumsum(axis=1)
        return self.arc.at((ends - lengths / 2) / np.maximum(ends[:, -1:], 1e-9))

    def off_arc(self, candidates: Orders, targets: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return squared distances from the arc; what was not measured is as far off as a middling track."""
        apart = np.square(self.level[candidates] - targets)
        off: NDArray[np.float64] = np.where(np.isnan(apart), UNKNOWN**2, apart)
        return off

    def _repeated(self, orders: Orders) -> NDArray[np.float64]:
        before = np.broadcast_to(self.tail, (len(orders), len(self.tail)))
        artists = np.hstack([before, self.artist[orders]])
        found = np.zeros(len(orders))
        for apart in range(2, min(REACH, artists.shape[1])):
            same = (artists[:, apart:] == artists[:, :-apart]) & (artists[:, apart:] >= 0)
            found += nearness(apart) * same.sum(axis=1)
        return found


def material_of(
    snapshot: Snapshot,
    rows: IntArray,
    relevance: FloatArray,
    seeds: list[int],
    followings: Followings | None,
    arc: Arc | None,
    weights: Weights | None = None,
) -> Material:
    """Return the material of candidate rows with their relevances in [0, 1], after the seeds (the last one precedes).

    A relative arc is laid between the lowest and the highest tenth of the candidates.
    """
    weights = weights or Weights()
    level = snapshot.numbers["energy"][rows] if arc is None else arc.measured(snapshot)[rows]
    known = level[~np.isnan(level)]
    if arc is not None:
        low, high = np.quantile(known, [0.1, 0.9]).tolist() if len(known) else (0.0, 1.0)
        arc = arc.within(low, high)
    last = np.array(seeds[-1:], np.int64)
    first = step_costs(snapshot, last, rows, followings, weights) if seeds else np.zeros((1, len(rows)), np.float32)
    return Material(
        relevance=relevance,
        duration=snapshot.numbers["duration"][rows],
        level=level,
        artist=artists_of(snapshot, rows),
        steps=np.vstack([step_costs(snapshot, rows, rows, followings, weights), first]),
        tail=artists_of(snapshot, np.array(seeds[-(REACH - 1) :], np.int64)),
        weights=weights,
        arc=arc,
    )


def nearness(apart: int) -> float:
    """Return how much two tracks of one artist disturb so many places apart: 1 for neighbours, 0 from `REACH` on."""
    return max(0.0, 1 - (apart - 1) / (REACH - 1))


def step_costs(
    snapshot: Snapshot, before: IntArray, after: IntArray, followings: Followings | None, weights: Weights
) -> FloatArray:
    """Return what a step from each row to each other costs, ``(p, q)``."""
    ours, theirs = artists_of(snapshot, before)[:, None], artists_of(snapshot, after)[None, :]
    costs = np.float32(weights.tempo) * tempo_steps(snapshot, before, after)
    costs += np.float32(weights.key) * key_steps(snapshot, before, after)
    costs += np.float32(weights.loudness) * loudness_steps(snapshot, before, after)
    costs += np.float32(weights.artist) * ((ours == theirs) & (ours >= 0))
    if followings is not None:
        costs += np.float32(weights.sequence) * (1 - followings.scores(before, after))
    return costs


def artists_of(snapshot: Snapshot, rows: IntArray) -> IntArray:
    """Return the artists of rows as numbers, -1 where nobody is named."""
    codes = snapshot.artist_code[rows].astype(np.int64)
    nobody = snapshot.artist_names.find("")
    return codes if nobody is None else np.where(codes == nobody, -1, codes)
