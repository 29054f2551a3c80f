"""The model of kinds: one hidden layer over sentence embeddings. NumPy to use, torch only to train."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.errors import ModelError
from agent.planner.pointing import HANDLE, LOOSE_PLACE, QUOTED
from encoders.protocols import TextEncoder
from encoders.small_weights import Shipped, UnreadableWeightsError, read_weights, write_weights
from encoders.values import FloatArray
from retrieval.constraints import Constraint
from retrieval.vocabulary import load_vocabulary

# What the classifier tells apart beside the words: it weighs as much as a few dimensions of an embedding.
_STRUCTURE = 0.3
_NAME = re.compile(f"{QUOTED.pattern}|[»《「][^»《「》」]{{1,120}}[》」«]")


@dataclass(frozen=True, slots=True)
class Message:
    """What the model sees of a message.

    `said` is it as it was written, `read` its English reading without names, places and wishes. `structure` tells
    whether there are tracks on the screen, places of them, names, wishes, a playlist's title.
    """

    said: str
    read: str
    structure: tuple[bool, ...]


def message_of(
    said: str, english: str, wishes: Sequence[Constraint], *, results: bool, places: bool, names: bool, titled: bool
) -> Message:
    """Return what the model sees of a message."""
    read = QUOTED.sub(" name ", english)
    for wish in wishes:
        if wish.source_text:
            read = read.replace(wish.source_text, " such ", 1)
    read = HANDLE.sub(" number one ", read)
    if places and results:
        read = LOOSE_PLACE.sub(" number one ", read)
    for mention in load_vocabulary().mentions(read):
        read = read.replace(mention.text, " such ", 1)
    read = re.sub(r"\d+([.,:]\d+)?", " two ", read)
    structure = (results, places, names, bool(wishes), titled)
    return Message(_NAME.sub(" X ", said), " ".join(read.casefold().split()), structure)


def inputs(messages: Sequence[Message], encoder: TextEncoder) -> FloatArray:
    """Return ``(n, 2 d + 5)`` float32: both embeddings and the structure."""
    said = encoder.encode([m.said for m in messages])
    read = encoder.encode([m.read for m in messages])
    told = np.array([m.structure for m in messages], np.float32) * _STRUCTURE
    return np.concatenate([said, read, told], axis=1)


@dataclass(frozen=True, eq=False)
class Router:
    """Tells the kind of a message.

    `kinds` are the names of the classes; `mean` ``(f,)`` is taken from the inputs, `hidden` ``(f, h)`` with
    `hidden_bias` and `out` ``(h, k)`` with `out_bias` are the layers, `temperature` makes the probabilities calibrated.
    `space` is the id of the embeddings that it was trained on.
    """

    kinds: tuple[str, ...]
    space: str
    mean: FloatArray
    hidden: FloatArray
    hidden_bias: FloatArray
    out: FloatArray
    out_bias: FloatArray
    temperature: float

    def probabilities(self, rows: FloatArray) -> FloatArray:
        """Return ``(n, k)`` for inputs ``(n, f)``."""
        hidden = np.maximum((rows - self.mean) @ self.hidden + self.hidden_bias, 0.0)
        scores = (hidden @ self.out + self.out_bias) / self.temperature
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        found: FloatArray = scores / scores.sum(axis=1, keepdims=True)
        return found

    def tell(self, message: Message, encoder: TextEncoder) -> Mapping[str, float]:
        """Return the probability of each kind."""
        told = self.probabilities(inputs([message], encoder))[0]
        return dict(zip(self.kinds, map(float, told), strict=True))

    def write(self, path: Path) -> None:
        """Write the weights, in half precision."""
        rest = {"kinds": np.array(self.kinds), "space": self.space, "temperature": self.temperature}
        write_weights(path, {name: getattr(self, name) for name in _ARRAYS}, rest)

    @classmethod
    def load(cls, path: Path | None = None) -> Router:
        """Read the weights of a file; without one, those that ship with the package.

        Raises:
            ModelError: the file is no such model.
        """
        try:
            kept = read_weights(path, _SHIPPED, _ARRAYS, ("kinds", "space", "temperature"))
            kinds, temperature = tuple(map(str, kept.rest["kinds"])), float(kept.rest["temperature"])
        except (UnreadableWeightsError, TypeError, ValueError) as error:
            source = error.source if isinstance(error, UnreadableWeightsError) else path
            raise ModelError(f"{source} is no router ({error}); train one by `trichord train router`.") from error
        return cls(kinds=kinds, space=str(kept.rest["space"]), temperature=temperature, **kept.arrays)


_SHIPPED = Shipped("agent.planner.routing", "router.npz")
_ARRAYS = ("mean", "hidden", "hidden_bias", "out", "out_bias")
