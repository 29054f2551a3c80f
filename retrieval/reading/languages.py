"""Which language the words should be in: "in Spanish", "sung in French or Italian", "no English lyrics"."""

from __future__ import annotations

import re

from catalog.languages import LANGUAGES, language_of
from retrieval.constraints import Constraint

# As they are often written.
_SLIPS = {"portugese": "portuguese", "portugeuse": "portuguese", "itallian": "italian", "italien": "italian",
          "spansh": "spanish", "japanse": "japanese", "geman": "german", "frensh": "french"}  # fmt: skip
_NAME = "|".join(("mandarin", "cantonese", *_SLIPS, *LANGUAGES))
# "In French style" and "French house" tell of a scene, not of the words.
LANGUAGE_WISH = (
    r"(?P<no>\b(?:not?|nothing|without|never|except)\s+(?:any(?:thing)?\s+)?)?"
    r"(?:\b(?:(?:is\s+|are\s+)?sung\s+|singing\s+|(?:lyrics|words|vocals)\s+)?in\s+"
    rf"(?P<first>{_NAME})(?:\s+(?:or|and)\s+(?P<second>{_NAME}))?\b(?:\s+language)?"
    r"(?!\s+(?:style|fashion|manner|tradition|house|folk|pop|rock|rap|jazz|film|movie|cinema|caf[eé]s?)\b)|"
    rf"\b(?P<third>{_NAME})(?:[\s-]+(?:lyrics|vocals|singing(?!\s+(?:bowls?|lessons?|saws?))|language|words|sung|ones?|songs?|singers?)|"
    r"-(?:speaking|singing))\b|"
    rf"(?<!no )(?<!not )(?<!without )(?<!any )\b(?P<rapped>{_NAME})(?=[\s-]+(?:rap|hip[\s-]?hop)\b))"
)


def language_wish(found: re.Match[str]) -> Constraint:
    """Return the wish of a match of `LANGUAGE_WISH`; of two languages either will do."""
    words = [w for w in (found["first"] or found["third"] or found["rapped"], found["second"]) if w]
    names = dict.fromkeys(language_of(_SLIPS.get(w.casefold(), w)) or w for w in words)
    return Constraint("language", "not" if found["no"] else "is", " or ".join(names))
