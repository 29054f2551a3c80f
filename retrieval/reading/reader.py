"""A text that is read wish by wish: what was understood is blanked out, so that no words are read twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from retrieval.constraints import Constraint

# A refusal before a wish of one word or phrase: "not in C major", "no CC BY-NC".
REFUSING = (
    r"(?P<no>\b(?:not|no|nothing|never|without|except(?:\s+for)?|excluding|avoid|don['’]?t)\s+"
    r"(?:(?:any|anything|music|songs?|tracks?|want|like|under|licen[sc]ed)\s+)*)?"
)


class Reader:
    """The text that is left in `rest`, and what was found in it so far; `describes`: it tells at length."""

    def __init__(self, text: str, *, describes: bool = False) -> None:
        self.rest = text
        self.describes = describes
        self.found: list[Constraint] = []
        self.n: int | None = None
        self.total_s: float | None = None
        self.freshness: float | None = None

    def take(self, pattern: str, use: Callable[[re.Match[str]], Constraint | list[Constraint] | None]) -> None:
        """Read every match of a pattern as one wish or several; where `use` gives None the words stay."""
        for match in re.finditer(pattern, self.rest, re.IGNORECASE):
            made = use(match)
            if made is None:
                continue
            source = match.group(0).strip()
            for wish in made if isinstance(made, list) else [made]:
                self.found.append(replace(wish, source_text=source))
            self.blank(*match.span())

    def blank(self, start: int, end: int) -> None:
        """Put blanks in the place of some characters; all others stay where they are."""
        self.rest = self.rest[:start] + " " * (end - start) + self.rest[end:]
