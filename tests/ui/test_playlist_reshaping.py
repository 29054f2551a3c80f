"""A whole stored playlist made another length, order or course: over REST, and on the command line."""

import json

import httpx
import pytest
from typer.testing import CliRunner

from catalog.documents import Pin
from catalog.errors import ConflictError, NotFoundError
from catalog.values import Described, Measurement, PlaylistItem, TrackId, TrackMetadata
from retrieval.errors import QueryError
from ui.api.app import create_app
from ui.cli.main import cli
from ui.compose import App
from ui.settings import load_settings

pytestmark = pytest.mark.anyio
N = 24


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def parts(tmp_path, monkeypatch):
    monkeypatch.setenv("TRICHORD_MODELS_DIR", str(tmp_path / "none"))
    opened = App(load_settings(tmp_path / "data"))
    opened.catalogue.library.describe(
        Described(
            TrackId(f"t{n:02d}"),
            # Titles run against tempo and energy; every third track is of no known year.
            TrackMetadata(
                f"{chr(97 + N - n) * 4}",
                artist=f"Artist {n % 8}",
                genre=("jazz",),
                year=None if n % 3 == 0 else 1980 + n,
                licence="CC0-1.0" if n % 2 else "CC-BY-4.0",
            ),
            100.0 + n,
            (Measurement("tempo", 80.0 + 4 * n, 1.0), Measurement("energy", n / N, 1.0)),
        )
        for n in range(N)
    )
    yield opened
    opened.close()


