"""Sound files of others: decoded in a capped child process, which is all that ever opens them."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from agent.generation.adapters.base import check
from agent.generation.backend import Cancel
from agent.generation.errors import GenerationCancelledError, GenerationError, InvalidRequestError
from agent.generation.mastering import RATE, Sound
from agent.generation.material import Clip
from agent.generation.render import find_synth, render
from encoders.errors import MediaCancelledError, MediaError
from encoders.media.limits import MediaLimits
from encoders.media.sandbox import Sandbox, Task

MAX_DECODED_S = 900.0
_MAX_MIDI_BYTES = 1_000_000
_LIMITS = MediaLimits(max_bytes=1 << 30, output_bytes=256 << 20)
_LOOK_EVERY_S = 0.1


def decode(path: Path, folder: Path, duration_s: float, cancel: Cancel, start_s: float = 0.0) -> Sound:
    """Decode a stretch of a sound file.

    Args:
        path: the file, of any kind that FFmpeg reads.
        folder: for the decoded sound on its way.
        duration_s: at most so much, up to 900 s.
        cancel: ends the child.
        start_s: from here on.

    Returns:
        Float32 of shape (frames, 2) at 44.1 kHz.

    Raises:
        GenerationError: the file is damaged, too large or no sound.
        GenerationCancelledError: `cancel` was set.
    """
    import soundfile

    target, ended = folder / "decoded.flac", threading.Event()
    sandbox = Sandbox(_LIMITS, 1)
    watching = _Watch(cancel, ended)
    watching.start()
    try:
        task = Task(lambda _: None, ended)
        asked = min(duration_s, MAX_DECODED_S)
        sandbox.run("preview", path, task, target=str(target), start_s=start_s, duration_s=asked)
        sound, _ = soundfile.read(target, dtype="float32", always_2d=True)
    except MediaCancelledError as error:
        raise GenerationCancelledError("the generation was stopped") from error
    except MediaError as error:
        raise GenerationError(f"a sound file cannot be used: {error}") from error
    finally:
        watching.over.set()
        sandbox.close()
        target.unlink(missing_ok=True)
    return np.ascontiguousarray(sound)


def sound_of(clip: Clip, folder: Path, duration_s: float, cancel: Cancel, start_s: float = 0.0) -> Sound:
    """Return the sound of what was handed over; notes are played first.

    Raises:
        InvalidRequestError: the file is gone, is no sound, or its MIDI is too large.
    """
    path = clip.existing()
    check(cancel)
    try:
        if clip.kind == "midi":
            return _played(path, duration_s, cancel)
        return decode(path, folder, duration_s, cancel, start_s)
    except GenerationCancelledError:
        raise
    except GenerationError as error:
        shown = str(error).replace(path.name, clip.name) if clip.name else str(error)
        raise InvalidRequestError(shown) from error


def _played(path: Path, duration_s: float, cancel: Cancel) -> Sound:
    size = path.stat().st_size
    if size > _MAX_MIDI_BYTES:
        raise InvalidRequestError(
            f"the MIDI file has {size // 1000} kB, over the limit of {_MAX_MIDI_BYTES // 1000} kB; take one melody"
        )
    synth = find_synth()
    if isinstance(synth, str):
        raise GenerationError(synth)
    return render(path, synth, duration_s, lambda *_: None, cancel)[: round(duration_s * RATE)]


class _Watch(threading.Thread):
    """Sets `ended` once `cancel` is set, for those who wait for an event."""

    def __init__(self, cancel: Cancel, ended: threading.Event) -> None:
        super().__init__(name="cancel-watch", daemon=True)
        self._cancel, self._ended = cancel, ended
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(_LOOK_EVERY_S):
            if self._cancel.is_set():
                self._ended.set()
                return
