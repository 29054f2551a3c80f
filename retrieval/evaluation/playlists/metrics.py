"""Measures of the RecSys Challenge 2018 on automatic playlist continuation.

Source: H. Zamani, M. Schedl, P. Lamere, C.-W. Chen, "An analysis of approaches taken in the ACM RecSys Challenge 2018
for automatic music playlist continuation", ACM TIST 10(5), 2019.

Conventions: `ranking` holds rows of items, best first, without repeats, at most 500 count; `held_out` is the set of
rows that were taken out of the list, never empty; `artists` ``(n,)`` gives each item's artist code, -1 where unknown.
All measures of one request; what is reported is the mean over requests.

Where the texts of the challenge leave room: an artist's quarter is for wrong tracks only, so that a perfect answer has
1; the ideal gain is that of all held-out tracks, found or not; the discount is ``log2(place)``, as it is printed there.

r_precision   share of the held-out tracks among the first ``|G|`` of the ranking; an artist that is right where the
              track is wrong counts a quarter, each artist once. In [0, 1], higher is better.
ndcg          discounted cumulative gain with ``log2(place)`` from the second place on (the first is not discounted,
              nor is the second), over that of a perfect ranking. In [0, 1], higher is better.
clicks        how often a listener who is shown ten tracks at a time asks for more before a right one comes: 0 to 50,
              and 51 where none comes. Lower is better.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

import numpy as np

from retrieval.continuation.corpus import Rows

MOST = 500
ARTIST_CREDIT = 0.25
_SHOWN = 10


def validate(ranking: Sequence[int] | Rows, held_out: Set[int]) -> None:
    """Raise ValueError where an input breaks the conventions."""
    if len(set(map(int, ranking))) != len(ranking):
        raise ValueError("a ranking holds an item twice; remove repeats first")
    if not held_out:
        raise ValueError("nothing was held out; leave such a list out of the evaluation")


def r_precision(ranking: Sequence[int] | Rows, held_out: Set[int], artists: Rows) -> float:
    """Return R-precision with a quarter's credit for each right artist of a wrong track."""
    validate(ranking, held_out)
    first = [int(row) for row in ranking[: min(len(held_out), MOST)]]
    wanted_artists = {int(artists[row]) for row in held_out} - {-1}
    near = {int(artists[row]) for row in first if row not in held_out} & wanted_artists
    return (sum(row in held_out for row in first) + ARTIST_CREDIT * len(near)) / len(held_out)


def ndcg(ranking: Sequence[int] | Rows, held_out: Set[int]) -> float:
    """Return the normalised discounted cumulative gain of the first 500."""
    validate(ranking, held_out)
    hits = [place for place, row in enumerate(ranking[:MOST], 1) if int(row) in held_out]
    return _gain(hits) / _gain(range(1, min(len(held_out), MOST) + 1))


def _gain(places: Sequence[int] | range) -> float:
    return float(sum(1.0 if place == 1 else 1.0 / np.log2(place) for place in places))


def clicks(ranking: Sequence[int] | Rows, held_out: Set[int]) -> float:
    """Return how many times ten more are asked for before a right one comes, 51 where none does."""
    validate(ranking, held_out)
    first = next((n for n, row in enumerate(ranking[:MOST]) if int(row) in held_out), None)
    return float(MOST // _SHOWN + 1 if first is None else first // _SHOWN)
