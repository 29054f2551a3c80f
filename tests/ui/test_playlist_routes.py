"""Playlists over REST, in process and without any weights: documents, tags, keys, streams and bad input."""

import asyncio
import json

import httpx
import pytest

from catalog.values import Described, Measurement, TrackId, TrackMetadata
from ui.api.app import create_app
from ui.compose import App
from ui.settings import load_settings


@pytest.fixture
def anyio_backend():
    return "asyncio"


pytestmark = pytest.mark.anyio
STYLES = ("jazz", "metal")


@pytest.fixture
async def parts(tmp_path, monkeypatch):
    monkeypatch.setenv("TRICHORD_MODELS_DIR", str(tmp_path / "none"))
    opened = App(load_settings(tmp_path / "data"))
    opened.catalogue.library.describe(
        Described(
            TrackId(f"t{n}"),
            TrackMetadata(f"{chr(97 + n) * 5}", artist=f"Artist {n}", genre=(STYLES[n % 2],)),
            100.0 + n,
            (Measurement("tempo", 80.0 + 4 * n, 1.0), Measurement("energy", n / 16, 1.0)),
        )
        for n in range(16)
    )
    yield opened
    opened.close()


@pytest.fixture
async def http(parts):
    transport = httpx.ASGITransport(app=create_app(parts, with_page=False), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7860") as client:
        yield client


@pytest.fixture
async def mix(http):
    return await make(http, "t0", "t2", "t4")


async def make(http, *ids, **more):
    answer = await http.post("/v1/playlists", json={"title": "Mix", "track_ids": list(ids), **more})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/playlists/{answer.json()['id']}"
    return answer.json()


async def patch(http, mix, *operations, **headers):
    return await http.patch(
        f"/v1/playlists/{mix['id']}", json={"operations": list(operations), "author": "ada"}, headers=headers
    )


def order(document):
    return [e["track_id"] for e in document["entries"]]


def problem(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["detail"]


async def test_a_document_from_first_to_last(http):
    mix = await make(http, "t0", "t2", author="bea")
    assert (mix["version"], mix["length"], mix["bans"], mix["recipe"], mix["origin"]) == (1, 2, [], None, None)
    operations = [
        {"op": "add", "track_ids": ["t4", "t6"], "position": 0},
        {"op": "move", "position": 0, "to": 3},
        {"op": "pin", "position": 1},
        {"op": "ban", "track_id": "t2"},
        {"op": "rename", "title": "Night", "description": "for the drive"},
        {"op": "add", "entries": [{"title": "Yesterday", "artist": "The Beatles"}]},
    ]
    answer = await patch(http, mix, *operations)
    changed = answer.json()
    assert answer.headers["etag"] == '"2-1"'
    assert (order(changed), changed["title"], changed["bans"]) == (["t6", "t0", "t4", None], "Night", ["t2"])
    assert [e["pinned"] for e in changed["entries"]] == [False, True, False, False]
    assert [e["added_by"] for e in changed["entries"]] == ["ada", "bea", "ada", "ada"]
    listed = (await http.get(f"/v1/playlists/{mix['id']}/versions")).json()
    assert [(v["version"], v["author"], v["length"]) for v in listed["versions"]] == [(2, "ada", 4), (1, "bea", 2)]
    assert "banned “ccccc” by Artist 2" in listed["versions"][0]["message"]
    assert (listed["total"], listed["next"]) == (2, None)
    told = (await http.get(f"/v1/playlists/{mix['id']}/diff")).json()
    assert [(e["position"], e["track_id"]) for e in told["added"]] == [(0, "t6"), (2, "t4"), (3, None)]
    assert [e["track_id"] for e in told["removed"]] == ["t2"]
    assert (told["renamed"], told["banned"]) == ({"from": "Mix", "to": "Night"}, ["t2"])
    first = (await http.get(f"/v1/playlists/{mix['id']}/versions/1")).json()
    assert (order(first), first["version"], first["title"]) == (["t0", "t2"], 1, "Mix")
    undone = (await http.post(f"/v1/playlists/{mix['id']}/undo")).json()
    assert (order(undone), undone["version"]) == (["t0", "t2"], 3)
    back = await http.post(f"/v1/playlists/{mix['id']}/versions/2/restore", json={"author": "cyd"})
    assert (order(back.json()), back.headers["etag"]) == (order(changed), '"4-1"')
    fork = (await http.post(f"/v1/playlists/{mix['id']}/fork", json={"version": 1, "title": "Mine"})).json()
    assert (order(fork), fork["origin"]) == (["t0", "t2"], {"playlist_id": mix["id"], "version": 1})
    assert (await http.delete(f"/v1/playlists/{mix['id']}")).status_code == 204
    problem(await http.get(f"/v1/playlists/{mix['id']}"), 404)
    assert (await http.get(f"/v1/playlists/{fork['id']}")).status_code == 200


async def test_put_is_the_whole_and_takes_back_what_was_read(http, mix):
    where = f"/v1/playlists/{mix['id']}"
    recipe = {"track_ids": ["t0"], "n": 4, "filters": {"tempo": [90, 120]}, "exclude": ["t8"], "max_per_artist": 2}
    put = await http.put(where, json={"title": "All", "track_ids": ["t6"], "bans": ["t0"], "recipe": recipe})
    assert order(put.json()) == ["t6"]
    read = (await http.get(where)).json()
    assert read["recipe"]["constraints"][0]["value"] == [90.0, 120.0]
    again = await http.put(where, json=read, headers={"If-Match": put.headers["etag"]})
    assert again.json() == read
    assert again.headers["etag"] == put.headers["etag"]
    bare = (await http.put(where, json={"track_ids": ["t0"]})).json()
    assert (bare["title"], bare["bans"], bare["recipe"], order(bare)) == ("Untitled", [], None, ["t0"])


async def test_tags_say_what_was_read_and_guard_what_is_written(http, mix):
    where = f"/v1/playlists/{mix['id']}"
    first = await http.get(where)
    assert first.headers["etag"] == '"1"'
    for known in ('"1"', 'W/"1"', '"7", "1"', "*"):
        same = await http.get(where, headers={"If-None-Match": known})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", '"1"')
    drop = {"op": "remove", "position": 0}
    assert (await patch(http, mix, drop, **{"If-Match": '"1"'})).status_code == 200
    assert (await http.get(where, headers={"If-None-Match": '"1"'})).status_code == 200
    for stale in ('"1"', 'W/"2"', '"x", "y"'):
        answer = await patch(http, mix, drop, **{"If-Match": stale})
        assert "read it again and repeat your change" in problem(answer, 412)
        assert answer.headers["etag"] == '"2"'
    assert (await patch(http, mix, drop, **{"If-Match": '"9", "2"'})).headers["etag"] == '"3"'
    assert (await patch(http, mix, drop, **{"If-Match": "*"})).headers["etag"] == '"4"'
    for door, method in (("", "PUT"), ("", "DELETE"), ("/undo", "POST"), ("/versions/1/restore", "POST")):
        body = {"json": {"track_ids": []}} if method == "PUT" else {}
        answer = await http.request(method, where + door, headers={"If-Match": '"1"'}, **body)
        problem(answer, 412)
    assert (await http.get(where)).headers["etag"] == '"4"'


@pytest.mark.parametrize("header", ["1", '"1', "'1'", "", '"1" "2"', '"1",, "2"'])
async def test_a_malformed_tag_is_one_sentence(http, mix, header):
    detail = problem(await patch(http, mix, {"op": "remove", "position": 0}, **{"If-Match": header}), 400)
    assert "give the ETag in its quotes" in detail


async def test_a_track_that_leaves_the_catalogue_changes_the_tag(http, parts, mix):
    where = f"/v1/playlists/{mix['id']}"
    parts.catalogue.library.remove([TrackId("t2")])
    after = await http.get(where, headers={"If-None-Match": '"1"'})
    assert (after.status_code, after.headers["etag"]) == (200, '"1-1"')
    assert [(e["track_id"], e["title"]) for e in after.json()["entries"]][1] == (None, "ccccc")
    assert (await patch(http, mix, {"op": "remove", "position": 1}, **{"If-Match": '"1-1"'})).status_code == 200


async def test_of_many_at_once_on_one_tag_one_wins(http, mix):
    adds = [{"op": "add", "track_ids": [f"t{n}"]} for n in (1, 3, 5, 7)]
    answers = await asyncio.gather(*(patch(http, mix, add, **{"If-Match": '"1"'}) for add in adds))
    assert sorted(a.status_code for a in answers) == [200, 412, 412, 412]
    assert {a.headers["etag"] for a in answers} == {'"2"'}


async def test_pages(http):
    made = [(await make(http, "t0", title=f"P{n}"))["id"] for n in range(5)]
    seen, where = [], "/v1/playlists?limit=2"
    while where:
        page = (await http.get(where)).json()
        assert page["total"] == 5
        seen += [p["id"] for p in page["playlists"]]
        where = page["next"]
    assert seen == made[::-1]
    assert "entries" not in page["playlists"][0]
    for query in ("limit=0", "limit=201", "offset=-1", f"offset={10**40}", "limit=x"):
        problem(await http.get(f"/v1/playlists?{query}"), 422)


async def test_a_key_carries_a_request_out_once(http, mix):
    key = {"Idempotency-Key": "k1"}
    body = {"title": "Once", "track_ids": ["t0"]}
    first = await http.post("/v1/playlists", json=body, headers=key)
    again = await http.post(
        "/v1/playlists", content=json.dumps(body, indent=3), headers=key | {"content-type": "application/json"}
    )
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["location"] == first.headers["location"]
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    other = await http.post("/v1/playlists", json=body | {"title": "Other"}, headers=key)
    assert "was used for another request; take a new key" in problem(other, 422)
    problem(await http.post(f"/v1/playlists/{mix['id']}/fork", headers=key), 422)
    assert (await http.get("/v1/playlists")).json()["total"] == 2
    bad = {"Idempotency-Key": "k2"}
    problem(await http.post("/v1/playlists", json={"track_ids": ["nope"]}, headers=bad), 404)
    assert (await http.post("/v1/playlists", json=body, headers=bad)).status_code == 201
    forks = [await http.post(f"/v1/playlists/{mix['id']}/fork", headers={"Idempotency-Key": "k3"}) for _ in range(2)]
    assert forks[0].json()["id"] == forks[1].json()["id"]
    undo = {"Idempotency-Key": "k4", "If-Match": '"2"'}
    await patch(http, mix, {"op": "remove", "position": 0})
    undone = [await http.post(f"/v1/playlists/{mix['id']}/undo", headers=undo) for _ in range(2)]
    assert [u.headers["etag"] for u in undone] == ['"3"', '"3"']
    for malformed in ("", "a b", "x" * 201):
        problem(await http.post("/v1/playlists", json=body, headers={"Idempotency-Key": malformed}), 422)


async def test_a_continuation_under_a_key_comes_again_as_json_or_stream(http):
    body, key = {"track_ids": ["t0"], "n": 3}, {"Idempotency-Key": "c1"}
    first = (await http.post("/v1/playlists/continue", json=body, headers=key)).json()
    await http.post("/v1/playlists", json={"track_ids": ["t0", "t1", "t3"]})
    lines = (
        await http.post("/v1/playlists/continue", json=body, headers=key | {"Accept": "application/x-ndjson"})
    ).text.splitlines()
    assert [json.loads(line) for line in lines[:-1]] == first["tracks"]
    files = {"file": ("a.m3u8", b"#EXTM3U\n#EXTINF:1,Artist 0 - aaaaa\na.mp3\n")}
    key = {"Idempotency-Key": "c2"}
    forms = [await http.post("/v1/playlists/continue", files=files, data={"n": "2"}, headers=key) for _ in range(2)]
    assert forms[0].json() == forms[1].json()
    assert "idempotency-replayed" in forms[1].headers
    problem(await http.post("/v1/playlists/continue", files=files, data={"n": "3"}, headers=key), 422)


async def test_a_standing_playlist_refreshes_in_place(http):
    body = {"title": "Fresh", "recipe": {"track_ids": ["t0"], "n": 4, "max_per_artist": None}, "bans": ["t2"]}
    made = (await http.post("/v1/playlists", json=body)).json()
    first = await http.post(f"/v1/playlists/{made['id']}/refresh", json={"author": "clock"})
    assert first.status_code == 200, first.text
    told = first.json()
    assert (len(told["entries"]), told["version"]) == (4, 2)
    assert not {"t0", "t2"} & set(order(told))
    assert (told["unresolved"], told["receipts"]) == ([], [])
    third = order(told)[2]
    await patch(http, made, {"op": "pin", "position": 2}, {"op": "ban", "track_id": order(told)[0]})
    again = (await http.post(f"/v1/playlists/{made['id']}/refresh", headers={"If-Match": '"3"'})).json()
    assert len(again["entries"]) == 4
    assert order(told)[0] not in order(again)
    assert third in order(again)
    listed = (await http.get("/v1/playlists")).json()["playlists"]
    assert [p["standing"] for p in listed] == [True]
    plain = await make(http, "t0")
    detail = problem(await http.post(f"/v1/playlists/{plain['id']}/refresh"), 422)
    assert detail == "“Mix” has no recipe to refresh it by; give it one first."


async def test_going_on_with_a_stored_playlist_and_a_users_feedback(http, mix):
    await patch(http, mix, {"op": "ban", "track_id": "t6"}, {"op": "add", "entries": [{"title": "Yesterday"}]})
    asked = {"playlist_id": mix["id"], "n": 500}
    told = (await http.post("/v1/playlists/continue", json=asked)).json()
    found = [t["track_id"] for t in told["tracks"]]
    assert len(found) == len(set(found))
    assert not {"t0", "t2", "t4", "t6"} & set(found)
    assert [u["title"] for u in told["unresolved"]] == ["Yesterday"]
    disliked = {"track_id": found[0], "kind": "dislike", "user_id": "ada"}
    assert (await http.post("/v1/sessions/session-one/feedback", json=disliked)).status_code == 200
    for user, there in (("ada", False), ("bea", True)):
        answer = (await http.post("/v1/playlists/continue", json=asked | {"user_id": user})).json()
        assert (found[0] in [t["track_id"] for t in answer["tracks"]]) == there
    more = {"liked": ["t1", "t3", "zz"], "disliked": ["t0"], "n": 500, "max_per_artist": 1}
    answer = (await http.post("/v1/playlists/continue", json=more)).json()
    assert answer["tracks"]
    assert not {"t0", "t1", "t3"} & {t["track_id"] for t in answer["tracks"]}
    assert [u["title"] for u in answer["unresolved"]] == ["zz"]
    assert [(r["wish"], r["status"]) for r in answer["receipts"]] == [("tracks of one artist at most 1", "enforced")]
    problem(await http.post("/v1/playlists/continue", json={"playlist_id": "nope"}), 404)


async def test_playlists_are_found_by_name_and_by_likeness(http, mix):
    other = await make(http, "t1", "t3", title="Rainy sundays")
    found = await http.get("/v1/playlists/search", params={"query": "rainy sunday"})
    assert [p["playlist"] for p in found.json()["playlists"]] == [other["id"]]
    assert problem(await http.get("/v1/playlists/nowhere/similar"), 404)
    # Without sound and without trained models nothing tells how alike two lists are.
    assert "Nothing is known" in problem(await http.get(f"/v1/playlists/{mix['id']}/similar"), 422)
    assert (await http.get("/v1/playlists/search", params={"query": ""})).status_code == 422


async def test_jspf_inside_the_body(http):
    track = {"title": "aaaaa", "creator": "Artist 0"}
    for jspf in ({"playlist": {"title": "In", "track": [track]}}, {"track": [track, {"title": "Nobody's"}]}):
        answer = (await http.post("/v1/playlists/continue", json={"jspf": jspf, "n": 3})).json()
        assert len(answer["tracks"]) == 3
        assert "t0" not in [t["track_id"] for t in answer["tracks"]]
    assert [u["title"] for u in answer["unresolved"]] == ["Nobody's"]
    problem(await http.post("/v1/playlists/continue", json={"jspf": {"track": 3}}), 422)


async def test_long_lists_come_as_lines_and_as_events(http):
    body = {"track_ids": ["t0"], "tracks": ["Nobody's"], "n": 500}
    whole = (await http.post("/v1/playlists/continue", json=body)).json()
    answer = await http.post("/v1/playlists/continue", json=body, headers={"Accept": "application/x-ndjson"})
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    *tracks, last = map(json.loads, answer.text.splitlines())
    assert tracks == whole["tracks"]
    assert last == {"done": True, "tracks": len(tracks), "unresolved": whole["unresolved"], "receipts": []}
    answer = await http.post("/v1/playlists/continue", json=body, headers={"Accept": "text/event-stream"})
    events = [block.split("\n", 1) for block in answer.text.strip().split("\n\n")]
    assert [e[0] for e in events] == ["event: track"] * len(tracks) + ["event: done"]
    assert json.loads(events[0][1].removeprefix("data: ")) == tracks[0]
    problem(await http.post("/v1/playlists/continue", json={}, headers={"Accept": "application/x-ndjson"}), 422)


async def test_recommendations_in_the_shape_of_other_services(http):
    asked = {"seed_tracks": "t0", "seed_genres": "jazz", "seed_artists": "Nobody", "limit": 4}
    tuned = {"min_tempo": 90, "target_energy": 0.9, "max_popularity": 50, "min_valence": 0.2}
    told = (await http.get("/v1/recommendations", params=asked | tuned)).json()
    assert [(s["id"], s["type"]) for s in told["seeds"]] == [("t0", "track"), ("Nobody", "artist"), ("jazz", "genre")]
    assert [s["initialPoolSize"] for s in told["seeds"]] == [15, 0, 8]
    assert len(told["tracks"]) == 4
    for track in told["tracks"]:
        assert track["tempo_bpm"] >= 90
        assert track["name"] == track["title"]
        assert track["artists"][0]["name"].startswith("Artist")
        assert track["duration_ms"] == round(track["duration_s"] * 1000)
    assert {r["source_text"]: r["status"] for r in told["receipts"]} == {
        "seed_artists=Nobody": "unenforceable",
        "seed_genres=jazz": "scored",
        "min_tempo=90": "enforced",
        "target_energy=0.9": "scored",
        "max_popularity=50": "unenforceable",
        "min_valence=0.2": "unenforceable",
    }


@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ("", 422, "0 seeds are given; give 1 to 5"),
        ("seed_genres=a,b,c,d,e,f", 422, "6 seeds are given"),
        ("seed_tracks=nope", 404, "No track has the id 'nope'"),
        ("seed_genres=jazz&limit=101", 422, "limit"),
        ("seed_genres=jazz&min_tempo=fast", 422, "Min_tempo is 'fast'; give a number"),
        ("seed_genres=jazz&max_energy=1e999", 422, "max_energy=inf is no number"),
        ("seed_genres=jazz&min_tempo=150&max_tempo=100", 422, "give the smaller number as min_tempo"),
        ("seed_genres=jazz&min_colour=1", 422, "is no tunable"),
        ("seed_genres=jazz&market=DE", 422, "There is no parameter 'market'"),
    ],
)
async def test_bad_recommendations_are_one_sentence(http, query, status, word):
    assert word.casefold() in problem(await http.get(f"/v1/recommendations?{query}"), status).casefold()


