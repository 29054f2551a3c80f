"""The playlist workspace and the page's player in a real browser: from a file to a file, by mouse and by keys."""

import os
import re
import shutil

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import Server

from catalog.formats.playlist import read_playlist

# The first test pays for the ingest of the catalogue and a server of its own.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
ROWS = "tri-playlist .pl-row"
PLAYER = "document.querySelector('tri-player')"


@pytest.fixture(scope="module")
def desk(catalogue, trichord, tmp_path_factory):
    """A server of its own: what is stored here is no other test's business."""
    data = tmp_path_factory.mktemp("lists")
    shutil.copytree(catalogue, data, dirs_exist_ok=True)
    told = {"TRICHORD_DATA_DIR": str(data), "TRICHORD_PLANNER": "rules"}
    with (tmp_path_factory.mktemp("log") / "server.log").open("w", encoding="utf-8") as log:
        running = Server(os.environ | trichord.environment | told, log)
        yield running
        running.stop()


@pytest.fixture
def rest(desk):
    with httpx.Client(base_url=desk.url, timeout=60) as client:
        yield client


@pytest.fixture
def tracks(rest):
    return rest.get("/v1/tracks", params={"limit": 12}).json()["tracks"]


@pytest.fixture
def stored(rest, tracks):
    """Store a list of five tracks and return its id."""
    ids = [t["track_id"] for t in tracks[:5]]
    return rest.post("/v1/playlists", json={"title": "Five", "track_ids": ids}).json()["id"]


@pytest.fixture
def visit(browser, desk):
    """Open the tab for a visitor, with a stored list if told. Script errors and foreign requests fail the test."""
    contexts, faults, foreign = [], [], []

    def opened(playlist_id=None, width=1280, height=900, lang="en", touch=False, script=None):
        context = browser.new_context(viewport={"width": width, "height": height}, locale=lang, has_touch=touch)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request", lambda r: foreign.append(r.url) if not r.url.startswith((desk.url, "data:", "blob:")) else None
        )
        if script:
            page.add_init_script(script)
        page.goto(desk.url)
        page.get_by_role("tab", name="Playlist", exact=True).click()
        page.wait_for_selector("tri-playlist .pl-tab")
        if playlist_id:
            send(page, "playlist", {"id": playlist_id})
            page.wait_for_selector(ROWS)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not faults
    assert not foreign


def send(page, name, detail):
    page.evaluate(
        "([name, detail]) => document.dispatchEvent(new CustomEvent(`trichord:${name}`, { detail }))", [name, detail]
    )


def show(page, panel):
    tab = page.locator(f"tri-playlist [data-panel={panel}]")
    if tab.get_attribute("aria-expanded") != "true":
        tab.click()


def names(page):
    return page.locator(f"{ROWS} .pl-line .pl-name").all_inner_texts()


def wait_names(page, expected):
    page.wait_for_function(
        "told => JSON.stringify([...document.querySelectorAll('tri-playlist .pl-row .pl-line .pl-name')]"
        ".map(n => n.textContent)) === JSON.stringify(told)",
        arg=expected,
    )


def version(page):
    return int(re.search(r"version (\d+)", page.locator(".pl-summary").inner_text())[1])


def wait_version(page, number):
    page.wait_for_function(
        f"document.querySelector('tri-playlist .pl-summary').textContent.includes('version {number}')"
    )


def drag(page, grip, target, below=True):
    start, end = grip.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + 40, end["y"] + end["height"] / 2, steps=6)
    page.mouse.move(end["x"] + 40, end["y"] + end["height"] * (0.9 if below else 0.1), steps=3)
    page.mouse.up()


