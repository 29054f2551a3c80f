"""JSPF (https://www.xspf.org/jspf): XSPF's fields as JSON; ListenBrainz and others write it.

What applications add under `extension`, such as MusicBrainz's (https://musicbrainz.org/doc/jspf), is kept and written
back; `musicbrainz` understands that one.
"""

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

_MAX_EXTENSION = 50_000


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
    playlist = _playlist(_object(content))
    tracks = playlist.get("track", [])
    if not playlist or not isinstance(tracks, list):
        raise PlaylistFormatError('this JSON holds no "playlist" object with a "track" list, so it is no JSPF')
    check_count(len(tracks))
    return PlaylistDocument(
        title=clean_text(playlist.get("title")),
        creator=clean_text(playlist.get("creator")),
        entries=tuple(_entry(_object(track)) for track in tracks),
        annotation=clean_text(playlist.get("annotation")),
        identifier=next(filter(None, map(clean_text, _texts(playlist.get("identifier")))), None),
        date=clean_text(playlist.get("date")),
        extensions=_extensions(playlist.get("extension")),
    )


def _playlist(content: Mapping[str, object]) -> Mapping[str, object]:
    """Return the playlist, also where it is as the ListenBrainz server answers it."""
    inner = _object(_object(content.get("payload")).get("jspf")) or content
    return _object(inner.get("playlist"))


def _extensions(value: object) -> tuple[tuple[str, str], ...]:
    """Keep what applications added, as text; what is longer than any of them writes goes."""
    texts = ((clean_text(uri), json.dumps(body, ensure_ascii=False)) for uri, body in _object(value).items())
    return tuple((uri, text) for uri, text in texts if uri and len(text) <= _MAX_EXTENSION)


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
        extensions=_extensions(track.get("extension")),
    )


def write_jspf(document: PlaylistDocument) -> str:
    """Write JSPF text."""
    head = _without_none(
        {
            "title": document.title,
            "creator": document.creator,
            "annotation": document.annotation,
            "identifier": document.identifier,
            "date": document.date,
            "extension": _bodies(document.extensions),
        }
    )
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
            "extension": _bodies(entry.extensions),
        }
    )


def _bodies(extensions: tuple[tuple[str, str], ...]) -> dict[str, object] | None:
    return {uri: json.loads(text) for uri, text in extensions} or None


def _without_none(values: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in values.items() if value is not None}
