"""`read_playlist` and `write_playlist`: any of the formats, told apart by content."""

from __future__ import annotations

import codecs
import dataclasses
import re
from pathlib import Path, PureWindowsPath
from typing import Literal, get_args

from catalog.formats.jspf import read_jspf, write_jspf
from catalog.formats.locations import relative_to
from catalog.formats.m3u import read_m3u, write_m3u
from catalog.formats.pls import read_pls
from catalog.formats.tables import is_table, read_table, write_table
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

PlaylistFormat = Literal["m3u8", "xspf", "jspf", "csv"]
MEDIA_TYPES: dict[str, str] = {
    "m3u8": "audio/x-mpegurl",
    "xspf": "application/xspf+xml",
    "jspf": "application/jspf+json",
    "csv": "text/csv; charset=utf-8",
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
        data: the file's content, at most 32 MB.
        filename: names the playlist when the file itself has no title; its extension is not believed.

    Raises:
        PlaylistFormatError: empty, too large, too many entries, damaged, dangerous or no playlist; one sentence.
    """
    if not data.strip():
        raise PlaylistFormatError("this playlist file is empty; export it again")
    _check_size(len(data))
    document = _read(data)
    if document.title is None and filename:
        document = dataclasses.replace(document, title=clean_text(PureWindowsPath(filename).stem))
    return document


def read_playlist_file(path: Path) -> PlaylistDocument:
    """Read a playlist from a file, whose size is looked at first; see `read_playlist`.

    Raises:
        PlaylistFormatError: as `read_playlist`, or the file cannot be read.
    """
    try:
        _check_size(path.stat().st_size)
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PlaylistFormatError(f"{path.name} cannot be read ({error.strerror}); check the path") from error
    return read_playlist(data, path.name)


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise PlaylistFormatError(
            f"this playlist file has {size} bytes, over the limit of {MAX_BYTES}; split it into smaller files"
        )


def _read(data: bytes) -> PlaylistDocument:
    text = _decode(data)
    start = text.lstrip()[:20].lower()
    if start.startswith("<"):
        return read_xspf(data.lstrip())
    if start.startswith("{"):
        return read_jspf(text)
    if start.startswith("[playlist]"):
        return read_pls(text)
    return read_table(text) if is_table(text) else read_m3u(text)


def _decode(data: bytes) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding, errors="replace")
    # Bare carriage returns ended lines on a Mac, which had letters of its own; iTunes wrote both for long.
    old_mac = b"\r" in data and b"\n" not in data
    for encoding in ("utf-8", "mac_roman" if old_mac else "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")  # the few bytes that cp1252 leaves open


def write_playlist(document: PlaylistDocument, format: str, folder: str | None = None) -> bytes:
    """Write a playlist as UTF-8; control characters and lone surrogates are dropped on the way.

    With a `folder`, paths are written as seen from there (a playlist beside its music can move with it); without, as
    they are.

    Raises:
        PlaylistFormatError: an unknown format, or more entries than can be read back.
    """
    check_count(len(document.entries))
    clean = dataclasses.replace(
        document,
        title=clean_text(document.title),
        creator=clean_text(document.creator),
        annotation=clean_text(document.annotation),
        identifier=clean_text(document.identifier),
        date=clean_text(document.date),
        entries=tuple(_clean_entry(entry, folder) for entry in document.entries),
    )
    match re.sub(r"[^a-z0-9]", "", format.lower()):
        case "m3u8" | "m3u":
            return write_m3u(clean).encode("utf-8")
        case "xspf":
            return write_xspf(clean)
        case "jspf":
            return write_jspf(clean).encode("utf-8")
        case "csv":
            return write_table(clean).encode("utf-8")
    known = ", ".join(get_args(PlaylistFormat))
    raise PlaylistFormatError(f"playlists cannot be written as {format[:20]!r}; choose one of {known}")


def _clean_entry(entry: PlaylistEntry, folder: str | None) -> PlaylistEntry:
    location = clean_text(entry.location)
    return dataclasses.replace(
        entry,
        title=clean_text(entry.title),
        artist=clean_text(entry.artist),
        album=clean_text(entry.album),
        duration_s=clean_duration(entry.duration_s),
        location=location if location is None or folder is None else relative_to(location, folder),
        identifiers=tuple(filter(None, map(clean_text, entry.identifiers))),
    )
