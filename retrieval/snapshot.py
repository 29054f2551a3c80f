"""The catalogue as columns, at one revision: what filters and scorers read. Immutable, so searches share it freely."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.names import fold
from catalog.store import Catalogue
from catalog.values import Track, TrackId
from retrieval.concepts import FloatArray, score_concepts, written_words
from retrieval.constraints import KEYS
from retrieval.editions import strip_edition
from retrieval.vocabulary import Vocabulary, load_vocabulary

BoolArray = NDArray[np.bool_]
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Columns over the same rows: `numbers[name]` is NaN where unknown, `concepts` is ``(n, m)`` in [0, 1].

    `rows_of_title` leads from a folded title without its edition to its rows, `plain_titles` are its keys.
    `texts` are the folded names and written tags of each row, `words` every word that stands in any of them, sorted.
    """

    revision: int
    tracks: tuple[Track, ...]
    row_of: dict[TrackId, int]
    numbers: dict[str, FloatArray]
    pitch_class: NDArray[np.int8]
    mode_minor: NDArray[np.int8]
    artists: tuple[str, ...]
    albums: tuple[str, ...]
    titles: tuple[str, ...]
    rows_of_title: Mapping[str, tuple[int, ...]]
    plain_titles: tuple[str, ...]
    written: tuple[frozenset[str], ...]
    texts: tuple[str, ...]
    words: tuple[str, ...]
    concepts: FloatArray
    vocabulary: Vocabulary

    def __len__(self) -> int:
        return len(self.tracks)

    def column(self, concept_id: str) -> FloatArray:
        """Return the scores of one concept, shape ``(n,)``."""
        index = next(i for i, c in enumerate(self.vocabulary.concepts) if c.id == concept_id)
        column: FloatArray = self.concepts[:, index]
        return column

    def rows(self, ids: Iterable[TrackId]) -> list[int]:
        """Return the rows of the ids that exist, in their order."""
        return [self.row_of[i] for i in ids if i in self.row_of]


def take_snapshot(catalogue: Catalogue, vocabulary: Vocabulary | None = None) -> Snapshot:
    """Read the whole catalogue into columns."""
    revision = catalogue.library.revision
    return snapshot_of(catalogue.library.all(), revision, vocabulary)


def snapshot_of(tracks: Iterable[Track], revision: int, vocabulary: Vocabulary | None = None) -> Snapshot:
    """Lay tracks out as columns."""
    rows = tuple(tracks)
    vocabulary = vocabulary or load_vocabulary()

    def numbers(name: str) -> FloatArray:
        values = (t.number(name) for t in rows)
        return np.array([math.nan if v is None else v for v in values], np.float32)

    keys = [_key_of(t) for t in rows]
    rows_of_title: dict[str, list[int]] = {}
    for n, t in enumerate(rows):
        rows_of_title.setdefault(fold(strip_edition(t.title)), []).append(n)
    written = tuple(written_words(t) for t in rows)
    texts = tuple(_text_of(t, w) for t, w in zip(rows, written, strict=True))
    return Snapshot(
        revision=revision,
        tracks=rows,
        row_of={t.id: n for n, t in enumerate(rows)},
        numbers={
            "tempo": numbers("tempo"),
            "energy": numbers("energy"),
            "loudness": numbers("loudness"),
            "brightness": numbers("brightness"),
            "duration": np.array([t.duration_s for t in rows], np.float32),
            "year": np.array([math.nan if t.year is None else t.year for t in rows], np.float32),
        },
        pitch_class=np.array([k[0] for k in keys], np.int8),
        mode_minor=np.array([k[1] for k in keys], np.int8),
        artists=tuple(fold(t.artist or "") for t in rows),
        albums=tuple(fold(t.album or "") for t in rows),
        titles=tuple(fold(t.title) for t in rows),
        rows_of_title={title: tuple(of_it) for title, of_it in rows_of_title.items()},
        plain_titles=tuple(rows_of_title),
        written=written,
        texts=texts,
        words=tuple(sorted({w for text in texts for w in text.split()})),
        concepts=score_concepts(rows, vocabulary),
        vocabulary=vocabulary,
    )


def _text_of(track: Track, written: frozenset[str]) -> str:
    """Return every name and written tag, folded, between blanks, so that " word " finds whole words."""
    names = (track.title, track.artist or "", track.album or "")
    return " " + " ".join([*map(fold, names), *sorted(written)]) + " "


def _key_of(track: Track) -> tuple[int, int]:
    """Return (pitch class, 1 minor | 0 major), both -1 where the key is not known."""
    if not track.key:
        return -1, -1
    tonic, _, mode = track.key.partition(" ")
    return (KEYS.index(tonic), int(mode == "minor")) if tonic in KEYS else (-1, -1)
