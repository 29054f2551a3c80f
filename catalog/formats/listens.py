"""ListenBrainz's export of what somebody listened to, as listens and as sessions.

A listen is ``{"listened_at": seconds, "track_metadata": {...}}`` (https://listenbrainz.readthedocs.io, JSON
documentation). Read are the zip that the site gives (``listens/YEAR/MONTH.jsonl`` in it), a file of one listen a line,
and a JSON list or an answer of the API. Archives are read line by line and never unpacked.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from catalog.formats.values import PlaylistEntry, PlaylistFormatError, clean_duration, clean_text

MAX_LISTENS = 5_000_000
MAX_JSON_BYTES = 200_000_000
# What a zip may hold unpacked, and the longest line.
MAX_UNPACKED_BYTES, _MAX_LINE = 4_000_000_000, 1_000_000
SESSION_GAP_S = 30 * 60.0
_MEMBER = re.compile(r"(?:.*/)?listens/.*\.jsonl?")
# From 2002, when scrobbling began, to 2100; anything else is a clock gone wrong.
_EARLIEST, _LATEST = 1_009_843_200, 4_102_444_800


@dataclass(frozen=True, slots=True)
class Listen:
    """Something that was listened to, from the second `at` (since 1970, UTC) on."""

    at: int
    entry: PlaylistEntry


@dataclass(frozen=True, slots=True)
class Sitting:
    """What was listened to without a long break, in order; `at` is when it began."""

    at: int
    entries: tuple[PlaylistEntry, ...]


def read_listens(path: Path) -> list[Listen]:
    """Return the listens of an export, oldest first, each once.

    Raises:
        PlaylistFormatError: no export, too much of it, or a file that cannot be read; one sentence.
    """
    try:
        with path.open("rb") as file:
            found = {(one.at, one.entry.title, one.entry.artist): one for one in _listens(file, path)}
    except OSError as error:
        raise PlaylistFormatError(f"{path.name} cannot be read ({error.strerror}); check the path") from error
    except zipfile.BadZipFile as error:
        raise PlaylistFormatError(f"{path.name} is a damaged zip; fetch the export again") from error
    if not found:
        raise PlaylistFormatError(f"{path.name} holds no listens; give the export of ListenBrainz (zip or jsonl)")
    return sorted(found.values(), key=lambda one: one.at)


def sittings(listens: Iterable[Listen], gap_s: float = SESSION_GAP_S) -> list[Sitting]:
    """Return what was listened to in one go: a silence longer than `gap_s` begins a new one.

    Args:
        listens: oldest first.
        gap_s: seconds from the end of one (its begin, where its length is not known) to the begin of the next.
    """
    groups: list[list[Listen]] = []
    ends = 0.0
    for one in listens:
        if not groups or one.at - ends > gap_s:
            groups.append([])
        groups[-1].append(one)
        ends = one.at + (one.entry.duration_s or 0.0)
    return [Sitting(group[0].at, tuple(one.entry for one in group)) for group in groups]


def play_counts(listens: Iterable[Listen]) -> Counter[tuple[str, str]]:
    """Return how often each (artist, title) was listened to, as written."""
    return Counter((one.entry.artist or "", one.entry.title or "") for one in listens)


def _listens(file: IO[bytes], path: Path) -> Iterator[Listen]:
    count = 0
    for told in _objects(file, path):
        one = _listen(told)
        if one is not None:
            count += 1
            if count > MAX_LISTENS:
                raise PlaylistFormatError(f"{path.name} has more than {MAX_LISTENS} listens; split it")
            yield one


def _objects(file: IO[bytes], path: Path) -> Iterator[object]:
    start = file.read(64)
    file.seek(0)
    if start.startswith(b"PK"):
        yield from _zipped(file, path)
    elif start.lstrip().startswith(b"["):
        yield from _whole(file, path)
    else:
        yield from _lines(file, path)


def _zipped(file: IO[bytes], path: Path) -> Iterator[object]:
    with zipfile.ZipFile(file) as archive:
        members = [m for m in archive.infolist() if _MEMBER.fullmatch(m.filename)]
        if sum(m.file_size for m in members) > MAX_UNPACKED_BYTES:
            raise PlaylistFormatError(f"{path.name} holds over {MAX_UNPACKED_BYTES // 10**9} GB; that is refused")
        for member in members:
            if member.flag_bits & 1:
                raise PlaylistFormatError(f"{path.name} is locked by a password; fetch the export again")
            with archive.open(member) as inner:
                yield from _lines(inner, path)


def _whole(file: IO[bytes], path: Path) -> Iterator[object]:
    data = file.read(MAX_JSON_BYTES + 1)
    if len(data) > MAX_JSON_BYTES:
        raise PlaylistFormatError(f"{path.name} has over {MAX_JSON_BYTES // 10**6} MB; give the zip or jsonl instead")
    yield from _parsed(data)


def _lines(file: IO[bytes], path: Path) -> Iterator[object]:
    while line := file.readline(_MAX_LINE + 1):
        if len(line) > _MAX_LINE:
            raise PlaylistFormatError(
                f"{path.name} has a line over {_MAX_LINE // 10**6} MB, so it is no list of listens"
            )
        yield from _parsed(line)


def _parsed(data: bytes) -> Iterator[object]:
    """Yield the listens of a JSON text; a line that is none is left out, since one of them must not lose the rest."""
    try:
        told: object = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(told, dict) and isinstance(told.get("payload"), dict):
        told = told["payload"].get("listens")
    yield from told if isinstance(told, list) else [told]


def _listen(told: object) -> Listen | None:
    whole = told if isinstance(told, Mapping) else {}
    at, track = whole.get("listened_at"), _mapping(whole.get("track_metadata"))
    title = clean_text(track.get("track_name"))
    if title is None or not isinstance(at, int) or not _EARLIEST <= at <= _LATEST:
        return None
    more = _mapping(track.get("additional_info"))
    recording = _mapping(track.get("mbid_mapping")).get("recording_mbid") or more.get("recording_mbid")
    isrc = clean_text(more.get("isrc"))
    identifiers = [f"https://musicbrainz.org/recording/{mbid}"] if (mbid := clean_text(recording)) else []
    identifiers += [f"urn:isrc:{isrc}"] if isrc else []
    return Listen(
        at,
        PlaylistEntry(
            title=title,
            artist=clean_text(track.get("artist_name")),
            album=clean_text(track.get("release_name")),
            duration_s=clean_duration(more.get("duration_ms"), per_second=1000) or clean_duration(more.get("duration")),
            identifiers=tuple(identifiers),
        ),
    )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
