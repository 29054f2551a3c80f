"""``trichord playlists pull`` and ``push`` against a small OpenSubsonic server."""

import json

import pytest
from subsonic_server import PASSWORD, USER, SubsonicServer, song
from typer.testing import CliRunner

from catalog.subsonic.values import SubsonicError
from catalog.values import Described, PlaylistItem, TrackId, TrackMetadata
from ui.cli.main import cli
from ui.compose import App
from ui.settings import load_settings

MBID = "85701f84-c37f-4857-89d3-29625f02d943"


@pytest.fixture
def server():
    running = SubsonicServer()
    running.songs = [
        song("a/1", "Song One", "Ada", 100),
        song("a2", "Song Two", "Ada", 101),
        song("a3", "Totally Different Words", "Nobody", 999, musicBrainzId=MBID),
        song("long", "Song Four", "Ada", 900),
        song("other", "Elsewhere", "Eve", 100),
    ]
    running.playlists["p1"] = {"name": "Road", "comment": "for driving", "songs": ["a/1", "other", "a3", "long"]}
    running.playlists["p2"] = {"name": "Empty", "songs": []}
    yield running
    running.close()


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("TRICHORD_MODELS_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("TRICHORD_SUBSONIC_PASSWORD", PASSWORD)
    tracks = {"t1": "Song One", "t2": "Song Two", "t3": "Song Three", "t4": "Song Four"}
    parts = App(load_settings(tmp_path / "data"))
    known = {"t3": (f"https://musicbrainz.org/recording/{MBID}",)}
    parts.catalogue.library.describe(
        Described(TrackId(i), TrackMetadata(title, "Ada", identifiers=known.get(i, ())), 100.0)
        for i, title in tracks.items()
    )
    parts.close()
    return tmp_path / "data"


def run(data, *arguments, code=0, said=None):
    ran = CliRunner().invoke(cli, ["--data-dir", str(data), "playlists", *map(str, arguments)], input=said)
    assert ran.exit_code == code, ran.output
    return ran.output


@pytest.fixture
def stored(data):
    def playlists():
        parts = App(load_settings(data))
        found = {p.title: p for p in parts.catalogue.playlists.all()}
        parts.close()
        return found

    return playlists


def test_pull_links_the_library_and_keeps_the_playlists(server, data, stored):
    told = json.loads(run(data, "pull", server.url, "--user", USER, "--json"))
    assert (told["songs"], told["linked"]) == (5, 3)
    assert {p["title"]: (p["found"], p["missing"]) for p in told["playlists"]} == {"Road": (2, 2), "Empty": (0, 0)}
    road = stored()["Road"]
    # The fourth has the name of a track here, and another length: it is another recording.
    assert [e.track_id for e in road.entries] == ["t1", None, "t3", None]
    assert road.entries[1].title == "Elsewhere"
    assert "for driving" in road.description


def test_pull_again_makes_a_new_version_and_no_second_list(server, data, stored):
    run(data, "pull", server.url, "--user", USER)
    server.playlists["p1"] |= {"name": "Roads", "songs": ["a2"]}
    out = run(data, "pull", server.url, "--user", USER)
    assert "“Roads”: 1 of 1 entries are here." in out
    kept = stored()
    assert set(kept) == {"Roads", "Empty"}
    assert [e.track_id for e in kept["Roads"].entries] == ["t2"]
    assert kept["Roads"].version == 2


def test_push_writes_back_to_where_a_playlist_came_from(server, data, stored):
    run(data, "pull", server.url, "--user", USER, "--playlist", "Road")
    assert set(stored()) == {"Road"}
    out = run(data, "push", stored()["Road"].id, server.url, "--user", USER)
    assert server.playlists["p1"]["songs"] == ["a/1", "a3"]
    assert "2 songs" in out
    assert "Elsewhere" in out


def test_push_makes_a_new_list_or_writes_over_the_one_that_is_named(server, data, stored):
    run(data, "pull", server.url, "--user", USER, "--playlist", "Empty")
    parts = App(load_settings(data))
    mine = parts.catalogue.playlists.create("Mine", [PlaylistItem(TrackId(i), i) for i in ("t2", "t1", "t4")])
    parts.close()
    told = json.loads(run(data, "push", mine.id, server.url, "--user", USER, "--json"))
    assert server.playlists[told["remote_id"]] == {"name": "Mine", "comment": "", "songs": ["a2", "a/1"]}
    assert told["missing"] == ["t4"]
    run(data, "push", mine.id, server.url, "--user", USER, "--into", "p2")
    assert server.playlists["p2"]["songs"] == ["a2", "a/1"]


def test_links_outlive_a_new_ingest_and_old_ones_of_the_server_go(server, data):
    run(data, "pull", server.url, "--user", USER)
    parts = App(load_settings(data))
    library = parts.catalogue.library
    library.describe([Described(TrackId("t1"), TrackMetadata("Song One", "Ada"), 100.0)])
    library.link("subsonic:elsewhere:", {TrackId("t1"): "subsonic:elsewhere:9"})
    assert library.links([TrackId("t1")]) == {"t1": (f"subsonic:{server.netloc}:a%2F1", "subsonic:elsewhere:9")}
    library.link("subsonic:elsewhere:", {})
    assert library.identified()[f"subsonic:{server.netloc}:a%2F1"] == "t1"
    assert "subsonic:elsewhere:9" not in library.identified()
    parts.close()


def test_the_password_is_asked_for_where_none_is_set(server, data, monkeypatch):
    monkeypatch.delenv("TRICHORD_SUBSONIC_PASSWORD")
    out = run(data, "pull", server.url, "--user", USER, said=f"{PASSWORD}\n")
    assert PASSWORD not in out
    assert "3 of 5 songs" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("pull", "{url}", "--user", "eve"), "wrong"),
        (("pull", "ftp://x", "--user", "ada"), "no address"),
        (("pull", "{url}", "--user", "ada", "--playlist", "none such"), "no playlist"),
        (("push", "0123", "{url}", "--user", "ada"), "No playlist has the id"),
    ],
)
def test_what_goes_wrong_is_one_sentence(server, data, arguments, says):
    ran = CliRunner().invoke(
        cli, ["--data-dir", str(data), "playlists", *(a.format(url=server.url) for a in arguments)]
    )
    assert isinstance(ran.exception, ValueError), ran.output
    assert says in str(ran.exception)


def test_nothing_is_pushed_where_the_server_has_none_of_it(server, data):
    parts = App(load_settings(data))
    mine = parts.catalogue.playlists.create("Mine", [PlaylistItem(TrackId("t4"), "x")])
    parts.close()
    ran = CliRunner().invoke(cli, ["--data-dir", str(data), "playlists", "push", mine.id, server.url, "--user", USER])
    assert "none of these tracks" in str(ran.exception)
    assert not isinstance(ran.exception, SubsonicError)
    assert set(server.playlists) == {"p1", "p2"}
