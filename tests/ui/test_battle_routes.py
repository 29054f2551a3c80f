"""Blind battles over REST: nothing tells the sides apart before the vote; then one vote, and standings."""

import json
import time

import httpx
import numpy as np
import pyloudnorm
import pytest
import soundfile
from small_server import serving, settled
from test_generation_routes import Chords, problem

from agent.generation.broker import Broker
from catalog.values import Described, TrackId, TrackMetadata
from ui.cli.arena import export
from ui.cli.main import _Shared


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arena")
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        settled(folder, monkeypatch, user_keys={"ada": "ada-key", "bob": "bob-key"}, api_keys=("key",)) as opened,
    ):
        opened.__dict__["broker"] = Broker([Chords("first"), Chords("second")])
        t = np.arange(44_100 * 20) / 44_100
        soundfile.write(folder / "banjo.wav", 0.02 * np.sin(2 * np.pi * 330 * t) * (1 + np.sin(9 * t)), 44_100)
        opened.catalogue.library.describe(
            [Described(TrackId("banjo"), TrackMetadata("Banjo Morning", artist="Ada Sun", genre=("banjo",)), 20.0)]
        )
        real = opened.catalogue.library.get

        with pytest.MonkeyPatch.context() as patch:
            place_file(opened, patch, real, folder / "banjo.wav")
            yield opened


def place_file(parts, patch, get, path):
    """Tracks set by hand have no file; the banjo gets one."""
    from dataclasses import replace

    library = parts.catalogue.library
    many = library.get_many
    filed = lambda track: replace(track, path=path) if track.id == "banjo" else track  # noqa: E731
    patch.setattr(library, "get", lambda track_id: filed(get(track_id)))
    patch.setattr(library, "get_many", lambda ids: [filed(track) for track in many(ids)])


@pytest.fixture(scope="module")
def address(parts):
    with serving(parts) as url:
        yield url


@pytest.fixture
def api(address):
    with httpx.Client(base_url=address, headers={"x-api-key": "key"}, timeout=60) as client:
        yield client


def ready(api, **body):
    started = api.post("/v1/battles", json={"text": "a banjo chord", "duration": 6} | body)
    assert started.status_code == 202, started.text
    told, until = started.json(), time.monotonic() + 30
    assert (told["status"], told["a"], told["b"]) == ("preparing", None, None)
    while told["status"] == "preparing":
        assert time.monotonic() < until
        time.sleep(0.05)
        told = api.get(f"/v1/battles/{told['id']}").json()
    return told


def vote(api, told, choice="a", **more):
    body = {"choice": choice, "listened_s": {"a": 6, "b": 7}} | more
    return api.post(f"/v1/battles/{told['id']}/vote", json=body)


@pytest.mark.parametrize("kind", ["catalogue", "backends", "seeds"])
def test_both_sides_are_alike_until_the_vote(api, tmp_path, kind):
    told = ready(api, kind=kind, seed={"catalogue": 1, "backends": 2, "seeds": 3}[kind])
    assert told["status"] == "ready", told
    assert "revealed" not in told
    lengths, forms, levels = [], [], []
    for side in ("a", "b"):
        answer = api.get(told[side]["audio_url"])
        path = tmp_path / f"{side}.flac"
        path.write_bytes(answer.content)
        info = soundfile.info(path)
        lengths.append(info.frames)
        forms.append((info.samplerate, info.channels, info.subtype, info.extra_info.count("\n")))
        sound, rate = soundfile.read(path)
        levels.append(pyloudnorm.Meter(rate).integrated_loudness(sound))
        drawn = api.get(told[side]["peaks_url"], params={"n": 50}).json()
        assert len(drawn["peaks"]) == 50
        hints = json.dumps(told) + str(answer.headers)
        assert not any(word in hints for word in ("first", "second", "banjo.wav", "Morning", "composer"))
        assert b"TRICHORD" not in answer.content[:5000]
    assert lengths[0] == lengths[1] <= 6 * 44_100
    assert forms[0] == forms[1]
    assert levels == pytest.approx([-14, -14], abs=0.7)
    shown = {each["id"] for each in api.get("/v1/generations", params={"limit": 100}).json()["generations"]}
    revealed = vote(api, told).json()["revealed"]
    made = {side["generation_id"] for side in revealed.values() if side["generation_id"]}
    assert made
    assert not made & shown, "the list of pieces would have told"
    kinds = sorted(side["kind"] for side in revealed.values())
    assert kinds == (["catalogue", "generated"] if kind == "catalogue" else ["generated", "generated"])
    if kind == "catalogue":
        one = next(side for side in revealed.values() if side["kind"] == "catalogue")
        assert (one["system"], one["title"], one["track"]["track_id"]) == ("catalogue", "Banjo Morning", "banjo")
    elif kind == "backends":
        assert {side["system"] for side in revealed.values()} == {"first", "second"}
    else:
        assert len({side["generation_id"] for side in revealed.values()}) == 2
        assert len({side["system"] for side in revealed.values()}) == 1


def test_sides_are_drawn_at_random(api):
    drawn = set()
    for _ in range(24):
        told = ready(api, kind="backends", seed=2)
        drawn.add(vote(api, told).json()["revealed"]["a"]["system"])
    assert drawn == {"first", "second"}


