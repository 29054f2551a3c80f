"""Media made by formula, and the pulled weights where there are some."""

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from platformdirs import user_data_path

from encoders.media.audio import SandboxedAudioAnalyzer
from encoders.media.limits import MediaLimits
from encoders.media.video import SandboxedVideoAnalyzer
from encoders.models.store import ModelStore


class MediaFactory:
    """Writes real files into one folder."""

    def __init__(self, folder):
        self.folder = folder

    def raw(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def sound(self, name, samples, rate=22_050, **options):
        """`samples` is (n,) or (n, channels); the suffix chooses the format."""
        path = self.folder / name
        channels = 1 if samples.ndim == 1 else samples.shape[1]
        with soundfile.SoundFile(path, "w", samplerate=rate, channels=channels, **options) as out:
            for start in range(0, len(samples), rate):  # libsndfile's Vorbis encoder overflows the stack on long writes
                out.write(samples[start : start + rate])
        return path

    def encoded_sound(self, name, samples, codec, rate=48_000):
        """A mono file through FFmpeg, for what libsndfile does not write."""
        path = self.folder / name
        with av.open(str(path), "w") as out:
            stream = out.add_stream(codec, rate=rate, layout="mono")
            frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), format="fltp", layout="mono")
            frame.sample_rate = rate
            frame.pts = 0
            resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate)
            for part in resampler.resample(frame):
                out.mux(stream.encode(part))
            out.mux(stream.encode(None))
        return path

    def clip(self, name, pictures, fps=25, codec="mpeg4", pix_fmt="yuv420p", options=None, pts=None, sound=None):
        """A clip of uint8 (h, w, 3) pictures; `pts` in frames makes the rate variable; `sound` is mono at 48 kHz."""
        path = self.folder / name
        with av.open(str(path), "w") as out:
            stream = out.add_stream(codec, rate=fps, options=options or {})
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = pix_fmt
            stream.codec_context.time_base = Fraction(1, fps)
            audio = out.add_stream("aac", rate=48_000, layout="mono") if sound is not None else None
            for i, picture in enumerate(pictures):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts = i if pts is None else pts[i]
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
            if audio is not None:
                frame = av.AudioFrame.from_ndarray(sound[None].astype(np.float32), format="fltp", layout="mono")
                frame.sample_rate, frame.pts = 48_000, 0
                out.mux(audio.encode(frame))
                out.mux(audio.encode(None))
        return path


@pytest.fixture
def media(tmp_path):
    return MediaFactory(tmp_path)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    return ModelStore(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def audio(empty_store):
    """Measures without tags, so it needs no weights; one child for the whole session."""
    analyzer = SandboxedAudioAnalyzer(empty_store, MediaLimits(cpu_s=20, wall_s=40), workers=1, taggers=())
    yield analyzer
    analyzer.close()


@pytest.fixture(scope="session")
def video(empty_store):
    analyzer = SandboxedVideoAnalyzer(empty_store, MediaLimits(cpu_s=20, wall_s=40), models=())
    yield analyzer
    analyzer.close()


@pytest.fixture(scope="session")
def store():
    """The pulled default weights, or a skip that says what is missing."""
    root = Path(os.environ.get("TRICHORD_MODELS_DIR") or user_data_path("trichord") / "models")
    found = ModelStore(root)
    needed = ("bge-small", "reranker-minilm", "musicnn-msd", "musicnn-mtt", "efficientnet-lite2", "centerface")
    missing = [model_id for model_id in needed if found.status(model_id).state != "present"]
    if missing:
        pytest.skip(f"weights not pulled: {', '.join(missing)} (run `trichord models pull`)")
    return found


@pytest.fixture(scope="session")
def child_memory():
    """Peak resident bytes of a process."""

    def read(pid):
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

    return read
