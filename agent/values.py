"""Values of the dialogue: what was understood, what stands, what was found, what was decided, what is said."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.values import FeedbackKind, GenerationId, PlaylistId, TasteField, TrackId
from retrieval.constraints import Constraint, Receipt, Relaxation
from retrieval.continuation.values import ArcShape, WholeOrder
from retrieval.track_receipts import TrackReceipt
from retrieval.values import Attribute, SceneBrief, SoundProfile

Intent = Literal[
    "recommend",
    "refine",
    "similar",
    "exact_track",
    "music_for_video",
    "continue_playlist",
    "edit_playlist",
    "explain",
    "feedback",
    "generate",
    "ask_library",
    "chitchat",
    "clarify",
    "undo",
    "path",
    "profile",
]
AttachmentKind = Literal["video", "image", "audio", "playlist", "midi"]
DecisionKind = Literal["recommend", "relax", "generate", "answer"]
Edit = Literal["add", "remove", "replace", "move", "save", "rename", "pin", "unpin", "ban", "unban", "open"]
Variation = Literal["again", "longer", "changed"]
Comparison = Literal[
    "calmer", "more energetic", "faster", "slower", "darker", "happier", "shorter", "longer", "older", "newer"
]


class Value(BaseModel):
    """Base of the dialogue's values: frozen, strict about names, JSON both ways."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Attachment(Value):
    """A file that the user handed over, already stored under a server-side name. `name` is shown, never opened."""

    id: str
    kind: AttachmentKind
    path: Path
    name: str


class NamedReference(Value):
    """A track that the message names by title, and artist where said."""

    title: str
    artist: str | None = None


ProfileOrder = Literal["show", "forget"]


class StatedTaste(Value):
    """A taste that the user has at all times; see `catalog.values.Taste`. A weight of 0 takes an earlier one back."""

    field: TasteField
    value: str
    weight: float
    never: bool = False
    words: str = ""


class Question(Value):
    """What a message asks that no search answers.

    `about` is the id of a ``term`` of the glossary, a concept or style word for a ``sound`` ("what is jazz?"), the
    name of a ``person``, and nothing where it is about anything ``else``, or only a ``remark``. `beside` is the
    second where two are asked about; beside a term it may be a sound without an entry. `said` is what the message
    calls it.
    """

    kind: Literal["term", "sound", "person", "else", "remark"]
    about: str = ""
    beside: str = ""
    said: str = ""


ListArc = ArcShape | tuple[tuple[float, float], ...] | tuple[str, str]


class ListShape(Value):
    """What a playlist should be like beside its wishes; places are those of the last results, from 1.

    `whole` says that the length, the order and the arc are those of the whole list, not of what is added to it.
    `factor` is its length beside the present one, `delta_s` (seconds) and `delta_n` (tracks) are what it is longer by,
    or below 0 shorter. `order` ``same`` keeps that of the list; `descending` turns an order by a property round.
    `insert` puts what is added inside, `between` right after the first of two tracks. `keep` must stay, `in_place`
    where they are. `more` count more than the rest of the list, `fewer` push away.
    """

    whole: bool = False
    n: int | None = None
    duration_s: float | None = None
    factor: float | None = None
    arc: ListArc | None = None
    delta_s: float | None = None
    delta_n: int | None = None
    order: WholeOrder | None = None
    descending: bool = False
    insert: Literal["gaps", "even"] | None = None
    between: tuple[int, ...] = ()
    keep: tuple[int, ...] = ()
    in_place: bool = False
    more: tuple[int, ...] = ()
    fewer: tuple[int, ...] = ()

    @property
    def sounds(self) -> tuple[str, ...]:
        """Return the two sounds that the list goes from and to; none where its arc is one of the energy."""
        return () if self.arc is None or isinstance(self.arc, str) else tuple(p for p in self.arc if isinstance(p, str))


