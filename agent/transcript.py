"""What is kept of a turn, and how it is read again: names and numbers of tracks come from the catalogue as it is."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.outcomes import fact
from agent.values import (
    Attachment,
    AttachmentKind,
    Decision,
    DoneEvent,
    ErrorEvent,
    Event,
    Evidence,
    PlanEvent,
    ResultsEvent,
    StepEvent,
    TextEvent,
    TraceStep,
    TrackFact,
    TurnPlan,
)
from catalog.store import Catalogue
from catalog.store.transcripts import Transcripts
from catalog.values import KeptTurn, SessionId, TrackId, TurnStatus
from retrieval.track_receipts import TrackReceipt

_logger = logging.getLogger(__name__)


class _Body(BaseModel):
    # What another version wrote besides is left out.
    model_config = ConfigDict(frozen=True, extra="ignore")


class GivenFile(_Body):
    """A file that came with a message: what it was called and what it is, never where it lies; `id` as it was given."""

    id: str = ""
    name: str
    kind: AttachmentKind


class _Track(_Body):
    handle: int
    track_id: TrackId
    title: str
    artist: str | None
    score: float
    why: str
    receipts: tuple[TrackReceipt, ...] = ()


class _Kept(_Body):
    attachments: tuple[GivenFile, ...] = ()
    plan: TurnPlan | None = None
    decision: Decision | None = None
    evidence: Evidence | None = None
    tracks: tuple[_Track, ...] = ()
    trace: tuple[TraceStep, ...] = ()
    error: str | None = None


class GoneTrack(_Body):
    """A track of an earlier answer that has left the catalogue: its place, and what it was called."""

    handle: int
    title: str
    artist: str | None


class PastTurn(_Body):
    """A turn as it is read again. `status` ``done`` | ``stopped`` | ``failed`` (`error` says why)."""

    number: int
    at: datetime
    status: Literal["done", "stopped", "failed"]
    message: str
    attachments: tuple[GivenFile, ...] = ()
    reply: str = ""
    plan: TurnPlan | None = None
    decision: Decision | None = None
    evidence: Evidence | None = None
    gone: tuple[GoneTrack, ...] = ()
    trace: tuple[TraceStep, ...] = ()
    error: str | None = None


class Recorded:
    """A turn while it happens; `done` is its answer once it has one.

    Args:
        message: what was said.
        attachments: the files that came with it.
        place: the checkpoint of what stood before it, if anything did.
    """

    def __init__(self, message: str, attachments: Sequence[Attachment], place: str | None) -> None:
        self.done: DoneEvent | None = None
        self._message, self._place = message, place
        self._files = tuple(GivenFile(id=a.id, name=a.name, kind=a.kind) for a in attachments)
        self._plan: TurnPlan | None = None
        self._trace: list[TraceStep] = []
        self._results: ResultsEvent | None = None
        self._words = ""
        self._error: str | None = None

    def add(self, event: Event) -> None:
        """Take what happened."""
        match event:
            case PlanEvent():
                self._plan = event.plan
            case StepEvent():
                self._trace.append(event.step)
            case ResultsEvent():
                self._results = event
            case TextEvent():
                self._words += event.text
            case DoneEvent():
                self.done = event
            case ErrorEvent():
                self._error = event.message

    @property
    def status(self) -> TurnStatus:
        """Return how it ended, or what it is if it ends now."""
        if self._error is not None:
            return "failed"
        return "stopped" if self.done is None else "done"

    def keep(self, transcripts: Transcripts, session_id: SessionId) -> int:
        """Write it into the transcript and return its number."""
        evidence = None if self._results is None else self._results.evidence
        told = () if evidence is None else evidence.tracks
        body = _Kept(
            attachments=self._files,
            plan=self._plan,
            decision=None if self._results is None else self._results.decision,
            evidence=None if evidence is None else evidence.model_copy(update={"tracks": ()}),
            tracks=tuple(_Track(**{name: getattr(t, name) for name in _Track.model_fields}) for t in told),
            trace=tuple(self._trace) if self.done is None else self.done.trace,
            error=self._error,
        )
        reply = self._words.strip() if self.done is None else self.done.reply
        return transcripts.keep(session_id, self.status, self._message, reply, body.model_dump_json(), self._place)


def read_again(turns: Sequence[KeptTurn], catalogue: Catalogue) -> list[PastTurn]:
    """Return turns with what the catalogue knows of their tracks now."""
    bodies = [_body(turn) for turn in turns]
    wanted = dict.fromkeys(t.track_id for body in bodies for t in body.tracks)
    there = {track.id: track for track in catalogue.library.get_many(list(wanted))}
    past = []
    for turn, body in zip(turns, bodies, strict=True):
        tracks: list[TrackFact] = []
        gone: list[GoneTrack] = []
        for told in body.tracks:
            if (track := there.get(told.track_id)) is not None:
                tracks.append(fact(told.handle, track, told.score, told.why, told.receipts))
            else:
                gone.append(GoneTrack(handle=told.handle, title=told.title, artist=told.artist))
        evidence = None if body.evidence is None else body.evidence.model_copy(update={"tracks": tuple(tracks)})
        past.append(
            PastTurn(
                number=turn.number,
                at=turn.at,
                status=turn.status,
                message=turn.message,
                reply=turn.reply,
                evidence=evidence,
                gone=tuple(gone),
                **{name: getattr(body, name) for name in ("attachments", "plan", "decision", "trace", "error")},
            )
        )
    return past


def _body(turn: KeptTurn) -> _Kept:
    try:
        return _Kept.model_validate_json(turn.body)
    except ValidationError:
        _logger.warning("turn %d was kept by another version; its words are shown alone", turn.number)
        return _Kept()
