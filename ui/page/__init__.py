"""The web page: Gradio Blocks in the same app as the API.

blocks   layout and events
cards    results as escaped HTML
samples  two clips of our own, made by ``samples/make.py``
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ui.compose import App
    from ui.uploads import Uploads


def mount_page(api: FastAPI, parts: App, uploads: Uploads) -> FastAPI:
    """Mount the page at ``/``. Gradio is imported here and not before."""
    from ui.page.blocks import mount

    return mount(api, parts, uploads)
