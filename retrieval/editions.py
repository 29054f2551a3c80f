"""Titles without the marks of their editions."""

from __future__ import annotations

import re

_EDITION = re.compile(
    r"[\(\[][^)\]]*\b(live|remaster(?:ed)?|remix|edit|version|mono|stereo|demo|acoustic|mix|deluxe)\b[^)\]]*[\)\]]|"
    r"\s-\s.*\b(live|remaster(?:ed)?|remix|version|edit)\b.*$|\b(feat|ft)\.?\s.*$",
    re.IGNORECASE,
)


def strip_edition(title: str) -> str:
    """Return a title without "(live)", "- 2011 Remaster" and the like."""
    return _EDITION.sub("", title).strip() or title
