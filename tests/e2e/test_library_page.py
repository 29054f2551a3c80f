"""The library's tab in a real browser: filter, correct, add music with a bad file, the map, keys, narrow screens."""

import os
import re
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import Server
from playwright.sync_api import expect

# The first test pays for the ingest of the catalogue and a server of its own.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
ROWS = "tri-library .tri-lib-track"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, music):
    """A folder of the server with one good file and a bad one."""
    made = tmp_path_factory.mktemp("to-add")
    good = next(p for p in sorted(music.rglob("*.ogg")))
    # One byte more: another file than the one that is in the catalogue already.
    (made / "fresh one.ogg").write_bytes(good.read_bytes() + b"\0")
    (made / "broken.mp3").write_bytes(b"no music at all" * 200)
    return made


@pytest.fixture(scope="module")
def shelves(catalogue, trichord, folder, tmp_path_factory):
    """A server of its own: what is corrected here is no other test's business."""
    data = tmp_path_factory.mktemp("shelves")
    shutil.copytree(catalogue, data, dirs_exist_ok=True)
    told = {"TRICHORD_DATA_DIR": str(data), "TRICHORD_LIBRARY_FOLDERS": f'["{folder}"]', "TRICHORD_PLANNER": "rules"}
    with (tmp_path_factory.mktemp("log") / "server.log").open("w", encoding="utf-8") as log:
        running = Server(os.environ | trichord.environment | told, log)
        yield running
        running.stop()


@pytest.fixture
def visit(browser, shelves):
    """Open the tab for a fresh visitor; a script error or a request that leaves this machine fails the test."""
    contexts, faults, foreign = [], [], []

    def opened(width=1280, height=900, lang="en", touch=False):
        context = browser.new_context(viewport={"width": width, "height": height}, locale=lang, has_touch=touch)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request",
            lambda r: foreign.append(r.url) if not r.url.startswith((shelves.url, "data:", "blob:")) else None,
        )
        page.goto(shelves.url)
        page.click("#tri-tab-library-button")
        page.wait_for_selector(ROWS)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not faults
    assert not foreign


def show(page, name):
    page.click(f"#tri-lib-tab-{name}")


def on_map(page):
    show(page, "map")
    page.wait_for_function("document.querySelector('.tri-lib-canvas').getAttribute('aria-label')?.match(/\\d/)")
    return page.locator(".tri-lib-canvas")


def serious(page):
    found = Axe().run(page, context="tri-library").response["violations"]
    return [
        (v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found if v["impact"] in {"serious", "critical"}
    ]


def test_filters_narrow_the_list_and_outlive_a_reload(page_of_all):
    page = page_of_all
    everything = page.locator(ROWS).count()
    artist = page.locator(".tri-lib-by").first.inner_text().split(" · ")[0]
    page.get_by_label("Search titles, artists").fill(artist)
    page.wait_for_function(f"document.querySelectorAll('{ROWS}').length < {everything}")
    assert all(artist in text for text in page.locator(".tri-lib-by").all_inner_texts())
    told = page.locator(".tri-lib-told").first.inner_text()
    assert told == f"{page.locator(ROWS).count()} of {everything} tracks"
    page.reload()
    page.get_by_role("tab", name="Library").click()
    page.wait_for_selector(ROWS)
    assert page.get_by_label("Search titles, artists").input_value() == artist
    page.get_by_role("button", name="Clear filters").click()
    page.wait_for_function(f"document.querySelectorAll('{ROWS}').length === {everything}")


@pytest.fixture
def page_of_all(visit):
    return visit()


def test_a_corrected_tempo_is_kept_and_can_be_taken_back(visit):
    page = visit()
    row = page.locator(ROWS).nth(2)
    before = re.search(r"([\d.]+) BPM", row.inner_text())[1]
    row.get_by_role("button", name="Edit").click()
    row.get_by_label("Tempo (BPM)").fill("93.5")
    row.get_by_label("Your tags").fill("road trip, sunny")
    page.keyboard.press("Enter")
    row.get_by_text("93.5 BPM").wait_for()
    page.reload()
    page.get_by_role("tab", name="Library").click()
    row = page.locator(ROWS).nth(2)
    row.get_by_text("93.5 BPM").wait_for()
    assert "corrected by you" in row.inner_text()
    assert "road trip" in row.inner_text()
    row.get_by_role("button", name="Edit").click()
    row.get_by_role("button", name="Use the measured value").click()
    row.get_by_text(f"{before} BPM").wait_for()


def test_two_people_correct_one_track_and_no_text_is_lost(visit, shelves):
    page, other = visit(), visit()
    for each, tempo in ((other, "111"), (page, "112")):
        row = each.locator(ROWS).nth(3)
        row.get_by_role("button", name="Edit").click()
        row.get_by_label("Tempo (BPM)").fill(tempo)
    other.keyboard.press("Enter")
    other.locator(ROWS).nth(3).get_by_text("111 BPM").wait_for()
    page.keyboard.press("Enter")
    row = page.locator(ROWS).nth(3)
    row.get_by_role("alert").get_by_text("changed this track meanwhile").wait_for()
    assert row.get_by_label("Tempo (BPM)").input_value() == "112"
    page.keyboard.press("Enter")
    row.get_by_text("112 BPM").wait_for()


def test_a_folder_with_a_bad_file_is_added_and_the_bad_one_told(visit, folder):
    page = visit()
    show(page, "ingest")
    page.get_by_role("button", name=str(folder)).click()
    page.get_by_text("2 sound files directly inside").wait_for()
    page.get_by_role("button", name="Add this folder").click()
    page.locator(".tri-lib-job").first.wait_for()
    page.reload()
    page.get_by_role("tab", name="Library").click()
    # By its name: ingests of other tests may be done before.
    job = page.locator(".tri-lib-job", has_text=folder.name).first
    expect(job).to_have_attribute("data-status", "done", timeout=120_000)
    assert "2 of 2 files" in job.inner_text()
    assert "1 set aside" in job.inner_text()
    # By its path: the catalogue was copied and may remember bad files of other folders.
    set_aside = page.locator(".tri-lib-lines li").filter(has_text=str(folder / "broken.mp3"))
    set_aside.wait_for()
    assert len(set_aside.locator(".tri-lib-hint").inner_text()) > 20
    show(page, "tracks")
    page.get_by_label("Search titles, artists").fill("")
    page.wait_for_selector(ROWS)


def test_an_uploaded_file_that_is_no_sound_is_one_sentence(visit, tmp_path):
    page = visit()
    show(page, "ingest")
    (tmp_path / "notes.mp3.txt").write_text("no sound", encoding="utf-8")
    page.set_input_files("tri-library input[type=file]", str(tmp_path / "notes.mp3.txt"))
    page.locator(".tri-lib-alert", has_text="notes.mp3.txt").wait_for()


def test_the_map_is_hovered_lassoed_and_becomes_a_playlist(visit, shelves):
    page = visit()
    canvas = on_map(page)
    canvas.focus()
    name = page.locator(".tri-lib-focused")
    name.wait_for()
    assert name.inner_text()
    box = canvas.bounding_box()
    page.get_by_role("button", name="Lasso").click()
    corners = [(0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.02)]
    page.mouse.move(box["x"] + box["width"] * 0.01, box["y"] + box["height"] * 0.01)
    page.mouse.down()
    for x, y in corners:
        page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y, steps=4)
    page.mouse.up()
    count = int(re.search(r"\d+", page.locator(".tri-lib-count").inner_text())[0])
    assert count >= 10
    page.get_by_role("button", name="Add to playlist").click()
    page.get_by_role("textbox", name="Title").fill("From the map")
    page.keyboard.press("Enter")
    page.get_by_text(f"{count} tracks added to “From the map”").wait_for()
    told = page.request.get(f"{shelves.url}/v1/playlists").json()["playlists"][0]
    assert (told["title"], told["length"]) == ("From the map", count)


