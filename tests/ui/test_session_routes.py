"""Conversations over REST: transcripts, search, the way back, links, and whose they are."""

import httpx
import pytest

from catalog.values import Described, TrackId, TrackMetadata
from ui.api.app import create_app
from ui.compose import App
from ui.settings import Settings

STYLES = ("jazz", "metal", "harp")
HOST = "http://127.0.0.1:7860"


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def opened(tmp_path):
    made = []

    def open_(**told):
        parts = App(Settings(data_dir=tmp_path / "data", models_dir=tmp_path / "none", planner="rules", **told))
        parts.catalogue.library.describe(
            Described(
                TrackId(f"{STYLES[n % 3]}{n}"),
                TrackMetadata(f"Song {n}", artist=f"Artist {n}", genre=(STYLES[n % 3],)),
                100.0 + n,
            )
            for n in range(30)
        )
        made.append(parts)
        transport = httpx.ASGITransport(app=create_app(parts, with_page=False), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=HOST)

    yield open_
    for parts in made:
        parts.close()


async def say(http, message, session="session-one", **more):
    answer = await http.post("/v1/chat", json={"message": message, "session_id": session, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def told(http, path):
    answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["detail"]


@pytest.mark.anyio
async def test_a_conversation_is_read_again_whole(opened):
    async with opened() as http:
        first = await say(http, "jazz")
        await say(http, "something else")
        said = (await told(http, "/v1/sessions/session-one/turns"))["turns"]
        assert [(t["number"], t["status"], t["message"]) for t in said] == [
            (1, "done", "jazz"),
            (2, "done", "something else"),
        ]
        for name in ("tracks", "handles", "receipts", "reply", "plan", "decision", "trace", "generation"):
            assert said[0][name] == first[name], name
        assert "No conversation" in refused(await http.get("/v1/sessions/session-two/turns"), 404)


@pytest.mark.anyio
async def test_results_come_before_words_in_the_shape_of_the_answer(opened):
    import json

    async with opened() as http:
        answer = await http.post("/v1/chat", json={"message": "jazz", "stream": True})
        events = [e.split("\n", 1) for e in answer.text.strip().split("\n\n")]
        told = {kind.removeprefix("event: "): json.loads(data.removeprefix("data: ")) for kind, data in events}
        assert list(told).index("results") < list(told).index("text")
        assert told["results"]["tracks"] == told["done"]["tracks"]
        assert told["results"]["tracks"][0]["preview_url"].endswith("/preview")


@pytest.mark.anyio
async def test_sessions_are_listed_by_last_use_and_found_by_any_word(opened):
    async with opened() as http:
        await say(http, "jazz for a rainy day", "rainy-session")
        await say(http, "metal", "metal-session")
        await say(http, "Älteres, bitte", "german-session")
        listed = await told(http, "/v1/sessions")
        assert [s["session_id"] for s in listed["sessions"]] == ["german-session", "metal-session", "rainy-session"]
        assert listed["total"] == 3
        assert listed["sessions"][2]["title"] == "jazz for a rainy day"
        page = await told(http, "/v1/sessions?limit=1&offset=1")
        assert (page["total"], [s["session_id"] for s in page["sessions"]]) == (3, ["metal-session"])
        for query, wanted in {"RAINY": ["rainy-session"], "alteres": ["german-session"], "100%_": []}.items():
            found = await told(http, f"/v1/sessions?q={query.replace('%', '%25')}")
            assert [s["session_id"] for s in found["sessions"]] == wanted, query
        await http.patch("/v1/sessions/metal-session", json={"title": "Loud <b>things</b>"})
        found = await told(http, "/v1/sessions?q=loud")
        assert [s["title"] for s in found["sessions"]] == ["Loud <b>things</b>"]
        assert "title" in refused(await http.patch("/v1/sessions/metal-session", json={"title": " \u0000 "}), 422)


@pytest.mark.anyio
async def test_rewinding_takes_later_turns_back(opened):
    async with opened() as http:
        for message in ("jazz", "only tracks under 2 minutes", "something else"):
            await say(http, message)
        back = await http.post("/v1/sessions/session-one/rewind", json={"turn": 2})
        assert back.json()["wishes"] == ["genre jazz"]
        assert [t["number"] for t in (await told(http, "/v1/sessions/session-one/turns"))["turns"]] == [1]
        assert "no turn 2" in refused(await http.post("/v1/sessions/session-one/rewind", json={"turn": 2}), 404)
        refused(await http.post("/v1/sessions/session-one/rewind", json={"turn": 0}), 422)


@pytest.mark.anyio
async def test_a_link_shows_what_was_said_and_nothing_else_until_it_is_taken_back(opened):
    async with opened() as http:
        await say(http, "jazz")
        url = (await http.post("/v1/sessions/session-one/share")).json()["url"]
        token = url.removeprefix("/?shared=")
        assert len(token) >= 32
        await say(http, "a secret wish: metal")
        seen = await told(http, f"/v1/shared/{token}")
        assert [t["message"] for t in seen["turns"]] == ["jazz"]
        assert seen["turns"][0]["tracks"]
        assert not {"plan", "trace", "session_id"} & (seen.keys() | seen["turns"][0].keys())
        assert "session-one" not in str(seen)
        assert (await http.post("/v1/sessions/session-one/share")).json()["url"] == url
        assert len((await told(http, f"/v1/shared/{token}"))["turns"]) == 2
        await http.post("/v1/sessions/session-one/rewind", json={"turn": 2})
        await say(http, "harp")
        assert len((await told(http, f"/v1/shared/{token}"))["turns"]) == 1
        assert (await http.delete("/v1/sessions/session-one/share")).status_code == 204
        assert "shows nothing" in refused(await http.get(f"/v1/shared/{token}"), 404)
        refused(await http.delete("/v1/sessions/session-one/share"), 404)
        refused(await http.get("/v1/shared/session-one"), 404)


@pytest.mark.anyio
async def test_a_deleted_conversation_is_gone_and_its_taste_is_not(opened):
    async with opened() as http:
        done = await say(http, "jazz")
        like = {"track_id": done["tracks"][0]["track_id"], "kind": "like"}
        await http.post("/v1/sessions/session-one/feedback", json=like)
        url = (await http.post("/v1/sessions/session-one/share")).json()["url"]
        assert (await http.delete("/v1/sessions/session-one")).status_code == 204
        for path in ("", "/turns"):
            refused(await http.get(f"/v1/sessions/session-one{path}"), 404)
        refused(await http.get(f"/v1/shared/{url.removeprefix('/?shared=')}"), 404)
        refused(await http.delete("/v1/sessions/session-one"), 404)
        assert (await told(http, "/v1/profile"))["reactions"] == 1
        assert (await told(http, "/v1/sessions"))["total"] == 0
        fresh = await say(http, "metal")
        assert [r["wish"] for r in fresh["receipts"]] == ["genre metal"]


@pytest.mark.anyio
async def test_a_wish_counts_more_or_less(opened):
    async with opened() as http:
        await say(http, "jazz")
        await say(http, "only tracks under 110 seconds")
        path = "/v1/sessions/session-one/wishes/2"
        softer = await http.patch(path, json={"weight": 0.3})
        assert {r["wish"]: r["status"] for r in softer.json()["receipts"]}["duration at most 110 s"] == "scored"
        standing = (await told(http, "/v1/sessions/session-one"))["standing"][1]
        assert (standing["hard"], standing["weight"]) == (False, 0.3)
        for weight in (0, 1.5, "much"):
            refused(await http.patch(path, json={"weight": weight}), 422)
        refused(await http.patch("/v1/sessions/session-one/wishes/9", json={"weight": 1}), 404)


@pytest.mark.anyio
async def test_what_waits_for_a_yes_is_told(opened):
    async with opened() as http:
        await say(http, "jazz")
        assert (await told(http, "/v1/sessions/session-one"))["waits_for"] is None
        await say(http, "jazz under 20 seconds")
        assert (await told(http, "/v1/sessions/session-one"))["waits_for"] == "relax"


@pytest.mark.anyio
async def test_another_users_conversation_is_not_there(opened):
    async with opened(user_keys={"ada": "key-of-ada", "ben": "key-of-ben"}) as http:
        http.headers["X-API-Key"] = "key-of-ada"
        await say(http, "jazz")
        assert (await told(http, "/v1/sessions"))["total"] == 1
        http.headers["X-API-Key"] = "key-of-ben"
        assert (await told(http, "/v1/sessions"))["total"] == 0
        one = "/v1/sessions/session-one"
        for method, path, body in (
            ("GET", one, None),
            ("GET", f"{one}/turns", None),
            ("PATCH", one, {"title": "mine"}),
            ("DELETE", one, None),
            ("POST", f"{one}/rewind", {"turn": 1}),
            ("POST", f"{one}/share", None),
            ("DELETE", f"{one}/share", None),
            ("DELETE", f"{one}/wishes/1", None),
            ("PATCH", f"{one}/wishes/1", {"weight": 0.5}),
            ("POST", f"{one}/feedback", {"track_id": "jazz0", "kind": "like"}),
            ("POST", "/v1/chat", {"message": "more", "session_id": "session-one"}),
        ):
            refused(await http.request(method, path, json=body), 404)
        http.headers["X-API-Key"] = "key-of-ada"
        assert (await told(http, one))["title"] == "jazz"
        refused(await http.get("/v1/sessions?user_id=ben"), 403)


@pytest.mark.anyio
async def test_a_restart_loses_nothing(opened):
    async with opened() as http:
        await say(http, "jazz")
    async with opened() as http:
        assert len((await told(http, "/v1/sessions/session-one/turns"))["turns"]) == 1


@pytest.mark.anyio
async def test_wishes_come_in_the_language_of_the_conversation_as_well(opened):
    async with opened() as http:
        done = await say(http, "Jazz unter 2 Minuten, bitte")
        wish = "duration at most 120 s"
        assert done["words"][wish] == "Länge höchstens 2:00"
        assert wish in [r["wish"] for r in done["receipts"]]
        standing = (await told(http, "/v1/sessions/session-one"))["standing"]
        assert {w["wish"]: w["shown"] for w in standing}[wish] == "Länge höchstens 2:00"
        turn = (await told(http, "/v1/sessions/session-one/turns"))["turns"][0]
        assert turn["words"] == done["words"]
        assert (await say(http, "jazz", "english-one"))["words"] == {}
