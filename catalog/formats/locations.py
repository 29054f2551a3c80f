"""Paths and URIs: what a playlist points at, in one readable form inside and as URIs where a format wants them."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import quote, unquote, urlsplit

from catalog.formats.values import clean_text

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters at least: "C:" is a drive
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_PLAYLISTS = frozenset({".m3u", ".m3u8", ".xspf", ".jspf", ".pls", ".asx", ".wpl", ".cue", ".zpl"})
_SAFE = "/~!$&'()*+,;=:@"


def is_url(location: str) -> bool:
    """Whether the text begins with a scheme."""
    return _SCHEME.match(location) is not None


def path_from_uri(uri: object) -> str | None:
    """Make `file:` URIs and relative references readable paths; leave other URLs as they are."""
    text = clean_text(uri)
    if text is None:
        return None
    if text.lower().startswith("file:"):
        return _file_path(text)
    return text if is_url(text) else clean_text(unquote(text))


def _file_path(uri: str) -> str | None:
    try:
        parts = urlsplit(uri)
    except ValueError:  # such as "file://[": no host, no path
        return None
    path = clean_text(unquote(parts.path)) or ""
    if parts.netloc not in {"", "localhost"}:
        return clean_text(f"//{parts.netloc}{path}")
    return (path[1:] if _DRIVE.match(path[1:]) else path) or None


def location_of(line: object) -> str | None:
    """Read a location as M3U and PLS files write it: a path as it is, or a URI."""
    text = clean_text(line)
    return path_from_uri(text) if text is not None and text.lower().startswith("file:") else text


def is_playlist(location: str) -> bool:
    """Whether a location names another playlist, by its ending; nobody looks inside."""
    return PurePosixPath(location.split("?")[0].split("#")[0].replace("\\", "/")).suffix.lower() in _PLAYLISTS


def relative_to(location: str, folder: str) -> str:
    """Return a path as seen from a folder, with forward slashes; URLs and paths of another drive stay as they are.

    Both may be POSIX or Windows paths; neither is looked up.
    """
    if is_url(location) or not _is_absolute(location):
        return location
    flavour = PureWindowsPath if _DRIVE.match(location) or location.startswith("\\\\") else PurePosixPath
    path, base = flavour(location), flavour(folder)
    shared = 0
    # Parts as paths of their own: each flavour knows whether case tells them apart.
    for ours, theirs in zip(path.parts[:-1], base.parts, strict=False):
        if flavour(ours) != flavour(theirs):
            break
        shared += 1
    if shared == 0:
        return location
    return "/".join([".."] * (len(base.parts) - shared) + list(path.parts[shared:]))


def absolute_from(location: str, folder: str) -> str:
    """Return a relative path as an absolute one below a folder, `..` worked out; URLs and absolute paths stay."""
    if is_url(location) or _is_absolute(location):
        return location
    parts = list(PurePosixPath(folder.replace("\\", "/")).parts)
    for part in PurePosixPath(location.replace("\\", "/")).parts:
        if part != "..":
            parts.append(part)
        elif len(parts) > 1:
            parts.pop()
    return str(PurePosixPath(*parts))


def _is_absolute(location: str) -> bool:
    return location.startswith(("/", "\\")) or _DRIVE.match(location) is not None


def uri_from_path(location: str) -> str:
    """Make a URI reference of a path; leave URLs as they are."""
    if is_url(location):
        return location
    if _DRIVE.match(location):
        return "file:///" + quote(location.replace("\\", "/"), safe=_SAFE)
    if location.startswith("\\\\"):
        return "file:" + quote(location.replace("\\", "/"), safe=_SAFE)
    if location.startswith("/"):
        return "file://" + quote(location, safe=_SAFE)
    # A colon in the first part of a relative reference would read as a scheme.
    return quote(location, safe=_SAFE.replace(":", ""))


def name_of(location: str) -> str:
    """Take the file name without folder and extension from a path or URL, as a last resort for a title."""
    if is_url(location):
        return PurePosixPath(unquote(location.split("?")[0].split("#")[0])).stem
    return PureWindowsPath(location).stem  # understands both kinds of slash