class TurnPlan(Value):
    """One message understood. Never SQL, never raw ids: tracks of the last results are handles, counted from 1.

    `text` is what to search by, `constraints` the new wishes, `comparisons` wishes relative to handles or to the last
    results. `same_artist` asks for the artists of the handles (without any: of the first track), `different_artist`
    for others. `instead` says that new wishes take the place of those of their kind, `agreed` that the user takes
    what was offered. `attribute` is the one side of the sound that is to be alike; `less` and `less_named` are the
    tracks that results should be less like. `place` (from 1, -1 the end) is where tracks are moved to, `variation`
    how a piece goes on from the one that was composed last. `shape` is what a playlist should be like, `without`
    numbers the standing wishes (from 1) that are taken back, `unsaid` the words that are no longer searched by. A
    message that asks for several things has `steps`, in the order in which they are done, all of them about the last
    results; the rest of its plan is then that of the step that decides the answer. `said` is the part of the message
    that a step was read from. `tastes` are what the user likes or refuses at all times, `profile` is what to do with
    all that is known of it, `question` what is asked besides music to hear. `confidence` in [0, 1] is how sure the
    planner is, `planner` which one it was, `language` (ISO 639-1) that of the reply.
    """

    intent: Intent
    text: str = ""
    constraints: tuple[Constraint, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    handles: tuple[int, ...] = ()
    named: tuple[NamedReference, ...] = ()
    n: int | None = None
    reaction: FeedbackKind | None = None
    different_artist: bool = False
    same_artist: bool = False
    fresh: bool = False
    freshness: float | None = None
    instead: bool = False
    agreed: bool = False
    duration_s: float | None = None
    playlist_title: str | None = None
    edit: Edit | None = None
    place: int | None = None
    variation: Variation | None = None
    attribute: Attribute | None = None
    less: tuple[int, ...] = ()
    less_named: tuple[NamedReference, ...] = ()
    shape: ListShape | None = None
    without: tuple[int, ...] = ()
    unsaid: tuple[str, ...] = ()
    steps: tuple[TurnPlan, ...] = ()
    said: str = ""
    tastes: tuple[StatedTaste, ...] = ()
    profile: ProfileOrder | None = None
    question: Question | None = None
    confidence: float = 1.0
    planner: str = "rules"
    language: str = "en"


FactSource = Literal["file", "measured", "model", "user"]


class SourcedFact(Value):
    """One fact of a track in words, and who says so.

    ``file`` is its own tags or what lies beside it, ``measured`` an analysis of its sound, ``model`` a trained tagger
    or the ranking, ``user`` a correction by hand.
    """

    field: str
    value: str
    source: FactSource


class TrackFact(Value):
    """Everything a reply may say about one track, and in `facts` where each of it is from.

    `handle` is its place in the list, from 1.
    """

    handle: int
    track_id: TrackId
    title: str
    artist: str | None
    album: str | None
    year: int | None
    duration_s: float
    tempo_bpm: float | None
    key: str | None
    licence: str | None
    attribution: str | None
    provenance: str
    tags: tuple[str, ...]
    score: float
    why: str
    receipts: tuple[TrackReceipt, ...] = ()
    facts: tuple[SourcedFact, ...] = ()


class Decision(Value):
    """What the agent does with what was found. `fit` is the calibrated probability that the best track fits."""

    kind: DecisionKind
    fit: float
    reason: str


class GenerationOffer(Value):
    """A hand-off to music generation: `id` is set once it runs, `offered` while it waits for the user's yes."""

    id: str | None
    text: str
    duration_s: float
    offered: bool


class Evidence(Value):
    """The only facts that a reply may use."""

    tracks: tuple[TrackFact, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    relaxation: Relaxation | None = None
    unresolved: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    scene: str | None = None
    facts: tuple[str, ...] = ()
    generation: GenerationOffer | None = None
    playlist_id: str | None = None


class Standing(Value):
    """What stands between turns: one picture of the wishes, kept for undo.

    `playlist` is the list that is being collected; `document` the stored playlist that edits go to once it was saved,
    and `document_version` its version after this turn. `shape` is what was said of the playlist as a whole, `kept` its
    tracks that must stay.
    """

    text: str = ""
    constraints: tuple[Constraint, ...] = ()
    likes: tuple[TrackId, ...] = ()
    dislikes: tuple[TrackId, ...] = ()
    scene: SceneBrief | None = None
    scene_name: str | None = None
    sound: tuple[float, ...] | None = None
    results: tuple[TrackId, ...] = ()
    whys: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    playlist: tuple[TrackId, ...] = ()
    freshness: float = 0.0
    away: tuple[TrackId, ...] = ()
    attribute: Attribute | None = None
    profile: SoundProfile | None = None
    document: PlaylistId | None = None
    document_version: int | None = None
    shape: ListShape | None = None
    kept: tuple[TrackId, ...] = ()


class DialogueState(Value):
    """The state of one conversation. Durable: it survives a restart of the server.

    `pending_generation` and `pending_relaxation` are what was offered last and waits for a yes; `pending_forget` says
    that it was asked whether to forget the taste. `composed` is the last piece, made in turn `composed_at`.
    """

    session_id: str
    turn: int = 0
    standing: Standing = Standing()
    shown: tuple[TrackId, ...] = ()
    history: tuple[Standing, ...] = ()
    pending_generation: str | None = None
    pending_relaxation: Relaxation | None = None
    pending_forget: bool = False
    composed: GenerationId | None = None
    composed_at: int = 0
    last_request: str = ""
    language: str = "en"


class Claims(Value):
    """What became of the claims of a reply: those made in the draft, those backed, put right, and left out."""

    made: int = 0
    backed: int = 0
    repaired: int = 0
    dropped: int = 0

    def plus(self, made: int = 0, backed: int = 0, repaired: int = 0, dropped: int = 0) -> Claims:
        """Return the sum with more of each."""
        return Claims(
            made=self.made + made,
            backed=self.backed + backed,
            repaired=self.repaired + repaired,
            dropped=self.dropped + dropped,
        )


class TraceStep(Value):
    """One step of a turn as the user may see it: what was done, with what outcome, in how many milliseconds."""

    name: str
    detail: str
    ms: float


class PlanEvent(Value):
    """The message was understood."""

    type: Literal["plan"] = "plan"
    plan: TurnPlan


class StepEvent(Value):
    """A step is through."""

    type: Literal["step"] = "step"
    step: TraceStep


class ResultsEvent(Value):
    """Tracks, before any words about them."""

    type: Literal["results"] = "results"
    decision: Decision
    evidence: Evidence


class TextEvent(Value):
    """A piece of the reply."""

    type: Literal["text"] = "text"
    text: str


class DoneEvent(Value):
    """The turn is over; the whole answer once more."""

    type: Literal["done"] = "done"
    session_id: str
    plan: TurnPlan
    decision: Decision
    evidence: Evidence
    reply: str
    trace: tuple[TraceStep, ...]
    claims: Claims = Claims()


class ErrorEvent(Value):
    """The turn failed; one sentence with the remedy."""

    type: Literal["error"] = "error"
    message: str


Event = Annotated[
    PlanEvent | StepEvent | ResultsEvent | TextEvent | DoneEvent | ErrorEvent, Field(discriminator="type")
]
