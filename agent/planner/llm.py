"""The planner over a language model: JSON under a schema, merged with what the rules read for certain.

The model says what kind of request it is and which words name moods, genres and the like; numbers, keys, names and
handles come from the deterministic reading. Whatever the model claims that does not stand in the message is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Literal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rapidfuzz import fuzz

from agent.errors import ModelError
from agent.llm.factory import TOOL
from agent.llm.guard import Guard, Model
from agent.planner.composed import SURE
from agent.planner.nearest import Embed, Nearest
from agent.planner.patterns import load_patterns
from agent.planner.pointing import handles_in
from agent.planner.prompts import LISTED, Prompt, load_prompt
from agent.planner.protocol import Planner
from agent.planner.quotes import outside
from agent.planner.support import Support
from agent.values import Attachment, DialogueState, Intent, NamedReference, TurnPlan
from catalog.names import fold
from retrieval.constraints import Constraint
from retrieval.constraints import Field as WishField
from retrieval.lexical import content_words
from retrieval.reading.wishes import residue
from retrieval.vocabulary import Concept, load_vocabulary

MAX_REPLY_CHARS = 4_000
MAX_MESSAGE_CHARS = 1_500
# Read at once by a model on a server; on a CPU each costs a second and more (docs/benchmarks.md).
EXAMPLES = 3
# Longer than any that the schema lets through, where a server heeds it.
_MOST_SIGNS = 200


class ModelPlan(BaseModel):
    """What the model may say; everything else is refused by the schema."""

    model_config = ConfigDict(extra="forbid")
    intent: Literal[
        "recommend",
        "refine",
        "similar",
        "exact_track",
        "explain",
        "feedback",
        "generate",
        "continue_playlist",
        "edit_playlist",
        "ask_library",
        "path",
        "chitchat",
        "clarify",
    ]
    want: list[Annotated[str, Field(max_length=_MOST_SIGNS)]] = Field(max_length=5)
    avoid: list[Annotated[str, Field(max_length=_MOST_SIGNS)]] = Field(max_length=5)
    ends: list[Annotated[str, Field(max_length=_MOST_SIGNS)]] = Field(default=[], max_length=2)


PLAN_SCHEMA = {
    "type": "object",
    "properties": {
        "intent": {"enum": list(ModelPlan.model_json_schema()["properties"]["intent"]["enum"])},
        "want": {"type": "array", "items": {"type": "string", "maxLength": 24}, "maxItems": 5},
        "avoid": {"type": "array", "items": {"type": "string", "maxLength": 24}, "maxItems": 5},
        "ends": {"type": "array", "items": {"type": "string", "maxLength": 80}, "maxItems": 2},
    },
    "required": ["intent", "want", "avoid"],
    "additionalProperties": False,
}
_FIELDS: dict[str, WishField] = {"genre": "genre", "mood": "mood", "instrument": "instrument"}
# These need something on the screen, or a track that the message names; without it the model guessed.
_NEEDS_RESULTS = frozenset({"refine", "explain", "feedback"})


class LLMPlanner:
    """Asks a LangChain model, checks its answer, keeps what the rules read for certain.

    Args:
        model: answers with a message whose text, or whose one tool call, is a plan; best held to `PLAN_SCHEMA`.
        rules: the deterministic planner whose reading is merged in.
        guard: asks the model within limits.
        embed: the text encoder that finds examples and tells whether a message says a wish; None goes by spelling.
        prompt: the version of the prompt.
        examples: how many of its bank, the nearest, are shown with a message.
    """

    def __init__(
        self,
        model: Model,
        rules: Planner,
        *,
        guard: Guard | None = None,
        embed: Embed | None = None,
        prompt: Prompt | None = None,
        examples: int = EXAMPLES,
    ) -> None:
        self._model, self._rules = model, rules
        self._guard = guard or Guard()
        self._prompt = prompt or load_prompt()
        self._nearest, self._examples = Nearest(self._prompt.bank, embed), examples
        self._support = Support(embed)

    def plan(self, message: str, state: DialogueState, attachments: Sequence[Attachment]) -> TurnPlan:
        """Return the plan; ModelError when the model fails or answers with nonsense."""
        certain = self._rules.plan(message, state, attachments)
        said = self.ask(message, bool(state.standing.results))
        told = {"confidence": 0.8, "planner": f"model (prompt {self._prompt.version})"}
        ends = _ends(said, certain, message, len(state.standing.results)) if said.intent == "path" else None
        if ends is not None and not certain.agreed:
            return certain.model_copy(update={"intent": "path", **told, **ends})
        intent = self._intent(said, certain, state, message)
        return certain.model_copy(
            update={
                "intent": intent,
                "constraints": (*certain.constraints, *self._wishes(said, certain)),
                "reaction": certain.reaction if intent == "feedback" else None,
                "edit": certain.edit if intent == "edit_playlist" else None,
                **told,
            }
        )

    def ask(self, message: str, has_results: bool) -> ModelPlan:
        """Return the model's own reading of a message; ModelError when it has none."""
        return self._guard.ask(self._model, self.prompt_for(message, has_results), _read)

    def prompt_for(self, message: str, has_results: bool) -> list[BaseMessage]:
        """Return the prompt: a beginning that is always the same and stays cached, near examples, the message."""
        message = message[:MAX_MESSAGE_CHARS]
        prompt = beginning(self._prompt)
        for example in self._nearest(message, self._examples, listed=has_results):
            prompt += [HumanMessage(example.asked), AIMessage(example.answer)]
        return [*prompt, HumanMessage((LISTED if has_results else "") + message)]

    def _wishes(self, said: ModelPlan, certain: TurnPlan) -> list[Constraint]:
        """Turn the model's words into soft wishes: they weigh, they never exclude, since the user did not say them.

        Only words that nothing was read from yet can speak for one: names, places, refusals and comparisons are read.
        """
        vocabulary = load_vocabulary()
        known = {c.id for w in certain.constraints if isinstance(w.value, str) and (c := vocabulary.concept(w.value))}
        told: dict[str, tuple[Concept, Literal["is", "not"]]] = {}
        claimed: tuple[tuple[Literal["is", "not"], list[str]], ...] = (("is", said.want), ("not", said.avoid))
        for op, words in claimed:
            for word in words:
                concept = vocabulary.concept(fold(word))
                if concept is not None and concept.id not in known and concept.family in _FIELDS:
                    told.setdefault(concept.id, (concept, op))
        unread = content_words(residue(load_patterns().without_comparisons(certain.text)))
        support = self._support.of(unread, [concept for concept, _ in told.values()])
        return [
            Constraint(_FIELDS[concept.family], op, concept.id, support[concept.id], hard=False)
            for concept, op in told.values()
            if concept.id in support
        ]

    def _intent(self, said: ModelPlan, certain: TurnPlan, state: DialogueState, message: str) -> Intent:
        intent: Intent = said.intent
        related = certain.attribute or certain.less or certain.less_named or certain.shape
        if certain.agreed or certain.intent in {"path", "profile"} or related:
            return certain.intent
        if intent in _NEEDS_RESULTS and not state.standing.results:
            return "recommend"
        if _lacks(intent, certain, state, message):
            return certain.intent
        if intent == "similar" and not (certain.handles or certain.named or state.standing.results):
            return "recommend"
        if intent == "recommend" and certain.intent == "refine":
            return "refine"
        return intent


