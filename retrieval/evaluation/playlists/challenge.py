"""The Million Playlist Dataset of the RecSys Challenge 2018: slices, challenge set, submissions and their checks.

Source: the challenge's README. A slice is a JSON file ``mpd.slice.<first>-<last>.json`` with a list ``playlists``, each
with ``pid``, ``name`` and ``tracks`` (``track_uri``, ``track_name``, ``artist_name``, ``album_name``, ``pos``); the
challenge set is one such file whose playlists show some of their tracks and say ``num_holdouts``. A submission is CSV:
a line ``team_info,<track>,<team>,<mail>``, then a line a playlist: its pid and 500 distinct URIs, none a seed.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.continuation.corpus import Rows, Seeds
from retrieval.errors import QueryError
from retrieval.evaluation.playlists.datasets import Dataset, ListedPlaylist, ListedTrack, Read

WANTED = 500
_URI = re.compile(r"spotify:track:[A-Za-z0-9]{22}")


@dataclass(frozen=True, slots=True)
class ChallengePlaylist:
    """A playlist to be continued: its seeds in order, and its name where it is told."""

    pid: int
    name: str
    seeds: tuple[str, ...]
    holdouts: int


def read_slices(folder: Path) -> Read:
    """Read all slices of a folder in the order of their playlists.

    Raises:
        QueryError: a file is not a slice.
    """
    tracks: dict[str, ListedTrack] = {}
    lists: list[ListedPlaylist] = []
    for path in sorted(folder.glob("mpd.slice.*.json"), key=_first_of):
        for playlist in _playlists(path, "name"):
            held = playlist["tracks"]
            for track in held:
                if track["track_uri"] not in tracks:
                    tracks[track["track_uri"]] = _track(track)
            lists.append(ListedPlaylist(str(playlist["pid"]), playlist["name"], tuple(t["track_uri"] for t in held)))
    return tracks.values(), lists


def read_challenge(path: Path) -> list[ChallengePlaylist]:
    """Read the challenge set.

    Raises:
        QueryError: the file is not one.
    """
    return [
        ChallengePlaylist(
            int(playlist["pid"]),
            playlist.get("name", ""),
            tuple(t["track_uri"] for t in playlist["tracks"]),
            int(playlist["num_holdouts"]),
        )
        for playlist in _playlists(path, "num_holdouts")
    ]


def _track(track: Mapping[str, Any]) -> ListedTrack:
    return ListedTrack(
        track["track_uri"], track.get("track_name", ""), track.get("artist_name", ""), track.get("album_name", "")
    )


def _first_of(path: Path) -> int:
    number = path.name.split(".")[2].split("-")[0]
    if not number.isdecimal():
        raise QueryError(f"{path.name} is no slice; its name is mpd.slice.<first>-<last>.json.")
    return int(number)


def _playlists(path: Path, *needed: str) -> list[dict[str, Any]]:
    """Return a file's playlists, their tracks in order."""
    try:
        found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["playlists"]
        for playlist in found:
            for name in ("pid", *needed):
                playlist[name]
            playlist["tracks"] = sorted(playlist["tracks"], key=lambda track: (track["pos"], track["track_uri"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise QueryError(
            f"{path.name} is no file of the Million Playlist Dataset ({type(error).__name__}: {error}); it holds "
            "`playlists`, each with `pid` and `tracks`."
        ) from error
    return found


def write_submission(
    path: Path, team: str, contact: str, answers: Iterable[tuple[int, Sequence[str]]], track: str = "main"
) -> None:
    """Write a submission, gzipped where the name ends in ``.gz``; it is checked by `check_submission`, not here."""
    opened = gzip.open(path, "wt", encoding="utf-8") if path.suffix == ".gz" else path.open("w", encoding="utf-8")
    with opened as stream:
        stream.write(f"team_info,{track},{team},{contact}\n")
        for pid, uris in answers:
            stream.write(", ".join([str(pid), *uris]) + "\n")


def answers(
    dataset: Dataset, challenge: Sequence[ChallengePlaylist], rank: Callable[[Seeds], Rows], fallback: Rows
) -> Iterator[tuple[int, list[str]]]:
    """Yield (pid, 500 track URIs) for every playlist; `fallback` fills up what `rank` leaves open, in its order."""
    row_of = {uri: row for row, uri in enumerate(dataset.track_ids)}
    for playlist in challenge:
        seeds = Seeds.of([row_of[uri] for uri in playlist.seeds if uri in row_of], playlist.name)
        own = set(seeds.rows.tolist())
        found = dict.fromkeys(int(row) for row in (*rank(seeds), *fallback) if int(row) not in own)
        yield playlist.pid, [dataset.track_ids[row] for row in list(found)[:WANTED]]


def check_submission(path: Path, challenge: Sequence[ChallengePlaylist]) -> list[str]:
    """Return what the official checks would refuse, a sentence each, with its line; empty for a valid submission."""
    seeds = {playlist.pid: frozenset(playlist.seeds) for playlist in challenge}
    faults: list[str] = []
    answered: set[int] = set()
    team = False
    for place, (number, fields) in enumerate(_lines(path)):
        if place == 0 and fields[0] == "team_info":
            team, found = True, _team_faults(fields)
        else:
            found = _line_faults(fields, seeds, answered)
        faults += [f"line {number}: {fault}" for fault in found]
    if not team:
        faults.insert(0, "there is no line team_info before the first playlist")
    if missing := len(seeds.keys() - answered):
        faults.append(f"{missing} playlists of the challenge set have no line")
    return faults


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")
    with opened as stream:
        for number, line in enumerate(stream, 1):
            # Empty lines and comments are allowed.
            if line.strip() and not line.startswith("#"):
                yield number, [field.strip() for field in line.split(",")]


def _team_faults(fields: Sequence[str]) -> list[str]:
    if len(fields) != 4:
        return [f"team_info has {len(fields)} fields, not 4: team_info, track, team, mail"]
    return [] if fields[1] in {"main", "creative"} else [f"the track is {fields[1][:40]!r}, not main or creative"]


def _line_faults(fields: Sequence[str], seeds: Mapping[int, frozenset[str]], answered: set[int]) -> list[str]:
    if not (fields[0].isascii() and fields[0].isdigit()) or int(fields[0]) not in seeds:
        return [f"{fields[0][:40]!r} is no playlist of the challenge set"]
    pid, uris = int(fields[0]), fields[1:]
    faults = [f"playlist {pid} was answered before"] if pid in answered else []
    answered.add(pid)
    if len(uris) != WANTED:
        faults.append(f"playlist {pid} has {len(uris)} tracks, not {WANTED}")
    if len(set(uris)) != len(uris):
        faults.append(f"playlist {pid} has a track twice")
    if (strange := next((uri for uri in uris if not _URI.fullmatch(uri)), None)) is not None:
        faults.append(f"playlist {pid} has {strange[:60]!r}, which is no track URI")
    if repeated := seeds[pid] & set(uris):
        faults.append(f"playlist {pid} repeats {len(repeated)} of its seeds")
    return faults
