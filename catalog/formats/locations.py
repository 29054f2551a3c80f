"""Paths and URIs: what a playlist points at, in one readable form inside and as URIs where a format wants them."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import quote, unquote, urlsplit

from catalog.formats.values import clean_text

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters at least: "C:" is a drive
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
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