BAD_CHANGES = [
    ([], "The list of operations is empty"),
    ([{"op": "remove", "position": 3}], "Position 3 is out of range; give 0 to 2."),
    ([{"op": "remove"}], "remove needs either a position or a track_id"),
    ([{"op": "pin", "position": 0, "track_id": "t0"}], "pin needs either a position or a track_id"),
    ([{"op": "explode"}], "explode"),
    ([{"op": "add", "track_ids": ["t0"], "entries": [{"title": "x"}]}], "not both"),
    ([{"op": "add", "entries": [{"artist": "x"}]}], "an entry needs a track_id or a title"),
    ([{"op": "add", "track_ids": ["t0"], "position": 99}], "Position 99 is out of range"),
    ([{"op": "ban", "track_id": "t0"}, {"op": "add", "track_ids": ["t0"]}], "lift the ban first"),
    ([{"op": "rename", "colour": "red"}], "colour"),
    ([{"op": "recipe", "recipe": {"filters": {"tempo": [200, 100]}}}], "smaller number first"),
    ([{"op": "recipe", "recipe": {"playlist_id": "x"}}], "playlist_id"),
]


@pytest.mark.parametrize(("operations", "words"), BAD_CHANGES)
async def test_a_bad_change_is_one_sentence_and_changes_nothing(http, mix, operations, words):
    assert words.casefold() in problem(await patch(http, mix, *operations), 422).casefold()
    assert (await http.get(f"/v1/playlists/{mix['id']}")).headers["etag"] == '"1"'


