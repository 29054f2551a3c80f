"""Who is meant by "by ..." in a text: artists of the catalogue, names that it lacks, and what is no name at all."""

from __future__ import annotations

import re
from collections.abc import Mapping

from catalog.names import fold
from retrieval.constraints import Constraint

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
    r"(?:the\s+)?(?:way|sea|end|time|fire|fireplace|river|side|hand|day|night|hour|minute|now|far|me|you|him|her|them|"
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
    found = []
    for lead in _LEAD.finditer(text):
        after = text[lead.end() : lead.end() + 80]
        name, length = _known_name(after, known) or ("", 0)
        if not name and lead["known"] is None:
            name = _unknown_name(after, small=bool(lead["what"] or lead["done"]))
            length = len(name)
        if not name:
            continue
        start = lead.end("what") if lead["what"] else lead.start()
        end = lead.end() + length
        refused = lead["refused"] is not None or (lead["known"] or "").casefold().startswith(("ex", "other"))
        found.append((Constraint("artist", "not" if refused else "is", name, text[start:end].strip()), start, end))
    return found


def _known_name(after: str, known: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the longest known artist with which the words begin, and how many characters it takes."""
    line = re.split(r"[;!?\n]", after)[0]
    for end in reversed([m.end() for m in re.finditer(r"\S+", line)][:8]):
        if (name := known.get(fold(line[:end]))) is not None:
            return name, len(line[:end].rstrip(' .,:"”’'))
    return None


def _unknown_name(after: str, *, small: bool) -> str:
    """Return a name that the catalogue does not have: words in capitals, or any after "songs by"; else nothing."""
    match = _CAPITALS.match(after) or (_SMALL.match(after) if small else None)
    if match is None or _NOBODY.match(match[0]):
        return ""
    name = match[0].rstrip(" .,:'’")
    return name if len(fold(name)) > 1 else ""
