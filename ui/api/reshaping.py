"""Reshaping a stored playlist at the REST door and on the command line: what is asked for, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import AliasChoices, Field, ValidationError

from agent.told import told_of_list
from catalog.values import PlaylistId, TrackId, UserId
from retrieval.constraints import Constraint
from retrieval.continuation.values import ArcShape, WholeOrder
from retrieval.continuation.whole import Reshape, Reshaped, arrangement_of, reshape_playlist
from retrieval.errors import QueryError
from retrieval.reading.wishes import residue
from ui.api import schemas
from ui.api.playlist_shapes import Author, entry_shape
from ui.compose import App


class ReshapeBody(schemas.Shape):
    """What the whole playlist should be like; what is left out stays as it is."""

    n: int | None = Field(default=None, ge=1, le=500, description="tracks of the whole list")
    duration: float | None = Field(
        default=None,
        ge=1,
        le=86_400,
        validation_alias=AliasChoices("duration", "duration_s"),
        description="seconds of the whole list",
    )
    arc: ArcShape | list[tuple[float, float]] | tuple[str, str] | None = Field(
        default=None,
        description="course of the energy: a name, or (place, energy) points, or two sounds, from and to",
    )
    order: WholeOrder | None = Field(
        default=None, description="by what fits, by a property, shuffle, reverse; unless told the order stays"
    )
    descending: bool = Field(default=False, description="with an order by a property")
    keep: list[int | str] = Field(
        default=[], max_length=500, description="entries that stay, even against a wish: positions from 0, or ids"
    )
    in_place: bool = Field(default=False, description="what is kept also keeps its place")
    wishes: str = Field(default="", max_length=1000, description="in words, as in the chat: no vocals, only CC0")
    filters: schemas.Filters = schemas.Filters()
    user_id: str | None = Field(default=None, max_length=32, description="whose feedback counts")
    dry_run: bool = Field(default=False, description="only tell what it would be")
    author: Author = None

    def asked(self, wishes: tuple[Constraint, ...]) -> Reshape:
        """Return what is asked for, with the `wishes` that the words were read as."""
        return Reshape(
            n=self.n,
            duration_s=self.duration,
            arc=tuple(self.arc) if isinstance(self.arc, list) else self.arc,
            order=self.order,
            descending=self.descending,
            keep=tuple(spot if isinstance(spot, int) else TrackId(spot) for spot in self.keep),
            in_place=self.in_place,
            constraints=(*wishes, *self.filters.constraints()),
            user_id=None if self.user_id is None else UserId(self.user_id),
        )


def reshape_body(given: Mapping[str, object]) -> ReshapeBody:
    """Read what is asked for; QueryError with the first thing that is wrong."""
    try:
        return ReshapeBody.model_validate(given)
    except ValidationError as error:
        raise QueryError(schemas.first_fault(error)) from error


def reshaped(parts: App, playlist_id: PlaylistId, body: ReshapeBody, expected_version: int | None) -> Reshaped:
    """Reshape a stored playlist, or with `dry_run` tell what it would be.

    Raises:
        NotFoundError: no such playlist.
        QueryError: what is asked for cannot be, or its words cannot be read.
        ConflictError: the playlist is not at `expected_version`, or was changed meanwhile.
    """
    return reshape_playlist(
        parts.catalogue,
        parts.continuer,
        playlist_id,
        body.asked(_read(parts, body.wishes)),
        dry_run=body.dry_run,
        expected_version=expected_version,
        author=body.author,
    )


def reshaped_shape(parts: App, done: Reshaped, body: ReshapeBody) -> dict[str, Any]:
    """Return what became of a playlist as the API shows it, beside the playlist itself."""
    return {
        "length": len(done.entries),
        "entries": [entry_shape(e) for e in done.entries],
        "dry_run": body.dry_run,
        "stayed": done.stayed,
        "went": [entry_shape(e) for e in done.went],
        "came": [entry_shape(e) for e in done.came],
        "said": list(sentences(parts, done, body)),
        "receipts": [r.model_dump() for r in schemas.receipts_shape(done.answer.receipts)],
    }


def sentences(parts: App, done: Reshaped, body: ReshapeBody) -> tuple[str, ...]:
    """Return what the chat would say of it."""
    return told_of_list(
        parts.catalogue.library,
        parts.engine.state,
        done.answer.tracks,
        done.request.track_ids,
        done.request,
        kept=done.request.include,
        arrangement=arrangement_of(body.order, body.descending),
    )


def _read(parts: App, words: str) -> tuple[Constraint, ...]:
    """Return the wishes in words; QueryError where some of the words say anything else, which would be lost."""
    read = parts.engine.parse(words)
    whole = read.n is not None or read.total_s is not None or read.freshness is not None
    strange = residue(read.rest) or (words if whole or not read.constraints else "")
    if strange.strip():
        raise QueryError(
            f"“{strange.strip()[:80]}” is no wish that a track can hold or not; say it otherwise, give a length and an "
            "order in their own fields, or use filters."
        )
    return read.constraints
