"""Many tracks by their ids: what lists and queues are shown with."""

import httpx
import pytest


@pytest.fixture
def http(address):
    with httpx.Client(base_url=address, timeout=30) as client:
        yield client


def lookup(http, *ids):
    return http.post("/v1/tracks/lookup", json={"track_ids": ids})


def test_tracks_come_in_the_order_asked_and_what_is_gone_is_named(http):
    told = lookup(http, "harp3", "nobody", "jazz0", "harp3").json()
    assert [t["track_id"] for t in told["tracks"]] == ["harp3", "jazz0"]
    assert told["missing"] == ["nobody"]
    first = told["tracks"][0]
    assert first["preview_url"] == "/v1/tracks/harp3/preview"
    assert (first["duration_s"], first["energy"]) == (120.0, None)  # nothing was measured of it


def test_a_track_is_told_as_everywhere(http):
    (told,) = lookup(http, "jazz1").json()["tracks"]
    whole = http.get("/v1/tracks/jazz1").json()
    assert {k: v for k, v in told.items() if k != "energy"} == {k: whole[k] for k in told if k != "energy"}


@pytest.mark.parametrize("ids", [["x"] * 501, ["x" * 65], [1], "jazz0"])
def test_what_cannot_be_asked_is_one_sentence(http, ids):
    answer = http.post("/v1/tracks/lookup", json={"track_ids": ids})
    assert answer.status_code == 422
    assert "track_ids" in answer.json()["detail"].casefold()


def test_nothing_is_asked_for(http):
    assert lookup(http).json() == {"tracks": [], "missing": []}


def test_a_track_without_a_picture_says_so_quietly(http):
    answer = http.get("/v1/tracks/harp3/cover")
    assert (answer.status_code, answer.content) == (204, b"")
    assert http.get("/v1/tracks/nobody/cover").status_code == 404
