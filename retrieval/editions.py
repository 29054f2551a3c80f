"""Titles and the marks of their editions: live, remaster, remix and the like."""

from __future__ import annotations

import re

# What people and labels write, and the one word that it comes to.
_KINDS = {
    "live": "live", "unplugged": "live", "concert": "live", "remaster": "remaster", "remastered": "remaster",
    "remix": "remix", "mix": "remix", "acoustic": "acoustic", "demo": "demo", "instrumental": "instrumental",
    "karaoke": "instrumental", "mono": "mono", "stereo": "stereo", "edit": "edit", "radio": "edit",
    "version": "version", "deluxe": "deluxe", "extended": "extended", "cover": "cover",
}  # fmt: skip
_MARKS = "|".join(_KINDS)
_EDITION = re.compile(
    rf"[\(\[][^)\]]*\b(?:{_MARKS})\b[^)\]]*[\)\]]|"
    r"\s-\s.*\b(?:live|remaster(?:ed)?|remix|version|edit|acoustic|demo)\b.*$|"
    r"\b(?:feat|ft)\.?\s.*$",
    re.IGNORECASE,
)
# "The live version of Night Song", "Night Song live".
_BEFORE = re.compile(
    rf"^(?:the\s+|an?\s+)?((?:{_MARKS})(?:\s+(?:{_MARKS}))*)\s+(?:(?:recording|take|cut|one)\s+)?of\s+(.+)$",
    re.IGNORECASE,
)

_LEADING = re.compile(
    rf"\b((?:{_MARKS})(?:\s+(?:{_MARKS}))*\s+(?:(?:recording|take|cut|one)\s+)?of)\s*$", re.IGNORECASE
)


def marks_of(kind: str) -> tuple[str, ...]:
    """Return the words that mark a kind of edition, as titles have them."""
    return tuple(mark for mark, its in _KINDS.items() if its == kind)


def strip_edition(title: str) -> str:
    """Return a title without "(live)", "- 2011 Remaster" and the like."""
    return _EDITION.sub("", title).strip() or title


def edition_of(title: str) -> frozenset[str]:
    """Return the kinds of edition that a title's marks name: ``live``, ``remaster``, ``remix``, ...

    A bare "version" says nothing beside another mark.
    """
    marks = " ".join(m[0] for m in _EDITION.finditer(title)).casefold()
    kinds = frozenset(_KINDS[w] for w in re.findall(r"[a-z]+", marks) if w in _KINDS)
    return kinds - {"version"} or kinds


def has_mark(text: str) -> bool:
    """Tell whether a text has a word that marks editions."""
    return not _KINDS.keys().isdisjoint(re.findall(r"[a-z]+", text.casefold()))


def edition_before(text: str) -> str:
    """Return the words that ask for an edition of what follows ("live version of "), or nothing."""
    match = _LEADING.search(text)
    return f"{match[1]} " if match else ""


def read_edition(name: str) -> tuple[str, frozenset[str]]:
    """Return the title that somebody asks for and the edition: "the live version of X" is (X, live)."""
    if (match := _BEFORE.match(name.strip())) is not None:
        kinds = frozenset(_KINDS[w] for w in match[1].casefold().split() if w in _KINDS)
        return match[2], (kinds - {"version"} or kinds) | edition_of(match[2])
    return name, edition_of(name)
