"""How fast the page and its chat are in a real browser, alone and with twenty browsers at once.

    python tests/benchmarks/page_load.py [--data-dir DIR] [--loads N] [--prompts N] [--browsers N]

Chromium against `trichord serve` with rules, on a copy of the user's catalogue; browser and server share the cores.
Paint, layout shift and long tasks are told by the browser's own PerformanceObserver, bytes by its network log (as sent,
headers included, nothing cached). A prompt counts from its Enter to the first card whose play button is there; a play
from the press of that button to a sound that moves. Blocking time is what every task has over 50 ms from the first
paint on, until 3 s after the box could be typed in.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from figures import SEED, bootstrap, machine, table
from fit_calibration import copy_catalogue
from latency import Server
from playwright.async_api import Browser, Page, async_playwright

from ui.settings import load_settings

# Seconds between the prompts of one person, on average.
APART_S = 10.0
PROMPTS = (
    "calm piano, no vocals",
    "epic orchestral battle music",
    "dark ambient around 80 BPM",
    "fast electronic for a car chase",
    "happy acoustic guitar",
    "slow strings under 3 minutes",
    "medieval tavern music",
    "something tense with drums",
    "jazz for the evening",
    "metal without singing",
)
OBSERVED = """() => {
  const seen = window.seen = { shift: 0, largest: 0, tasks: [] };
  const watch = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take))
    .observe({ type, buffered: true });
  watch("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.shift += entry.value; });
  watch("largest-contentful-paint", (entry) => { seen.largest = entry.startTime; });
  watch("longtask", (entry) => seen.tasks.push([entry.startTime, entry.duration]));
}"""
TOLD = """() => { const first = performance.getEntriesByName("first-contentful-paint")[0].startTime;
  const tasks = window.seen.tasks.filter(([start]) => start >= first);
  return { first, largest: window.seen.largest, shift: window.seen.shift,
    blocked: tasks.reduce((sum, [, long]) => sum + Math.max(0, long - 50), 0) }; }"""
BOX = "tri-chat textarea"
# Counted by the page itself: asking twenty pages every few milliseconds for their answer would be most of the load.
WATCHED = """() => {
  const { list, box } = { list: document.querySelector("tri-chat"), box: document.querySelector("tri-chat textarea") };
  const before = list.querySelectorAll(".chat-turn").length;
  const begun = new Promise((done) => box.addEventListener("keydown", (key) => done(key.timeStamp), { once: true }));
  const card = new Promise((done, fail) => {
    const seen = new MutationObserver(() => {
      const turns = list.querySelectorAll(".chat-turn");
      if (turns.length > before && turns[turns.length - 1].querySelector(".chat-play")) {
        seen.disconnect();
        done(performance.now());
      }
    });
    seen.observe(list, { childList: true, subtree: true });
    setTimeout(() => fail(new Error("no card within a minute")), 60000);
  });
  window.answered = Promise.all([begun, card]).then(([from, to]) => to - from);
}"""
IDLE = (
    "() => { const { chat } = document.querySelector('tri-chat'); return chat.running === null && chat.last?.number; }"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="where the ingested demo catalogue lies (default: the user's)")
    parser.add_argument("--loads", type=int, default=20)
    parser.add_argument("--prompts", type=int, default=20)
    parser.add_argument("--browsers", type=int, default=20)
    options = parser.parse_args()
    settings = load_settings(options.data_dir)
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary) / "data"
        data.mkdir()
        copy_catalogue(settings.catalogue_path, data / "catalogue.db", None).close()
        if (settings.data_dir / "indexes").is_dir():
            shutil.copytree(settings.data_dir / "indexes", data / "indexes")
        environment = os.environ | {
            "TRICHORD_DATA_DIR": str(data),
            "TRICHORD_MODELS_DIR": str(settings.models_path),
            "TRICHORD_PLANNER": "rules",
        }
        print(machine(), flush=True)
        server = Server(environment)
        try:
            asyncio.run(measure(str(server.client.base_url), options.loads, options.prompts, options.browsers))
        finally:
            peak = server.stop()
    print(f"\nserver's peak memory {peak:.0f} MB, load at the end {os.getloadavg()[0]:.1f}")


async def measure(url: str, loads: int, prompts: int, browsers: int) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
        )
        if loads:
            await report_loads(browser, url, loads)
        if prompts:
            await report_prompts(browser, url, prompts)
        if browsers:
            await report_crowd(browser, url, browsers)
        await browser.close()


async def report_loads(browser: Browser, url: str, loads: int) -> None:
    await loaded(browser, url)  # the first one waits for the server's own imports
    seen = [await loaded(browser, url) for _ in range(loads)]
    print(f"\n{loads} loads, each in a fresh context\n")
    report(
        ("first contentful paint, ms", [s["first"] for s in seen], 0),
        ("largest contentful paint, ms", [s["largest"] for s in seen], 0),
        ("box can be typed in, ms", [s["usable"] for s in seen], 0),
        ("layout shift", [s["shift"] for s in seen], 3),
        ("total blocking time, ms", [s["blocked"] for s in seen], 0),
        ("transferred, kB", [s["kilobytes"] for s in seen], 0),
    )


async def report_prompts(browser: Browser, url: str, prompts: int) -> None:
    card, sound = await conversation(browser, url, prompts)
    print(f"\n{prompts} prompts in a row, a conversation each, after one that does not count\n")
    report(("prompt to first playable card, s", card, 2), ("its play button to its sound, s", sound, 2))


async def report_crowd(browser: Browser, url: str, browsers: int) -> None:
    begun = time.perf_counter()
    pages = await asyncio.gather(*(opened(browser, url) for _ in range(browsers)))
    print(f"\n{browsers} browsers opened the page at once in {time.perf_counter() - begun:.0f} s", flush=True)
    # People read before they write again; and, worse than any evening, all press Enter at the same time.
    chance = np.random.default_rng(SEED)
    own = chance.uniform(0.0, 2 * APART_S, (browsers, 3)).tolist()
    for when, pauses in (("each at its own time", own), ("all at once", [[0.0, 0.5, 0.5]] * browsers)):
        begun = time.perf_counter()
        told = await asyncio.gather(*(crowd(page, n, pauses[n]) for n, page in enumerate(pages)))
        waits = [wait for waited, _ in told for wait in waited]
        faults = [fault for _, failed in told for fault in failed]
        print(f"\n{when}: {len(waits)} prompts of theirs in {time.perf_counter() - begun:.0f} s\n")
        report(("prompt to first playable card, s", waits, 2))
        print(f"\nerrors: {len(faults)} {faults[:3]}", flush=True)
    for page in pages:
        await page.context.close()
    print(f"\nthe same without browsers, from Enter's request to the results event of {browsers} plain clients\n")
    async with httpx.AsyncClient(base_url=url, timeout=120) as client:
        alone = await asyncio.gather(*(plain(client, n) for n in range(browsers)))
    report(("request to results, s", [wait for waits in alone for wait in waits], 2))


async def plain(client: httpx.AsyncClient, n: int) -> list[float]:
    """Send the prompts of a browser of the crowd without one."""
    waits = []
    for turn in range(3):
        body = {"message": PROMPTS[(n + turn) % len(PROMPTS)], "session_id": f"plain-client-{n:02d}", "stream": True}
        begun = time.perf_counter()
        async with client.stream("POST", "/v1/chat", json=body) as answer:
            async for line in answer.aiter_lines():
                if line == "event: results":
                    waits.append(time.perf_counter() - begun)
        await asyncio.sleep(0.5)
    return waits


def report(*rows: tuple[str, list[float], int]) -> None:
    told = [(name, *spread(values, digits)) for name, values, digits in rows]
    print(table(("measure", "p50", "95 % interval", "p95", "most"), told), flush=True)


async def opened(browser: Browser, url: str) -> Page:
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    # Twenty pages that start at once wait for the cores of the browser, not for the server.
    await page.goto(url, timeout=180_000)
    await page.wait_for_selector(BOX, timeout=180_000)
    return page


async def loaded(browser: Browser, url: str) -> dict[str, float]:
    """Load the page once with nothing cached and return what the browser measured."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    await page.add_init_script(f"({OBSERVED})()")
    network = await context.new_cdp_session(page)
    sizes: list[float] = []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    await network.send("Network.enable")
    begun = time.perf_counter()
    await page.goto(url, wait_until="commit")
    await page.wait_for_selector(BOX)
    usable = (time.perf_counter() - begun) * 1000
    await page.wait_for_timeout(3000)
    told: dict[str, float] = await page.evaluate(TOLD)
    await context.close()
    return told | {"usable": usable, "kilobytes": sum(sizes) / 1000}


