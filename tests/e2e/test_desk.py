"""The video desk in a real browser: from a clip to its cue sheet and the film with music."""

import re

import av
import httpx
import numpy as np
import pyloudnorm
import pytest
from desk_steps import IN_TIME, SOUND, faults_of, now, open_desk, upload, wait_for_revision
from film_media import heard, make_clip, seen, tone

# The first one waits for the catalogue, too.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("desk") / "walk.mp4"
    return make_clip(path, 12.0, (2.0, 4.0, 7.0, 9.0), size=(640, 360), sound=tone(12.0, 0.05))


def test_from_a_clip_to_the_film_with_music(page, clip, tmp_path):
    desk = upload(page, clip)
    desk.locator("[data-do=play]").click()
    page.wait_for_function(IN_TIME, timeout=30_000)
    page.wait_for_timeout(2000)
    first = now(page)
    assert first["audio"] > 1.5
    assert abs(first["drift"]) < 0.08
    page.keyboard.press("j")
    page.wait_for_function(f"() => ({SOUND})().track !== '{first['track']}'")
    page.wait_for_function(IN_TIME, timeout=30_000)
    page.wait_for_timeout(2000)
    second = now(page)
    assert not second["paused"]
    assert abs(second["drift"]) < 0.08
    page.keyboard.press("k")
    page.wait_for_function(f"() => ({SOUND})().track === '{first['track']}'")
    page.wait_for_function("() => performance.getEntriesByName('desk-swap').length === 2")
    assert page.evaluate("() => performance.getEntriesByName('desk-swap')[1].duration") < 300  # it was loaded already
    desk.locator("[data-do=play]").click()

    before = now(page)["revision"]
    desk.locator("li.desk-heard-now .desk-take").click()
    wait_for_revision(page, before)
    title = desk.locator(".desk-sheet tbody tr").first.inner_text()
    assert desk.locator("li.desk-heard-now .desk-names b").inner_text() in title
    desk.get_by_label("Fade out (s)").fill("0.5")
    desk.get_by_label("Fade out (s)").press("Enter")
    wait_for_revision(page, before + 1)
    with page.expect_download() as caught:
        desk.locator("a[data-format=edl]").click()
    edl = caught.value.path().read_text(encoding="utf-8")
    assert edl.startswith("TITLE:")
    assert "M001" in edl

    desk.get_by_role("button", name="Render the film").click()
    desk.get_by_role("link", name="Download the film").wait_for(timeout=60_000)
    with page.expect_download() as caught:
        desk.get_by_role("link", name="Download the film").click()
    film = tmp_path / "film.mp4"
    caught.value.save_as(film)
    codec, width, height, frames, seconds, _ = seen(film)
    assert (codec, width, height, frames) == ("h264", 640, 360, 300)
    assert seconds == pytest.approx(12.0, abs=0.1)
    with av.open(str(film)) as container:
        assert [(s.type, s.codec_context.name) for s in container.streams] == [("video", "h264"), ("audio", "aac")]
    sound, rate = heard(film)
    assert sound.shape[1] / rate == pytest.approx(12.0, abs=0.1)
    assert pyloudnorm.Meter(rate).integrated_loudness(sound.T.astype(np.float64)) == pytest.approx(-14.0, abs=1.0)
    assert not faults_of(page)


def test_what_a_licence_left_out_is_shown_by_one_button(page, clip):
    desk = upload(page, clip)
    licence = desk.get_by_label("Licence", exact=True)
    licence.select_option("film")
    more = desk.locator(".desk-left button").first
    more.wait_for()
    before = desk.locator(".desk-list li").count()
    more.click()
    page.wait_for_function("before => document.querySelectorAll('tri-desk .desk-list li').length > before", arg=before)
    assert licence.input_value() != "film"


