"""XSPF version 1 (https://www.xspf.org/spec): XML, read without DTD and entities, element by element."""

from __future__ import annotations

import io
from collections.abc import Iterator
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
_MAX_ELEMENTS = 1_000_000
_MAX_DEPTH = 50


def read_xspf(data: bytes) -> PlaylistDocument:
    """Read XSPF bytes.

    Raises:
        PlaylistFormatError: not well-formed, not a playlist, entities or a DTD, or too much of anything.
    """
    try:
        return _read(data)
    except DefusedXmlException as error:
        raise PlaylistFormatError("this XSPF declares a DTD or entities, which are refused; export it anew") from error
    except (ParseError, LookupError, ValueError) as error:
        if isinstance(error, PlaylistFormatError):
            raise
        raise PlaylistFormatError(f"this XSPF is not well-formed XML ({error})") from error


def _read(data: bytes) -> PlaylistDocument:
    title = creator = None
    entries: list[PlaylistEntry] = []
    for path, element in _elements(data):
        match path:
            case ("playlist", "title"):
                title = clean_text(element.text)
            case ("playlist", "creator"):
                creator = clean_text(element.text)
            case ("playlist", "trackList", "track"):
                entries.append(_entry(element))
                check_count(len(entries))
    return PlaylistDocument(title=title, creator=creator, entries=tuple(entries))


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

    return PlaylistEntry(
        title=first("title"),
        artist=first("creator"),
        album=first("album"),
        duration_s=clean_duration(first("duration"), per_second=1000),
        location=path_from_uri(first("location")),
        identifiers=tuple(filter(None, map(clean_text, texts.get("identifier", ())))),
    )


def write_xspf(document: PlaylistDocument) -> bytes:
    """Write XSPF as UTF-8."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<playlist version="1" xmlns="{_NAMESPACE}">']
    lines += [*_leaf("title", document.title), *_leaf("creator", document.creator), "<trackList>"]
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
