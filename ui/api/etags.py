"""Entity tags of stored playlists (RFC 9110): what is read and what a write relies on.

The tag is the version; where tracks of the playlist were removed from the catalogue since, their number follows, since
the same version then reads differently.
"""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Header

from catalog.errors import ConflictError
from catalog.values import Playlist

IfMatch = Annotated[str | None, Header(alias="If-Match", description="the ETag that was read, or *")]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match")]
_TAG = re.compile(r'\s*(?P<weak>W/)?(?P<tag>"[\x21\x23-\x7e\x80-\xff]*")\s*')


class MalformedTagError(ValueError):
    """A header that should hold entity tags does not."""


def etag_of(playlist: Playlist) -> str:
    """Return the strong entity tag of a playlist as it reads now."""
    wordless = sum(e.track_id is None for e in playlist.entries)
    return f'"{playlist.version}-{wordless}"' if wordless else f'"{playlist.version}"'


def expected_version(if_match: str | None, playlist: Playlist) -> int | None:
    """Return the version that a write relies on; None where it relies on none (no header, or ``*``).

    Raises:
        MalformedTagError: the header holds no entity tags.
        ConflictError: none of its tags is that of the playlist.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    now = etag_of(playlist)
    if now not in _tags("If-Match", if_match, strong=True):
        raise ConflictError(
            f"The playlist has the ETag {now}, not {if_match.strip()[:80]}: somebody changed it meanwhile; "
            "read it again and repeat your change on what it holds now.",
            playlist.version,
        )
    return playlist.version


def is_known(if_none_match: str | None, playlist: Playlist) -> bool:
    """Tell whether a reader has what would be sent; MalformedTagError where the header holds no entity tags."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag_of(playlist) in _tags("If-None-Match", if_none_match, strong=False)


def _tags(name: str, header: str, *, strong: bool) -> list[str]:
    """Return the tags of a list; of weak ones only those that may count."""
    found = [_TAG.fullmatch(part) for part in header.split(",")]
    if not all(found):
        raise MalformedTagError(
            f'The {name} header {header.strip()[:80]} is malformed; give the ETag in its quotes, such as "3", or *.'
        )
    return [m["tag"] for m in found if m is not None and not (strong and m["weak"])]
