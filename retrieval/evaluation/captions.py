"""Captions against the words that describe the same music: no sound, and no catalogue of one's own.

A file holds a clip a row: its `caption`, one or more sentences, and its `aspect_list`, a list of short phrases, as
MusicCaps has them (A. Agostinelli et al., "MusicLM", 2023). Every row becomes a track that bears its aspects as written
tags and nothing else; then its caption asks for it among all rows. BM25 (where bm25s is installed) and the cosine of
the text encoder rank the same aspects in the same run.

Only rows with an odd number ask: the even ones of MusicCaps were looked at while the ranking was made.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catalog.store import Catalogue
from catalog.values import Described, TrackId, TrackMetadata
from encoders.protocols import TextEncoder
from encoders.values import Space
from retrieval.errors import QueryError
from retrieval.evaluation.metrics import first_rank
from retrieval.evaluation.peers import Peer, bm25, cosine
from retrieval.evaluation.values import Measure, TaskReport
from retrieval.indexes.versions import IndexDirectory
from retrieval.ranking.rankers import Ranker
from retrieval.search import SearchEngine
from retrieval.values import SearchRequest

COLUMNS = ("caption", "aspect_list")
DEEP = 100
MAX_ROWS = 100_000
_AT_ONCE = 2_000
# Ids of the tracks by a text, best first, at most `DEEP`.
Ask = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Captioned:
    """A clip that was told in sentences, and in short phrases."""

    caption: str
    aspects: tuple[str, ...]

    @property
    def written(self) -> str:
        """Return the aspects as one text, as other rankers read them."""
        return ", ".join(self.aspects)


def read_captions(path: Path) -> list[Captioned]:
    """Read a ``.csv`` or ``.parquet`` file, at most 100,000 rows; rows without a caption or an aspect are left out.

    Raises:
        QueryError: no such file, another kind of file, a column missing, or fewer than two rows.
    """
    if not path.is_file():
        raise QueryError(f"There is no file {str(path)!r}; give the path of a .csv or .parquet file of captions.")
    reader = {".csv": _csv_rows, ".parquet": _parquet_rows}.get(path.suffix.casefold())
    if reader is None:
        raise QueryError(f"{path.name} is neither .csv nor .parquet; captions are read from these (unpack it first).")
    found: list[Captioned] = []
    for row in reader(path):
        one = Captioned(str(row["caption"] or "").strip(), _aspects(row["aspect_list"]))
        if one.caption and one.aspects and len(found) < MAX_ROWS:
            found.append(one)
    if len(found) < 2:
        raise QueryError(f"{path.name} has {len(found)} rows with a caption and aspects; at least two are needed.")
    return found


def _check_columns(path: Path, names: Sequence[str]) -> None:
    missing = [c for c in COLUMNS if c not in names]
    if missing:
        raise QueryError(
            f"{path.name} has the columns {', '.join(names)[:120] or 'of none'} and no {' or '.join(missing)}; "
            f"name its columns {' and '.join(COLUMNS)}."
        )


def _csv_rows(path: Path) -> Iterator[Mapping[str, object]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            _check_columns(path, rows.fieldnames or [])
            yield from rows
    except (UnicodeDecodeError, csv.Error) as error:
        raise QueryError(f"{path.name} is no CSV text in UTF-8 ({error}); write it anew.") from error


def _parquet_rows(path: Path) -> Iterator[Mapping[str, object]]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise QueryError(
            'Reading .parquet needs pyarrow; run `pip install -e ".[train]"` where Trichord lies, or give a .csv file.'
        ) from error
    try:
        file = parquet.ParquetFile(path)
        _check_columns(path, file.schema_arrow.names)
        yield from file.read(columns=list(COLUMNS)).to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise QueryError(f"{path.name} is no parquet file ({error}); write it anew.") from error


def _aspects(value: object) -> tuple[str, ...]:
    """Return the phrases of a list, of a list in writing, or of a text with commas."""
    if isinstance(value, str):
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            value = str(value).split(",")
    if not isinstance(value, list | tuple):
        value = [] if value is None else [value]
    return tuple(dict.fromkeys(w for item in value if (w := str(item).strip())))


def captions(
    rows: Sequence[Captioned], n: int, rng: np.random.Generator, folder: Path, parts: CaptionParts
) -> list[TaskReport]:
    """Ask with `n` captions for their rows; return one report a ranker. `folder` takes the rows as a catalogue.

    The rows that ask are drawn once, so that all rankers answer the same.
    """
    odd = np.arange(1, len(rows), 2)
    drawn = sorted(rng.permutation(odd)[:n].tolist())
    asks: dict[str, Ask] = {}
    written = [r.written for r in rows]
    if (words := bm25(written, DEEP)) is not None:
        asks["BM25 alone (bm25s)"] = _by_id(words)
    if parts.text is not None:
        asks["cosine of the text encoder alone"] = _by_id(cosine(written, parts.text, DEEP))
    with _Shelf(rows, folder, parts) as ours:
        asks = {"Trichord": ours, **asks}
        ranks = {name: [_rank(ask(rows[place].caption), place) for place in drawn] for name, ask in asks.items()}
    return [_report(name, found, ranks["Trichord"], len(rows), rng) for name, found in ranks.items()]


@dataclass(frozen=True, slots=True)
class CaptionParts:
    """What Trichord ranks with: the text encoder in use (or None), the music space and the ranker."""

    text: TextEncoder | None
    music_space: Space
    ranker: Ranker


def _rank(ranking: Sequence[str], place: int) -> float:
    return first_rank(ranking, {_id(place): 1.0})


def _report(name: str, ranks: Sequence[float], ours: Sequence[float], n: int, rng: np.random.Generator) -> TaskReport:
    """Return the measures of one ranker; each caption has one right row, so its rank tells them all."""
    found = np.asarray(ranks, np.float64)
    measures = {
        "MRR": Measure.of((1 / found).tolist(), rng),
        "nDCG@10": Measure.of(np.where(found <= 10, 1 / np.log2(found + 1), 0.0).tolist(), rng),
        **{f"recall@{k}": Measure.of((found <= k).astype(np.float64).tolist(), rng) for k in (1, 10, DEEP)},
        "median rank": Measure.at(np.minimum(found, DEEP + 1).tolist(), 0.5, rng),
    }
    if ranks is not ours:
        measures["MRR of Trichord less this one's"] = Measure.of((1 / np.asarray(ours) - 1 / found).tolist(), rng)
    return TaskReport(f"captions: {name}", f"whose aspects among {n} these are", measures)


def _by_id(peer: Peer) -> Ask:
    return lambda text: [_id(place) for place in peer(text)]


def _id(place: int) -> TrackId:
    return TrackId(f"row{place:06d}")


class _Shelf:
    """The rows as a catalogue of tracks that nobody named, asked through the search engine."""

    def __init__(self, rows: Sequence[Captioned], folder: Path, parts: CaptionParts) -> None:
        self._catalogue = Catalogue(folder / "captions.db")
        tracks = [Described(_id(n), TrackMetadata("", genre=r.aspects), 10.0) for n, r in enumerate(rows)]
        for start in range(0, len(tracks), _AT_ONCE):
            self._catalogue.library.describe(tracks[start : start + _AT_ONCE])
        indexes = IndexDirectory(folder / "indexes")
        self._engine = SearchEngine(self._catalogue, indexes, parts.text, parts.music_space, ranker=parts.ranker)
        self._engine.rebuild()

    def __enter__(self) -> Ask:
        return self._ask

    def __exit__(self, *_: object) -> None:
        self._catalogue.close()

    def _ask(self, text: str) -> Sequence[str]:
        try:
            asked = self._engine.request(text, DEEP)
            request = SearchRequest(asked.text, asked.constraints, n=DEEP, max_per_artist=None)
            return [c.track.id for c in self._engine.search(request).candidates]
        except QueryError:
            return []
