"""Generations over REST: briefs, the queue, events, peaks, who may see what, and one sentence for what is wrong."""

import json
import shutil
import time

import httpx
import numpy as np
import pytest
import soundfile
from small_server import serving, settled

from agent.generation.broker import Broker
from agent.generation.composer import Composer
from agent.generation.render import find_synth
from agent.generation.values import GeneratedAudio, GenerationCancelledError, Support
from agent.handoff import GenerationService
from catalog.values import TrackId
from encoders.values import AudioAnalysis, Estimate, KeyEstimate
from retrieval.comparing import Heard, Near
from retrieval.copies import Overlap


class Chords:
    """A backend that writes a chord; words with “slow” in them take long."""

    licence = "CC0"

    def __init__(self, id):
        self.id, self.title = id, f"The {id}"

    def supports(self, request):
        return Support.no("it sings no opera") if "opera" in request.text else Support.full()

    def estimate_s(self, request):
        return request.duration_s / 10

    def prepare(self):
        pass

    def generate(self, request, dst, progress, cancel):
        until = time.monotonic() + (30 if "slow" in request.text else 0)
        progress(0.3, "playing")
        while time.monotonic() < until:
            if cancel.is_set():
                raise GenerationCancelledError("stopped")
            time.sleep(0.02)
        t = np.arange(round(44_100 * request.duration_s)) / 44_100
        wave = sum(np.sin(2 * np.pi * hz * t) for hz in (220, 277, 330 + request.seed)) / 8
        soundfile.write(dst, np.stack([wave, wave], axis=1), 44_100, format="FLAC")
        notes = None
        if self.id == "first":
            notes = dst.with_suffix(".mid")
            notes.write_bytes(b"MThd")
        return GeneratedAudio(dst, request.duration_s, request.seed, self.id, 120.0, "A major", notes)

    def release(self):
        pass


class HearsCopies:
    """Finds a copy in everything whose words are none of its business; the features are measured elsewhere."""

    def __init__(self, comparer):
        self.words_of = comparer.words_of

    def hear(self, path, *, thorough=False, cancel=None):
        analysis = AudioAnalysis(
            4.0, 44_100, 2, Estimate(60.2, 0.8), KeyEstimate("A", "major", 0.9), (), -14.2, 0.4, 1.0, 900.0
        )
        copied = Near(TrackId("jazz1"), 0.93, Overlap(0.91, 15.0, 0.0, 12.0, 2, 1.0))
        return Heard(analysis, ("piano",), (copied, Near(TrackId("harp2"), 0.5, None)), 40)

    def fill(self, stop):
        pass


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pieces")
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        settled(folder, monkeypatch, user_keys={"ada": "ada-key", "bob": "bob-key"}, api_keys=("key",)) as opened,
    ):
        opened.__dict__["broker"] = Broker([Chords("first"), Chords("second")])
        yield opened


@pytest.fixture(scope="module")
def address(parts):
    with serving(parts) as url:
        yield url


@pytest.fixture
def api(address):
    with httpx.Client(base_url=address, headers={"x-api-key": "key"}, timeout=30) as client:
        yield client


@pytest.fixture
def ada(address):
    with httpx.Client(base_url=address, headers={"x-api-key": "ada-key"}, timeout=30) as client:
        yield client


@pytest.fixture
def bob(address):
    with httpx.Client(base_url=address, headers={"x-api-key": "bob-key"}, timeout=30) as client:
        yield client