def test_the_cue_sheet_changes_by_words_and_back(page, clip):
    desk = upload(page, clip)
    desk.get_by_label("Licence", exact=True).select_option("any")
    before = now(page)["revision"]
    desk.get_by_role("button", name="Fill empty segments").click()
    wait_for_revision(page, before)
    count = desk.locator(".desk-sheet tbody tr").count()
    box = desk.get_by_label("Say what to change")
    box.fill("good morning")
    box.press("Enter")
    desk.get_by_text("asks for no change of the music").wait_for()
    assert box.input_value() == "good morning"
    box.fill("something else in the middle, and a bit louder at the end")
    box.press("Enter")
    said = desk.get_by_label("What changed").locator("li")
    said.filter(has_text=re.compile("music at 3 dB|music at \\+3 dB")).wait_for(timeout=30_000)
    assert said.filter(has_text=re.compile("instead|nothing fits")).count()
    assert box.input_value() == ""
    desk.get_by_role("button", name="Undo", exact=True).click()
    wait_for_revision(page, before + 2)
    assert desk.locator(".desk-sheet tbody tr").count() == count


def test_segments_offsets_and_undo(page, clip, server):
    desk = upload(page, clip)
    page.evaluate("document.querySelector('tri-desk').player.seek(8.98)")
    page.wait_for_function("() => document.querySelector('tri-desk').player.video.currentTime > 8.9")
    cues = page.evaluate("() => document.querySelector('tri-desk').desk.sheet.cues.length")
    desk.get_by_role("button", name="Split at the playhead").click()
    page.wait_for_function(f"() => document.querySelector('tri-desk').desk.sheet.cues.length === {cues + 1}")
    border = desk.get_by_role("slider", name=re.compile("Border between")).last
    assert float(border.get_attribute("aria-valuenow")) == pytest.approx(9.0, abs=0.02)  # it snapped to the cut
    border.focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_function(
        "() => document.querySelector('tri-desk').desk.sheet.cues.some((c) => Math.abs(c.start_s - 8) < 0.02)"
    )
    handle = desk.get_by_role("slider", name=re.compile("Border between")).last
    box = handle.bounding_box()
    wide = desk.locator(".desk-track").bounding_box()["width"]
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + wide * 2 / 12, box["y"] + 10, steps=6)
    page.mouse.up()
    page.wait_for_function(
        "() => document.querySelector('tri-desk').desk.sheet.cues.some((c) => Math.abs(c.start_s - 10) < 0.1)"
    )

    page.wait_for_function("() => document.querySelectorAll('tri-desk .desk-list li').length > 0", timeout=30_000)
    revision = now(page)["revision"]
    desk.locator(".desk-take").first.click()
    wait_for_revision(page, revision)
    desk.get_by_label("Begins in the track at (s)").fill("3.25")
    desk.get_by_label("Begins in the track at (s)").press("Enter")
    page.wait_for_function("() => document.querySelector('tri-desk').desk.cue.offset_s === 3.25")
    slip = desk.locator("[data-key=slip]")
    box = slip.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 60 - wide / 12, box["y"] + 10, steps=6)
    page.mouse.up()
    page.wait_for_function("() => Math.abs(document.querySelector('tri-desk').desk.cue.offset_s - 4.25) < 0.05")

    # Somebody else writes; what is done here next is stale, and said.
    film = page.evaluate("() => document.querySelector('tri-desk').desk.film.id")
    here = f"{server.url}/v1/films/{film}/cues"
    sheet = httpx.get(here).json()
    keep = ("start_s", "end_s", "track_id", "offset_s", "gain_db", "fade_in_s", "fade_out_s", "duck")
    body = {"cues": [{k: cue[k] for k in keep} for cue in sheet["cues"]], "original": "remove"}
    httpx.put(here, json=body).raise_for_status()
    desk.get_by_label("Begins in the track at (s)").fill("1")
    desk.get_by_label("Begins in the track at (s)").press("Enter")
    desk.get_by_text("Somebody changed the cue sheet meanwhile.").wait_for()
    assert page.evaluate("() => document.querySelector('tri-desk').desk.sheet.original") == "remove"

    taken = page.evaluate("() => document.querySelector('tri-desk').desk.sheet.cues.filter((c) => c.track_id).length")
    desk.get_by_role("button", name=re.compile("Remove music of segment")).first.click()
    page.wait_for_function(
        f"() => document.querySelector('tri-desk').desk.sheet.cues.filter((c) => c.track_id).length === {taken - 1}"
    )
    desk.get_by_role("button", name="Undo").click()
    page.wait_for_function(
        f"() => document.querySelector('tri-desk').desk.sheet.cues.filter((c) => c.track_id).length === {taken}"
    )
    assert not faults_of(page)


