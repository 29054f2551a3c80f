"""Conversations over REST: what stands in them, what was said, the way back, links that show them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from agent.languages import words_of
from agent.transcript import PastTurn, read_again
from agent.values import DialogueState
from catalog.errors import NotFoundError
from catalog.values import SessionId, TrackId, UserId
from ui.api.parts import Parts
from ui.api.routes import answered, done_shape, evidence_shape
from ui.api.schemas import Shape
from ui.api.users import check_session, user_of

router = APIRouter(prefix="/v1")


class FeedbackBody(Shape):
    """A reaction to a track."""

    track_id: str
    kind: str = Field(pattern="^(like|dislike|skip|complete)$")
    user_id: str | None = Field(default=None, min_length=1, max_length=32, description="whose it is, in any session")


class TitleBody(Shape):
    """What a conversation is called."""

    title: str = Field(max_length=1000)


class RewindBody(Shape):
    """Where a conversation goes on from: right before this turn, counted from 1."""

    turn: int = Field(ge=1)


class WeightBody(Shape):
    """How much a wish counts: 1 must hold, less weighs in the order."""

    weight: float = Field(gt=0, le=1)


def _own(session_id: str, request: Request, parts: Parts) -> SessionId:
    check_session(request, parts, session_id)
    return SessionId(session_id)


Own = Annotated[SessionId, Depends(_own)]


@router.get("/sessions")
def sessions(
    request: Request,
    parts: Parts,
    q: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
    user_id: Annotated[str | None, Query(min_length=1, max_length=32)] = None,
) -> dict[str, Any]:
    """List conversations, last used first; with `q` those whose title, messages or replies have these words.

    A user's own key lists that user's; otherwise those of this machine's user, or of nobody.
    """
    user = user_of(request, parts, user_id)
    owners: list[UserId | None] = [user]
    if user is not None and user == parts.local_user:
        owners.append(None)
    total, found = parts.catalogue.transcripts.sessions(owners, q, limit, offset)
    return {
        "total": total,
        "sessions": [
            {"session_id": s.id, "title": s.title, "updated_at": f"{s.updated_at.isoformat()}Z", "turns": s.turns}
            for s in found
        ],
    }


@router.get("/sessions/{session_id}")
def session(session_id: Own, parts: Parts) -> dict[str, Any]:
    """Return what stands in a conversation; `waits_for` is what was offered or asked and waits for a yes.

    `turn` counts the messages that were carried out, `turns` those of the transcript.
    """
    if not parts.catalogue.conversations.exists(session_id):
        raise NotFoundError(f"No conversation has the id {session_id[:64]!r}; start one with POST /v1/chat.")
    state = parts.assistant.state(session_id)
    token = parts.catalogue.transcripts.token(session_id)
    say = words_of(state.language)
    return {
        "session_id": session_id,
        "title": parts.catalogue.transcripts.title(session_id),
        "turn": state.turn,
        "turns": parts.catalogue.transcripts.length(session_id),
        "wishes": [c.words for c in state.standing.constraints],
        "standing": [
            {
                "wish": c.words,
                "shown": c.words if state.language == "en" else say.wish(c),
                "said": c.source_text,
                "hard": c.hard,
                "weight": c.weight,
            }
            for c in state.standing.constraints
        ],
        "text": state.standing.text,
        "likes": state.standing.likes,
        "dislikes": state.standing.dislikes,
        "results": state.standing.results,
        "playlist": state.standing.playlist,
        "scene": state.standing.scene.words if state.standing.scene else None,
        "waits_for": _waits_for(state),
        "shared_url": None if token is None else _link(token),
    }


def _waits_for(state: DialogueState) -> str | None:
    if state.pending_forget:
        return "forget"
    if state.pending_relaxation is not None:
        return "relax"
    return "generate" if state.pending_generation is not None else None


@router.patch("/sessions/{session_id}")
def rename(session_id: Own, body: TitleBody, parts: Parts) -> dict[str, str]:
    """Give a conversation another title."""
    return {"session_id": session_id, "title": parts.catalogue.transcripts.rename(session_id, body.title)}


@router.delete("/sessions/{session_id}", status_code=204)
def remove(session_id: Own, parts: Parts) -> Response:
    """Delete a conversation for good: what stands in it, what was said, the link to it."""
    parts.assistant.forget(session_id)
    return Response(status_code=204)


@router.get("/sessions/{session_id}/turns")
def turns(session_id: Own, parts: Parts) -> dict[str, Any]:
    """Return everything that was said and found in a conversation, first to last."""
    title = parts.catalogue.transcripts.title(session_id)
    said = read_again(parts.catalogue.transcripts.turns(session_id), parts.catalogue)
    return {"session_id": session_id, "title": title, "turns": [_whole(turn) for turn in said]}


@router.post("/sessions/{session_id}/rewind")
def rewind(session_id: Own, body: RewindBody, parts: Parts) -> dict[str, Any]:
    """Take a turn and all after it back; answers with what stands now.

    Stored playlists and the taste stay as those turns left them.
    """
    parts.assistant.rewind(session_id, body.turn)
    return session(session_id, parts)


@router.post("/sessions/{session_id}/share", status_code=201)
def share(session_id: Own, parts: Parts) -> dict[str, str]:
    """Make a link that shows everything said so far, read-only; asked again, it is the same and shows what came since.

    Who has the link needs no more than to reach this server (and its key, where it asks for one).
    """
    return {"url": _link(parts.catalogue.transcripts.share(session_id))}


@router.delete("/sessions/{session_id}/share", status_code=204)
def unshare(session_id: Own, parts: Parts) -> Response:
    """Take the link back: it shows nothing any more."""
    if not parts.catalogue.transcripts.unshare(session_id):
        raise NotFoundError("This conversation has no link; POST …/share makes one.")
    return Response(status_code=204)


@router.get("/shared/{token}")
def shared(token: str, parts: Parts) -> dict[str, Any]:
    """Return what a link shows: messages and answers with their tracks, nothing else of the conversation."""
    told = parts.catalogue.transcripts.shared(token)
    return {"title": told.title, "turns": [_shown(turn) for turn in read_again(told.turns, parts.catalogue)]}


@router.post("/sessions/{session_id}/feedback")
def feedback(session_id: Own, body: FeedbackBody, request: Request, parts: Parts) -> dict[str, Any]:
    """Keep a like, dislike, skip or completion of a session, and of a user where one is told."""
    kind: Any = body.kind  # the pattern of the shape lets only the Literal's words through
    user = user_of(request, parts, body.user_id)
    state = parts.assistant.react(session_id, TrackId(body.track_id), kind, user)
    return {"likes": state.standing.likes, "dislikes": state.standing.dislikes}


@router.delete("/sessions/{session_id}/wishes/{number}")
def forget(session_id: Own, number: int, request: Request, parts: Parts) -> JSONResponse:
    """Take a standing wish back, by its place in the session's `wishes` from 1, and answer with what fits now."""
    events = parts.assistant.take_back(session_id, number, user_of(request, parts))
    return JSONResponse(done_shape(answered(events)))