def events(client, generation_id):
    with client.stream("GET", f"/v1/generations/{generation_id}/events") as stream:
        text = "".join(stream.iter_text())
    blocks = [block.split("\n", 1) for block in text.strip().split("\n\n") if not block.startswith(":")]
    return [(head.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for head, data in blocks]


def made(client, **body):
    started = client.post("/v1/generations", json={"text": "a chord", "duration": 4} | body)
    assert started.status_code == 202, started.text
    return events(client, started.json()["id"])[-1][1]


def problem(answer, status):
    told = answer.json()
    assert (answer.status_code, told["status"]) == (status, status), told
    assert told["detail"].endswith(".")
    return told["detail"]


def test_a_brief_is_read_and_nothing_is_made(api):
    body = {"text": "30 seconds of calm piano in D minor at 80 bpm, no drums", "tempo": 90, "negative": "flute"}
    told = api.post("/v1/generations/brief", json=body).json()
    assert told["request"] == {
        "text": body["text"], "duration_s": 30, "tempo_bpm": 90, "key": "D minor", "mood": "calm", "genre": None,
        "instruments": ["piano"], "energy": 0.2, "seed": 0, "negative": "flute",
    }  # fmt: skip
    # What the words say, also where it is outweighed.
    assert told["read"] == ["duration_s", "tempo_bpm", "key", "mood", "instruments", "energy", "negative"]
    routing = told["routing"]
    assert routing["chosen"] == "first"
    assert [each["id"] for each in routing["backends"]] == ["first", "second"]
    assert routing["backends"][0] == {
        "id": "first", "title": "The first", "licence": "CC0", "support": "full", "missing": [], "reason": "",
        "estimate_s": routing["backends"][0]["estimate_s"],
    }  # fmt: skip
    none = api.post("/v1/generations/brief", json={"text": "an opera"}).json()["routing"]
    assert none["chosen"] is None
    assert none["backends"][0]["reason"] == "it sings no opera"


def test_a_piece_from_request_to_files(api):
    told = made(api, seed=1)
    assert (told["status"], told["progress"], told["eta_s"], told["queue_position"]) == ("done", 1.0, None, None)
    assert told["backend"] == {"id": "first", "title": "The first", "licence": "CC0"}
    assert told["created_at"] <= told["started_at"] <= told["finished_at"]
    assert told["provenance"] == "generated"
    result = told["result"]
    assert result["measured"]["agrees"] == {"duration": True, "tempo": None, "key": None}
    assert abs(result["measured"]["loudness_lufs"]) < 40
    assert api.get(result["audio_url"]).content[:4] == b"fLaC"
    assert api.get(result["midi_url"]).content == b"MThd"
    assert api.get(result["provenance_url"]).json()["request"]["seed"] == 1
    assert api.get(result["audio_url"], headers={"Range": "bytes=0-9"}).status_code == 206
    drawn = api.get(f"/v1/generations/{told['id']}/peaks", params={"n": 100}).json()
    assert (drawn["n"], len(drawn["peaks"]), drawn["duration_s"]) == (100, 100, 4.0)
    assert 0.2 < max(drawn["peaks"]) <= 1.0


def test_a_system_without_notes_has_no_midi(api):
    told = made(api, seed=2, backend="second")
    assert told["backend"]["id"] == "second"
    assert told["result"]["midi_url"] is None
    for name in ("midi", "musicxml", "score", "stems", "stems/1"):
        problem(api.get(f"/v1/generations/{told['id']}/{name}"), 404)


@pytest.fixture(scope="module")
def composed(parts):
    """A piece by the composer: the best of three."""
    synth = find_synth()
    if isinstance(synth, str):
        pytest.skip(synth)
    parts.generations._broker._backends["composer"] = Composer()
    return {"backend": "composer", "text": "jazz <b>trio</b>", "duration": 8, "seed": 3, "candidates": 3}


def test_a_composed_piece_comes_as_score_and_stems(api, composed):
    result = made(api, **composed)["result"]
    xml = api.get(result["musicxml_url"])
    assert xml.headers["content-type"].startswith("application/vnd.recordare.musicxml+xml")
    assert "<score-partwise" in xml.text
    page = api.get(result["score_url"])
    assert (page.headers["content-type"], int(page.headers["x-pages"])) == ("image/svg+xml", 1)
    assert "<b>" not in page.text
    assert "age 2 is outside 1 to 1" in problem(api.get(result["score_url"], params={"page": 2}), 422)
    stems = api.get(result["stems_url"]).json()["stems"]
    assert [stem["number"] for stem in stems] == list(range(1, len(stems) + 1))
    first = api.get(stems[0]["url"])
    assert (first.content[:4], first.headers["content-type"]) == (b"fLaC", "audio/flac")
    assert "has no part 99" in problem(api.get(f"{result['stems_url']}/99"), 404)


def test_the_provenance_says_which_candidate_was_chosen_and_why(api, composed):
    told = api.get(made(api, **composed)["result"]["provenance_url"]).json()
    choice = told["choice"]
    assert told["request"]["candidates"] == choice["candidates"] == len(choice["marks"]) == 3
    assert choice["marks"][choice["chosen"] - 1] == max(choice["marks"])
    assert choice["reason"].startswith(f"candidate {choice['chosen']} of 3 has the most marks")
    assert "Candidates" in problem(api.post("/v1/generations", json={"text": "x", "candidates": 9}), 422)


def test_what_was_made_of_the_notes_goes_with_the_piece(api, parts, composed):
    told = made(api, **composed | {"seed": 4})
    api.get(told["result"]["musicxml_url"])
    folder = parts.settings.data_dir / "generated"
    sha256 = told["result"]["file"].removesuffix(".flac")
    assert (folder / f"{sha256}.musicxml").is_file()
    api.delete(f"/v1/generations/{told['id']}", params={"forget": True})
    assert not list(folder.glob(f"{sha256}*"))


def test_notes_that_cannot_be_read_are_told(api):
    told = made(api, seed=3)
    assert "he notes cannot be read" in problem(api.get(told["result"]["stems_url"]), 503)


def test_events_tell_of_the_queue_and_end_with_the_piece(api):
    first = api.post("/v1/generations", json={"text": "slow one", "duration": 4, "seed": 30}).json()
    second = api.post("/v1/generations", json={"text": "a chord", "duration": 4, "seed": 31}).json()
    waiting = api.get(f"/v1/generations/{second['id']}").json()
    assert waiting["queue_position"] == 1
    assert waiting["eta_s"] > 0
    assert api.delete(f"/v1/generations/{first['id']}").json()["status"] == "cancelled"
    told = events(api, second["id"])
    assert [kind for kind, _ in told][-1] == "done"
    assert all(set(one) == {"status", "progress", "message", "eta_s", "queue_position"} for k, one in told[:-1])
    assert told[-1][1]["status"] == "done"
    assert events(api, first["id"]) == [("done", api.get(f"/v1/generations/{first['id']}").json())]


def test_cancelling_takes_effect_within_a_second(api, parts):
    told = api.post("/v1/generations", json={"text": "slow", "duration": 4, "seed": 40}).json()
    while api.get(f"/v1/generations/{told['id']}").json()["status"] != "running":
        time.sleep(0.02)
    begun = time.monotonic()
    api.delete(f"/v1/generations/{told['id']}")
    folder = parts.settings.data_dir / "generated"
    while list(folder.glob(".making-*")):
        assert time.monotonic() - begun < 1.0
        time.sleep(0.02)


def test_a_forgotten_piece_is_gone_with_its_files(api, parts):
    told = made(api, seed=50)
    path = parts.settings.data_dir / "generated" / told["result"]["file"]
    assert path.is_file()
    assert api.delete(f"/v1/generations/{told['id']}").json()["status"] == "done", "a finished one stays"
    assert api.delete(f"/v1/generations/{told['id']}", params={"forget": "true"}).status_code == 200
    assert not path.exists()
    problem(api.get(f"/v1/generations/{told['id']}"), 404)


def test_a_key_makes_one_piece(api):
    body, key = {"text": "a chord", "duration": 4, "seed": 60}, {"Idempotency-Key": "only-one"}
    one, two = (api.post("/v1/generations", json=body, headers=key) for _ in range(2))
    assert one.json()["id"] == two.json()["id"]
    assert two.headers["Idempotency-Replayed"] == "true"


def test_the_list_is_in_pages_newest_first(ada):
    ids = [made(ada, seed=70 + n)["id"] for n in range(3)]
    first = ada.get("/v1/generations", params={"limit": 2}).json()
    assert [each["id"] for each in first["generations"]] == ids[:0:-1]
    rest = ada.get("/v1/generations", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in rest["generations"]] == ids[:1]
    assert rest["next_cursor"] is None
    problem(ada.get("/v1/generations", params={"cursor": "nonsense"}), 422)


def test_a_users_own_key_sees_its_own_pieces(ada, bob, api):
    told = made(ada, seed=80)
    assert told["id"] not in {each["id"] for each in bob.get("/v1/generations").json()["generations"]}
    for path in ("", "/events", "/audio", "/midi", "/provenance", "/peaks"):
        problem(bob.get(f"/v1/generations/{told['id']}{path}"), 404)
    problem(bob.delete(f"/v1/generations/{told['id']}"), 404)
    problem(bob.post("/v1/generations", json={"text": "x", "duration": 4, "parent_id": told["id"]}), 404)
    assert api.get(f"/v1/generations/{told['id']}").status_code == 200, "an operator's key acts for everybody"
    child = made(ada, seed=81, parent_id=told["id"])
    assert child["parent_id"] == told["id"]


def test_neighbours_and_a_near_copy_are_told(api, parts):
    kept = parts.generations
    parts.__dict__["generations"] = told = GenerationService(
        parts.catalogue, parts.broker, parts.settings.data_dir / "heard", HearsCopies(parts.comparer)
    )
    kept.close()
    try:
        result = made(api, seed=90, tempo=120, key="A major")["result"]
        assert result["near_copy"]
        assert [(n["track"]["track_id"], n["near_copy"]) for n in result["neighbours"]] == [
            ("jazz1", True), ("harp2", False)
        ]  # fmt: skip
        assert result["measured"]["tempo_bpm"] == 120.4, "told in the octave that was asked for"
        assert result["measured"]["agrees"] == {"duration": True, "tempo": True, "key": True}
        assert made(api, seed=91, tempo=100, key="A minor")["result"]["measured"]["agrees"] == {
            "duration": True, "tempo": False, "key": False
        }  # fmt: skip
        parts.__dict__["generations"] = strict = GenerationService(
            parts.catalogue,
            parts.broker,
            parts.settings.data_dir / "strict",
            HearsCopies(parts.comparer),
            block_copies=True,
        )
        told.close()
        refused = made(api, seed=92)
        assert refused["status"] == "failed"
        assert "nearly copies “Broken Corner”" in refused["message"]
        assert refused["result"] is None
        assert list((parts.settings.data_dir / "strict").glob("*.flac")) == []
        strict.close()
    finally:
        del parts.__dict__["generations"]


BAD = [
    ({"duration": 3000}, "uration 3000 s is outside 1 to 2400 s"),
    ({"tempo": 500}, "empo 500 BPM"),
    ({"energy": 3}, "nergy 3"),
    ({"key": "H sharp"}, "is unknown"),
    ({"seed": -1}, "eed -1"),
    ({"backend": "nobody"}, "there are: first, second"),
    ({"text": "an opera", "backend": "first"}, "it sings no opera"),
    ({"colour": "red"}, "olour"),
    ({"instruments": ["piano"] * 9}, "nstruments"),
]


@pytest.mark.parametrize(("body", "words"), BAD)
def test_what_cannot_be_is_one_sentence(api, body, words):
    assert words in problem(api.post("/v1/generations", json={"text": "x", "duration": 4} | body), 422)


def test_what_is_not_there_is_404(api):
    for path in ("", "/events", "/audio", "/midi", "/provenance", "/peaks"):
        problem(api.get(f"/v1/generations/nope{path}"), 404)
    problem(api.get("/v1/tracks/nope/peaks"), 404)
    problem(api.delete("/v1/generations/nope"), 404)


def test_too_many_at_once_is_429(api):
    ids = []
    try:
        for n in range(9):
            answer = api.post(
                "/v1/generations", json={"text": "slow", "duration": 4, "seed": 100 + n, "user_id": "eve"}
            )
            if n < 8:
                assert answer.status_code == 202
                ids.append(answer.json()["id"])
        assert "8 of your pieces" in problem(answer, 429)
    finally:
        for each in ids:
            api.delete(f"/v1/generations/{each}")


def test_a_full_disk_is_one_sentence(api, monkeypatch):
    full = shutil.disk_usage("/")._replace(free=1 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    assert "the disk has 1 MB left" in problem(api.post("/v1/generations", json={"text": "x", "duration": 4}), 503)
