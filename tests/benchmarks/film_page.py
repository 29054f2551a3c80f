"""How long an editor waits at the page's video desk for the first music under the picture, and for a swap of it.

    python tests/benchmarks/film_page.py [--data-dir DIR] [--runs N]

Runs in five minutes on two cores: Chromium against `trichord serve` on a copy of the user's catalogue. The clip is that
of `film_desk.py`: 30 s of 720p. Play is pressed as soon as it can be; what counts as heard is a playing audio element
beside a playing picture at more than a tenth of its level. Browser, encoder and server share the cores.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from figures import SEED, bootstrap, machine, table
from fit_calibration import copy_catalogue
from latency import Server, write_clip
from playwright.sync_api import Page, sync_playwright

from ui.settings import load_settings

HEARD = """() => { const { video, sound } = document.querySelector("tri-desk").player;
  return !video.paused && sound.audio !== null && !sound.audio.paused && sound.level > 0.1; }"""
SWAPS = "() => performance.getEntriesByName('desk-swap').map((swap) => swap.duration)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="where the ingested demo catalogue lies (default: the user's)")
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    settings = load_settings(options.data_dir)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data = folder / "data"
        data.mkdir()
        copy_catalogue(settings.catalogue_path, data / "catalogue.db", None).close()
        if (settings.data_dir / "indexes").is_dir():
            shutil.copytree(settings.data_dir / "indexes", data / "indexes")
        environment = os.environ | {
            "TRICHORD_DATA_DIR": str(data),
            "TRICHORD_MODELS_DIR": str(settings.models_path),
            "TRICHORD_PLANNER": "rules",
        }
        write_clip(folder / "clip.mp4", 30)
        print(machine(), flush=True)
        server = Server(environment)
        try:
            report(measured(str(server.client.base_url), folder / "clip.mp4", options.runs))
        finally:
            server.stop()
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")


def measured(url: str, clip: Path, runs: int) -> dict[str, list[float]]:
    """Return seconds and milliseconds of everything by its name, after one run that is not counted."""
    found: dict[str, list[float]] = {"heard": [], "swap": [], "drift": []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
        )
        for run in range(runs + 1):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            one(context.new_page(), url, clip, found if run else {name: [] for name in found})
            context.close()
        browser.close()
    return found


def one(page: Page, url: str, clip: Path, found: dict[str, list[float]]) -> None:
    page.goto(url)
    page.get_by_role("tab", name="Video desk").click()
    page.locator("tri-desk .desk-upload").wait_for()
    begun = time.perf_counter()
    page.locator("tri-desk input[type=file]").set_input_files(str(clip))
    page.wait_for_selector("tri-desk .desk-list li", timeout=60_000)
    page.locator("tri-desk [data-do=play]").click()
    page.wait_for_function(HEARD, timeout=60_000, polling=20)
    found["heard"].append(time.perf_counter() - begun)
    page.wait_for_timeout(4000)
    for _ in range(3):
        page.keyboard.press("j")
        page.wait_for_timeout(2000)
        drift = page.evaluate("() => document.querySelector('tri-desk').player.sound.drift")
        if drift is not None:
            found["drift"].append(abs(1000 * drift))
    found["swap"] += page.evaluate(SWAPS)


def report(found: dict[str, list[float]]) -> None:
    rows = []
    for name, words, unit, target in (
        ("heard", "30 s clip, upload to first candidate heard under the picture", "s", 4),
        ("swap", "swap of the candidate while it plays", "ms", 300),
        ("drift", "music from picture, 2 s after a swap", "ms", 80),
    ):
        values = np.array(found[name])
        low, high = bootstrap(
            [values[i : i + 1] for i in range(len(values))], lambda drawn: float(np.median(drawn)), SEED
        )
        middle, most = float(np.median(values)), float(values.max())
        rows.append([words, len(values), *(f"{v:.1f} {unit}" for v in (middle, low, high, most)), f"{target} {unit}"])
    print(table(["what", "n", "p50", "95 % from", "to", "largest", "target"], rows))


if __name__ == "__main__":
    main()
