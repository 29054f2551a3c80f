"""Melodies that are handed over as sound: heard once, written down as MIDI, and from then on like any other melody."""

from __future__ import annotations

import hashlib
import json
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

from agent.generation.adapters.clips import sound_of
from agent.generation.errors import InvalidRequestError
from agent.generation.heard_tunes import MAX_SUNG_S, HeardTune, checked, heard_tune, tune_of
from agent.generation.mastering import RATE as PLAYED_RATE
from agent.generation.material import Clip
from agent.generation.tunes import write_tune
from agent.generation.values import GenerationRequest
from encoders.music.transcription import MODEL_ID, RATE, Transcriber, Transcription


class Sung:
    """Puts notes in the place of a recorded melody.

    Args:
        transcriber: hears notes.
        folder: where the written tunes are kept.
    """

    def __init__(self, transcriber: Transcriber, folder: Path) -> None:
        self._transcriber, self._folder = transcriber, folder
        self._last: tuple[str, Transcription] | None = None
        self._lock = threading.Lock()

    def written(self, request: GenerationRequest) -> GenerationRequest:
        """Return the request with the melody as MIDI; one without a recorded melody as it is.

        A tempo and a metre of the request say how it is laid on beats, else both are told from the onsets.

        Raises:
            InvalidRequestError: the recording is too long, or holds no melody of one voice; one sentence.
            ModelMissingError: the weights are not on disk.
        """
        melody = request.melody
        if melody is None or melody.kind != "audio":
            return request
        with self._lock:  # a brief is asked for while it is typed: one hearing serves them all
            name, told = self._known(melody)
            tune = tune_of(told, request.tempo_bpm, request.time_signature)
            key = hashlib.sha256(f"{name} {tune.tempo} {tune.metre.name}".encode()).hexdigest()
            path = self._folder / f"{key}.mid"
            if not path.is_file():
                self._folder.mkdir(parents=True, exist_ok=True)
                draft = path.with_suffix(".part")
                doubts = heard_tune(melody.name, told, tune).doubts
                doubts_beside(path).write_text(json.dumps(doubts), encoding="utf-8")
                write_tune(tune, draft)
                draft.replace(path)
        heard = Clip(
            str(path.absolute()), "midi", melody.name or "melody", heard_by=MODEL_ID, source=Path(melody.path).name
        )
        return replace(request, melody=heard)

    def heard(self, request: GenerationRequest) -> HeardTune | None:
        """Describe what is heard in the recorded melody of a request, whatever it asks for; None where it has none.

        Raises:
            InvalidRequestError, ModelMissingError: as for `written`.
        """
        melody = request.melody
        if melody is None or melody.kind != "audio":
            return None
        with self._lock:
            _, told = self._known(melody)
        return heard_tune(melody.name or "the recording", told, tune_of(told))

    def _known(self, melody: Clip) -> tuple[str, Transcription]:
        """Return what a recording is known by, and the one voice in it."""
        self._transcriber.ready()
        name = f"{_digest(melody.existing())} {melody.seconds}"
        if self._last is None or self._last[0] != name:
            self._last = (name, checked(self._heard(melody)))
        return self._last

    def _heard(self, clip: Clip) -> Transcription:
        import soxr

        with tempfile.TemporaryDirectory(prefix="sung-") as folder:
            wanted_s = min(clip.seconds or MAX_SUNG_S + 1.0, MAX_SUNG_S + 1.0)
            sound = sound_of(clip, Path(folder), wanted_s, threading.Event())
        if len(sound) > (MAX_SUNG_S + 0.5) * PLAYED_RATE:
            raise InvalidRequestError(
                f"the recorded melody is longer than {MAX_SUNG_S:g} s, the limit; cut it, or say which seconds count"
            )
        return self._transcriber.notes(soxr.resample(sound.mean(axis=1), PLAYED_RATE, RATE))


def doubts_beside(notes: Path) -> Path:
    """Return where it lies what is in doubt of notes that were heard (a JSON list); notes of a file have none."""
    return notes.with_suffix(".json")


def doubts_of(melody: Clip) -> tuple[str, ...]:
    """Return what is in doubt of a melody that was heard, in words; () where nothing is, or nothing was heard."""
    beside = doubts_beside(Path(melody.path))
    return tuple(json.loads(beside.read_text(encoding="utf-8"))) if melody.heard_by and beside.is_file() else ()


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
