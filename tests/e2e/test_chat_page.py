"""The chat in a real browser: five turns, chips, editing, stopping, sessions, links, reloads, a restart, keys, axe."""

import os
import shutil

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from chat_steps import BOX, CARDS, TURNS, ask, send, settle, wishes
from conftest import Server
from small_server import serving, settled

from catalog.values import Described, TrackId, TrackMetadata
from ui.compose import App
from ui.settings import load_settings

# The first test pays for the ingest of the catalogue and a server of its own.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def desk(catalogue, trichord, tmp_path_factory):
    """A server of its own: its conversations are counted, and it is killed."""
    data = tmp_path_factory.mktemp("chats")
    shutil.copytree(catalogue, data, dirs_exist_ok=True)
    told = {"TRICHORD_DATA_DIR": str(data), "TRICHORD_PLANNER": "rules"}
    with (tmp_path_factory.mktemp("log") / "server.log").open("w", encoding="utf-8") as log:
        running = Server(os.environ | trichord.environment | told, log)
        yield running
        running.stop()


@pytest.fixture
def visit(browser, desk):
    """Open the page for a fresh visitor; a script error or a request that leaves this machine fails the test."""
    contexts, faults, foreign = [], [], []

    def opened(width=1280, height=900, lang="en", path="/", context=None):
        if context is None:
            context = browser.new_context(viewport={"width": width, "height": height}, locale=lang)
            contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request", lambda r: foreign.append(r.url) if not r.url.startswith((desk.url, "data:", "blob:")) else None
        )
        page.goto(f"{desk.url}{path}")
        page.wait_for_selector(BOX if "shared=" not in path else "tri-chat .chat-log")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not faults
    assert not foreign


def held_up(page):
    """Let the next message get no answer, and not reach the server."""
    page.route("**/v1/chat", lambda route: None, times=1)


def serious(page):
    found = Axe().run(page, context="tri-chat").response["violations"]
    return [
        (v["id"], [n["html"][:160] for n in v["nodes"]][:3]) for v in found if v["impact"] in {"serious", "critical"}
    ]


def test_five_turns_keep_every_wish_and_a_chip_takes_one_back(visit):
    page = visit()
    for message in ("calm ambient", "under 4 minutes", "no vocals", "slower", "only from 1990 on"):
        ask(page, message)
    kept = wishes(page)
    for wish in ("mood calm", "genre ambient", "duration at most 240 s", "vocal instrumental"):
        assert wish in kept
    assert any(w.startswith("tempo at most") for w in kept)
    page.get_by_role("button", name="Remove the wish duration at most 240 s").click()
    settle(page, 6)
    assert wishes(page) == [w for w in kept if w != "duration at most 240 s"]
    page.get_by_role("button", name="Put it back").click()
    settle(page, 7)
    assert "duration at most 240 s" in wishes(page)


def test_a_wish_can_count_less(visit):
    page = visit()
    ask(page, "ambient under 4 minutes")
    page.get_by_label("How much duration at most 240 s counts").select_option("little")
    settle(page, 2)
    assert page.get_by_label("How much duration at most 240 s counts").input_value() == "little"
    assert page.locator(".chat-chip", has_text="duration").last.get_attribute("class").endswith("chat-scored")


def test_editing_a_message_takes_back_what_came_after_it(visit):
    page = visit()
    ask(page, "ambient")
    ask(page, "under 4 minutes")
    ask(page, "no vocals")
    page.locator(TURNS).nth(1).get_by_role("button", name="Edit this message").click()
    assert page.input_value(BOX) == "under 4 minutes"
    send(page, "under 5 minutes")
    settle(page, 2)
    assert wishes(page) == ["genre ambient", "duration at most 300 s"]
    page.reload()
    settle(page, 2)
    assert "under 5 minutes" in page.locator(TURNS).last.inner_text()


def test_trying_the_last_message_again_is_one_turn(visit):
    page = visit()
    ask(page, "ambient")
    page.get_by_role("button", name="Try again").click()
    settle(page, 1)
    assert page.locator(CARDS).count() > 0


def test_nothing_is_said_while_a_message_is_taken_back(visit):
    page = visit()
    ask(page, "ambient")
    page.evaluate(
        "() => { const own = window.fetch; window.held = [];"
        " window.fetch = async (...given) => { if (`${given[0]}`.includes('rewind'))"
        " await new Promise((go) => window.held.push(go)); return own(...given); }; }"
    )
    page.get_by_role("button", name="Try again").click()
    page.wait_for_function("window.held.length === 1")
    assert page.get_by_role("button", name="Try again").is_disabled()
    send(page, "polka")
    assert page.locator(TURNS).count() == 1
    assert page.input_value(BOX) == "polka"
    page.evaluate("window.held.forEach((go) => go())")
    settle(page, 1)
    assert "ambient" in page.locator(TURNS).inner_text()
    assert page.locator(CARDS).count() > 0


