"""Takes the screenshots of the README from a running server: ``python tests/e2e/make_screenshots.py [URL]``.

The server should run on the demo catalogue (``make demo``), with the page at URL (default http://127.0.0.1:7860).
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

TARGET = Path(__file__).parents[2] / "docs" / "images"


def settle(page: Page, cards: int) -> None:
    page.wait_for_function(f"document.querySelectorAll('.tri-card').length >= {cards}")
    page.wait_for_timeout(2500)


def main(url: str) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 980})
        page.goto(url)
        page.wait_for_selector("#tri-box textarea")
        page.fill("#tri-box textarea", "epic orchestral battle music, no vocals")
        page.keyboard.press("Enter")
        settle(page, 3)
        page.screenshot(path=TARGET / "chat.png")
        page.get_by_text("Sample clip: night drive").click()
        settle(page, 11)
        page.screenshot(path=TARGET / "video.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7860")
