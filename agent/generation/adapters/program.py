"""Systems with an environment of their own: a command is run in a process group, and is ended with all it started.

The command is a list of words, never a line for a shell. In each word these are replaced: `{request}` (a JSON file with
all of the request), `{output}` (the sound file to write), `{folder}` (or any sound file in here), `{text}`, `{seed}`,
`{duration}`, `{tempo}`, `{key}`, `{steps}`, `{segments}`, and files with `{text_file}`, `{lyrics_file}`, `{lrc_file}`,
`{melody_file}`, `{reference_file}`, `{source_file}` (what is continued) and `{video_file}`.

On standard output a line such as `0.4 sampling`, or `{"progress": 0.4, "line": "sampling"}`, tells how far it is.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from agent.generation.adapters.base import SystemBackend, check, prompt_of, steps_of
from agent.generation.adapters.clips import decode
from agent.generation.backend import Cancel, Progress
from agent.generation.errors import GenerationError
from agent.generation.mastering import Sound
from agent.generation.material import Clip
from agent.generation.stored import dump_request
from agent.generation.systems import System
from agent.generation.values import GenerationRequest
from catalog.names import clean

_PLACE = re.compile(r"\{([a-z_]+)\}")
_SOUNDS = frozenset({".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a"})
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "CUDA_VISIBLE_DEVICES", "HF_HOME", "SYSTEMROOT")
_LOOK_EVERY_S = 0.1
_GRACE_S = 0.4
_MAX_LINE = 1000


class Program(SystemBackend):
    """A system behind a command.

    Args:
        system: the entry.
        command: its words; the first is a program on the path or a file.
        folder: where it is run; relative names in the command are looked for there.
    """

    def __init__(self, system: System, command: Sequence[str], folder: Path | None = None) -> None:
        super().__init__(system)
        self._command, self._folder = tuple(command), folder

    def _unready(self) -> str:
        if not self._command:
            return f"no command runs {self.title}; set one"
        if self._folder is not None and not self._folder.is_dir():
            return f"the folder {self._folder} of {self.title} does not exist; correct the setting"
        if self._program() is None:
            return f"the program {self._command[0]} of {self.title} cannot be found; correct the command"
        unknown = set(_PLACE.findall(" ".join(self._command))) - _NAMES
        if unknown:
            return f"the command of {self.title} has {{{min(unknown)}}}, which is unknown; correct it"
        return ""

    def _program(self) -> str | None:
        word = self._command[0]
        if self._folder is not None and (self._folder / word).is_file():
            return str((self._folder / word).absolute())
        return shutil.which(word)

    def _sound(self, request: GenerationRequest, folder: Path, progress: Progress, cancel: Cancel) -> Sound:
        unready = self._unready()
        if unready:
            raise GenerationError(unready)
        made = folder / "made"
        made.mkdir()
        values = _values(self.system, request, folder)
        command = [_filled(word, values) for word in self._command]
        command[0] = self._program() or command[0]
        self._run(command, folder, progress, cancel)
        check(cancel)
        progress(0.92, "decoding")
        return decode(self._found(made), folder, request.duration_s, cancel)

    def _run(self, command: list[str], folder: Path, progress: Progress, cancel: Cancel) -> None:
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}  # no keys of ours
        try:
            process = subprocess.Popen(
                command,
                cwd=self._folder or folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise GenerationError(f"{self.title} cannot be started ({error.strerror or error})") from error
        last: deque[str] = deque(maxlen=5)
        readers = [
            threading.Thread(target=_read, args=(process.stdout, lambda line: _tell(line, progress)), daemon=True),
            threading.Thread(target=_read, args=(process.stderr, last.append), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            while process.poll() is None and not cancel.is_set():
                time.sleep(_LOOK_EVERY_S)
        finally:
            end_group(process)
        for reader in readers:
            reader.join(1.0)
        check(cancel)
        if process.returncode:
            words = clean(next((line for line in reversed(last) if line.strip()), ""), 200)
            raise GenerationError(f"{self.title} failed: {words or f'exit status {process.returncode}'}")

    def _found(self, folder: Path) -> Path:
        """Return what the program wrote: the named file, or the newest sound below its folder."""
        named = folder / "output.wav"
        if named.is_file():
            return named
        inside = folder.resolve()
        sounds = [
            path
            for path in folder.rglob("*")
            if path.suffix.lower() in _SOUNDS and path.is_file() and path.resolve().is_relative_to(inside)
        ]
        if not sounds:
            raise GenerationError(f"{self.title} ended without a sound file; check its command")
        return max(sounds, key=lambda path: path.stat().st_mtime)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process with everything it started: asked first, then killed; the leader may have ended already."""
    for ending, patience_s in ((signal.SIGTERM, _GRACE_S), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(process.pid, ending)
        except (ProcessLookupError, PermissionError):  # nobody of the group is left
            break
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def _read(stream: IO[bytes] | None, told: Callable[[str], None]) -> None:
    assert stream is not None
    with stream:
        while line := stream.readline(_MAX_LINE):
            told(line.decode("utf-8", "replace").strip())


def _tell(line: str, progress: Progress) -> None:
    try:
        if line.startswith("{"):
            said = json.loads(line)
            fraction, words = float(said["progress"]), str(said.get("line", ""))
        else:
            number, _, words = line.partition(" ")
            fraction = float(number)
    except (ValueError, KeyError, TypeError, RecursionError):
        return  # whatever else programs print
    if 0 <= fraction <= 1:
        progress(0.9 * fraction, clean(words, 80) or "generating")


def _filled(word: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: values.get(place[1], ""), word)


_NAMES = frozenset(
    "request output folder text seed duration tempo key steps segments text_file lyrics_file lrc_file melody_file "
    "reference_file source_file video_file".split()
)


def _values(system: System, request: GenerationRequest, folder: Path) -> dict[str, str]:
    """Write the files that a command may name, and return all its values; what was not asked for is empty."""
    # A word that begins with a dash would be taken for an option.
    words, lyrics = prompt_of(request).lstrip("- "), request.lyrics
    written = {
        "request": ("request.json", dump_request(request)),
        "text_file": ("text.txt", words),
        "lyrics_file": ("lyrics.txt", lyrics.plain if lyrics else ""),
        "lrc_file": ("lyrics.lrc", lyrics.lrc(request.duration_s) if lyrics else ""),
    }
    for name, content in written.values():
        (folder / name).write_text(content, encoding="utf-8")
    sections = lyrics.plain.count("[") if lyrics else 0
    clips = {
        "melody_file": request.melody,
        "reference_file": next(iter(request.references), None),
        "source_file": request.continues,
        "video_file": request.video,
    }
    return {
        **{name: str((folder / file).absolute()) for name, (file, _) in written.items()},
        **{name: _path_of(clip) for name, clip in clips.items()},
        "output": str((folder / "made" / "output.wav").absolute()),
        "folder": str((folder / "made").absolute()),
        "text": words,
        "seed": str(request.seed % 2**31),
        "duration": f"{request.duration_s:g}",
        "tempo": f"{request.tempo_bpm:g}" if request.tempo_bpm else "",
        "key": request.key or "",
        "steps": str(steps_of(system, request) or ""),
        "segments": str(max(1, sections)),
    }


def _path_of(clip: Clip | None) -> str:
    return "" if clip is None else str(clip.existing().absolute())
