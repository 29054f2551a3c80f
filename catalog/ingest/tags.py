"""What a file says of itself: its tags, the folder's sidecar, and its name as the last resort.

A sidecar ``trichord.toml`` beside the music (or the archive) holds ``[defaults]`` for the folder and ``[[track]]``
tables with ``path`` and any of title, artist, album, year, genre, language, licence, attribution. The sidecar outweighs
the tags.
"""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from tinytag import TinyTag

from catalog.formats.musicbrainz import isrc_of, recording_of
from catalog.languages import languages_in
from catalog.names import UNTITLED, clean
from catalog.values import TrackMetadata

SIDECAR = "trichord.toml"
_SIDECAR_MAX_BYTES = 5_000_000
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Words:
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    year: int | None = None
    genre: tuple[str, ...] = ()
    licence: str | None = None
    attribution: str | None = None
    provenance: Literal["human", "generated"] | None = None
    languages: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()


def read_metadata(audio: Path, path: Path, member: str) -> TrackMetadata:
    """Return what is known of the track without listening to it.

    Args:
        audio: the readable file (a temporary copy for an archive member).
        path: where the file or its archive lies; sidecars are looked for here and above, three levels at most.
        member: the name inside the archive, or empty.
    """
    own = _file_tags(audio)
    given = _sidecar(path, member)
    name = Path(member or path.name).stem
    return TrackMetadata(
        title=given.title or own.title or title_from_name(name),
        artist=given.artist or own.artist,
        album=given.album or own.album,
        year=given.year or own.year,
        genre=given.genre or own.genre,
        licence=given.licence or own.licence,
        attribution=given.attribution or own.attribution,
        provenance=given.provenance or own.provenance or "human",
        languages=given.languages or own.languages,
        identifiers=own.identifiers,
    )


def title_from_name(stem: str) -> str:
    """Return a readable title from a file name: ``03-battle_epic`` becomes ``Battle epic``."""
    words = re.sub(r"[_\s]+", " ", re.sub(r"^\d{1,3}[\s._-]+(?=\D)", "", stem)).strip(" .-")
    cleaned = clean(words) or clean(stem) or UNTITLED
    return cleaned[0].upper() + cleaned[1:]


def _file_tags(audio: Path) -> _Words:
    try:
        tag = TinyTag.get(str(audio), image=False)
    except Exception as error:  # a tag parser on hostile bytes may raise anything; the audio may still be fine
        _logger.info("no tags read from %s: %s", audio.name, error)
        return _Words()
    generated = "generated" in tag.other.get("provenance", ())
    attribution = next((v for v in tag.other.get("attribution", ()) if isinstance(v, str)), None)
    licence = next((v for k, values in tag.other.items() for v in values if k.casefold() in _LICENCE_KEYS), None)
    return _Words(
        title=clean(tag.title),
        artist=clean(tag.artist),
        album=clean(tag.album),
        year=_year(tag.year),
        genre=_genres(tag.genre),
        licence=clean(licence, 200) if isinstance(licence, str) else None,
        # What was made here says so in its tags, wherever the file has been since.
        provenance="generated" if generated else None,
        attribution=clean(attribution) if generated else None,
        languages=_languages(tag.other.get("language")),
        identifiers=_identifiers(tag.other),
    )


def _identifiers(other: Mapping[str, Sequence[object]]) -> tuple[str, ...]:
    """Return the ISRC and the MusicBrainz recording (which taggers call the track) as URIs."""
    named = {re.sub(r"[\s_]", "", key.casefold()): values for key, values in other.items()}
    isrcs = (isrc_of((f"isrc:{v}",)) for v in named.get("isrc", ()))
    recordings = (recording_of((f"mbid:{v}",)) for v in named.get("musicbrainztrackid", ()))
    found = [f"urn:isrc:{i}" for i in isrcs if i] + [f"https://musicbrainz.org/recording/{i}" for i in recordings if i]
    return tuple(dict.fromkeys(found))


_LICENCE_KEYS = frozenset({"license", "licence", "copyright", "wcop"})


def _sidecar(path: Path, member: str) -> _Words:
    for folder in list(path.parents)[:3]:
        table = _load_sidecar(folder / SIDECAR)
        if table is None:
            continue
        relative = path.relative_to(folder).as_posix()
        defaults = table[0]
        entry = table[1].get(f"{relative}/{member}" if member else relative) or table[1].get(member, _Words())
        return _Words(
            title=entry.title,
            artist=entry.artist or defaults.artist,
            album=entry.album or defaults.album,
            year=entry.year or defaults.year,
            genre=entry.genre or defaults.genre,
            licence=entry.licence or defaults.licence,
            attribution=entry.attribution or defaults.attribution,
            provenance=entry.provenance or defaults.provenance,
            languages=entry.languages or defaults.languages,
        )
    return _Words()


def _load_sidecar(sidecar: Path) -> tuple[_Words, dict[str, _Words]] | None:
    try:
        stat = sidecar.stat()
    except OSError:
        return None
    return _parse_sidecar(sidecar, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _parse_sidecar(sidecar: Path, _mtime_ns: int, size: int) -> tuple[_Words, dict[str, _Words]] | None:
    if size > _SIDECAR_MAX_BYTES:
        _logger.warning("sidecar %s has %d bytes, over %d: ignored", sidecar, size, _SIDECAR_MAX_BYTES)
        return None
    try:
        data = tomllib.loads(sidecar.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        _logger.warning("sidecar %s ignored: %s", sidecar, error)
        return None
    tracks = data.get("track", [])
    entries = {str(t["path"]): _words(t) for t in tracks if isinstance(t, dict) and "path" in t}
    defaults = data.get("defaults", {})
    return _words(defaults if isinstance(defaults, dict) else {}), entries


def _words(table: dict[str, object]) -> _Words:
    def text(key: str, limit: int = 500) -> str | None:
        value = table.get(key)
        return clean(value, limit) if isinstance(value, str) else None

    provenance = text("provenance")
    return _Words(
        title=text("title"),
        artist=text("artist"),
        album=text("album"),
        year=_year(table.get("year")),
        genre=_genres(table.get("genre")),
        licence=text("licence", 200),
        attribution=text("attribution", 1000),
        provenance="generated" if provenance == "generated" else "human" if provenance == "human" else None,
        languages=_languages(table.get("language")),
    )


def _year(value: object) -> int | None:
    found = re.search(r"\b(1[5-9]|20)\d\d\b", str(value)) if value is not None else None
    return int(found.group()) if found else None


def _languages(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return languages_in([v[:200] for v in values if isinstance(v, str)])


def _genres(value: object) -> tuple[str, ...]:
    raw = value if isinstance(value, list) else [value]
    words = (clean(w, 80) for item in raw if isinstance(item, str) for w in re.split(r"[;/,]", item))
    # ID3v1 left "Other" and "Unknown" and bare numbers in millions of files; they say nothing.
    return tuple(dict.fromkeys(w for w in words if w and w.casefold() not in {"other", "unknown"} and not w.isdigit()))
