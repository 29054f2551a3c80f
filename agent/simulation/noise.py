"""What real messages suffer: a typo, lower case, a filler, left-out words, trailing dots. Names are never touched.

A name stands in the message as one sign of a private plane until the noise is done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from agent.simulation.templates import Language

_PLACE = 0xF0000
# Long enough that two letters in the wrong order leave the word readable.
_WORD = re.compile(r"[^\W\d_]{5,}")


class Names:
    """The names of one message, each behind a sign that no noise reads."""

    def __init__(self) -> None:
        self._names: list[str] = []

    def hide(self, name: str) -> str:
        """Return the sign that stands for a name."""
        self._names.append(name)
        return chr(_PLACE + len(self._names) - 1)

    def show(self, message: str) -> str:
        """Return a message with its names."""
        return message.translate({_PLACE + n: name for n, name in enumerate(self._names)})


def noisy(message: str, language: Language, rng: np.random.Generator) -> tuple[str, str | None]:
    """Return a message with one kind of noise, and which; as it is and None where that kind finds nothing to do."""
    kind = list(_KINDS)[int(rng.integers(len(_KINDS)))]
    changed = _KINDS[kind](message, language, rng)
    return (message, None) if changed == message or not changed.strip() else (changed, kind)


def _typo(message: str, language: Language, rng: np.random.Generator) -> str:
    words = [w for w in _WORD.finditer(message) if w[0].isascii()]
    if not words:
        return message
    word = words[int(rng.integers(len(words)))]
    # Not the first letter: that one is hardly ever wrong.
    at = word.start() + int(rng.integers(1, len(word[0]) - 1))
    return message[:at] + message[at + 1] + message[at] + message[at + 2 :]


def _lower(message: str, language: Language, rng: np.random.Generator) -> str:
    return message.lower().rstrip(".!?")


def _filler(message: str, language: Language, rng: np.random.Generator) -> str:
    return _pick(language.fillers, rng) + message


def _ellipsis(message: str, language: Language, rng: np.random.Generator) -> str:
    for words in language.droppable:
        edge = r"\b" if words[-1].isascii() else ""
        shorter = re.sub(rf"\s*{edge}{re.escape(words)}{edge}\s*", " ", message, flags=re.IGNORECASE).strip()
        if shorter != message and _rest(shorter):
            return shorter
    return message


def _dots(message: str, language: Language, rng: np.random.Generator) -> str:
    return message.rstrip(".!?") + "..."


def _rest(message: str) -> bool:
    """Tell whether anything is left to read: a word, or a hidden name."""
    return re.search(r"[^\W_]|[\U000f0000-\U000fffff]", message) is not None


def _pick(texts: Sequence[str], rng: np.random.Generator) -> str:
    return texts[int(rng.integers(len(texts)))]


_KINDS: Mapping[str, Callable[[str, Language, np.random.Generator], str]] = {
    "typo": _typo,
    "lower case": _lower,
    "filler": _filler,
    "ellipsis": _ellipsis,
    "dots": _dots,
}
