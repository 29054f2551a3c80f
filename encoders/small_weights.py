"""Weights of small models in NumPy: one `.npz` in half precision, beside the model's code or wherever a user has it.

Models of a few megabytes ship with the package, since fetching them would cost more than they weigh.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from encoders.errors import EncoderError
from encoders.values import FloatArray


class UnreadableWeightsError(EncoderError):
    """The file holds no such weights; `source` is where it lies, the message says what is wrong with it."""

    def __init__(self, source: str, why: object) -> None:
        super().__init__(str(why))
        self.source = source


@dataclass(frozen=True, slots=True)
class Shipped:
    """A file of weights that ships beside the code of a package."""

    package: str
    name: str


@dataclass(frozen=True, eq=False)
class Weights:
    """What a file holds: `arrays` as float32 by their names, `rest` as it is, and where it was read from."""

    source: str
    arrays: Mapping[str, FloatArray]
    rest: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def read_weights(path: Path | None, shipped: Shipped, names: Sequence[str], rest: Sequence[str] = ()) -> Weights:
    """Read weights. Nothing in the file is unpickled.

    Args:
        path: the file; None for the one that ships.
        shipped: the latter.
        names: of the arrays of numbers.
        rest: of what else is wanted, such as names of classes.

    Raises:
        UnreadableWeightsError: the file is gone, damaged, or lacks one of the names.
    """
    source = files(shipped.package).joinpath(shipped.name) if path is None else path
    try:
        with source.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            arrays = {name: np.asarray(kept[name]).astype(np.float32) for name in names}
            return Weights(str(source), arrays, {name: kept[name] for name in rest})
    except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise UnreadableWeightsError(str(source), error) from error


def write_weights(path: Path, arrays: Mapping[str, FloatArray], rest: Mapping[str, Any] | None = None) -> None:
    """Write weights in half precision, and the rest as it is."""
    half: dict[str, Any] = {name: array.astype(np.float16) for name, array in arrays.items()}
    np.savez_compressed(path, **half, **(rest or {}))


@cache
def digest_of(shipped: Shipped) -> str:
    """Return the SHA-256 of a file that ships, in hexadecimal."""
    return hashlib.sha256(files(shipped.package).joinpath(shipped.name).read_bytes()).hexdigest()
