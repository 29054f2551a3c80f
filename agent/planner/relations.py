"""How a message relates tracks to each other: alike in one attribute, less like another one, on the way between two."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from agent.planner.patterns import Patterns
from agent.values import NamedReference
from catalog.names import fold
from retrieval.values import Attribute
from retrieval.vocabulary import load_vocabulary

# "less metal" is a wish about a style; "less like #5", "less “Iron Rain”" and "less Northerners" are about tracks.
_LESS = re.compile(r"\b(?i:less)\s+(?i:like\s+|of\s+)?(?=#|[\"“„«]|(?i:the|number|no\.|track|song)\s|[A-Z])")
_NAME = r"([A-Z][^,.;!?\n\"“”#]{1,80}?)"
_LIKE_NAME = re.compile(rf"\b(?i:like|similar to|as)\s+{_NAME}\s+(?:,\s*)?(?i:but|only|with|just)\b")
_LESS_NAME = re.compile(rf"^(?i:like\s+|of\s+)?{_NAME}\W*$")
_ENDS = re.compile(r"\b(?i:from|between)\s+(.{1,90}?)\s+(?i:to|and|into)\s+(.{1,90})$")
_TAIL = re.compile(r"\s+(?i:with|in|over|of|using|through)\s+(?:(?i:about|exactly)\s+)?\d{1,3}\b.*$|[.!?]+$")
_COUNT = re.compile(r"\b(\d{1,3})[\s-]+(?:tracks?|songs?|steps?|pieces?|stops?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Relations:
    """What a message says about tracks beside each other; `handles` and `named` are those that it starts from.

    `path` says that these are the two ends of a path of `n` tracks.
    """

    handles: tuple[int, ...] = ()
    named: tuple[NamedReference, ...] = ()
    less: tuple[int, ...] = ()
    less_named: tuple[NamedReference, ...] = ()
    attribute: Attribute | None = None
    path: bool = False
    n: int | None = None


def relations_in(
    message: str,
    patterns: Patterns,
    handles_of: Callable[[str], tuple[int, ...]],
    named_of: Callable[[str], tuple[NamedReference, ...]],
) -> Relations:
    """Return the relations of a message; `handles_of` and `named_of` read places and quoted names in a part of it."""
    if (path := _path(message, patterns, handles_of, named_of)) is not None:
        return path
    attribute = patterns.attribute_in(message)
    before, after = message, ""
    if (found := _LESS.search(message)) is not None:
        before, after = message[: found.start()], message[found.end() :]
    handles = handles_of(before)
    named = () if handles else named_of(before) or _named(_LIKE_NAME.search(message))
    less = handles_of(after)
    less_named = () if less or not after else named_of(after) or _named(_LESS_NAME.match(after))
    if not (handles or named):
        less, less_named = (), ()
    return Relations(handles, named, less, less_named, attribute)


def _path(
    message: str,
    patterns: Patterns,
    handles_of: Callable[[str], tuple[int, ...]],
    named_of: Callable[[str], tuple[NamedReference, ...]],
) -> Relations | None:
    """Return a path between two places or two names; None where the message speaks of none or names no two ends."""
    ends = _ENDS.search(message.strip())
    if not patterns.cue("path", message) or ends is None:
        return None
    first, last = ends[1], _TAIL.sub("", ends[2])
    count = _COUNT.search(message)
    n = int(count[1]) if count else None
    places = (*handles_of(first)[:1], *handles_of(last)[:1])
    if len(places) == 2:
        return Relations(handles=places, path=True, n=n)
    named = tuple((named_of(end) or (NamedReference(title=end.strip(' "“”')),))[0] for end in (first, last))
    if any(handles_of(end) for end in (first, last)) or not all(r.title[:1].isupper() for r in named):
        return None
    return Relations(named=named, path=True, n=n)


def _named(found: re.Match[str] | None) -> tuple[NamedReference, ...]:
    """Return the name of a match; a word for a style or a mood ("like Jazz but") names no track."""
    if found is None or load_vocabulary().concept(fold(found[1])) is not None:
        return ()
    return (NamedReference(title=found[1].strip()),)
