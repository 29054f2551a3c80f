"""``/v1/profile``: what is known of a user's taste, to see, to change, to take along and to erase."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from catalog.errors import NotFoundError
from catalog.values import Taste, TasteField, TrackId, UserId
from retrieval.errors import QueryError
from retrieval.profile import Ground, Line, Profile
from ui.api.parts import Parts
from ui.api.users import user_of
from ui.compose import App

router = APIRouter(prefix="/v1/profile", tags=["profile"])


class LineEdit(BaseModel):
    """One line: another `weight`, `never`, or removed (null, or 0); a new one where there is none."""

    model_config = ConfigDict(extra="forbid")
    field: TasteField = "concept"
    value: str = Field(min_length=1, max_length=120)
    weight: float | None = Field(ge=-1, le=1)
    never: bool = False


class ProfileEdit(BaseModel):
    """Changes of a profile: `on` false keeps it and lets it count for nothing."""

    model_config = ConfigDict(extra="forbid")
    on: bool | None = None
    lines: list[LineEdit] = Field(default=[], max_length=100)


class GroundShape(BaseModel):
    """A reaction that a line was learned from, when (UTC) and what it is still worth."""

    track_id: TrackId
    title: str
    kind: str
    at: datetime
    worth: float


class LineShape(BaseModel):
    """One line of a profile; `weight` in [-1, 1], `origin` says whether it was stated, edited or learned."""

    field: TasteField
    value: str
    weight: float
    never: bool
    origin: Literal["stated", "edited", "learned"]
    words: str
    since: datetime | None
    evidence: list[GroundShape]


class ProfileShape(BaseModel):
    """What is known of a user's taste. `reactions` counts what was liked, disliked, skipped and heard to the end."""

    user_id: str
    on: bool
    reactions: int
    lines: list[LineShape]


def owner_of(
    request: Request,
    parts: Parts,
    user_id: Annotated[
        str | None, Query(min_length=1, max_length=32, description="whose; your own unless told")
    ] = None,
) -> UserId:
    """Return whose profile a request is about; NotFoundError where nobody is told or nothing was kept of them."""
    user = user_of(request, parts, user_id)
    if user is None:
        raise NotFoundError("Whose profile? Give user_id, or use that user's own key.")
    if user_id is not None and user != parts.local_user:
        known_of(parts, user)
    return user


Owner = Annotated[UserId, Depends(owner_of)]


@router.get("")
def show(parts: Parts, user: Owner) -> ProfileShape:
    """Return the lines of the profile, each with its evidence."""
    return profile_shape(user, parts.profiles.of(user))


@router.patch("")
def edit(body: ProfileEdit, parts: Parts, user: Owner) -> ProfileShape:
    """Change, add or remove lines, or switch the profile off and on."""
    change(parts, user, body)
    return profile_shape(user, parts.profiles.of(user))


@router.delete("")
def erase(parts: Parts, user: Owner) -> dict[str, int]:
    """Erase all that is kept of the user's taste, the reactions to tracks included."""
    erased = parts.catalogue.tastes.erase(user)
    return {"tastes": erased.tastes, "reactions": erased.reactions}


@router.get("/export")
def export(parts: Parts, user: Owner) -> JSONResponse:
    """Return everything that is kept of the user's taste as a JSON file."""
    name = 'attachment; filename="trichord-profile.json"'
    return JSONResponse(exported(parts, user), headers={"Content-Disposition": name})


def known_of(parts: App, user: UserId) -> None:
    """Raise NotFoundError where nothing was ever kept of a user."""
    if not parts.catalogue.tastes.known(user):
        raise NotFoundError(
            f"Nothing is known of a user {user[:32]!r}; a taste or a reaction with that user_id makes one."
        )


def change(parts: App, user: UserId, body: ProfileEdit) -> None:
    """Carry out changes of a profile, as every door does.

    Raises:
        QueryError: a concept that is none.
    """
    concepts = parts.engine.state.snapshot.vocabulary
    named: list[tuple[LineEdit, str]] = []
    for line in body.lines:
        concept = concepts.concept(line.value) if line.field == "concept" else None
        if line.field == "concept" and concept is None:
            raise QueryError(f"{line.value[:40]!r} is no concept; give field artist or word, or one of the vocabulary.")
        named.append((line, concept.id if concept is not None else line.value))
    for line, value in named:
        if not line.weight and not line.never:
            _remove(parts, user, line.field, value)
        else:
            weight = -1.0 if line.never or line.weight is None else line.weight
            parts.catalogue.tastes.keep(user, Taste(line.field, value, weight, line.never, "edited"))
    if body.on is not None:
        parts.catalogue.tastes.switch(user, body.on)


def _remove(parts: App, user: UserId, field: TasteField, value: str) -> None:
    """Remove a line; one that was learned would be learned again, so it is kept as one that counts for nothing."""
    parts.catalogue.tastes.remove(user, field, value)
    if any((line.field, line.value) == (field, value) for line in parts.profiles.of(user).lines):
        parts.catalogue.tastes.keep(user, Taste(field, value, 0.0, origin="edited"))


def exported(parts: App, user: UserId) -> dict[str, Any]:
    """Return everything that is kept of a user's taste: the profile, what was said, every reaction."""
    catalogue = parts.catalogue
    reactions = catalogue.conversations.feedback(user_id=user)
    titles = {t.id: (t.title, t.artist) for t in catalogue.library.get_many([f.track_id for f in reactions])}
    return {
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "profile": profile_shape(user, parts.profiles.of(user)).model_dump(mode="json"),
        "tastes": [
            {
                "field": t.field,
                "value": t.value,
                "weight": t.weight,
                "never": t.never,
                "origin": t.origin,
                "words": t.words,
                "at": t.created_at.isoformat(),
            }
            for t in catalogue.tastes.of(user)
        ],
        "reactions": [
            {
                "track_id": f.track_id,
                "title": titles.get(f.track_id, ("", None))[0],
                "artist": titles.get(f.track_id, ("", None))[1],
                "kind": f.kind,
                "session_id": f.session_id,
                "at": f.created_at.isoformat(),
            }
            for f in reactions
        ],
    }


def profile_shape(user: UserId, profile: Profile) -> ProfileShape:
    """Return a profile as the API shows it."""
    lines = [_line_shape(line) for line in profile.lines]
    return ProfileShape(user_id=user, on=profile.on, reactions=profile.reactions, lines=lines)


def _line_shape(line: Line) -> LineShape:
    names = ("field", "value", "weight", "never", "origin", "words", "since")
    told = {name: getattr(line, name) for name in names}
    return LineShape(**told, evidence=[_ground_shape(g) for g in line.grounds])


def _ground_shape(ground: Ground) -> GroundShape:
    return GroundShape(track_id=ground.track_id, title=ground.title, kind=ground.kind, at=ground.at, worth=ground.worth)
