"""CSV and its kin: a header row and a track a row, as Exportify, Soundiiz, TuneMyMusic and spreadsheets write them.

Columns are known by their names, in any order, separated by commas, semicolons, tabs or bars. Written by RFC 4180. A
cell that a spreadsheet would run as a formula gets an apostrophe before it, which reading takes away again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from catalog.formats.locations import location_of
from catalog.formats.values import (
    PlaylistDocument,
    PlaylistEntry,
    PlaylistFormatError,
    check_count,
    clean_duration,
    clean_text,
)
from catalog.names import fold

# What programs call a column, without spaces and signs; the first that is there counts.
_NAMES: dict[str, tuple[str, ...]] = {
    "title": ("trackname", "title", "tracktitle", "songname", "songtitle", "song", "track", "name", "titel", "nombre",
              "titre", "titolo"),
    "artist": ("artistnames", "artistname", "artists", "artist", "creator", "interpret", "kunstler", "artista",
               "artiste", "performer", "band"),
    "album": ("albumname", "albumtitle", "album", "releasename", "release"),
    "milliseconds": ("durationms", "trackdurationms", "lengthms", "milliseconds"),
    "duration": ("durations", "duration", "durationseconds", "length", "seconds", "time", "dauer", "duree", "tiempo"),
    "isrc": ("isrc",),
    "mbid": ("recordingmbid", "musicbrainzrecordingid", "musicbrainztrackid", "musicbrainzid", "mbid"),
    "spotify": ("spotifyid", "spotifytrackid"),
    "uri": ("trackuri", "spotifyuri", "uri", "url", "trackurl", "link"),
    "location": ("location", "filepath", "path", "filename", "file"),
    "playlist": ("playlistname", "playlist"),
    "type": ("type",),
}  # fmt: skip
_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r"\s*sep=.\s*")
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2}(?:\.\d+)?)")
_FORMULA = re.compile(r"[=+\-@]")
# Rows that are whole artists or albums and no tracks.
_NO_TRACKS = frozenset({"artist", "album"})
_HEADER = ("Title", "Artist", "Album", "Duration (s)", "ISRC", "URI", "Location", "Playlist name")
_ISRC = "urn:isrc:"
Columns = dict[str, int]


def is_table(text: str) -> bool:
    """Whether the first row names columns that tracks have: something to know them by, and one more."""
    return _layout(text) is not None


def read_table(text: str) -> PlaylistDocument:
    """Read text for which `is_table` holds; a playlist name that all rows share is the title.

    Raises:
        PlaylistFormatError: too many rows, or a cell beyond all measure.
    """
    layout = _layout(text)
    if layout is None:
        raise PlaylistFormatError("this table has no columns for title and artist; name them in its first row")
    delimiter, columns = layout
    entries: list[PlaylistEntry] = []
    playlists: set[str] = set()
    try:
        for row in _rows(text, delimiter):
            cells = {name: _cell(row, place) for name, place in columns.items()}
            if (cells.get("type") or "").casefold() in _NO_TRACKS or not any(cells.values()):
                continue
            playlists.add(cells.get("playlist") or "")
            entries.append(_entry(cells))
            check_count(len(entries))
    except csv.Error as error:
        raise PlaylistFormatError(f"this table cannot be read ({error}); export it again") from error
    return PlaylistDocument(title=playlists.pop() or None if len(playlists) == 1 else None, entries=tuple(entries))


def _layout(text: str) -> tuple[str, Columns] | None:
    """Return (delimiter, place of each column), by the delimiter that finds the most known names."""
    best: tuple[str, Columns] | None = None
    for delimiter in _DELIMITERS:
        try:
            header = next(_reader(text[:20_000], delimiter), [])
        except csv.Error:
            continue
        columns = _columns(header)
        if {"title", "uri", "location"} & set(columns) and len(columns) > (len(best[1]) if best else 1):
            best = delimiter, columns
    return best


def _columns(header: Sequence[str]) -> Columns:
    known: dict[str, int] = {}
    for place, name in enumerate(header):
        known.setdefault(fold(name).replace(" ", ""), place)
    return {
        field: next(known[n] for n in names if n in known)
        for field, names in _NAMES.items()
        if any(n in known for n in names)
    }


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    lines = io.StringIO(text.lstrip("\ufeff"), newline="")
    start = lines.tell()
    if not _SEPARATOR_LINE.fullmatch(lines.readline()):  # Excel's own mark for the delimiter
        lines.seek(start)
    return (row for row in csv.reader(lines, delimiter=delimiter) if any(cell.strip() for cell in row))


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    rows = _reader(text, delimiter)
    next(rows, None)
    return rows


def _cell(row: Sequence[str], place: int) -> str | None:
    text = clean_text(row[place]) if place < len(row) else None
    return text[1:] if text and text[0] == "'" and _FORMULA.match(text[1:]) else text


def _entry(cells: dict[str, str | None]) -> PlaylistEntry:
    milliseconds = clean_duration(cells.get("milliseconds"), per_second=1000)
    return PlaylistEntry(
        title=cells.get("title"),
        artist=cells.get("artist"),
        album=cells.get("album"),
        duration_s=milliseconds or _seconds(cells.get("duration")),
        location=location_of(cells.get("location")),
        identifiers=tuple(_identifiers(cells)),
    )


def _identifiers(cells: dict[str, str | None]) -> Iterator[str]:
    if mbid := cells.get("mbid"):
        yield mbid if ":" in mbid else f"https://musicbrainz.org/recording/{mbid}"
    yield from (cells.get("uri") or "").split()
    if (spotify := cells.get("spotify")) and spotify not in (cells.get("uri") or ""):
        yield spotify if ":" in spotify else f"spotify:track:{spotify}"
    if isrc := cells.get("isrc"):
        yield _ISRC + isrc.replace("-", "").upper()


def _seconds(text: str | None) -> float | None:
    clock = _CLOCK.fullmatch(text or "")
    if clock is None:
        return clean_duration(text)
    return clean_duration(int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + float(clock[3]))


def write_table(document: PlaylistDocument) -> str:
    """Write CSV with commas and CRLF that `read_table` gives back, but for the creator and extensions."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_HEADER)
    for entry in document.entries:
        isrc = [i for i in entry.identifiers if i.startswith(_ISRC)][:1]
        others = [i for i in entry.identifiers if i not in isrc]
        texts = (entry.title, entry.artist, entry.album, None, None, " ".join(others), entry.location, document.title)
        cells = [_safe(text or "") for text in texts]
        cells[3] = "" if entry.duration_s is None else f"{entry.duration_s:.3f}".rstrip("0").rstrip(".")
        cells[4] = isrc[0].removeprefix(_ISRC) if isrc else ""
        writer.writerow(cells)
    return out.getvalue()


def _safe(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text
