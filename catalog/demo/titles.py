"""Titles that people can read, from tags and file names."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_EMPTY_TITLES = re.compile(r"(?:\d+\s*-\s*)?track\s*\d+|untitled|unknown|<unknown>|\[?unknown.*", re.IGNORECASE)
_LOOP_MARK = re.compile(r"[\s_-]*\(?loop(?:ing|ed)?\)?$", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d{1,2}$)")
_NUMBER_PREFIX = re.compile(r"^\d{1,2}[\s._-]+(?=\D)")
_SMALL = {"a", "an", "and", "at", "by", "for", "from", "in", "into", "of", "on", "or", "the", "to", "with"}


def useful_tag(text: str | None) -> str | None:
    """Put the tag in one clean line; None where it says nothing ("Track 04", "<Unknown>", blank)."""
    clean = _LOOP_MARK.sub("", " ".join((text or "").replace("\0", " ").replace("_", " ").split())).strip()
    return clean if clean and not _EMPTY_TITLES.fullmatch(clean) else None


def title_from_path(path: str) -> str:
    """Make a title from a file name: `battle_epic.ogg` gives "Battle Epic", `sword-of-fire` "Sword of Fire"."""
    stem = _LOOP_MARK.sub("", PurePosixPath(path).stem)
    words = _NUMBER_PREFIX.sub("", _CAMEL.sub(" ", re.sub(r"[\s_-]+", " ", stem))).split()
    last = len(words) - 1
    return " ".join(_cased(word, inner=0 < index < last) for index, word in enumerate(words)) or stem


def _cased(word: str, *, inner: bool) -> str:
    if inner and word.lower() in _SMALL:
        return word.lower()
    return word[0].upper() + word[1:]
