"""A folder of real and of generated music as windows: ``real/`` and ``generated/GENERATOR/``, any depth below."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from encoders.detection.config import WINDOWS
from encoders.errors import EncoderError
from encoders.music.logmel import PATCH_SAMPLES, SAMPLE_RATE_HZ, patch
from encoders.music.musicnn import spread_starts
from encoders.values import FloatArray

LEAST_FILES = 10
LEAST_GENERATORS = 2
_SUFFIXES = frozenset({".flac", ".wav", ".mp3", ".ogg", ".opus", ".m4a", ".aac"})
_TEST_SHARE = 4


@dataclass(frozen=True, eq=False)
class Example:
    """A file: log-mel windows ``(w, 187, 96)``, who generated it (None: real), and whether it is kept for reporting.

    All real files of one folder (an album) are on one side.
    """

    windows: FloatArray
    generator: str | None
    held: bool


def read_examples(
    folder: Path,
    waveform: Callable[[Path], FloatArray],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[Example]:
    """Read a folder.

    Args:
        folder: holds ``real/`` and ``generated/GENERATOR/``.
        waveform: decodes a file to mono at 16 kHz.
        progress: told how many of how many files are read.

    Raises:
        EncoderError: the folder is laid out otherwise, or holds too little; files that cannot be read are left out.
    """
    real, generated = folder / "real", folder / "generated"
    if not real.is_dir() or not generated.is_dir():
        raise EncoderError(f"{str(folder)!r} has no folders real/ and generated/GENERATOR/; lay the files out so")
    found: list[tuple[Path, str | None]] = [(path, None) for path in _sounds(real)]
    for each in sorted(path for path in generated.iterdir() if path.is_dir()):
        found += [(path, each.name) for path in _sounds(each)]
    examples = []
    for number, (path, generator) in enumerate(found, 1):
        windows = _windows(path, waveform)
        if windows is not None:
            examples.append(Example(windows, generator, generator is None and _held(path, real)))
        progress(number, len(found))
    _check(examples)
    return examples


def windows_of(sound: FloatArray) -> FloatArray:
    """Return log-mel windows ``(w, 187, 96)``, at most `WINDOWS`, spread over mono sound at 16 kHz."""
    starts = spread_starts(sound.size / SAMPLE_RATE_HZ, WINDOWS, PATCH_SAMPLES / SAMPLE_RATE_HZ)
    return np.stack([patch(sound[int(start * SAMPLE_RATE_HZ) :][:PATCH_SAMPLES]) for start in starts])


def _sounds(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())


def _windows(path: Path, waveform: Callable[[Path], FloatArray]) -> FloatArray | None:
    try:
        sound = waveform(path)
    except EncoderError:
        return None
    return windows_of(sound) if sound.size else None


def _held(path: Path, real: Path) -> bool:
    place = path.relative_to(real)
    subject = str(place.parent) if len(place.parts) > 1 else place.name
    return hashlib.sha256(subject.encode("utf-8", "surrogateescape")).digest()[0] % _TEST_SHARE == 0


def _check(examples: Sequence[Example]) -> None:
    generators = sorted({each.generator for each in examples if each.generator is not None})
    if len(generators) < LEAST_GENERATORS:
        raise EncoderError(
            f"There is music of {len(generators)} generators and {LEAST_GENERATORS} are wanted: what is known of a "
            "generator that was learned from says nothing of others"
        )
    counts = {name: sum(each.generator == name for each in examples) for name in generators}
    counts["real (to learn from)"] = sum(each.generator is None and not each.held for each in examples)
    counts["real (left out)"] = sum(each.held for each in examples)
    few = {name: count for name, count in counts.items() if count < LEAST_FILES}
    if few:
        told = ", ".join(f"{count} of {name}" for name, count in few.items())
        raise EncoderError(f"There are too few files that can be read: {told}; {LEAST_FILES} of each are wanted")