def test_escape_stops_and_what_came_stays(visit, desk):
    page = visit()
    ask(page, "ambient")
    held_up(page)
    send(page, "something else")
    page.get_by_role("button", name="Stop").wait_for()
    page.keyboard.press("Escape")
    page.get_by_text("Stopped.").wait_for()
    assert page.locator(TURNS).count() == 2
    assert page.get_by_role("button", name="Send").is_visible()
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"


def test_a_stopped_turn_is_marked_in_the_transcript(visit, desk):
    page = visit()
    ask(page, "ambient")
    session = page.evaluate("document.querySelector('tri-chat').chat.id")
    with httpx.Client(base_url=desk.url, timeout=60) as client:
        body = {"message": "no vocals", "session_id": session, "stream": True}
        with client.stream("POST", "/v1/chat", json=body) as answer:
            next(answer.iter_lines())
    page.wait_for_timeout(500)
    page.reload()
    settle(page, 2)
    assert "no vocals" in page.locator(TURNS).last.inner_text()


def test_sessions_are_found_renamed_and_deleted_after_a_question(visit):
    page = visit()
    chat = page.locator("tri-chat")  # the workspace beside it has a search, titles and a delete of its own
    ask(page, "ambient for a foggy harbour")
    chat.get_by_role("button", name="New conversation").click()
    page.locator(".chat-welcome").wait_for()
    ask(page, "fast electronic")
    chat.get_by_role("button", name="Conversations").click()
    chat.get_by_role("searchbox", name="Search conversations").fill("FOGGY")
    rows = page.locator(".chat-session")
    page.wait_for_function("document.querySelectorAll('.chat-session').length === 1")
    chat.get_by_role("button", name="Rename").click()
    chat.get_by_label("Title").fill("<b>Foggy</b> harbour")
    page.keyboard.press("Enter")
    page.locator(".chat-open", has_text="<b>Foggy</b> harbour").click()
    settle(page, 1)
    assert "foggy" in page.locator(TURNS).inner_text()
    chat.get_by_role("button", name="Conversations").click()
    chat.get_by_role("searchbox", name="Search conversations").fill("foggy")
    page.wait_for_function("document.querySelectorAll('.chat-session').length === 1")
    chat.get_by_role("button", name="Delete <b>Foggy</b> harbour").click()
    chat.get_by_role("button", name="Cancel").click()
    assert rows.count() == 1
    chat.get_by_role("button", name="Delete <b>Foggy</b> harbour").click()
    chat.get_by_role("button", name="Delete", exact=True).click()
    chat.get_by_text("Nothing was found.").wait_for()
    page.keyboard.press("Escape")
    page.locator(".chat-welcome").wait_for()


def test_a_link_is_read_elsewhere_until_it_is_taken_back(visit, desk):
    page = visit()
    turn = ask(page, "calm ambient")
    title = turn.locator("h3").first.inner_text()
    page.get_by_role("button", name="Share").click()
    page.wait_for_function("document.querySelector('.chat-dialog[open] input').value !== ''")
    link = page.locator(".chat-dialog[open] input").input_value()
    reader = visit(path=link.removeprefix(desk.url))
    reader.locator(CARDS).first.wait_for()
    assert reader.locator("h3").first.inner_text() == title
    assert reader.locator(BOX).count() == reader.locator("[data-react], .chat-edit, .chat-wish").count() == 0
    reader.locator(".chat-play").first.click()
    reader.wait_for_function("[...document.querySelectorAll('audio')].some(a => a.currentTime > 0.1)")
    page.get_by_role("button", name="Take the link back").click()
    page.get_by_text("The link shows nothing any more.").wait_for()
    reader.reload()
    reader.locator("tri-chat [role=alert]", has_text="shows nothing").wait_for()


def test_a_reload_in_the_middle_of_an_answer_loses_no_word(visit):
    page = visit()
    ask(page, "ambient")
    held_up(page)
    send(page, "something with strings")
    page.wait_for_timeout(200)
    page.reload()
    page.wait_for_selector(BOX)
    page.wait_for_function("document.querySelector('tri-chat')?.chat.turns.length >= 1")
    page.wait_for_function("document.querySelector('tri-chat textarea').value === 'something with strings'")
    send(page, page.input_value(BOX))
    settle(page, 2)


