"""Playlist files over REST and the command line: imported with a report, gone on with, exported."""

import json

import httpx
import pytest
from typer.testing import CliRunner

from catalog.formats.playlist import read_playlist
from catalog.values import Described, Measurement, TrackId, TrackMetadata
from ui.api.app import create_app
from ui.cli.main import cli
from ui.compose import App
from ui.settings import load_settings

LIST = b"""#EXTM3U
#PLAYLIST:Road
#EXTINF:100,Ada - Ada 1
/music/1.mp3
#EXTINF:100,Ada - Nothing Of Hers
/music/2.mp3
#EXTINF:-1,
other.xspf
"""


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("TRICHORD_MODELS_DIR", str(tmp_path / "none"))
    parts = App(load_settings(tmp_path / "data"))
    parts.catalogue.library.describe(
        Described(
            TrackId(f"{who}{n}"),
            TrackMetadata(f"{who} {n}", artist=who, genre=("jazz",)),
            100.0 + n,
            (Measurement("energy", n / 10, 1.0),),
        )
        for who in ("Ada", "Bea", "Cy", "Dee")
        for n in range(10)
    )
    parts.close()
    return tmp_path / "data"


@pytest.fixture
async def http(data):
    parts = App(load_settings(data))
    transport = httpx.ASGITransport(app=create_app(parts, with_page=False), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7860") as client:
        yield client
    parts.close()


def sent(data=LIST, name="road.m3u8"):
    return {"files": {"file": (name, data)}}


@pytest.mark.anyio
async def test_an_import_stores_the_list_and_tells_of_every_entry(http):
    answer = await http.post("/v1/playlists/import", **sent())
    report = answer.json()
    assert answer.status_code == 201
    assert (report["title"], report["found"], report["missing"], report["by"]) == ("Road", 1, 2, {"name": 1})
    assert [(e["place"], e["track_id"], e["why"]) for e in report["entries"]] == [
        (1, "Ada1", None),
        (2, None, "title"),
        (3, None, "playlist"),
    ]
    assert report["entries"][1]["closest"]["artist"] == "Ada"
    stored = (await http.get(answer.headers["location"])).json()
    assert [(e["track_id"], e["title"]) for e in stored["entries"]][:2] == [
        ("Ada1", "Ada 1"),
        (None, "Nothing Of Hers"),
    ]


@pytest.mark.anyio
async def test_a_dry_run_stores_nothing_and_a_title_wins(http):
    answer = await http.post("/v1/playlists/import", **sent(), data={"dry_run": "true"})
    assert (answer.status_code, answer.json()["playlist_id"]) == (200, None)
    assert (await http.get("/v1/playlists")).json()["total"] == 0
    await http.post("/v1/playlists/import", **sent(), data={"title": "Mine"})
    assert (await http.get("/v1/playlists")).json()["playlists"][0]["title"] == "Mine"


@pytest.mark.anyio
async def test_an_import_that_is_sent_twice_is_made_once(http):
    for _ in range(2):
        answer = await http.post("/v1/playlists/import", **sent(), headers={"Idempotency-Key": "k1"})
    assert answer.headers["idempotency-replayed"] == "true"
    assert (await http.get("/v1/playlists")).json()["total"] == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("content", "status", "says"),
    [(b"", 422, "empty"), (b"x" * 33_000_000, 413, "larger than 32 MB"), (b"Dear diary\n", 422, "no playlist")],
)
async def test_what_cannot_be_imported_is_one_sentence(http, content, status, says):
    answer = await http.post("/v1/playlists/import", **sent(content))
    assert answer.status_code == status
    assert says in answer.json()["detail"]


@pytest.mark.anyio
async def test_a_continuation_takes_order_length_and_arc(http):
    body = {
        "track_ids": ["Ada0"],
        "duration": 1060,
        "arc": "rise",
        "include": ["Bea3"],
        "max_per_artist": 4,
        "filters": {"genre": "jazz"},
    }
    tracks = (await http.post("/v1/playlists/continue", json=body)).json()["tracks"]
    assert sum(t["duration_s"] for t in tracks) == pytest.approx(1060, rel=0.02)
    assert "Bea3" in [t["track_id"] for t in tracks]
    levels = [int(t["track_id"][-1]) for t in tracks]
    assert levels == sorted(levels)


