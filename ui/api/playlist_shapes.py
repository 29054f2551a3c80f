"""The shapes of playlists at the REST door: documents, changes, continuations, recipes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError, model_validator

from catalog.changes import Changes, Placed
from catalog.documents import Add, Ban, Move, Operation, Pin, Remove, Rename, Spot, Unban, UseRecipe
from catalog.errors import DocumentError
from catalog.formats.jspf import read_jspf
from catalog.formats.values import MAX_ENTRIES, PlaylistDocument
from catalog.store.playlists import Playlists
from catalog.values import Document, Origin, Playlist, PlaylistItem, PlaylistSummary, PlaylistVersion, TrackId, UserId
from retrieval.constraints import Constraint, Op
from retrieval.constraints import Field as WishField
from retrieval.continuation.recipes import write_recipe
from retrieval.continuation.resolving import named_tracks
from retrieval.continuation.values import ArcShape, ContinuationRequest, Insertion, NamedTrack, Order
from retrieval.errors import QueryError
from ui.api.schemas import Filters, NamedShape, Shape, first_fault, ids

Ids = Annotated[list[str], Field(max_length=MAX_ENTRIES)]
Author = Annotated[str | None, Field(max_length=64, description="a short id of whoever makes the change")]


class WishShape(Shape):
    """A wish in full, as recipes keep it; `filters` say the same in short."""

    field: WishField
    op: Op
    value: str | float | tuple[float, float]
    source_text: str = ""
    hard: bool = True


class RecipeBody(Shape):
    """How a standing playlist is filled anew: `n` and `duration` are those of the whole list."""

    track_ids: Ids = Field(default=[])
    tracks: list[NamedShape | str] = Field(default=[], max_length=MAX_ENTRIES, description="names, or titles alone")
    title: str = Field(default="", max_length=500)
    n: int | None = Field(default=None, ge=1, le=500)
    exclude: Ids = Field(default=[])
    duration: float | None = Field(default=None, description="seconds", ge=1, le=86_400)
    filters: Filters = Filters()
    constraints: list[WishShape] = Field(default=[], max_length=100)
    max_per_artist: int | None = Field(default=3, ge=1, le=500, description="held where given; null: any number")
    liked: Ids = Field(default=[], description="more like these")
    disliked: Ids = Field(default=[], description="less like these, and never these")
    skipped: Ids = Field(default=[])
    user_id: str | None = Field(default=None, max_length=32, description="whose feedback counts")
    include: Ids = Field(default=[], description="ids that must be in")
    pinned: list[tuple[int, str]] = Field(
        default=[], max_length=500, description="(place among what is added, from 1; id of the track there)"
    )
    order: Order | None = Field(default=None, description="best first, or smooth: in playing order")
    arc: ArcShape | list[tuple[float, float]] | tuple[str, str] | None = Field(
        default=None,
        description="course of the energy: a name, or (place, energy) points, or two sounds, from and to",
    )
    insert: Insertion = Field(default="end", description="inside the playlist: gaps (poorest steps) or even")
    seed_weights: dict[str, float] = Field(
        default={}, max_length=MAX_ENTRIES, description="how much an id of the playlist counts; 1 unless told"
    )

    def request(self) -> ContinuationRequest:
        """Return the continuation that is asked for; QueryError for wishes that make no sense."""
        wishes = [Constraint(w.field, w.op, w.value, w.source_text, w.hard) for w in self.constraints]
        wishes += self.filters.constraints()
        if "max_per_artist" in self.model_fields_set and self.max_per_artist is not None:
            cap = Constraint("per_artist", "max", float(self.max_per_artist), "max_per_artist")
            wishes += [] if cap in wishes else [cap]
        return ContinuationRequest(
            track_ids=ids(self.track_ids),
            tracks=tuple(NamedTrack(t) if isinstance(t, str) else NamedTrack(t.title, t.artist) for t in self.tracks),
            title=self.title,
            n=self.n,
            exclude=frozenset(ids(self.exclude)),
            duration_s=self.duration,
            constraints=tuple(wishes),
            max_per_artist=self.max_per_artist,
            liked=ids(self.liked),
            disliked=ids(self.disliked),
            skipped=ids(self.skipped),
            user_id=None if self.user_id is None else UserId(self.user_id),
            include=ids(self.include),
            pinned=tuple((place, TrackId(i)) for place, i in self.pinned),
            order=self.order,
            arc=tuple(self.arc) if isinstance(self.arc, list) else self.arc,
            insert=self.insert,
            seed_weights={TrackId(i): weight for i, weight in self.seed_weights.items()},
        )


class ContinueBody(RecipeBody):
    """A playlist to go on with: tracks by id or by name, a title, a stored playlist, a JSPF object, or several."""

    playlist_id: str | None = Field(default=None, max_length=64, description="a stored playlist; its bans stay out")
    jspf: dict[str, Any] | None = Field(default=None, description="a playlist as JSPF")

    def request(self) -> ContinuationRequest:
        """Return what is asked for; tracks that it names as liked do not come back."""
        asked = super().request()
        asked = replace(asked, exclude=asked.exclude | frozenset(asked.liked))
        if self.jspf is None:
            return asked
        whole = self.jspf if "playlist" in self.jspf else {"playlist": self.jspf}
        return named_by(read_jspf(json.dumps(whole)), asked)


def continue_body(given: dict[str, Any]) -> ContinueBody:
    """Read a playlist to go on with; QueryError with the first thing that is wrong."""
    try:
        return ContinueBody.model_validate(given)
    except ValidationError as error:
        raise QueryError(first_fault(error)) from error


def named_by(document: PlaylistDocument, asked: ContinuationRequest) -> ContinuationRequest:
    """Return a request that also goes on with the entries of a playlist document."""
    return replace(asked, tracks=(*named_tracks(document), *asked.tracks), title=asked.title or document.title or "")


class EntryBody(Shape):
    """An entry: a track of the catalogue, or the words of one that is not there."""

    track_id: str | None = Field(default=None, max_length=64)
    title: str | None = Field(default=None, max_length=500)
    artist: str | None = Field(default=None, max_length=500)
    pinned: bool = False
    added_by: str | None = Field(default=None, max_length=64)

    @model_validator(mode="after")
    def _is_something(self) -> EntryBody:
        if self.track_id is None and not (self.title or "").strip():
            raise ValueError("an entry needs a track_id or a title")
        return self


class EntriesBody(Shape):
    """Entries, by the ids of their tracks or in full."""

    track_ids: Ids = Field(default=[])
    entries: list[EntryBody] = Field(default=[], max_length=MAX_ENTRIES)

    @model_validator(mode="after")
    def _one_way(self) -> EntriesBody:
        if self.track_ids and self.entries:
            raise ValueError("give track_ids or entries, not both")
        return self

    def items(self, playlists: Playlists) -> tuple[PlaylistItem, ...]:
        """Return the entries, tracks by the catalogue's names; NotFoundError for one that is not there."""
        if self.track_ids:
            return playlists.items(ids(self.track_ids))
        tracks = iter(playlists.items([TrackId(e.track_id) for e in self.entries if e.track_id is not None]))
        items = []
        for entry in self.entries:
            named = PlaylistItem(None, entry.title or "", entry.artist) if entry.track_id is None else next(tracks)
            items.append(replace(named, pinned=entry.pinned, added_by=entry.added_by))
        return tuple(items)


