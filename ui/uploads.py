"""Files that users hand over: capped, told by content, kept under random names."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from agent.values import Attachment, AttachmentKind
from catalog.formats.playlist import read_playlist
from catalog.formats.values import MAX_BYTES, PlaylistFormatError
from catalog.names import clean
from encoders.errors import MediaError
from encoders.media.opening import MediaInfo

KEEP_S = 7 * 24 * 3600
# Usual endings of what can be used; the content decides.
ACCEPTED = (
    *(".mp4", ".webm", ".mov", ".mkv", ".avi", ".png", ".jpg", ".jpeg", ".webp"),
    *(".mid", ".midi"),
    *(".mp3", ".flac", ".ogg", ".opus", ".wav", ".m4a", ".m3u", ".m3u8", ".xspf", ".jspf", ".csv", ".pls"),
)
_CHUNK = 1 << 20
_ID = re.compile(r"[0-9a-f]{32}")
_PLAYLIST_SUFFIXES = frozenset({".m3u", ".m3u8", ".xspf", ".jspf", ".json", ".csv", ".tsv", ".pls"})


class UploadTooLargeError(ValueError):
    """The file is larger than the server takes."""


class UnsupportedUploadError(ValueError):
    """The file is nothing that Trichord can use."""


class UnknownUploadError(ValueError):
    """No upload has that id (any more)."""


class Uploads:
    """Uploaded files below one folder; nothing of the client's name reaches the disk.

    Args:
        folder: where the files go.
        probe: tells what a media file is, in a capped child.
        max_bytes: larger files are refused while they come in.
    """

    def __init__(self, folder: Path, probe: Callable[[Path], MediaInfo], max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._folder = folder
        self._probe = probe
        self._sweep()

    def save(self, stream: BinaryIO, name: str | None) -> Attachment:
        """Store a file and tell what it is.

        Raises:
            UploadTooLargeError, UnsupportedUploadError: nothing is kept.
        """
        upload_id = secrets.token_hex(16)
        path = self._folder / upload_id
        shown = clean(Path((name or "file").replace("\\", "/")).name, 120) or "file"
        try:
            size = self._copy(stream, path)
            kind = self._kind(path, shown, size)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        attachment = Attachment(id=upload_id, kind=kind, path=path, name=shown)
        path.with_suffix(".json").write_text(json.dumps({"kind": kind, "name": shown}), encoding="utf-8")
        return attachment

    def get(self, upload_id: str) -> Attachment:
        """Return a stored upload; UnknownUploadError when there is none."""
        path = self._folder / upload_id
        if not _ID.fullmatch(upload_id) or not path.is_file():
            raise UnknownUploadError(f"No upload has the id {upload_id[:64]!r}; upload the file again.")
        told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        return Attachment(id=upload_id, kind=told["kind"], path=path, name=told["name"])

    def discard(self, attachment: Attachment) -> None:
        """Remove an upload that was needed once only."""
        attachment.path.unlink(missing_ok=True)
        attachment.path.with_suffix(".json").unlink(missing_ok=True)

    def _copy(self, stream: BinaryIO, path: Path) -> int:
        size = 0
        with path.open("wb") as sink:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > self.max_bytes:
                    raise UploadTooLargeError(
                        f"The file is larger than {self.max_bytes >> 20} MB; cut or compress it, "
                        "or raise TRICHORD_MAX_UPLOAD_MB."
                    )
                sink.write(chunk)
        if size == 0:
            raise UnsupportedUploadError("The file is empty (0 bytes); choose another one.")
        return size

    def _kind(self, path: Path, name: str, size: int) -> AttachmentKind:
        with path.open("rb") as file:
            if file.read(4) == b"MThd":
                return "midi"
        try:
            info = self._probe(path)
        except MediaError as error:
            if Path(name).suffix.casefold() in _PLAYLIST_SUFFIXES and size <= MAX_BYTES:
                return self._as_playlist(path, name)
            # Who uploaded it knows it by its own name, not by the one it lies under here.
            raise UnsupportedUploadError(str(error).replace(path.name, name)) from error
        kinds: dict[str, AttachmentKind] = {"image": "image", "video": "video"}
        return kinds.get(info.kind, "audio")

    def _as_playlist(self, path: Path, name: str) -> AttachmentKind:
        try:
            read_playlist(path.read_bytes(), name)
        except PlaylistFormatError as error:
            raise UnsupportedUploadError(str(error)) from error
        return "playlist"

    def _sweep(self) -> None:
        """Remove uploads that are older than a week."""
        oldest = time.time() - KEEP_S
        for path in self._folder.iterdir():
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
