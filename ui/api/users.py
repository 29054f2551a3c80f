"""Whose request it is."""

from __future__ import annotations

from fastapi import Request

from catalog.values import UserId
from ui.compose import App

# Where the gate leaves whose key a request came with.
OWNER = "trichord.owner"


class ForeignUserError(ValueError):
    """A user's own key came with another user's name."""


def user_of(request: Request, parts: App, told: str | None = None) -> UserId | None:
    """Return the user of a request: whose own key it came with, else who is told, else the one of this machine.

    Raises:
        ForeignUserError: the key is one user's, and another is told.
    """
    owner: str | None = request.scope.get(OWNER)
    if owner is not None:
        if told is not None and told != owner:
            raise ForeignUserError(f"This key is {owner[:32]}'s; leave user_id out, or use the key of {told[:32]}.")
        return UserId(owner)
    return parts.local_user if told is None else UserId(told)
