"""``patterns.toml`` as compiled expressions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

from agent.values import Comparison, Intent
from retrieval.values import Attribute

# "5 minutes or longer" and "no slower than these" are limits, no comparisons.
_NO_LIMIT = "".join(f"(?<!{words} )" for words in (r"\d or", "bpm or", "minutes or", "min or", "long or", "seconds or"))


class Patterns:
    """The tables of the deterministic planner."""

    def __init__(
        self,
        intents: Sequence[tuple[Intent, re.Pattern[str], bool]],
        comparisons: Sequence[tuple[Comparison, re.Pattern[str]]],
        cues: Mapping[str, re.Pattern[str]],
        attributes: Sequence[tuple[Attribute, re.Pattern[str]]],
    ) -> None:
        self._intents = intents
        self._comparisons = comparisons
        self._cues = cues
        self._attributes = attributes

    def intent_of(self, message: str, has_results: bool) -> Intent | None:
        """Return the first intent whose pattern matches; some need results on the screen."""
        for intent, pattern, needs_results in self._intents:
            if (has_results or not needs_results) and pattern.search(message):
                return intent
        return None

    def attribute_in(self, message: str) -> Attribute | None:
        """Return the one side of the sound that a message wants alike ("same rhythm as"), if any."""
        return next((name for name, pattern in self._attributes if pattern.search(message)), None)

    def comparisons_in(self, message: str) -> tuple[Comparison, ...]:
        """Return the comparisons ("calmer", "faster") that a message makes."""
        return tuple(name for name, pattern in self._comparisons if pattern.search(message))

    def without_comparisons(self, message: str) -> str:
        """Return a message with its comparisons blanked: "more upbeat" compares, it does not ask for upbeat music."""
        for _, pattern in self._comparisons:
            message = pattern.sub(" ", message)
        return message

    def cue(self, name: str, message: str) -> bool:
        """Tell whether a cue of that name stands in the message."""
        return self.found(name, message) is not None

    def without(self, name: str, message: str) -> str:
        """Return a message without the cues of a name."""
        return self._cues[name].sub(" ", message)

    def found(self, name: str, message: str) -> re.Match[str] | None:
        """Return where a cue of that name stands in the message first."""
        return self._cues[name].search(message)


@lru_cache(maxsize=1)
def load_patterns() -> Patterns:
    """Read the tables that ship with the package."""
    data = tomllib.loads(files("agent.planner").joinpath("patterns.toml").read_text(encoding="utf-8"))

    def any_of(patterns: Sequence[str]) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{p})" for p in patterns), re.IGNORECASE)

    return Patterns(
        [(row["id"], any_of(row["patterns"]), row.get("needs_results", False)) for row in data["intent"]],
        [(row["id"], any_of([rf"{_NO_LIMIT}\b(?:{p})\b" for p in row["patterns"]])) for row in data["comparison"]],
        {name: any_of(patterns) for name, patterns in data["cues"].items()},
        [(row["id"], any_of(row["patterns"])) for row in data["attribute"]],
    )
