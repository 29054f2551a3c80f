"""Entity tags of stored playlists, cue sheets and tracks (RFC 9110): what is read and what a write relies on.

The tag is the version, or the cue sheet's revision; where tracks of a playlist were removed from the catalogue since,
their number follows, since the same version then reads differently.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated

from fastapi import Header

from catalog.errors import ConflictError
from catalog.films import CueSheet
from catalog.values import Playlist, Track

IfMatch = Annotated[str | None, Header(alias="If-Match", description="the ETag that was read, or *")]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match")]
_TAG = re.compile(r'\s*(?P<weak>W/)?(?P<tag>"[\x21\x23-\x7e\x80-\xff]*")\s*')


class MalformedTagError(ValueError):
    """A header that should hold entity tags does not."""


def etag_of(playlist: Playlist) -> str:
    """Return the strong entity tag of a playlist as it reads now."""
    wordless = sum(e.track_id is None for e in playlist.entries)
    return f'"{playlist.version}-{wordless}"' if wordless else f'"{playlist.version}"'


def etag_of_sheet(sheet: CueSheet) -> str:
    """Return the strong entity tag of a cue sheet."""
    return f'"{sheet.revision}"'


def etag_of_track(track: Track) -> str:
    """Return the strong entity tag of a track: of all that is known of it."""
    told = repr((track, sorted(track.measurements.items())))
    return f'"{hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:16]}"'


def expected_track(if_match: str | None, track: Track) -> Track | None:
    """Return the track that a write relies on, as `expected_version`."""
    return None if _expected(if_match, etag_of_track(track), 0, "track") is None else track


def expected_version(if_match: str | None, playlist: Playlist) -> int | None:
    """Return the version that a write relies on; None where it relies on none (no header, or ``*``).

    Raises:
        MalformedTagError: the header holds no entity tags.
        ConflictError: none of its tags is that of the playlist.
    """
    return _expected(if_match, etag_of(playlist), playlist.version, "playlist")


def expected_revision(if_match: str | None, sheet: CueSheet) -> int | None:
    """Return the revision that a write relies on, as `expected_version`."""
    return _expected(if_match, etag_of_sheet(sheet), sheet.revision, "cue sheet")


def _expected(if_match: str | None, now: str, version: int, what: str) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    if now not in _tags("If-Match", if_match, strong=True):
        raise ConflictError(
            f"The {what} has the ETag {now}, not {if_match.strip()[:80]}: somebody changed it meanwhile; "
            "read it again and repeat your change on what it holds now.",
            version,
        )
    return version


def is_known(if_none_match: str | None, tag: str) -> bool:
    """Tell whether a reader has what would be sent; MalformedTagError where the header holds no entity tags."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or tag in _tags("If-None-Match", if_none_match, strong=False)


def _tags(name: str, header: str, *, strong: bool) -> list[str]:
    """Return the tags of a list; of weak ones only those that may count."""
    found = [_TAG.fullmatch(part) for part in header.split(",")]
    if not all(found):
        raise MalformedTagError(
            f'The {name} header {header.strip()[:80]} is malformed; give the ETag in its quotes, such as "3", or *.'
        )
    return [m["tag"] for m in found if m is not None and not (strong and m["weak"])]
