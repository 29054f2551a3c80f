"""A large catalogue's columns on disk, so that the next start maps them instead of reading every row again.

One folder beside the catalogue: arrays without pickle, and ``seal.json`` with the catalogue's revision, what the
concepts were scored by, and every file's SHA-256. Written in the shadow and renamed; what is damaged is read anew.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.layout import Columns
from retrieval.postings import Names, Postings
from retrieval.strings import Strings

# Raised whenever the meaning of a file changes.
FORMAT = 3
# What is smaller is read: an empty file cannot be mapped, and a small one need not be.
_MAPPED_FROM = 100_000
_logger = logging.getLogger(__name__)
Arrays = dict[str, NDArray[Any]]


def save_columns(folder: Path, columns: Columns, revision: int) -> None:
    """Write columns; where that fails (a full disk, a read-only folder) the next start is slow again, no more."""
    shadow = folder.with_name(f".{folder.name}-{os.getpid()}")
    try:
        shutil.rmtree(shadow, ignore_errors=True)
        shadow.mkdir(parents=True)
        for name, array in _arrays(columns):
            np.save(shadow / f"{name}.npy", array, allow_pickle=False)
        sums = {p.name: _sha256(p) for p in sorted(shadow.iterdir())}
        (shadow / "seal.json").write_text(json.dumps({**_made_of(revision), "files": sums}), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        shadow.rename(folder)
    except OSError as error:
        _logger.warning("the columns could not be kept (%s); every start reads the catalogue anew", error)
        shutil.rmtree(shadow, ignore_errors=True)


def load_columns(folder: Path, revision: int) -> Columns | None:
    """Return the columns of this very revision, mapped into memory; None where there are none or one bit is wrong."""
    try:
        seal = json.loads((folder / "seal.json").read_text(encoding="utf-8"))
        sums = seal.pop("files")
        if seal != _made_of(revision) or any(_sha256(folder / name) != told for name, told in sums.items()):
            return None
        return _columns({name.removesuffix(".npy"): _array(folder / name) for name in sums})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _made_of(revision: int) -> dict[str, object]:
    """Return what columns depend on: the catalogue, and the tables by which concepts are scored."""
    tables = ("vocabulary.toml", "reference.json")
    digests = {name: hashlib.sha256(files("retrieval").joinpath(name).read_bytes()).hexdigest() for name in tables}
    return {"format": FORMAT, "revision": revision, **digests}


def _array(path: Path) -> NDArray[Any]:
    large = path.stat().st_size > _MAPPED_FROM
    array: NDArray[Any] = np.load(path, mmap_mode="r" if large else None, allow_pickle=False)
    return array


def _arrays(columns: Columns) -> Iterator[tuple[str, NDArray[Any]]]:
    for field in fields(columns):
        yield from _flat(field.name, getattr(columns, field.name))


def _flat(name: str, value: object) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield a column as arrays, each named by its path."""
    match value:
        case Strings():
            yield f"{name}.data", np.frombuffer(value.data, np.uint8)
            yield f"{name}.offsets", value.offsets
            yield f"{name}.marks", value.marks
            yield f"{name}.lengths", value.lengths
        case Postings():
            yield from _flat(f"{name}.values", value.values)
            yield f"{name}.starts", value.starts
            yield f"{name}.rows", value.rows
        case Names():
            yield from _flat(f"{name}.postings", value.postings)
            yield f"{name}.codes", value.codes
        case dict():
            for key, array in value.items():
                yield f"{name}.{key}", array
        case np.ndarray():
            yield name, value


def _columns(arrays: Arrays) -> Columns:
    """Put arrays together again, as the types of `Columns` say."""
    made = {"Strings": _strings, "Postings": _postings, "Names": _names}
    numbers = {name.removeprefix("numbers."): a for name, a in arrays.items() if name.startswith("numbers.")}
    own = {
        f.name: made[f.type](arrays, f.name) if f.type in made else arrays.get(f.name)
        for f in fields(Columns)
        if isinstance(f.type, str)
    }
    return Columns(**{**own, "numbers": numbers})  # type: ignore[arg-type]  # the seal says that they are these


def _strings(arrays: Arrays, name: str) -> Strings:
    parts = (arrays[f"{name}.{part}"] for part in ("offsets", "marks", "lengths"))
    return Strings(arrays[f"{name}.data"].tobytes(), *parts)


def _postings(arrays: Arrays, name: str) -> Postings:
    return Postings(_strings(arrays, f"{name}.values"), arrays[f"{name}.starts"], arrays[f"{name}.rows"])


def _names(arrays: Arrays, name: str) -> Names:
    return Names(_postings(arrays, f"{name}.postings"), arrays[f"{name}.codes"])


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
