"""`trichord.toml`, the sidecar beside a folder's audio: what its files' tags do not say.

`[defaults]` holds album, licence, attribution, artist, genre for every file of the folder; each `[[track]]` has
`path` (relative to the sidecar, slashes) and any of title, artist, album, licence, licence_url, attribution, year,
genre. `[source]` says which package and version the files came from, and is how a later run knows that it is done.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SIDECAR_NAME = "trichord.toml"
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class SidecarTrack:
    """One file: its path relative to the sidecar, its size in bytes and what is known about it."""

    path: str
    bytes: int
    title: str
    artist: str | None
    album: str | None
    licence: str
    attribution: str
    genre: str | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class SidecarSource:
    """The package that the files came from."""

    package: str
    version: str


def licence_url(licence: str) -> str | None:
    """Give the page of a plain SPDX id; None for expressions ("A OR B") and for licences that SPDX does not list."""
    return None if " " in licence or licence.startswith("LicenseRef-") else f"https://spdx.org/licenses/{licence}"


def render_sidecar(source: SidecarSource, defaults: Mapping[str, str | None], tracks: list[SidecarTrack]) -> str:
    """Write the sidecar as TOML text."""
    lines = [
        "# What the tags of these files do not say; read when the folder joins the catalogue.",
        "",
        "[source]",
    ]
    lines += _pairs({"package": source.package, "version": source.version})
    lines += ["", "[defaults]", *_pairs(defaults)]
    for track in tracks:
        lines += ["", "[[track]]"]
        lines += _pairs(
            {
                "path": track.path,
                "bytes": track.bytes,
                "title": track.title,
                "artist": track.artist,
                "album": track.album,
                "year": track.year,
                "genre": track.genre,
                "licence": track.licence,
                "licence_url": licence_url(track.licence),
                "attribution": track.attribution,
            }
        )
    return "\n".join(lines) + "\n"


def _pairs(values: Mapping[str, str | int | None]) -> list[str]:
    return [f"{key} = {_toml(value)}" for key, value in values.items() if value is not None]


def _toml(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    # A JSON string without control characters and surrogates is also a TOML basic string.
    return json.dumps(_CONTROL.sub(" ", value).strip(), ensure_ascii=False)


def complete_tracks(folder: Path, names: tuple[str, ...]) -> tuple[str, int, int] | None:
    """(version, tracks, bytes) when the folder holds all that its sidecar lists, from one of these packages."""
    try:
        content = tomllib.loads((folder / SIDECAR_NAME).read_text(encoding="utf-8"))
        source, tracks = content["source"], content["track"]
        sizes = [int(track["bytes"]) for track in tracks]
        whole = source["package"] in names and all(
            (folder / track["path"]).stat().st_size == size for track, size in zip(tracks, sizes, strict=True)
        )
        return (str(source["version"]), len(tracks), sum(sizes)) if whole else None
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError):
        return None  # not there, or half written, or edited beyond use: fetch again
