"""A small real backend for tests of the queue: it writes a short sine and can be slowed, failed and counted."""

import time

import numpy as np
import soundfile

from agent.generation.values import GeneratedAudio, GenerationCancelledError, GenerationError, Support


class Toy:
    """Makes a sine whose pitch follows the seed, in `seconds` of work; every start is written to `diary`."""

    title, licence = "The toy", "CC0"

    def __init__(self, id="toy", seconds=0.0, diary=None, fails=None):
        self.id, self.seconds, self.diary, self.fails = id, seconds, diary, fails
        self.made = 0

    def supports(self, request):
        return Support.full()

    def estimate_s(self, request):
        return 0.5 * request.duration_s

    def prepare(self):
        pass

    def generate(self, request, dst, progress, cancel):
        if self.diary is not None:
            with self.diary.open("a") as book:
                book.write(f"{request.seed}\n")
        until = time.monotonic() + self.seconds
        while time.monotonic() < until:
            if cancel.is_set():
                raise GenerationCancelledError("stopped")
            progress(0.5, "working")
            time.sleep(0.01)
        if self.fails is not None:
            raise self.fails if not isinstance(self.fails, str) else GenerationError(self.fails)
        self.made += 1
        t = np.arange(round(44_100 * request.duration_s)) / 44_100
        wave = 0.2 * np.sin(2 * np.pi * (220 + 10 * request.seed) * t)
        soundfile.write(dst, np.stack([wave, wave], axis=1), 44_100, format="FLAC")
        notes = dst.with_suffix(".mid")
        notes.write_bytes(b"MThd")
        return GeneratedAudio(dst, request.duration_s, request.seed, self.id, 120.0, "C major", notes)

    def release(self):
        pass