@pytest.fixture
async def http(parts):
    transport = httpx.ASGITransport(app=create_app(parts, with_page=False), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7860") as client:
        yield client


@pytest.fixture
def mix(parts):
    kept = parts.catalogue.playlists
    items = kept.items([TrackId(f"t{n:02d}") for n in (5, 2, 9, 0, 7, 4)])
    return kept.create("Mix", items, author="ada").id


async def ask(http, mix, code=200, headers=None, **body):
    answer = await http.post(f"/v1/playlists/{mix}/reshape", json=body, headers=headers)
    assert answer.status_code == code, answer.text
    return answer.json()


def tracks(told):
    return [e["track_id"] for e in told["entries"]]


async def test_a_length_is_a_new_version_with_its_words_and_undo_takes_it_back(http, mix, parts):
    told = await ask(http, mix, duration_s=1200, author="bea")
    length = sum(t.duration_s for t in parts.catalogue.library.get_many([TrackId(i) for i in tracks(told)]))
    assert length == pytest.approx(1200, rel=0.02)
    assert tracks(told)[:6] == ["t05", "t02", "t09", "t00", "t07", "t04"]
    assert (told["version"], told["stayed"], told["went"]) == (2, 6, [])
    assert [e["track_id"] for e in told["came"]] == tracks(told)[6:]
    assert {e["added_by"] for e in told["entries"][:6]} == {"ada"}
    assert {e["added_by"] for e in told["entries"][6:]} == {"bea"}
    assert "all 6 stay" in told["said"][0]
    (newest, _) = (await http.get(f"/v1/playlists/{mix}/versions")).json()["versions"]
    assert newest["message"] == f"reshaped (20 minutes): 6 stayed, 0 went, {len(told['came'])} came"
    assert newest["author"] == "bea"
    undone = (await http.post(f"/v1/playlists/{mix}/undo")).json()
    assert tracks(undone) == ["t05", "t02", "t09", "t00", "t07", "t04"]


async def test_it_shrinks_follows_a_course_and_keeps_what_must_stay(http, mix):
    told = await ask(http, mix, n=3, arc="rise", keep=[3, "t04"])
    assert len(told["entries"]) == 3
    assert {"t00", "t04"} <= set(tracks(told))
    assert [e["track_id"] for e in told["went"]] == [i for i in ("t05", "t02", "t09", "t07") if i not in tracks(told)]
    assert any(said.startswith("Kept: ") for said in told["said"])


async def test_what_is_kept_in_place_and_what_is_pinned_keeps_its_place(http, mix, parts):
    parts.catalogue.playlists.edit(mix, [Pin(1)])
    told = await ask(http, mix, order="tempo", keep=[4], in_place=True)
    assert tracks(told)[1] == "t02"
    assert tracks(told)[4] == "t07"
    assert told["entries"][1]["pinned"]
    others = [tracks(told)[i] for i in (0, 2, 3, 5)]
    assert others == sorted(others)


@pytest.mark.parametrize(
    ("order", "descending", "want"),
    [
        ("tempo", False, ["t00", "t02", "t04", "t05", "t07", "t09"]),
        ("energy", True, ["t09", "t07", "t05", "t04", "t02", "t00"]),
        ("title", False, ["t09", "t07", "t05", "t04", "t02", "t00"]),
        ("length", True, ["t09", "t07", "t05", "t04", "t02", "t00"]),
        # t00 and t09 have no year, and keep their order at the end.
        ("year", False, ["t02", "t04", "t05", "t07", "t09", "t00"]),
        ("year", True, ["t07", "t05", "t04", "t02", "t09", "t00"]),
        # Artists 0, 1 (t09), 2, 4, 5, 7.
        ("artist", False, ["t00", "t09", "t02", "t04", "t05", "t07"]),
        ("reverse", False, ["t04", "t07", "t00", "t09", "t02", "t05"]),
    ],
)
async def test_orders(http, mix, order, descending, want):
    assert tracks(await ask(http, mix, order=order, descending=descending)) == want


async def test_an_unknown_year_is_told(http, mix):
    said = (await ask(http, mix, order="year", descending=True))["said"]
    assert "Ordered by year, the newest first." in said
    assert "Nobody can tell the year of 2 tracks: the end of the list." in said


async def test_a_shuffle_is_another_order_and_the_same_after_undo(http, mix):
    before = tracks((await http.get(f"/v1/playlists/{mix}")).json())
    first = tracks(await ask(http, mix, order="shuffle"))
    again = tracks(await ask(http, mix, order="shuffle"))
    assert sorted(first) == sorted(before)
    assert len({tuple(before), tuple(first), tuple(again)}) == 3
    for _ in range(2):
        await http.post(f"/v1/playlists/{mix}/undo")
    assert tracks(await ask(http, mix, order="shuffle")) == first


async def test_wishes_in_words_send_away_and_are_told(http, mix):
    told = await ask(http, mix, wishes="only CC0, at most one per artist")
    assert all(int(i[1:]) % 2 for i in tracks(told))
    assert {e["track_id"] for e in told["went"]} >= {"t02", "t00", "t04"}
    assert any(said.startswith("Out for “") for said in told["said"])
    assert {r["status"] for r in told["receipts"]} == {"enforced"}


async def test_a_dry_run_writes_nothing(http, mix):
    told = await ask(http, mix, n=3, dry_run=True)
    assert (told["version"], told["length"], len(told["entries"]), told["dry_run"]) == (1, 3, 3, True)
    now = (await http.get(f"/v1/playlists/{mix}")).json()
    assert (now["version"], now["length"]) == (1, 6)
    assert tracks(await ask(http, mix, n=3)) == tracks(told)


async def test_tags_and_keys_hold_as_for_other_edits(http, mix):
    tag = (await http.get(f"/v1/playlists/{mix}")).headers["ETag"]
    once = {"If-Match": tag, "Idempotency-Key": "k1"}
    first = await ask(http, mix, order="tempo", headers=once)
    assert await ask(http, mix, order="tempo", headers=once) == first
    late = await ask(http, mix, 412, order="title", headers={"If-Match": tag})
    assert "somebody changed it meanwhile" in late["detail"]
    assert (await http.get(f"/v1/playlists/{mix}")).json()["version"] == 2


async def test_entries_that_are_not_here_stay_at_the_end_and_doubles_go(http, parts):
    kept = parts.catalogue.playlists
    one, two = kept.items([TrackId("t08"), TrackId("t03")])
    made = kept.create("Odd", [one, PlaylistItem(None, "Lost Song", "Nobody"), two, one])
    told = await ask(http, made.id, order="tempo")
    assert [e["title"] for e in told["entries"]] == [two.title, one.title, "Lost Song"]
    assert ([e["track_id"] for e in told["went"]], told["stayed"]) == (["t08"], 3)


async def test_a_list_that_moved_on_meanwhile_is_not_overwritten(parts, mix, monkeypatch):
    from retrieval.continuation.whole import Reshape, reshape_playlist

    reshape = parts.continuer.reshape

    def meanwhile(*asked, **how):
        parts.catalogue.playlists.edit(mix, [Pin(0)])
        return reshape(*asked, **how)

    monkeypatch.setattr(parts.continuer, "reshape", meanwhile)
    with pytest.raises(ConflictError):
        reshape_playlist(parts.catalogue, parts.continuer, mix, Reshape(n=3))
    assert len(parts.catalogue.playlists.get(mix).entries) == 6


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "Nothing is asked for"),
        ({"keep": [0]}, "Nothing is asked for"),
        ({"n": 0}, "n"),
        ({"n": 501}, "n"),
        ({"duration": 90_000}, "duration"),
        ({"order": "mood"}, "order"),
        ({"arc": "zigzag"}, "arc"),
        ({"arc": "rise", "order": "tempo"}, "choose one"),
        ({"order": "smooth", "descending": True}, "descending needs an order by a property"),
        ({"n": 3, "keep": [6]}, "Position 6 is out of range; the playlist has 6 entries"),
        ({"n": 3, "keep": ["t01"]}, "is not in this playlist"),
        ({"n": 1, "keep": [0, 1]}, "2 tracks must be in a list of 1"),
        ({"wishes": "xyzzy plugh"}, "“xyzzy plugh” is no wish"),
        ({"wishes": "an hour of jazz"}, "“an hour of jazz” is no wish"),
        ({"wishes": "20 tracks"}, "“20 tracks” is no wish"),
        ({"filters": {"licence": "CC-BY-SA"}, "n": 3}, "stays as it was"),
        ({"minutes": 3}, "minutes"),
    ],
)
async def test_what_cannot_be_is_one_sentence_and_no_version(http, mix, body, told):
    answer = await ask(http, mix, 422, **body)
    assert told.casefold() in answer["detail"].casefold()
    assert (await http.get(f"/v1/playlists/{mix}")).json()["version"] == 1


