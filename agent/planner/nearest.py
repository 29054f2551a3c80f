"""The examples that are nearest to a message, by meaning where there is a text encoder, else by spelling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from agent.planner.prompts import Example

# Texts to float32 (n, dim), rows L2-normalised, in request order.
Embed = Callable[[Sequence[str]], NDArray[np.float32]]


class Nearest:
    """Finds the examples of a bank that are most like a message; the same ones every time.

    Args:
        bank: the examples.
        embed: the text encoder; None compares spellings.
    """

    def __init__(self, bank: Sequence[Example], embed: Embed | None) -> None:
        self._bank, self._embed = tuple(bank), embed

    def __call__(self, message: str, n: int, *, listed: bool) -> list[Example]:
        """Return up to `n` examples, the nearest last, right before the message.

        Those with a list on the screen are examples of messages with one, and the others of those without.
        """
        if not n:
            return []
        places = [place for place, example in enumerate(self._bank) if example.listed == listed]
        likeness = self._likeness(message)
        best = sorted(places, key=lambda place: -likeness[place])[:n]
        return [self._bank[place] for place in reversed(best)]

    def _likeness(self, message: str) -> Sequence[float]:
        if self._embed is None:
            asked = [example.message.casefold() for example in self._bank]
            scores = process.cdist([message.casefold()], asked, scorer=fuzz.token_set_ratio)[0]
        else:
            scores = self._vectors @ self._embed([message])[0]
        return [float(score) for score in scores]

    @cached_property
    def _vectors(self) -> NDArray[np.float32]:
        assert self._embed is not None
        return self._embed([example.message for example in self._bank])
