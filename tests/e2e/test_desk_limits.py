"""The video desk at its limits in a real browser: films of hours, and a disk that is full."""

import re
import shutil
import subprocess

import av
import pytest
from conftest import Server
from desk_steps import IN_TIME, faults_of, now, open_desk, upload, wait_for_revision
from film_media import make_clip, repeated, tone

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

MINUTE_S = 60.1


@pytest.fixture(scope="module")
def minute(tmp_path_factory):
    path = tmp_path_factory.mktemp("minute") / "minute.mp4"
    return make_clip(path, 60.0, (20.0, 40.0), fps=2, size=(160, 90), sound=tone(60.0, 0.1))


def test_a_film_of_two_hours_is_heard_cued_and_its_render_tells_how_far_it_is(page, minute, tmp_path):
    desk = upload(page, repeated(tmp_path / "long.mp4", minute, 120, MINUTE_S))
    desk.get_by_text("0:00.0 / 2:00:11.9").wait_for()
    page.evaluate("document.querySelector('tri-desk').player.seek(5400)")
    desk.get_by_text("1:30:00.0 / 2:00:11.9").wait_for()
    cues = page.evaluate("() => document.querySelector('tri-desk').desk.sheet.cues.length")
    desk.get_by_role("button", name="Split at the playhead").click()
    page.wait_for_function(f"() => document.querySelector('tri-desk').desk.sheet.cues.length === {cues + 1}")
    # No cut lies near; seven pixels are half a minute here.
    assert 5400 in page.evaluate("() => document.querySelector('tri-desk').desk.sheet.cues.map((c) => c.start_s)")
    page.wait_for_function("() => document.querySelectorAll('tri-desk .desk-list li').length > 0", timeout=60_000)
    desk.locator("[data-do=play]").click()
    page.wait_for_function(IN_TIME, timeout=60_000)
    desk.locator("[data-do=play]").click()
    revision = now(page)["revision"]
    desk.locator(".desk-take").first.click()
    wait_for_revision(page, revision)
    with page.expect_download() as caught:
        desk.locator("a[data-format=edl]").click()
    # Timecode of 23.976 pictures a second falls behind the clock by 3.6 s an hour.
    assert "01:29:54" in caught.value.path().read_text(encoding="utf-8")
    desk.get_by_role("button", name="Render the film").click()
    desk.get_by_text(re.compile("Rendering: ([1-9]|1[0-9]) %")).wait_for(timeout=120_000)
    desk.get_by_text(re.compile(r"about \d+ min left")).wait_for(timeout=120_000)
    desk.get_by_role("button", name="Stop").click()
    desk.get_by_text("The render was stopped.").wait_for()
    assert faults_of(page) == []
    desk.get_by_role("button", name="Delete this film").click()
    desk.get_by_role("button", name="Cancel").click()
    desk.get_by_role("button", name="Delete this film").click()
    desk.get_by_role("button", name="Delete", exact=True).click()
    desk.get_by_role("button", name="Choose a file").wait_for()


def test_a_film_beyond_three_hours_is_one_sentence_with_its_name(page, minute, tmp_path):
    desk = open_desk(page)
    desk.locator("input[type=file]").set_input_files(str(repeated(tmp_path / "epic.mp4", minute, 2, 3 * 3600)))
    alert = desk.locator(".desk-upload [role=alert]")
    alert.wait_for(timeout=60_000)
    assert re.search(r"epic\.mp4.* 3 h|epic\.mp4.*10800", alert.inner_text()), alert.inner_text()
    assert desk.get_by_role("button", name="Choose a file").is_visible()