async def test_an_empty_list_and_one_that_is_not_there(http, parts):
    empty = parts.catalogue.playlists.create("Empty", [])
    assert "holds no track" in (await ask(http, empty.id, 422, n=3))["detail"]
    await ask(http, "nothing", 404, n=3)


def run(parts, *arguments):
    data = parts.settings.data_dir
    ran = CliRunner().invoke(cli, ["--data-dir", str(data), "playlists", "reshape", *map(str, arguments)])
    if ran.exception and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_on_the_command_line(parts, mix):
    told = json.loads(run(parts, "mix", "-n", 3, "--keep", 4, "--order", "tempo", "--dry-run", "--json"))
    assert (told["version"], len(told["entries"])) == (1, 3)
    assert tracks(told)[0] == "t00"
    words = run(parts, "mix", "--minutes", 20, "--arc", "0:0.1,1:0.9", "--wish", "at most two per artist")
    assert "+ " in words
    assert "The list has " in words
    assert "reshaped (20 minutes, arc as drawn, at most two per artist): 6 stayed" in words.replace("\n", " ")
    assert parts.catalogue.playlists.get(mix).version == 2
    assert "nothing was written" in run(parts, mix, "--order", "shuffle", "--dry-run")


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        (["Mix", "--order", "mood"], QueryError, "order"),
        (["Mix", "-n", 3, "--keep", 7], QueryError, "out of range"),
        (["Mix", "-n", 3, "--expect", 4], ConflictError, "not 4"),
        (["Mux", "-n", 3], NotFoundError, "Mux"),
    ],
)
def test_bad_input_on_the_command_line(parts, mix, arguments, error, told):
    with pytest.raises(error, match=told):
        run(parts, *arguments)


@pytest.mark.parametrize(
    ("accepted", "told"),
    [
        ("de", "Die Liste hat jetzt 6 Titel"),
        ("en;q=0.2, de-AT", "Die Liste hat jetzt 6 Titel"),
        ("nl", "The list has 6"),
    ],
)
async def test_what_became_of_it_is_said_in_the_language_that_is_asked_for(http, mix, accepted, told):
    done = await ask(http, mix, headers={"Accept-Language": accepted}, order="shuffle", dry_run=True)
    assert done["said"][0].startswith(told)
    body = {"playlist_id": mix, "n": 2}
    answer = await http.post("/v1/playlists/continue", json=body, headers={"Accept-Language": accepted})
    assert all(("in deiner Liste" in t["why"]) == told.startswith("Die") for t in answer.json()["tracks"])
