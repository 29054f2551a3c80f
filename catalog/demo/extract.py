"""The wanted audio out of one package's tar stream, written under names that cannot leave the target folder."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from catalog.demo.errors import PackageError
from catalog.demo.table import PackageRow, matches

_MAX_FILE_BYTES = 500_000_000
_BLOCK_FRAMES = 1 << 16


@dataclass(frozen=True, slots=True)
class Extracted:
    """A file on disk and the path it had inside the package (what the table's globs speak about)."""

    path: Path
    inner: str


def extract_audio(row: PackageRow, tree: IO[bytes], target: Path) -> list[Extracted]:
    """Write the wanted music of a package, and its copyright file, under `target`.

    Args:
        row: the package's row.
        tree: the package's file tree as an uncompressed tar stream.
        target: an existing empty folder.

    Raises:
        PackageError: the stream is damaged, a file is over 500 MB, or nothing in it matches.
    """
    found: list[Extracted] = []
    try:
        with tarfile.open(fileobj=tree, mode="r|") as tar:
            for member in tar:
                if not member.isfile() or (stream := tar.extractfile(member)) is None:
                    continue
                inner = member.name.removeprefix("./")
                if inner.startswith("usr/share/doc/") and inner.endswith("/copyright"):
                    _write(stream, target / "COPYRIGHT.txt", member.size)
                elif row.archives and matches(inner, row.archives):
                    found += _from_archive(row, stream, target)
                elif not row.archives and row.wants(inner):
                    found.append(Extracted(_write(stream, target / _safe(inner), member.size), inner))
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise PackageError(f"{row.name} is damaged ({error}); run the command again") from error
    if not found:
        raise PackageError(f"{row.name} holds no file that the table names; its layout has changed")
    if row.stems:
        found = _mix_stems(row, found)
    return _without_common_folder(found, target)


def _from_archive(row: PackageRow, stream: IO[bytes], target: Path) -> Iterator[Extracted]:
    # Zip needs a seekable file, tar gives a stream; gigabytes do not belong into a small system temp folder.
    with tempfile.TemporaryFile(dir=target) as spool:
        shutil.copyfileobj(stream, spool)
        with zipfile.ZipFile(spool) as archive:
            for info in archive.infolist():
                if not info.is_dir() and row.wants(info.filename):
                    with archive.open(info) as member:
                        path = _write(member, target / _safe(info.filename), info.file_size)
                    yield Extracted(path, info.filename)


def _safe(inner: str) -> Path:
    parts = PurePosixPath(inner).parts
    if any(part in {"..", "/"} for part in parts):
        raise PackageError(f"the package names a file outside its folder: {inner}")
    return Path(*parts)


def _write(stream: IO[bytes], path: Path, size: int) -> Path:
    if size > _MAX_FILE_BYTES:
        raise PackageError(f"{path.name} has {size} bytes, over the limit of {_MAX_FILE_BYTES}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        shutil.copyfileobj(stream, out, 1 << 20)
    return path


def _without_common_folder(found: list[Extracted], target: Path) -> list[Extracted]:
    """Lift the files out of the folders that they all share (`usr/share/games/...`)."""
    folders = [PurePosixPath(item.path.relative_to(target).as_posix()).parent.parts for item in found]
    shared = 0
    while all(len(parts) > shared for parts in folders) and len({parts[: shared + 1] for parts in folders}) == 1:
        shared += 1
    lifted = []
    for item in found:
        short = target.joinpath(*item.path.relative_to(target).parts[shared:])
        short.parent.mkdir(parents=True, exist_ok=True)
        lifted.append(Extracted(item.path.replace(short), item.inner))
    for folder in sorted((path for path in target.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    return lifted


def _mix_stems(row: PackageRow, found: list[Extracted]) -> list[Extracted]:
    """Replace each folder's stems by one file: their sum, scaled to a peak of -1 dBFS at most."""
    mixed = []
    for folder in sorted({item.path.parent for item in found}):
        stems = sorted((item for item in found if item.path.parent == folder), key=lambda item: item.inner)
        if sorted(item.path.name for item in stems) != sorted(row.stems):
            raise PackageError(f"{row.name}: {folder.name} lacks one of its stems {', '.join(row.stems)}")
        out = folder.parent / f"{folder.name}.ogg"
        sum_to_vorbis([item.path for item in stems], out)
        for item in stems:
            item.path.unlink()
        folder.rmdir()
        mixed.append(Extracted(out, str(PurePosixPath(stems[0].inner).parent)))
    return mixed


def sum_to_vorbis(stems: list[Path], out: Path) -> None:
    """Write the sum of equally long stems as Ogg Vorbis, block by block, its peak at most -1 dBFS.

    Raises:
        PackageError: the stems differ in rate, channels or length.
    """
    import numpy as np
    import soundfile as sf

    infos = [sf.info(path) for path in stems]
    if len({(info.samplerate, info.channels, info.frames) for info in infos}) != 1:
        raise PackageError(f"the stems of {stems[0].parent.name} differ in rate, channels or length")

    def blocks() -> Iterator[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
        readers = [sf.blocks(path, _BLOCK_FRAMES, dtype="float32", always_2d=True) for path in stems]
        for parts in zip(*readers, strict=True):
            yield np.sum(parts, axis=0, dtype=np.float32)

    peak = max(float(np.abs(block).max()) for block in blocks())
    gain = min(1.0, 0.891 / max(peak, 1e-9))
    with sf.SoundFile(out, "w", infos[0].samplerate, infos[0].channels, format="OGG", subtype="VORBIS") as writer:
        for block in blocks():
            writer.write(block * gain)