class Disk:
    """A small disk, to be filled to the brim; needs the right to mount one."""

    def __init__(self, folder, megabytes):
        self.folder, self._ballast = folder, folder / "ballast"
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], capture_output=True, check=False
        )
        if made.returncode:
            pytest.skip("no right to mount a small disk here")

    def fill(self, but=0):
        with self._ballast.open("ab", buffering=0) as file:
            while (free := shutil.disk_usage(self.folder).free - but) > 0:
                file.write(bytes(min(free, 1 << 20)))

    def empty(self):
        self._ballast.unlink(missing_ok=True)

    def close(self):
        subprocess.run(["umount", "-l", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    made = Disk(folder, 256)
    yield made
    made.close()


@pytest.fixture
def on_disk(disk, catalogue, trichord, tmp_path):
    """A server whose data lie on the small disk, with the music of the others."""
    shutil.copytree(catalogue, disk.folder / "data", ignore=shutil.ignore_patterns("films", "previews", "uploads"))
    environment = trichord.environment | {"TRICHORD_DATA_DIR": str(disk.folder / "data")}
    with (tmp_path / "server.log").open("w", encoding="utf-8") as log:
        running = Server(environment, log)
        yield running
        running.stop()


@pytest.fixture
def visitor(browser, on_disk):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(on_disk.url)
    page.wait_for_selector("tri-chat textarea")
    yield page
    context.close()
    assert not faults


def test_a_full_disk_costs_a_sentence_and_nothing_else(visitor, disk, on_disk, tmp_path):
    page = visitor
    # Encoded anew, so that there is time for the disk to fill.
    clip = make_clip(tmp_path / "walk.avi", 30.0, (5.0, 10.0), size=(1280, 720), codec="mpeg4", sound=tone(30.0, 0.1))
    desk = upload(page, clip)
    ready = "() => document.querySelector('tri-desk').desk.film.video.state === 'ready'"
    page.wait_for_function(ready, timeout=120_000)
    revision = now(page)["revision"]
    desk.locator(".desk-take:not(:disabled)").first.click()
    wait_for_revision(page, revision)
    piece = desk.locator(".desk-sheet tbody th").first.inner_text()
    alert, render = desk.locator(".desk-out [role=alert]"), desk.get_by_role("button", name="Render the film")

    disk.fill(but=8 << 20)
    render.click()
    desk.get_by_text(re.compile(r"needs about \d+ MB and the disk has \d+ MB left; free some space")).wait_for()
    disk.empty()
    render.click()
    desk.get_by_text(re.compile("Rendering: [1-9]")).wait_for(timeout=120_000)
    assert not alert.is_visible()
    disk.fill()
    alert.filter(has_text="There is no room on the disk for the film; free some space").wait_for(timeout=120_000)
    assert render.is_visible()
    assert desk.locator(".desk-sheet tbody th").first.inner_text() == piece
    assert not list((disk.folder / "data" / "films").glob("*/.*.part"))

    desk.get_by_role("button", name="Another clip").click()
    desk.locator("input[type=file]").set_input_files(str(clip))
    desk.locator(".desk-upload [role=alert]").filter(has_text="disk is full; free some space").wait_for(timeout=60_000)
    page.get_by_role("tab", name="Chat").click()
    page.fill("tri-chat textarea", "calm piano")
    page.press("tri-chat textarea", "Enter")
    page.wait_for_function(
        "() => { const chat = document.querySelector('tri-chat'); return chat.chat.running === null"
        " && (chat.chat.last?.number === 1 || /disk is full/i.test(chat.log.node.innerText)); }",
        timeout=120_000,
    )

    disk.empty()
    on_disk.restart()
    page.reload()
    desk = upload(page, clip)
    revision = now(page)["revision"]
    desk.locator(".desk-take:not(:disabled)").first.click()
    wait_for_revision(page, revision)
    desk.get_by_role("button", name="Render the film").click()
    with page.expect_download(timeout=120_000) as caught:
        desk.get_by_role("link", name="Download the film").click(timeout=120_000)
    film = tmp_path / "film.mp4"
    caught.value.save_as(film)
    with av.open(str(film)) as container:
        assert container.duration / 1e6 == pytest.approx(30.0, abs=0.2)
