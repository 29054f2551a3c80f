"""PLS: `File1=`, `Title1=`, `Length1=` under `[playlist]`, as Winamp and radios write it. Read, never written."""

from __future__ import annotations

import re
from collections import defaultdict

from catalog.formats.labels import split_label
from catalog.formats.locations import location_of
from catalog.formats.values import PlaylistDocument, PlaylistEntry, check_count, clean_duration, clean_text

_LINE = re.compile(r"\s*(file|title|length)(\d{1,6})\s*=(.*)", re.IGNORECASE)


def read_pls(text: str) -> PlaylistDocument:
    """Read PLS text; entries come in the order of their numbers.

    Raises:
        PlaylistFormatError: too many entries.
    """
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for line in text.splitlines():
        if (match := _LINE.fullmatch(line)) is not None:
            found[int(match[2])][match[1].lower()] = match[3]
            check_count(len(found))
    return PlaylistDocument(entries=tuple(_entry(found[number]) for number in sorted(found)))


def _entry(said: dict[str, str]) -> PlaylistEntry:
    location = location_of(said.get("file"))
    artist, title = split_label(clean_text(said.get("title")), location)
    return PlaylistEntry(title, artist, None, clean_duration(said.get("length")), location)
