"""Playlists from files, as one corpus with its ids; split by playlist, never by snapshot.

A reader is told by the file: a folder with ``playlists.parquet`` and ``tracks.parquet`` (several snapshots of
each over time), ``*.csv`` or ``*.csv.gz`` with a line a track (``playlist_id``, ``playlist_name``,
``track_id``, ``track_artist``, ...), ``*.jsonl`` or ``*.jsonl.zst`` of set lists (``date``, ``songs``), and a folder of
``mpd.slice.*.json`` (see `challenge`).
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.continuation.corpus import Corpus, FloatArray, Items, Rows
from retrieval.errors import MissingExtraError, QueryError, RetrievalError

_SOUND = (
    "danceability",
    "energy",
    "loudness",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
    "tempo",
)


@dataclass(frozen=True, slots=True)
class ListedTrack:
    """A track as a data set names it; `sound` are numbers about it, the same ones for all tracks of a set."""

    id: str
    title: str = ""
    artist: str = ""
    album: str = ""
    popularity: float = 0.0
    sound: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedPlaylist:
    """A playlist, or one snapshot of it, as a data set gives it."""

    id: str
    title: str
    tracks: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Dataset:
    """A corpus whose list ``p`` belongs to playlist ``list_ids[p]`` and whose item ``i`` is ``track_ids[i]``."""

    name: str
    corpus: Corpus
    list_ids: tuple[str, ...]
    track_ids: tuple[str, ...]


def read_dataset(paths: Sequence[Path], name: str = "") -> Dataset:
    """Read one or several sources into one data set; tracks of one id are one item.

    Raises:
        QueryError: a path that no reader knows, or a file that is not what its name says.
        MissingExtraError: parquet without pyarrow, zstd without zstandard.
    """
    return assemble(name or "+".join(path.name for path in paths), *read_lists(paths))


def read_lists(paths: Sequence[Path]) -> tuple[dict[str, ListedTrack], list[ListedPlaylist]]:
    """Read one or several sources as they name things: the tracks by id, and the lists. Raises as `read_dataset`."""
    tracks: dict[str, ListedTrack] = {}
    lists: list[ListedPlaylist] = []
    for path in paths:
        found, listed = _whole(path)
        for track in found:
            known = tracks.get(track.id)
            if known is None or (track.sound and not known.sound):
                tracks[track.id] = track
        lists += listed
    return tracks, lists


def assemble(name: str, tracks: dict[str, ListedTrack], lists: Sequence[ListedPlaylist]) -> Dataset:
    """Return the data set of playlists and what is known of their tracks."""
    ids = dict.fromkeys([*tracks, *(i for p in lists for i in p.tracks)])
    row_of = {i: n for n, i in enumerate(ids)}
    known = [tracks.get(i, ListedTrack(i)) for i in ids]
    items = Items(
        len(ids),
        codes_of([t.artist for t in known]),
        codes_of([f"{t.artist} / {t.album}" if t.album else "" for t in known]),
        tuple(f"{t.title} {t.artist} {t.album}" for t in known),
        _standardised([t.sound for t in known]),
        np.array([t.popularity for t in known], np.float32),
    )
    corpus = Corpus.of(items, ([row_of[i] for i in p.tracks] for p in lists), [p.title for p in lists])
    return Dataset(name, corpus, tuple(p.id for p in lists), tuple(ids))


def codes_of(names: Iterable[str]) -> Rows:
    """Return a code for each name, the same for the same name without regard to case; -1 for none."""
    codes: dict[str, int] = {}
    return np.array([codes.setdefault(n.casefold(), len(codes)) if n.strip() else -1 for n in names], np.int32)


def _standardised(sounds: Sequence[tuple[float, ...]]) -> FloatArray | None:
    width = max((len(s) for s in sounds), default=0)
    if not width:
        return None
    # In single precision the mean of equal numbers is not quite that number, and divided by no spread it is anything.
    matrix = np.array([s if len(s) == width else (np.nan,) * width for s in sounds], np.float64)
    scaled = np.nan_to_num((matrix - np.nanmean(matrix, axis=0)) / (np.nanstd(matrix, axis=0) + 1e-9))
    unit: FloatArray = (scaled / np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return unit


Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Split:
    """Places of lists: to train on, to choose by, to report on. A playlist's snapshots are all in one part."""

    train: Places
    tune: Places
    test: Places


