"""Which conversation a list of messages is.

Clients send the whole history and no id. What stands after each turn is kept under a name made of everything that was
said up to it, so that the next request, whose history begins with the same words, finds it: to go on, to go back
(“regenerate”, an edited message), or to fork. What was never said here is rebuilt from the user's messages.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from agent.assistant import MAX_HISTORY, Assistant
from agent.values import DialogueState
from ui.completions.parts import Said
from ui.uploads import Uploads


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message belongs: the conversation, and what stands before it (None: what stands there now)."""

    session_id: str
    start: DialogueState | None = None


class Names:
    """Names of the places in a history, after each answer. They cannot be made without the server's key.

    Args:
        key: the server's key.
        who: whose history it is; the same words of somebody else are another conversation.
    """

    def __init__(self, key: str, who: str) -> None:
        self._seed = hmac.new(key.encode(), _framed("who", who), hashlib.sha256)

    def of(self, said: Sequence[Said]) -> list[str]:
        """Return a name for each message: that of everything up to it."""
        names, so_far = [], self._seed.copy()
        for one in said:
            # Clients trim and wrap what they keep; the words stay the same.
            so_far.update(_framed(one.role, " ".join(one.text.split())))
            for file in one.files:
                so_far.update(_framed("file", file.digest()))
            names.append(so_far.hexdigest())
        return names

    def after(self, said: Sequence[Said], reply: str) -> str:
        """Return the name of the place after the answer to these messages."""
        return self.of([*said, Said("assistant", reply)])[-1]


def place_of(
    said: Sequence[Said], session_id: str | None, names: Names, assistant: Assistant, uploads: Uploads
) -> Place:
    """Return where the last of these messages belongs.

    A conversation that the client names goes on as it stands; where nothing was said in it, and where no name is given,
    the history before the last message counts.
    """
    if session_id is not None:
        if assistant.state(session_id).turn or not _of_user(said[:-1]):
            return Place(session_id)
        fresh = DialogueState(session_id=session_id)
        return Place(session_id, _rebuilt(fresh, said[:-1], assistant, uploads))
    known, kept = _longest_known(said, names, assistant)
    rest = said[known:-1]
    if kept is not None and not _of_user(rest):
        now = assistant.state(kept.session_id)
        return Place(kept.session_id, now) if _same_place(now, kept) else Place(_new_id(), kept)
    start = kept or DialogueState(session_id=_new_id())
    return Place(_new_id(), _rebuilt(start, rest, assistant, uploads))


def _longest_known(said: Sequence[Said], names: Names, assistant: Assistant) -> tuple[int, DialogueState | None]:
    """Return how many messages lead to the last place that was kept, and what stood there."""
    places = names.of(said[:-1])
    for last in range(len(places) - 1, -1, -1):
        if said[last].role == "assistant" and (kept := assistant.recall(places[last])) is not None:
            return last + 1, kept
    return 0, None


def _same_place(now: DialogueState, kept: DialogueState) -> bool:
    """Tell whether nothing was said since; a like by a button comes between two messages."""
    reactions = {"likes": (), "dislikes": ()}
    return now.model_copy(update={"standing": now.standing.model_copy(update=reactions)}) == kept.model_copy(
        update={"standing": kept.standing.model_copy(update=reactions)}
    )


def _rebuilt(start: DialogueState, said: Sequence[Said], assistant: Assistant, uploads: Uploads) -> DialogueState:
    # What is further back than the steps that can be undone hardly counts any more, and costs as much.
    messages = _of_user(said)[-MAX_HISTORY:]
    return assistant.rebuild(start, [(m.text, m.attachments(uploads)) for m in messages])


def _of_user(said: Sequence[Said]) -> list[Said]:
    return [m for m in said if m.role == "user"]


def _new_id() -> str:
    return secrets.token_urlsafe(12)


def _framed(kind: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    return f"{kind} {len(data)}\n".encode() + data
