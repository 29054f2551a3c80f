"""M3U and M3U8: one path or URL a line, with `#EXTINF:seconds,Artist - Title` before it.

There is no specification; this reads what players write and writes what players read, `#PLAYLIST:`, `#EXTART:` and
`#EXTALB:` included. HLS streams share the name and are refused. Identifiers have no place here: writing loses them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from catalog.formats.labels import label_of, split_label
from catalog.formats.locations import is_url, location_of
from catalog.formats.values import (
    PlaylistDocument,
    PlaylistEntry,
    PlaylistFormatError,
    check_count,
    clean_duration,
    clean_text,
)

_HEADER = "#EXTM3U"
# The attributes that IPTV lists put before the comma may hold commas inside quotes.
_EXTINF = re.compile(r'\s*([-+]?[0-9.]+)?((?:\s+[\w-]+="[^"]*")*)\s*,?(.*)', re.DOTALL)
_LOOKS_LIKE_PATH = re.compile(r"[/\\]|\.\w{2,5}$")


@dataclass(slots=True)
class _Pending:
    """What the comment lines said about the entry that follows them."""

    label: str | None = None
    artist: str | None = None
    artist_said: bool = False
    album: str | None = None
    duration_s: float | None = None

    def empty(self) -> bool:
        return self.label is None and self.duration_s is None

    def entry(self, location: str | None) -> PlaylistEntry:
        artist, title = self._names(location)
        return PlaylistEntry(
            title=title, artist=artist, album=self.album, duration_s=self.duration_s, location=location
        )

    def _names(self, location: str | None) -> tuple[str | None, str | None]:
        label = self.label
        if label is None:
            label = label_of(location)
        if label is None or self.artist_said:
            prefix = f"{self.artist} - "
            return self.artist, label.removeprefix(prefix) if label and self.artist else label
        return split_label(label, location)


@dataclass(slots=True)
class _Reader:
    entries: list[PlaylistEntry] = field(default_factory=list)
    title: str | None = None
    pending: _Pending = field(default_factory=_Pending)

    def take(self, line: str) -> None:
        if line.startswith("#"):
            self._comment(line)
        elif location := location_of(line):
            self._add(location)

    def finish(self) -> PlaylistDocument:
        self._flush()
        return PlaylistDocument(title=self.title, entries=tuple(self.entries))

    def _comment(self, line: str) -> None:
        key, _, value = line.partition(":")
        match key.upper():
            case "#EXTINF":
                self._flush()
                self._extinf(value)
            case "#PLAYLIST":
                self.title = clean_text(value)
            case "#EXTART":
                self.pending.artist, self.pending.artist_said = clean_text(value), True
            case "#EXTALB":
                self.pending.album = clean_text(value)

    def _extinf(self, value: str) -> None:
        found = _EXTINF.fullmatch(value)
        if found is not None:  # always, since every part is optional
            self.pending.duration_s = clean_duration(found[1])
            self.pending.label = clean_text(found[3])

    def _flush(self) -> None:
        """Keep an entry that names a song but no file."""
        if not self.pending.empty():
            self._add(None)

    def _add(self, location: str | None) -> None:
        self.entries.append(self.pending.entry(location))
        self.pending = _Pending()
        check_count(len(self.entries))


def read_m3u(text: str) -> PlaylistDocument:
    """Read M3U text; paths stay as written, `file:` URLs become paths.

    Raises:
        PlaylistFormatError: an HLS stream, too many entries, or text that is no list of files.
    """
    lines = [line.strip() for line in text.splitlines()]
    if any(line.startswith("#EXT-X-") for line in lines):
        raise PlaylistFormatError("this is an HLS stream description, not a playlist of songs; give an M3U of files")
    if not lines or not lines[0].upper().startswith(_HEADER):
        _check_plain([line for line in lines if line])
    reader = _Reader()
    for line in lines:
        reader.take(line)
    return reader.finish()


def _check_plain(lines: list[str]) -> None:
    """Tell a bare list of files from any other text."""
    paths = [line for line in lines if not line.startswith("#")]
    likely = sum(is_url(line) or _LOOKS_LIKE_PATH.search(line) is not None for line in paths)
    has_extinf = any(line.upper().startswith("#EXTINF:") for line in lines)
    broken = any(ord(letter) < 32 and letter not in "\t\0" for line in lines for letter in line)
    if broken or not (has_extinf or likely * 2 > len(paths)):
        raise PlaylistFormatError("this file is no playlist that we read; export it as M3U8, XSPF, JSPF or CSV")


def write_m3u(document: PlaylistDocument) -> str:
    """Write M3U8 text that `read_m3u` gives back, but for identifiers and the creator."""
    lines = [_HEADER]
    if document.title:
        lines.append(f"#PLAYLIST:{document.title}")
    for entry in document.entries:
        lines += _lines_of(entry)
    return "\n".join(lines) + "\n"


def _lines_of(entry: PlaylistEntry) -> list[str]:
    seconds = "-1" if entry.duration_s is None else f"{entry.duration_s:.3f}".rstrip("0").rstrip(".")
    label = " - ".join(part for part in (entry.artist, entry.title) if part)
    lines = [f"#EXTINF:{seconds},{label}"]
    # Players split at the first dash; say the artist apart wherever that would go wrong.
    if label and tuple(label.split(" - ", 1)) != (entry.artist, entry.title):
        lines.append(f"#EXTART:{entry.artist or ''}")
    if entry.album:
        lines.append(f"#EXTALB:{entry.album}")
    if entry.location:
        lines.append(f"./{entry.location}" if entry.location.startswith("#") else entry.location)
    return lines