def split_by_playlist(dataset: Dataset, seed: int = 0) -> Split:
    """Split 70 : 10 : 20 by a hash of the playlist's id; of a playlist to report on, only the last snapshot counts."""
    share = np.array([_share(i, seed) for i in dataset.list_ids])
    last = {i: n for n, i in enumerate(dataset.list_ids)}
    is_last = np.array([last[i] == n for n, i in enumerate(dataset.list_ids)], bool)
    return Split(
        np.flatnonzero(share < 0.7),
        np.flatnonzero((share >= 0.7) & (share < 0.8) & is_last),
        np.flatnonzero((share >= 0.8) & is_last),
    )


def _share(playlist_id: str, seed: int) -> float:
    digest = hashlib.sha256(f"{seed}/{playlist_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


Read = tuple[Iterable[ListedTrack], list[ListedPlaylist]]


def _whole(path: Path) -> tuple[list[ListedTrack], list[ListedPlaylist]]:
    """Read one source to its end; whatever is wrong with it is told in one sentence."""
    try:
        found, listed = _reader(path)(path)
        return list(found), listed
    except RetrievalError:
        raise
    except (OSError, EOFError, ValueError, LookupError, TypeError, csv.Error) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise QueryError(
            f"{path} cannot be read as playlist data ({reason}); give a whole file of a kind that is known."
        ) from error


def _reader(path: Path) -> Callable[[Path], Read]:
    names = path.name
    if (path / "playlists.parquet").is_file():
        return _read_snapshots
    if names.endswith((".csv", ".csv.gz")):
        return _read_table
    if names.endswith((".jsonl", ".jsonl.zst")):
        return _read_set_lists
    if path.is_dir() and any(path.glob("mpd.slice.*.json")):
        from retrieval.evaluation.playlists.challenge import read_slices

        return read_slices
    raise QueryError(
        f"{path} is no playlist data that is known; give a folder with playlists.parquet, a CSV with a line a track, "
        "JSONL of set lists, or a folder of mpd.slice.*.json."
    )


def _read_snapshots(folder: Path) -> Read:
    lists = _parquet(folder / "playlists.parquet")
    listed = [
        ListedPlaylist(r["playlist_id"], r["title"] or "", tuple(r["track_ids"]))
        for r in sorted(lists, key=lambda r: r["snapshot_time"])
        if not r["algorithmic_title"]
    ]
    tracks = (
        ListedTrack(r["track_id"], r["title"] or "", (r["artists"] or [""])[0], r["album"] or "")
        for r in _parquet(folder / "tracks.parquet")
    )
    return tracks, listed


def _parquet(path: Path) -> list[dict[str, Any]]:
    try:
        from pyarrow.parquet import read_table
    except ImportError as error:
        raise MissingExtraError("parquet files need pyarrow; install trichord[train].") from error
    rows: list[dict[str, Any]] = read_table(path).to_pylist()
    return rows


def _read_table(path: Path) -> Read:
    import gzip

    tracks: dict[str, ListedTrack] = {}
    lists: dict[str, tuple[str, list[str]]] = {}
    opened = gzip.open(path, "rt", encoding="utf-8") if path.name.endswith(".gz") else path.open(encoding="utf-8")
    with opened as lines:
        for row in csv.DictReader(lines):
            sound = tuple(float(row[name]) for name in _SOUND) if all(row.get(name) for name in _SOUND) else ()
            tracks[row["track_id"]] = ListedTrack(
                row["track_id"],
                row.get("track_name", ""),
                row.get("track_artist", ""),
                row.get("track_album_name", ""),
                float(row.get("track_popularity") or 0) / 100,
                sound,
            )
            lists.setdefault(row["playlist_id"], (row.get("playlist_name", ""), []))[1].append(row["track_id"])
    return tracks.values(), [ListedPlaylist(i, title, tuple(held)) for i, (title, held) in lists.items()]


def _read_set_lists(path: Path) -> Read:
    lists = []
    for number, line in enumerate(_lines(path)):
        row = json.loads(line)
        songs = tuple(str(song) for song in row["songs"])
        # A concert has no name; where it was would be one that tells nothing.
        lists.append(ListedPlaylist(f"{row.get('date', '')}/{number}", "", songs))
    return [ListedTrack(i, i) for i in dict.fromkeys(i for p in lists for i in p.tracks)], lists


def _lines(path: Path) -> Iterator[str]:
    if path.suffix != ".zst":
        with path.open(encoding="utf-8") as lines:
            yield from lines
        return
    try:
        import zstandard
    except ImportError as error:
        raise MissingExtraError("zstd files need zstandard; install trichord[playlists].") from error
    try:
        with zstandard.open(path, "rt", encoding="utf-8") as lines:
            yield from lines
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error
