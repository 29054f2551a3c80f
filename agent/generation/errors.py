"""What can go wrong between a wish and a piece; each message is one sentence for the user."""

from __future__ import annotations


class GenerationError(RuntimeError):
    """Nothing could be generated; the message is one sentence for the user."""


class InvalidRequestError(GenerationError):
    """The request itself cannot be met by anyone: a value is outside its limits, or two of them contradict."""


class GenerationCancelledError(GenerationError):
    """The user, or the time limit, stopped the work."""
