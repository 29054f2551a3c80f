"""What MusicBrainz and ListenBrainz say in playlists: identifiers, and their JSPF extension.

Source: https://musicbrainz.org/doc/jspf (`#playlist` and `#track`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from catalog.formats.values import PlaylistDocument, clean_text

PLAYLIST = "https://musicbrainz.org/doc/jspf#playlist"
TRACK = "https://musicbrainz.org/doc/jspf#track"
_MBID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_RECORDING = re.compile(rf"(?:musicbrainz\.org/(?:recording|track)/|(?:urn:)?(?:mbid|recording):)({_MBID})", re.I)
_ISRC = re.compile(r"(?:urn:)?isrc[:/]\s*([a-z]{2}-?[a-z0-9]{3}-?\d{2}-?\d{5})\b", re.I)
Extensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PlaylistFacts:
    """What the `#playlist` extension says of a playlist; users by name, times in ISO 8601, `public` None: not said."""

    creator: str | None = None
    created_for: str | None = None
    collaborators: tuple[str, ...] = ()
    copied_from: str | None = None
    last_modified_at: str | None = None
    public: bool | None = None


@dataclass(frozen=True, slots=True)
class TrackFacts:
    """What the `#track` extension says of an entry; artists and release by their URIs."""

    added_by: str | None = None
    added_at: str | None = None
    artists: tuple[str, ...] = ()
    release: str | None = None


def recording_of(identifiers: Iterable[str]) -> str | None:
    """Return the MBID of the first identifier that names a MusicBrainz recording."""
    return next((found[1].lower() for i in identifiers if (found := _RECORDING.search(i))), None)


def isrc_of(identifiers: Iterable[str]) -> str | None:
    """Return the first ISRC among identifiers, as twelve characters."""
    return next((found[1].replace("-", "").upper() for i in identifiers if (found := _ISRC.search(i))), None)


def playlist_facts(extensions: Extensions) -> PlaylistFacts:
    """Read the `#playlist` extension; what is missing or of another type stays empty."""
    body = _body(extensions, PLAYLIST)
    public = body.get("public")
    return PlaylistFacts(
        creator=clean_text(body.get("creator")),
        created_for=clean_text(body.get("created_for")),
        collaborators=_texts(body.get("collaborators")),
        copied_from=clean_text(body.get("copied_from")),
        last_modified_at=clean_text(body.get("last_modified_at")),
        public=public if isinstance(public, bool) else None,
    )


def track_facts(extensions: Extensions) -> TrackFacts:
    """Read the `#track` extension; what is missing or of another type stays empty."""
    body = _body(extensions, TRACK)
    return TrackFacts(
        added_by=clean_text(body.get("added_by")),
        added_at=clean_text(body.get("added_at")),
        artists=_texts(body.get("artist_identifiers", body.get("artist_identifier"))),
        release=clean_text(body.get("release_identifier")),
    )


def with_facts(document: PlaylistDocument, facts: PlaylistFacts) -> PlaylistDocument:
    """Return a document whose `#playlist` extension says these facts; what else stood in it stays."""
    told = {
        "creator": facts.creator,
        "created_for": facts.created_for,
        "collaborators": list(facts.collaborators) or None,
        "copied_from": facts.copied_from,
        "last_modified_at": facts.last_modified_at,
        "public": facts.public,
    }
    body = {**_body(document.extensions, PLAYLIST), **{k: v for k, v in told.items() if v is not None}}
    others = tuple((uri, text) for uri, text in document.extensions if uri != PLAYLIST)
    return replace(document, extensions=(*others, (PLAYLIST, json.dumps(body, ensure_ascii=False))))


def _body(extensions: Extensions, uri: str) -> Mapping[str, object]:
    text = dict(extensions).get(uri)
    body = None if text is None else json.loads(text)
    return body if isinstance(body, dict) else {}


def _texts(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(filter(None, map(clean_text, values)))
