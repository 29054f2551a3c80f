"""The taste profile over REST and on the command line; whose it is."""

import json

import httpx
import pytest
from typer.testing import CliRunner

from catalog.errors import NotFoundError
from catalog.store import Catalogue
from catalog.values import Described, Measurement, TrackId, TrackMetadata, UserId
from retrieval.errors import QueryError
from ui.api.app import create_app
from ui.cli.main import cli
from ui.compose import App
from ui.settings import Settings

STYLES = ("jazz", "metal", "harp")


@pytest.fixture
def anyio_backend():
    return "asyncio"


def filled(catalogue):
    catalogue.library.describe(
        Described(
            TrackId(f"{STYLES[n % 3]}{n}"),
            TrackMetadata(f"Song {n}", artist=f"Artist {n}", genre=(STYLES[n % 3], "calm")),
            100.0 + n,
            (Measurement("tempo", 80.0 + 4 * n, 1.0), Measurement("energy", n / 30, 1.0)),
        )
        for n in range(30)
    )


@pytest.fixture
def opened(tmp_path):
    made = []

    def open_(**told):
        parts = App(Settings(data_dir=tmp_path / "data", models_dir=tmp_path / "none", planner="rules", **told))
        filled(parts.catalogue)
        made.append(parts)
        transport = httpx.ASGITransport(app=create_app(parts, with_page=False), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7860")

    yield open_
    for parts in made:
        parts.close()


async def chat(http, message, **more):
    answer = await http.post("/v1/chat", json={"message": message, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.anyio
async def test_the_local_user_sees_edits_exports_and_erases(opened):
    async with opened() as http:
        assert (await http.get("/v1/profile")).json() == {"user_id": "local", "on": True, "reactions": 0, "lines": []}
        await chat(http, "I love jazz", session_id="session-1")
        for track in ("harp2", "harp5"):
            liked = {"track_id": track, "kind": "like"}
            assert (await http.post("/v1/sessions/session-1/feedback", json=liked)).status_code == 200
        lines = {line["value"]: line for line in (await http.get("/v1/profile")).json()["lines"]}
        assert lines["jazz"]["origin"] == "stated"
        assert lines["jazz"]["words"] == "I love jazz"
        assert {g["track_id"] for g in lines["harp"]["evidence"]} == {"harp2", "harp5"}

        told = await chat(http, "something calm", session_id="session-2")
        assert any(s["name"] == "profile" and "+jazz" in s["detail"] for s in told["trace"])

        edits = [
            {"field": "concept", "value": "harp", "weight": None},
            {"field": "concept", "value": "jazz", "weight": 0.2},
            {"field": "word", "value": "screaming", "weight": -1, "never": True},
        ]
        changed = (await http.patch("/v1/profile", json={"lines": edits, "on": False})).json()
        assert changed["on"] is False
        got = {line["value"]: (line["weight"], line["never"], line["origin"]) for line in changed["lines"]}
        assert got["jazz"] == (0.2, False, "edited")
        assert got["screaming"] == (-1.0, True, "edited")
        assert "harp" not in got
        told = await chat(http, "something calm", session_id="session-3")
        assert not any(s["name"] == "profile" for s in told["trace"])

        export = await http.get("/v1/profile/export")
        assert export.headers["content-disposition"] == 'attachment; filename="trichord-profile.json"'
        assert {r["track_id"] for r in export.json()["reactions"]} == {"harp2", "harp5"}
        assert {t["value"] for t in export.json()["tastes"]} == {"jazz", "harp", "screaming"}
        assert (await http.delete("/v1/profile")).json() == {"tastes": 3, "reactions": 2}
        assert (await http.get("/v1/profile")).json()["lines"] == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    "body",
    [
        {"lines": [{"value": "no such concept", "weight": 1}]},
        {"lines": [{"value": "jazz", "weight": 2}]},
        {"lines": [{"field": "colour", "value": "red", "weight": 1}]},
        {"lines": [{"value": "jazz"}]},
        {"of": True},
    ],
)
async def test_bad_edits_are_refused_and_change_nothing(opened, body):
    async with opened() as http:
        refused = await http.patch("/v1/profile", json=body)
        assert refused.status_code == 422
        assert refused.headers["content-type"] == "application/problem+json"
        assert (await http.get("/v1/profile")).json()["lines"] == []


@pytest.mark.anyio
async def test_a_users_key_opens_that_users_profile_alone(opened):
    keys = {"api_keys": ("operator",), "user_keys": {"ada": "ada-key", "bea": "bea-key"}}
    async with opened(**keys) as http:
        ada, operator = {"X-API-Key": "ada-key"}, {"Authorization": "Bearer operator"}
        assert (await http.get("/v1/profile")).status_code == 401
        first = await http.post("/v1/chat", json={"message": "I love jazz"}, headers=ada)
        assert first.json()["reply"].startswith("Noted for good")
        assert [x["value"] for x in (await http.get("/v1/profile", headers=ada)).json()["lines"]] == ["jazz"]
        for ask in (http.get, http.delete):
            assert (await ask("/v1/profile?user_id=bea", headers=ada)).status_code == 403
        spoken = await http.post("/v1/chat", json={"message": "hi", "user_id": "bea"}, headers=ada)
        assert spoken.status_code == 403
        assert (await http.get("/v1/profile", headers={"X-API-Key": "bea-key"})).json()["lines"] == []
        # An operator speaks for everybody, and has to say for whom.
        assert (await http.get("/v1/profile?user_id=ada", headers=operator)).json()["user_id"] == "ada"
        for strange in ("/v1/profile", "/v1/profile?user_id=nobody", "/v1/profile/export?user_id=nobody"):
            assert (await http.get(strange, headers=operator)).status_code == 404
        other = await http.post("/v1/chat", json={"message": "I love jazz"}, headers=operator)
        assert other.json()["tracks"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("TRICHORD_MODELS_DIR", str(tmp_path / "none"))
    catalogue = Catalogue(tmp_path / "data" / "catalogue.db")
    filled(catalogue)
    catalogue.conversations.react(TrackId("harp2"), "like", None, UserId("local"))
    catalogue.close()

    def run(*arguments, code=0, typed=""):
        words = ["--data-dir", str(tmp_path / "data"), "profile", *map(str, arguments)]
        ran = CliRunner().invoke(cli, words, input=typed)
        if ran.exception and not isinstance(ran.exception, SystemExit):
            raise ran.exception
        assert ran.exit_code == code, ran.output
        return ran.output

    return run


def test_the_commands_do_the_same(run, tmp_path):
    assert "+0.22  harp (concept, learned" in run("show")
    assert "never  jazz (concept, edited" in run("edit", "jazz", "--never")
    assert json.loads(run("edit", "harp", "--weight", "-0.5", "--json"))["lines"][1]["weight"] == -0.5
    assert run("edit", "--off").endswith("switched off.\n")
    run("edit", "jazz", "--remove")
    run("export", tmp_path / "taste.json")
    assert json.loads((tmp_path / "taste.json").read_text(encoding="utf-8"))["reactions"][0]["track_id"] == "harp2"
    run("erase", code=1, typed="n\n")
    assert "Erased 1 tastes and 1 reactions of local." in run("erase", typed="y\n")
    assert run("show").endswith("0 lines, 0 reactions of local.\n")


@pytest.mark.parametrize(
    "words", [("edit",), ("edit", "jazz"), ("edit", "jazz", "--never", "--remove"), ("edit", "--weight", "1")]
)
def test_half_an_edit_is_refused(run, words):
    with pytest.raises(QueryError, match="Give a line with one of"):
        run(*words)


def test_an_unknown_user_is_told(run):
    with pytest.raises(NotFoundError, match="Nothing is known of a user 'eve'"):
        run("show", "--user", "eve")
