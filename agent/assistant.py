"""The turn as a LangGraph graph: understand, act, respond. Durable, streaming, bounded."""

from __future__ import annotations

import logging
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph

from agent.acts import MAX_SHOWN, Acts
from agent.errors import MessageError
from agent.languages import read, words_of
from agent.outcomes import Outcome
from agent.planner.protocol import Planner
from agent.speaking import Spoken, Wording
from agent.standing import react
from agent.transcript import Recorded
from agent.turn import Tools, Turn
from agent.values import (
    Attachment,
    Decision,
    DialogueState,
    DoneEvent,
    ErrorEvent,
    Event,
    Evidence,
    PlanEvent,
    ResultsEvent,
    StepEvent,
    TextEvent,
    TraceStep,
    TurnPlan,
)
from catalog.errors import CatalogError, NotFoundError
from catalog.values import FeedbackKind, SessionId, TrackId, UserId
from retrieval.constraints import Constraint

MAX_MESSAGE = 20_000
MAX_HISTORY = 20
_SESSION = re.compile(r"[A-Za-z0-9_-]{8,48}")
_logger = logging.getLogger(__name__)
_NO_ROOM = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})  # SQLite has both for a full disk


class GraphState(TypedDict, total=False):
    """What flows through the graph and is kept by the checkpointer; JSON texts, so that any version can read them."""

    message: str
    english: str
    attachments: list[str]
    dialogue: str
    user: str
    plan: str
    decision: str
    evidence: str
    reply: str
    trace: list[str]


