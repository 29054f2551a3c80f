"""Trained models on disk: built in the shadow, sealed by checksums, promoted in one step, rolled back in one.

Layout below the folder::

    current                    the name of the version in use
    <version>/card.json        what it was trained on, how well it does, the checksums of the other files
    <version>/ids.json, lists.npz, titles.json, items.npz, factors.npy, sequence.safetensors, ranker.txt,
    title-ranker.txt
    .training/                 a run that goes on with `resume`
    training.lock              held by the run that is under way; the system lets go of it when the process ends
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from scipy.sparse import csr_matrix

from retrieval.continuation.corpus import Corpus, Items
from retrieval.continuation.first_stage import Learned
from retrieval.continuation.models.factors import Factors
from retrieval.continuation.models.items import ItemNeighbours
from retrieval.continuation.ranker import ListRanker, Rankers
from retrieval.errors import ModelRefusedError, TrainingBusyError

KEEP_VERSIONS = 3
RANKER, TITLE_RANKER = "ranker.txt", "title-ranker.txt"
_AGAIN = "run `trichord train playlists`"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a version is: its data, settings and measures out of fold; `files` maps a name to its SHA-256."""

    lists: int
    items: int
    entries: int
    seed: int
    k: int
    d: int
    models: tuple[str, ...]
    metrics: dict[str, dict[str, tuple[float, float, float]]]
    data: str
    train_s: float
    created_at: float = field(default_factory=time.time)
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Trained:
    """A version as it is used: ids of its items, the lists it learned from, and its models."""

    ids: tuple[str, ...]
    corpus: Corpus
    learned: Learned
    rankers: Rankers
    card: ModelCard


