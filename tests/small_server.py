"""The server as it is, over forty tracks set by hand and without any weights: what doors are tested with."""

import threading
from contextlib import contextmanager

import uvicorn

from catalog.values import Described, TrackId, TrackMetadata
from ui.api.app import create_app
from ui.compose import App
from ui.settings import load_settings

ARTISTS = ("Ada Sun", "The Bards", "Cold Harbour", "Dmitri Vale", "Elm Quartet")
ADJECTIVES = ("Amber", "Broken", "Crimson", "Distant", "Emerald", "Frozen", "Golden", "Hollow", "Ivory", "Jade")
TITLES = {"jazz": "Corner", "piano": "Window", "metal": "Furnace", "harp": "Orchard"}


def fill(catalogue):
    """Store ten tracks a genre by five artists, 1 to 4 minutes long."""
    catalogue.library.describe(
        Described(
            TrackId(f"{genre}{i}"),
            TrackMetadata(
                f"{ADJECTIVES[i]} {title}",
                artist=ARTISTS[(g + i) % 5],
                year=1990 + 2 * i,
                genre=(genre, *(("calm",) if i < 4 else ())),
            ),
            60.0 + 20 * i,
        )
        for g, (genre, title) in enumerate(TITLES.items())
        for i in range(10)
    )


@contextmanager
def settled(folder, monkeypatch, **told):
    """Yield parts over a fresh data directory with the forty tracks; rules plan."""
    monkeypatch.setenv("TRICHORD_MODELS_DIR", str(folder / "none"))
    monkeypatch.setenv("TRICHORD_PLANNER", "rules")
    parts = App(load_settings(folder / "data").model_copy(update=told))
    fill(parts.catalogue)
    try:
        yield parts
    finally:
        parts.close()


@contextmanager
def serving(parts, with_page=False):
    """Serve the parts over a real socket; yields the address."""
    config = uvicorn.Config(create_app(parts, with_page=with_page), host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    ready = threading.Event()
    startup = server.startup

    async def started(sockets=None):
        await startup(sockets)
        ready.set()

    server.startup = started
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert ready.wait(30)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)
