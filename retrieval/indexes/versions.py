"""Index files on disk: built in the shadow, measured, sealed by checksums, promoted in one step, rolled back in one.

Layout below the index folder, one folder a space::

    <space>/current              the name of the version in use
    <space>/<version>/index.faiss, ids.json, manifest.json
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from catalog.values import TrackId
from encoders.values import Space
from retrieval.concepts import FloatArray
from retrieval.errors import IndexRefusedError
from retrieval.indexes.store import FaissStore

KEEP_VERSIONS = 3
_SHADOW = ".building-"
_SEALED = ("index.faiss", "ids.json")
# A graph is searched as wide as it takes to reach the first; below the second it is not put to use.
GOOD_RECALL, MIN_RECALL = 0.98, 0.95
_building: set[Path] = set()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index version is made of; `files` maps a file name to its SHA-256, `build_s` is how long it took."""

    space: str
    dim: int
    encoder: str
    weights_sha256: str
    count: int
    catalogue_revision: int
    kind: str
    recall_at_10: float
    created_at: float
    files: dict[str, str]
    build_s: float = 0.0


@dataclass(frozen=True, eq=False)
class LoadedIndex:
    """An index with the ids of its rows and its manifest."""

    store: FaissStore
    ids: tuple[TrackId, ...]
    manifest: Manifest


