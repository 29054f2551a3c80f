"""What routes are handed: the parts of this server and its upload folder."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from ui.compose import App
from ui.uploads import Uploads


def app_of(request: Request) -> App:
    """Return the parts of this server."""
    found: App = request.app.state.trichord
    return found


def uploads_of(request: Request) -> Uploads:
    """Return the upload folder of this server."""
    found: Uploads = request.app.state.uploads
    return found


Parts = Annotated[App, Depends(app_of)]
Incoming = Annotated[Uploads, Depends(uploads_of)]
