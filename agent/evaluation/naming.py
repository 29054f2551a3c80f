"""A language model without the catalogue: it names tracks freely, and its names are looked up afterwards.

Such a list of candidates as a catalogue is fits no prompt, so this is what a chat model alone can do. Names that the
catalogue does not have are counted: a user would have been sent to look for them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from agent.errors import ModelError
from agent.llm.guard import Guard, Model
from catalog.values import TrackId
from retrieval.resolve import resolve
from retrieval.snapshot import Snapshot

# Twenty names are a long answer for a small model on a CPU.
NAMES, REPLY_TOKENS, SECONDS = 20, 420, 180.0
MAX_SAID_CHARS = 3_000
_PROMPT = (
    f"You recommend music. Name the {NAMES} tracks that answer the user's last message best, having read the earlier "
    "ones. One track a line, best first, written as: Title - Artist. Write nothing else."
)
_NUMBER = re.compile(r"^\s*(?:\d{1,3}\s*[.):]|[-*•#])\s*")
_BETWEEN = re.compile(r"\s+[-–—]\s+|\s+by\s+", re.IGNORECASE)
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Named:
    """The tracks that were named and are here, in order; how many names were given, and how many are not here."""

    ids: tuple[TrackId, ...]
    given: int
    absent: int

    @property
    def strange(self) -> float:
        """Return the share of the names that the catalogue does not have; NaN without names."""
        return self.absent / self.given if self.given else float("nan")


class NamesAlone:
    """Asks a chat model for names.

    Args:
        model: writes freely; it is held to no schema.
        snapshot: where the names are looked up.
        guard: keeps the model within limits; a model that fails has named nothing.
    """

    def __init__(self, model: Model, snapshot: Snapshot, guard: Guard) -> None:
        self._model, self._snapshot, self._guard = model, snapshot, guard

    def __call__(self, said: Sequence[str]) -> Named:
        """Return what the model names after these messages of a user, oldest first."""
        told = "\n".join(f"User: {message}" for message in said)[-MAX_SAID_CHARS:]
        prompt: list[BaseMessage] = [SystemMessage(_PROMPT), HumanMessage(told)]
        try:
            names = self._guard.ask(self._model, prompt, _read)
        except ModelError as error:
            _logger.warning("the model named nothing: %s", error)
            names = []
        hits = [resolve(self._snapshot, title, artist) for title, artist in names]
        ids = dict.fromkeys(hit.track_id for hit in hits if hit is not None)
        return Named(tuple(ids), len(names), sum(hit is None for hit in hits))


def names_in(text: str) -> list[tuple[str, str | None]]:
    """Return (title, artist or None) of each line of a reply, each once, at most `NAMES`; a last line cut short too."""
    found: dict[tuple[str, str | None], None] = {}
    for line in text.splitlines():
        words = _NUMBER.sub("", line).strip().strip("\"“”*'")
        if not words or words.endswith(":"):
            continue
        title, *artist = _BETWEEN.split(words, maxsplit=1)
        if title := title.strip(" \"“”*'"):
            found.setdefault((title, artist[0].strip(" \"“”*'") if artist else None))
    return list(found)[:NAMES]


def _read(message: AIMessage) -> list[tuple[str, str | None]]:
    return names_in(str(message.content))
