"""What one search reads, all of one moment: the columns, the indexes, and which tracks people put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from retrieval.company import Company
from retrieval.continuation.library import LibraryModels
from retrieval.indexes.build import VectorView
from retrieval.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class State:
    """Everything that a search reads, of one revision of the catalogue and its playlists. Replaced whole."""

    snapshot: Snapshot
    text: VectorView | None
    music: VectorView | None
    lists: LibraryModels
    company: Company
    playlists: Mapping[str, tuple[int, ...]]
    revision: tuple[int, str]

    @property
    def notices(self) -> tuple[str, ...]:
        """Return what is out of order with the indexes."""
        return tuple(v.notice for v in (self.text, self.music) if v is not None and v.notice)
