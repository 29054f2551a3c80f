"""Scripts and styles of the page: plain modules and web components over the REST routes, served from here.

chat*     <tri-chat>, the conversation: chat.js is the element, chat_state.js what was said, the others its parts
desk*     the video desk, <tri-desk>: desk.js is the element, the others its parts
page*     the frame: the tabs, and where the playlist workspace stands
library*  <tri-library>: browsing, the music map, the overview, adding music
player*   <tri-player>: the one player at the bottom of the page, with its queue
playlist* <tri-playlist>: the workspace of stored playlists
studio*   <tri-studio>: making music from words, comparing it blind; loaded by page.js when it is needed
server_de.js  sentences of the server in German, loaded by a German page alone
kit.js    what these share; drag.js: reordering by pointer

A name ends in the file's hash, so that browsers keep a file until it changes.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files

from fastapi import FastAPI, Response

PREFIX = "/web"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@lru_cache(maxsize=1)
def _texts() -> dict[str, bytes]:
    folder = files(__package__)
    return {f.name: f.read_bytes() for f in folder.iterdir() if f.name[f.name.rfind(".") :] in _TYPES}


@lru_cache(maxsize=1)
def version() -> str:
    """Return a hash of all files."""
    digest = hashlib.sha256()
    for name, text in sorted(_texts().items()):
        digest.update(name.encode() + b"\0" + text)
    return digest.hexdigest()[:12]


def serve(api: FastAPI) -> None:
    """Serve the files below ``/web/VERSION/``, so that modules may import each other by their names."""

    @api.get(f"{PREFIX}/{{asked}}/{{name}}", include_in_schema=False)
    def file(asked: str, name: str) -> Response:
        text = _texts().get(name)
        if text is None:
            return Response("There is no such file.", 404, media_type="text/plain")
        kept = _FOREVER if asked == version() else {"Cache-Control": "no-cache"}
        return Response(text, media_type=_TYPES[name[name.rfind(".") :]], headers=kept)


def head() -> str:
    """Return the page's head: the styles, and every module that is no module's part."""
    base = f"{PREFIX}/{version()}"
    styles = [f'<link rel="stylesheet" href="{base}/{name}">' for name in sorted(_texts()) if name in STYLES]
    modules = [f'<script type="module" src="{base}/{name}"></script>' for name in sorted(_texts()) if name in MODULES]
    return "".join((*styles, *modules))


# What the page itself loads; other modules are imported by these.
MODULES = frozenset({"page.js", "chat.js", "desk.js", "library.js", "player.js", "playlist.js"})
STYLES = frozenset({"page.css", "chat.css", "desk.css", "library.css", "player.css", "playlist.css"})