def test_all_of_it_by_keys(page, clip):
    desk = upload(page, clip)

    def tab_to(selector):
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate(f"() => document.activeElement?.matches({selector!r})"):
                return
        raise AssertionError(f"no Tab leads to {selector}")

    desk.locator("h2").focus()
    tab_to("tri-desk [data-do=play]")
    page.keyboard.press("Space")
    page.wait_for_function(IN_TIME, timeout=30_000)
    tab_to("tri-desk .desk-hear")
    page.keyboard.press("ArrowDown")
    tried = now(page)["track"]
    revision = now(page)["revision"]
    page.keyboard.press("Enter")
    wait_for_revision(page, revision)
    assert tried in page.evaluate("() => document.querySelector('tri-desk').desk.sheet.cues.map((c) => c.track_id)")
    tab_to("tri-desk .desk-seek")
    page.keyboard.press("Home")
    page.keyboard.press("PageDown")
    page.wait_for_function(
        "() => Math.abs(document.querySelector('tri-desk .desk-seek').getAttribute('aria-valuenow') - 2) < 1.5"
    )
    tab_to("tri-desk .desk-segment")
    tab_to("tri-desk [data-key=slip]")
    offset = page.evaluate("() => document.querySelector('tri-desk').desk.piece.offset_s")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        f"() => Math.abs(document.querySelector('tri-desk').desk.piece.offset_s - {offset} - 0.1) < 0.02"
    )
    tab_to("tri-desk .desk-credit summary")
    page.keyboard.press("Enter")
    assert desk.locator(".desk-credit p").first.is_visible()
    tab_to("tri-desk .desk-out .desk-primary")
    page.keyboard.press("Enter")
    desk.get_by_role("link", name="Download the film").wait_for(timeout=60_000)


def test_the_focus_is_never_lost(page, tmp_path):
    # Encoded anew, so that the render takes a while.
    long = make_clip(tmp_path / "keys.avi", 30.0, (5.0, 10.0), size=(1280, 720), codec="mpeg4", sound=None)
    desk = upload(page, long)

    def press(button):
        button.focus()
        page.keyboard.press("Enter")

    def on_something():
        # Long enough for what comes back to itself.
        page.wait_for_timeout(1200)
        return page.evaluate("() => document.querySelector('tri-desk').contains(document.activeElement)")

    revision = now(page)["revision"]
    press(desk.locator(".desk-take:not(:disabled)").first)
    wait_for_revision(page, revision)
    assert on_something()
    press(desk.get_by_role("button", name=re.compile("^Go to segment 1")))
    assert on_something()
    press(desk.get_by_role("button", name=re.compile("^Remove")).first)
    assert on_something()
    undo = desk.get_by_role("button", name="Undo", exact=True)
    while undo.is_enabled():
        press(undo)
        assert on_something()
    press(desk.locator(".desk-take:not(:disabled)").first)
    assert on_something()
    press(desk.get_by_role("button", name="Render the film"))
    desk.get_by_role("button", name="Stop").wait_for()
    assert on_something()
    press(desk.get_by_role("button", name="Stop"))
    desk.get_by_text("The render was stopped.").wait_for()
    assert on_something()
    press(desk.get_by_role("button", name="Another clip"))
    desk.get_by_role("button", name="Choose a file").wait_for()
    assert on_something()


def test_a_picture_that_could_not_be_made_is_tried_again(page, tmp_path):
    """The server fails to make what browsers play, as on a full disk; the page says so and offers another try."""
    odd = make_clip(tmp_path / "odd.avi", 6.0, (2.0,), size=(320, 180), codec="mpeg4", sound=None)
    broken = True

    def answer(route):
        if route.request.method != "GET":
            route.continue_()
            return
        told = route.fetch()
        film = told.json()
        if broken and told.ok and "video" in film:
            film["video"] |= {"state": "failed", "message": "The disk is full; free some space."}
        route.fulfill(response=told, json=film)

    page.route(re.compile(r"/v1/films(/\w+)?$"), answer)
    desk = upload(page, odd)
    desk.get_by_text("The disk is full; free some space.").wait_for()
    broken = False
    desk.get_by_role("button", name="Try again").press("Enter")
    page.wait_for_function("() => document.querySelector('tri-desk').desk.film.video.state === 'ready'", timeout=60_000)
    desk.get_by_text("The disk is full").wait_for(state="detached")


