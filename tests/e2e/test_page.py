"""What a visitor does, in a real browser."""

import pytest
from chat_steps import BOX, CARDS, TURNS, ask, send, settle, wishes

pytestmark = pytest.mark.browser


def test_ask_hear_like_refine_export(page):
    turn = ask(page, "calm ambient music")
    card = turn.locator(".chat-card").first
    card.locator(".chat-play").click()
    page.wait_for_function("[...document.querySelectorAll('audio')].some(a => a.currentTime > 0.3)")
    assert card.locator(".chat-play").get_attribute("aria-label").startswith("Pause")
    card.locator("[data-react=like]").click()
    page.wait_for_function("document.querySelector('[data-react=like][aria-pressed=true]') !== null")
    turn = ask(page, "faster, without vocals")
    assert any("vocal instrumental" in c for c in turn.locator(".chat-chip").all_inner_texts())
    assert "vocal instrumental" in wishes(page)
    with page.expect_download() as caught:
        turn.locator("[data-export=m3u8]").click()
    assert caught.value.path().read_text(encoding="utf-8").startswith("#EXTM3U")


def test_upload_a_video_and_see_cards(page, clips):
    page.set_input_files("tri-chat input[type=file]", str(clips / "fast.mp4"))
    page.locator(".chat-files li", has_text="video").wait_for()
    turn = ask(page, "music for this clip")
    assert "picture" in turn.locator(".chat-card").first.inner_text()
    turn.locator(".chat-scene").wait_for()
    assert "fast.mp4" in turn.locator(".chat-bubble").inner_text()


def test_the_sample_clip_needs_no_upload(page):
    page.get_by_role("button", name="Night drive").first.click()
    page.wait_for_selector(CARDS)


def test_compose_in_the_chat_and_hear_it(page):
    turn = ask(page, "compose 4 seconds of calm piano")
    assert turn.locator(".chat-gen .chat-badge").inner_text() == "generated"
    turn.locator(".chat-gen audio").wait_for(timeout=60_000)
    turn.locator(".chat-gen audio").evaluate("player => player.play()")
    page.wait_for_function("document.querySelector('.chat-gen audio').currentTime > 0.2")
    assert "4.0 s" in turn.locator(".chat-gen [role=status]").inner_text()


def test_a_bad_file_is_one_sentence_and_the_page_lives_on(page, tmp_path):
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"no film")
    page.fill(BOX, "for this")
    page.set_input_files("tri-chat input[type=file]", str(path))
    page.locator("tri-chat [role=alert]", has_text="broken.mp4").wait_for()
    assert page.locator(".chat-files li").count() == 0
    assert page.input_value(BOX) == "for this"
    ask(page, "ambient")


def test_markup_in_a_message_is_text(page):
    said = '<img src=x onerror="window.hacked=1"> [link](javascript:alert(1)) **calm**'
    turn = ask(page, said)
    assert said in turn.locator(".chat-bubble").inner_text()
    assert page.evaluate("window.hacked") is None
    assert page.locator("tri-chat :is(img:not(.chat-cover > img), a[href^=javascript])").count() == 0


def test_a_reload_keeps_the_conversation_also_after_a_restart(page, server):
    ask(page, "dark ambient")
    titles = page.locator(f"{CARDS} h3").all_inner_texts()
    server.restart()
    page.reload()
    settle(page, 1)
    assert "dark ambient" in page.locator(TURNS).first.inner_text()
    assert page.locator(f"{CARDS} h3").all_inner_texts() == titles


def test_a_narrow_screen_has_no_sideways_scroll(browser, server):
    context = browser.new_context(viewport={"width": 360, "height": 740})
    narrow = context.new_page()
    narrow.goto(server.url)
    narrow.wait_for_selector(BOX)
    send(narrow, "ambient")
    settle(narrow, 1)
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 361
    context.close()


@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
def test_every_tab_is_in_sight_on_a_telephone(browser, server, language):
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale=language)
    narrow = context.new_page()
    narrow.goto(server.url)
    narrow.wait_for_selector("tri-chat textarea")
    narrow.wait_for_function(
        "() => [...document.querySelectorAll('button[role=tab]')].filter((tab) => tab.checkVisibility()"
        " && tab.getBoundingClientRect().right <= 360 && tab.getBoundingClientRect().width > 0).length >= 5"
    )
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_moves_while_the_page_comes_up(browser, server, width):
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.add_init_script(
        "window.shifted = 0; new PerformanceObserver((list) => list.getEntries().forEach((entry) => {"
        " if (!entry.hadRecentInput) window.shifted += entry.value; }))"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    page.goto(server.url)
    page.wait_for_selector(BOX)
    page.wait_for_timeout(1500)
    # A tenth is called good; the spinner of Gradio may move by a hair.
    assert page.evaluate("window.shifted") < 0.02
    context.close()


def test_compose_stands_inside_a_telephone(browser, server):
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(server.url)
    page.wait_for_selector(BOX)
    page.get_by_role("tab", name="Compose").click()
    page.locator("tri-studio textarea").first.wait_for()
    box = page.locator("#tri-compose").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    context.close()
