"""Finding audio: folders, and archives with audio inside."""

from __future__ import annotations

import logging
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

from catalog.store.files import FoundFile

AUDIO_SUFFIXES = frozenset({".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".wav"})
ARCHIVE_SUFFIXES = frozenset({".pk3", ".zip"})
MAX_MEMBERS = 20_000
_logger = logging.getLogger(__name__)


def find(roots: list[Path]) -> Iterator[FoundFile]:
    """Yield every audio file below `roots` (files or folders), archives opened, in a stable order.

    A damaged archive is yielded as a file without a member: the ingest will find out and say why.
    """
    for root in roots:
        if root.is_file():
            yield from _of_file(root)
            continue
        for folder, subfolders, names in os.walk(root):
            subfolders[:] = sorted(s for s in subfolders if not s.startswith("."))
            for name in sorted(names):
                if not name.startswith("."):
                    yield from _of_file(Path(folder) / name)


def _of_file(path: Path) -> Iterator[FoundFile]:
    suffix = path.suffix.casefold()
    if suffix not in AUDIO_SUFFIXES | ARCHIVE_SUFFIXES:
        return
    try:
        stat = path.stat()
        # A name that is not UTF-8 cannot be kept as text; `backslashreplace` still tells the user which file it was.
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
    except OSError as error:
        _logger.warning("skipped %r: %s", str(path), error)
        return
    if suffix in AUDIO_SUFFIXES:
        yield FoundFile(shown, "", stat.st_size, stat.st_mtime_ns)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if Path(m.filename).suffix.casefold() in AUDIO_SUFFIXES]
    except (zipfile.BadZipFile, OSError, NotImplementedError, UnicodeDecodeError):
        yield FoundFile(shown, "", stat.st_size, stat.st_mtime_ns)
        return
    for member in sorted(members[:MAX_MEMBERS], key=lambda m: m.filename):
        yield FoundFile(shown, member.filename, member.file_size, stat.st_mtime_ns)
