"""Simulated dialogues held with the agent itself, every turn beside what was meant and beside other rankers."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from types import MappingProxyType

from agent.assistant import Assistant
from agent.errors import SimulationError
from agent.evaluation.naming import NamesAlone
from agent.evaluation.plans import Match, match
from agent.languages import words_of
from agent.planner.protocol import Planner
from agent.simulation.canonical import canonical
from agent.simulation.values import Clip, Dialogue, GoldWish, SimulatedTurn
from agent.turn import Tools
from agent.values import (
    Attachment,
    Claims,
    DialogueState,
    DoneEvent,
    Event,
    Evidence,
    PlanEvent,
    ResultsEvent,
    TurnPlan,
)
from catalog.names import fold
from catalog.values import GenerationId, TrackId
from encoders.protocols import TextEncoder
from retrieval.evaluation.peers import bm25, cosine
from retrieval.snapshot import Snapshot
from retrieval.values import SceneBrief
from retrieval.video import VideoSuggester

DEPTH = 20
# The longest list that is ever asked for: what was liked already is left out of it afterwards.
MAX_LIST = 100
OURS, MODEL = "Trichord", "language model alone"
# Kinds of turns that may come to a list to choose from; a playlist with a length or a shape has its own.
_LISTS = frozenset({"recommend", "refine", "similar", "continue_playlist", "profile", "feedback", "chitchat"})
_QUOTED = re.compile(r"[“„«]\s*([^“„«”»]{2,200}?)\s*[”»“]")
# What one may say next ("save it as …", "remove #2") stands in quotes as well.
_HINT = re.compile(r"…$|#\d")
# Ids of the tracks by a text, best first.
Ask = Callable[[str], Sequence[TrackId]]


class Deep:
    """A planner whose lists are as long as the measures look; everything else is as the planner behind it says.

    Args:
        planner: the one behind it.
        n: the length by what stands; `DEPTH` unless told.
    """

    def __init__(self, planner: Planner, n: Callable[[DialogueState], int] = lambda _: DEPTH) -> None:
        self._planner, self._n = planner, n

    def plan(self, message: str, state: DialogueState, attachments: Sequence[Attachment]) -> TurnPlan:
        """Return the plan of the planner behind, with a longer list where it searches and no length was said."""
        return self._longer(self._planner.plan(message, state, attachments), self._n(state))

    def _longer(self, plan: TurnPlan, n: int) -> TurnPlan:
        steps = tuple(self._longer(step, n) for step in plan.steps)
        free = plan.n is None and plan.duration_s is None and plan.shape is None and plan.intent in _LISTS
        return plan.model_copy(update={"steps": steps, "n": n if free else plan.n})


@dataclass(frozen=True, slots=True)
class PlayedTurn:
    """One turn and what came of it.

    `match` is None where no plan was made. `presented` says how many names of tracks the answer holds, `invented` those
    of them that are not in the catalogue; `told` whether a track that is not here was said not to be (None: not asked).
    `ms` are the times to the plan, of the act, to the results, and of the whole turn; `rankings` the ids by ranker.
    `claims` is what became of the claims of the `reply`; `strange` the share of the names that a language model alone
    gave, where it was asked, and that the catalogue does not have.
    """

    dialogue: str
    language: str
    place: int
    turn: SimulatedTurn
    plan: TurnPlan | None
    match: Match | None
    error: str | None
    presented: int
    invented: tuple[str, ...]
    told: bool | None
    ms: Mapping[str, float]
    rankings: Mapping[str, Sequence[TrackId]]
    claims: Claims = field(default_factory=Claims)
    reply: str = ""
    strange: float = math.nan


@dataclass(frozen=True, slots=True)
class Played:
    """One dialogue: its turns, the wishes that stand at its end, and whether its clip does (None: it had none)."""

    dialogue: Dialogue
    turns: tuple[PlayedTurn, ...]
    held: frozenset[GoldWish]
    clip_kept: bool | None = None


class Stage:
    """Where dialogues are played: an assistant over a catalogue that may be written to, and the rankers beside it.

    Args:
        assistant: its sessions and its catalogue must be nobody's; turns edit lists and save playlists.
        tools: those of the assistant.
        text: the encoder of the dense peers; None leaves them out.
        model: a language model that names tracks by itself, or None.
        asked: how many turns it is asked at most.
        clips: the files of the sample clips.
    """

    def __init__(
        self,
        assistant: Assistant,
        tools: Tools,
        text: TextEncoder | None,
        model: NamesAlone | None = None,
        asked: int = 0,
        clips: Mapping[Clip, Path] = MappingProxyType({}),
    ) -> None:
        self._clips = clips
        self._model, self._asked = model, asked
        self._assistant, self._tools = assistant, tools
        snapshot = tools.engine.state.snapshot
        # An answer may name albums as well.
        self._titles = frozenset(snapshot.titles) | frozenset(snapshot.album_names)
        # A reason may quote the words of a tag.
        tracks = snapshot.tracks_at(range(len(snapshot)))
        self._tags = " | ".join(sorted({fold(tag.label) for track in tracks for tag in track.tags}))
        self._peers = peers(snapshot, text)
        self._numbers = count()

    def play(self, dialogue: Dialogue) -> Played:
        """Hold one dialogue from its first turn to its last."""
        session = f"simulated-{next(self._numbers)}"
        said: list[str] = []
        turns = []
        for place, turn in enumerate(dialogue.turns, 1):
            said.append(turn.message)
            played = self._turn(turn, session, said)
            turns.append(replace(played, dialogue=dialogue.id, language=dialogue.language, place=place))
        standing = self._assistant.state(session).standing
        shown = [turn.clip for turn in dialogue.turns if turn.clip is not None]
        kept = standing.scene_name == _file_name(shown[-1]) if shown else None
        return Played(dialogue, tuple(turns), frozenset(map(canonical, standing.constraints)), kept)

    def _turn(self, turn: SimulatedTurn, session: str, said: Sequence[str]) -> PlayedTurn:
        started = time.monotonic()
        events: list[Event] = []
        at: dict[str, float] = {}
        for event in self._assistant.chat(turn.message, session, self._attached(turn)):
            events.append(event)
            at[event.type] = (time.monotonic() - started) * 1000
        plan = next((e.plan for e in events if isinstance(e, PlanEvent)), None)
        done = next((e for e in events if isinstance(e, DoneEvent)), None)
        evidence = next((e.evidence for e in events if isinstance(e, ResultsEvent)), Evidence())
        self._stop(evidence)
        presented, invented = self.names(evidence, done, said)
        rankings: dict[str, Sequence[TrackId]] = {}
        strange = math.nan
        if turn.gold:
            rankings[OURS] = [t.track_id for t in evidence.tracks]
            whole = " ".join(said)
            rankings |= {f"{name}, last message": list(ask(turn.message)) for name, ask in self._peers.items()}
            rankings |= {f"{name}, whole dialogue": list(ask(whole)) for name, ask in self._peers.items()}
            if self._model is not None and self._asked > 0:
                self._asked -= 1
                named = self._model(said)
                rankings[MODEL], strange = named.ids, named.strange
        return PlayedTurn(
            dialogue="", language="", place=0, turn=turn, plan=plan,
            match=None if plan is None else match(turn.plan, plan),
            error=None if done is not None else _error(events),
            presented=presented, invented=invented,
            told=bool(evidence.absent) if turn.plan.absent else None,
            ms=_times(done, at), rankings=rankings, claims=Claims() if done is None else done.claims,
            reply="" if done is None else done.reply, strange=strange,
        )  # fmt: skip

    def _attached(self, turn: SimulatedTurn) -> tuple[Attachment, ...]:
        """Return the clip of a turn; SimulationError where its file is not known."""
        if turn.clip is None:
            return ()
        if turn.clip not in self._clips:
            raise SimulationError(f"The sample clip {turn.clip!r} is not here; leave the dialogues about clips out.")
        return (Attachment(id=turn.clip, kind="video", path=self._clips[turn.clip], name=_file_name(turn.clip)),)

    def _stop(self, evidence: Evidence) -> None:
        """Stop a composition as soon as it was started: it would take the processor from the turns after it."""
        if evidence.generation is not None and evidence.generation.id is not None:
            self._tools.generations.cancel(GenerationId(evidence.generation.id))

    def names(self, evidence: Evidence, done: DoneEvent | None, said: Sequence[str]) -> tuple[int, tuple[str, ...]]:
        """Return how many names of tracks an answer holds, and those that are not in the catalogue.

        A result must be a track of the catalogue by id, title and artist. What stands in quotes in the reply must be a
        title or an album of the catalogue, unless it repeats the user, says what is absent or to be composed, or names
        a playlist.
        """
        tracks = {t.id: t for t in self._tools.catalogue.library.get_many([t.track_id for t in evidence.tracks])}
        wrong = [
            f"{t.title} ({t.artist})"
            for t in evidence.tracks
            if (here := tracks.get(t.track_id)) is None or (here.title, here.artist) != (t.title, t.artist)
        ]
        quoted = [] if done is None else [name for name in _QUOTED.findall(done.reply) if not _HINT.search(name)]
        other = [*said, *evidence.absent, "" if evidence.generation is None else evidence.generation.text]
        if evidence.relaxation is not None:
            other.append(evidence.relaxation.words)
        # Words of a track's tags stand in quotes where a reason gives them.
        other += [t.why for t in evidence.tracks]
        other += [r.constraint.source_text or r.constraint.words for r in evidence.receipts]
        if done is not None:
            other += _reworded(done, evidence)
        other += [p.title for p in self._tools.catalogue.playlists.all()]
        allowed = f"{fold(' | '.join(other))} | {self._tags}"
        named = [name for name in quoted if fold(name) in self._titles or fold(name) not in allowed]
        wrong += [name for name in named if fold(name) not in self._titles]
        return len(evidence.tracks) + len(named), tuple(wrong)


def peers(snapshot: Snapshot, text: TextEncoder | None, n: int = DEPTH) -> dict[str, Ask]:
    """Return the rankers that are compared with: they read the tracks' own texts and know nothing of dialogues."""
    documents = [track.document for track in snapshot.tracks_at(range(len(snapshot)))]
    found = {} if text is None else {"dense": cosine(documents, text, n)}
    words = bm25(documents, n)
    places = found if words is None else {"BM25": words, **found}
    return {name: _by_id(snapshot, ask) for name, ask in places.items()}