def test_a_reload_in_the_middle_of_a_render_goes_on_showing_it(page, tmp_path):
    # Encoded anew, so that the render takes longer than a reload.
    long = make_clip(tmp_path / "long.avi", 30.0, (5.0, 10.0), size=(640, 360), codec="mpeg4", sound=None)
    desk = upload(page, long)
    page.wait_for_function(
        "() => document.querySelector('tri-desk').desk.film.video.state === 'ready'", timeout=120_000
    )
    revision = now(page)["revision"]
    desk.locator(".desk-take").first.click()
    wait_for_revision(page, revision)
    desk.get_by_role("button", name="Render the film").click()
    desk.get_by_role("button", name="Stop").wait_for()
    page.reload()
    page.get_by_role("tab", name="Video desk").click()
    desk.get_by_text(re.compile("Rendering: |The film is ready")).first.wait_for()
    desk.get_by_role("link", name="Download the film").wait_for(timeout=120_000)
    assert desk.locator(".desk-sheet tbody th").first.inner_text() != ""


def test_a_render_can_be_stopped(page, tmp_path):
    long = make_clip(tmp_path / "other.avi", 30.0, (5.0, 10.0), size=(1280, 720), codec="mpeg4", sound=None)
    desk = upload(page, long)
    revision = now(page)["revision"]
    desk.locator(".desk-take").first.click()
    wait_for_revision(page, revision)
    desk.get_by_role("button", name="Render the film").click()
    desk.get_by_role("button", name="Stop").click()
    desk.get_by_text("The render was stopped.").wait_for()
    assert desk.get_by_role("button", name="Render the film").is_visible()


def test_broken_foreign_and_cancelled_uploads_are_one_sentence(page, tmp_path, clip):
    desk = open_desk(page)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film" * 1000)
    desk.locator("input[type=file]").set_input_files(str(broken))
    alert = desk.locator(".desk-upload [role=alert]")
    alert.wait_for(timeout=30_000)
    assert "broken.mp4" in alert.inner_text()
    words = tmp_path / "notes.txt"
    words.write_text("words", encoding="utf-8")
    desk.locator("input[type=file]").set_input_files(str(words))
    desk.get_by_text("“notes.txt” is no video").wait_for()
    line = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 50_000}
    line.send("Network.emulateNetworkConditions", slow)
    desk.locator("input[type=file]").set_input_files(str(clip))
    desk.get_by_text(re.compile(r"Sending walk\.mp4: \d+ %")).wait_for()
    desk.get_by_role("button", name="Cancel").click()
    desk.get_by_text("The upload was cancelled.").wait_for()
    line.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    page.route("**/v1/films", lambda route: route.abort())
    desk.locator("input[type=file]").set_input_files(str(clip))
    desk.get_by_text("The upload broke off").wait_for()
    page.unroute("**/v1/films")
    assert not faults_of(page)
    desk.get_by_role("button", name="Night drive").click()
    desk.locator(".desk-room").wait_for(timeout=60_000)
    assert desk.locator("h2").inner_text() == "drive.mp4"
    desk.get_by_role("button", name="Another clip").click()
    desk.get_by_role("button", name="Choose a file").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_screen_in_german(browser, server, clip, scheme):
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme, has_touch=True)
    narrow = context.new_page()
    narrow.goto(server.url)
    narrow.wait_for_selector("tri-chat textarea")
    desk = upload(narrow, clip, "de")
    desk.get_by_role("button", name="Abspielen").tap()
    narrow.wait_for_function(IN_TIME, timeout=30_000)
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 361
    small = narrow.evaluate("""() => [...document.querySelectorAll("tri-desk :is(button, a, summary, select)")]
      .filter((e) => e.offsetParent && (e.offsetHeight < 24 || e.offsetWidth < 24)).map((e) => e.outerHTML)""")
    assert small == []
    desk.locator("summary", has_text="Zeitleiste als Tabelle").tap()
    assert desk.locator(".desk-details tbody tr").count() > 5
    assert faults_of(narrow) == []
    context.close()