class IndexDirectory:
    """All index versions below one folder. Left-overs of a killed build are removed when it is opened."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        for left_over in root.glob(f"*/{_SHADOW}*"):
            # A build that runs right now, here or in another process, is not a left-over.
            if left_over not in _building and not _alive(left_over.name.removeprefix(_SHADOW)):
                shutil.rmtree(left_over, ignore_errors=True)

    def build(self, space: Space, ids: Sequence[TrackId], matrix: FloatArray, revision: int) -> Manifest:
        """Build a version for `space` beside the one in use, measure it, and promote it.

        The old version serves until the last step and stays for `rollback`.

        Raises:
            IndexRefusedError: recall@10 against exact search is below 0.95; the old version stays.
        """
        shadow = self.root / space.id / f"{_SHADOW}{os.getpid()}"
        _building.add(shadow)
        shutil.rmtree(shadow, ignore_errors=True)
        shadow.mkdir(parents=True)
        try:
            begun = time.perf_counter()
            store = FaissStore.build(matrix)
            built = time.perf_counter() - begun
            recall = measure_recall(store, matrix)
            while recall < GOOD_RECALL and store.widen():
                recall = measure_recall(store, matrix)
            if recall < MIN_RECALL:
                raise IndexRefusedError(f"The new {space.id} index finds only {recall:.3f} of the true neighbours.")
            store.write(shadow / "index.faiss")
            (shadow / "ids.json").write_text(json.dumps(list(ids)), encoding="utf-8")
            manifest = Manifest(
                space=space.id,
                dim=space.dim,
                encoder=space.encoder,
                weights_sha256=space.weights_sha256,
                count=len(ids),
                catalogue_revision=revision,
                kind=store.kind,
                recall_at_10=recall,
                created_at=time.time(),
                files={name: _sha256(shadow / name) for name in _SEALED},
                build_s=round(built, 3),
            )
            (shadow / "manifest.json").write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
            version = f"{time.time_ns():020d}"
            shadow.rename(self.root / space.id / version)
        except BaseException:
            shutil.rmtree(shadow, ignore_errors=True)
            raise
        finally:
            _building.discard(shadow)
        self._promote(space.id, version)
        for old in self.versions(space.id)[:-KEEP_VERSIONS]:
            shutil.rmtree(self.root / space.id / old, ignore_errors=True)
        return manifest

    def load(self, space: Space, revision: int | None = None) -> LoadedIndex:
        """Load the version in use after checking everything it claims.

        Raises:
            IndexRefusedError: none built; a checksum, the space, its dimension or weights differ; or the catalogue has
                moved on from `revision`. The message names the remedy.
        """
        version = self.in_use(space.id)
        folder = self.root / space.id / version
        manifest = self.verify(space.id, version)
        if (manifest.space, manifest.dim, manifest.weights_sha256) != (space.id, space.dim, space.weights_sha256):
            raise IndexRefusedError(
                f"The index is of {manifest.space} ({manifest.dim}-d, weights {manifest.weights_sha256[:8]}), the "
                f"encoder of {space.id} ({space.dim}-d, {space.weights_sha256[:8]}); run `trichord index build`."
            )
        if revision is not None and manifest.catalogue_revision != revision:
            raise IndexRefusedError(
                f"The {space.id} index is of catalogue revision {manifest.catalogue_revision}, the catalogue is at "
                f"{revision}; run `trichord index build`."
            )
        ids = tuple(TrackId(i) for i in json.loads((folder / "ids.json").read_text(encoding="utf-8")))
        store = FaissStore.read(folder / "index.faiss")
        if (len(store), len(ids), store.dim) != (manifest.count, manifest.count, manifest.dim):
            raise IndexRefusedError(
                f"The {space.id} index holds {len(store)} vectors of {store.dim}-d and {len(ids)} ids, its manifest "
                f"says {manifest.count} of {manifest.dim}-d; run `trichord index build`."
            )
        return LoadedIndex(store, ids, manifest)

    def verify(self, space_id: str, version: str) -> Manifest:
        """Hash every file of a version; IndexRefusedError names the one that is not as it was written."""
        folder = self.root / space_id / version
        try:
            manifest = Manifest(**json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise IndexRefusedError(f"The manifest of {space_id} is unreadable; run `trichord index build`.") from error
        for name in _SEALED:
            path = folder / name
            if not path.is_file() or _sha256(path) != manifest.files.get(name):
                raise IndexRefusedError(
                    f"{name} of the {space_id} index is damaged (its checksum differs); run `trichord index build`."
                )
        return manifest

    def versions(self, space_id: str) -> list[str]:
        """Return the versions of a space, oldest first."""
        folder = self.root / space_id
        return sorted(p.name for p in folder.glob("[0-9]*") if p.is_dir()) if folder.is_dir() else []

    def spaces(self) -> list[str]:
        """Return the spaces that have a folder of indexes."""
        return sorted(p.name for p in self.root.iterdir() if p.is_dir())

    def in_use(self, space_id: str) -> str:
        """Return the version in use; IndexRefusedError where there is none."""
        version = self.current(space_id)
        if version is None:
            raise IndexRefusedError(f"There is no {space_id} index yet; run `trichord index build`.")
        return version

    def current(self, space_id: str) -> str | None:
        """Return the version in use, if any."""
        pointer = self.root / space_id / "current"
        return pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else None

    def rollback(self, space_id: str) -> str:
        """Go back to the version before the one in use and return its name."""
        versions, current = self.versions(space_id), self.current(space_id)
        earlier = [v for v in versions if current is not None and v < current]
        if not earlier:
            raise IndexRefusedError(f"There is no earlier version of the {space_id} index; run `trichord index build`.")
        self.verify(space_id, earlier[-1])
        self._promote(space_id, earlier[-1])
        return earlier[-1]

    def _promote(self, space_id: str, version: str) -> None:
        pointer = self.root / space_id / "current"
        fresh = pointer.with_name(f".current-{os.getpid()}")
        fresh.write_text(version, encoding="utf-8")
        fresh.replace(pointer)


def measure_recall(store: FaissStore, matrix: FloatArray, k: int = 10, sample: int = 100) -> float:
    """Return the share of the true `k` nearest neighbours that the store finds, over `sample` stored rows.

    A tie with the last true neighbour counts as found: duplicates are interchangeable.
    """
    if store.kind == "flat" or len(matrix) == 0:
        return 1.0
    rng = np.random.default_rng(0)
    queries = matrix[rng.choice(len(matrix), min(sample, len(matrix)), replace=False)]
    found, _ = store.search(queries, k)
    exact = queries @ matrix.T
    threshold = np.sort(exact, axis=1)[:, -k][:, None]
    return float(np.mean(np.take_along_axis(exact, found, axis=1) >= threshold - 1e-6))


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _alive(pid: str) -> bool:
    return pid.isdigit() and int(pid) != os.getpid() and Path(f"/proc/{pid}").exists()