def _by_id(snapshot: Snapshot, ask: Callable[[str], Sequence[int]]) -> Ask:
    return lambda text: [TrackId(snapshot.ids[place]) for place in ask(text)]


def _reworded(done: DoneEvent, evidence: Evidence) -> Iterator[str]:
    """Yield what a reply puts anew of the user's words, and what it quotes for the user to say."""
    say = words_of(done.plan.language)
    yield from (say.wish(receipt.constraint) for receipt in evidence.receipts)
    yield from map(say.sentence, () if evidence.relaxation is None else (evidence.relaxation.words,))
    yield from map(say.brief, () if evidence.generation is None else (evidence.generation.text,))
    yield from map(say.sentence, evidence.absent)
    yield from () if done.plan.question is None else evidence.facts


class SeenOnce(VideoSuggester):
    """Looks at each file once: a clip that many dialogues are about is the same every time.

    Args:
        suggester: the one that looks.
    """

    def __init__(self, suggester: VideoSuggester) -> None:
        self._suggester = suggester
        self._seen: dict[Path, SceneBrief] = {}

    def look(self, path: Path) -> SceneBrief:
        """Return what music a clip asks for."""
        if path not in self._seen:
            self._seen[path] = self._suggester.look(path)
        return self._seen[path]


def _file_name(clip: Clip) -> str:
    return f"{clip}.mp4"


def _error(events: Sequence[Event]) -> str:
    return next((e.message for e in events if e.type == "error"), "the turn ended without an answer")


def _times(done: DoneEvent | None, at: Mapping[str, float]) -> dict[str, float]:
    if done is None:
        return {}
    steps = dict(zip(("understand", "act"), (step.ms for step in done.trace), strict=False))
    return {**steps, "results": at["results"], "whole turn": at["done"]}
