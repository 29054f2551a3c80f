"""The web page: Gradio Blocks in the same app as the API.

blocks   layout: tabs of one web component each, and the player below them
web      scripts, styles and web components; <tri-chat> is the conversation
samples  two clips of our own, made by ``samples/make.py``
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ui.compose import App


def mount_page(api: FastAPI, parts: App) -> FastAPI:
    """Mount the page at ``/``. Gradio is imported here and not before."""
    from ui.page.blocks import mount

    return mount(api, parts)