def test_a_vote_wants_listening_and_counts_once(api):
    told = ready(api, kind="backends", seed=4)
    early = vote(api, told, listened_s={"a": 4.2, "b": 30})
    assert "at least 5 s" in problem(early, 422)
    assert vote(api, told, "tie", words="close").json()["status"] == "voted"
    assert "has its vote already" in problem(vote(api, told, "a"), 409)
    kept = api.get(f"/v1/battles/{told['id']}").json()
    assert kept["choice"] == "tie"
    assert kept["revealed"]


def test_a_piece_that_is_there_can_be_one_side(api):
    started = api.post("/v1/generations", json={"text": "a banjo chord", "duration": 6, "seed": 9}).json()
    while api.get(f"/v1/generations/{started['id']}").json()["status"] != "done":
        time.sleep(0.05)
    told = ready(api, kind="catalogue", generation_id=started["id"])
    assert told["text"] == "a banjo chord"
    ids = {side["generation_id"] for side in vote(api, told).json()["revealed"].values()}
    assert ids == {None, started["id"]}


def test_words_in_another_language_find_a_track_to_stand_against_a_piece(api):
    told = ready(api, kind="catalogue", text="8 Sekunden Musik für den Morgen", seed=3)
    assert "Banjo Morning" in {side["title"] for side in vote(api, told).json()["revealed"].values()}


def test_where_no_track_fits_the_words_the_nearest_by_sound_stands_against_a_piece(api, parts):
    body = {"text": "christmas bagpipes", "duration": 6, "seed": 11}
    started = api.post("/v1/generations", json=body).json()
    while (row := api.get(f"/v1/generations/{started['id']}").json())["status"] != "done":
        time.sleep(0.05)
    assert "none fits" in problem(api.post("/v1/battles", json={"kind": "catalogue", "generation_id": row["id"]}), 422)
    kept = json.loads(parts.generations.get(row["id"]).result)
    near = [{"track_id": "banjo", "similarity": 0.8, "near_copy": False}]
    parts.catalogue.generations.amend(row["id"], json.dumps(kept | {"neighbours": near}))
    told = ready(api, kind="catalogue", generation_id=row["id"])
    sides = vote(api, told).json()["revealed"].values()
    assert {side["title"] for side in sides} == {"Banjo Morning", "The first"}


def test_standings_rank_from_the_minimum_on(api):
    before = api.get("/v1/battles/standings").json()
    told = ready(api, kind="backends", seed=5)
    vote(api, told, "both_bad")
    after = api.get("/v1/battles/standings").json()
    assert after["votes"] == before["votes"] + 1
    assert after["minimum"] == 10
    systems = {each["system"]: each for each in after["systems"]}
    assert {"first", "second"} <= set(systems)
    assert systems["first"]["title"] == "The first"
    assert sum(each["both_bad"] for each in systems.values()) == 2
    assert after["told"].endswith(".")
    assert all((each["strength"] is None) == (each["battles"] < 10) for each in after["systems"])


def test_a_battle_is_its_users(address, api):
    with (
        httpx.Client(base_url=address, headers={"x-api-key": "ada-key"}, timeout=30) as ada,
        httpx.Client(base_url=address, headers={"x-api-key": "bob-key"}, timeout=30) as bob,
    ):
        told = ready(ada, kind="backends", seed=6)
        for path in ("", "/a/audio", "/b/peaks"):
            problem(bob.get(f"/v1/battles/{told['id']}{path}"), 404)
        problem(vote(bob, told), 404)
        assert vote(ada, told).status_code == 200


def test_what_cannot_be_is_one_sentence(api):
    for body, status, words in (
        ({"text": "x", "kind": "duel"}, 422, "ind"),
        ({"text": " ", "kind": "seeds"}, 422, "words are empty"),
        ({"text": "x", "kind": "seeds", "duration": 9000}, 422, "9000 s"),
        ({"text": "x", "kind": "backends", "backends": ["first", "nobody"]}, 422, "there are: first, second"),
        ({"text": "an opera", "kind": "seeds"}, 503, "sings no opera"),
        ({"text": "qwertzuiop bagpipes", "kind": "catalogue", "duration": 6}, 422, "No track of the catalogue"),
        ({"text": "x", "kind": "seeds", "generation_id": "nope"}, 404, "nope"),
    ):
        assert words in problem(api.post("/v1/battles", json=body), status)
    problem(api.get("/v1/battles/nope"), 404)
    slow = api.post("/v1/battles", json={"text": "slow", "kind": "seeds", "duration": 6, "seed": 70}).json()
    assert "still being prepared" in problem(vote(api, slow), 409)
    problem(api.get(f"/v1/battles/{slow['id']}/a/audio"), 404)
    for row in api.get("/v1/generations", params={"limit": 50}).json()["generations"]:
        assert row["request"]["text"] != "slow"


def test_a_side_that_fails_ends_the_battle(api, parts):
    told = api.post("/v1/battles", json={"text": "slow fails", "kind": "seeds", "duration": 6, "seed": 80}).json()
    for piece in parts.arena.blind():
        parts.generations.cancel(piece)
    ended = api.get(f"/v1/battles/{told['id']}").json()
    assert ended["status"] == "failed"
    assert "could not be made" in ended["message"]


def test_the_release_is_written(parts, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(_Shared, "data_dir", parts.settings.data_dir)
    export(tmp_path / "votes.json")
    told = json.loads((tmp_path / "votes.json").read_text("utf-8"))
    assert told["votes"] == len(told["battles"]) > 20
    assert "banjo chord" not in json.dumps(told)
    assert f"{told['votes']} votes" in capsys.readouterr().out
