"""The words of music and the concepts behind them: ``vocabulary.toml`` as values."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal

# What an occasion or a place says for a concept, next to 1 for a word of the concept itself.
HINT = 0.5
Family = Literal["genre", "mood", "instrument", "vocal"]


@dataclass(frozen=True, slots=True)
class Concept:
    """An idea that people have words for and that leaves traces in sound.

    `evidence` maps a measurement (``msd:rock``, ``energy``, ``minor``) to its weight; a concept that is what another is
    not (instrumental) names that one in `opposite_of` instead. `hints` are occasions that suggest it.
    """

    id: str
    family: Family
    words: tuple[str, ...]
    evidence: Mapping[str, float]
    opposite_of: str | None = None
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """A concept found in a text, where (character offsets) and whether the text says it is not wanted."""

    concept: Concept
    start: int
    end: int
    text: str
    negated: bool


class Vocabulary:
    """All concepts, by id and by the words that people use; `unheard` are style words that no tagger can judge.

    `plain` are phrases that name nothing, though a word in them does: "quiz night".
    """

    def __init__(
        self, concepts: tuple[Concept, ...], unheard: frozenset[str] = frozenset(), plain: frozenset[str] = frozenset()
    ) -> None:
        self.concepts = concepts
        self.unheard = unheard
        self.by_id = {c.id: c for c in concepts}
        self._by_word = {w: c for c in concepts for w in (c.id, *c.words, *c.hints)}
        # The longest phrase wins: "heavy metal" before "metal", "no vocals" before "vocals".
        phrases = sorted({*self._by_word, *plain}, key=len, reverse=True)
        # Plurals, "non-electronic" and "piano-driven" count; "post-rock" is something else.
        self._pattern = re.compile(
            r"(?:(?<![\w-])|(?<=\bnon-))("
            + "|".join(map(re.escape, phrases))
            + r")s?(?!\w|-(?!(?:based|driven|heavy|like|sounding|style|led|ish)\b))"
        )

    def concept(self, word: str) -> Concept | None:
        """Return the concept that a word or phrase stands for, if any."""
        word = word.casefold().strip()
        return self._by_word.get(word) or self._by_word.get(word.removesuffix("s"))

    def knows(self, word: str) -> bool:
        """Tell whether a word is one of music: of a concept, or of a style that no tagger can judge."""
        return word in self.unheard or self.concept(word) is not None

    def strength(self, word: str) -> float:
        """Return how much a word says for its concept: 1 for the concept's own words, 0.5 for a mere hint."""
        concept = self.concept(word)
        plain = word.casefold().strip()
        hinted = concept is not None and plain not in {concept.id, *concept.words} and self._is_hint(concept, plain)
        return HINT if hinted else 1.0

    def _is_hint(self, concept: Concept, word: str) -> bool:
        return word in concept.hints or word.removesuffix("s") in concept.hints

    def mentions(self, text: str) -> list[Mention]:
        """Return the concepts that a text names, in order, with negations ("no drums", "not too dark") marked."""
        lowered = text.casefold()
        return [
            Mention(self._by_word[m.group(1)], m.start(), m.end(), m.group(0), _negated(lowered[: m.start()]))
            for m in self._pattern.finditer(lowered)
            if m.group(1) in self._by_word
        ]

    def either(self, text: str) -> list[frozenset[str]]:
        """Return the ids of each run of `alternatives`."""
        return [frozenset(m.concept.id for m in run) for run in self.alternatives(text)]

    def alternatives(self, text: str) -> list[list[Mention]]:
        """Return the runs of wanted concepts of one family of which any will do: "rock, punk or metal"."""
        mentions = self.mentions(text)
        runs: list[list[Mention]] = []
        place = 0
        while place < len(mentions):
            run, chosen = [mentions[place]], False
            for before, after in pairwise(mentions[place:]):
                link = _ANY_OF.fullmatch(text[before.end : after.start])
                if link is None or before.negated or after.negated or after.concept.family != before.concept.family:
                    break
                run.append(after)
                chosen = chosen or link["word"] is not None
            if chosen:
                runs.append(run)
            place += len(run)
        return runs


_ANY_OF = re.compile(r"\s*(?:,\s*)?(?P<word>(?:\bor\b|/)\s*(?:maybe\s+|some\s+|even\s+|else\s+)?)?", re.IGNORECASE)
# A negation reaches over a few filler words, and over "or"/"and" lists are the planner's business.
_NEGATION = re.compile(
    r"(?:\b(?:(?:anything|everything|all|something)\s(?:but|except|other\s+than)|other\s+than|apart\s+from|instead\s+of|"
    r"rather\s+than|no|(?<!why )not|without|non|never|avoid|exclude|excluding|except|less|fewer|minus|hate|dislike|"
    r"(?<!n['’]t )(?<!not )(?<!never )forget(?:\s+about)?|"
    r"nothing|enough|neither|lose|ditch|leave\s+out|take\s+out|cut\s+out|get\s+rid\s+of|do\s+without|"
    r"nor|too|dont|doesnt|isnt|arent|cannot)\b|n['’]t\b)"
    r"(?:\s+(?:any|anything|too|so|super|particularly|especially|crazy|insanely|very|overly|much|many|more|of|the|a|an|that|that's|is|are|be|to|with|really|like|in|"
    r"want|need|hear|have|having|people|anyone|anybody|someone|somebody|add|use|sound|sounding|feel|music|songs|tracks|kind|sort|quite|as|this|these|those|all|"
    r"mood|for|into|stand))*"
    r"[\s-]*$"
)


def _negated(before: str) -> bool:
    return _NEGATION.search(before[-60:]) is not None


@lru_cache(maxsize=1)
def load_vocabulary() -> Vocabulary:
    """Read the table that ships with the package."""
    data = tomllib.loads(files("retrieval").joinpath("vocabulary.toml").read_text(encoding="utf-8"))
    return Vocabulary(
        tuple(
            Concept(
                c["id"],
                c["family"],
                tuple(c["words"]),
                {k: float(w) for k, w in c["evidence"].items()},
                c.get("opposite_of"),
                tuple(c.get("hints", ())),
            )
            for c in data["concept"]
        ),
        frozenset(data["unheard"]),
        frozenset(data["plain"]),
    )