def test_a_running_piece_is_followed_after_a_reload(visit):
    page = visit()
    send(page, "compose 20 seconds of calm piano")
    page.locator(".chat-gen").wait_for()
    settle(page, 1)
    page.reload()
    page.locator(".chat-gen audio").wait_for(timeout=120_000)
    assert "20" in page.locator(".chat-gen [role=status]").inner_text()


def test_a_server_that_dies_costs_no_typed_word(visit, desk):
    page = visit()
    ask(page, "ambient")
    desk.stop(hard=True)
    send(page, "under 4 minutes, please")
    page.locator(".chat-turn [role=alert]", has_text="does not answer").wait_for()
    assert page.input_value(BOX) == "under 4 minutes, please"
    page.fill(BOX, "under 4 minutes, please! And a half-written")
    page.wait_for_timeout(400)
    desk.start()
    page.reload()
    settle(page, 1)
    assert page.input_value(BOX) == "under 4 minutes, please! And a half-written"
    desk.stop(hard=True)
    send(page, "no vocals")
    retry = page.get_by_role("button", name="Try again")
    retry.wait_for()
    desk.start()
    retry.click()
    settle(page, 2)
    assert "vocal instrumental" in wishes(page)


def test_two_tabs_on_one_conversation_see_each_other(visit):
    first = visit()
    ask(first, "ambient")
    second = visit(context=first.context)
    settle(second, 1)
    ask(second, "under 4 minutes")
    settle(first, 2)
    assert wishes(first) == wishes(second) == ["genre ambient", "duration at most 240 s"]
    ask(first, "no vocals")
    settle(second, 3)


def test_everything_goes_by_keys(visit):
    page = visit()
    page.focus(BOX)
    page.keyboard.type("ambient")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("music")
    assert page.input_value(BOX) == "ambient\nmusic"
    page.keyboard.press("Enter")
    settle(page, 1)
    page.keyboard.press("ArrowUp")
    assert page.input_value(BOX) == "ambient\nmusic"
    page.keyboard.press("Escape")
    assert page.input_value(BOX) == ""
    reached = set()
    page.locator(".chat-head button").first.focus()
    for _ in range(160):
        reached.add(page.evaluate("document.activeElement.className || document.activeElement.tagName"))
        page.keyboard.press("Tab")
    told = " ".join(reached)
    for name in ("chat-play", "chat-log", "chat-edit", "chat-pill", "chat-retry", "SUMMARY", "SELECT", "TEXTAREA"):
        assert name in told, name
    page.locator("[data-react=like]").first.focus()
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('[data-react=like][aria-pressed=true]') !== null")


def test_an_answer_is_announced_once(visit):
    page = visit()
    page.evaluate(
        "() => { window.told = []; new MutationObserver(() => window.told.push(document.querySelector("
        "'tri-chat [aria-live]').textContent)).observe(document.querySelector('tri-chat [aria-live]'),"
        " { childList: true, characterData: true, subtree: true }); }"
    )
    ask(page, "ambient")
    assert len(page.evaluate("window.told")) == 1
    assert "tracks." in page.evaluate("window.told[0]")


def test_more_like_this_and_why_go_by_the_card(visit):
    page = visit()
    turn = ask(page, "ambient")
    turn.get_by_role("button", name="More like this").nth(1).click()
    settle(page, 2)
    assert page.locator(".chat-bubble").last.inner_text().endswith("more like #2")
    page.locator(TURNS).last.get_by_role("button", name="Why?").first.click()
    settle(page, 3)
    assert "#1" in page.locator(".chat-words").last.inner_text()


def test_cards_tell_the_other_parts_of_the_page(visit):
    page = visit()
    turn = ask(page, "ambient, 2 tracks")
    page.evaluate("window.sent = []; document.addEventListener('trichord:add', (e) => window.sent.push(e.detail))")
    turn.get_by_role("button", name="Add:").first.click()
    turn.get_by_role("button", name="Add all").click()
    sent = page.evaluate("window.sent")
    assert [len(detail["tracks"]) for detail in sent] == [1, 2]
    assert {"track_id", "title", "artist", "duration_s", "preview_url"} <= sent[0]["tracks"][0].keys()


def test_a_saved_list_opens_in_the_workspace(visit):
    page = visit()
    page.evaluate("document.addEventListener('trichord:playlist', (e) => { window.saved = e.detail.id })")
    ask(page, "ambient, 3 tracks")
    turn = ask(page, "save it as Sunday")
    turn.locator(".chat-saved").wait_for()
    assert (
        turn.locator(".chat-saved a")
        .first.get_attribute("href")
        .startswith(f"/v1/playlists/{page.evaluate('window.saved')}/export")
    )
    # Its tracks are shown, not the shelf that stood there before.
    page.locator("tri-playlist .pl-name").nth(2).wait_for()
    assert not page.locator("tri-playlist #pl-lists").is_visible()


