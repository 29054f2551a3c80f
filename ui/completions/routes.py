"""The routes of the OpenAI-compatible door. Trichord is the one model there is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from agent.errors import MessageError
from agent.values import DoneEvent, ErrorEvent, Event, TextEvent
from catalog.errors import NotFoundError
from ui.api.parts import Incoming, Parts
from ui.api.routes import answered
from ui.api.streams import EventStream
from ui.api.users import check_session, user_of
from ui.completions.history import Names, place_of
from ui.completions.parts import said_in
from ui.completions.shapes import MODEL, CompletionBody
from ui.completions.words import Form, whole
from ui.keys import kept_key

router = APIRouter(prefix="/v1", tags=["openai"])
# Clients want a date of a model; this is the day of the first one.
_CREATED = 1_764_028_800


@router.get("/models")
def models() -> dict[str, Any]:
    """List the models: one."""
    return {"object": "list", "data": [_model()]}


@router.get("/models/{name}")
def model(name: str) -> dict[str, Any]:
    """Return the model."""
    _check(name)
    return _model()


@router.post("/chat/completions")
def complete(body: CompletionBody, request: Request, parts: Parts, incoming: Incoming) -> Response:
    """Answer the last message of a history; with `stream`, in chunks. `trichord` holds tracks, plan and receipts."""
    _check(body.model)
    body.check()
    said = said_in(body.messages)
    server = str(request.base_url).rstrip("/")
    names = Names(kept_key(parts.settings.data_dir / "completions.key"), _who(request, body))
    if body.session_id is not None:
        check_session(request, parts, body.session_id)
    place = place_of(said, body.session_id, names, parts.assistant, incoming)
    events = parts.assistant.chat(
        said[-1].text,
        place.session_id,
        said[-1].attachments(incoming),
        start=place.start,
        keep_as=lambda done: names.after(said, whole(done, server)),
        user=user_of(request, parts),
    )
    form = Form.new(server, (m.text for m in said))
    if not body.stream:
        return JSONResponse(form.completion(answered(events)))
    options = body.stream_options
    chunks = form.chunks(_begun(events), with_usage=options is not None and options.include_usage)
    return EventStream(chunks, events)


def _begun(events: Iterator[Event]) -> Iterator[Event]:
    """Return the events from the first words on: what fails before them is still a status and no broken stream."""
    for event in events:
        if isinstance(event, ErrorEvent):
            raise MessageError(event.message)
        if isinstance(event, TextEvent | DoneEvent):
            return chain([event], events)
    raise AssertionError("a turn ends with an answer or an error")


def _who(request: Request, body: CompletionBody) -> str:
    """Return whose history it is: of the key that was sent, and of the user that the client tells."""
    sent = request.headers.get("authorization") or request.headers.get("x-api-key") or ""
    return f"{sent}\n{body.user or ''}"


def _check(name: str) -> None:
    if name != MODEL:
        raise NotFoundError(f"There is no model {name[:80]!r} here; the one there is is {MODEL!r}.")


def _model() -> dict[str, Any]:
    return {"id": MODEL, "object": "model", "created": _CREATED, "owned_by": MODEL}
