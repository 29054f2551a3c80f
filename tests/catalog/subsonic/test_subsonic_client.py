"""The OpenSubsonic client against a small server of the tests' own that follows the public specification."""

import json
import socket

import pytest
from subsonic_server import PASSWORD, USER, SubsonicServer, song

from catalog.subsonic.client import PAGE, SubsonicClient
from catalog.subsonic.values import RemotePlaylist, Song, SubsonicError, read_playlist, read_song


@pytest.fixture
def server():
    running = SubsonicServer()
    running.songs = [song(f"s{n}", f"Song {n}", "Ada", 100 + n) for n in range(PAGE + 30)]
    yield running
    running.close()


@pytest.fixture
def client(server):
    with SubsonicClient(server.url, USER, PASSWORD) as connected:
        yield connected


def test_the_password_never_travels_and_the_salt_is_new_each_time(server, client):
    client.ping()
    client.ping()
    queries = [given for _, _, given in server.asked]
    assert all("p" not in q and PASSWORD not in json.dumps(q, ensure_ascii=False) for q in queries)
    assert queries[0]["s"] != queries[1]["s"]
    assert {q["f"][0] for q in queries} == {"json"}


def test_the_whole_library_is_listed_page_by_page(server, client):
    songs = list(client.songs())
    assert [s.id for s in songs] == [s["id"] for s in server.songs]
    assert [q["songOffset"] for _, path, q in server.asked if path.endswith("search3")] == [["0"], ["500"], ["530"]]


def test_a_server_that_ignores_the_offset_is_listed_once(server, client):
    page = server.respond("/rest/search3", {}) | {
        "subsonic-response": {"status": "ok", "searchResult3": {"song": server.songs[:PAGE]}}
    }
    server.answer["/rest/search3"] = (200, {}, json.dumps(page))
    assert len(list(client.songs())) == PAGE


def test_playlists_are_listed_read_and_written(server, client):
    made = client.write("Mine", ["s1", "s2", "s1"])
    assert client.playlists() == [RemotePlaylist(made, "Mine", None, USER, 3)]
    read = client.playlist(made)
    assert [s.id for s in read.songs] == ["s1", "s2", "s1"]
    assert read.songs[0] == Song("s1", "Song 1", "Ada", None, 101.0, None)
    assert client.write("Renamed", ["s9"], made) == made
    assert (server.playlists[made]["name"], server.playlists[made]["songs"]) == ("Renamed", ["s9"])


@pytest.mark.parametrize("extensions", [("formPost",), ()])
def test_long_lists_go_as_one_form_or_in_parts(extensions):
    server = SubsonicServer(extensions)
    server.songs = [song(f"s{n}", f"Song {n}", "Ada", 100) for n in range(450)]
    ids = [f"s{n}" for n in range(450)]
    with SubsonicClient(server.url, USER, PASSWORD) as client:
        made = client.write("Long", ids)
    assert server.playlists[made]["songs"] == ids
    verbs = [verb for verb, path, _ in server.asked if "Playlist" in path]
    assert verbs == (["POST"] if extensions else ["GET"] * 5)
    server.close()


@pytest.mark.parametrize(("user", "password", "code"), [(USER, "mistaken", 40), ("eve", PASSWORD, 40)])
def test_wrong_credentials_are_one_sentence(server, user, password, code):
    with SubsonicClient(server.url, user, password) as client, pytest.raises(SubsonicError, match="wrong") as caught:
        client.ping()
    assert caught.value.code == code
    assert password not in str(caught.value)


def test_what_is_not_there_is_code_70(client):
    with pytest.raises(SubsonicError, match="not there") as caught:
        client.playlist("nope")
    assert caught.value.code == 70
    with pytest.raises(SubsonicError, match="not there"):
        client.write("x", ["s1"], "nope")


@pytest.mark.parametrize(
    ("status", "headers", "body", "says"),
    [
        (200, {}, "<html>hello</html>", "does not answer as an OpenSubsonic server"),
        (200, {}, "[]", "does not answer as an OpenSubsonic server"),
        (200, {}, "[" * 100_000, "does not answer as an OpenSubsonic server"),
        (200, {}, '{"subsonic-response": {"status": "failed"}}', "no reason given"),
        (
            200,
            {},
            '{"subsonic-response": {"status": "failed", "error": {"code": 99, "message": "no\\nway."}}}',
            "no way",
        ),
        (404, {"content-type": "text/html"}, "not here", "HTTP status 404"),
        (500, {}, '{"subsonic-response": {"status": "failed", "error": {"code": 50}}}', "may not do that"),
        (200, {}, b"x" * 3_000_000, "more than 2 MB"),
        (302, {"location": "https://evil.example/rest/ping"}, "", "redirects to evil.example, which is refused"),
        (302, {"location": "//evil.example:99/rest/ping"}, "", "which is refused"),
        (302, {"location": "ftp://127.0.0.1/x"}, "", "which is refused"),
        (302, {"location": "/rest/ping"}, "", "in circles"),
    ],
)
def test_a_server_that_misbehaves_is_one_sentence(server, status, headers, body, says):
    server.answer["/rest/ping"] = (status, headers, body)
    with SubsonicClient(server.url, USER, PASSWORD, max_bytes=2_000_000) as client:
        with pytest.raises(SubsonicError, match=says) as caught:
            client.ping()
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


def test_a_redirect_on_the_same_host_is_followed(server, client):
    server.answer["/rest/ping"] = (307, {"location": "/rest/ping.view?x=1"}, "")
    client.ping()
    assert [path for _, path, _ in server.asked] == ["/rest/ping", "/rest/ping.view"]


def test_nobody_there_is_one_sentence():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with SubsonicClient(f"http://127.0.0.1:{port}", USER, PASSWORD) as client:
        with pytest.raises(SubsonicError, match="cannot be reached"):
            client.ping()


@pytest.mark.parametrize(
    "url",
    ["", "ftp://host", "file:///etc/passwd", "host:4533", "http://", "http://[", "http://host:99999", "javascript:x"],
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(SubsonicError, match="no address"):
        SubsonicClient(url, USER, PASSWORD)


def test_credentials_in_the_address_are_refused():
    with pytest.raises(SubsonicError, match="holds a user") as caught:
        SubsonicClient("http://ada:secret@host", USER, PASSWORD)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://Host:4533", "http://host:4533/", "http://host:4533/rest/"])
def test_an_address_is_the_same_however_it_is_written(url):
    assert SubsonicClient(url, USER, PASSWORD).server == "host:4533"
    assert SubsonicClient("https://host/music/rest", USER, PASSWORD).server == "host/music"


def test_an_old_server_has_no_extensions(server, client):
    server.answer["/rest/getOpenSubsonicExtensions"] = (404, {"content-type": "text/html"}, "")
    assert client.extensions() == frozenset()


@pytest.mark.parametrize("given", [None, 3, "x", {}, {"id": None}, {"id": True}, {"id": "x" * 300}, {"id": ""}])
def test_what_has_no_id_is_no_song_and_no_playlist(given):
    assert read_song(given) is None
    assert read_playlist(given) is None


def test_a_song_is_read_whatever_types_it_is_written_in():
    told = {
        "id": 7,
        "title": ["x"],
        "artist": "A",
        "displayArtist": "A & B",
        "duration": -1,
        "isrc": "US1",
        "path": "a/b.mp3",
    }
    assert read_song(told) == Song("7", None, "A & B", None, None, "a/b.mp3", None, ("US1",))
