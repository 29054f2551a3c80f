"""The catalogue as columns, at one revision: what filters and scorers read. Immutable, so searches share it freely."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from catalog.store import Catalogue
from catalog.store.columns import batch_of
from catalog.values import Track, TrackId
from retrieval.column_files import load_columns, save_columns
from retrieval.concepts import FloatArray
from retrieval.layout import Columns, Layout
from retrieval.lazy import Fetch, KnownNames, RowOf, Tracks
from retrieval.postings import RowArray
from retrieval.reading.artists import credited
from retrieval.strings import Strings
from retrieval.vocabulary import Vocabulary, load_vocabulary

BoolArray = NDArray[np.bool_]
TYPO_MATCH = 85.0
_MANY = 200
# From this many tracks on (about two seconds' reading) the columns are kept on disk.
KEPT_FROM = 20_000


@dataclass(frozen=True, eq=False)
class Snapshot(Columns):
    """`Columns` of one revision, and what is read through them; `tracks` reads tracks from the catalogue by row."""

    revision: int
    vocabulary: Vocabulary
    tracks: Tracks

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def row_of(self) -> Mapping[TrackId, int]:
        """Return the row of each id."""
        return RowOf(self.ids)

    @property
    def known_artists(self) -> Mapping[str, str]:
        """Return the folded names of all artists and how they are written."""
        return KnownNames(self.artists.values, self.written_artists, self._credited)

    @cached_property
    def _credited(self) -> Mapping[str, str]:
        return credited(self.written_artists)

    @property
    def artist_code(self) -> RowArray:
        """Return each row's artist as a number: the place of its name in `artist_names`."""
        return self.artists.codes

    @property
    def artist_names(self) -> Strings:
        """Return the folded names of all artists, sorted; "" stands for none."""
        return self.artists.values

    @property
    def album_code(self) -> RowArray:
        """Return each row's album as a number: the place of its title in `album_names`."""
        return self.albums.codes

    @property
    def album_names(self) -> Strings:
        """Return the folded titles of all albums, sorted; "" stands for none."""
        return self.albums.values

    @property
    def title_code(self) -> RowArray:
        """Return each row's title as a number; editions of one title share it."""
        return self.plain_titles.codes

    def column(self, concept_id: str) -> FloatArray:
        """Return the scores of one concept, shape ``(n,)``."""
        index = next(i for i, c in enumerate(self.vocabulary.concepts) if c.id == concept_id)
        column: FloatArray = self.concepts[:, index]
        return column

    def rows(self, ids: Iterable[TrackId]) -> list[int]:
        """Return the rows of the ids that exist, in their order."""
        return [row for row in self.places(list(ids)).tolist() if row >= 0]

    def places(self, ids: Sequence[TrackId]) -> NDArray[np.int64]:
        """Return the row of each id, -1 where it does not exist."""
        row_of = self.row_of if len(ids) < _MANY else {TrackId(i): n for n, i in enumerate(self.ids)}
        return np.fromiter((row_of.get(i, -1) for i in ids), np.int64, len(ids))

    def tracks_at(self, rows: Sequence[int]) -> list[Track]:
        """Return the tracks of rows, in their order, by one query; see `Tracks.at`."""
        return self.tracks.at(rows)

    def rows_of_title(self, title: str) -> RowArray:
        """Return the rows of a folded title without its edition."""
        return self.plain_titles.postings.of(title)

    def rows_of_word(self, word: str) -> RowArray:
        """Return the ascending rows whose title, artist, album or written tags hold a folded word."""
        return self.words.of(word)

    def has_word(self, row: int, word: str) -> bool:
        """Tell whether a row's title, artist, album or written tags hold a folded word."""
        return self.words.holds(row, word)

    def nearest_word(self, word: str) -> tuple[str, float] | None:
        """Return (the catalogue's word, how much it counts) for a folded word as somebody typed it.

        1 for the word itself, 0.9 for one that it is a typo of, None where there is neither.
        """
        if self.words.values.find(word) is not None:
            return word, 1.0
        close = self.words.values.near(word, TYPO_MATCH) if len(word) > 3 else []
        return (self.words.values[close[0][0]], 0.9) if close else None


def take_snapshot(catalogue: Catalogue, vocabulary: Vocabulary | None = None) -> Snapshot:
    """Read the whole catalogue into columns; a large one's are kept beside it for the next start."""
    library, own = catalogue.library, vocabulary
    vocabulary = vocabulary or load_vocabulary()
    folder = catalogue.database.path.with_suffix(".columns")
    revision = library.revision
    if own is None and (kept := load_columns(folder, revision)) is not None:
        return _snapshot(kept, revision, vocabulary, library.get_many)
    layout = Layout(vocabulary)
    with library.batches() as (revision, batches):
        for batch in batches:
            layout.add(batch)
    columns = layout.columns()
    if own is None and len(columns.ids) >= KEPT_FROM:
        save_columns(folder, columns, revision)
    return _snapshot(columns, revision, vocabulary, library.get_many)


def snapshot_of(tracks: Iterable[Track], revision: int, vocabulary: Vocabulary | None = None) -> Snapshot:
    """Lay tracks that are at hand out as columns."""
    by_id, vocabulary = {t.id: t for t in tracks}, vocabulary or load_vocabulary()
    layout = Layout(vocabulary)
    layout.add(batch_of(tuple(by_id.values())))
    return _snapshot(layout.columns(), revision, vocabulary, lambda ids: [by_id[i] for i in ids])


def _snapshot(columns: Columns, revision: int, vocabulary: Vocabulary, fetch: Fetch) -> Snapshot:
    own = {f.name: getattr(columns, f.name) for f in fields(columns)}
    return Snapshot(**own, revision=revision, vocabulary=vocabulary, tracks=Tracks(columns.ids, fetch))
