"""What is known of a listener's taste, line by line with its grounds: what was said, and what reactions tell.

A line is learned from the reactions to tracks that clearly have a concept, or are by an artist: their sum, each worth
less the older it is, shrunk towards 0 where there are few, and where the concept is everywhere in the catalogue. What
was said or set by hand takes the place of what was learned. Without either there is no line, and no result changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from catalog.values import Feedback, FeedbackKind, Taste, TasteField, TrackId
from retrieval.constraints import Constraint
from retrieval.constraints import Field as WishField
from retrieval.reasons import CLEARLY
from retrieval.snapshot import Snapshot
from retrieval.values import Leaning

# What a reaction says for what a track is like.
WORTH: dict[FeedbackKind, float] = {"like": 1.0, "complete": 0.3, "skip": -0.4, "dislike": -1.0}
# After this many days a reaction is worth half.
HALF_LIFE_DAYS = 90.0
# As many reactions as it takes for half a line.
FEW = 2.0
# Lines below this weight say nothing yet, and so many learned ones are kept.
LEAST, MOST = 0.1, 16
_GROUNDS = 8


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason for a line: a reaction to a track, when (UTC), and what it is still worth."""

    track_id: TrackId
    title: str
    kind: FeedbackKind
    at: datetime
    worth: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a profile; `weight` in [-1, 1]. `words` are what the user said, `grounds` what was learned from."""

    field: TasteField
    value: str
    weight: float
    origin: Literal["stated", "edited", "learned"]
    never: bool = False
    words: str = ""
    since: datetime | None = None
    grounds: tuple[Ground, ...] = ()

    @property
    def sign(self) -> str:
        """Return the line in short: ``+jazz``, ``-drums``, ``never country``."""
        return f"never {self.value}" if self.never else f"{'-' if self.weight < 0 else '+'}{self.value}"


@dataclass(frozen=True, slots=True)
class Profile:
    """All lines, what was said first, and how many reactions there are; `on` False: it counts for nothing."""

    lines: tuple[Line, ...] = ()
    reactions: int = 0
    on: bool = True

    def lean(self, spoken: Iterable[str] = ()) -> tuple[Leaning, ...]:
        """Return the lines that lean results; what a request speaks of itself (`spoken` values) is not leaned on."""
        said = set(spoken)
        return tuple(
            Leaning(line.field, line.value, line.weight)
            for line in self.lines
            if self.on and line.weight and not line.never and line.value not in said
        )

    def nevers(self, spoken: Iterable[str] = ()) -> tuple[Constraint, ...]:
        """Return what is never wanted, as hard wishes; what a request asks for by name is let through."""
        said = set(spoken)
        return tuple(
            Constraint(_field(line), "not", line.value, f"never {line.value}")
            for line in self.lines
            if self.on and line.never and line.value not in said
        )


def profile_of(
    snapshot: Snapshot, tastes: Sequence[Taste], reactions: Sequence[Feedback], at: datetime, *, on: bool = True
) -> Profile:
    """Return the profile of a user at a time (UTC); `reactions` oldest first, of which a track's last one counts."""
    kept = {(t.field, t.value): t for t in tastes}
    learned = {(line.field, line.value): line for line in learn(snapshot, reactions, at)}
    stated = []
    for key, taste in kept.items():
        if taste.weight or taste.never:
            grounds = learned[key].grounds if key in learned else ()
            stated.append(
                Line(
                    taste.field,
                    taste.value,
                    taste.weight,
                    taste.origin,
                    taste.never,
                    taste.words,
                    taste.created_at,
                    grounds,
                )
            )
    rest = [line for key, line in learned.items() if key not in kept]
    return Profile((*stated, *rest), len(reactions), on)


def learn(snapshot: Snapshot, reactions: Sequence[Feedback], at: datetime) -> list[Line]:
    """Return what reactions tell, the strongest first."""
    last = {f.track_id: f for f in reactions}
    known = [f for f in last.values() if f.track_id in snapshot.row_of]
    grounds: dict[tuple[TasteField, str], list[Ground]] = defaultdict(list)
    tracks = snapshot.tracks_at([snapshot.row_of[f.track_id] for f in known])
    for said, track in zip(known, tracks, strict=True):
        days = max(0.0, (at - said.created_at).total_seconds() / 86_400)
        worth = WORTH[said.kind] * 0.5 ** (days / HALF_LIFE_DAYS)
        ground = Ground(track.id, track.title, said.kind, said.created_at, round(worth, 3))
        row = snapshot.row_of[track.id]
        for concept in snapshot.vocabulary.by_id:
            if snapshot.column(concept)[row] >= CLEARLY:
                grounds["concept", concept].append(ground)
        if track.artist:
            grounds["artist", track.artist].append(ground)
    lines = [_line(snapshot, field, value, found) for (field, value), found in grounds.items()]
    return sorted((line for line in lines if abs(line.weight) >= LEAST), key=lambda line: -abs(line.weight))[:MOST]


def _line(snapshot: Snapshot, field: TasteField, value: str, grounds: list[Ground]) -> Line:
    total = sum(g.worth for g in grounds)
    heard = sum(abs(g.worth) for g in grounds)
    # What nearly every track has tells nothing of a taste.
    common = float(np.mean(snapshot.column(value) >= CLEARLY)) if field == "concept" else 0.0
    weight = total / (heard + FEW) * (1 - common)
    newest = sorted(grounds, key=lambda g: (g.at, g.track_id), reverse=True)
    return Line(
        field, value, round(weight, 3), "learned", since=min(g.at for g in grounds), grounds=tuple(newest[:_GROUNDS])
    )


def _field(line: Line) -> WishField:
    return "artist" if line.field == "artist" else "genre" if line.field == "concept" else "other"
