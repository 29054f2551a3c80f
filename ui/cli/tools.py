"""``trichord mcp``: the tools of the MCP door over standard input and output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from catalog.errors import NotFoundError
from ui.uploads import Uploads

if TYPE_CHECKING:
    from ui.compose import App


def serve(parts: App, more: list[Path]) -> None:
    """Serve until the client closes the input; files may lie in the folders of the settings and in `more`."""
    from ui.mcp.folders import Folders
    from ui.mcp.server import make_server

    for folder in more:
        if not folder.is_dir():
            raise NotFoundError(f"There is no folder {str(folder)!r}; give the path of one.")
    uploads = Uploads(parts.uploads, parts.audio.probe, parts.settings.max_upload_mb << 20)
    server = make_server(parts, uploads, Folders([*parts.settings.mcp_folders, *more], uploads))
    try:
        server.run("stdio")
    finally:
        parts.close()
