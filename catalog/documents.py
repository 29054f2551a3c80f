"""The changes of a living playlist: each operation takes a document to the next one and says in words what it did.

Nothing here is stored; `catalog.store.playlists` makes a version of what comes out. Places count from 0, in words
from 1. A track may stand in a document any number of times, and a banned one never does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from catalog.errors import DocumentError
from catalog.formats.values import MAX_ENTRIES
from catalog.names import UNTITLED, clean
from catalog.values import Document, PlaylistItem, TrackId

MAX_DESCRIPTION, MAX_AUTHOR, MAX_MESSAGE = 2_000, 64, 300

# A place of the document, or a track for every place where it stands.
Spot = int | TrackId


class Operation(Protocol):
    """``apply`` returns the next document and a clause about the change ("" for none), or raises DocumentError.

    `author` is the short id of whoever makes the change, if known.
    """

    def apply(self, document: Document, author: str | None) -> tuple[Document, str]: ...


def applied(document: Document, operations: Iterable[Operation], author: str | None = None) -> tuple[Document, str]:
    """Return the document after all operations, one after the other, and what they did in one line.

    Raises:
        DocumentError: one of them cannot be made, or the outcome is over a limit; none of them is made then.
    """
    words = []
    for operation in operations:
        document, said = operation.apply(document, author)
        words += [said] if said else []
    for many, what in ((document.entries, "entries"), (document.bans, "banned tracks")):
        if len(many) > MAX_ENTRIES:
            raise DocumentError(
                f"The playlist would have {len(many)} {what}; up to {MAX_ENTRIES} are kept, so split it into several."
            )
    line = "; ".join(words)
    return document, line if len(line) <= MAX_MESSAGE else f"{line[: MAX_MESSAGE - 1]}…"


@dataclass(frozen=True, slots=True)
class Add:
    """Put entries in before the place `position`; at the end when it is None."""

    entries: tuple[PlaylistItem, ...]
    position: int | None = None

    def apply(self, document: Document, author: str | None) -> tuple[Document, str]:
        """See `Operation`."""
        new = _fit(self.entries, document.bans, author)
        count = len(document.entries)
        place = count if self.position is None else self.position
        if not 0 <= place <= count:
            raise DocumentError(f"Position {place} is out of range; give 0 to {count} to add to {count} entries.")
        entries = (*document.entries[:place], *new, *document.entries[place:])
        return replace(document, entries=entries), f"added {_named(new)}" if new else ""


@dataclass(frozen=True, slots=True)
class Remove:
    """Take out the entry at a place, or every entry of a track."""

    at: Spot

    def apply(self, document: Document, author: str | None) -> tuple[Document, str]:
        """See `Operation`."""
        places = set(_places(document, self.at))
        gone = [e for n, e in enumerate(document.entries) if n in places]
        return _without(document, places), f"removed {_named(gone)}"


@dataclass(frozen=True, slots=True)
class Move:
    """Take the entry at a place out and put it in at the place `to` of what is left."""

    at: int
    to: int

    def apply(self, document: Document, author: str | None) -> tuple[Document, str]:
        """See `Operation`."""
        ((place,), (to,)) = (_places(document, where) for where in (self.at, self.to))
        entries = list(document.entries)
        moved = entries.pop(place)
        entries.insert(to, moved)
        words = f"moved {_named([moved])} to place {to + 1}" if to != place else ""
        return replace(document, entries=tuple(entries)), words


@dataclass(frozen=True, slots=True)
class Pin:
    """Make an entry (or all of a track) keep its place when the playlist is refreshed; `pinned` False lets it go."""

    at: Spot
    pinned: bool = True

    def apply(self, document: Document, author: str | None) -> tuple[Document, str]:
        """See `Operation`."""
        entries = list(document.entries)
        changed = [n for n in _places(document, self.at) if entries[n].pinned != self.pinned]
        for place in changed:
            entries[place] = replace(entries[place], pinned=self.pinned)
        verb = "pinned" if self.pinned else "unpinned"
        words = f"{verb} {_named([entries[n] for n in changed])}" if changed else ""
        return replace(document, entries=tuple(entries)), words


@dataclass(frozen=True, slots=True)
class Ban:
    """Take a track out and never let it in again; `item` names it."""

    item: PlaylistItem

    def apply(self, document: Document, author: str | None) -> tuple[Document, str]:
        """See `Operation`."""
        banned = self.item.track_id
        if banned is None:
            raise DocumentError(f"{_named([self.item])} is not in the catalogue; only its tracks can be banned.")
        if banned in document.bans:
            return document, ""
        left = _without(document, {n for n, e in enumerate(document.entries) if e.track_id == banned})
        return replace(left, bans=(*document.bans, banned)), f"banned {_named([self.item])}"


@dataclass(frozen=True, slots=True)
class Unban:
    """Let a banned track in again; it does not come back by itself."""

    item: PlaylistItem

    def apply(self, document: Document, author: str | None) -> tuple[Document, str]:
        """See `Operation`."""
        if self.item.track_id not in document.bans:
            return document, ""
        bans = tuple(b for b in document.bans if b != self.item.track_id)
        return replace(document, bans=bans), f"lifted the ban on {_named([self.item])}"


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a title, a description, or both; None leaves one as it is."""

    title: str | None = None
    description: str | None = None

    def apply(self, document: Document, author: str | None) -> tuple[Document, str]:
        """See `Operation`."""
        title = document.title if self.title is None else clean(self.title) or UNTITLED
        told = document.description if self.description is None else clean(self.description, MAX_DESCRIPTION) or ""
        words = [f"renamed to “{title}”"] if title != document.title else []
        words += ["changed the description"] if told != document.description else []
        return replace(document, title=title, description=told), "; ".join(words)


