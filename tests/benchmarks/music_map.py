"""The music map of many tracks: how long it is computed, how much is sent, how many frames a second it is drawn at.

``python tests/benchmarks/music_map.py [--tracks 10000] [--no-tsne]``

Vectors are drawn around 40 centres. The page is the real one in a headless Chromium without a GPU; frames are counted
by its own requestAnimationFrame while the map is zoomed and moved in every frame.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from catalog.values import Described, TrackId, TrackMetadata
from retrieval.shelves.positions import neighbourhoods, principal

SECONDS = 6
FRAMES = """
async (seconds) => {
  const canvas = document.querySelector('tri-library').views.map.canvas;
  const gaps = [], paints = [], paint = canvas.paint.bind(canvas);
  canvas.paint = () => { const begun = performance.now(); paint(); paints.push(performance.now() - begun); };
  const end = performance.now() + seconds * 1000;
  let before = 0, n = 0;
  await new Promise((done) => {
    const frame = (now) => {
      if (before) gaps.push(now - before);
      before = now;
      n += 1;
      canvas.zoom(Math.floor(n / 60) % 2 ? 1 / 1.02 : 1.02);
      canvas.left += 2 * Math.sin(n / 20);
      if (performance.now() < end) requestAnimationFrame(frame); else done();
    };
    requestAnimationFrame(frame);
  });
  const at = (list, share) => [...list].sort((a, b) => a - b)[Math.floor(share * (list.length - 1))];
  return { frames: gaps.length, mean_fps: 1000 * gaps.length / gaps.reduce((a, b) => a + b, 0),
    p95_gap_ms: at(gaps, 0.95), paint_p50_ms: at(paints, 0.5), paint_p95_ms: at(paints, 0.95) };
}
"""


def vectors(n: int, dim: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    made = rng.normal(size=(40, dim))[rng.integers(0, 40, n)] * 1.5 + rng.normal(size=(n, dim))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def timed(run, *arguments):
    begun = time.perf_counter()
    found = run(*arguments)
    return found, time.perf_counter() - begun


def main(n: int, tsne: bool) -> None:
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from playwright.sync_api import sync_playwright
    from small_server import serving, settled

    told: dict[str, object] = {"tracks": n}
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        monkey = settled(Path(name), patch)
        with monkey as parts:
            library = parts.catalogue.library
            genres = ("rock", "jazz", "metal", "piano", "ambient", "folk", "techno", "classical", "pop")
            library.describe(
                Described(
                    TrackId(f"t{i:06}"), TrackMetadata(f"Track {i}", f"Artist {i % 900}", genre=(genres[i % 9],)), 200.0
                )
                for i in range(n)
            )
            ids = [i for i in library.ids() if i.startswith("t0")]
            matrix = vectors(n, parts.music_space.dim)
            library.put_vectors(parts.music_space.id, ids, matrix, [""] * n)
            told["pca_s"] = round(timed(principal, matrix)[1], 3)
            if tsne:
                told["tsne_s"] = round(timed(neighbourhoods, matrix)[1], 1)
            # The page is measured by itself, not beside the computation of a finer map.
            patch.setattr("retrieval.shelves.positions.LEAST", n + 1)
            with serving(parts, with_page=True) as url, sync_playwright() as playwright:
                chromium = shutil.which("chromium")
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.goto(url)
                page.get_by_role("tab", name="Library").click()
                page.wait_for_selector("tri-library .tri-lib-track")
                answer, seconds = timed(page.request.get, f"{url}/v1/library/map")
                told |= {"answer_s": round(seconds, 2), "bytes": len(answer.body())}
                told["bytes_sent"] = int(answer.headers["content-length"])
                page.click("#tri-lib-tab-map")
                page.wait_for_function("document.querySelector('.tri-lib-canvas').getAttribute('aria-label')")
                told |= page.evaluate(FRAMES, SECONDS)
                browser.close()
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=10_000)
    parser.add_argument("--no-tsne", action="store_true")
    arguments = parser.parse_args()
    main(arguments.tracks, not arguments.no_tsne)
