"""What tests of the video desk do and ask in a browser."""

from axe_playwright_python.sync_playwright import Axe

SOUND = """() => { const { video, sound, desk } = document.querySelector("tri-desk").player;
  return { time: video.currentTime, paused: video.paused, audio: sound.audio?.currentTime ?? null, drift: sound.drift,
    level: sound.level, track: desk.piece?.track_id ?? null, revision: desk.sheet?.revision ?? null }; }"""
IN_TIME = """() => { const { video, sound } = document.querySelector("tri-desk").player;
  return !video.paused && sound.audio !== null && !sound.audio.paused && sound.level > 0.1; }"""


def open_desk(page, language="en"):
    page.goto(f"{page.url.split('?')[0]}?lang={language}")
    page.get_by_role("tab", name="Video desk").click()
    page.locator("tri-desk .desk-upload").wait_for(state="attached")
    return page.locator("tri-desk")


def upload(page, clip, language="en"):
    desk = open_desk(page, language)
    desk.locator("input[type=file]").set_input_files(str(clip))
    desk.locator(".desk-room").wait_for(timeout=60_000)
    desk.get_by_label("Licence" if language == "en" else "Lizenz", exact=True).select_option("any")
    page.wait_for_function("() => document.querySelectorAll('tri-desk .desk-list li').length > 2", timeout=60_000)
    return desk


def now(page):
    return page.evaluate(SOUND)


def wait_for_revision(page, above):
    page.wait_for_function(f"() => document.querySelector('tri-desk').desk.sheet.revision > {above}", timeout=30_000)


def faults_of(page):
    found = Axe().run(page, context="tri-desk").response["violations"]
    return [(each["id"], each["nodes"][0]["html"][:160]) for each in found if each["impact"] in {"serious", "critical"}]
