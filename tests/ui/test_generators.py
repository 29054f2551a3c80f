"""Which generators are enabled by the settings, how the others say what they take, and what a brief may point to."""

import json
import sys
from types import SimpleNamespace

import httpx
import numpy as np
import pytest
import soundfile
from small_server import serving, settled
from typer.testing import CliRunner

from agent.filmed import Filmed
from agent.generation.abc_tunes.writing import TuneWriter
from agent.generation.broker import Broker
from agent.generation.values import GenerationRequest, Support
from agent.llm.guard import Guard
from agent.sung import Sung
from encoders.music.transcription import HeardNote, Transcription
from retrieval.values import AffectPoint, SceneBrief
from ui.cli.main import cli
from ui.generators import Help, offers, policy_of
from ui.settings import GeneratorSettings, Settings, SettingsError, load_settings


def enabled(**told):
    return {offer.system.id: offer for offer in offers(Settings(**told))}


def test_the_composer_alone_is_enabled_and_all_others_say_what_they_take():
    offered = enabled()
    assert [name for name, offer in offered.items() if offer.backend] == ["composer"]
    assert all(offer.remedy for name, offer in offered.items() if name != "composer")
    assert "set generators.ace-step.url" in offered["ace-step"].remedy
    assert "hf download cvssp/audioldm2-music" in offered["audioldm2"].remedy
    assert "allow_noncommercial = true" in offered["audioldm2"].remedy
    assert "set generators.yue.folder" in offered["yue"].remedy
    assert "set generators.mustango.command" in offered["mustango"].remedy
    assert "larger than the embedded one: set llm" in offered["abc"].remedy
    assert offered["jen-1-composer"].remedy.endswith("the closest that can be had is GETMusic")


def test_with_a_language_model_tunes_can_be_written_and_the_composer_stays_the_first_choice():
    found = {o.system.id: o.backend for o in offers(Settings(), Help(tunes=TuneWriter(None, Guard(), "x")))}
    broker = Broker([found["composer"], found["abc"]])
    assert broker.route(GenerationRequest(text="calm piano")).chosen == ("composer", "abc")
    assert broker.route(GenerationRequest(text="calm", scene="a grey harbour")).chosen[0] == "abc"


@pytest.mark.parametrize("told", [{"musicgen": "/w"}, {"generators": {"musicgen": GeneratorSettings(weights="/w")}}])
def test_weights_for_noncommercial_use_want_the_opt_in(told):
    assert enabled(**told)["musicgen"].backend is None
    assert enabled(**told)["musicgen"].remedy.startswith("its weights are CC-BY-NC-4.0: set allow_noncommercial")
    assert enabled(**told, allow_noncommercial=True)["musicgen"].backend.id == "musicgen"


def test_each_adapter_is_built_from_its_settings():
    generators = {
        "ace-step": GeneratorSettings(url="http://127.0.0.1:8001", key="k"),
        "own-server": GeneratorSettings(url="https://music.example", title="Ours", max_seconds=90.0),
        "own-program": GeneratorSettings(command=(sys.executable, "{request}", "{output}")),
        "yue": GeneratorSettings(folder="/opt/yue"),
        "musicldm": GeneratorSettings(weights="/w"),
        "musicgen-melody": GeneratorSettings(weights="/w"),
    }
    offered = enabled(generators=generators, allow_noncommercial=True)
    assert {name for name, offer in offered.items() if offer.backend} == {"composer", *generators}
    assert offered["own-server"].backend.title == "Ours"
    assert "does not exist" in offered["yue"].backend._unready()


@pytest.mark.parametrize(
    ("generators", "words"),
    [
        ({"suno": GeneratorSettings()}, "No generator is called 'suno'"),
        ({"own-server": GeneratorSettings(capabilities=("telepathy",))}, "'own-server' cannot be"),
        ({"own-server": GeneratorSettings(http={"submit": "/x"})}, "'own-server' cannot be"),
    ],
)
def test_a_wrong_setting_is_one_sentence(generators, words):
    with pytest.raises(SettingsError, match=words):
        offers(Settings(generators=generators))


def test_a_wrong_address_disables_and_says_so():
    offer = enabled(generators={"ace-step": GeneratorSettings(url="ftp://there")})["ace-step"]
    assert offer.backend is None
    assert "is no address of a server" in offer.remedy


