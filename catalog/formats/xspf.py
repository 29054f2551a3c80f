"""XSPF version 1 (https://www.xspf.org/spec): XML, read without DTD and entities, element by element."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html.entities import html5
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from catalog.formats.locations import path_from_uri, uri_from_path
from catalog.formats.values import (
    PlaylistDocument,
    PlaylistEntry,
    PlaylistFormatError,
    check_count,
    clean_duration,
    clean_text,
)

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # noqa: TID251  # the type only: defusedxml parses into it

_NAMESPACE = "http://xspf.org/ns/0/"
# A reference to a name, or an ampersand that begins none; numbers and XML's own five stay.
_AMPERSAND = re.compile(rb"&(?!#|(?:amp|lt|gt|quot|apos);)(?:([A-Za-z][A-Za-z0-9]{1,31});)?")
_MAX_ELEMENTS = 1_000_000
_MAX_DEPTH = 50


def read_xspf(data: bytes) -> PlaylistDocument:
    """Read XSPF bytes.

    Raises:
        PlaylistFormatError: not well-formed, not a playlist, entities or a DTD, or too much of anything.
    """
    try:
        return _read_repaired(data)
    except DefusedXmlException as error:
        raise PlaylistFormatError("this XSPF declares a DTD or entities, which are refused; export it anew") from error
    except (ParseError, LookupError, ValueError) as error:
        if isinstance(error, PlaylistFormatError):
            raise
        raise PlaylistFormatError(f"this XSPF is not well-formed XML ({error})") from error


def _read_repaired(data: bytes) -> PlaylistDocument:
    """Read, and where the text is no XML for the sake of ``&eacute;`` or a bare ``&``, read it with those put right."""
    try:
        return _read(data)
    except ParseError:
        repaired = _AMPERSAND.sub(_as_number, data)
        if repaired == data:
            raise
        return _read(repaired)


def _as_number(found: re.Match[bytes]) -> bytes:
    name = (found[1] or b"").decode("ascii")
    letters = html5.get(f"{name};") if name else "&"
    if letters is None:
        return b"&amp;" + found[0][1:]
    return b"".join(b"&#%d;" % ord(letter) for letter in letters)


def _read(data: bytes) -> PlaylistDocument:
    said: dict[str, str | None] = {}
    entries: list[PlaylistEntry] = []
    for path, element in _elements(data):
        match path:
            case ("playlist", "title" | "creator" | "annotation" | "identifier" | "date" as name):
                said[name] = clean_text(element.text)
            case ("playlist", "trackList", "track"):
                entries.append(_entry(element))
                check_count(len(entries))
    return PlaylistDocument(
        title=said.get("title"),
        creator=said.get("creator"),
        entries=tuple(entries),
        annotation=said.get("annotation"),
        identifier=said.get("identifier"),
        date=said.get("date"),
    )


def _elements(data: bytes) -> Iterator[tuple[tuple[str, ...], Element]]:
    """Yield each ended element with its path of local names; keep no more of the tree than one track."""
    path: list[str] = []
    for count, (event, element) in enumerate(iterparse(io.BytesIO(data), ("start", "end"), forbid_dtd=True)):
        if event == "start":
            path.append(_local(element))
            if path[0] != "playlist":
                raise PlaylistFormatError(f"this XML holds <{path[0][:40]}>, not an XSPF <playlist>")
            if len(path) > _MAX_DEPTH or count > 2 * _MAX_ELEMENTS:
                raise PlaylistFormatError("this XSPF is nested or filled beyond what a playlist needs")
        else:
            yield tuple(path), element
            path.pop()
            if "track" not in path:
                element.clear()


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _entry(track: Element) -> PlaylistEntry:
    texts: dict[str, list[str]] = {}
    for child in track:
        if child.text:
            texts.setdefault(_local(child), []).append(child.text)

    def first(name: str) -> str | None:
        return clean_text(texts[name][0]) if name in texts else None

    # No element of XSPF, but what Soundiiz writes.
    isrc = [f"urn:isrc:{found}"] if (found := first("isrc")) else []
    return PlaylistEntry(
        title=first("title"),
        artist=first("creator"),
        album=first("album"),
        duration_s=clean_duration(first("duration"), per_second=1000),
        location=path_from_uri(first("location")),
        identifiers=(*filter(None, map(clean_text, texts.get("identifier", ()))), *isrc),
    )


def write_xspf(document: PlaylistDocument) -> bytes:
    """Write XSPF as UTF-8."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<playlist version="1" xmlns="{_NAMESPACE}">']
    for name in ("title", "creator", "annotation", "identifier", "date"):
        lines += _leaf(name, getattr(document, name))
    lines.append("<trackList>")
    for entry in document.entries:
        lines.append("<track>")
        lines += _leaf("location", uri_from_path(entry.location) if entry.location else None)
        lines += [leaf for identifier in entry.identifiers for leaf in _leaf("identifier", identifier)]
        lines += [*_leaf("title", entry.title), *_leaf("creator", entry.artist), *_leaf("album", entry.album)]
        lines += _leaf("duration", None if entry.duration_s is None else str(round(entry.duration_s * 1000)))
        lines.append("</track>")
    lines += ["</trackList>", "</playlist>", ""]
    return "\n".join(lines).encode("utf-8")


def _leaf(name: str, text: str | None) -> list[str]:
    return [f"<{name}>{escape(text)}</{name}>"] if text else []
