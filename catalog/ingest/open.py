"""Putting a file's bytes where a decoder can read them: as they lie, or copied out of an archive under caps."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAX_FILE_BYTES = 2 * 1024**3
MAX_MEMBER_BYTES = 512 * 1024**2
_CHUNK = 1 << 20


class UnreadableFileError(ValueError):
    """A file that the ingest sets aside; the message is the reason that the user reads."""


@contextmanager
def readable(path: Path, member: str) -> Iterator[Path]:
    """Give a path that a decoder can open. A member lives in a temporary file for as long as the block runs.

    Raises:
        UnreadableFileError: missing, empty, too large, or a damaged, encrypted or bomb-like archive.
    """
    if not path.is_file():
        raise UnreadableFileError(f"{path.name} is gone; run the ingest again with --prune to forget it.")
    if not member:
        size = path.stat().st_size
        if path.suffix.casefold() in {".pk3", ".zip"}:
            raise UnreadableFileError(f"{path.name} is no readable archive; unpack it by hand or remove it.")
        if not 0 < size <= MAX_FILE_BYTES:
            raise UnreadableFileError(f"{path.name} has {size} bytes; 1 to {MAX_FILE_BYTES} can be read.")
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="trichord-", suffix=Path(member).suffix) as copy:
        _copy_member(path, member, Path(copy.name))
        yield Path(copy.name)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def extract(path: Path, member: str, target: Path) -> None:
    """Copy an archive member to `target` under the same caps as the ingest."""
    _copy_member(path, member, target)


def _copy_member(path: Path, member: str, target: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as source, target.open("wb") as sink:
            written = 0
            # The header may lie about the size: count what really comes out.
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                if written > MAX_MEMBER_BYTES:
                    raise UnreadableFileError(
                        f"{member} unpacks to over {MAX_MEMBER_BYTES} bytes; unpack {path.name} by hand to use it."
                    )
                sink.write(chunk)
    except (zipfile.BadZipFile, KeyError, RuntimeError, NotImplementedError, EOFError) as error:
        raise UnreadableFileError(f"{member} cannot be unpacked from {path.name} ({error}).") from error
    except OSError as error:
        raise UnreadableFileError(f"{member} cannot be unpacked from {path.name} ({error.strerror}).") from error
    except Exception as error:  # zlib and lzma raise types of their own
        if type(error).__module__ in {"zlib", "lzma", "_lzma"}:
            raise UnreadableFileError(f"{member} in {path.name} is damaged ({error}).") from error
        raise
