"""Systems behind HTTP: what they are asked, what they give, and how little their misbehaviour does."""

import base64
import json
import threading
import time

import numpy as np
import pytest
import soundfile
from music_server import MusicServer, endless, silent, tone
from test_generation_backends import BackendContract, Log

from agent.generation.adapters.ace_step import AceStep, task_of
from agent.generation.adapters.http import HttpBackend
from agent.generation.adapters.server import Server, checked_url, run
from agent.generation.errors import GenerationCancelledError, GenerationError, InvalidRequestError
from agent.generation.material import Clip, Gap, Lyrics, Section
from agent.generation.systems import HttpForm, systems
from agent.generation.values import GenerationRequest

ACE = systems()["ace-step"]
OWN = systems()["own-server"]
REQUEST = GenerationRequest(text="a chord", duration_s=10.0, seed=7)


@pytest.fixture
def server():
    opened = MusicServer()
    yield opened
    opened.close()


@pytest.fixture
def ace(server):
    return AceStep(ACE, server.url)


def make(backend, tmp_path, request=REQUEST, cancel=None):
    return backend.generate(request, tmp_path / "a.flac", Log(), cancel or threading.Event())


def own_server(server, **form):
    return HttpBackend(OWN.model_copy(update={"http": HttpForm(**form)}) if form else OWN, server.url)


class TestAceStep(BackendContract):
    seconds = 10.0

    @pytest.fixture
    def backend(self, ace):
        return ace


class TestOpenAiStyle(BackendContract):
    @pytest.fixture
    def backend(self, server):
        def speak(handler):
            given = server.asked[-1][1]
            handler.reply(200, tone(4.0, 200.0 + len(given["input"])), "audio/wav")

        server.answers["/v1/audio/speech"] = speak
        form = {"submit": "/v1/audio/speech", "fields": {"input": "text", "seed": "seed"}}
        return HttpBackend(OWN.model_copy(update={"http": HttpForm(**form), "max_seconds": 60.0}), server.url)

    def test_seed_decides(self, backend):
        assert backend.body(self.request()) != backend.body(self.request(seed=8))


def test_a_task_carries_what_the_server_can_be_told():
    asked = GenerationRequest(
        text="soul",
        tempo_bpm=92.4,
        key="D minor",
        time_signature="6/8",
        lyrics=Lyrics("[Verse]\nrain", "de"),
        quality="fine",
        seed=2**40 + 5,
    )
    task = task_of(ACE, asked)
    assert (task["bpm"], task["key_scale"], task["time_signature"]) == (92, "D minor", "6")
    assert (task["lyrics"], task["vocal_language"], task["inference_steps"]) == ("[Verse]\nrain", "de", 20)
    assert task["seed"] == 5
    assert task_of(ACE, GenerationRequest(text="x"))["lyrics"] == "[Instrumental]"
    assert task_of(ACE, GenerationRequest(sections=(Section("Intro"), Section("Drop"))))["lyrics"] == "[Intro]\n[Drop]"
    assert task_of(ACE, GenerationRequest(text="soul", vocals=True))["sample_query"] == "soul"


def test_a_recording_is_continued_by_filling_the_silence_behind_it(ace, server, tmp_path):
    (tmp_path / "mine.flac").write_bytes(tone(6.0, 440.0))
    clip = Clip(str(tmp_path / "mine.flac"), name="mine.flac")
    audio = make(ace, tmp_path, GenerationRequest(text="on", duration_s=12.0, continues=clip))
    task = server.tasks["task-0"][0]
    scaffold, rate = soundfile.read(__import__("io").BytesIO(task["src_audio"]))
    assert (task["task_type"], float(task["repainting_start"]), float(task["repainting_end"])) == ("repaint", 6, 18)
    assert len(scaffold) / rate == pytest.approx(18.0)
    assert np.abs(scaffold[: 6 * rate]).max() > 0.1
    assert not scaffold[6 * rate :].any()
    assert audio.duration_s == pytest.approx(12.0)


