"""JSPF (https://www.xspf.org/jspf): XSPF's fields as JSON; ListenBrainz and others write it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from catalog.formats.locations import path_from_uri, uri_from_path
from catalog.formats.values import (
    PlaylistDocument,
    PlaylistEntry,
    PlaylistFormatError,
    check_count,
    clean_duration,
    clean_text,
)


def read_jspf(text: str) -> PlaylistDocument:
    """Read JSPF text.

    Raises:
        PlaylistFormatError: no JSON, no `playlist` object, or too many entries.
    """
    try:
        content: object = json.loads(text)
    except RecursionError as error:
        raise PlaylistFormatError("this JSON is nested beyond what a playlist needs") from error
    except ValueError as error:
        raise PlaylistFormatError(f"this JSPF is not valid JSON ({error})") from error
    playlist = _object(_object(content).get("playlist"))
    tracks = playlist.get("track", [])
    if not playlist or not isinstance(tracks, list):
        raise PlaylistFormatError('this JSON holds no "playlist" object with a "track" list, so it is no JSPF')
    check_count(len(tracks))
    return PlaylistDocument(
        title=clean_text(playlist.get("title")),
        creator=clean_text(playlist.get("creator")),
        entries=tuple(_entry(_object(track)) for track in tracks),
    )


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[object]:
    """Give the list that the specification asks for, also where a writer put a bare string."""
    return value if isinstance(value, list) else [value]


def _entry(track: Mapping[str, object]) -> PlaylistEntry:
    locations = map(path_from_uri, _texts(track.get("location")))
    return PlaylistEntry(
        title=clean_text(track.get("title")),
        artist=clean_text(track.get("creator")),
        album=clean_text(track.get("album")),
        duration_s=clean_duration(track.get("duration"), per_second=1000),
        location=next(filter(None, locations), None),
        identifiers=tuple(filter(None, map(clean_text, _texts(track.get("identifier"))))),
    )


def write_jspf(document: PlaylistDocument) -> str:
    """Write JSPF text."""
    head = _without_none({"title": document.title, "creator": document.creator})
    tracks = [_track(entry) for entry in document.entries]
    return json.dumps({"playlist": head | {"track": tracks}}, ensure_ascii=False, indent=1) + "\n"


def _track(entry: PlaylistEntry) -> dict[str, object]:
    return _without_none(
        {
            "location": [uri_from_path(entry.location)] if entry.location else None,
            "identifier": list(entry.identifiers) or None,
            "title": entry.title,
            "creator": entry.artist,
            "album": entry.album,
            "duration": None if entry.duration_s is None else round(entry.duration_s * 1000),
        }
    )


def _without_none(values: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in values.items() if value is not None}
