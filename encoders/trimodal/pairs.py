"""Paired features to train on: what a clip shows, the words about it, the music it goes with, earlier feedback.

A file is ``.npz`` (no pickled objects) or ``.parquet`` with a row a pair: ``video (n, dv)``, ``text (n, dt)``,
``music (n, dm)``; optionally ``liked`` and ``disliked (n, t, dm)``, one track a turn, oldest turn first; ``split
(n,)`` of "train", "validation" and "test"; and ``video_space``, ``text_space``, ``music_space`` as ``id@sha256``
(in parquet: metadata of the schema). A row of zeros means that this pair has no such thing; music is never absent.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from encoders.errors import EncoderError, MissingExtraError
from encoders.values import FloatArray

if TYPE_CHECKING:
    import pyarrow

SPLITS = ("train", "validation", "test")
_MATRICES = ("video", "text", "music")
_TURNS = ("liked", "disliked")
_SPACES = tuple(f"{name}_space" for name in _MATRICES)
_HELD_OUT = 0.1
_NEIGHBOURS = 5
_BLOCK = 1_024
Columns = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, eq=False)
class PairedFeatures:
    """n pairs, rows of unit length (or of zeros where something is absent), float32; see the module for the shapes.

    Raises:
        EncoderError: Shapes, lengths or values are wrong, or the splits leave nothing to train on or to judge by.
    """

    video: FloatArray
    text: FloatArray
    music: FloatArray
    liked: FloatArray
    disliked: FloatArray
    split: NDArray[np.str_]
    spaces: Mapping[str, str] = field(default_factory=dict)
    feedback: str = "none"

    @classmethod
    def of(
        cls,
        video: NDArray[np.generic],
        text: NDArray[np.generic],
        music: NDArray[np.generic],
        *,
        liked: NDArray[np.generic] | None = None,
        disliked: NDArray[np.generic] | None = None,
        split: NDArray[np.generic] | None = None,
        spaces: Mapping[str, str] | None = None,
    ) -> PairedFeatures:
        """Check arrays and bring them to unit length; without `split` the music decides by its hash."""
        rows = {name: _matrix(name, value) for name, value in zip(_MATRICES, (video, text, music), strict=True)}
        n, dim = rows["music"].shape
        if any(len(value) != n for value in rows.values()):
            counts = ", ".join(f"{len(value)} {name}" for name, value in rows.items())
            raise EncoderError(f"There are {counts} rows; give every pair one row in each.")
        if n < 4:
            raise EncoderError(f"There are {n} pairs; give at least 4, so that there is something to tell apart.")
        if (empty := int((np.linalg.norm(rows["music"], axis=1) == 0).sum())) > 0:
            raise EncoderError(f"{empty} rows of music are all zeros; leave such pairs out.")
        turns = {"liked": liked, "disliked": disliked}
        t = max((np.shape(v)[1] for v in turns.values() if v is not None and np.ndim(v) == 3), default=0)
        feedback = {name: _feedback(name, value, (n, t, dim)) for name, value in turns.items()}
        parts = _split_by_music(rows["music"]) if split is None else _checked_split(split, n)
        told = "from the file" if t else "none"
        return cls(**rows, **feedback, split=parts, spaces=dict(spaces or {}), feedback=told)

    @property
    def turns(self) -> int:
        """Return how many feedback turns a pair has at most."""
        return int(self.liked.shape[1])

    def rows(self, split: str) -> NDArray[np.int64]:
        """Return the rows of a split."""
        return np.flatnonzero(self.split == split)

    @property
    def sha256(self) -> str:
        """Return a hash over all values, which names the data."""
        digest = hashlib.sha256()
        for name in (*_MATRICES, *_TURNS, "split"):
            array = np.ascontiguousarray(getattr(self, name))
            digest.update(f"{name}{array.shape}{array.dtype}".encode())
            digest.update(array.tobytes())
        return digest.hexdigest()


def read_pairs(path: Path) -> PairedFeatures:
    """Read a file of paired features.

    Raises:
        EncoderError: It is not there, of another kind, damaged, or not as the module says.
        MissingExtraError: A parquet file without pyarrow; an ImportError, too.
    """
    if not path.is_file():
        raise EncoderError(f"There is no file {str(path)!r}; give an .npz or .parquet file of paired features.")
    readers = {".npz": _read_npz, ".parquet": _read_parquet}
    if path.suffix not in readers:
        raise EncoderError(f"{path.name!r} is neither .npz nor .parquet; save the paired features as one of them.")
    columns = readers[path.suffix](path)
    if missing := [name for name in _MATRICES if name not in columns]:
        raise EncoderError(f"{path.name!r} lacks {', '.join(missing)}; it needs video, text and music.")
    spaces = {name.removesuffix("_space"): str(columns[name]) for name in _SPACES if name in columns}
    return PairedFeatures.of(
        columns["video"],
        columns["text"],
        columns["music"],
        liked=columns.get("liked"),
        disliked=columns.get("disliked"),
        split=columns.get("split"),
        spaces=spaces,
    )


def with_simulated_feedback(pairs: PairedFeatures, turns: int, seed: int) -> PairedFeatures:
    """Give pairs without feedback some turns: liked is a near neighbour of the right music, disliked any other track.

    Neighbours come from the same split, so nothing of one is seen in another.
    """
    if pairs.turns or not turns:
        return pairs
    rng = np.random.default_rng(seed)
    liked = np.zeros((len(pairs.music), turns, pairs.music.shape[1]), np.float32)
    disliked = np.zeros_like(liked)
    for split in SPLITS:
        rows = pairs.rows(split)
        near = _neighbours(pairs.music[rows])
        for turn in range(turns if near.shape[1] else 0):
            picked = near[np.arange(len(rows)), rng.integers(0, near.shape[1], len(rows))]
            liked[rows, turn] = pairs.music[rows[picked]]
            disliked[rows, turn] = pairs.music[rng.choice(rows, len(rows))]
    return replace(pairs, liked=liked, disliked=disliked, feedback="simulated from neighbours of the right music")


def _neighbours(music: FloatArray) -> NDArray[np.int64]:
    """Return ``(n, k)`` nearest other rows, k at most 5; copies of a row are no neighbours of it."""
    k = min(_NEIGHBOURS, len(music) - 1)
    found = [np.zeros((0, max(k, 0)), np.int64)]
    for start in range(0, len(music) if k > 0 else 0, _BLOCK):
        cosines = music[start : start + _BLOCK] @ music.T
        cosines[cosines > 1 - 1e-6] = -2.0
        found.append(np.argsort(-cosines, axis=1, kind="stable")[:, :k])
    return np.concatenate(found)


def _matrix(name: str, value: NDArray[np.generic]) -> FloatArray:
    if value.ndim != 2 or value.shape[1] == 0:
        raise EncoderError(f"{name} has the shape {value.shape}; it must be (pairs, numbers a pair).")
    return _units(name, value)


def _feedback(name: str, value: NDArray[np.generic] | None, shape: tuple[int, int, int]) -> FloatArray:
    if value is None:
        return np.zeros(shape, np.float32)
    if value.shape != shape:
        raise EncoderError(f"{name} has the shape {value.shape}; with this music it must be {shape}.")
    return _units(name, value)


def _units(name: str, value: NDArray[np.generic]) -> FloatArray:
    if value.dtype.kind not in "fiu":
        raise EncoderError(f"{name} holds {value.dtype}; it must hold numbers.")
    rows: FloatArray = value.astype(np.float32)
    if not np.isfinite(rows).all():
        raise EncoderError(f"{name} holds NaN or infinity; leave such pairs out.")
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    units: FloatArray = np.where(norms > 1e-12, rows / np.maximum(norms, 1e-12), 0.0).astype(np.float32)
    return units


def _checked_split(value: NDArray[np.generic], n: int) -> NDArray[np.str_]:
    split = value.astype(np.str_)
    if split.shape != (n,) or (strange := sorted(set(split.tolist()) - set(SPLITS))):
        told = f"the shape {split.shape}" if split.shape != (n,) else f"the word {strange[0]!r}"
        raise EncoderError(f"split has {told}; it must be one of {', '.join(SPLITS)} a pair.")
    if (split == "train").sum() < 2 or not (split == "validation").any():
        raise EncoderError("split leaves under 2 pairs for training or none for validation; divide it differently.")
    return split


def _split_by_music(music: FloatArray) -> NDArray[np.str_]:
    """Put a tenth of the tracks into validation and into test; a track is never in two splits, however often it is."""
    keys = [hashlib.sha256(row.tobytes()).hexdigest() for row in music]
    tracks = sorted(set(keys))
    if len(tracks) < 3:
        raise EncoderError(f"There are {len(tracks)} different tracks; give at least 3, or a split of your own.")
    held = max(1, int(len(tracks) * _HELD_OUT))
    parts = dict.fromkeys(tracks, "train") | dict.fromkeys(tracks[:held], "validation")
    if len(tracks) >= 10:
        parts |= dict.fromkeys(tracks[held : 2 * held], "test")
    return np.array([parts[key] for key in keys])


def _read_npz(path: Path) -> Columns:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in (*_MATRICES, *_TURNS, "split", *_SPACES) if name in stored}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise EncoderError(f"{path.name!r} is no readable .npz of plain arrays ({error}).") from error


def _read_parquet(path: Path) -> Columns:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError("Parquet files need pyarrow; run `pip install -e '.[train]'` in its folder.") from error
    try:
        table = parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise EncoderError(f"{path.name!r} is no readable parquet file ({error}).") from error
    named = [name for name in (*_MATRICES, *_TURNS, "split") if name in table.column_names]
    columns = {name: _from_arrow(name, table[name].combine_chunks()) for name in named}
    told = table.schema.metadata or {}
    return columns | {name: np.array(told[name.encode()].decode()) for name in _SPACES if name.encode() in told}


def _from_arrow(name: str, column: pyarrow.Array) -> NDArray[np.generic]:
    """Turn (nested) lists of equal lengths into an array."""
    import pyarrow
    from pyarrow import compute

    shape = [len(column)]
    while (
        pyarrow.types.is_list(column.type)
        or pyarrow.types.is_large_list(column.type)
        or pyarrow.types.is_fixed_size_list(column.type)
    ):
        lengths = compute.unique(compute.list_value_length(column))
        if len(lengths) != 1 or column.null_count:
            raise EncoderError(f"{name} has rows of different lengths; every pair needs the same.")
        shape.append(int(lengths[0].as_py()))
        column = column.flatten()
    if column.null_count:
        raise EncoderError(f"{name} has empty values; fill them in, or leave such pairs out.")
    array: NDArray[np.generic] = np.asarray(column.to_numpy(zero_copy_only=False))
    return array.reshape(shape)