class PlaylistBody(EntriesBody):
    """A playlist as a whole."""

    # A client may send back what it read; what the server alone decides is not read.
    model_config = ConfigDict(extra="forbid")
    title: str = Field(default="Untitled", max_length=500)
    description: str = Field(default="", max_length=2000)
    bans: Ids = Field(default=[], description="ids of tracks that never come in")
    recipe: RecipeBody | None = None
    author: Author = None

    @model_validator(mode="before")
    @classmethod
    def _as_it_was_read(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        return {k: v for k, v in given.items() if k not in {"id", "version", "length", "origin", "updated_at"}}

    def recipe_text(self) -> str | None:
        """Return the recipe as the store keeps it."""
        return None if self.recipe is None else write_recipe(self.recipe.request())


class AddOp(EntriesBody):
    """Put entries in before `position` (from 0), or at the end."""

    op: Literal["add"]
    position: int | None = None


class SpotOp(Shape):
    """An operation on the entry at `position` (from 0), or on every entry of `track_id`."""

    op: Literal["remove", "pin", "unpin"]
    position: int | None = None
    track_id: str | None = Field(default=None, max_length=64)

    @model_validator(mode="after")
    def _one_way(self) -> SpotOp:
        if (self.position is None) == (self.track_id is None):
            raise ValueError(f"{self.op} needs either a position or a track_id")
        return self

    def operation(self) -> Operation:
        """Return the change."""
        at: Spot = self.position if self.position is not None else TrackId(self.track_id or "")
        return Remove(at) if self.op == "remove" else Pin(at, self.op == "pin")


class MoveOp(Shape):
    """Take the entry at `position` out and put it in at the place `to` of what is left; both from 0."""

    op: Literal["move"]
    position: int
    to: int


class BanOp(Shape):
    """Take a track out for good, or let it in again."""

    op: Literal["ban", "unban"]
    track_id: str = Field(max_length=64)


class RenameOp(Shape):
    """Give another title, another description, or both."""

    op: Literal["rename"]
    title: str | None = Field(default=None, max_length=500)
    description: str | None = Field(default=None, max_length=2000)


class RecipeOp(Shape):
    """Give another recipe, or none."""

    op: Literal["recipe"]
    recipe: RecipeBody | None


AnyOp = Annotated[AddOp | SpotOp | MoveOp | BanOp | RenameOp | RecipeOp, Field(discriminator="op")]


class PatchBody(Shape):
    """Changes that become one version, all or none."""

    operations: list[AnyOp] = Field(max_length=1000)
    author: Author = None

    def made(self, playlists: Playlists) -> list[Operation]:
        """Return the changes; DocumentError where there are none."""
        if not self.operations:
            raise DocumentError(
                "The list of operations is empty; give at least one of add, remove, move, pin, unpin, ban, unban, "
                "rename and recipe."
            )
        return [_operation(given, playlists) for given in self.operations]


class AuthorBody(Shape):
    """Who makes the change."""

    author: Author = None


class ForkBody(AuthorBody):
    """What to fork: the current version unless told, under the same title unless told."""

    version: int | None = None
    title: str | None = Field(default=None, max_length=500)


def playlist_shape(stored: Playlist) -> dict[str, Any]:
    """Return a stored playlist as the API shows it."""
    head = {"id": stored.id, "version": stored.version, "length": len(stored.entries)}
    origin = origin_shape(stored.origin)
    document = Document(stored.title, stored.description, stored.entries, stored.bans, stored.recipe)
    return head | document_shape(document) | {"origin": origin, "updated_at": stored.updated_at.isoformat() + "Z"}


def document_shape(document: Document) -> dict[str, Any]:
    """Return what a playlist holds, now or at a version, as the API shows it."""
    return {
        "title": document.title,
        "description": document.description,
        "entries": [entry_shape(e) for e in document.entries],
        "bans": list(document.bans),
        "recipe": None if document.recipe is None else recipe_shape(document.recipe),
    }


def entry_shape(entry: PlaylistItem) -> dict[str, Any]:
    """Return an entry as the API shows it."""
    return {
        "track_id": entry.track_id,
        "title": entry.title,
        "artist": entry.artist,
        "pinned": entry.pinned,
        "added_by": entry.added_by,
    }


def recipe_shape(text: str) -> dict[str, Any]:
    """Return a recipe in the fields that `RecipeBody` reads; its filters have become constraints."""
    told: dict[str, Any] = json.loads(text)
    if "duration_s" in told:
        told["duration"] = told.pop("duration_s")
    return told


def summary_shape(stored: PlaylistSummary) -> dict[str, Any]:
    """Return a playlist without its entries as the API shows it."""
    return {
        "id": stored.id,
        "title": stored.title,
        "description": stored.description,
        "version": stored.version,
        "length": stored.length,
        "standing": stored.standing,
        "origin": origin_shape(stored.origin),
        "created_at": stored.created_at.isoformat() + "Z",
        "updated_at": stored.updated_at.isoformat() + "Z",
    }


def version_shape(version: PlaylistVersion) -> dict[str, Any]:
    """Return a version as the API shows it."""
    return {
        "version": version.number,
        "created_at": version.created_at.isoformat() + "Z",
        "message": version.message,
        "author": version.author,
        "title": version.title,
        "length": version.length,
    }


def changes_shape(changes: Changes) -> dict[str, Any]:
    """Return the difference of two versions as the API shows it."""

    def placed(found: tuple[Placed, ...]) -> list[dict[str, Any]]:
        return [{"position": p.position} | entry_shape(p.entry) for p in found]

    def turned(pair: tuple[str, str] | None) -> dict[str, str] | None:
        return None if pair is None else {"from": pair[0], "to": pair[1]}

    return {
        "added": placed(changes.added),
        "removed": placed(changes.removed),
        "moved": [{"from": m.before, "to": m.after} | entry_shape(m.entry) for m in changes.moved],
        "pinned": placed(changes.pinned),
        "unpinned": placed(changes.unpinned),
        "banned": list(changes.banned),
        "unbanned": list(changes.unbanned),
        "renamed": turned(changes.renamed),
        "described": turned(changes.described),
        "new_recipe": changes.new_recipe,
    }


def origin_shape(origin: Origin | None) -> dict[str, Any] | None:
    """Return where a fork comes from as the API shows it; None for what is no fork."""
    return None if origin is None else {"playlist_id": origin.playlist_id, "version": origin.version}


def _operation(given: AnyOp, playlists: Playlists) -> Operation:
    match given:
        case AddOp():
            return Add(given.items(playlists), given.position)
        case SpotOp():
            return given.operation()
        case MoveOp():
            return Move(given.position, given.to)
        case BanOp():
            (item,) = playlists.items([TrackId(given.track_id)])
            return Ban(item) if given.op == "ban" else Unban(item)
        case RenameOp():
            return Rename(given.title, given.description)
        case RecipeOp():
            return UseRecipe(None if given.recipe is None else write_recipe(given.recipe.request()))