@dataclass(frozen=True, slots=True)
class UseRecipe:
    """Make the playlist a standing one by a recipe, or, with None, an ordinary one."""

    recipe: str | None

    def apply(self, document: Document, author: str | None) -> tuple[Document, str]:
        """See `Operation`."""
        words = "dropped the recipe" if self.recipe is None else "changed the recipe"
        return replace(document, recipe=self.recipe), words if self.recipe != document.recipe else ""


@dataclass(frozen=True, slots=True)
class Replace:
    """Put other entries (and, unless None, other bans) in the place of all there are.

    An entry that was there before keeps who added it, unless it says otherwise. `said` are the words for it, if any
    are better than how many there are now.
    """

    entries: tuple[PlaylistItem, ...]
    bans: tuple[TrackId, ...] | None = None
    said: str | None = None

    def apply(self, document: Document, author: str | None) -> tuple[Document, str]:
        """See `Operation`."""
        bans = document.bans if self.bans is None else tuple(dict.fromkeys(self.bans))
        entries = _fit(_as_before(self.entries, document.entries), bans, author)
        said = self.said or f"replaced the entries ({len(entries)} now)"
        words = [said] if entries != document.entries else []
        words += ["changed the bans"] if bans != document.bans else []
        return replace(document, entries=entries, bans=bans), "; ".join(words)


@dataclass(frozen=True, slots=True)
class Refresh:
    """Fill the playlist anew with tracks, in their order: pinned entries keep their places, banned tracks stay out.

    A pinned place beyond the new end comes last. No track comes twice, unless it is pinned twice.
    """

    tracks: tuple[PlaylistItem, ...]

    def apply(self, document: Document, author: str | None) -> tuple[Document, str]:
        """See `Operation`."""
        pins = {n: e for n, e in enumerate(document.entries) if e.pinned}
        out = {*document.bans, *(e.track_id for e in pins.values())}
        unlike = {e.track_id: e for e in self.tracks if e.track_id is not None and e.track_id not in out}
        fresh = iter(_fit(_as_before(tuple(unlike.values()), document.entries), document.bans, author))
        entries: list[PlaylistItem] = []
        for place in range(len(unlike) + len(pins)):
            here = pins.pop(place, None) or next(fresh, None)
            if here is None:
                break
            entries.append(here)
        entries += pins.values()
        before = {e.track_id for e in document.entries}
        new = sum(e.track_id not in before for e in entries)
        words = f"refreshed by its recipe: {new} new of {len(entries)}"
        after = replace(document, entries=tuple(entries))
        return after, words if after != document else ""


def _fit(entries: Sequence[PlaylistItem], bans: Collection[TrackId], author: str | None) -> tuple[PlaylistItem, ...]:
    """Return entries with clean words and whoever adds them; DocumentError for a banned track."""
    banned = set(bans)
    for entry in entries:
        if entry.track_id in banned:
            raise DocumentError(f"{_named([entry])} is banned from this playlist; lift the ban first.")
    return tuple(
        PlaylistItem(
            e.track_id,
            clean(e.title) or UNTITLED,
            clean(e.artist),
            e.pinned,
            clean(e.added_by, MAX_AUTHOR) or author,
        )
        for e in entries
    )


def _as_before(entries: Sequence[PlaylistItem], before: Iterable[PlaylistItem]) -> tuple[PlaylistItem, ...]:
    known = {e.track_id: e.added_by for e in before if e.track_id is not None}
    return tuple(
        replace(e, added_by=known[e.track_id]) if e.added_by is None and e.track_id in known else e for e in entries
    )


def _places(document: Document, at: Spot) -> list[int]:
    count = len(document.entries)
    if isinstance(at, int):
        if not 0 <= at < count:
            there = f"give 0 to {count - 1}" if count else "the playlist is empty"
            raise DocumentError(f"Position {at} is out of range; {there}.")
        return [at]
    found = [n for n, e in enumerate(document.entries) if e.track_id == at]
    if not found:
        raise DocumentError(f"The track {at[:64]!r} is not in this playlist; add it first.")
    return found


def _without(document: Document, places: Collection[int]) -> Document:
    return replace(document, entries=tuple(e for n, e in enumerate(document.entries) if n not in places))


def _named(entries: Sequence[PlaylistItem]) -> str:
    if len(entries) > 1:
        return f"{len(entries)} entries"
    return f"“{entries[0].title[:80]}”" + (f" by {entries[0].artist[:80]}" if entries[0].artist else "")
