"""`read_playlist` and `write_playlist`: any of the formats, told apart by content."""

from __future__ import annotations

import codecs
import dataclasses
import re
from pathlib import PureWindowsPath
from typing import Literal, get_args

from catalog.formats.jspf import read_jspf, write_jspf
from catalog.formats.m3u import read_m3u, write_m3u
from catalog.formats.values import (
    MAX_BYTES,
    PlaylistDocument,
    PlaylistEntry,
    PlaylistFormatError,
    check_count,
    clean_duration,
    clean_text,
)
from catalog.formats.xspf import read_xspf, write_xspf

PlaylistFormat = Literal["m3u8", "xspf", "jspf"]
MEDIA_TYPES: dict[PlaylistFormat, str] = {
    "m3u8": "audio/x-mpegurl",
    "xspf": "application/xspf+xml",
    "jspf": "application/jspf+json",
}

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_playlist(data: bytes, filename: str | None = None) -> PlaylistDocument:
    """Read a playlist file; look only at its bytes, open and fetch nothing that it names.

    Args:
        data: the file's content, at most 10 MB.
        filename: names the playlist when the file itself has no title; its extension is not believed.

    Raises:
        PlaylistFormatError: empty, too large, too many entries, damaged, dangerous or no playlist; one sentence.
    """
    if not data.strip():
        raise PlaylistFormatError("this playlist file is empty; export it again")
    if len(data) > MAX_BYTES:
        raise PlaylistFormatError(
            f"this playlist file has {len(data)} bytes, over the limit of {MAX_BYTES}; split it into smaller files"
        )
    document = _read(data)
    if document.title is None and filename:
        document = dataclasses.replace(document, title=clean_text(PureWindowsPath(filename).stem))
    return document


def _read(data: bytes) -> PlaylistDocument:
    text = _decode(data)
    start = text.lstrip()[:20].lower()
    if start.startswith("<"):
        return read_xspf(data.lstrip())
    if start.startswith("{"):
        return read_jspf(text)
    if start.startswith("[playlist]"):
        raise PlaylistFormatError("PLS playlists are not read; export it as M3U8, XSPF or JSPF")
    return read_m3u(text)


def _decode(data: bytes) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding, errors="replace")
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")  # the few bytes that cp1252 leaves open


def write_playlist(document: PlaylistDocument, format: str) -> bytes:
    """Write a playlist as UTF-8; control characters and lone surrogates are dropped on the way.

    Raises:
        PlaylistFormatError: an unknown format, or more entries than can be read back.
    """
    check_count(len(document.entries))
    clean = PlaylistDocument(
        title=clean_text(document.title),
        creator=clean_text(document.creator),
        entries=tuple(map(_clean_entry, document.entries)),
    )
    match re.sub(r"[^a-z0-9]", "", format.lower()):
        case "m3u8" | "m3u":
            return write_m3u(clean).encode("utf-8")
        case "xspf":
            return write_xspf(clean)
        case "jspf":
            return write_jspf(clean).encode("utf-8")
    known = ", ".join(get_args(PlaylistFormat))
    raise PlaylistFormatError(f"playlists cannot be written as {format[:20]!r}; choose one of {known}")


def _clean_entry(entry: PlaylistEntry) -> PlaylistEntry:
    return PlaylistEntry(
        title=clean_text(entry.title),
        artist=clean_text(entry.artist),
        album=clean_text(entry.album),
        duration_s=clean_duration(entry.duration_s),
        location=clean_text(entry.location),
        identifiers=tuple(filter(None, map(clean_text, entry.identifiers))),
    )
