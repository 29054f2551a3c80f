"""Scenes against the music that somebody chose for them.

A file is a JSON list of objects, or a CSV table, with a pair each:

scene   a picture or a clip, its path relative to the file (also called ``image`` or ``picture``)
track   the track chosen: its id, its file (the end of its path) or its title; or a list of such, all of them right.
        Instead of it ``music`` may hold objects with any of ``catalogue_id``, ``file`` and ``title``
group   the game or film (also called ``game``); its tracks are those of its pairs, of the album of that name and of
        the folder of that name

Titles, artists, albums and written tags are hidden from the ranking, so that only sound can speak.
"""

from __future__ import annotations

import csv
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from catalog.names import fold
from catalog.values import Track, TrackId
from retrieval.concepts import FloatArray, is_human
from retrieval.errors import QueryError
from retrieval.evaluation.metrics import first_rank, ndcg_at, recall_at, reciprocal_rank
from retrieval.evaluation.values import Measure, TaskReport
from retrieval.resolve import resolve
from retrieval.scene_ranking import scene_scores
from retrieval.snapshot import Snapshot, snapshot_of
from retrieval.values import SceneBrief

MAX_PAIRS = 10_000
_MAX_BYTES = 50_000_000
_SCENE, _TRACK, _GROUP = ("image", "picture", "scene"), ("track", "music"), ("group", "game")
# All the ways in which a pair names one track.
Ways = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScenePair:
    """A scene, the tracks that are right for it (each by all its names), and the game or film of both."""

    scene: Path
    tracks: tuple[Ways, ...]
    group: str


def read_pairs(path: Path) -> tuple[list[ScenePair], int]:
    """Return the pairs of a ``.json`` or ``.csv`` file, and how many were left out for want of a plain file.

    A scene out of several files (``sky.png + hills.png``) or out of an archive (``data.zip!sky.png``) is left out.

    Raises:
        QueryError: no such file, not what the module describes, or a scene whose file does not exist.
    """
    if not path.is_file():
        raise QueryError(f"There is no file {str(path)!r}; give the path of a .json or .csv file of pairs.")
    if path.stat().st_size > _MAX_BYTES:
        raise QueryError(f"{path.name} has over {_MAX_BYTES // 10**6} MB; pairs are read from smaller files.")
    reader = {".json": _json_rows, ".csv": _csv_rows}.get(path.suffix.casefold())
    if reader is None:
        raise QueryError(f"{path.name} is neither .json nor .csv; pairs are read from these.")
    found, left_out = [], 0
    for n, row in enumerate(reader(path)[:MAX_PAIRS], 1):
        scene = _field(row, _SCENE, n, path)
        if not isinstance(scene, str) or " + " in scene or "!" in scene or scene.endswith(".txt"):
            left_out += 1
            continue
        place = path.parent / scene
        if not place.is_file():
            raise QueryError(
                f"Pair {n} of {path.name} names {scene[:120]!r}, which is no file beside it; mend the path."
            )
        group = str(_field(row, _GROUP, n, path))
        found.append(ScenePair(place, _ways(_field(row, _TRACK, n, path)), group))
    if not found:
        raise QueryError(f"{path.name} has no pair whose scene is a plain file; give at least one.")
    return found, left_out


def _field(row: Mapping[str, object], names: Sequence[str], n: int, path: Path) -> object:
    for name in names:
        if row.get(name):
            return row[name]
    raise QueryError(
        f"Pair {n} of {path.name} has no {' or '.join(names)}; give each pair a scene, a track and a group."
    )


