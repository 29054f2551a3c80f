"""What changed between two versions of a playlist."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from catalog.values import Document, PlaylistItem, TrackId


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry and its place, from 0, in the version where it stands."""

    position: int
    entry: PlaylistItem


@dataclass(frozen=True, slots=True)
class Moved:
    """An entry of both versions that changed its order among those that are in both; places from 0."""

    before: int
    after: int
    entry: PlaylistItem


@dataclass(frozen=True, slots=True)
class Changes:
    """The way from one document to another, each list in playing order.

    `renamed` and `described` are (before, after), None where nothing changed; `pinned` and `unpinned` have the places
    after the change. An entry that only slid, because others came or went, is not moved.
    """

    added: tuple[Placed, ...] = ()
    removed: tuple[Placed, ...] = ()
    moved: tuple[Moved, ...] = ()
    pinned: tuple[Placed, ...] = ()
    unpinned: tuple[Placed, ...] = ()
    banned: tuple[TrackId, ...] = ()
    unbanned: tuple[TrackId, ...] = ()
    renamed: tuple[str, str] | None = None
    described: tuple[str, str] | None = None
    new_recipe: bool = False


def changes_between(before: Document, after: Document) -> Changes:
    """Return what leads from one document to the other.

    Entries are matched by track (or by words where there is none), the first with the first and so on; of those that
    are in both, as few as possible are called moved (all but a longest increasing run).
    """
    pairs = _pairs(before.entries, after.entries)
    left, right = {a for a, _ in pairs}, {b for _, b in pairs}
    still = _longest_rising([b for _, b in pairs])
    both = sorted((b, a) for a, b in pairs)
    turned = [(b, after.entries[b]) for b, a in both if before.entries[a].pinned != after.entries[b].pinned]
    new = [(n, e) for n, e in enumerate(after.entries) if n not in right]
    turned_or_new = sorted([*turned, *((n, e) for n, e in new if e.pinned)], key=lambda placed: placed[0])
    return Changes(
        added=tuple(Placed(n, e) for n, e in new),
        removed=tuple(Placed(n, e) for n, e in enumerate(before.entries) if n not in left),
        moved=tuple(Moved(a, b, after.entries[b]) for b, a in both if b not in still),
        pinned=tuple(Placed(n, e) for n, e in turned_or_new if e.pinned),
        unpinned=tuple(Placed(n, e) for n, e in turned if not e.pinned),
        banned=tuple(b for b in after.bans if b not in set(before.bans)),
        unbanned=tuple(b for b in before.bans if b not in set(after.bans)),
        renamed=(before.title, after.title) if before.title != after.title else None,
        described=(before.description, after.description) if before.description != after.description else None,
        new_recipe=before.recipe != after.recipe,
    )


def _pairs(before: Sequence[PlaylistItem], after: Sequence[PlaylistItem]) -> list[tuple[int, int]]:
    """Return (place before, place after) of the entries that are in both, by the place before."""
    waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
    for place in reversed(range(len(after))):
        waiting[_key(after[place])].append(place)
    return [(n, waiting[key].pop()) for n, e in enumerate(before) if waiting.get(key := _key(e))]


def _key(entry: PlaylistItem) -> Hashable:
    return entry.track_id if entry.track_id is not None else (entry.title, entry.artist)


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """Return the numbers of a longest increasing run, not necessarily of neighbours (patience sorting)."""
    tops: list[int] = []
    places: list[int] = []
    earlier: list[int] = []
    for place, number in enumerate(numbers):
        pile = bisect_left(tops, number)
        earlier.append(places[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(number)
            places.append(place)
        else:
            tops[pile], places[pile] = number, place
    found = set()
    place = places[-1] if places else -1
    while place >= 0:
        found.add(numbers[place])
        place = earlier[place]
    return found
