"""Whose request it is."""

from __future__ import annotations

from fastapi import Request

from catalog.errors import NotFoundError
from catalog.values import SessionId, UserId
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


def check_session(request: Request, parts: App, session_id: str) -> None:
    """Refuse a conversation that is another's, as if it were not there.

    Who comes with a key of the server or from this machine acts for any user, as with `user_id`.

    Raises:
        NotFoundError: the request came with a user's own key, and the conversation is somebody else's.
    """
    owner: str | None = request.scope.get(OWNER)
    if owner is not None and parts.catalogue.transcripts.owner(SessionId(session_id)) not in {None, owner}:
        raise NotFoundError(f"No conversation has the id {session_id[:64]!r}; start one with POST /v1/chat.")