@pytest.mark.anyio
async def test_tracks_inside_a_list_say_where(http):
    body = {"track_ids": ["Ada0", "Bea0", "Cy0"], "n": 2, "insert": "even", "pinned": [], "order": "smooth"}
    tracks = (await http.post("/v1/playlists/continue", json=body)).json()["tracks"]
    assert [t["after"] for t in tracks] == ["Ada0", "Bea0"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"arc": "zigzag"}, "arc"),
        ({"arc": [[0, 2]]}, "from 0 to 1"),
        ({"order": "random"}, "order"),
        ({"insert": "middle"}, "insert"),
        ({"seed_weights": {"Ada0": -1}}, "weight"),
        ({"pinned": [[1, "Bea1"], [1, "Bea2"]]}, "pinned to one place"),
    ],
)
async def test_wishes_that_cannot_be_are_told(http, wrong, says):
    answer = await http.post("/v1/playlists/continue", json={"track_ids": ["Ada0"], "n": 5, **wrong})
    assert answer.status_code == 422
    assert says in answer.json()["detail"].casefold()


@pytest.mark.anyio
@pytest.mark.parametrize("format", ["m3u8", "xspf", "jspf", "csv"])
async def test_an_export_is_read_again(http, format):
    stored = (await http.post("/v1/playlists/import", **sent())).json()["playlist_id"]
    exported = await http.get(f"/v1/playlists/{stored}/export", params={"format": format, "folder": "/music"})
    document = read_playlist(exported.content)
    assert document.title == "Road"
    assert [e.title for e in document.entries][:2] == ["Ada 1", "Nothing Of Hers"]


def run(data, *arguments, code=0):
    ran = CliRunner().invoke(cli, ["--data-dir", str(data), *map(str, arguments)])
    assert ran.exit_code == code, ran.output
    return ran.output


def test_the_command_line_resolves_and_imports(data, tmp_path):
    file = tmp_path / "road.m3u8"
    file.write_bytes(LIST)
    told = run(data, "playlists", "resolve", file)
    assert "1 of 3 entries are here (1 by name)." in told
    assert "2. Nothing Of Hers by Ada: no such title is here; the closest is" in told
    assert "is a playlist itself" in told
    dry = json.loads(run(data, "playlists", "import", file, "--dry-run", "--json"))
    kept = json.loads(run(data, "playlists", "import", file, "--title", "Mine", "--json"))
    assert (dry["playlist_id"], dry["found"]) == (None, 1)
    parts = App(load_settings(data))
    assert [(p.id, p.title) for p in parts.catalogue.playlists.all()] == [(kept["playlist_id"], "Mine")]
    parts.close()


def test_the_command_line_goes_on_by_an_arc(data, tmp_path):
    out = tmp_path / "next.csv"
    options = ("--track", "Ada0", "-n", "6", "--arc", "0:0.1,1:0.9", "--include", "Cy5", "--max-per-artist", "2")
    tracks = json.loads(run(data, "continue", *options, "--output", out, "--json"))["tracks"]
    levels = [int(t["track_id"][-1]) for t in tracks]
    assert levels == sorted(levels)
    assert len(read_playlist(out.read_bytes()).entries) == 6


def test_listens_become_playlists_that_continuations_learn_from(data, tmp_path):
    order = ["Ada 1", "Bea 2", "Cy 3", "Gone", "Dee 4"]
    rows = [
        {"listened_at": 1_700_000_000 + day * 86_400 + 200 * n, "track_metadata": {"track_name": t}}
        for day in range(3)
        for n, t in enumerate(order)
    ]
    # A sitting of one track says nothing on what goes together.
    rows.append({"listened_at": 1_700_040_000, "track_metadata": {"track_name": "Ada 9"}})
    file = tmp_path / "listens.jsonl"
    file.write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    dry = json.loads(run(data, "playlists", "import-listens", file, "--dry-run", "--json"))
    assert (dry["kept"], dry["left_out"], dry["heard"], dry["known"]) == (3, 1, 16, 13)
    assert "3 sittings are kept, 1 say too little." in run(data, "playlists", "import-listens", file)
    again = json.loads(run(data, "playlists", "import-listens", file, "--json"))
    assert (again["kept"], again["before"], again["most_played"][0]["plays"]) == (0, 3, 3)
    parts = App(load_settings(data))
    stored = parts.catalogue.playlists.all()
    assert {p.title[:18] for p in stored} == {"Listening 2023-11-"}
    assert [e.title for e in stored[0].entries] == order
    parts.close()
    options = ("--track", "Ada1", "-n", "3", "--order", "smooth")
    tracks = json.loads(run(data, "continue", *options, "--json"))["tracks"]
    assert [t["track_id"] for t in tracks] == ["Bea2", "Cy3", "Dee4"]
    assert "3 sittings were forgotten." in run(data, "playlists", "import-listens", "--forget")
