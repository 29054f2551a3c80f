"""A library without music in a real browser: whatever would need some says so, and leads to where it is added."""

import pytest
from small_server import serving

from ui.compose import App
from ui.settings import load_settings

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def page(browser, models_dir, tmp_path, monkeypatch):
    monkeypatch.setenv("TRICHORD_MODELS_DIR", str(models_dir))
    monkeypatch.setenv("TRICHORD_PLANNER", "rules")
    context = browser.new_context(locale="de-DE")
    with serving(App(load_settings(tmp_path / "data")), with_page=True) as url:
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector("tri-chat textarea")
        yield page
        context.close()


def leads_to_adding(page, told):
    """Press the button beside "no music here yet", and find oneself where music is added."""
    told.get_by_role("button", name="Musik hinzufügen").click()
    page.locator("#tri-lib-ingest").wait_for()
    assert page.evaluate("document.activeElement.id") == "tri-lib-tab-ingest"


def test_the_desk_says_that_there_is_no_music_yet(page):
    page.get_by_role("tab", name="Videotisch").click()
    page.get_by_role("button", name="Abend am Meer").click()
    told = page.locator(".desk-candidates [role=status]", has_text="Hier ist noch keine Musik.")
    told.wait_for(timeout=120_000)
    leads_to_adding(page, told)


def test_going_on_with_a_list_says_that_there_is_no_music_yet(page):
    page.get_by_role("tab", name="Playlist").click()
    page.get_by_label("Titel der neuen Liste").fill("Abend")
    page.get_by_role("button", name="Leer anlegen").click()
    page.locator("tri-playlist [data-panel=goOn]").click()
    page.get_by_role("button", name="Vorschlagen").click()
    told = page.locator("#pl-goOn [role=status]", has_text="Hier ist noch keine Musik.")
    told.wait_for()
    leads_to_adding(page, told)


def test_the_map_and_the_overview_lead_to_adding_music(page):
    page.get_by_role("tab", name="Bibliothek").click()
    leads_to_adding(page, page.locator("#tri-lib-tracks [role=status]", has_text="Die Bibliothek ist leer."))
    page.locator("#tri-lib-tab-map").click()
    leads_to_adding(page, page.locator("#tri-lib-map [role=status]", has_text="Hier ist noch keine Musik."))
    page.locator("#tri-lib-tab-overview").click()
    leads_to_adding(page, page.locator("#tri-lib-overview", has_text="Die Bibliothek ist leer."))


def test_a_chat_says_that_there_is_no_music_yet(page):
    leads_to_adding(page, page.locator(".chat-ready", has_text="Der Katalog ist leer."))
    page.get_by_role("tab", name="Chat").click()
    page.fill("tri-chat textarea", "ruhiges Klavier")
    page.press("tri-chat textarea", "Enter")
    page.get_by_text("in diesem Katalog ist noch keine Musik").first.wait_for(timeout=60_000)


def test_a_comparison_with_the_catalogue_says_that_there_is_no_music_yet(page):
    page.get_by_role("tab", name="Komponieren").click()
    page.get_by_role("tab", name="Blind vergleichen").or_(page.get_by_role("button", name="Blind vergleichen")).click()
    page.locator("#st-pair-words").fill("8 Sekunden ruhiges Klavier")
    page.get_by_role("button", name="Paar vorbereiten").click()
    told = page.locator("#st-pair-fault", has_text="Hier ist noch keine Musik.")
    told.wait_for(timeout=60_000)
    leads_to_adding(page, told)