def test_a_gap_is_filled_within_the_whole_recording_and_what_fills_it_comes_back(ace, server, tmp_path):
    (tmp_path / "mine.flac").write_bytes(tone(12.0, 440.0))
    clip = Clip(str(tmp_path / "mine.flac"), name="mine.flac")
    audio = make(ace, tmp_path, GenerationRequest(text="anew", duration_s=2.5, fills=Gap(clip, 4.0, 6.5)))
    task = server.tasks["task-0"][0]
    around = soundfile.info(__import__("io").BytesIO(task["src_audio"]))
    assert (task["task_type"], float(task["repainting_start"]), float(task["repainting_end"])) == ("repaint", 4, 6.5)
    assert around.duration == pytest.approx(12.0)
    assert float(task["audio_duration"]) == pytest.approx(12.0)
    assert audio.duration_s == pytest.approx(2.5)


def test_a_gap_behind_the_end_of_the_recording_is_one_sentence(ace, tmp_path):
    (tmp_path / "mine.flac").write_bytes(tone(6.0, 440.0))
    gap = Gap(Clip(str(tmp_path / "mine.flac"), name="mine.flac"), 4.0, 9.0)
    with pytest.raises(InvalidRequestError, match=r"ends at 9 s and the recording at 6\.0 s; name one inside"):
        make(ace, tmp_path, GenerationRequest(text="anew", duration_s=5.0, fills=gap))


def test_a_reference_goes_along_as_a_file(ace, server, tmp_path):
    (tmp_path / "mine.flac").write_bytes(tone(3.0))
    make(ace, tmp_path, GenerationRequest(text="x", duration_s=10.0, references=(Clip(str(tmp_path / "mine.flac")),)))
    assert server.tasks["task-0"][0]["reference_audio"].startswith(b"fLaC")


def test_a_key_is_sent_and_a_missing_one_told(server, tmp_path):
    server.key = "sesame"
    assert make(AceStep(ACE, server.url, "sesame"), tmp_path).path.is_file()
    with pytest.raises(GenerationError, match=r"HTTP status 401 \(“.*no key.*”\)"):
        make(AceStep(ACE, server.url), tmp_path)


def test_the_server_is_polled_until_it_is_done(server, ace, tmp_path):
    server.polls = 3
    make(ace, tmp_path)
    assert [path for path, _ in server.asked].count("/query_result") == 3


def redirecting(to):
    return lambda handler: handler.reply(302, b"", "text/plain", location=to)


def answering(status=200, body=b"{}", kind="application/json"):
    return lambda handler: handler.reply(status, body, kind)


def wrapped(data, **more):
    return lambda handler: MusicServer.wrapped(handler, data, **more)


