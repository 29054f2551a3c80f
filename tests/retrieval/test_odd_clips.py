"""Clips that show and say nothing, all the way to their music."""

import av
import numpy as np
import pytest

from encoders.errors import MediaError
from encoders.media.limits import MediaLimits
from encoders.media.video import SandboxedVideoAnalyzer
from encoders.models.store import ModelStore
from retrieval.video import VideoSuggester


@pytest.fixture
def suggester(library, tmp_path):
    analyzer = SandboxedVideoAnalyzer(ModelStore(tmp_path / "models"), MediaLimits(cpu_s=60, wall_s=90), models=())
    yield VideoSuggester(library, analyzer)
    analyzer.close()


def clip(path, frames, fps=25, silence_s=0.0):
    """Write black pictures of 64 x 48 pixels, with so much silence under them."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=fps)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        sound = out.add_stream("aac", rate=8_000, layout="mono") if silence_s else None
        black = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
        for n in range(frames):
            black.pts = n
            out.mux(stream.encode(black))
        out.mux(stream.encode(None))
        if sound is not None:
            quiet = np.zeros((1, int(8_000 * silence_s)), np.float32)
            frame = av.AudioFrame.from_ndarray(quiet, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 8_000, 0
            out.mux(sound.encode(frame))
            out.mux(sound.encode(None))
    return path


@pytest.mark.parametrize(
    ("frames", "fps", "silence_s"), [(50, 25, 0.0), (1, 25, 0.0), (75, 25, 3.0), (10_700, 1, 0.0)],
    ids=["black", "one frame", "silent", "three hours"],
)  # fmt: skip
def test_a_clip_that_says_nothing_gets_music_all_the_same(suggester, tmp_path, frames, fps, silence_s):
    found = suggester.suggest(clip(tmp_path / "odd.mp4", frames, fps, silence_s), text="", n=3)
    brief = found.brief
    assert np.isfinite([brief.energy, brief.valence, brief.tension, brief.brightness, brief.tempo_bpm]).all()
    assert len(brief.curve) <= 120
    assert len(found.result.candidates) == 3
    assert all(0 <= c.score <= 1 for c in found.result.candidates)


def test_a_clip_over_the_limit_is_one_sentence(suggester, tmp_path):
    with pytest.raises(MediaError, match="limit") as told:
        suggester.suggest(clip(tmp_path / "long.mp4", 11_000, 1))
    assert "\n" not in str(told.value)


def test_an_empty_clip_with_empty_words_is_one_sentence(suggester, tmp_path):
    (tmp_path / "empty.mp4").write_bytes(b"")
    with pytest.raises(MediaError, match=r"empty\.mp4") as told:
        suggester.suggest(tmp_path / "empty.mp4", text="")
    assert "\n" not in str(told.value)
