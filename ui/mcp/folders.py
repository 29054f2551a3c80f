"""The folders that MCP clients may name files in. Everything else on the disk does not exist for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agent.values import Attachment
from encoders.errors import MediaError
from ui.folders import below
from ui.uploads import Uploads


class Folders:
    """Opens files below some folders, under the limits of uploads.

    Args:
        roots: the folders; none: no file can be named.
        uploads: takes the files, tells what they are, and refuses what is too large or no media.
    """

    def __init__(self, roots: Sequence[Path], uploads: Uploads) -> None:
        self._roots = [root.expanduser().resolve() for root in roots]
        self._uploads = uploads

    def take(self, path: str) -> Attachment:
        """Return a file as an upload; MediaError for one that is not below the folders, or not there."""
        found = self._found(path)
        with found.open("rb") as stream:
            return self._uploads.save(stream, found.name)

    def discard(self, attachment: Attachment) -> None:
        """Remove the copy of a file that was needed once only."""
        self._uploads.discard(attachment)

    def _found(self, path: str) -> Path:
        if not self._roots:
            raise MediaError(
                "No folder is open to MCP clients; start `trichord mcp --folder DIR`, or set TRICHORD_MCP_FOLDERS."
            )
        found = below(self._roots, path)
        if found is not None and found.is_file():
            return found
        # One answer for all, so that nobody can ask what lies elsewhere.
        raise MediaError(f"There is no file {path[:120]!r} below the folders that are open to MCP clients.")
