"""Errors that a user may meet; the message is one sentence with the value, the limit and the remedy."""

from __future__ import annotations


class EncoderError(ValueError):
    """Base of all errors that the encoders raise on purpose."""


class MediaError(EncoderError):
    """The file cannot be used: wrong type, too large, too long, damaged, or it names other resources."""


class MediaCancelledError(MediaError):
    """Work on a file was ended by whoever had asked for it."""


class ModelMissingError(EncoderError):
    """The weights of a slot are not on disk; the message names the command that fetches them."""


class ModelCorruptError(EncoderError):
    """A weights file does not have its pinned SHA-256."""


class SelfTestError(EncoderError):
    """An encoder failed the gate and was not activated; the message says which probe and the figure."""


class MissingExtraError(EncoderError, ImportError):
    """An optional package is not installed; the message names the extra that brings it."""
