"""What a ranker sees of each candidate: the branches' views, how they agree, and which words stand where.

No feature knows who asked, how often a track was shown or liked, or its id: a track that was never shown has the same
chance. Scores that a question has no branch for are NaN, which trees read as "unknown".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval import fusion
from retrieval.concepts import FloatArray
from retrieval.lexical import content_words
from retrieval.scorers import Pool
from retrieval.snapshot import Snapshot

BRANCHES = (
    "concepts",
    "words",
    "text",
    "sound",
    "sound: tags",
    "taste",
    "taste: tags",
    "together",
    "taste together",
    "like",
    "like: tags",
    "artist",
    "wishes",
    "scene",
)
FEATURES = (
    *BRANCHES,
    "mean",
    "rank fusion",
    "least",
    "most",
    "best share of ranks",
    "words in the title",
    "words in all names",
    "number of words",
    "number of branches",
)


@dataclass(frozen=True, eq=False)
class Candidates:
    """A pool with what it answers: the rows of `snapshot` and the text that was searched by."""

    pool: Pool
    snapshot: Snapshot
    text: str


def features_of(candidates: Candidates) -> FloatArray:
    """Return ``(m, len(FEATURES))`` float32, NaN where a question has no such branch."""
    pool = candidates.pool
    m = len(pool.rows)
    found = np.full((m, len(FEATURES)), np.nan, np.float32)
    for column, branch in enumerate(pool.branches):
        family = family_of(branch.name)
        if family in BRANCHES:
            place = BRANCHES.index(family)
            found[:, place] = np.fmax(found[:, place], pool.scores[:, column])
    words = content_words(candidates.text)
    fused, ranks = fusion.mean(pool), fusion.reciprocal_ranks(pool)
    derived = (
        fused,
        ranks / max(float(ranks.max(initial=0.0)), 1e-9),
        pool.scores.min(axis=1),
        pool.scores.max(axis=1),
        fusion.best_ranks(pool) / max(m, 1),
        _share(candidates, words, titles_only=True),
        _share(candidates, words, titles_only=False),
        np.full(m, len(words)),
        np.full(m, len(pool.branches)),
    )
    for offset, values in enumerate(derived):
        found[:, len(BRANCHES) + offset] = values
    return found


def family_of(name: str) -> str:
    """Return what kind of branch a name means: every ``like Ada Sun`` is a ``like``."""
    if not name.startswith("like "):
        return name
    return "like: tags" if name.endswith(": tags") else "like"


def _share(candidates: Candidates, words: Sequence[str], *, titles_only: bool) -> FloatArray:
    """Return which share of the words stands in each candidate's title, or in any of its names and tags."""
    snapshot, rows = candidates.snapshot, candidates.pool.rows
    if not words:
        return np.full(len(rows), np.nan, np.float32)
    total = np.zeros(len(rows), np.float32)
    for word in words:
        holding = snapshot.rows_of_word(word)
        if len(holding) == 0:
            continue
        place = np.minimum(np.searchsorted(holding, rows), len(holding) - 1)
        held = holding[place] == rows
        if titles_only:
            inside = [f" {word} " in f" {snapshot.titles[int(row)]} " for row in rows[held]]
            held[held] = inside
        total += held
    return total / np.float32(len(words))
