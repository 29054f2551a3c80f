"""Errors that a user may meet; the message is one sentence with the value, the limit and the remedy."""

from __future__ import annotations


class RetrievalError(ValueError):
    """Base of all errors that ranking raises on purpose."""


class QueryError(RetrievalError):
    """The question cannot be answered as put: an unknown field, an impossible range, nothing to go by."""


class IndexRefusedError(RetrievalError):
    """An index file is damaged, stale or of another space; exact search serves meanwhile."""


class ModelRefusedError(RetrievalError):
    """A ranking model is damaged or was trained on something else; the untrained fusion serves meanwhile."""


class TrainingBusyError(RetrievalError):
    """A training is asked for where another one is at work."""


class MissingExtraError(RetrievalError):
    """Something that was asked for needs a package that is not installed; the message names the extra."""


class DeskBusyError(RetrievalError):
    """So much work on films waits already that no more is taken."""
