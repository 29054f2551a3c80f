"""Layout of the page: tabs of one web component each, and one player below them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr

from ui.page import samples, web

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ui.compose import App

# page.js puts the one playlist workspace beside the chat, or into its own tab.
CHAT = '<div class="tri-side"><tri-chat></tri-chat><div class="tri-beside"></div></div>'
# Tabs of one web component each, from ``web``.
ELEMENTS: dict[str, str] = {
    "Chat": CHAT,
    "Playlist": '<div class="tri-own"></div>',
    "Video desk": "<tri-desk></tri-desk>",
    "Library": "<tri-library></tri-library>",
    "Compose": "<tri-studio></tri-studio>",
}
IDS = {
    "Chat": "tri-chat",
    "Playlist": "tri-playlist",
    "Video desk": "tri-desk",
    "Library": "tri-library",
    "Compose": "tri-compose",
}
HEAD = "<h1>Trichord</h1><p>Music for your words, your pictures and your playlists.</p>"
# The words of the frame; the components bring their own. Keys are the English words.
GERMAN = {
    "Chat": "Chat",
    "Playlist": "Playlist",
    "Video desk": "Videotisch",
    "Library": "Bibliothek",
    "Compose": "Komponieren",
    HEAD: "<h1>Trichord</h1><p>Musik für deine Worte, deine Bilder und deine Playlists.</p>",
}


def mount(api: FastAPI, parts: App) -> FastAPI:
    """Build the Blocks and mount them at ``/``."""
    samples.serve(api)
    web.serve(api)
    words = gr.I18n(en={word: word for word in GERMAN}, de=GERMAN)
    with gr.Blocks(title="Trichord", analytics_enabled=False, delete_cache=(3600, 86400)) as blocks:
        gr.HTML(words(HEAD), elem_id="tri-head")
        with gr.Tabs():
            for name, html in ELEMENTS.items():
                with gr.Tab(words(name), elem_id=IDS[name].replace("tri-", "tri-tab-")):
                    gr.HTML(html, elem_id=IDS[name])
        gr.HTML("<tri-player></tri-player>", elem_id="tri-player")
    mounted: FastAPI = gr.mount_gradio_app(
        api,
        blocks,
        path="/",
        head=web.head(),
        i18n=words,
        theme=gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
        allowed_paths=[],
        max_file_size=parts.settings.max_upload_mb << 20,
        show_error=True,
        footer_links=["api"],
        ssr_mode=False,
    )
    mounted.add_middleware(web.EarlyFrame)
    return mounted
