"""The broker: who is chosen and why, what is contained, what is filed."""

import hashlib
import json
import logging
import threading
from datetime import UTC, datetime

import numpy as np
import pytest

from agent.generation.broker import Broker, Policy
from agent.generation.mastering import write_flac
from agent.generation.stored import told
from agent.generation.values import (
    GeneratedAudio,
    GenerationCancelledError,
    GenerationError,
    GenerationRequest,
    InvalidRequestError,
    Support,
)

REQUEST = GenerationRequest(text="a sine", duration_s=1.0, seed=5, instruments=("piano",))


class SineMaker:
    """A real small backend: it writes a sine. `act` may do something else instead."""

    licence = "Apache-2.0"

    def __init__(self, id="sine", support=None, estimate=1.0, act=None, seconds=1.0):
        self.id, self.title = id, f"The {id}"
        self.support, self.estimate, self.act, self.seconds = support or Support.full(), estimate, act, seconds
        self.asked, self.released = 0, 0

    def supports(self, request):
        return self.support

    def estimate_s(self, request):
        return self.estimate

    def prepare(self):
        pass

    def generate(self, request, dst, progress, cancel):
        self.asked += 1
        if self.act is not None:
            self.act(dst, cancel)
        wave = 0.1 * np.sin(np.arange(round(self.seconds * 44_100)) / 10)
        write_flac(np.stack([wave, wave], axis=1).astype(np.float32), dst)
        dst.with_suffix(".mid").write_bytes(b"MThd")
        progress(1.0, "done")
        return GeneratedAudio(dst, self.seconds, request.seed, self.id, 120.0, "C major", dst.with_suffix(".mid"))

    def release(self):
        self.released += 1


def run(broker, tmp_path, request=REQUEST, cancel=None):
    return broker.generate(request, tmp_path / "out" / "piece.flac", lambda *_: None, cancel or threading.Event())


def test_full_support_beats_speed_and_speed_decides_among_equals():
    backends = [
        SineMaker("partial", Support.partial("a ukulele"), estimate=1),
        SineMaker("slow", estimate=90),
        SineMaker("quick", estimate=9),
        SineMaker("never", Support.no("its weights are missing")),
    ]
    routing = Broker(backends).route(REQUEST)
    assert routing.chosen == ("quick", "slow", "partial")
    assert routing.explanation == "The quick meets it fully and needs about 9 s (The never: its weights are missing)"
    assert [answer.backend for answer in routing.considered] == ["partial", "slow", "quick", "never"]
    assert Broker(backends, Policy(order="listed")).route(REQUEST).chosen == ("slow", "quick", "partial")


def test_partial_support_is_named_or_refused():
    partial = SineMaker("half", Support.partial("a ukulele", "vocals"))
    assert "but for a ukulele, vocals" in Broker([partial]).route(REQUEST).explanation
    strict = Broker([partial], Policy(allow_partial=False)).route(REQUEST)
    assert strict.chosen == ()
    assert "The half: cannot do a ukulele, vocals" in strict.explanation


def test_too_slow_is_refused_with_figures():
    routing = Broker([SineMaker(estimate=300)], Policy(max_wait_s=60)).route(REQUEST)
    assert "would take about 300 s, over the limit of 60 s" in routing.explanation


def test_nobody_at_all(tmp_path):
    with pytest.raises(GenerationError, match="no generator can take this request"):
        run(Broker([]), tmp_path)
    with pytest.raises(GenerationError, match="apt install fluidsynth"):
        run(Broker([SineMaker(support=Support.no("apt install fluidsynth"))]), tmp_path)


def test_delivery_and_provenance(tmp_path):
    clock = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    delivery = run(Broker([SineMaker()], now=lambda: clock), tmp_path)
    folder = tmp_path / "out"
    assert sorted(path.name for path in folder.iterdir()) == ["piece.flac", "piece.flac.json", "piece.mid"]
    assert delivery.audio.path == folder / "piece.flac"
    assert delivery.audio.midi_path == folder / "piece.mid"
    said = json.loads(delivery.provenance.read_text(encoding="utf-8"))
    assert said["sha256"] == hashlib.sha256((folder / "piece.flac").read_bytes()).hexdigest()
    assert said["midi_sha256"] == hashlib.sha256(b"MThd").hexdigest()
    assert said["created_at"] == "2030-01-02T03:04:05+00:00"
    assert said["request"] == json.loads(json.dumps(told(REQUEST)))
    assert (said["system"], said["licence"], said["backend"], said["seed"]) == ("trichord", "generated", "sine", 5)
    assert said["version"]


def failing(error):
    def act(dst, cancel):
        raise error

    return act


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (SineMaker("bad", act=failing(GenerationError("the disk is full"))), "bad: the disk is full"),
        (SineMaker("bad", act=failing(KeyError("secret"))), "bad: it failed with KeyError"),
        (SineMaker("bad", seconds=2.0), "bad: its piece is 2.00 s long and 1 s were asked for"),
    ],
    ids=["sentence", "bug", "wrong length"],
)
def test_failure_goes_to_the_next_and_is_told_when_there_is_none(tmp_path, first, reason, caplog):
    caplog.set_level(logging.CRITICAL)
    delivery = run(Broker([first, SineMaker("good", estimate=2)]), tmp_path)
    assert delivery.audio.backend == "good"
    with pytest.raises(GenerationError, match="no music could be generated") as caught:
        run(Broker([first]), tmp_path / "alone")
    assert reason in str(caught.value)
    assert "secret" not in str(caught.value)
    assert not list((tmp_path / "alone" / "out").iterdir()), "nothing is left behind"


def test_file_that_is_no_sound_is_refused(tmp_path):
    class Liar(SineMaker):
        def generate(self, request, dst, progress, cancel):
            dst.write_bytes(b"not sound")
            return GeneratedAudio(dst, 1.0, 0, self.id)

    with pytest.raises(GenerationError, match="is no sound file"):
        run(Broker([Liar()]), tmp_path)

    class Idle(SineMaker):
        def generate(self, request, dst, progress, cancel):
            return GeneratedAudio(dst, 1.0, 0, self.id)

    with pytest.raises(GenerationError, match="wrote no file"):
        run(Broker([Idle()]), tmp_path)


def wait_for_stop(dst, cancel):
    while not cancel.is_set():
        threading.Event().wait(0.01)
    raise GenerationCancelledError("the generation was stopped")


def test_user_stops(tmp_path):
    button = threading.Event()
    threading.Timer(0.1, button.set).start()
    second = SineMaker("second", estimate=9)
    with pytest.raises(GenerationCancelledError):
        run(Broker([SineMaker(act=wait_for_stop), second]), tmp_path, cancel=button)
    assert second.asked == 0
    assert not list((tmp_path / "out").iterdir())


def test_backend_that_never_finishes_is_stopped_and_the_next_tries(tmp_path):
    broker = Broker([SineMaker("stuck", act=wait_for_stop, estimate=0.01), SineMaker("good")], Policy(patience_s=0.1))
    assert run(broker, tmp_path).audio.backend == "good"


def test_invalid_request_is_not_tried_elsewhere(tmp_path):
    second = SineMaker("second", estimate=9)
    first = SineMaker("first", act=failing(InvalidRequestError('key "H" is unknown')))
    with pytest.raises(InvalidRequestError, match='key "H"'):
        run(Broker([first, second]), tmp_path)
    assert second.asked == 0


def test_release_reaches_all():
    backends = [SineMaker("a"), SineMaker("b")]
    Broker(backends).release()
    assert [backend.released for backend in backends] == [1, 1]
