"""Living playlists over the real server, its real catalogue and the command line beside it."""

import json

import httpx
import pytest


@pytest.fixture
def tracks(api):
    return [t["track_id"] for t in api.get("/v1/tracks", params={"limit": 8}).json()["tracks"]]


def make(api, **body):
    answer = api.post("/v1/playlists", json=body)
    assert answer.status_code == 201, answer.text
    return answer


def order(document):
    return [e["track_id"] for e in document["entries"]]


def test_two_people_edit_one_playlist_and_nothing_is_lost(api, tracks):
    made = make(api, title="Ours", track_ids=tracks[:3], author="ada")
    where, tag = made.headers["location"], made.headers["etag"]
    ours = {"operations": [{"op": "add", "track_ids": [tracks[3]]}], "author": "ada"}
    theirs = {"operations": [{"op": "remove", "position": 0}], "author": "bea"}
    assert api.patch(where, json=ours, headers={"If-Match": tag}).status_code == 200
    late = api.patch(where, json=theirs, headers={"If-Match": tag})
    assert late.status_code == 412
    assert late.headers["content-type"] == "application/problem+json"
    assert "read it again and repeat your change" in late.json()["detail"]
    again = api.patch(where, json=theirs, headers={"If-Match": late.headers["etag"]})
    assert order(again.json()) == tracks[1:4]
    history = api.get(f"{where}/versions").json()["versions"]
    assert [(v["version"], v["author"]) for v in history] == [(3, "bea"), (2, "ada"), (1, "ada")]
    assert order(api.get(f"{where}/versions/2").json()) == tracks[:4]
    assert api.get(where, headers={"If-None-Match": again.headers["etag"]}).status_code == 304
    assert order(api.post(f"{where}/undo").json()) == tracks[:4]


def test_history_and_keys_outlive_a_crash(api, server, tracks):
    key = {"Idempotency-Key": "e2e-create"}
    body = {"title": "Durable", "track_ids": tracks[:2]}
    first = api.post("/v1/playlists", json=body, headers=key).json()
    where = f"/v1/playlists/{first['id']}"
    api.patch(where, json={"operations": [{"op": "rename", "title": "Renamed"}]})
    server.restart()
    again = api.post("/v1/playlists", json=body, headers=key)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first, "true")
    assert api.get(f"{where}/diff").json()["renamed"] == {"from": "Durable", "to": "Renamed"}
    assert api.post(f"{where}/undo").json()["title"] == "Durable"


def test_a_standing_playlist_goes_through_rest_command_line_and_export(api, trichord, tracks):
    recipe = {"track_ids": tracks[:1], "n": 5}
    made = make(api, title="Every Monday", recipe=recipe, bans=[tracks[1]]).json()
    where = f"/v1/playlists/{made['id']}"
    told = api.post(f"{where}/refresh").json()
    assert len(told["entries"]) == 5
    assert not {*tracks[:2]} & set(order(told))
    api.patch(where, json={"operations": [{"op": "pin", "position": 1}]})
    assert json.loads(trichord("playlists", "refresh", "every monday", "--json"))["entries"][1]["pinned"]
    assert "Every Monday (standing)" in trichord("playlists", "list")
    assert api.get(f"{where}/export", params={"format": "jspf"}).json()["playlist"]["title"] == "Every Monday"
    said = trichord("playlists", "undo", made["id"], "--expect", "1", code=2)
    assert "read it again" in said
    assert "Traceback" not in said


def test_what_a_user_dislikes_is_gone_from_their_next_list(api, tracks):
    asked = {"track_ids": tracks[:2], "n": 10, "user_id": "e2e-user"}
    before = [t["track_id"] for t in api.post("/v1/playlists/continue", json=asked).json()["tracks"]]
    body = {"track_id": before[0], "kind": "dislike", "user_id": "e2e-user"}
    assert api.post("/v1/sessions/e2e-session/feedback", json=body).status_code == 200
    after = [t["track_id"] for t in api.post("/v1/playlists/continue", json=asked).json()["tracks"]]
    assert before[0] not in after
    others = api.post("/v1/playlists/continue", json=asked | {"user_id": "somebody-else"}).json()["tracks"]
    assert [t["track_id"] for t in others] == before


def test_a_long_list_streams(server, tracks):
    body = {"track_ids": tracks[:1], "n": 500}
    accept = {"Accept": "application/x-ndjson"}
    with httpx.stream("POST", f"{server.url}/v1/playlists/continue", json=body, headers=accept, timeout=120) as answer:
        assert answer.headers["content-type"].startswith("application/x-ndjson")
        *lines, last = [json.loads(line) for line in answer.iter_lines()]
    assert last["done"]
    assert last["tracks"] == len(lines) == len({t["track_id"] for t in lines})


def test_recommendations_lean_to_seeds_and_hold_bounds(api, tracks):
    asked = {"seed_tracks": tracks[0], "seed_genres": "metal", "limit": 5, "min_tempo": 60, "max_liveness": 0.5}
    told = api.get("/v1/recommendations", params=asked).json()
    assert told["tracks"]
    assert all(t["tempo_bpm"] >= 60 for t in told["tracks"])
    assert [s["type"] for s in told["seeds"]] == ["track", "genre"]
    assert {r["source_text"]: r["status"] for r in told["receipts"]}["max_liveness=0.5"] == "unenforceable"


def test_the_chat_and_the_api_edit_one_document(api):
    def chat(message):
        return api.post("/v1/chat", json={"message": message, "session_id": "e2e-playlists"}).json()

    chat("ambient, 4 tracks")
    saved = chat("save it as Shared")["playlist_id"]
    chat("never play #1 again")
    stored = api.get(f"/v1/playlists/{saved}").json()
    assert (stored["version"], len(stored["bans"]), stored["length"]) == (2, 1, 3)
    chat("undo")
    stored = api.get(f"/v1/playlists/{saved}").json()
    assert (stored["version"], stored["bans"], stored["length"]) == (3, [], 4)
