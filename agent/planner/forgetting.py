"""Taking single wishes back: "forget the tempo", "any key is fine", "forget wish 2"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.standing import TOPICS
from retrieval.constraints import Constraint

# What people call the fields of wishes.
_FIELDS = {
    "tempo": "tempo|speed|bpm|pace",
    "key": "keys?|mode",
    "duration": "length|duration|how long (?:it is|they are)",
    "year": "years?|decades?|age|era",
    "artist": "artists?|bands?|composers?",
    "album": "albums?",
    "genre": "genres?|styles?",
    "mood": "moods?|feeling|vibe",
    "instrument": "instruments?|instrumentation",
    "vocal": "vocals?|singing|voices?|singers?",
    "licence": "licen[cs]es?",
    "energy": "energy",
    "loudness": "loudness|volume",
}
_ANY = "|".join(_FIELDS.values())
_FORGET = re.compile(
    r"\b(?:forget|drop|ignore|remove|delete|leave out|take back|scrap)\s+(?:about\s+)?"
    rf"(?:wish(?:es)?\s+(?:#|number\s+)?(?P<number>\d{{1,3}})\b|(?:the\s+|my\s+)?(?P<field>{_ANY})(?:\s+(?:wish|limit|part|thing))?\b"
    r"(?!\s+(?:of|from|by|to|in)\b))"
    rf"|\b(?:the\s+)?(?P<free>{_ANY})\s+(?:do(?:es)?\s?n.?t|do(?:es)? not|no longer)\s+matters?\b"
    rf"|\bany\s+(?P<any>{_ANY})\s+(?:is|are|will|would)\s+(?:fine|ok(?:ay)?|do|good|alright)\b",
    re.IGNORECASE,
)


# "Remove the limits" means all that only limit; "forget my wishes" means all that stand.
_FORGET_ALL = re.compile(
    r"\b(?:forget|drop|ignore|remove|delete|lift|clear|take back|take off|scrap|no more)\s+(?:about\s+)?"
    r"(?:all\s+)?(?:of\s+)?(?:the\s+|my\s+|those\s+|these\s+)?(?:(?P<limits>limits?|limitations?|filters?|restrictions?|constraints?)|wishes)\b"
    r"(?!\s+(?:of|from|by|to|in)\b)",
    re.IGNORECASE,
)


def forgotten(message: str, wishes: Sequence[Constraint]) -> tuple[tuple[int, ...], str]:
    """Return the numbers (from 1) of the standing wishes that a message takes back, and what else it says."""
    numbers: list[int] = []
    rest = message
    for found in _FORGET.finditer(message):
        if found["number"]:
            named = [int(found["number"])] if 1 <= int(found["number"]) <= len(wishes) else []
        else:
            word = found["field"] or found["free"] or found["any"]
            field = next(name for name, words in _FIELDS.items() if re.fullmatch(words, word, re.IGNORECASE))
            named = [n for n, wish in enumerate(wishes, 1) if wish.field == field]
        if named:
            numbers += named
            rest = rest.replace(found[0], " ", 1)
    for found in _FORGET_ALL.finditer(message):
        named = [n for n, wish in enumerate(wishes, 1) if not found["limits"] or _limits(wish)]
        if named:
            numbers += named
            rest = rest.replace(found[0], " ", 1)
    return tuple(dict.fromkeys(numbers)), rest


def _limits(wish: Constraint) -> bool:
    return wish.op == "not" or wish.field not in TOPICS