def _json_rows(path: Path) -> list[Mapping[str, object]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise QueryError(f"{path.name} is no JSON ({error}); write a list of pairs.") from error
    if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise QueryError(f"{path.name} is no list of objects; write a list of pairs.")
    return rows


def _csv_rows(path: Path) -> list[Mapping[str, object]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return list(csv.DictReader(lines))
    except (UnicodeDecodeError, csv.Error) as error:
        raise QueryError(f"{path.name} is no CSV text in UTF-8 ({error}); write it anew.") from error


def _ways(value: object) -> tuple[Ways, ...]:
    """Return the tracks of a pair, each by all its names."""
    tracks = value if isinstance(value, list) else [value]
    named = []
    for track in tracks:
        names = [track.get(k) for k in ("catalogue_id", "file", "title")] if isinstance(track, dict) else [track]
        named.append(tuple(str(n) for n in names if n))
    return tuple(ways for ways in named if ways)


def scenes_to_music(
    snapshot: Snapshot, pairs: Sequence[ScenePair], look: Callable[[Path], SceneBrief], rng: np.random.Generator
) -> TaskReport:
    """Rank the tracks for every scene; the true track's place among its group's tracks and among all.

    The normalised rank is (rank - 1) / (n - 1) of the best true track, ties averaged: 0 is first, .5 is chance.

    Args:
        snapshot: the catalogue.
        pairs: scenes with their tracks; those whose tracks are not in the catalogue are left out, and counted.
        look: what a picture or a clip asks for; MediaError where it cannot be looked at.
        rng: draws the intervals, over tracks: scenes that share their music are one witness.

    Raises:
        QueryError: no pair's track is in the catalogue.
    """
    finder = _Finder(snapshot)
    known = [(pair, rows) for pair in pairs if (rows := finder.rows(pair))]
    if not known:
        example = next((ways[0] for pair in pairs for ways in pair.tracks), "")
        raise QueryError(
            f"None of the {len(pairs)} pairs has its track among the {len(snapshot)} of this catalogue (such as "
            f"{example[:80]!r}); ingest their music first, and name tracks by file, title or id."
        )
    nameless = snapshot_of(map(_without_names, finder.tracks), revision=0)
    members = _members(finder, known)
    briefs: dict[Path, SceneBrief] = {}
    places: list[dict[str, float]] = []
    for pair, rows in known:
        if pair.scene not in briefs:
            briefs[pair.scene] = look(pair.scene)
        found = scene_scores(nameless, briefs[pair.scene])
        places.append(_places(found, rows, members[fold(pair.group)], pair.group))
    witnesses = [str(rows) for _, rows in known]
    columns = {name: [p.get(name, math.nan) for p in places] for name in dict.fromkeys(n for p in places for n in p)}
    measures = {
        name: Measure.at(v, 0.5, rng, witnesses) if name.startswith("median") else Measure.of(v, rng, witnesses)
        for name, v in columns.items()
    }
    told = f"{len(known)} of {len(pairs)} pairs are of this catalogue; names are hidden, .5 is chance"
    return TaskReport("scene to music", told, measures)


def _places(scores: FloatArray, rows: Sequence[int], group: NDArray[np.int64], name: str) -> dict[str, float]:
    order = [str(i) for i in np.argsort(-scores, kind="stable")]
    right = {str(row): 1.0 for row in rows}
    own = normalised_rank(scores[group], np.flatnonzero(np.isin(group, rows)).tolist())
    return {
        "normalised rank in its group": own,
        f"normalised rank in {name}": own,
        "normalised rank in the catalogue": normalised_rank(scores, rows),
        "median rank in the catalogue": first_rank(order, right),
        "MRR": reciprocal_rank(order, right),
        "recall@10": recall_at(order, right, 10),
        "nDCG@10": ndcg_at(order, right, 10),
    }


def normalised_rank(scores: FloatArray, rows: Sequence[int]) -> float:
    """Return the best given row's place, 0 first to 1 last, ties averaged; NaN where there is nothing to tell apart."""
    if len(scores) < 2 or not rows:
        return math.nan
    above = [(scores > scores[r]).sum() + 0.5 * ((scores == scores[r]).sum() - 1) for r in rows]
    return float(min(above)) / (len(scores) - 1)


class _Finder:
    """The catalogue's tracks by id, by the end of their path, by their file's name alone, and by title."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.tracks = snapshot.tracks_at(range(len(snapshot)))
        self.files = [PurePosixPath(*_parts(t)) for t in self.tracks]
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for row, file in enumerate(self.files):
            for name in {file.name, file.stem}:
                self._by_name[name].append(row)

    def rows(self, pair: ScenePair) -> list[int]:
        """Return the rows of a pair's tracks that are here."""
        found = [self._row(ways) for ways in pair.tracks]
        return [row for row in found if row is not None]

    def _row(self, ways: Ways) -> int | None:
        for way in ways:
            if by_id := self._snapshot.rows([TrackId(way)]):
                return by_id[0]
            parts = PurePosixPath(way).parts
            for row in self._by_name.get(parts[-1] if parts else "", []):
                if len(parts) == 1 or self.files[row].parts[-len(parts) :] == parts:
                    return row
        named = (resolve(self._snapshot, way) for way in ways)
        return next((self._snapshot.rows([hit.track_id])[0] for hit in named if hit is not None), None)


def _parts(track: Track) -> Iterator[str]:
    if track.path is not None:
        yield from track.path.parts
    if track.member:
        yield from PurePosixPath(track.member).parts


def _members(finder: _Finder, known: Sequence[tuple[ScenePair, list[int]]]) -> dict[str, NDArray[np.int64]]:
    """Return the rows of each group, by its folded name."""
    groups: dict[str, set[int]] = defaultdict(set)
    for pair, rows in known:
        groups[fold(pair.group)].update(rows)
    for row, (track, file) in enumerate(zip(finder.tracks, finder.files, strict=True)):
        for name in {fold(track.album or ""), *map(fold, file.parts[:-1])} & set(groups):
            groups[name].add(row)
    return {name: np.array(sorted(rows), np.int64) for name, rows in groups.items()}


def _without_names(track: Track) -> Track:
    heard = tuple(t for t in track.tags if not is_human(t.source))
    return replace(track, title="", artist=None, album=None, year=None, document="", tags=heard)