@router.patch("/sessions/{session_id}/wishes/{number}")
def reweigh(session_id: Own, number: int, body: WeightBody, request: Request, parts: Parts) -> JSONResponse:
    """Let a standing wish count more or less, and answer with what fits now."""
    events = parts.assistant.reweigh(session_id, number, body.weight, user_of(request, parts))
    return JSONResponse(done_shape(answered(events)))


def _link(token: str) -> str:
    return f"/?shared={token}"


def _shown(turn: PastTurn) -> dict[str, Any]:
    """Return what anybody with a link may see of a turn."""
    found = {} if turn.evidence is None else evidence_shape(turn.evidence, turn.plan.language if turn.plan else "en")
    return {
        "number": turn.number,
        "at": f"{turn.at.isoformat()}Z",
        "status": turn.status,
        "message": turn.message,
        "attachments": [{"name": a.name, "kind": a.kind} for a in turn.attachments],
        "reply": turn.reply,
        "error": turn.error,
        "gone": [g.model_dump() for g in turn.gone],
        **found,
    }


def _whole(turn: PastTurn) -> dict[str, Any]:
    return _shown(turn) | {
        "attachments": [a.model_dump() for a in turn.attachments],
        "plan": None if turn.plan is None else turn.plan.model_dump(mode="json"),
        "decision": None if turn.decision is None else turn.decision.model_dump(mode="json"),
        "trace": [step.model_dump(mode="json") for step in turn.trace],
    }
