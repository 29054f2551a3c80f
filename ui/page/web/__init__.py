"""Scripts and styles of the page: plain modules and web components over the REST routes, served from here.

chat*     <tri-chat>, the conversation: chat.js is the element, chat_state.js what was said, the others its parts
desk*     the video desk, <tri-desk>: desk.js is the element, the others its parts
page*     the frame: the tabs, where the playlist workspace stands, and the focus that outlives what is drawn anew
library*  <tri-library>: browsing, the music map, the overview, adding music
player*   <tri-player>: the one player at the bottom of the page, with its queue
playlist* <tri-playlist>: the workspace of stored playlists
studio*   <tri-studio>: making music from words, comparing it blind; loaded by page.js when it is needed
server_de.js  sentences of the server in German, loaded by a German page alone
names_de.js   genres, moods and instruments in German: no file, it is made of the agent's table
kit.js    what these share; drag.js: reordering by pointer

A name ends in the file's hash, so that browsers keep a file until it changes.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from importlib.resources import files

from fastapi import FastAPI, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.languages import words_of

PREFIX = "/web"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@lru_cache(maxsize=1)
def _texts() -> dict[str, bytes]:
    folder = files(__package__)
    names = json.dumps(dict(words_of("de").names), ensure_ascii=False)
    written = {f.name: f.read_bytes() for f in folder.iterdir() if f.name[f.name.rfind(".") :] in _TYPES}
    return {**written, "names_de.js": f"export const NAMES = {names};\n".encode()}


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


class EarlyFrame:
    """ASGI middleware that writes the style of the frame into the HTML of ``/`` itself.

    Gradio adds its ``head`` by a script, now and then after the first paint: what was painted would move.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._link = f'<link rel="stylesheet" href="{PREFIX}/{version()}/page.css">'.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; the HTML of ``/`` grows by one link."""
        if scope["type"] != "http" or scope["path"] != "/":
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def written(message: Message) -> None:
            if message["type"] == "http.response.start":
                held.append(message)  # its length waits for the body
                return
            if held:
                start = held.pop()
                headers = MutableHeaders(raw=start["headers"])
                if b"</head>" in message.get("body", b"") and not message.get("more_body"):
                    message["body"] = message["body"].replace(b"</head>", self._link + b"</head>", 1)
                    headers["content-length"] = str(len(message["body"]))
                await send(start)
            await send(message)

        await self._app(scope, receive, written)


# What the page itself loads; other modules are imported by these.
MODULES = frozenset({"page.js", "chat.js", "desk.js", "library.js", "player.js", "playlist.js"})
STYLES = frozenset({"page.css", "chat.css", "desk.css", "library.css", "player.css", "playlist.css"})
