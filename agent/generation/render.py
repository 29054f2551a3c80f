"""MIDI to sound with FluidSynth, a free program, and a SoundFont found on this system."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.generation.backend import Cancel, Progress
from agent.generation.mastering import RATE, Sound
from agent.generation.values import GenerationCancelledError, GenerationError

REMEDY = "apt install fluidsynth fluid-soundfont-gm"
_FOLDERS = (
    "/usr/share/sounds/sf2",
    "/usr/share/soundfonts",
    "/usr/local/share/soundfonts",
    "/usr/local/share/sounds/sf2",
    "/opt/homebrew/share/soundfonts",
    "~/.local/share/soundfonts",
    "~/Library/Audio/Sounds/Banks",
)
# Best first; both are General MIDI and free.
_PREFERRED = ("FluidR3_GM.sf2", "TimGM6mb.sf2")


@dataclass(frozen=True, slots=True)
class Synth:
    """A FluidSynth program and a SoundFont."""

    program: Path
    soundfont: Path


def find_synth(soundfont: Path | None = None) -> Synth | str:
    """Find what rendering needs; the answer is a sentence with the remedy where something is missing.

    Args:
        soundfont: use this `.sf2` or `.sf3` file instead of searching the usual folders.
    """
    program = shutil.which("fluidsynth")
    if program is None:
        return f"the program fluidsynth is not installed; run: {REMEDY}"
    found = soundfont if soundfont is not None else _search()
    if found is None:
        return f"no General MIDI SoundFont was found; run: {REMEDY}"
    if not found.is_file():
        return f"the SoundFont {found} does not exist; correct the setting, or run: {REMEDY}"
    if not _is_soundfont(found):
        return f"{found} is no SoundFont; correct the setting, or run: {REMEDY}"
    return Synth(Path(program), found)


def _is_soundfont(path: Path) -> bool:
    """Look at the file's head: FluidSynth would silently play its default instead of a file that is none."""
    with path.open("rb") as stream:
        head = stream.read(12)
    return head[:4] == b"RIFF" and head[8:] == b"sfbk"


def _search() -> Path | None:
    folders = [Path(folder).expanduser() for folder in _FOLDERS]
    for name in _PREFERRED:
        for folder in folders:
            if (folder / name).is_file():
                return folder / name
    others = (path for folder in folders if folder.is_dir() for path in sorted(folder.glob("*.sf[23]")))
    return next((path for path in others if path.is_file()), None)


def render(midi: Path, synth: Synth, duration_s: float, progress: Progress, cancel: Cancel) -> Sound:
    """Render a MIDI file.

    Args:
        midi: the file.
        synth: what renders.
        duration_s: the expected length in seconds, for progress and the time limit.
        progress: told the fraction of the sound that is there.
        cancel: stops the program soon after it is set.

    Returns:
        Float32 of shape (frames, 2) at 44.1 kHz, a little longer than the music for its reverberation.

    Raises:
        GenerationError: the program failed or took far too long.
        GenerationCancelledError: `cancel` was set.
    """
    import soundfile

    with tempfile.TemporaryDirectory(prefix="trichord-render-", dir=midi.parent) as folder:
        out = Path(folder) / "sound.wav"
        # No default SoundFont: a broken one must be heard as silence and reported, not be replaced unasked.
        settings = ["synth.dynamic-sample-loading=1", "synth.chorus.active=0", "synth.default-soundfont="]
        command = [str(synth.program), "-n", "-i", "-q", "-F", str(out), "-T", "wav", "-O", "float", "-r", str(RATE)]
        command += ["-g", "0.4", *(part for setting in settings for part in ("-o", setting))]
        _run([*command, str(synth.soundfont), str(midi)], out, duration_s, progress, cancel)
        if not out.is_file() or out.stat().st_size < 1000:
            raise GenerationError("fluidsynth rendered no sound; check that its SoundFont is a General MIDI one")
        sound, _ = soundfile.read(out, dtype="float32", always_2d=True, frames=round((duration_s + 1) * RATE))
    return np.ascontiguousarray(sound)


def _run(command: list[str], out: Path, duration_s: float, progress: Progress, cancel: Cancel) -> None:
    expected, limit = duration_s * RATE * 8, time.monotonic() + 60 + 2 * duration_s
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as run:
        while True:
            try:
                _, errors = run.communicate(timeout=0.1)
                break
            except subprocess.TimeoutExpired:
                if cancel.is_set() or time.monotonic() > limit:
                    run.kill()
            if out.is_file():
                progress(min(0.95, out.stat().st_size / expected), "rendering")
    if cancel.is_set():
        raise GenerationCancelledError("the generation was stopped")
    if time.monotonic() > limit:
        raise GenerationError(f"fluidsynth did not finish within {60 + 2 * duration_s:.0f} s; ask for a shorter piece")
    if run.returncode != 0:
        words = errors.decode("utf-8", "replace").strip().splitlines() or [f"exit status {run.returncode}"]
        raise GenerationError(f"fluidsynth failed: {words[-1][:200]}")
