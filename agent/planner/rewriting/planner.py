"""The planner over the embedded model: it says a message again in plain orders, which the rules then read.

The model never plans. Its orders are read by the same rules as what a user types, and they count only where the message
bears them out: names, numbers and instruments must stand in it, and a key is the one that the rules read there.
Conversational search knows the idea as query rewriting (Vakulenko et al., 2021, arXiv:2004.14652).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from agent.errors import ModelError
from agent.languages import english_only, read
from agent.llm.guard import Guard, Model
from agent.planner.protocol import Planner
from agent.planner.rewriting.backing import as_read, unbacked
from agent.values import Attachment, DialogueState, TurnPlan
from retrieval.errors import QueryError
from retrieval.lexical import content_words
from retrieval.reading.wishes import residue

SYSTEM = "Say in plain English what this message orders from a music player."
# In front of a message that is said with a list on the screen.
LISTED = "[list] "
# What the model says of a message that orders nothing, and of one that nobody understands.
NOTHING = frozenset({"small talk", "unclear"})
# What is liked and asked for more of: "i like #3; more tracks, with female vocals".
_MORE_LIKE_IT = re.compile(r"(?P<liked>\bi like (?P<place>#\d+)); more (?:tracks|songs|music)(?=$|[,;]| with\b)")
# "A bit more warm and acoustic": of what stands.
_ON_TOP = re.compile(
    r"\W*(?:(?:and|but|ok(?:ay)?|yes|nice|great|so)\W+)*(?:(?:a\s+(?:bit|little|tad)|slightly|much|way|far)\s+)?(?:more|less)\b",
    re.IGNORECASE,
)
MAX_TOKENS = 72
MAX_MESSAGE_CHARS = 600  # the pairs that it learned from are shorter
# It is right more often than rules that are less sure of themselves than this (docs/benchmarks.md).
SURE = 0.9
_CONFIDENCE = 0.8
# A longer message wants them surer; a long one of which words are left over most likely says more than they read.
_SURER, _LONGER, _LONG, _LEFT_OVER = 0.93, 6, 8, 2


class RewritingPlanner:
    """Asks the model for plain orders, has the rules read them, and keeps the rules' own reading where that fails.

    Args:
        model: the embedded model with its adapter.
        rules: the planner without a model.
        guard: asks the model within limits.
    """

    def __init__(self, model: Model, rules: Planner, *, guard: Guard | None = None) -> None:
        self._model, self._rules, self._guard = model, rules, guard or Guard()

    def plan(self, message: str, state: DialogueState, attachments: Sequence[Attachment]) -> TurnPlan:
        """Return the plan; ModelError when the model fails or says what the message does not bear out."""
        certain = self._rules.plan(message, state, attachments)
        if certain.agreed or len(message) > MAX_MESSAGE_CHARS:
            return certain
        said = self.rewrite(message, bool(state.standing.results))
        if said in NOTHING:
            return certain
        said = _MORE_LIKE_IT.sub(r"\g<liked>; more like \g<place>", said)
        try:
            with english_only():
                plan = self._rules.plan(said, state, attachments)
        except QueryError as error:
            raise ModelError(f"the model said {said!r}: {error}") from error
        if (why := unbacked(plan, certain, message, said)) is not None:
            raise ModelError(f"the model said {said!r}, but {why}")
        update: dict[str, object] = {"confidence": _CONFIDENCE, "planner": f"model: {said}"}
        on_top = certain.instead or _ON_TOP.match(read(message).text)
        if plan.intent == "recommend" and certain.intent == "refine" and on_top:
            update["intent"] = "refine"
        return as_read(plan, certain).model_copy(update=update)

    def rewrite(self, message: str, listed: bool) -> str:
        """Return a message in plain orders, between semicolons; ModelError where the model says nothing."""
        return self._guard.ask(self._model, prompt_for(message, listed), _read)


def doubtful(message: str, plan: TurnPlan) -> bool:
    """Tell whether rules that are sure of themselves are doubted: they may not have read all of a long message."""
    words = len(read(message).text.split())
    if words >= _LONGER and plan.confidence < _SURER:
        return True
    return words >= _LONG and len(content_words(residue(plan.text))) >= _LEFT_OVER


def prompt_for(message: str, listed: bool) -> list[BaseMessage]:
    """Return what the model is asked with: the same form as in training."""
    return [SystemMessage(SYSTEM), HumanMessage((LISTED if listed else "") + message)]


def _read(answer: AIMessage) -> str:
    said = " ".join(answer.text.split()).strip(" ;")
    if not said:
        raise ModelError("the model said nothing")
    return said
