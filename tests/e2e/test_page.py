"""What a visitor does, in a real browser."""

import pytest

pytestmark = pytest.mark.browser


def ask(page, text):
    before = page.locator(".tri-card").count()
    page.fill("#tri-box textarea", text)
    page.keyboard.press("Enter")
    page.wait_for_function(f"document.querySelectorAll('.tri-card').length > {before}")
    return page.locator(".tri-card").nth(before)


def test_ask_hear_like_refine_export(page):
    card = ask(page, "calm ambient music")
    card.locator("audio").evaluate("player => player.play()")
    page.wait_for_function("[...document.querySelectorAll('audio')].some(a => a.currentTime > 0.3)")
    like = card.locator("[data-react=like]")
    like.click()
    page.wait_for_function("document.querySelector('[data-react=like][aria-pressed=true]') !== null")
    ask(page, "faster, without vocals")
    chips = page.locator(".tri-chip").all_inner_texts()
    assert any("vocal instrumental" in c for c in chips)
    with page.expect_download() as caught:
        page.locator("[data-export=m3u8]").last.click()
    assert caught.value.path().read_text(encoding="utf-8").startswith("#EXTM3U")


def test_upload_a_video_and_see_cards(page, clips):
    page.set_input_files("#tri-box input[type=file]", str(clips / "fast.mp4"))
    page.wait_for_timeout(1500)
    card = ask(page, "music for this clip")
    assert "picture" in card.inner_text()
    page.locator(".tri-scene").first.wait_for()


def test_the_sample_clip_needs_no_upload(page):
    page.get_by_text("Sample clip: night drive").click()
    page.wait_for_selector(".tri-card")


def test_compose_in_the_chat_and_hear_it(page):
    page.fill("#tri-box textarea", "compose 4 seconds of calm piano")
    page.keyboard.press("Enter")
    page.wait_for_selector(".tri-gen")
    assert page.locator(".tri-gen .tri-badge").inner_text() == "generated"
    page.wait_for_selector(".tri-gen audio", timeout=60_000)
    page.locator(".tri-gen audio").evaluate("player => player.play()")
    page.wait_for_function("document.querySelector('.tri-gen audio').currentTime > 0.2")


def test_continue_a_playlist_file(page, tmp_path):
    path = tmp_path / "mine.m3u8"
    path.write_text(
        "#EXTM3U\n#EXTINF:200,Muldjord - Chaos God\nchaos.ogg\n#EXTINF:1,X - Nowhere\nx.ogg\n", encoding="utf-8"
    )
    page.get_by_role("tab", name="Playlist").click()
    page.set_input_files("input[type=file] >> nth=-1", str(path))
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_selector("#tri-continued .tri-card")
    assert "Nowhere" in page.locator("#tri-continued").inner_text()


def test_a_bad_file_is_one_sentence_and_the_page_lives_on(page, tmp_path):
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"no film")
    page.set_input_files("#tri-box input[type=file]", str(path))
    page.wait_for_timeout(1000)
    page.fill("#tri-box textarea", "for this")
    page.keyboard.press("Enter")
    page.get_by_text("broken").last.wait_for()
    ask(page, "ambient")


def test_markup_in_a_message_is_text(page):
    page.fill("#tri-box textarea", '<img src=x onerror="window.hacked=1"> [link](javascript:alert(1)) calm')
    page.keyboard.press("Enter")
    page.wait_for_selector(".tri-card")
    assert page.evaluate("window.hacked") is None
    assert page.locator("#tri-log img[src='x']").count() == 0


def test_a_reload_keeps_the_conversation_also_after_a_restart(page, server):
    ask(page, "dark ambient")
    server.restart()
    page.reload()
    page.get_by_text("Welcome back").wait_for()
    assert page.locator(".tri-card").count() > 0


def test_a_narrow_screen_has_no_sideways_scroll(browser, server):
    context = browser.new_context(viewport={"width": 360, "height": 740})
    narrow = context.new_page()
    narrow.goto(server.url)
    narrow.wait_for_selector("#tri-box textarea")
    ask(narrow, "ambient")
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 361
    context.close()
