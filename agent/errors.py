"""Errors that a user may meet; the message is one sentence with the value, the limit and the remedy."""

from __future__ import annotations


class AgentError(ValueError):
    """Base of all errors that the dialogue raises on purpose."""


class MessageError(AgentError):
    """The message cannot be taken: empty or too long."""


class ModelError(AgentError):
    """The language model did not answer in time or not usably; rules take over and the trace says so."""


class ModelUnaskedError(ModelError):
    """The language model was not asked at all: a cap is reached, it rests after failures, or nothing was recorded."""


class SimulationError(AgentError):
    """Dialogues cannot be drawn, read or written."""