async def test_what_is_not_there_is_404(http, mix):
    for method, door in (
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/versions"),
        ("GET", "/versions/1"),
        ("GET", "/diff?from=1&to=1"),
        ("POST", "/undo"),
        ("POST", "/fork"),
        ("POST", "/refresh"),
        ("POST", "/versions/1/restore"),
    ):
        assert "list them first" in problem(await http.request(method, f"/v1/playlists/nope{door}"), 404)
    for door in ("/versions/9", "/versions/0", "/diff?from=1&to=9", f"/versions/{10**30}"):
        assert "it has 1 to 1" in problem(await http.get(f"/v1/playlists/{mix['id']}{door}"), 404)
    problem(await patch(http, mix, {"op": "add", "track_ids": ["nope"]}), 404)
    problem(await patch(http, mix, {"op": "ban", "track_id": "nope"}), 404)
    assert "nothing to undo" in problem(await http.post(f"/v1/playlists/{mix['id']}/undo"), 422)


async def test_twenty_thousand_entries_are_the_limit(http):
    long = await make(http, *["t0", "t1"] * 10_000)
    assert long["length"] == 20_000
    over = await patch(http, long, {"op": "add", "track_ids": ["t0"]})
    assert problem(over, 422).startswith("The playlist would have 20001 entries; up to 20000 are kept")
    problem(await http.post("/v1/playlists", json={"track_ids": ["t0"] * 20_001}), 422)
    answer = (await http.post("/v1/playlists/continue", json={"playlist_id": long["id"], "n": 5})).json()
    assert not {"t0", "t1"} & {t["track_id"] for t in answer["tracks"]}
