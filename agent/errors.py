"""Errors that a user may meet; the message is one sentence with the value, the limit and the remedy."""

from __future__ import annotations


class AgentError(ValueError):
    """Base of all errors that the dialogue raises on purpose."""


class MessageError(AgentError):
    """The message cannot be taken: empty or too long."""


class ModelError(AgentError):
    """The language model did not answer in time or not usably; rules take over and the trace says so."""


class ModelUnaskedError(ModelError):
    """The language model was not asked: a cap is reached, it warms up or rests, or nothing was recorded."""


class SimulationError(AgentError):
    """Dialogues cannot be drawn, read or written."""


class BattleError(AgentError):
    """A battle or a vote that cannot be: no second system, no fitting track, too little listened to."""
