import io
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from encoders.errors import MediaError, ModelMissingError
from encoders.media.audio import SandboxedAudioAnalyzer
from encoders.media.limits import MediaLimits
from encoders.media.sandbox import Sandbox
from encoders.media.wire import MAX_HEADER_BYTES, Message, WireError, receive, send


def test_a_message_survives_the_wire():
    stream = io.BytesIO()
    arrays = (np.arange(6, dtype=np.float32).reshape(2, 3), np.zeros((0,), dtype=np.float32))
    send(stream, Message({"job": "x", "n": [1, None, "ü"]}, arrays))
    stream.seek(0)
    back = receive(stream)
    assert back.body == {"job": "x", "n": [1, None, "ü"]}
    assert [array.tolist() for array in back.arrays] == [array.tolist() for array in arrays]


def test_a_garbled_or_closed_pipe_is_an_error():
    with pytest.raises(WireError):
        receive(io.BytesIO(b""))
    with pytest.raises(WireError):
        receive(io.BytesIO((MAX_HEADER_BYTES + 1).to_bytes(4, "little") + b"{}"))
    huge = b'{"body": {}, "shapes": [[1000000, 1000000]]}'
    with pytest.raises(WireError, match="too large"):
        receive(io.BytesIO(len(huge).to_bytes(4, "little") + huge))
    with pytest.raises(ValueError, match=r"NaN|JSON"):
        send(io.BytesIO(), Message({"x": float("nan")}))


def test_a_killed_child_is_replaced(media):
    sandbox = Sandbox(MediaLimits(cpu_s=20, wall_s=40), workers=1)
    path = media.sound("x.wav", np.zeros(8000, dtype=np.float32))
    sandbox.run("probe", path)
    (before,) = sandbox.pids()
    os.kill(before, signal.SIGKILL)
    with pytest.raises(MediaError, match="cannot be used"):
        sandbox.run("probe", path)
    sandbox.run("probe", path)
    assert before not in sandbox.pids()
    sandbox.close()


def test_children_inherit_no_secrets(media, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    sandbox = Sandbox(workers=1)
    sandbox.run("probe", media.sound("x.wav", np.zeros(8000, dtype=np.float32)))
    environment = Path(f"/proc/{sandbox.pids()[0]}/environ").read_bytes()
    assert b"secret" not in environment
    assert b"OMP_NUM_THREADS=1" in environment
    sandbox.close()


def test_close_ends_the_children_and_the_pool_still_works(media):
    sandbox = Sandbox(workers=2)
    path = media.sound("x.wav", np.zeros(8000, dtype=np.float32))
    sandbox.run("probe", path)
    (pid,) = sandbox.pids()
    sandbox.close()
    assert not Path(f"/proc/{pid}").exists()
    sandbox.run("probe", path)
    sandbox.close()


def test_children_die_with_a_killed_parent(media):
    path = media.sound("x.wav", np.zeros(8000, dtype=np.float32))
    code = (
        "import sys, time; from pathlib import Path; from encoders.media.sandbox import Sandbox;"
        "s = Sandbox(workers=1); s.run('probe', Path(sys.argv[1])); print(s.pids()[0], flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{child}").exists()


def test_many_threads_share_few_children_and_get_their_own_answers(media, empty_store):
    analyzer = SandboxedAudioAnalyzer(empty_store, workers=2, taggers=())
    paths = [media.sound(f"{n}.wav", np.zeros(n * 2205, dtype=np.float32)) for n in range(1, 13)]
    with ThreadPoolExecutor(6) as pool:
        lengths = list(pool.map(lambda path: analyzer.probe(path).duration_s, paths))
    assert lengths == pytest.approx([n / 10 for n in range(1, 13)], abs=0.001)
    assert len(analyzer._sandbox.pids()) == 2
    analyzer.close()


def test_missing_weights_say_how_to_get_them(media, empty_store):
    analyzer = SandboxedAudioAnalyzer(empty_store)
    with pytest.raises(ModelMissingError, match="trichord models pull musicnn-msd"):
        analyzer.analyze(media.sound("x.wav", np.zeros(8000, dtype=np.float32)))