def test_earlier_turns_stay_as_they_are_and_no_picture_is_asked_for_twice(visit):
    page = visit()
    covers = []
    page.on("response", lambda r: covers.append(r.url) if r.url.endswith("/cover") and r.status == 204 else None)
    first = ask(page, "ambient")
    page.wait_for_load_state("networkidle")
    ask(page, "faster")
    ask(page, "ambient")
    page.wait_for_load_state("networkidle")
    assert len(covers) == len(set(covers))
    page.evaluate(
        "window.made = 0; new MutationObserver((all) => { window.made += all.length; })"
        ".observe(document.querySelector('tri-chat .chat-turn'), { childList: true, subtree: true })"
    )
    ask(page, "slower")
    assert page.evaluate("window.made") == 0
    first.locator(".chat-trace > summary").click()
    first.locator(".chat-trace ol li").first.wait_for()


@pytest.mark.parametrize(("width", "lang"), [(360, "en"), (800, "de"), (1440, "en")])
def test_nothing_serious_for_axe_at_any_width(visit, width, lang):
    page = visit(width=width, height=800, lang=lang)
    assert serious(page) == []
    send(page, "calm ambient under 4 minutes")
    settle(page, 1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".chat-trace > summary").click()
    page.locator(".chat-whynot > summary").click()
    assert serious(page) == []
    page.locator(".chat-head button").first.click()
    page.locator(".chat-session").first.wait_for()
    assert serious(page) == []


def test_an_empty_catalogue_says_so_and_answers_in_a_sentence(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("TRICHORD_MODELS_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("TRICHORD_PLANNER", "rules")
    parts = App(load_settings(tmp_path / "data"))
    context = browser.new_context(locale="en")
    with serving(parts, with_page=True) as url:
        page = context.new_page()
        page.goto(url)
        page.locator(".chat-ready", has_text="The catalogue is empty").wait_for()
        turn = ask(page, "calm piano")
        assert turn.locator(".chat-words").inner_text()
        assert page.locator(CARDS).count() == 0
        context.close()


def test_titles_and_replies_are_words_and_never_markup(browser, tmp_path, monkeypatch):
    nasty = '<img src=x onerror="window.hacked=1"> **bold** [x](javascript:alert(1))'
    context = browser.new_context(locale="en")
    with settled(tmp_path, monkeypatch) as parts:
        described = TrackMetadata(nasty, artist=f"{nasty} artist", album=nasty, genre=("polka", nasty))
        parts.catalogue.library.describe([Described(TrackId("nasty"), described, 60.0)])
        with serving(parts, with_page=True) as url:
            page = context.new_page()
            page.goto(url)
            page.wait_for_selector(BOX)
            turn = ask(page, "polka")
            assert nasty in turn.locator("h3").first.inner_text()
            page.get_by_role("button", name="Conversations").click()
            page.locator(".chat-session").first.wait_for()
            assert page.evaluate("window.hacked") is None
            assert page.locator("tri-chat :is(img:not(.chat-cover > img), a[href^=javascript])").count() == 0
            context.close()


def test_the_newest_question_goes_to_the_top(visit):
    page = visit()
    ask(page, "ambient")
    ask(page, "no vocals")
    page.wait_for_timeout(200)
    away = page.evaluate(
        "() => document.querySelector('.chat-turn:last-child').getBoundingClientRect().top"
        " - document.querySelector('.chat-log').getBoundingClientRect().top"
    )
    assert 0 <= away < 20


def test_files_are_dropped_pasted_and_taken_away_again(visit):
    page = visit()
    made = """(kind) => { const given = new DataTransfer();
      given.items.add(new File(["#EXTM3U\\n#EXTINF:200,Muldjord - Chaos God\\nchaos.ogg\\n"], `${kind}.m3u8`));
      const where = document.querySelector("tri-chat textarea");
      const init = { bubbles: true, cancelable: true };
      where.dispatchEvent(kind === "drop" ? new DragEvent("drop", { ...init, dataTransfer: given })
        : new ClipboardEvent("paste", { ...init, clipboardData: given })); }"""
    for kind in ("drop", "paste"):
        page.evaluate(made, kind)
        page.locator(".chat-files li", has_text=f"{kind}.m3u8 (playlist)").wait_for()
    page.get_by_role("button", name="Remove paste.m3u8").click()
    assert page.locator(".chat-files li").count() == 1
    turn = ask(page, "go on with this")
    assert "drop.m3u8" in turn.locator(".chat-bubble").inner_text()
    assert turn.locator(".chat-card").count() > 0
    page.get_by_role("button", name="Try again").click()
    settle(page, 1)
    assert page.locator(CARDS).count() > 0
