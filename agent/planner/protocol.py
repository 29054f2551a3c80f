"""What a planner promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agent.values import Attachment, DialogueState, TurnPlan


class Planner(Protocol):
    """A message in its dialogue, in whatever language, to a `TurnPlan`.

    It invents nothing: every argument stands in the message.

    Raises ModelError when a language model behind it fails; the deterministic one never fails.
    """

    def plan(self, message: str, state: DialogueState, attachments: Sequence[Attachment]) -> TurnPlan: ...
