"""Who is meant by "by ..." in a text: artists of the catalogue, names that it lacks, and what is no name at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from catalog.names import fold
from retrieval.constraints import Constraint, Op
from retrieval.lazy import KnownNames
from retrieval.vocabulary import load_vocabulary

_LEAD = re.compile(
    r"\b(?P<refused>(?:not|nothing|none|except|excluding|without|other than|avoid)\s+(?:anything\s+)?(?:by|from)\s+)"
    r"|\b(?P<known>(?:except|excluding|other than|from|of)\s+)"
    r"|\b(?P<what>(?:music|songs?|tracks?|tunes?|pieces?|anything|something|stuff|works?|more)\s+)?"
    r"(?P<done>(?:that\s+(?:is|are|was|were)\s+)?(?:played|performed|sung|recorded)\s+)?"
    r"\bby\s+(?:the\s+(?:artist|band|composer)\s+)?",
    re.IGNORECASE,
)
# Words in capitals, with the small words that names carry: "The Bards of Wesnoth".
_CAPITALS = re.compile(
    r"(?:the\s+)?[A-Z0-9À-Þ][\w.'’&-]*"
    r"(?:\s+(?:(?:of|the|and|&|van|von|de|la|le|der|du|di)\s+)?[A-Z0-9À-Þ][\w.'’&-]*){0,5}"
)
_SMALL = re.compile(
    r"(?:the\s+)?[^\W\d_][\w.'’-]*"
    r"(?:\s+(?!(?:but|and|or|with|in|from|under|over|that|which|please|for|at|on|not|no|is|are)\b)[\w.'’-]+){0,2}"
)
# What stands after "by" without being anyone.
_NOBODY = re.compile(
    r"(?:the\s+)?(?:and|or|but|with|under|over|way|sea|end|time|fire|fireplace|river|side|hand|day|night|hour|minute|now|far|me|you|him|her|them|"
    r"someone|somebody|anyone|anybody|others?|another|different|itself|chance|mistake|default|myself|mood|genre|tempo|"
    r"key|length|year|name|artist|title|\w+day|january|february|march|april|may|june|july|august|september|october|"
    r"november|december|tomorrow|tonight|then|using|making|\w+ing)\b|(?:a|an|my|your|our|this|that|any|some|all)\b",
    re.IGNORECASE,
)


def read_artists(text: str, known: Mapping[str, str]) -> list[tuple[Constraint, int, int]]:
    """Return the artists that a text asks for or refuses, each with the characters (start, end) that say so.

    Args:
        text: what the user wrote.
        known: folded names of the catalogue's artists and how they are written.
    """
    if (name := known.get(fold(text))) is not None:
        return [(Constraint("artist", "is", name, text.strip()), 0, len(text))]
    found: list[tuple[Constraint, int, int]] = []
    for lead in _LEAD.finditer(text):
        after = text[lead.end() : lead.end() + 80]
        name, length = _known_name(after, known) or ("", 0)
        if not name and lead["known"] is None:
            name = _unknown_name(after, small=bool(lead["what"] or lead["done"]))
            length = len(name)
        if not name or (found and lead.start() < found[-1][2]):
            continue
        if name[0].islower() and fold(name) not in known and load_vocabulary().knows(name):
            continue  # "songs by violin"
        start = lead.end("what") if lead["what"] else lead.start()
        end = lead.end() + length
        refused = lead["refused"] is not None or (lead["known"] or "").casefold().startswith(("ex", "other"))
        op: Op = "not" if refused or is_rejected(text[:start]) else "is"
        # "I loved the ones by her" praises what was heard; whether nobody else is wanted, it does not say.
        hard = op == "not" or not _is_praised(text[:start])
        found.append((Constraint("artist", op, name, text[start:end].strip(), hard), start, end))
        found += _listed(text, end, op, known, hard=hard)
    return found


# What somebody else's music is called to be like, in words that mean nothing else: "I like her" does not.
_LIKENESS = re.compile(
    r"\b(?:(?:(?:sound(?:s|ing)?|something|anything|someone|somebody|music|songs?|tracks?|tunes?|stuff|artists?|bands?|singers?|"
    r"more|much|vibes?)\s+(?:(?:a\s+(?:bit|little|lot)|quite|just|exactly|kind\s+of|more)\s+)?like|similar\s+to|reminiscent\s+of|"
    r"(?:in|of)\s+the\s+(?:style|vein|manner|spirit|mould|mold)\s+of|along\s+the\s+lines\s+of|à\s+la|resembling)"
    r"\s+(?:the\s+)?(?:artists?\s+|bands?\s+|singers?\s+|composers?\s+|what\s+)?)(?=[A-Z0-9À-Þ\u3040-\u9fff])"
)
_UNSPACED = re.compile(r"[\u3040-\u9fff·]{2,12}")


def read_likeness(text: str) -> list[tuple[Constraint, int, int]]:
    """Return the artists that music should be like and whom the catalogue lacks, each with its characters (start, end).

    Those it has are read as names (`retrieval.reading.naming`) before.
    """
    found = []
    for lead in _LIKENESS.finditer(text):
        after = text[lead.end() : lead.end() + 80]
        unspaced = _UNSPACED.match(after)
        name = unspaced[0] if unspaced else _unknown_name(after, small=False)
        if not name or load_vocabulary().concept(fold(name)) is not None:
            continue
        end = lead.end() + len(name)
        refused = is_rejected(text[: lead.start()])
        wish = Constraint("artist", "not" if refused else "like", name, text[lead.start() : end].strip(), hard=refused)
        found.append((wish, lead.start(), end))
    return found


# Shorter names are near others by chance.
_LONG_NAME = 8
# What ends the reach of "I don't like": a new sentence, or a turn to what is wanted instead.
_TURN = re.compile(
    r"[.;!?\n]|\b(?:but|however|though|rather|instead|give|play|show|add|find|prefer|let|can|could|maybe|please|more)\b|"
    r",\s*(?:i|some|just|only)\b",
    re.IGNORECASE,
)
_REACH = 120
_REJECTING = re.compile(
    r"\b(?:(?:do|does|did|could|would)(?:\s+not|n['’]?t)\s+(?:really\s+|quite\s+)?(?:like|love|enjoy|care\s+for|want)|"
    r"not\s+(?:a\s+fan|fond|into)|hate|dislike|enough(?:\s+of)?|(?:sick|tired)\s+of|can(?:not|['’]?t)\s+stand)\b",
    re.IGNORECASE,
)


_PRAISING = re.compile(
    r"\b(?:i|we)\s+(?:\w+\s+){0,2}(?:liked|loved|enjoyed)\b|"
    r"\b(?:like|love|enjoy)\s+(?:all\s+)?(?:of\s+)?(?:the|your|these|those)\b|"
    # Whatever is said of them, "the suggestions by her" are those that were made.
    r"\b(?:the|your|these|those)\s+(?:\w+\s+)?(?:suggestions?|recommendations?|choices?|picks?|selections?)\s+$",
    re.IGNORECASE,
)


def is_rejected(before: str) -> bool:
    """Tell whether what follows in the same sentence is turned down: "I don't like the suggestions by ..."."""
    return _reaches(_REJECTING, before)


def _is_praised(before: str) -> bool:
    """Tell whether what follows in the same sentence is praised: "I loved the suggestions by ..."."""
    return _reaches(_PRAISING, before)


def _reaches(pattern: re.Pattern[str], before: str) -> bool:
    before = before[-_REACH:]
    turns = list(_TURN.finditer(before))
    return pattern.search(before, turns[-1].end() if turns else 0) is not None


_AND = re.compile(r"\s*(?:,\s*(?:and\s+|or\s+)?|\s(?:and|or|&|nor)\s+|/\s*)(?:by\s+|from\s+)?", re.IGNORECASE)


def _listed(text: str, end: int, op: Op, known: Mapping[str, str], *, hard: bool) -> list[tuple[Constraint, int, int]]:
    """Return the known artists that a list goes on with: "by SZA, Drake and Gunna"."""
    found: list[tuple[Constraint, int, int]] = []
    while (link := _AND.match(text, end)) is not None:
        after = text[link.end() : link.end() + 80]
        name, length = _known_name(after, known) or _misspelt_name(after, known) or ("", 0)
        if not name:
            break
        end = link.end() + length
        found.append((Constraint("artist", op, name, text[link.end() : end], hard), link.end(), end))
    return found


# How several artists of one recording are written in one line.
_CREDITS = re.compile(r"\s*(?:,|;|\s&\s|\s(?:feat|ft)\.?\s|\sfeaturing\s|\swith\s|\sx\s)\s*", re.IGNORECASE)


@lru_cache(maxsize=100_000)
def credits_of(line: str) -> tuple[str, ...]:
    """Return the folded names of a line of artists, the main one first: "Doja Cat, Gunna" is of both."""
    names = (fold(part) for part in _CREDITS.split(line))
    return tuple(dict.fromkeys(name for name in names if name))


def credited(written: Iterable[str]) -> dict[str, str]:
    """Return the folded names that stand in the credits of at least two artist lines: "Drake" of "Drake, Future".

    Two lines must agree, so that a band with a comma in its name falls into no parts.
    """
    lines: dict[str, list[str]] = {}
    for line in written:
        parts = _CREDITS.split(line)
        for part in parts if len(parts) > 1 else ():
            if len(name := fold(part)) > 2:
                lines.setdefault(name, []).append(part.strip())
    return {name: parts[0] for name, parts in lines.items() if len(parts) > 1}


def _known_name(after: str, known: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the longest known artist with which the words begin, and how many characters it takes."""
    line = re.split(r"[;!?\n]", after)[0]
    for end in reversed([m.end() for m in re.finditer(r"\S+", line)][:8]):
        spoken = fold(line[:end])
        # "Some of Drake's".
        name = known.get(spoken) or known.get(spoken.removesuffix(" s"))
        if name is not None:
            return name, len(line[:end].rstrip(' .,:"”’'))
    return None


def _misspelt_name(after: str, known: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the artist that the next word is, run together or with a slip ("postmalone"), and its length."""
    word = re.match(r"[\w'’]+", after)
    name = None if word is None else misspelt(fold(word[0]), known)
    return None if word is None or name is None else (name, word.end())


def misspelt(name: str, known: Mapping[str, str]) -> str | None:
    """Return the artist that a folded name of some length is a slip of, or None."""
    return known.near(name) if isinstance(known, KnownNames) and len(name) >= _LONG_NAME else None


def _unknown_name(after: str, *, small: bool) -> str:
    """Return a name that the catalogue does not have: words in capitals, or any after "songs by"; else nothing."""
    match = _CAPITALS.match(after) or (_SMALL.match(after) if small else None)
    if match is None or _NOBODY.match(match[0]):
        return ""
    name = match[0].rstrip(" .,:'’")
    return name if len(fold(name)) > 1 else ""
