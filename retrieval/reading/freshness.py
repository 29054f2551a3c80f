"""Where a listener stands between what they know and what is new to them, by their words."""

from __future__ import annotations

import re
from collections.abc import Iterator

_FRESH = re.compile(
    r"\b(?:(?:by |from )?(?:artists?|bands?|names?) (?:that |who(?:m)? )?i (?:don['’]?t|do not) know"
    r"(?: yet)?|"
    r"(?:something |anything |music |songs? )?(?:that is |that's )?new to me|"
    r"(?:help me )?discover(?: something)?(?: new)?|"
    r"unfamiliar(?: (?:artists?|music|ones?))?|off the beaten (?:track|path)|outside my (?:bubble|comfort zone))\b",
    re.IGNORECASE,
)
_FAMILIAR = re.compile(
    r"\b(?:(?:by |from )?(?:artists?|bands?|names?) (?:that |who(?:m)? )?i (?:already )?(?:know|like|love)|"
    r"familiar(?: (?:artists?|music|ones?|names?|songs?|tracks?))?|(?:by |from )?my favou?rite (?:artists?|bands?))\b",
    re.IGNORECASE,
)


def read_freshness(text: str) -> Iterator[tuple[float, int, int]]:
    """Yield (1 for what is new, -1 for what is familiar, start, end), each at most once and the familiar last."""
    for pattern, value in ((_FRESH, 1.0), (_FAMILIAR, -1.0)):
        if (match := pattern.search(text)) is not None:
            yield value, *match.span()