def _lacks(intent: Intent, certain: TurnPlan, state: DialogueState, message: str) -> bool:
    """Tell whether a model's guess lacks what it needs, so that what the rules read stands.

    What stores or starts something needs words of the message that say so; what changes a list or keeps a reaction,
    that the rules could not tell what else was meant.
    """
    match intent:
        # A path that came so far has no two ends.
        case "edit_playlist" | "path":
            return True
        case "generate":
            return not load_patterns().cue("making", outside(message))
        case "continue_playlist":
            return certain.confidence >= SURE or not (state.standing.results or state.standing.playlist)
        case "explain" | "feedback":
            return not certain.handles or (intent == "feedback" and certain.confidence >= SURE)
        case "exact_track":
            return not certain.named
        case _:
            return False


def beginning(prompt: Prompt) -> list[BaseMessage]:
    """Return what every prompt of a version begins with."""
    begun: list[BaseMessage] = [SystemMessage(prompt.system)]
    for example in prompt.fixed:
        begun += [HumanMessage(example.asked), AIMessage(example.answer)]
    return begun


def _read(answer: AIMessage) -> ModelPlan:
    """Return the plan in a reply: the arguments of its tool call, else the JSON of its text."""
    for call in answer.tool_calls[:1]:
        if call["name"] != TOOL:
            raise ModelError(f"the model called {call['name'][:40]!r}, a tool that there is not")
        return _checked(call["args"])
    text = answer.text
    if len(text) > MAX_REPLY_CHARS:
        raise ModelError(f"the reply has {len(text)} characters, over {MAX_REPLY_CHARS}")
    try:
        return _checked(json.loads(_json_part(text)))
    except (ValueError, RecursionError) as error:
        raise ModelError("the reply is not the JSON that was asked for") from error


def _checked(told: object) -> ModelPlan:
    try:
        return ModelPlan.model_validate(told)
    except (ValidationError, RecursionError) as error:
        raise ModelError("the reply is not the JSON that was asked for") from error


def _ends(
    said: ModelPlan, certain: TurnPlan, message: str, results: int
) -> dict[str, tuple[int, ...] | tuple[NamedReference, ...]] | None:
    """Return the two ends of a path, places or names; None where the message does not hold both of one kind."""
    if len(certain.handles) == 2:
        return {"handles": certain.handles, "named": ()}
    told = [end.strip(' "“”') for end in said.ends]
    if len(told) != 2 or not all(end and fuzz.partial_ratio(fold(end), fold(message)) > 90 for end in told):
        return None
    if any(handles_in(end, results) for end in told):
        return None
    return {"handles": (), "named": tuple(NamedReference(title=end) for end in told)}


def _json_part(text: str) -> str:
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text
