"""A playlist as a value, and the limits on what is read."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

# Room for the most entries with everything that ListenBrainz says of each.
MAX_BYTES = 32_000_000
MAX_ENTRIES = 20_000
MAX_TEXT = 2_000
MAX_DURATION_S = 7 * 24 * 3600.0

# Control characters, and surrogates that stand alone: neither has a place in a title, and XML cannot hold them.
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")


class PlaylistFormatError(ValueError):
    """A file that is no playlist we read; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class PlaylistEntry:
    """One line of a playlist, as its file tells it; nothing here is checked against the catalogue or the disk.

    `duration_s` is in seconds. `location` is a path (readable, not percent-encoded) or a URL. `identifiers` are URIs
    such as MusicBrainz recordings. `extensions` are (application URI, JSON text) of what JSPF files say beyond that,
    kept as it is; `musicbrainz` reads what MusicBrainz and ListenBrainz put there.
    """

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    duration_s: float | None = None
    location: str | None = None
    identifiers: tuple[str, ...] = ()
    extensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PlaylistDocument:
    """A playlist: its name, who made it, and the entries in order.

    `annotation` describes it, `identifier` is a URI of its own, `date` when it was made (ISO 8601); `extensions` as
    those of entries.
    """

    title: str | None = None
    creator: str | None = None
    entries: tuple[PlaylistEntry, ...] = ()
    annotation: str | None = None
    identifier: str | None = None
    date: str | None = None
    extensions: tuple[tuple[str, str], ...] = ()


def clean_text(value: object) -> str | None:
    """Put a text in one inert line of at most 2,000 characters; None for what is blank or no text."""
    if not isinstance(value, str):
        return None
    line = " ".join(_UNWANTED.sub(" ", value[: MAX_TEXT * 4]).split())
    return line[:MAX_TEXT].rstrip() or None


def clean_duration(value: object, *, per_second: int = 1) -> float | None:
    """Give the seconds that can be a track's length; None for negative, absurd or missing ones (`-1` is "unknown")."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value) / per_second
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and 0 < number <= MAX_DURATION_S else None


def check_count(count: int) -> None:
    """Refuse more entries than the limit.

    Raises:
        PlaylistFormatError: more than 20,000 entries.
    """
    if count > MAX_ENTRIES:
        raise PlaylistFormatError(f"this playlist has more than {MAX_ENTRIES} entries; split it into smaller files")