def done_with(place):
    return wrapped([{"status": 1, "result": json.dumps([{"file": place}])}])


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        ("/release_task", answering(500, b"CUDA out of memory", "text/plain"), "status 500 (“CUDA out of memory”)"),
        ("/release_task", answering(429, b"<b>slow down</b>", "text/html"), "HTTP status 429"),
        ("/release_task", answering(body=b"<html>", kind="text/html"), "answers with no JSON"),
        ("/release_task", answering(body=b"[" * 100_000), "answers with no JSON"),
        ("/release_task", answering(body=b"[]"), "in another form"),
        ("/release_task", wrapped(None, code=400, error="lyrics are too long"), "“lyrics are too long”"),
        ("/release_task", wrapped({"task": 5}), "without the id of a task"),
        ("/release_task", redirecting("http://169.254.169.254/latest"), "redirects to 169.254.169.254, which is"),
        ("/query_result", wrapped([{"status": 2, "error": "no weights"}]), "failed (“no weights”)"),
        ("/query_result", wrapped([]), "does not know the task"),
        ("/query_result", wrapped([{"status": 1, "result": "{}"}]), "names no file"),
        ("/query_result", done_with("http://10.0.0.1/admin"), "points to 10.0.0.1 for its sound, which is refused"),
        ("/query_result", done_with("file:///etc/passwd"), "which is refused"),
        ("/v1/audio", redirecting("http://127.0.0.1:1/"), "redirects to 127.0.0.1:1, which is refused"),
        ("/v1/audio", answering(body=b"<html>sorry", kind="text/html"), "gives text/html where a sound should be"),
        ("/v1/audio", answering(body=b"not music" * 99, kind="audio/flac"), "a sound file cannot be used"),
        ("/v1/audio", answering(body=tone(10.0)[:200], kind="audio/flac"), "a sound file cannot be used"),
        ("/v1/audio", answering(404, b"gone", "text/plain"), "HTTP status 404"),
    ],
)  # fmt: skip
def test_a_misbehaving_server_is_one_sentence(server, ace, tmp_path, path, answer, words):
    server.answers[path] = answer
    done = done_with("/v1/audio?path=x")
    if path == "/v1/audio":
        server.answers["/query_result"] = done
    with pytest.raises(GenerationError) as caught:
        make(ace, tmp_path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not [left for left in tmp_path.iterdir() if left.suffix != ".flac"], "nothing is left behind"


@pytest.mark.parametrize("announced", [False, True])
def test_two_gigabytes_are_cut_off_while_they_come_in(server, tmp_path, announced):
    def announcing(handler):
        handler.send_response(200)
        handler.send_header("content-type", "audio/flac")
        handler.send_header("content-length", str(2 << 30))
        handler.end_headers()

    server.answers["/big"] = announcing if announced else endless

    async def fetch():
        async with Server("The server", server.url, max_bytes=5 << 20) as opened:
            await opened.fetch("/big", tmp_path / "big")

    with pytest.raises(GenerationError, match="more than 5 MB, which is refused"):
        run(fetch(), threading.Event())
    assert not (tmp_path / "big").exists() or (tmp_path / "big").stat().st_size <= 5 << 20


@pytest.mark.parametrize("path", ["/release_task", "/query_result", "/v1/audio"])
def test_a_stop_takes_effect_within_a_second_wherever_the_server_hangs(server, ace, tmp_path, path):
    server.answers[path] = silent
    button = threading.Event()
    threading.Timer(1.0, button.set).start()
    begun = time.monotonic()
    with pytest.raises(GenerationCancelledError):
        make(ace, tmp_path, cancel=button)
    assert time.monotonic() - begun < 2.0


def test_a_stop_ends_a_task_that_never_finishes(server, ace, tmp_path):
    server.polls = 10**6
    button = threading.Event()
    threading.Timer(0.8, button.set).start()
    with pytest.raises(GenerationCancelledError):
        make(ace, tmp_path, cancel=button)


def test_a_server_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(GenerationError, match="cannot be reached"):
        make(AceStep(ACE, "http://127.0.0.1:9"), tmp_path)


@pytest.mark.parametrize(
    "url", ["", "ftp://there", "http://", "http://me:pw@there", "http://there:0", "http://[", "there:80"]
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(GenerationError, match="is no address of a server"):
        checked_url(url)


def test_a_job_with_an_address_is_polled_and_fetched(server, tmp_path):
    states = iter(["queued", "running", "succeeded"])
    server.answers["/jobs"] = answering(body=b'{"id": "j-1"}')
    server.answers["/jobs/j-1"] = lambda handler: handler.reply(
        200, json.dumps({"status": next(states), "out": [{"url": "/files/1.wav"}]}).encode(), "application/json"
    )
    server.answers["/files/1.wav"] = lambda handler: handler.reply(200, tone(10.0, form="WAV"), "audio/wav")
    backend = own_server(
        server, submit="/jobs", fields={"prompt": "text", "seconds": "duration_s", "bpm": "tempo_bpm"},
        extra={"format": "wav"}, job="id", poll="/jobs/{job}", audio="out.0.url",
    )  # fmt: skip
    assert make(backend, tmp_path).path.is_file()
    assert server.asked[0] == ("/jobs", {"prompt": "a chord", "seconds": 10.0, "format": "wav"})


def test_a_sound_in_base64_is_taken(server, tmp_path):
    body = json.dumps({"data": [{"b64_json": base64.b64encode(tone(10.0)).decode()}]}).encode()
    server.answers["/make"] = answering(body=body)
    form = {"submit": "/make", "fields": {"prompt": "text"}, "audio": "data.0.b64_json"}
    assert make(own_server(server, **form), tmp_path).path.is_file()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"id": "../../admin"}, "names a job '../../admin', which is refused"),
        ({"id": "a", "status": "failed"}, "says that the task failed"),
        ({"job": 1}, "answers without 'id'"),
    ],
)
def test_a_strange_job_is_one_sentence(server, tmp_path, answer, words):
    server.answers["/jobs"] = server.answers["/jobs/a"] = answering(body=json.dumps(answer).encode())
    form = {"submit": "/jobs", "fields": {"p": "text"}, "job": "id", "poll": "/jobs/{job}", "audio": "url"}
    with pytest.raises(GenerationError) as caught:
        make(own_server(server, **form), tmp_path)
    assert words in str(caught.value)
