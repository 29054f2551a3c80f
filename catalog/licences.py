"""Licence words to classes: what a user of the music must mind."""

from __future__ import annotations

import re
from typing import Literal

from catalog.values import LicenceClass

FilmTerms = Literal["free", "attribution", "share-alike", "non-commercial", "no-derivatives", "code", "unknown"]
# What may lie under a picture, from the strictest wish to the laxest. Music synchronised to a picture is an adaptation
# (Creative Commons say so of BY-ND and BY-SA): no-derivatives forbids it, share-alike binds the film.
FILM_LEVELS: dict[str, frozenset[FilmTerms]] = {
    "film": frozenset({"free", "attribution"}),
    "film-sharealike": frozenset({"free", "attribution", "share-alike"}),
    "film-noncommercial": frozenset({"free", "attribution", "non-commercial"}),
}
FILM_WORDS: dict[FilmTerms, str] = {
    "free": "free for a film, no credit asked",
    "attribution": "free for a film that credits it",
    "share-alike": "a film with it must be published under the same licence",
    "non-commercial": "only in a film that earns nothing",
    "no-derivatives": "not in a film: adaptations are forbidden, and setting it to a picture is one",
    "code": "a licence made for program code; what it asks of a film is unclear",
    "unknown": "its licence is not known; ask its makers first",
}

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


def film_terms(licence: str | None) -> FilmTerms:
    """Return what a licence asks of a film that has the music in it; the stricter of its terms counts."""
    found = licence_class(licence)
    if licence and found != "unknown" and re.search(r"\bnd\b|no.?deriv", licence.casefold().replace("_", "-")):
        return "no-derivatives"
    return "code" if found == "copyleft-code" else found
