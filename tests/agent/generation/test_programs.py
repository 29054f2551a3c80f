"""Systems behind a command: real small programs that write a sound, hang, fail, or start others."""

import json
import os
import signal
import sys
import textwrap
import threading
import time

import pytest
from music_server import tone
from test_generation_backends import BackendContract, Log

from agent.generation.adapters.program import Program
from agent.generation.errors import GenerationCancelledError, GenerationError
from agent.generation.material import Clip, Lyrics
from agent.generation.systems import systems
from agent.generation.values import GenerationRequest

OWN = systems()["own-program"].model_copy(update={"max_seconds": 60.0})
REQUEST = GenerationRequest(text="a chord", duration_s=2.0, seed=7)
SINE = """
    import json, sys, wave, math, struct
    asked = json.load(open(sys.argv[1]))
    print("0.25 thinking", flush=True)
    print(json.dumps({"progress": 0.75, "line": "playing"}), flush=True)
    print("something else entirely", flush=True)
    with wave.open(sys.argv[2], "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        for n in range(int(8000 * asked["duration_s"])):
            value = int(9000 * math.sin(n * (0.1 + asked["seed"] % 50 / 100)))
            out.writeframesraw(struct.pack("<h", value))
"""


@pytest.fixture
def script(tmp_path):
    def write(text, *arguments, **told):
        (tmp_path / "system.py").write_text(textwrap.dedent(text), encoding="utf-8")
        return Program(OWN, [sys.executable, str(tmp_path / "system.py"), *arguments], **told)

    return write


def make(backend, tmp_path, request=REQUEST, cancel=None, log=None):
    return backend.generate(request, tmp_path / "a.flac", log or Log(), cancel or threading.Event())


class TestProgram(BackendContract):
    @pytest.fixture
    def backend(self, script):
        return script(SINE, "{request}", "{output}")


def test_progress_lines_are_told_and_others_are_not(script, tmp_path):
    log = Log()
    make(script(SINE, "{request}", "{output}"), tmp_path, log=log)
    assert [line for line in log.lines if line in {"thinking", "playing"}] == ["thinking", "playing"]
    assert not [line for line in log.lines if "else" in line]


def test_a_command_gets_words_and_files_each_as_one_argument(script, tmp_path):
    (tmp_path / "mine.wav").write_bytes(tone(1.0, form="WAV"))
    backend = script(
        f"import json, sys, shutil; json.dump(sys.argv[1:], open({str(tmp_path / 'told.json')!r}, 'w'));"
        "shutil.copy(sys.argv[6], sys.argv[7] + '/deep.wav')",
        "{text}", "--seed={seed}", "{lyrics_file}", "{lrc_file}", "{segments}", "{source_file}", "{folder}", "{tempo}",
    )  # fmt: skip
    lyrics = Lyrics("[Verse]\none\n[Chorus]\ntwo")
    clip = Clip(str(tmp_path / "mine.wav"))
    asked = GenerationRequest(text="--rm -rf; $(reboot) x", duration_s=1.0, seed=3, lyrics=lyrics, continues=clip)
    make(backend, tmp_path, asked)
    told = json.loads((tmp_path / "told.json").read_text())
    assert told[:2] == ["rm -rf; $(reboot) x", "--seed=3"], "no shell, and no option out of words"
    assert (told[4], told[5], told[7]) == ("2", clip.path, "")


def test_no_key_of_ours_reaches_the_program(script, tmp_path, monkeypatch):
    monkeypatch.setenv("TRICHORD_API_KEYS", '["secret"]')
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    backend = script(f"import os, sys; open({str(tmp_path / 'env')!r}, 'w').write(str(dict(os.environ))); sys.exit(3)")
    with pytest.raises(GenerationError, match="exit status 3"):
        make(backend, tmp_path)
    assert "secret" not in (tmp_path / "env").read_text()


def test_a_stop_ends_the_program_and_what_it_started(script, tmp_path):
    pids = tmp_path / "pids"
    backend = script(
        f"""
        import os, signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        open({str(pids)!r}, "w").write(f"{{os.getpid()}} {{child.pid}}")
        time.sleep(60)
        """
    )
    button, ended = threading.Event(), []

    def press():
        while not (pids.is_file() and len(pids.read_text().split()) == 2):
            time.sleep(0.02)
        ended.append(time.monotonic())
        button.set()

    threading.Thread(target=press, daemon=True).start()
    with pytest.raises(GenerationCancelledError):
        make(backend, tmp_path, cancel=button)
    assert time.monotonic() - ended[0] < 1.5
    until = time.monotonic() + 5
    for pid in map(int, pids.read_text().split()):
        while alive(pid):
            assert time.monotonic() < until, "it still runs"
            time.sleep(0.05)


def alive(pid):
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import sys; sys.exit('CUDA out of memory')", "failed: CUDA out of memory"),
        ("raise SystemExit(7)", "failed: exit status 7"),
        ("pass", "ended without a sound file"),
        ("import sys; open(sys.argv[1], 'w').write('no sound')", "a sound file cannot be used"),
        ("import os, sys; os.symlink('/etc/passwd', sys.argv[2] + '/x.wav')", "ended without a sound file"),
    ],
)
def test_what_goes_wrong_is_one_sentence(script, tmp_path, text, words):
    with pytest.raises(GenerationError) as caught:
        make(script(text, "{output}", "{folder}"), tmp_path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_flood_of_words_is_no_harm(script, tmp_path):
    flood = "import sys\nfor _ in range(300): sys.stdout.write('x' * 99_999); sys.stderr.write('y' * 99_999)\n"
    make(script(flood + textwrap.dedent(SINE), "{request}", "{output}"), tmp_path)


@pytest.mark.parametrize(
    ("command", "folder", "words"),
    [
        ([], None, "no command runs"),
        (["no-such-program"], None, "no-such-program of A program of your own cannot be found"),
        (["true", "{secret}"], None, "has {secret}, which is unknown"),
        (["true"], "missing", "does not exist"),
    ],
)
def test_what_is_not_set_up_is_told_before_any_cost(tmp_path, command, folder, words):
    backend = Program(OWN, command, tmp_path / folder if folder else None)
    assert words in backend.supports(REQUEST).reason
    with pytest.raises(GenerationError):
        make(backend, tmp_path)


def test_the_commands_of_the_table_name_only_what_there_is(tmp_path):
    for system in systems().values():
        if system.command:
            (tmp_path / "python").write_text("#!/bin/sh\n", encoding="utf-8")
            assert Program(system, system.command, tmp_path)._unready() == ""


def test_a_program_killed_from_outside_is_told(script, tmp_path):
    backend = script("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(GenerationError, match=f"exit status -{int(signal.SIGKILL)}"):
        make(backend, tmp_path)
