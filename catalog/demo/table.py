"""The table of demo packages (`packages.toml`) as values."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Literal

Tier = Literal["demo", "full"]


@dataclass(frozen=True, slots=True)
class TrackRow:
    """What the table knows about the files that `match` (a glob over the path inside the package) names."""

    match: str
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    licence: str | None = None
    attribution: str | None = None
    genre: str | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class PackageRow:
    """One Debian package and the music in it.

    `audio` and `archives` are globs over paths inside the package; `members` are globs inside those archives.
    `stems` names the files of one folder that together are one song. `other_names` are tried in order when the
    first name is not to be had (other releases of the distribution). `size_mb` is the download in 10^6 bytes.
    `distrust` names the tags ("title", "artist") of this package that are known to be wrong.
    """

    name: str
    tier: Tier
    album: str
    licence: str
    attribution: str
    size_mb: int
    audio: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    stems: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()
    artist: str | None = None
    genre: str | None = None
    distrust: tuple[str, ...] = ()
    tracks: tuple[TrackRow, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.other_names)

    def wants(self, path: str) -> bool:
        """Whether this path inside the package (or inside one of its archives) is music that we keep."""
        globs = self.members if self.archives else self.audio
        return matches(path, globs) and not matches(path, self.skip)

    def row_for(self, path: str) -> TrackRow:
        """Merge the rows that match this path; a later row wins field by field."""
        fields: dict[str, str | int | None] = {}
        for row in self.tracks:
            if fnmatchcase(path, row.match):
                fields |= {key: value for key in _TRACK_FIELDS if (value := getattr(row, key)) is not None}
        return TrackRow(match=path, **fields)  # type: ignore[arg-type]  # keys and types come from TrackRow itself


_TRACK_FIELDS = ("title", "artist", "album", "licence", "attribution", "genre", "year")


def matches(path: str, globs: tuple[str, ...]) -> bool:
    """Whether any glob matches the whole path, case-sensitively (`*` crosses slashes)."""
    return any(fnmatchcase(path, glob) for glob in globs)


@cache
def load_table() -> tuple[PackageRow, ...]:
    """Read all rows, in the order of the file."""
    return parse_table(files(__package__).joinpath("packages.toml").read_text(encoding="utf-8"))


def parse_table(text: str) -> tuple[PackageRow, ...]:
    """Read rows from TOML text.

    Raises:
        TypeError: an unknown or missing key.
    """
    rows = []
    for raw in tomllib.loads(text)["package"]:
        tracks = tuple(TrackRow(**track) for track in raw.pop("tracks", ()))
        lists = {key: tuple(value) for key, value in raw.items() if isinstance(value, list)}
        rows.append(PackageRow(**(raw | lists), tracks=tracks))
    return tuple(rows)


def rows_of(*, full: bool) -> tuple[PackageRow, ...]:
    """Give the rows of the demo tier, or of both tiers."""
    return tuple(row for row in load_table() if full or row.tier == "demo")