def serious(page, context):
    found = Axe().run(page, context=context).response["violations"]
    return [
        (v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found if v["impact"] in {"serious", "critical"}
    ]


def play_at(page, seconds):
    page.evaluate(f"{PLAYER}.sound.seek({seconds})")


def test_from_a_file_to_a_file(visit, tracks, tmp_path, rest):
    page = visit()
    entries = "".join(
        f"#EXTINF:{t['duration_s']:.0f},{t['artist']} - {t['title']}\n{t['track_id']}.ogg\n" for t in tracks[:5]
    )
    path = tmp_path / "mine.m3u8"
    path.write_text(f"#EXTM3U\n{entries}#EXTINF:1,X - Nowhere to be found\nx.ogg\n", encoding="utf-8")
    show(page, "lists")
    page.set_input_files("tri-playlist input[type=file]", str(path))
    report = page.locator(".pl-report")
    report.wait_for()
    assert "1 not here" in report.inner_text()
    assert "Nowhere to be found" in report.inner_text()
    report.get_by_label("Title").fill("Brought in")
    report.get_by_role("button", name="Import 6 entries").click()
    page.wait_for_selector(ROWS)
    before = names(page)
    assert before[:5] == [t["title"] for t in tracks[:5]]
    assert "not in your catalogue" in page.locator(ROWS).nth(5).inner_text()

    drag(page, page.locator(".pl-grip").nth(0), page.locator(ROWS).nth(2))
    wait_names(page, [before[1], before[2], before[0], *before[3:]])
    page.locator(".pl-grip").nth(4).focus()
    page.keyboard.press("Alt+ArrowUp")
    wait_names(page, [before[1], before[2], before[0], before[4], before[3], before[5]])
    page.get_by_text(f"{before[4]} is now 4 of 6").wait_for()
    assert page.evaluate("document.activeElement.closest('li').dataset.key").startswith(tracks[4]["track_id"])
    wait_version(page, 3)

    show(page, "shape")
    arc = page.locator(".pl-arc").bounding_box()
    left, right = arc["x"] + 60, arc["x"] + arc["width"] - 25
    page.mouse.move(left, arc["y"] + arc["height"] - 30)
    page.mouse.down()
    page.mouse.move((left + right) / 2, arc["y"] + 30, steps=12)
    page.mouse.move(right, arc["y"] + arc["height"] - 30, steps=12)
    page.mouse.up()
    points = page.locator(".pl-point")
    assert points.count() >= 5
    page.get_by_role("button", name="Preview").click()
    page.locator(".pl-takeit").wait_for()
    proposed = page.locator(".pl-result ol li > span:first-child").all_inner_texts()
    assert version(page) == 3  # a preview writes nothing
    page.locator(".pl-takeit").click()
    wait_version(page, 4)
    assert names(page) == proposed
    page.get_by_role("button", name="Undo").click()
    wait_version(page, 5)
    wait_names(page, [before[1], before[2], before[0], before[4], before[3], before[5]])
    page.get_by_role("button", name="Redo").click()
    wait_names(page, proposed)

    show(page, "goOn")
    page.get_by_role("spinbutton", name="How many").fill("3")
    page.get_by_role("button", name="Suggest").click()
    page.locator(".pl-offer").nth(2).wait_for()
    assert all(page.locator(".pl-offer .pl-reason").all_inner_texts())
    first = page.locator(".pl-offer .pl-name").first.inner_text()
    reason = page.locator(".pl-offer .pl-reason").first.inner_text()
    page.locator(".pl-offer .pl-take").first.click()
    page.wait_for_function(f"document.querySelectorAll('{ROWS}').length === 7")
    assert names(page)[6] == first
    assert reason in page.locator(ROWS).nth(6).inner_text()
    page.get_by_role("button", name="Add all").click()
    page.wait_for_function(f"document.querySelectorAll('{ROWS}').length === 9")

    show(page, "manage")
    for form in ("XSPF", "JSPF", "CSV", "M3U8"):
        with page.expect_download() as caught:
            page.get_by_role("link", name=form, exact=True).click()
        read = read_playlist(caught.value.path().read_bytes(), f"x.{form.lower()}")
        assert [e.title for e in read.entries] == names(page)


def test_several_are_chosen_and_moved_together(visit, stored):
    page = visit(stored, height=1300)  # nothing scrolls below the pointer
    before = names(page)
    for n in (0, 3):
        page.locator(ROWS).nth(n).get_by_role("checkbox").check()
    page.get_by_text("2 selected").wait_for()
    drag(page, page.locator(".pl-grip").nth(3), page.locator(ROWS).nth(4))
    wait_names(page, [before[1], before[2], before[4], before[0], before[3]])
    wait_version(page, 2)
    page.get_by_role("button", name="Remove", exact=True).click()
    wait_names(page, [before[1], before[2], before[4]])
    # The button went with the selection; the keys still reach the workspace.
    assert page.evaluate("document.querySelector('tri-playlist').contains(document.activeElement)")
    page.keyboard.press("Control+z")
    wait_names(page, [before[1], before[2], before[4], before[0], before[3]])


def test_a_stale_write_is_told_and_can_be_done_again(visit, stored, rest, tracks):
    page = visit(stored)
    other = visit(stored)
    before = names(page)
    page.locator(ROWS).nth(1).get_by_role("checkbox").check()
    other.locator(ROWS).nth(4).get_by_role("button", name="Remove").click()
    wait_version(other, 2)
    page.locator(".pl-grip").nth(0).focus()
    page.keyboard.press("Alt+ArrowDown")
    page.get_by_role("alert").get_by_text("Somebody changed this list meanwhile").wait_for()
    wait_names(page, before[:4])
    assert page.locator(ROWS).nth(1).get_by_role("checkbox").is_checked()
    page.get_by_role("button", name="Do it again").click()
    wait_names(page, [before[1], before[0], *before[2:4]])
    rest.delete(f"/v1/playlists/{stored}")
    page.locator(".pl-grip").nth(0).focus()
    page.keyboard.press("Alt+ArrowDown")
    page.get_by_role("alert").get_by_text("not there any more").wait_for()


def test_versions_are_looked_at_compared_and_brought_back(visit, stored):
    page = visit(stored)
    before = names(page)
    page.locator(ROWS).nth(0).get_by_role("button", name="Remove").click()
    wait_names(page, before[1:])
    page.get_by_label("Title of the playlist").fill("Four")
    page.keyboard.press("Enter")
    wait_version(page, 3)
    show(page, "versions")
    first = page.locator(".pl-version[data-version='1']")
    first.get_by_role("button", name="Look").click()
    first.get_by_text(f"no longer there: {before[0]}").wait_for()
    assert first.locator(".pl-held ol li").count() == 5
    first.get_by_role("button", name="Bring back").click()
    wait_names(page, before)
    assert page.get_by_label("Title of the playlist").input_value() == "Five"


def test_a_row_says_why_is_banned_and_let_in_again(visit, stored):
    page = visit(stored)
    before = names(page)
    row = page.locator(ROWS).nth(1)
    row.get_by_role("button", name="Why is").click()
    page.wait_for_function("document.querySelectorAll('tri-playlist .pl-why')[1].textContent.length > 15")
    row.get_by_role("button", name="Pin").click()
    row.get_by_role("button", name="Unpin").wait_for()
    row.get_by_role("button", name="Find something between").click()
    row.locator(".pl-under .pl-take, .pl-under p").first.wait_for()
    page.locator(ROWS).nth(2).get_by_role("button", name="Never again").click()
    wait_names(page, [*before[:2], *before[3:]])
    show(page, "manage")
    page.get_by_role("button", name=f"Let {before[2]} in again").click()
    page.get_by_text("Nothing is banned").wait_for()
    page.get_by_role("button", name="Delete this list").click()
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Delete this list").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("No playlist is open").wait_for()


def test_tracks_from_elsewhere_come_into_the_open_list_and_markup_stays_text(visit, tracks, rest):
    page = visit()
    send(page, "add", {"tracks": tracks[:2]})
    wait_names(page, [t["title"] for t in tracks[:2]])
    page.get_by_label("Title of the playlist").fill("<img src=x onerror='window.hacked=1'>")
    page.keyboard.press("Enter")
    wait_version(page, 2)
    send(page, "add", {"tracks": tracks[2:3]})
    wait_names(page, [t["title"] for t in tracks[:3]])
    page.reload()
    page.get_by_role("tab", name="Playlist", exact=True).click()
    wait_names(page, [t["title"] for t in tracks[:3]])
    show(page, "lists")
    page.locator(".pl-open").first.wait_for()
    assert page.evaluate("window.hacked") is None
    page.get_by_label("Search your lists").fill("img src onerror")
    page.wait_for_function("document.querySelector('.pl-open strong')?.textContent.startsWith('<img')")
    assert page.locator("tri-playlist img").count() == 0


def test_a_bad_file_is_one_sentence(visit, tmp_path):
    page = visit()
    show(page, "lists")
    (tmp_path / "bad.xspf").write_text("<playlist", encoding="utf-8")
    page.set_input_files("tri-playlist input[type=file]", str(tmp_path / "bad.xspf"))
    page.locator("#pl-lists .pl-alert:not(:empty)").first.wait_for()


def test_the_next_preview_follows_without_a_gap(visit, tracks):
    page = visit()
    send(page, "play", {"tracks": tracks[:5], "index": 0, "from": "chat"})
    gaps = []
    for n in range(4):
        page.wait_for_function(f"{PLAYER}.sound.node.currentTime > 0.05 && {PLAYER}.sound.other.readyState >= 3")
        assert page.locator(".pr-title").inner_text() == tracks[n]["title"]
        page.evaluate(f"{PLAYER}.sound.seek({PLAYER}.sound.length - 2.2)")
        page.wait_for_function(f"{PLAYER}.gaps.length > {n}", timeout=20_000)
        gaps.append(page.evaluate(f"{PLAYER}.gaps.at(-1)"))
    print("gaps in ms:", [round(g, 1) for g in gaps])
    assert page.locator(".pr-title").inner_text() == tracks[4]["title"]
    # Both by the clocks of the two players; a loaded machine may be late once.
    assert sorted(map(abs, gaps))[2] < 60


def test_media_keys_and_page_keys_move_the_queue(visit, tracks):
    page = visit(
        script="window.handlers = {}; const set = navigator.mediaSession.setActionHandler.bind(navigator.mediaSession);"
        "navigator.mediaSession.setActionHandler = (name, run) => { window.handlers[name] = run; set(name, run); };"
    )
    send(page, "queue", {"tracks": tracks[:3]})
    title, sounding = page.locator(".pr-title"), f"!{PLAYER}.sound.node.paused"
    title.get_by_text(tracks[0]["title"], exact=True).wait_for()
    assert page.evaluate(sounding) is False  # queued, not played
    assert {"play", "pause", "nexttrack", "previoustrack", "seekto"} <= set(page.evaluate("Object.keys(handlers)"))
    page.evaluate("handlers.play()")
    page.wait_for_function(f"{sounding} && navigator.mediaSession.playbackState === 'playing'")
    assert page.evaluate("navigator.mediaSession.metadata.title") == tracks[0]["title"]
    page.wait_for_function(f"{PLAYER}.sound.length > 5")
    page.evaluate("handlers.seekto({ seekTime: 4 })")
    page.wait_for_function(f"Math.abs({PLAYER}.sound.position - 4) < 1")
    page.evaluate("handlers.nexttrack()")
    title.get_by_text(tracks[1]["title"], exact=True).wait_for()
    page.keyboard.press("Alt+n")
    title.get_by_text(tracks[2]["title"], exact=True).wait_for()
    page.keyboard.press("Alt+b")
    title.get_by_text(tracks[1]["title"], exact=True).wait_for()
    page.keyboard.press("Alt+p")
    page.wait_for_function(f"{PLAYER}.sound.node.paused")
    show(page, "lists")
    page.get_by_label("Search your lists").focus()
    page.keyboard.press("Alt+p")
    page.wait_for_timeout(300)
    assert page.evaluate(f"{PLAYER}.sound.node.paused")  # somebody types
    page.keyboard.press("Escape")


def test_a_reload_keeps_the_queue_and_leaves_out_what_is_gone(visit, tracks):
    page = visit()
    send(page, "play", {"tracks": tracks[:3], "index": 1, "from": "chat"})
    page.wait_for_function(f"{PLAYER}.sound.length > 12")
    play_at(page, 10)
    page.wait_for_function(f"{PLAYER}.sound.position > 10.3")
    page.reload()
    page.locator(".pr-title").get_by_text(tracks[1]["title"], exact=True).wait_for()
    page.wait_for_function(f"Math.abs({PLAYER}.sound.position - 10.5) < 2")
    assert page.evaluate(f"{PLAYER}.sound.node.paused")
    page.evaluate(
        "const q = JSON.parse(localStorage['trichord-player-queue']); q.ids[0] = 'feedfeedfeedfeed';"
        "addEventListener('pagehide', () => { localStorage['trichord-player-queue'] = JSON.stringify(q); })"
    )
    page.reload()
    page.get_by_text("One track of the queue is no longer in the catalogue").wait_for()
    assert page.evaluate(f"{PLAYER}.queue.ids") == [t["track_id"] for t in tracks[1:3]]
    assert page.locator(".pr-title").inner_text() == tracks[1]["title"]


def test_a_track_that_is_gone_is_told_and_the_next_plays(visit, tracks):
    page = visit()
    gone = {"track_id": "feedfeedfeedfeed", "title": "Long gone", "artist": None, "licence": None}
    send(page, "play", {"tracks": [gone, tracks[0]], "index": 0, "from": "chat"})
    page.get_by_role("alert").get_by_text("“Long gone” cannot be played").wait_for()
    page.wait_for_function(f"{PLAYER}.sound.node.currentTime > 0.2")
    assert page.locator(".pr-title").inner_text() == tracks[0]["title"]


def test_one_sound_at_a_time(visit, tracks, desk):
    page = visit()
    send(page, "play", {"tracks": tracks[:1], "index": 0, "from": "chat"})
    page.wait_for_function(f"{PLAYER}.sound.node.currentTime > 0.2")
    page.evaluate(
        f"window.other = document.body.appendChild(new Audio('{tracks[1]['preview_url']}')); window.other.play()"
    )
    page.wait_for_function(f"window.other.currentTime > 0.1 && {PLAYER}.sound.node.paused && !{PLAYER}.sound.playing")
    page.evaluate(f"{PLAYER}.sound.play()")
    page.wait_for_function("window.other.paused")
    send(page, "pause", {})
    page.wait_for_function(f"{PLAYER}.sound.node.paused")


def test_skips_and_ends_of_a_chats_tracks_are_told(visit, tracks, rest, desk):
    told = []
    page = visit()
    page.on("request", lambda r: told.append(r.post_data_json) if "/feedback" in r.url else None)
    send(page, "play", {"tracks": tracks[:2], "index": 0, "from": "chat", "session_id": "listening"})
    page.wait_for_function(f"{PLAYER}.sound.node.currentTime > 0.1")
    page.keyboard.press("Alt+n")
    page.wait_for_function(f"{PLAYER}.sound.node.currentTime > 0.1 && {PLAYER}.queue.index === 1")
    page.evaluate(f"{PLAYER}.sound.seek({PLAYER}.sound.length - 1)")
    page.wait_for_function(f"!{PLAYER}.sound.playing")
    page.wait_for_timeout(300)
    assert [(t["track_id"], t["kind"]) for t in told] == [
        (tracks[0]["track_id"], "skip"),
        (tracks[1]["track_id"], "complete"),
    ]


def test_the_queue_is_reordered_saved_and_cleared_by_keys(visit, tracks):
    page = visit()
    send(page, "queue", {"tracks": tracks[:4]})
    page.locator(".pr-bar").wait_for()
    page.locator("tri-playlist .pl-tab").first.focus()
    page.keyboard.press("Alt+u")
    assert page.locator(".pr-item").count() == 4
    page.locator(".pr-grip").nth(3).focus()
    page.keyboard.press("Alt+ArrowUp")
    page.get_by_text(f"{tracks[3]['title']} is now 3 of 4").wait_for()
    page.locator(".pr-item").nth(0).get_by_role("button", name="Remove").focus()
    page.keyboard.press("Enter")
    ids = [tracks[n]["track_id"] for n in (1, 3, 2)]
    assert page.evaluate(f"{PLAYER}.queue.ids") == ids
    page.get_by_role("button", name="Save as playlist").press("Enter")
    page.keyboard.type("What I heard")
    page.keyboard.press("Enter")
    page.get_by_text("Saved as “What I heard”").wait_for()
    wait_names(page, [tracks[n]["title"] for n in (1, 3, 2)])
    for mode in ("Repeat: the queue", "Repeat: this track", "Repeat: off"):
        page.locator(".pr-repeat").press("Enter")
        assert page.locator(".pr-repeat").get_attribute("aria-label") == mode
    page.locator(".pr-shuffle").press("Enter")
    assert sorted(page.evaluate(f"{PLAYER}.queue.ids")) == sorted(ids)
    page.locator(".pr-shuffle").press("Enter")
    assert page.evaluate(f"{PLAYER}.queue.ids") == ids
    page.get_by_role("button", name="Clear", exact=True).press("Enter")
    page.locator(".pr-bar").wait_for(state="hidden")


def test_everything_of_a_list_goes_by_keys(visit, stored):
    page = visit(stored)
    before = names(page)
    page.locator(".pl-grip").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Alt+ArrowDown")
    wait_names(page, [before[0], before[2], before[1], *before[3:]])
    page.keyboard.press("Delete")
    wait_names(page, [before[0], before[2], *before[3:]])
    page.locator("tri-playlist [data-panel=shape]").press("Enter")
    page.locator("[data-arc=rise]").press("Enter")
    point = page.locator(".pl-point").first
    point.focus()
    before_energy = int(point.get_attribute("aria-valuenow"))
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert int(page.locator(".pl-point").first.get_attribute("aria-valuenow")) > before_energy
    assert page.evaluate("document.activeElement.dataset.n") == "0"
    page.get_by_role("button", name="Add a point").press("Enter")
    assert page.locator(".pl-point").count() == 3
    page.locator(".pl-point").nth(1).press("Delete")
    assert page.locator(".pl-point").count() == 2
    page.get_by_role("button", name="Preview").press("Enter")
    page.locator(".pl-takeit").press("Enter")
    page.get_by_text("The list is as you wished").wait_for()


def test_what_is_dropped_does_not_take_the_focus_along(visit, stored):
    page = visit(stored)
    page.locator("tri-playlist [data-panel=shape]").press("Enter")
    page.locator("[data-arc=rise]").press("Enter")
    page.get_by_role("button", name="Preview").press("Enter")
    page.locator(".pl-takeit").wait_for()
    page.get_by_role("button", name="Drop it").focus()
    page.keyboard.press("Enter")
    page.locator(".pl-takeit").wait_for(state="detached")
    page.wait_for_function(
        "() => document.querySelector('tri-playlist').contains(document.activeElement)", timeout=3_000
    )


@pytest.mark.parametrize("panel", ["lists", "shape", "goOn", "versions", "manage"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_part_fits_and_is_accessible(visit, stored, tracks, panel, width):
    page = visit(stored, width, 740)
    send(page, "queue", {"tracks": tracks[:3]})
    show(page, panel)
    if panel == "shape":
        page.locator("[data-arc=wave]").click()
        page.get_by_role("button", name="Preview").click()
        page.locator(".pl-takeit").wait_for()
    if panel == "goOn":
        page.get_by_role("button", name="Suggest").click()
        page.locator(".pl-offer").first.wait_for()
    page.locator(".pr-list").click()
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= width + 1
    assert serious(page, "tri-playlist") == []
    assert serious(page, "tri-player") == []
    small = page.evaluate(
        "[...document.querySelectorAll('tri-playlist button, tri-player button')].filter(b => b.offsetParent && "
        "(b.offsetHeight < 24 || b.offsetWidth < 24)).map(b => b.outerHTML.slice(0, 90))"
    )
    assert small == []


def test_it_works_as_a_column_beside_something_else(visit, stored):
    page = visit(stored)
    page.add_style_tag(content="tri-playlist { max-width: 400px; }")
    assert page.evaluate("document.querySelector('tri-playlist').scrollWidth") <= 400
    boxes = (
        page.locator(ROWS)
        .first.locator("button:visible")
        .evaluate_all("all => all.map(b => b.getBoundingClientRect().right)")
    )
    left = page.locator("tri-playlist").bounding_box()["x"]
    assert max(boxes) <= left + 401


def test_a_finger_drags_a_row(visit, stored):
    page = visit(stored, 360, 740, touch=True)
    before = names(page)
    page.locator(ROWS).nth(2).scroll_into_view_if_needed()
    start, end = page.locator(".pl-grip").nth(0).bounding_box(), page.locator(ROWS).nth(1).bounding_box()
    touch = page.context.new_cdp_session(page)
    x, y = start["x"] + 10, start["y"] + 10
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        to = y + (end["y"] + end["height"] * 0.9 - y) * step / 8
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": to}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait_names(page, [before[1], before[0], *before[2:]])


def test_the_german_page_speaks_german(visit, stored):
    page = visit(stored, lang="de-DE")
    assert page.locator("tri-playlist [data-panel=versions]").inner_text() == "Fassungen"
    assert re.match(r"5 Titel · [\d:]+ · Fassung 1", page.locator(".pl-summary").inner_text())