class Assistant:
    """Holds conversations. `chat` yields events: plan, steps, results before words, words, done or error.

    Args:
        planner: understands messages.
        tools: what acts may call.
        checkpoints: the file that keeps dialogue states; conversations survive a restart.
        quick: understands messages of a history that is rebuilt, many at a time; `planner` unless told.
        wording: puts the evidence into words; templates do where it is None, or fails.
        user: whose conversations these are, where a turn does not tell; None: nobody's, and no taste is kept.
    """

    def __init__(
        self,
        planner: Planner,
        tools: Tools,
        checkpoints: Path,
        quick: Planner | None = None,
        wording: Wording | None = None,
        user: UserId | None = None,
    ) -> None:
        self._planner = planner
        self._quick = quick or planner
        self._wording = wording
        self._user = user
        self._tools = tools
        self._acts = Acts(tools)
        self._connection = sqlite3.connect(checkpoints, check_same_thread=False, timeout=10)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._saver = SqliteSaver(self._connection)
        self._graph = self._build().compile(checkpointer=self._saver)
        self._turns: dict[str, threading.Lock] = {}
        self._turns_lock = threading.Lock()

    def chat(
        self,
        message: str,
        session_id: str | None = None,
        attachments: Sequence[Attachment] = (),
        *,
        start: DialogueState | None = None,
        keep_as: Callable[[DoneEvent], str] | None = None,
        user: UserId | None = None,
        plan: TurnPlan | None = None,
    ) -> Generator[Event, None, None]:
        """Take one message and yield what happens, ending in a `DoneEvent` or an `ErrorEvent`.

        Closing the iterator stops the turn: before its results nothing of it stands; after them they do, as they were
        shown. However it ends, the transcript has it.

        Args:
            message: what was said.
            session_id: the conversation that it belongs to; a new one unless told.
            attachments: files that came with it.
            start: what stood before it, where that is not what stands in the conversation now.
            keep_as: gives the name under which `recall` finds what stands after this turn, whatever is said later.
            user: whose turn it is, where it is not the assistant's only user.
            plan: what the message means, where a button said it; nothing is to be understood then.

        Raises:
            MessageError: the message is empty without attachments, too long, or the session id is malformed.
        """
        session = session_id or secrets.token_urlsafe(12)
        _validate(message, session, attachments)
        # Half a surrogate pair cannot be stored or sent anywhere.
        message = message.encode("utf-8", "replace").decode("utf-8")
        # Two tabs on one conversation take turns; otherwise one would overwrite the other's state.
        with self._turn_lock(session):
            whose = user or self._user
            self._tools.catalogue.conversations.touch(SessionId(session), message, whose)
            if start is not None:
                self._put(session, start.model_copy(update={"session_id": session}))
            before = self._graph.get_state(_thread(session))
            given: GraphState = {
                "message": message,
                "attachments": [a.model_dump_json() for a in attachments],
                "dialogue": self.state(session).model_dump_json(),
                "user": whose or "",
                "plan": "" if plan is None else plan.model_dump_json(),
                "trace": [],
            }
            stands = DialogueState.model_validate_json(given["dialogue"])
            told = Recorded(message, attachments, before.config["configurable"].get("checkpoint_id"))
            try:
                for event in self._graph.stream(given, _thread(session), stream_mode="custom", durability="exit"):
                    if isinstance(event, DialogueState):
                        stands = event
                        continue
                    told.add(event)  # type: ignore[arg-type]  # our own events
                    yield event  # type: ignore[misc]  # likewise
                if told.done is not None and keep_as is not None:
                    self._put(_kept(keep_as(told.done)), self.state(session))
            except (ValueError, RuntimeError, sqlite3.OperationalError) as error:
                _logger.info("turn failed: %s", error, exc_info=not isinstance(error, ValueError))
                language = read(message).language or self.state(session).language
                failed = ErrorEvent(message=words_of(language).sentence(_sentence(error)))
                told.add(failed)
                yield failed
            finally:
                try:
                    if told.done is None:
                        # Half a turn may have got into the checkpoints.
                        self._put(session, stands)
                    told.keep(self._tools.catalogue.transcripts, SessionId(session))
                except (CatalogError, sqlite3.OperationalError) as error:
                    # What was said stands all the same.
                    _logger.warning("a turn is missing in the transcript: %s", error)

    def state(self, session_id: str) -> DialogueState:
        """Return the dialogue state of a session; a fresh one for a session that was never used."""
        return self._state_at(_thread(session_id), session_id)

    def _state_at(self, place: Any, session_id: str) -> DialogueState:
        values = self._graph.get_state(place).values
        if "dialogue" not in values:
            return DialogueState(session_id=session_id)
        return DialogueState.model_validate_json(values["dialogue"])

    def recall(self, name: str) -> DialogueState | None:
        """Return what stood after the turn that was kept under a name; None where none was."""
        kept = self.state(_kept(name))
        return kept if kept.turn else None

    def rebuild(self, start: DialogueState, said: Sequence[tuple[str, Sequence[Attachment]]]) -> DialogueState:
        """Return what would stand had these messages been said from `start` on; a message that fails leaves all as is.

        Nothing is written: no reaction is kept, no playlist changed, nothing composed a second time.
        """
        state = start
        for message, attachments in said:
            try:
                _validate(message, start.session_id, attachments)
                plan, english = _understood(self._quick, message, state, attachments)
                outcome = self._acts.rehearse(Turn(plan, state, tuple(attachments), english))
            except (ValueError, RuntimeError) as error:
                _logger.info("a turn could not be rebuilt: %s", error)
                continue
            state = _advanced(state, plan, outcome, message)
        return state

    def react(
        self, session_id: str, track_id: TrackId, kind: FeedbackKind, user_id: UserId | None = None
    ) -> DialogueState:
        """Keep a reaction that came from a button rather than from words, and whose it is, if that is known."""
        track = self._tools.catalogue.library.get(track_id)
        _validate("-", session_id, ())
        with self._turn_lock(session_id):
            self._tools.catalogue.conversations.touch(SessionId(session_id), "")
            self._tools.catalogue.conversations.react(track.id, kind, SessionId(session_id), user_id or self._user)
            state = self.state(session_id)
            if kind in {"like", "dislike"}:
                standing = react(state.standing, [track.id], liked=kind == "like")
                state = state.model_copy(update={"standing": standing})
                self._put(session_id, state)
            return state

    def rewind(self, session_id: str, number: int) -> DialogueState:
        """Take a turn and all after it back, and return what stood before it, which stands again.

        What turns changed outside the conversation stays changed: stored playlists, the taste, what was composed.

        Raises:
            NotFoundError: the turn is not there.
        """
        with self._turn_lock(session_id):
            turns = self._tools.catalogue.transcripts.turns(SessionId(session_id))
            places = {turn.number: turn.place for turn in turns}
            self._tools.catalogue.transcripts.cut(SessionId(session_id), number)
            state = DialogueState(session_id=session_id)
            if (place := places[number]) is not None:
                state = self._state_at(_thread(session_id, place), session_id)
            self._put(session_id, state)
            return state

    def reweigh(self, session_id: str, number: int, weight: float, user: UserId | None = None) -> Generator[Event]:
        """Let a standing wish (from 1) count more or less, and yield what fits then, as `chat` does.

        Args:
            session_id: the conversation.
            number: the wish's place among those that stand, from 1.
            weight: 1: every result must hold it; above 0 and below 1: it weighs in the order, so much.
            user: whose turn it is.

        Raises:
            NotFoundError: there is no such wish.
            QueryError: the weight is out of range.
        """
        state, wish = self._wish(session_id, number)
        changed = replace(wish, hard=weight >= 1 and wish.op != "like", weight=weight)
        wishes = list(state.standing.constraints)
        wishes[number - 1] = changed
        standing = state.standing.model_copy(update={"constraints": tuple(wishes)})
        plan = TurnPlan(intent="refine", language=state.language, planner="button")
        return self.chat(
            f"“{wish.words}”: {weight:.0%}",
            session_id,
            start=state.model_copy(update={"standing": standing, "history": (*state.history, state.standing)}),
            user=user,
            plan=plan,
        )

    def take_back(self, session_id: str, number: int, user: UserId | None = None) -> Generator[Event]:
        """Take a standing wish (from 1) back, and yield what fits without it, as `chat` does.

        Raises:
            NotFoundError: there is no such wish.
        """
        state, wish = self._wish(session_id, number)
        plan = TurnPlan(intent="refine", without=(number,), language=state.language, planner="button")
        return self.chat(f"− “{wish.words}”", session_id, user=user, plan=plan)

    def forget(self, session_id: str) -> None:
        """Delete a conversation: what stands in it, what was said, the link to it.

        Raises:
            NotFoundError: there is none.
        """
        with self._turn_lock(session_id):
            self._tools.catalogue.transcripts.remove(SessionId(session_id))
            self._saver.delete_thread(session_id)

    def _wish(self, session_id: str, number: int) -> tuple[DialogueState, Constraint]:
        state = self.state(session_id)
        wishes = state.standing.constraints
        if not 1 <= number <= len(wishes):
            told = f"There is no wish {number}; {len(wishes)} stand. GET /v1/sessions/ID lists them."
            raise NotFoundError(told)
        return state, wishes[number - 1]

    def close(self) -> None:
        """Give the checkpoint file back."""
        self._connection.close()

    def _build(self) -> StateGraph[GraphState]:
        graph = StateGraph(GraphState)
        graph.add_node("understand", self._understand)
        graph.add_node("act", self._act)
        graph.add_node("respond", self._respond)
        graph.add_edge(START, "understand")
        graph.add_edge("understand", "act")
        graph.add_edge("act", "respond")
        graph.add_edge("respond", END)
        return graph

    def _understand(self, state: GraphState) -> GraphState:
        started = time.monotonic()
        turn_state = DialogueState.model_validate_json(state["dialogue"])
        if state["plan"]:
            plan, english = TurnPlan.model_validate_json(state["plan"]), ""
        else:
            plan, english = _understood(self._planner, state["message"], turn_state, _attachments(state))
        write = get_stream_writer()
        write(PlanEvent(plan=plan))
        step = _step("understand", f"{plan.intent}, by {plan.planner}, {plan.confidence:.0%} sure", started)
        write(StepEvent(step=step))
        return {"english": english, "plan": plan.model_dump_json(), "trace": [step.model_dump_json()]}

    def _act(self, state: GraphState) -> GraphState:
        started = time.monotonic()
        plan = TurnPlan.model_validate_json(state["plan"])
        dialogue = DialogueState.model_validate_json(state["dialogue"])
        user = UserId(state["user"]) if state["user"] else None
        outcome = self._acts.run(Turn(plan, dialogue, _attachments(state), state["english"], user=user))
        steps = [_step(plan.intent, f"{outcome.decision.kind}: {outcome.decision.reason}", started)]
        if outcome.influence:
            steps.append(TraceStep(name="profile", detail=outcome.influence, ms=0.0))
        write = get_stream_writer()
        for step in steps:
            write(StepEvent(step=step))
        stands = _advanced(dialogue, plan, outcome, state["message"])
        # For `chat` alone: what is shown stands, also where the words never come.
        write(stands)
        write(ResultsEvent(decision=outcome.decision, evidence=outcome.evidence))
        return {
            "dialogue": stands.model_dump_json(),
            "decision": outcome.decision.model_dump_json(),
            "evidence": outcome.evidence.model_dump_json(),
            "trace": [*state["trace"], *(step.model_dump_json() for step in steps)],
        }

    def _respond(self, state: GraphState) -> GraphState:
        plan = TurnPlan.model_validate_json(state["plan"])
        decision = Decision.model_validate_json(state["decision"])
        evidence = Evidence.model_validate_json(state["evidence"])
        write = get_stream_writer()
        started = time.monotonic()
        spoken = Spoken(plan, decision, evidence, self._wording)
        pieces = []
        for piece in spoken.pieces():
            pieces.append(piece)
            write(TextEvent(text=piece))
        words = "".join(pieces).strip()
        step = _step("respond", spoken.told(), started)
        dialogue = DialogueState.model_validate_json(state["dialogue"])
        trace = (*(TraceStep.model_validate_json(t) for t in state["trace"]), step)
        done = DoneEvent(
            session_id=dialogue.session_id,
            plan=plan,
            decision=decision,
            evidence=evidence,
            reply=words,
            trace=trace,
            claims=spoken.claims,
        )
        write(done)
        return {"reply": words}

    def _put(self, thread: str, state: DialogueState) -> None:
        self._graph.update_state(_thread(thread), {"dialogue": state.model_dump_json()}, as_node="respond")

    def _turn_lock(self, session: str) -> threading.Lock:
        with self._turns_lock:
            return self._turns.setdefault(session, threading.Lock())