def test_hovering_tells_a_track_and_a_click_plays_it(visit):
    page = visit()
    canvas = on_map(page)
    canvas.focus()
    page.wait_for_selector(".tri-lib-focused:not(:empty)")
    first = page.locator(".tri-lib-focused").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('tri-player').sound.node.currentTime > 0.1", timeout=30_000)
    assert page.locator("tri-player .pr-title").inner_text() == first.split(" · ")[0]
    box = canvas.bounding_box()
    heard = set()
    for x in range(5, 96, 6):
        for y in range(5, 96, 6):
            page.mouse.move(box["x"] + box["width"] * x / 100, box["y"] + box["height"] * y / 100)
            heard.add(page.locator(".tri-lib-focused").inner_text())
        if len(heard) > 3:
            break
    assert len(heard - {""}) >= 2


def test_everything_goes_by_keys(visit):
    page = visit()
    page.focus("#tri-lib-tab-tracks")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".tri-lib-canvas")
    page.wait_for_function("document.querySelector('.tri-lib-canvas').getAttribute('aria-label')?.match(/\\d/)")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "CANVAS":
            break
    page.wait_for_selector(".tri-lib-focused:not(:empty)")
    seen = {page.locator(".tri-lib-focused").inner_text()}
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
        seen.add(page.locator(".tri-lib-focused").inner_text())
    assert len(seen) >= 3
    page.keyboard.press("n")
    assert page.locator(".tri-lib-count").inner_text() == "11 selected"
    page.keyboard.press(" ")
    assert page.locator(".tri-lib-count").inner_text() == "10 selected"


@pytest.mark.parametrize("view", ["tracks", "map", "overview", "ingest"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_part_fits_and_is_accessible(visit, view, width):
    page = visit(width, 740)
    show(page, view)
    if view == "map":
        on_map(page)
        page.get_by_role("button", name="Zoom in").click()
    if view == "overview":
        page.locator("h3", has_text="Models").wait_for()
    if view == "tracks":
        page.locator(ROWS).first.get_by_role("button", name="Edit").click()
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= width + 1
    assert serious(page) == []
    small = page.evaluate(
        "[...document.querySelectorAll('tri-library button')].filter(b => b.offsetParent && "
        "(b.offsetHeight < 24 || b.offsetWidth < 24)).map(b => b.textContent)"
    )
    assert small == []


def test_the_german_page_speaks_german(visit):
    page = visit(lang="de-DE")
    assert page.locator("#tri-lib-tab-map").inner_text() == "Musikkarte"
    assert page.get_by_role("tab", name="Bibliothek").get_attribute("aria-selected") == "true"
    assert "Musik für deine Worte" in page.locator("#tri-head").inner_text()
    assert re.fullmatch(r"\d+ von \d+ Titeln", page.locator(".tri-lib-told").first.inner_text())
