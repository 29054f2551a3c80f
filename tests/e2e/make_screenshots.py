"""Takes the screenshots of the README from a running server: ``python tests/e2e/make_screenshots.py [URL]``.

The server should run on the demo catalogue (``make demo``), with the page at URL (default http://127.0.0.1:7860).
"""

import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

TARGET = Path(__file__).parents[2] / "docs" / "images"


def chat(page: Page) -> None:
    for n, message in enumerate(("epic orchestral battle music, no vocals", "under 3 minutes"), 1):
        page.fill("tri-chat textarea", message)
        page.keyboard.press("Enter")
        answered(page, n)
    page.screenshot(path=TARGET / "chat.png")
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("button", name="Night drive").first.click()
    answered(page, 1)
    page.screenshot(path=TARGET / "video.png")


def answered(page: Page, turns: int) -> None:
    page.wait_for_function(f"document.querySelector('tri-chat').chat.last?.number === {turns}")
    page.wait_for_timeout(1500)


def desk(page: Page) -> None:
    page.get_by_role("tab", name="Video desk").click()
    page.locator("tri-desk").get_by_role("button", name="Night drive").click()
    page.wait_for_selector("tri-desk .desk-list li")
    page.wait_for_timeout(4000)
    page.locator("tri-desk [data-do=play]").click()
    page.wait_for_timeout(4500)
    page.locator("tri-desk [data-do=pause], tri-desk [data-do=play]").first.click()
    page.wait_for_timeout(1000)
    page.set_viewport_size({"width": 1200, "height": 1130})
    page.locator("tri-desk header").evaluate("header => header.scrollIntoView()")
    page.screenshot(path=TARGET / "film.png")
    # Pictures of a clip do not compress: 128 colours keep the file below 200 kB.
    Image.open(TARGET / "film.png").convert("RGB").quantize(128).save(TARGET / "film.png", optimize=True)


def library(page: Page) -> None:
    page.get_by_role("tab", name="Library").click()
    page.click("#tri-lib-tab-map")
    # The finer map comes by itself, after some seconds.
    page.get_by_text("Neighbourhoods by t-SNE").wait_for(timeout=120_000)
    page.locator(".tri-lib-canvas").focus()
    page.keyboard.press("n")
    page.wait_for_timeout(500)
    page.screenshot(path=TARGET / "library.png")


def playlist(page: Page, url: str) -> None:
    page.get_by_role("tab", name="Playlist", exact=True).click()
    tracks = page.request.get(f"{url}/v1/tracks?limit=60").json()["tracks"][::6]
    made = page.request.post(
        f"{url}/v1/playlists", data={"title": "Sunday evening", "track_ids": [t["track_id"] for t in tracks]}
    ).json()
    send = "([name, detail]) => document.dispatchEvent(new CustomEvent(`trichord:${name}`, { detail }))"
    page.evaluate(send, ["playlist", {"id": made["id"]}])
    page.wait_for_selector("tri-playlist .pl-row")
    page.evaluate(send, ["queue", {"tracks": tracks}])
    page.locator("tri-playlist [data-panel=shape]").click()
    page.locator("[data-arc=peak]").click()
    page.get_by_role("button", name="Preview").click()
    page.locator(".pl-takeit").wait_for()
    page.wait_for_timeout(500)
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=TARGET / "playlist.png")
    page.request.delete(f"{url}/v1/playlists/{made['id']}")


def studio(page: Page) -> None:
    page.get_by_role("tab", name="Compose").click()
    page.fill("#st-words", "20 seconds of calm piano in D minor, no drums")
    page.wait_for_selector("tri-studio .st-maker input:checked", state="attached")
    page.fill("#st-f-tempo", "84")
    page.wait_for_timeout(1000)
    page.locator("tri-studio .st-start").click()
    page.locator("tri-studio .st-measures").wait_for(timeout=120_000)
    page.locator("tri-studio .st-sound .st-play").click()
    page.wait_for_timeout(6000)
    page.locator("tri-player .pr-play").click()
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)
    page.screenshot(path=TARGET / "compose.png")


def main(url: str) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 980})
        page.goto(url)
        page.wait_for_selector("tri-chat textarea")
        chat(page)
        desk(page)
        library(page)
        playlist(page, url)
        studio(page)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7860")