class ModelVersions:
    """All versions below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def training(self) -> Path:
        """Return the folder of the run that is under way."""
        return self.root / ".training"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one training; what an earlier one that crashed has left half written goes.

        Raises:
            TrainingBusyError: another training holds it, in this process or in another one.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / "training.lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise TrainingBusyError(
                f"Another training of playlist models is at work in {self.root}; wait for it to end, then train again."
            ) from error
        try:
            for left in self.root.glob(".building-*"):
                shutil.rmtree(left, ignore_errors=True)
            yield
        finally:
            lock.release()

    def write(self, trained: Trained) -> str:
        """Write a version beside the one in use and promote it; the older ones but the last three are removed."""
        version = f"{time.time_ns():020d}"
        shadow = self.root / f".building-{version}"
        shadow.mkdir(parents=True)
        try:
            _write(shadow, trained, self.training)
            shadow.rename(self.root / version)
        except BaseException:
            shutil.rmtree(shadow, ignore_errors=True)
            raise
        self._promote(version)
        shutil.rmtree(self.training, ignore_errors=True)
        for old in self.versions()[:-KEEP_VERSIONS]:
            shutil.rmtree(self.root / old, ignore_errors=True)
        return version

    def load(self) -> Trained | None:
        """Return the version in use, or None where there is none.

        Raises:
            ModelRefusedError: a file is missing or damaged.
        """
        version = self.current()
        return None if version is None else _read(self.root / version)

    def card(self) -> ModelCard | None:
        """Return the card of the version in use without its models; None where there is none, or none to be read."""
        version = self.current()
        try:
            told = json.loads((self.root / str(version) / "card.json").read_text(encoding="utf-8"))
            return ModelCard(**{f.name: told[f.name] for f in fields(ModelCard)} | {"models": tuple(told["models"])})
        except (OSError, LookupError, TypeError, ValueError):
            return None

    def versions(self) -> list[str]:
        """Return the versions, oldest first."""
        return sorted(p.name for p in self.root.glob("[0-9]*") if p.is_dir())

    def current(self) -> str | None:
        """Return the version in use, if any."""
        pointer = self.root / "current"
        return pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else None

    def rollback(self) -> str:
        """Go back to the version before the one in use and return its name.

        Raises:
            ModelRefusedError: there is none.
        """
        current = self.current()
        earlier = [v for v in self.versions() if current is not None and v < current]
        if not earlier:
            raise ModelRefusedError(f"There is no earlier version of the playlist models; {_AGAIN}.")
        self._promote(earlier[-1])
        return earlier[-1]

    def _promote(self, version: str) -> None:
        fresh = self.root / ".current"
        fresh.write_text(version, encoding="utf-8")
        fresh.replace(self.root / "current")


def _write(folder: Path, trained: Trained, training: Path) -> None:
    _dump(folder / "ids.json", list(trained.ids))
    _dump(folder / "titles.json", list(trained.corpus.titles))
    items = trained.corpus.items
    np.savez(
        folder / "lists.npz",
        offsets=trained.corpus.offsets,
        entries=trained.corpus.entries,
        artists=items.artists,
        albums=items.albums,
    )
    if not isinstance(trained.learned.items, ItemNeighbours):
        raise ModelRefusedError(f"Neighbours that are counted live are no part of a version; {_AGAIN}.")
    similarity = trained.learned.items.similarity
    for name in ("data", "indices", "indptr"):
        np.save(folder / f"items.{name}.npy", getattr(similarity, name))
    if trained.learned.factors is not None:
        np.save(folder / "factors.npy", trained.learned.factors.items)
    if (training / "sequence.safetensors").is_file():
        shutil.copy2(training / "sequence.safetensors", folder)
    rankers = {RANKER: trained.rankers.seeded, TITLE_RANKER: trained.rankers.titled}
    for name, ranker in rankers.items():
        if ranker is not None:
            (folder / name).write_text(ranker.text, encoding="utf-8")
    factors = trained.learned.factors
    told: dict[str, Any] = asdict(trained.card) | {
        "files": {p.name: _sha256(p) for p in sorted(folder.iterdir())},
        "factors": None if factors is None else [factors.regularization, factors.alpha],
        "rankers": {name: list(ranker.models) for name, ranker in rankers.items() if ranker is not None},
    }
    _dump(folder / "card.json", told)


def _read(folder: Path) -> Trained:
    try:
        told = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        for name, digest in told["files"].items():
            if _sha256(folder / name) != digest:
                raise ModelRefusedError(f"{name} of the playlist models is damaged (its checksum differs); {_AGAIN}.")
        return _parsed(folder, told)
    except ModelRefusedError:
        raise
    except (OSError, LookupError, TypeError, AttributeError, ValueError) as error:
        raise ModelRefusedError(f"The playlist models in {folder} cannot be read ({error}); {_AGAIN}.") from error


def _parsed(folder: Path, told: dict[str, Any]) -> Trained:
    ids = tuple(json.loads((folder / "ids.json").read_text(encoding="utf-8")))
    titles = json.loads((folder / "titles.json").read_text(encoding="utf-8"))
    n = len(ids)
    with np.load(folder / "lists.npz") as lists:
        items = Items(n, lists["artists"], lists["albums"])
        corpus = Corpus(items, lists["offsets"], lists["entries"], titles)
    data, indices, indptr = (
        np.load(folder / f"items.{name}.npy", mmap_mode="r") for name in ("data", "indices", "indptr")
    )
    factors = told.pop("factors")
    rankers = {
        name: ListRanker.of_text((folder / name).read_text(encoding="utf-8"), models)
        for name, models in told.pop("rankers").items()
    }
    learned = Learned(
        ItemNeighbours(csr_matrix((data, indices, indptr), shape=(n, n), copy=False)),
        None if factors is None else Factors(np.load(folder / "factors.npy"), *factors),
        _sequence(folder / "sequence.safetensors"),
    )
    told["models"] = tuple(told["models"])
    return Trained(ids, corpus, learned, Rankers(rankers.get(RANKER), rankers.get(TITLE_RANKER)), ModelCard(**told))


def _sequence(path: Path) -> Any:
    if not path.is_file():
        return None
    from encoders.sequence.encoder import SequenceEncoder

    return SequenceEncoder.read(path)


def _dump(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
