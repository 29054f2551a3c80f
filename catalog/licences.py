"""Licence words to classes: what a user of the music must mind."""

from __future__ import annotations

import re

from catalog.values import LicenceClass

# First match wins, so the stricter words stand first. Public domain and CC0 ask for nothing; BY for a name; SA for the
# same licence on what is made from it; NC forbids trade; code licences on music bind like share-alike.
_PATTERNS: tuple[tuple[str, LicenceClass], ...] = (
    (r"\bnc\b|non.?commercial", "non-commercial"),
    (r"\bby[- ]sa\b|share.?alike|free art|\blal\b|artlibre|oga.?by", "share-alike"),
    (r"\bby\b|attribution|\bmit\b|expat|bsd|isc|zlib|apache", "attribution"),
    (r"cc0|public.?domain|\bpd\b|wtfpl|unlicense", "free"),
    (r"gpl|copyleft|artistic", "copyleft-code"),
)


def licence_class(licence: str | None) -> LicenceClass:
    """Return the class of a licence name such as ``CC-BY-SA-3.0``; ``unknown`` for none or a strange one."""
    if not licence:
        return "unknown"
    words = licence.casefold().replace("_", "-")
    for pattern, found in _PATTERNS:
        if re.search(pattern, words):
            return found
    return "unknown"
