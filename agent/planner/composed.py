"""Rules first, the language model when they are unsure, rules again when it fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from agent.errors import ModelError, ModelUnaskedError
from agent.planner.protocol import Planner
from agent.values import Attachment, DialogueState, TurnPlan

# Below this confidence of the rules a model is asked, where there is one.
SURE = 0.7
Doubts = Callable[[str, TurnPlan], bool]
_logger = logging.getLogger(__name__)


class ComposedPlanner:
    """The default: deterministic where that suffices.

    Args:
        rules: the planner that never fails.
        model: the planner over a language model, or None.
        sure: from this confidence on the model is not asked.
        doubts: tells of a plan of the rules whether the model is asked all the same.
    """

    def __init__(
        self, rules: Planner, model: Planner | None, sure: float = SURE, doubts: Doubts = lambda message, plan: False
    ) -> None:
        self._rules = rules
        self._model = model
        self._sure, self._doubts = sure, doubts

    def plan(self, message: str, state: DialogueState, attachments: Sequence[Attachment]) -> TurnPlan:
        """Return the plan; `planner` in it says who made it, and whether the rules stood in."""
        plan = self._rules.plan(message, state, attachments)
        if self._model is None or (plan.confidence >= self._sure and not self._doubts(message, plan)):
            return plan
        try:
            return self._model.plan(message, state, attachments)
        except ModelUnaskedError as error:
            return plan.model_copy(update={"planner": f"rules ({error})"})
        except ModelError as error:
            _logger.warning("the model did not plan: %s", error)
            return plan.model_copy(update={"planner": f"rules (the model failed: {error})"})