def _understood(
    planner: Planner, message: str, state: DialogueState, attachments: Sequence[Attachment]
) -> tuple[TurnPlan, str]:
    """Return the plan of a message and the message in English words."""
    reading = read(message)
    plan = planner.plan(message, state, attachments)
    # "Jazz" or "#2" is no language: the conversation goes on in the one that it was in.
    return plan.model_copy(update={"language": reading.language or state.language}), reading.text


def _advanced(state: DialogueState, plan: TurnPlan, outcome: Outcome, message: str) -> DialogueState:
    """Return the dialogue after a turn: what stood before goes into the history, so that it can be taken back."""
    if plan.intent == "undo":
        history = state.history[: -(plan.n or 1)]
    elif outcome.standing != state.standing:
        history = (*state.history, state.standing)[-MAX_HISTORY:]
    else:
        history = state.history
    shown = tuple(dict.fromkeys((*state.shown, *outcome.standing.results)))[-MAX_SHOWN:]
    return DialogueState(
        session_id=state.session_id,
        turn=state.turn + 1,
        standing=outcome.standing,
        shown=shown,
        history=history,
        pending_generation=outcome.pending_generation,
        pending_relaxation=outcome.pending_relaxation,
        pending_forget=outcome.pending_forget,
        composed=outcome.composed or state.composed,
        composed_at=state.turn + 1 if outcome.composed else state.composed_at,
        last_request=message[:500],
        language=plan.language,
    )


