"""Keeping the indexes in step with the catalogue."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog.ingest.open import readable
from catalog.store import Catalogue
from catalog.values import TrackId
from encoders.protocols import TextEncoder
from encoders.values import Space
from retrieval.concepts import FloatArray
from retrieval.errors import IndexRefusedError
from retrieval.indexes.store import FaissStore, VectorStore
from retrieval.indexes.versions import IndexDirectory, Manifest
from retrieval.snapshot import Snapshot

_BATCH = 256
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class VectorView:
    """A vector store whose rows are told in a snapshot's rows.

    `row_of` maps a store row to its snapshot row, `store_row` the other way round (-1 where a track has no vector).
    `notice` says why exact search stands in for the index, if it does.
    """

    store: VectorStore
    row_of: NDArray[np.int64]
    store_row: NDArray[np.int64]
    notice: str | None


def embed_documents(catalogue: Catalogue, text: TextEncoder) -> int:
    """Embed the text documents of new and changed tracks; return how many there were."""
    library = catalogue.library
    known = library.subjects(text.space.id)
    stale = []
    for track in library.all():
        digest = hashlib.sha256(f"{text.space.weights_sha256}\n{track.document}".encode()).hexdigest()
        if known.get(track.id) != digest:
            stale.append((track.id, track.document, digest))
    for start in range(0, len(stale), _BATCH):
        batch = stale[start : start + _BATCH]
        vectors = text.encode([document for _, document, _ in batch], "document")
        library.put_vectors(text.space.id, [i for i, _, _ in batch], vectors, [d for _, _, d in batch])
    return len(stale)


def embed_tracks(
    catalogue: Catalogue,
    space: Space,
    embed: Callable[[Path], FloatArray],
    report: Callable[[int, int], None] = lambda done, total: None,
) -> dict[TrackId, str]:
    """Embed the files of tracks that have no vector in `space` yet; one commit a track, so it resumes where it stopped.

    Returns why, for each track whose file could not be read; the others are none the worse.
    """
    library = catalogue.library
    known = library.subjects(space.id)
    missing = [track for track in library.all() if track.id not in known and track.path is not None]
    failed: dict[TrackId, str] = {}
    for done, track in enumerate(missing):
        report(done, len(missing))
        assert track.path is not None
        try:
            with readable(track.path, track.member or "") as audio:
                vector = embed(audio)
        except (ValueError, OSError) as error:
            failed[track.id] = str(error)
            continue
        library.put_vectors(space.id, [track.id], vector[None], [space.weights_sha256])
    report(len(missing), len(missing))
    return failed


def build_indexes(
    catalogue: Catalogue, indexes: IndexDirectory, spaces: Sequence[Space], text: TextEncoder | None
) -> list[Manifest]:
    """Build and promote an index for every space, embedding documents first. Empty spaces get none."""
    if text is not None:
        embed_documents(catalogue, text)
    revision = catalogue.library.revision
    manifests = []
    for space in spaces:
        ids, matrix = catalogue.library.vectors(space.id)
        if ids:
            manifests.append(indexes.build(space, ids, matrix, revision))
    return manifests


def open_view(catalogue: Catalogue, indexes: IndexDirectory, space: Space, snapshot: Snapshot) -> VectorView | None:
    """Return the index of a space as a view on the snapshot; None where no track has a vector in it.

    A damaged, stale or foreign index is refused and exact search over the catalogue's own vectors serves meanwhile.
    """
    notice = None
    store: VectorStore
    ids: Sequence[TrackId]
    try:
        loaded = indexes.load(space, snapshot.revision)
        store, ids = loaded.store, loaded.ids
    except IndexRefusedError as error:
        notice = f"{error} Exact search serves meanwhile."
        ids, matrix = catalogue.library.vectors(space.id)
        if not ids:
            return None
        _logger.warning("%s", notice)
        store = FaissStore.build(matrix, exact=True)
    row_of = snapshot.places(ids)
    store_row = np.full(len(snapshot), -1, np.int64)
    known = np.flatnonzero(row_of >= 0)
    store_row[row_of[known]] = known
    return VectorView(store, row_of, store_row, notice)
