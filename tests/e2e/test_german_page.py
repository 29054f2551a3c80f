"""The German page in a real browser: what the server says of playlists and of adding music is German as well."""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def german(browser, server):
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="de-DE")
    page = context.new_page()
    page.goto(server.url)
    page.wait_for_selector("tri-chat textarea")
    yield page
    context.close()


@pytest.fixture
def evening(api):
    ids = [track["track_id"] for track in api.get("/v1/tracks", params={"limit": 5}).json()["tracks"]]
    return api.post("/v1/playlists", json={"title": "Abend", "track_ids": ids}).json()["id"]


def test_a_playlist_is_shaped_continued_and_looked_back_at_in_german(german, evening):
    page = german
    page.get_by_role("tab", name="Playlist").click()
    page.evaluate("id => document.dispatchEvent(new CustomEvent('trichord:playlist', { detail: { id } }))", arg=evening)
    page.locator("tri-playlist [data-panel=shape]").click()
    page.locator("[data-arc=rise]").click()
    page.get_by_role("button", name="Vorschau").click()
    page.get_by_text(re.compile(r"Die Liste hat jetzt 5 Titel, .*alle 5 bleiben")).wait_for(timeout=60_000)
    page.locator("tri-playlist [data-panel=goOn]").click()
    page.get_by_role("button", name="Vorschlagen").click()
    page.locator(".pl-reason").first.wait_for(timeout=60_000)
    assert all("klingt wie deine Titel" in why for why in page.locator(".pl-reason").all_inner_texts())
    page.locator("tri-playlist [data-panel=versions]").click()
    page.get_by_text("angelegt mit 5 Einträgen").wait_for()


def test_how_a_folder_is_opened_is_told_in_german_and_stays_in_its_box(german):
    page = german
    page.get_by_role("tab", name="Bibliothek").click()
    page.locator("#tri-lib-tab-ingest").click()
    told = page.get_by_text("Kein Ordner dieses Servers ist für die Seite offen")
    told.wait_for()
    assert told.evaluate("e => e.scrollWidth <= e.clientWidth + 1")


def test_why_no_others_says_each_thing_once(german):
    page = german
    page.fill("tri-chat textarea", "ruhiges Klavier ohne Gesang")
    page.press("tri-chat textarea", "Enter")
    page.get_by_text("Warum keine anderen?").click(timeout=60_000)
    told = page.locator(".chat-whynot li").all_inner_texts()
    assert any(re.search(r"zählt bei der Reihenfolge mit; \d+ Titel erfüllen es deutlich", line) for line in told)
    assert not any("zählt in der Reihenfolge: zählt" in line for line in told)


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_labels_of_a_brief_stay_in_their_columns(german, width):
    page = german
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_role("tab", name="Komponieren").click()
    page.locator("tri-studio textarea").first.fill("10 Sekunden ruhiges Klavier in d-Moll")
    page.locator(".st-mark[data-from=words]").first.wait_for(timeout=30_000)
    wide = """() => [...document.querySelectorAll("tri-studio :is(.st-field, .st-label)")]
      .filter((e) => e.offsetParent && e.scrollWidth > e.clientWidth + 1).map((e) => e.innerText)"""
    assert page.evaluate(wide) == []


def test_genres_and_moods_are_named_in_german_and_asked_for_by_the_servers_own_word(german, api):
    page = german
    tracks = api.get("/v1/library/tracks").json()
    asked = next(f for f in tracks["facets"] if f["concept"] in {"classical", "orchestral", "electronic"})
    names = {"classical": "Klassik", "orchestral": "Orchestermusik", "electronic": "Elektronik"}
    page.get_by_role("tab", name="Bibliothek").click()
    genre = page.locator(".tri-lib-first select").first
    genre.locator(f"option:text-is('{names[asked['concept']]} ({asked['count']})')").wait_for(state="attached")
    with page.expect_request(re.compile(f"/v1/library/tracks.*genre={asked['concept']}")):
        genre.select_option(asked["concept"])
    page.locator("#tri-lib-tab-overview").click()
    page.locator(".tri-lib-shares").get_by_text(names[asked["concept"]], exact=True).first.wait_for()
    page.locator("#tri-lib-tab-map").click()
    page.locator(".tri-lib-legend button").first.wait_for()
    told = page.locator(".tri-lib-legend button").all_inner_texts()
    assert not {"classical", "orchestral", "electronic"} & set(told)


def test_titles_in_an_answer_stand_in_german_quotation_marks(german):
    page = german
    page.fill("tri-chat textarea", "ruhiges Klavier")
    page.press("tri-chat textarea", "Enter")
    best = page.get_by_text("Am besten passt").first
    best.wait_for(timeout=60_000)
    assert re.search(r"#1 „[^“”]+“", best.inner_text())
    assert "“" not in re.sub(r"„[^“]*“", "", best.inner_text())


def test_an_upload_that_is_no_sound_is_told_of_in_german_by_its_files_name(german):
    page = german
    page.get_by_role("tab", name="Bibliothek").click()
    page.locator("#tri-lib-tab-ingest").click()
    files = [{"name": "kaputt.flac", "mimeType": "audio/flac", "buffer": bytes(range(256)) * 8}]
    page.locator("#tri-lib-ingest input[type=file]").set_input_files(files)
    job = page.locator(".tri-lib-job", has_text="kaputt.flac").first
    job.get_by_text("1 von 1 Dateien · 1 beiseitegelegt").wait_for(timeout=60_000)
    assert "Done" not in job.inner_text()
    page.locator(
        ".tri-lib-lines .tri-lib-hint", has_text=re.compile("hat weder Ton|keine lesbare|ist Text")
    ).first.wait_for()
