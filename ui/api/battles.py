"""Blind battles over REST: two sides for the same words, a vote, what they were, and who stands where."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import Field

from agent.arena.battles import LEAST_LISTENED_S, MAX_WORDS, SideName, Wanted
from agent.arena.strengths import MINIMUM, Standing, standings
from catalog.battles import CATALOGUE, Battle, BattleId, BattleKind, Choice, Side
from catalog.errors import NotFoundError
from catalog.values import GenerationId
from ui.api import schemas
from ui.api.generation_bodies import BriefBody, resolver
from ui.api.generations import Bins, drawn, own_piece
from ui.api.idempotency import Answer, Keyed
from ui.api.parts import Incoming, Parts
from ui.api.users import OWNER, user_of
from ui.compose import App

router = APIRouter(prefix="/v1/battles", tags=["battles"])


class BattleBody(BriefBody):
    """What both sides are to be like, and what is compared: the catalogue, two systems, or two seeds of one."""

    kind: BattleKind
    generation_id: str | None = Field(default=None, max_length=32, description="a finished piece that is one side")
    backends: list[str] = Field(default=[], max_length=2)
    user_id: str | None = Field(default=None, min_length=1, max_length=32)


class Listened(schemas.Shape):
    """Seconds of each side that were heard."""

    a: float = Field(ge=0, le=86_400)
    b: float = Field(ge=0, le=86_400)


class VoteBody(schemas.Shape):
    """Which side is better. `share_words` lets the words of brief and vote into a release of the votes."""

    choice: Choice
    words: str = Field(default="", max_length=MAX_WORDS)
    listened_s: Listened
    share_words: bool = False


def _own(battle_id: str, request: Request, parts: Parts) -> Battle:
    """Return a battle; one that is another user's is as if it were not there."""
    battle = parts.arena.get(BattleId(battle_id))
    owner: str | None = request.scope.get(OWNER)
    if owner is not None and battle.user_id not in {None, owner}:
        raise NotFoundError(f"No battle has the id {battle_id[:64]!r}; start a new one.")
    return battle


Own = Annotated[Battle, Depends(_own)]


@router.post("", status_code=202)
def start(body: BattleBody, request: Request, parts: Parts, uploads: Incoming, once: Keyed) -> Response:
    """Begin a battle; ask for it until it is ready."""
    user = user_of(request, parts, body.user_id)

    def make() -> Answer:
        known: GenerationId | None = None
        if body.generation_id is not None:
            known = own_piece(body.generation_id, request, parts).id
        wish = body.wish(resolver(request, parts, uploads))
        wanted = Wanted(body.text, body.kind, wish, known, tuple(body.backends), user)
        return Answer(battle_shape(parts.arena.start(wanted), parts), 202)

    return once.answer(body.model_dump_json(), make).response()


@router.get("/standings")
def table(parts: Parts) -> dict[str, Any]:
    """Tell who stands where by all votes."""
    return standings_shape(parts)


@router.get("/{battle_id}")
def battle(found: Own, parts: Parts) -> dict[str, Any]:
    """Tell how far a battle is; after the vote also what its sides were."""
    return battle_shape(found, parts)


@router.post("/{battle_id}/vote")
def vote(body: VoteBody, found: Own, parts: Parts) -> dict[str, Any]:
    """Vote, once and for all, after at least five seconds of each side."""
    listened = (body.listened_s.a, body.listened_s.b)
    return battle_shape(parts.arena.vote(found.id, body.choice, body.words, body.share_words, listened), parts)


@router.get("/{battle_id}/{side}/audio")
def audio(side: Literal["a", "b"], found: Own, parts: Parts) -> FileResponse:
    """Return a side (FLAC); range requests work. Both sides have one length, loudness and form."""
    path = _side_path(parts, found, side)
    return FileResponse(path, media_type="audio/flac", filename=f"{side}.flac", content_disposition_type="inline")


@router.get("/{battle_id}/{side}/peaks")
def peaks(side: Literal["a", "b"], found: Own, parts: Parts, n: Bins = 600) -> JSONResponse:
    """Return how a side looks: its largest level in each of `n` equal stretches."""
    return drawn(parts, _side_path(parts, found, side), n)


def _side_path(parts: App, found: Battle, side: SideName) -> Any:
    path = parts.arena.side_path(found.id, side)
    if path is None:
        raise NotFoundError(
            "There is nothing to hear of this battle: it is not ready, or its sides made way for newer ones."
        )
    return path


def battle_shape(found: Battle, parts: App) -> dict[str, Any]:
    """Return a battle as the API shows it; what its sides are is told after the vote alone."""
    heard = found.status in {"ready", "voted"}
    shape: dict[str, Any] = {
        "id": found.id,
        "kind": found.kind,
        "status": found.status,
        "message": found.message,
        "progress": parts.arena.progress(found),
        "text": found.text,
        "least_listened_s": LEAST_LISTENED_S,
    }
    for name in ("a", "b"):
        base = f"/v1/battles/{found.id}/{name}"
        shape[name] = {"audio_url": f"{base}/audio", "peaks_url": f"{base}/peaks"} if heard else None
    if found.status == "voted":
        shape["choice"] = found.choice
        shape["revealed"] = {"a": _revealed(found.a, parts), "b": _revealed(found.b, parts)}
    return shape


def _revealed(side: Side, parts: App) -> dict[str, Any]:
    track = None if side.track_id is None else next(iter(parts.catalogue.library.get_many([side.track_id])), None)
    title = titles(parts).get(side.system, side.system) if side.track_id is None else ""
    if side.track_id is not None:
        title = "A track that is no longer there" if track is None else track.title
    return {
        "kind": "catalogue" if side.system == CATALOGUE else "generated",
        "system": side.system,
        "title": title,
        "track": None if track is None else schemas.track_shape(track, 1.0, "").model_dump(mode="json"),
        "generation_id": side.generation_id,
    }


def titles(parts: App) -> dict[str, str]:
    """Return what systems are called, by their ids."""
    return {CATALOGUE: "The catalogue"} | {name: each.title for name, each in parts.broker.backends.items()}


def standings_shape(parts: App) -> dict[str, Any]:
    """Return the standings as every door shows them."""
    votes = parts.catalogue.battles.voted()
    ranked, called = standings(votes), titles(parts)
    return {
        "votes": len(votes),
        "minimum": MINIMUM,
        "systems": [
            {
                "system": each.system,
                "title": called.get(each.system, each.system),
                "strength": each.strength,
                "low": each.low,
                "high": each.high,
                "battles": each.battles,
                "wins": each.wins,
                "ties": each.ties,
                "both_bad": each.both_bad,
            }
            for each in ranked
        ],
        "told": _told(ranked, called),
    }


def _told(ranked: list[Standing], called: dict[str, str]) -> str:
    """Say in one sentence what the votes prove."""
    sure = [each for each in ranked if each.strength is not None]
    if len(sure) < 2:
        return f"A system is ranked from {MINIMUM} votes on; there are too few yet to rank two."
    first, second = sure[0], sure[1]
    assert first.low is not None
    assert second.high is not None
    names = [called.get(each.system, each.system) for each in (first, second)]
    if first.low > second.high:
        return f"{names[0]} is ahead of {names[1]}: their 95 % intervals do not overlap."
    return f"{names[0]} leads {names[1]}, and their 95 % intervals overlap: it may be chance."