def _validate(message: str, session: str, attachments: Sequence[Attachment]) -> None:
    if len(message) > MAX_MESSAGE:
        raise MessageError(f"The message has {len(message)} characters; up to {MAX_MESSAGE} can be read.")
    if not message.strip() and not attachments:
        raise MessageError("The message is empty; say what you want to hear, or attach a file.")
    if not _SESSION.fullmatch(session):
        raise MessageError("The session id is malformed; leave it out to start a new conversation.")


def _attachments(given: GraphState) -> tuple[Attachment, ...]:
    return tuple(Attachment.model_validate_json(a) for a in given["attachments"])


def _step(name: str, detail: str, started: float) -> TraceStep:
    return TraceStep(name=name, detail=detail, ms=round((time.monotonic() - started) * 1000, 1))


def _thread(session_id: str, place: str | None = None) -> Any:
    """Return the graph's thread of a conversation, as it stands or as it stood at a place."""
    told = {"thread_id": session_id} | ({} if place is None else {"checkpoint_id": place})
    return {"configurable": told, "recursion_limit": 10}


def _kept(name: str) -> str:
    # The colon keeps these apart from conversations, whose ids have none.
    return f"kept:{name}"


def _sentence(error: Exception) -> str:
    if isinstance(error, ValueError) and str(error):
        return str(error)
    if type(error).__module__.startswith("agent."):
        return str(error)
    # The lower byte is the kind of a failure.
    if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _NO_ROOM:
        return "What is said cannot be kept: the server's disk is full. Free some space on it and try again."
    return "That did not work because of a fault in Trichord; the log has the details. Please try again."
