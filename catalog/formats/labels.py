"""Artist and title out of one label, or out of a file's name."""

from __future__ import annotations

import re

from catalog.formats.locations import name_of
from catalog.formats.values import clean_text

_TRACK_NUMBER = re.compile(r"^\d{1,3}(?:\s*[.)_-]\s*|\s+)(?=\D)")


def split_label(label: str | None, location: str | None) -> tuple[str | None, str | None]:
    """Return (artist, title) of ``Artist - Title``; without a label the file's name is one."""
    label = label or label_of(location)
    if label is None:
        return None, None
    artist, dash, title = label.partition(" - ")
    return (clean_text(artist), clean_text(title)) if dash and title.strip() else (None, label)


def label_of(location: str | None) -> str | None:
    """Return a label made of a file's name, without the track number."""
    return None if location is None else clean_text(_TRACK_NUMBER.sub("", name_of(location).replace("_", " ")))