async def conversation(browser: Browser, url: str, prompts: int) -> tuple[list[float], list[float]]:
    """Ask once in each of so many new conversations; return the seconds to the first card, and to its sound."""
    card, sound = [], []
    for n in range(prompts + 1):
        page = await opened(browser, url)
        wait = await asked(page, PROMPTS[n % len(PROMPTS)])
        begun = time.perf_counter()
        await page.locator(".chat-play").first.click()
        await page.wait_for_function(
            "[...document.querySelectorAll('audio')].some((a) => a.currentTime > 0)", polling=10
        )
        if n:
            card.append(wait)
            sound.append(time.perf_counter() - begun)
        await page.context.close()
    return card, sound


async def crowd(page: Page, n: int, pauses: Sequence[float]) -> tuple[list[float], list[str]]:
    """Be one of many: a prompt after each pause, in seconds. Return the waits and what went wrong."""
    waits: list[float] = []
    faults: list[str] = []
    page.on("response", lambda r: faults.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    for turn, pause in enumerate(pauses):
        await page.wait_for_timeout(pause * 1000)
        try:
            waits.append(await asked(page, PROMPTS[(n + turn) % len(PROMPTS)]))
            await page.wait_for_function(IDLE)
            alerts: Any = await page.locator("tri-chat .chat-turn .chat-alert").all_inner_texts()
            faults += [alert for alert in alerts if alert]
        except Exception as error:  # what a visitor would see as a page that does not answer
            faults.append(str(error)[:200])
    return waits, faults


async def asked(page: Page, text: str) -> float:
    """Send a message and return the seconds until the first card of its answer can be played."""
    await page.fill(BOX, text)
    await page.evaluate(WATCHED)
    await page.press(BOX, "Enter")
    return float(await page.evaluate("window.answered")) / 1000


def spread(values: list[float], digits: int) -> tuple[str, str, str, str]:
    """Return the median with its interval, the 95th percentile and the largest."""
    found = np.asarray(values)
    low, high = bootstrap([found[i : i + 1] for i in range(len(found))], lambda drawn: float(np.median(drawn)))
    return (
        f"{np.median(found):.{digits}f}",
        f"{low:.{digits}f} to {high:.{digits}f}",
        f"{np.percentile(found, 95):.{digits}f}",
        f"{found.max():.{digits}f}",
    )


if __name__ == "__main__":
    main()
