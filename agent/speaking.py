"""The reply of a turn: worded by a model where one is set, else by templates, and either way verified.

A model sees nothing but the evidence, and what it makes of it passes the same verifier as the templates' words.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Protocol

from agent.errors import ModelError
from agent.languages import words_of
from agent.responder import reply
from agent.values import Claims, Decision, Evidence, TurnPlan
from agent.verifier import Verifier

_logger = logging.getLogger(__name__)


class Wording(Protocol):
    """Puts evidence into words of the plan's language. Raises ModelError where it has none."""

    def words(self, plan: TurnPlan, decision: Decision, evidence: Evidence) -> str: ...


class Spoken:
    """One reply: `pieces` yields it, and afterwards `claims` counts what became of its claims."""

    def __init__(self, plan: TurnPlan, decision: Decision, evidence: Evidence, wording: Wording | None = None) -> None:
        self._plan, self._decision, self._evidence = plan, decision, evidence
        self._wording = wording if evidence.tracks or evidence.facts else None
        self._verifier = Verifier(evidence, decision, plan.language)
        self._by = "templates"
        self.claims = Claims()

    def pieces(self) -> Iterator[str]:
        """Yield what may be said, each piece ending in a blank."""
        worded = self._worded()
        drafted = said = False
        for piece in self._checked([worded]) if worded else self._checked(self._templates()):
            drafted, said = True, said or bool(piece)
            if piece:
                yield piece
        if worded and not said:
            self._by = "templates, since nothing of the model's words was backed"
            for piece in self._checked(self._templates()):
                said = said or bool(piece)
                if piece:
                    yield piece
        if drafted and not said:
            yield words_of(self._plan.language)("unsaid") + " "

    def _templates(self) -> Iterator[str]:
        return reply(self._plan, self._decision, self._evidence)

    def _checked(self, drafts: Iterable[str]) -> Iterator[str]:
        """Yield what is left of each draft, and count its claims."""
        for draft in drafts:
            checked = self._verifier.check(draft)
            claims = checked.claims
            self.claims = self.claims.plus(claims.made, claims.backed, claims.repaired, claims.dropped)
            yield f"{checked.text} " if checked.text else ""

    def told(self) -> str:
        """Return the step of the trace."""
        claims = self.claims
        told = f"{claims.backed} of {claims.made} claims backed"
        if claims.repaired:
            told += f", {claims.repaired} put right"
        if claims.dropped:
            told += f", {claims.dropped} left out"
        return f"{told}; words by {self._by}"

    def _worded(self) -> str:
        if self._wording is None:
            return ""
        try:
            words = self._wording.words(self._plan, self._decision, self._evidence).strip()
        except ModelError as error:
            _logger.warning("the model did not word the reply: %s", error)
            self._by = f"templates (the model failed: {error})"
            return ""
        self._by = "a model" if words else "templates"
        return words
