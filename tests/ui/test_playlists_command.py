"""``trichord playlists``: the commands over a catalogue without any weights."""

import json

import pytest
from typer.testing import CliRunner

from catalog.documents import Add, Remove, Rename
from catalog.errors import ConflictError, NotFoundError
from catalog.store import Catalogue
from catalog.values import Described, TrackId, TrackMetadata
from retrieval.continuation.recipes import write_recipe
from retrieval.continuation.values import ContinuationRequest
from retrieval.errors import QueryError
from ui.cli.main import cli


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("TRICHORD_MODELS_DIR", str(tmp_path / "none"))
    return tmp_path / "data"


@pytest.fixture
def catalogue(data):
    opened = Catalogue(data / "catalogue.db")
    opened.library.describe(
        Described(TrackId(f"t{n}"), TrackMetadata(f"[b]Song {n}", artist=f"A{n}", genre=("jazz",)), 60.0)
        for n in range(8)
    )
    yield opened
    opened.close()


@pytest.fixture
def mix(catalogue):
    kept = catalogue.playlists
    made = kept.create("Night Mix", kept.items([TrackId("t0"), TrackId("t1")]))
    kept.edit(made.id, [Remove(0), Add(kept.items([TrackId("t2")])), Rename("Night")], author="ada")
    return made.id


@pytest.fixture
def run(data):
    def run(*arguments, code=0):
        ran = CliRunner().invoke(cli, ["--data-dir", str(data), "playlists", *map(str, arguments)])
        if ran.exception and not isinstance(ran.exception, SystemExit):
            raise ran.exception
        assert ran.exit_code == code, ran.output
        return ran.output

    return run


def test_what_there_is_and_what_changed(run, mix):
    assert "1 of 1 playlists." in run("list")
    assert [p["id"] for p in json.loads(run("list", "--json"))["playlists"]] == [mix]
    assert "[b]Song 1" in run("show", "night")
    assert json.loads(run("show", mix, "--version", 1, "--json"))["title"] == "Night Mix"
    assert [v["author"] for v in json.loads(run("versions", mix, "--json"))["versions"]] == ["ada", None]
    told = run("diff", mix)
    assert "renamed: “Night Mix” to “Night”" in told
    assert "- 1. [b]Song 0, A0" in told
    assert "+ 2. [b]Song 2, A2" in told
    back = json.loads(run("diff", mix, "--from", 2, "--to", 1, "--json"))
    assert back["renamed"] == {"from": "Night", "to": "Night Mix"}
    assert "removed “[b]Song 0” by A0" in " ".join(run("versions", mix).split())


def test_back_copies_and_files(run, mix, catalogue, tmp_path):
    assert "is at version 3" in run("undo", mix)
    assert catalogue.playlists.get(mix).title == "Night Mix"
    assert json.loads(run("restore", mix, 2, "--json"))["title"] == "Night"
    fork = json.loads(run("fork", mix, "--title", "Day", "--version", 1, "--json"))
    assert (fork["title"], fork["origin"]) == ("Day", {"playlist_id": mix, "version": 1})
    assert "“Day”, 2 entries" in run("export", "Day", tmp_path / "day.xspf")
    assert b"Song 0" in (tmp_path / "day.xspf").read_bytes()


def test_refresh(run, catalogue):
    recipe = write_recipe(ContinuationRequest(track_ids=(TrackId("t0"),), n=3))
    made = catalogue.playlists.create("Standing", (), recipe=recipe)
    assert "refreshed by its recipe: 3 new of 3." in run("refresh", "standing")
    assert len(catalogue.playlists.get(made.id).entries) == 3


def test_errors_are_sentences(run, mix):
    with pytest.raises(NotFoundError, match="No playlist has the id or title 'nope'"):
        run("show", "nope")
    with pytest.raises(NotFoundError, match="it has 1 to 2"):
        run("restore", mix, 9)
    with pytest.raises(ConflictError, match="at version 2, not 1"):
        run("undo", mix, "--expect", 1)
    with pytest.raises(QueryError, match="no recipe"):
        run("refresh", mix)
