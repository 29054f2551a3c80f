"""The server: REST and page in one app, behind one gate."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from encoders.errors import EncoderError
from ui.api import (
    battles,
    continuing,
    films,
    generations,
    interchange,
    library,
    lookup,
    playlists,
    problems,
    profile,
    recommendations,
    routes,
    sessions,
)
from ui.api.security import Gate
from ui.completions import routes as completions
from ui.compose import App
from ui.mcp.folders import Folders
from ui.mcp.server import http_route, make_server
from ui.uploads import Uploads

_logger = logging.getLogger(__name__)


def create_app(parts: App, *, with_page: bool = True) -> FastAPI:
    """Build the server over the parts; closing it closes them.

    Args:
        parts: everything that answers.
        with_page: False leaves the Gradio page out (the API alone starts faster).
    """
    uploads = Uploads(parts.uploads, parts.audio.probe, parts.settings.max_upload_mb << 20)
    tools = make_server(parts, uploads, Folders(parts.settings.mcp_folders, uploads))
    tool_route = http_route(tools)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        parts.generations.recover()
        parts.film_jobs.recover()
        parts.ingests.recover()
        parts.retraining.start()
        load(parts)
        threading.Thread(target=warm, args=(parts,), name="warm", daemon=True).start()
        async with tools.session_manager.run():
            yield
        parts.close()

    # FastAPI's own /docs loads its scripts from elsewhere; this one serves them from here.
    api: FastAPI = FastAPIOffline(
        title="Trichord",
        version="1",
        description="Find, continue and make music: one ranking behind chat, search, video and playlists.",
        lifespan=lifespan,
    )
    api.state.trichord = parts
    api.state.uploads = uploads
    problems.install(api)
    api.include_router(routes.health)
    # The routes come last: they end with the one that answers whatever has no route.
    for part in (
        battles,
        continuing,
        films,
        generations,
        interchange,
        library,
        lookup,
        recommendations,
        playlists,
        profile,
        sessions,
        completions,
        routes,
    ):
        api.include_router(part.router)
    api.router.routes.append(tool_route)
    if with_page:
        from ui.page import mount_page

        api = mount_page(api, parts)
    api.add_middleware(Gate, settings=parts.settings)
    return api


def load(parts: App) -> None:
    """Load the embedded language model before anybody can be kept waiting by it: nothing else runs meanwhile."""
    if parts.embedded_model is None or parts.replays:
        return
    try:
        parts.embedded_model.load()
    except ValueError as error:
        _logger.warning("the language model could not be loaded: %s", error)


def warm(parts: App) -> None:
    """Load what the first requests need, so that the first user waits no longer than the next."""
    try:
        parts.engine.concept_weights("warm up the encoder please")
        parts.quick_planner.warm()
        parts.video.warm()
        parts.audio.warm()
        if parts.embedded_model is not None and not parts.replays:
            from langchain_core.messages import HumanMessage

            from agent.planner.llm import beginning
            from agent.planner.prompts import load_prompt
            from agent.planner.rewriting import prompt_for

            rewrites = parts.embedded_model.adapter_path is not None
            planning = [*beginning(load_prompt()), HumanMessage("hello")]
            parts.embedded_model.warm(prompt_for("hello", listed=False) if rewrites else planning)
    except (EncoderError, ValueError) as error:
        _logger.warning("not everything could be warmed: %s", error)
