"""What each possible change of an order would save: reversals, shifts, swaps and exchanges, all pairs at once.

An order has n places. `steps` is ``(n + 2, n + 2)``: what it costs to go from place to place, 0 being what precedes the
list and n + 1 an end that costs nothing. `own` is ``(n, n)``: what the track of each place (lines) costs at each place
(columns) by itself. Changes are negative where they save; infinite where there is no such change.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Changes = NDArray[np.float32]


def reversals(steps: Changes, own: Changes) -> Changes:
    """Return the changes of turning round the places low (lines) to high (columns)."""
    n = len(own)
    inside = _sums(np.diagonal(steps[1:-1, 1:-1], -1) - np.diagonal(steps[1:-1, 1:-1], 1))
    neighbours = np.diagonal(steps, 1)
    change = steps[:-2, 1:-1] + steps[1:-1, 2:]
    change += (inside - neighbours[1:])[None, :] - (inside + neighbours[:-1])[:, None]
    change += _turned(own)
    change[np.tri(n, dtype=np.bool_)] = np.inf
    found: Changes = change
    return found


def _turned(own: Changes) -> Changes:
    """Return the changes in `own` of each reversal: sums along its antidiagonals."""
    n = len(own)
    # Rows shifted by their number: antidiagonals become columns.
    width = 2 * n - 1
    skew = np.pad(own, ((0, 0), (0, n))).ravel()[: n * width].reshape(n, width)
    sums = np.vstack([np.zeros((1, width), np.float32), skew.cumsum(axis=0, dtype=np.float32)])
    # Line l, column h of these views are sums[h + 1, l + h] and sums[l, l + h].
    ends = np.lib.stride_tricks.as_strided(sums[1:], (n, n), (sums.strides[1], sum(sums.strides)))
    begins = np.lib.stride_tricks.as_strided(sums, (n, n), (sum(sums.strides), sums.strides[1]))
    stays = _sums(np.diagonal(own))
    turned: Changes = ends - begins
    turned += stays[:-1, None] - stays[None, 1:]
    return turned


def _sums(values: Changes) -> Changes:
    """Return the sums of the first none, one, two, ... values."""
    sums: Changes = np.concatenate([[0.0], values.cumsum(dtype=np.float64)]).astype(np.float32)
    return sums


def shifts(steps: Changes, own: Changes, size: int) -> Changes:
    """Return the changes of moving the `size` tracks from a place on (lines) to a gap (columns).

    Gap g lies before the track at place g, gap n after the last.
    """
    n = len(own)
    starts = np.arange(n - size + 1)
    neighbours = np.diagonal(steps, 1)
    change = steps[:-1, 1 : n + 2 - size].T + steps[size : n + 1, 1:]
    change += (steps[starts, starts + size + 1] - neighbours[starts] - neighbours[starts + size])[:, None]
    change -= neighbours[None, :]
    change += _carried(own, size)
    for offset in range(size + 1):
        change[starts, starts + offset] = np.inf
    found: Changes = change
    return found


def _carried(own: Changes, size: int) -> Changes:
    """Return the changes in `own` of each shift: the stretch lands, and what it passes makes room."""
    n = len(own)
    lines = n - size + 1
    starts, places = np.arange(lines), np.arange(n)
    stays = np.diagonal(own)
    up = _sums(own[places, np.minimum(places + size, n - 1)] - stays)
    down = _sums(own[places, np.maximum(places - size, 0)] - stays)
    landed = own[:lines, :lines].copy()
    for i in range(1, size):
        landed += own[i : lines + i, i : lines + i]
    landed -= np.add.reduce([stays[i : lines + i] for i in range(size)])[:, None]
    change = np.empty((lines, n + 1), np.float32)
    # To an earlier gap what is passed moves up, to a later one down.
    change[:, :lines] = landed + up[:lines, None] - up[None, :lines]
    later = landed + down[None, size:] - down[starts + size][:, None]
    forward = np.tri(lines, k=0, dtype=np.bool_).T
    change[:, size:][forward] = later[forward]
    return change


def swaps(steps: Changes, own: Changes) -> Changes:
    """Return the changes of swapping the tracks of two places; neighbours are left to the reversals."""
    n = len(own)
    neighbours = np.diagonal(steps, 1)
    # The track of place t (lines) at place k (columns) instead of the one there.
    instead = steps[:-2, 1:-1].T + steps[1:-1, 2:] + own
    instead -= (neighbours[:-1] + neighbours[1:] + np.diagonal(own))[None, :]
    change = instead + instead.T
    change[np.tri(n, k=1, dtype=np.bool_)] = np.inf
    found: Changes = change
    return found