def test_generators_are_set_in_the_file_and_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setattr("ui.settings.default_config_file", lambda: tmp_path / "trichord.toml")
    (tmp_path / "trichord.toml").write_text('[generators.ace-step]\nurl = "http://h:1"\n', encoding="utf-8")
    assert load_settings().generators["ace-step"].url == "http://h:1"
    monkeypatch.setenv("TRICHORD_GENERATORS", '{"ace-step": {"url": "http://h:2", "key": "secret"}}')
    read = load_settings()
    assert read.generators["ace-step"].url == "http://h:2"
    assert "secret" not in repr(read)


def test_licences_for_commerce_alone_are_a_policy():
    settings = Settings(generation_licences="commercial")
    policy = policy_of(settings, offers(settings))
    assert policy.commercial
    assert policy.gpu_gb is None, "no GPU is looked for where nothing asks for one"


def test_the_command_lists_them(tmp_path, monkeypatch):
    monkeypatch.setattr("ui.settings.default_config_file", lambda: tmp_path / "none.toml")
    run = CliRunner().invoke(cli, ["--data-dir", str(tmp_path), "backends"])
    assert run.output.startswith("* composer: Trichord composer")
    assert "the closest that can be had is MusicGen melody" in run.output
    listed = json.loads(CliRunner().invoke(cli, ["--data-dir", str(tmp_path), "backends", "--json"]).output)
    assert listed[0]["enabled"]
    assert {each["id"] for each in listed} >= {"ace-step", "getmusic"}


class Telling:
    """A backend that keeps what it was asked whether it can."""

    id, title, licence = "telling", "The telling", "CC0"

    def __init__(self):
        self.asked = []

    def supports(self, request):
        self.asked.append(request)
        return Support.full()

    def estimate_s(self, request):
        return 1.0

    def release(self):
        pass


@pytest.fixture(scope="module")
def telling():
    return Telling()


@pytest.fixture(scope="module")
def parts(tmp_path_factory, telling):
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        settled(tmp_path_factory.mktemp("data"), monkeypatch) as opened,
    ):
        opened.__dict__["broker"] = Broker([telling])
        yield opened


@pytest.fixture(scope="module")
def api(parts):
    with serving(parts) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def upload(parts):
    """Store a file as uploads are stored; returns the id."""

    def store(name, kind):
        upload_id = f"{abs(hash(name)):032x}"[:32]
        (parts.uploads / upload_id).write_bytes(b"sound")
        (parts.uploads / f"{upload_id}.json").write_text(json.dumps({"kind": kind, "name": name}), encoding="utf-8")
        return upload_id

    return store


def test_the_systems_are_listed_over_rest(api):
    listed = api.get("/v1/generations/systems").json()["systems"]
    ace = next(each for each in listed if each["id"] == "ace-step")
    assert (ace["enabled"], ace["weights_licence"], ace["max_seconds"]) == (False, "MIT", 600)
    assert "lyrics" in ace["capabilities"]
    assert ace["citation"]


def test_all_wishes_arrive_and_files_are_found_by_their_ids(api, telling, upload):
    mine = upload("mine.flac", "audio")
    told = api.post(
        "/v1/generations/brief",
        json={
            "text": "a song", "duration": 40, "time_signature": "6/8", "chords": ["C", "G7 Am"], "lyrics": "la",
            "language": "it", "sections": [{"name": "verse", "bars": 8}], "wanted": ["drums"], "vocals": True,
            "given": [{"name": "bass", "clip": {"upload": mine}}], "references": [{"upload": mine, "seconds": 20}],
            "continues": {"upload": mine}, "melody": {"upload": mine}, "quality": "draft", "candidates": 3,
            "curves": [{"of": "dynamics", "values": [0.1, None, 1]}], "adapters": [{"name": "lofi"}], "scene": "a sea",
        },
    )  # fmt: skip
    assert told.status_code == 200, told.text
    asked = telling.asked[-1]
    assert (asked.chords, asked.lyrics.language, asked.candidates, asked.curves[0].values[1]) == (
        ("C", "G7 Am"), "it", 3, None,
    )  # fmt: skip
    assert asked.continues.existing().read_bytes() == b"sound"
    assert asked.references[0].seconds == 20
    shown = told.json()["request"]
    assert shown["continues"] == {"path": mine, "kind": "audio", "name": "mine.flac", "seconds": None}
    assert str(asked.continues.existing().parent) not in told.text, "no folder of the server is told"


