"""The real thing: a catalogue of a few real tracks, real weights, the server as users start it, a real browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import av
import httpx
import numpy as np
import platformdirs
import pytest

from catalog.demo.errors import DemoUnavailableError
from catalog.demo.fetch import fetch_demo
from catalog.demo.table import rows_of
from encoders.models.store import ModelStore

SMALL = {"asc-music", "singularity-music", "fretsonfire-songs-muldjord"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if "e2e" in str(item.path):
            item.add_marker(pytest.mark.network)


@pytest.fixture(scope="session")
def models_dir():
    folder = Path(os.environ.get("TRICHORD_MODELS_DIR") or Path(platformdirs.user_data_dir("trichord")) / "models")
    store = ModelStore(folder)
    missing = [i for i in store.default_ids() if store.status(i).state != "present"]
    if missing:
        pytest.skip(f"weights are missing: {', '.join(missing)}; run `trichord models pull`")
    return folder


@pytest.fixture(scope="session")
def music():
    """About twenty real tracks out of three small packages; downloaded once, then kept."""
    folder = Path(platformdirs.user_cache_dir("trichord-tests")) / "music"
    try:
        fetch_demo(folder, rows=[row for row in rows_of(full=False) if row.name in SMALL])
    except DemoUnavailableError as error:
        pytest.skip(f"no Debian packages here: {error}")
    return folder


@pytest.fixture(scope="session")
def trichord(models_dir, tmp_path_factory):
    """Run the command line over one data directory and return what it printed."""
    data = tmp_path_factory.mktemp("data")
    environment = os.environ | {"TRICHORD_MODELS_DIR": str(models_dir), "TRICHORD_DATA_DIR": str(data)}

    def run(*arguments, code=0, more_environment=None):
        command = [sys.executable, "-c", "from ui.cli import main; main()", *map(str, arguments)]
        env = environment | (more_environment or {})
        ran = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=240)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout + (ran.stderr if code else "")

    run.data = data
    run.environment = environment
    return run


@pytest.fixture(scope="session")
def catalogue(trichord, music):
    trichord("ingest", music)
    return trichord.data


class Server:
    """The server as users start it; `restart` kills it hard."""

    def __init__(self, environment, log):
        self._environment, self._log = environment, log
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        command = [sys.executable, "-c", "from ui.cli import main; main()", "serve", "--port", str(self.port)]
        self._process = subprocess.Popen(command, env=self._environment, stdout=self._log, stderr=self._log)
        started = time.monotonic()
        while True:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert self._process.poll() is None, "the server died at start"
            assert time.monotonic() - started < 60, "the server was not ready after 60 s"
            time.sleep(0.2)
        self.ready_s = time.monotonic() - started

    def stop(self, hard=False):
        self._process.kill() if hard else self._process.terminate()
        self._process.wait(20)

    def restart(self):
        self.stop(hard=True)
        self.start()


@pytest.fixture(scope="session")
def server(catalogue, trichord, tmp_path_factory):
    with (tmp_path_factory.mktemp("log") / "server.log").open("w", encoding="utf-8") as log:
        running = Server(trichord.environment, log)
        yield running
        running.stop()


@pytest.fixture(scope="session")
def api(server):
    with httpx.Client(base_url=server.url, timeout=120) as client:
        yield client


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """Clips with a known answer: a slow dark one, a fast bright one with sound, a still picture."""
    folder = tmp_path_factory.mktemp("clips")
    _clip(folder / "slow.mp4", lambda n: np.full((180, 320, 3), 24 + n // 12, np.uint8))
    rng = np.random.default_rng(0)
    _clip(folder / "fast.mp4", lambda n: rng.integers(0, 256, (180, 320, 3), np.uint8) | 128)
    from PIL import Image

    Image.fromarray(np.full((200, 300, 3), (250, 200, 90), np.uint8)).save(folder / "still.png")
    return folder


def _clip(path, frame_at):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=12)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for n in range(72):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame_at(n), format="rgb24")))
        container.mux(stream.encode())


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium; `apt install chromium`")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield running
        running.close()


@pytest.fixture
def page(browser, server):
    """A fresh visitor; the test fails on a script error or a request that leaves this machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    opened = context.new_page()
    faults, foreign = [], []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "request", lambda r: foreign.append(r.url) if not r.url.startswith((server.url, "data:", "blob:")) else None
    )
    opened.goto(server.url)
    opened.wait_for_selector("tri-chat textarea")
    yield opened
    context.close()
    assert not faults
    assert not foreign
