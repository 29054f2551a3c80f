"""Music that comes in by the page: from folders that a setting opens, or uploaded into the data folder."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from catalog.errors import IngestError
from catalog.ingest.scan import ARCHIVE_SUFFIXES, AUDIO_SUFFIXES
from catalog.names import clean
from ui.compose import App
from ui.folders import below
from ui.uploads import UnsupportedUploadError, UploadTooLargeError

SHOWN = 500
_CHUNK = 1 << 20
_ID = re.compile(r"[0-9a-f]{16}")
_CLOSED = (
    "No folder of this server is open to the page; name some in the setting library_folders "
    "(TRICHORD_LIBRARY_FOLDERS='[\"/home/me/Music\"]') and restart, or upload files."
)


@dataclass(frozen=True, slots=True)
class Listing:
    """What is inside a folder: its subfolders, how many sound files lie in it directly, the folder above (or None).

    Without a path: the open folders. `remedy` says how to open one where there is none.
    """

    path: str | None
    parent: str | None
    folders: tuple[dict[str, str], ...]
    audio: int
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class KeptFile:
    """An uploaded file that waits for its ingest."""

    id: str
    name: str


class MusicFolder:
    """The ways of music into the library.

    Args:
        opened: folders of the server that may be named.
        kept: where uploaded files stay.
        max_bytes: larger uploads are refused while they come in.
    """

    def __init__(self, opened: Sequence[Path], kept: Path, max_bytes: int) -> None:
        self._opened = [folder.expanduser().resolve() for folder in opened]
        self._kept = kept
        self._max_bytes = max_bytes

    @classmethod
    def of(cls, parts: App) -> MusicFolder:
        """Return the ways that the settings open."""
        told = parts.settings
        return cls(told.library_folders, told.data_dir / "music", told.max_upload_mb << 20)

    def listing(self, path: str | None) -> Listing:
        """Return what is inside a folder; IngestError for one that is not open."""
        if path is None:
            there = ({"name": str(f), "path": str(f)} for f in self._opened if f.is_dir())
            return Listing(None, None, tuple(there), 0, None if self._opened else _CLOSED)
        folder = self._found(path)
        if not folder.is_dir():
            raise IngestError(f"{folder.name[:120]!r} is a file; choose the folder that holds it.")
        entries = sorted(os.scandir(folder), key=lambda e: e.name.casefold())
        shown = [e for e in entries if not e.name.startswith(".")]
        folders = tuple({"name": e.name, "path": e.path} for e in shown if e.is_dir(follow_symlinks=False))[:SHOWN]
        suffixes = AUDIO_SUFFIXES | ARCHIVE_SUFFIXES
        audio = sum(Path(e.name).suffix.casefold() in suffixes for e in shown if e.is_file())
        return Listing(str(folder), None if folder in self._opened else str(folder.parent), folders, audio)

    def roots(self, path: str | None, uploads: Sequence[str]) -> list[Path]:
        """Return what to ingest; IngestError where there is nothing, or nothing that is open."""
        folders = [self._upload(i) for i in uploads]
        if path:
            folders.append(self._found(path))
        if not folders:
            raise IngestError("There is nothing to ingest; name a folder, or upload files.")
        return folders

    def keep(self, stream: BinaryIO, name: str | None) -> KeptFile:
        """Store an uploaded file under its own name in a folder of its own: the name tells a title where tags do not.

        Raises:
            UploadTooLargeError, UnsupportedUploadError: nothing is kept.
        """
        shown = (clean(Path((name or "").replace("\\", "/")).name, 120) or "").lstrip(".").replace("/", "-")
        if Path(shown).suffix.casefold() not in AUDIO_SUFFIXES | ARCHIVE_SUFFIXES:
            endings = ", ".join(sorted(AUDIO_SUFFIXES | ARCHIVE_SUFFIXES))
            raise UnsupportedUploadError(f"“{shown}” is no sound file by its name; choose one of {endings}.")
        upload_id = secrets.token_hex(8)
        folder = self._kept / upload_id
        folder.mkdir(parents=True)
        try:
            self._copy(stream, folder / shown)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return KeptFile(upload_id, shown)

    def _copy(self, stream: BinaryIO, path: Path) -> None:
        size = 0
        with path.open("wb") as sink:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > self._max_bytes:
                    told = f"“{path.name}” is larger than {self._max_bytes >> 20} MB; raise TRICHORD_MAX_UPLOAD_MB."
                    raise UploadTooLargeError(told)
                sink.write(chunk)

    def _upload(self, upload_id: str) -> Path:
        folder = self._kept / upload_id
        if not _ID.fullmatch(upload_id) or not folder.is_dir():
            raise IngestError(f"No upload has the id {upload_id[:40]!r}; upload the file again.")
        return folder

    def _found(self, path: str) -> Path:
        if not self._opened:
            raise IngestError(_CLOSED)
        found = below(self._opened, path)
        if found is None:
            # One answer for all, so that nobody can ask what lies elsewhere.
            raise IngestError(f"There is no folder {path[:120]!r} below those that are open to the page.")
        return found