def test_a_recorded_melody_is_told_as_its_notes_and_a_given_tempo_lays_them_anew(
    api, telling, upload, parts, tmp_path, monkeypatch
):
    notes = tuple(HeardNote(n * 0.5, n * 0.5 + 0.4, 60 + 2 * (n % 4), 0.8) for n in range(8))
    heard = SimpleNamespace(ready=lambda: None, notes=lambda sound: Transcription(notes, 0.0, 0.9))
    monkeypatch.setitem(parts.__dict__, "sung", Sung(heard, tmp_path / "melodies"))
    mine = upload("mine.wav", "audio")
    soundfile.write(tmp_path / "mine.wav", np.sin(np.arange(88_200) / 8), 22_050)
    (parts.uploads / mine).write_bytes((tmp_path / "mine.wav").read_bytes())
    body = {"text": "make a waltz of the melody that I hum", "files": [{"upload": mine}]}
    told = api.post("/v1/generations/brief", json=body).json()
    assert (told["melody"]["count"], told["melody"]["tempo_bpm"]) == (8, pytest.approx(120, abs=1))
    assert [note["start"] for note in told["melody"]["notes"][:3]] == [0.0, 1.0, 2.0]
    assert told["melody"]["notes"][1]["pitch"] == 62
    assert told["melody"]["doubts"] == []
    assert told["request"]["melody"] | {"path": ""} == {
        "path": "", "kind": "midi", "name": "mine.wav", "seconds": None, "heard_by": "basic-pitch", "source": mine,
    }  # fmt: skip
    assert telling.asked[-1].melody.kind == "midi"
    told = api.post("/v1/generations/brief", json=body | {"tempo": 60}).json()
    assert [note["start"] for note in told["melody"]["notes"][:3]] == [0.0, 0.5, 1.0]
    assert str(tmp_path) not in json.dumps(told), "no folder of the server is told"


def test_words_say_what_the_files_are_for(api, telling, upload):
    mine, clip = upload("mine.flac", "audio"), upload("clip.mp4", "video")
    body = {"text": "continue this for 20 seconds", "files": [{"upload": mine}, {"upload": clip}]}
    assert api.post("/v1/generations/brief", json=body).status_code == 200
    asked = telling.asked[-1]
    assert (asked.continues.name, asked.video.name, asked.duration_s) == ("mine.flac", "clip.mp4", 20.0)
    assert asked.film is None, "nobody here has weights to look at it"


class Looker:
    def look(self, path):
        curve = tuple(AffectPoint(float(n), 0.5, 0.2, 0.3) for n in range(7))
        return SceneBrief(0.5, 0.2, 0.5, 100.0, {}, (), "a clip", curve=curve, cuts_s=(2.0, 4.5))


def test_a_clip_gives_its_cuts_and_its_length(api, parts, telling, upload, monkeypatch):
    monkeypatch.setitem(parts.__dict__, "filmed", Filmed(Looker()))
    body = {"text": "score this", "video": {"upload": upload("sea.mp4", "video")}}
    assert api.post("/v1/generations/brief", json=body).status_code == 200
    asked = telling.asked[-1]
    assert [cut.time_s for cut in asked.film.cuts] == [2.0, 4.5]
    assert asked.duration_s == 7.0
    assert api.post("/v1/generations/brief", json=body | {"duration": 12}).status_code == 200
    assert telling.asked[-1].duration_s == 12.0


def test_a_path_is_never_taken(api):
    for clip in ({"path": "/etc/passwd"}, {"upload": "/etc/passwd"}, {"upload": "../../etc/passwd"}, {}, "/etc/passwd"):
        answer = api.post("/v1/generations/brief", json={"text": "x", "continues": clip})
        assert answer.status_code in {404, 422}, clip


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"text": "x", "vocals": False, "lyrics": "la"}, "lyrics for an instrumental"),
        ({"text": "instrumental, lyrics: la la"}, "lyrics for an instrumental"),
        ({"text": "x", "chords": ["H"]}, "which is no chord"),
        ({"text": "x", "continues": {"generation": "no-such"}}, "No generation has the id"),
        ({"text": "x", "adapters": [{"name": "../x"}]}, "is no name of an adapter"),
        ({"text": "x", "duration": 2401}, "outside 1 to 2400"),
    ],
)
def test_what_cannot_be_is_one_sentence(api, body, words):
    answer = api.post("/v1/generations/brief", json=body)
    assert answer.status_code in {404, 422}
    assert words in answer.text


def test_a_picture_is_no_sound(api, upload):
    answer = api.post("/v1/generations/brief", json={"text": "x", "continues": {"upload": upload("p.png", "image")}})
    assert answer.status_code == 422
    assert ".png is of the kind image; hand over audio" in answer.text


def test_words_with_parts_are_kept_whole(api):
    words = "calm pop over | C | G | with lyrics: la la"
    told = api.post("/v1/generations/brief", json={"text": words}).json()
    assert told["request"]["text"] == words
    assert {"chords", "lyrics", "mood"} <= set(told["read"])
