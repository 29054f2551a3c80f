import time

import av
import numpy as np
import pytest
from PIL import Image

from encoders.media.video import SandboxedVideoAnalyzer


def plain(colour, size=(120, 160)):
    return np.full((*size, 3), colour, dtype=np.uint8)


def bar(position, size=(120, 160)):
    picture = plain((20, 20, 20), size)
    picture[:, position % size[1] : position % size[1] + 30] = 230
    return picture


def test_red_then_blue_has_one_cut_and_no_motion(video, media):
    red, blue = plain((220, 40, 30)), plain((30, 50, 220))
    cut = video.analyze(media.clip("cut.mp4", [red] * 100 + [blue] * 100))
    still = video.analyze(media.clip("still.mp4", [red] * 200))
    assert still.cut_rate == 0.0
    assert still.motion < 0.02
    assert still.warmth > 0.8
    assert 3.0 < cut.cut_rate < 15.0  # one cut in 8 s is 7.5 a minute
    assert cut.motion < 0.02
    assert 0.4 < cut.warmth < 0.6


def test_cut_rate_follows_the_editing(video, media):
    rng = np.random.default_rng(2)
    palette = [plain(tuple(int(v) for v in rng.integers(0, 255, 3))) for _ in range(40)]

    def film(seconds_per_shot):
        count = int(20 / seconds_per_shot)
        shots = [palette[i % 40] for i in range(count) for _ in range(int(25 * seconds_per_shot))]
        return video.analyze(media.clip(f"{seconds_per_shot}.mp4", shots, options={"g": "12"})).cut_rate

    slow, fast = film(5.0), film(1.0)
    assert slow == pytest.approx(60 / 5.0, rel=0.8)
    assert fast > 2 * slow


def test_motion_grows_with_the_speed_of_a_bar(video, media):
    slow, fast = (
        video.analyze(media.clip(f"{step}.mp4", [bar(i * step) for i in range(100)], options={"g": "10"})).motion
        for step in (1, 8)
    )
    assert 0.0 < slow < fast <= 1.0


def test_light_colour_and_contrast(video, media):
    def shot(name, picture):
        path = media.folder / name
        Image.fromarray(picture).save(path)
        return video.analyze(path)

    black, white = shot("black.png", plain((0, 0, 0))), shot("white.png", plain((255, 255, 255)))
    assert (black.brightness, white.brightness) == (0.0, pytest.approx(1.0, abs=0.01))
    assert black.warmth == white.warmth == pytest.approx(0.5)
    assert white.saturation == pytest.approx(0.0)
    orange, azure = shot("orange.webp", plain((250, 150, 40))), shot("azure.png", plain((40, 120, 250)))
    assert orange.warmth > 0.7 > 0.3 > azure.warmth
    assert orange.saturation > 0.7
    checker = np.kron(np.indices((4, 4)).sum(axis=0) % 2, np.ones((40, 40)))[:, :, None].repeat(3, 2) * 255
    assert shot("checker.png", checker.astype(np.uint8)).contrast > 0.8
    assert white.contrast < 0.05


def test_a_still_has_no_time(video, media):
    path = media.folder / "x.jpg"
    Image.fromarray(plain((200, 100, 50), (300, 200))).save(path)
    still = video.analyze(path)
    assert (still.duration_s, still.motion, still.cut_rate, still.fps) == (0.0, 0.0, 0.0, 0.0)
    assert (still.width, still.height, still.sample_times_s) == (200, 300, (0.0,))
    info = video.probe(path)
    assert (info.kind, info.format) == ("image", "jpeg")


def test_samples_spread_over_the_clip_even_with_one_key_frame(video, media):
    analysis = video.analyze(media.clip("x.mp4", [bar(i) for i in range(250)], options={"g": "1000"}))
    assert analysis.duration_s == pytest.approx(10.0, abs=0.1)
    assert len(analysis.sample_times_s) >= 12
    assert analysis.sample_times_s == tuple(sorted(analysis.sample_times_s))
    assert max(analysis.sample_times_s) > 9.0


def test_a_rotated_phone_clip_stands_upright(video, media, tmp_path):
    lying = media.clip("lying.mp4", [bar(0, (90, 160))] * 25)
    data = bytearray(lying.read_bytes())
    # The display matrix of the track header: (1 0 0, 0 1 0, 0 0 1) becomes a quarter turn.
    at = data.index(b"tkhd") + 4 + 40
    one = (1 << 16).to_bytes(4, "big", signed=True)
    minus = (-(1 << 16)).to_bytes(4, "big", signed=True)
    assert data[at : at + 4] == one
    zero = bytes(4)
    data[at : at + 20] = zero + one + zero + minus + zero
    path = media.raw("turned.mp4", bytes(data))
    with av.open(str(path)) as container:
        assert abs(next(container.decode(video=0)).rotation) == 90
    analysis = video.analyze(path)
    assert (analysis.width, analysis.height) == (90, 160)


def test_the_same_clip_gives_the_same_analysis(video, media, empty_store):
    path = media.clip("x.mp4", [bar(i) for i in range(80)])
    other = SandboxedVideoAnalyzer(empty_store, models=())
    assert video.analyze(path) == video.analyze(path) == other.analyze(path)
    other.close()


@pytest.mark.models
def test_concepts_and_features_of_a_720p_clip_in_time(store, media):
    """The target is 1.5 s on two idle cores; the bound here leaves room for a busy machine."""
    analyzer = SandboxedVideoAnalyzer(store)
    analyzer.warm()
    path = media.clip("x.mp4", [bar(4 * i, (720, 1280)) for i in range(30 * 10)], fps=10)
    start = time.monotonic()
    analysis = analyzer.analyze(path)
    assert time.monotonic() - start < 6.0
    assert len(analysis.concepts) == 20
    probabilities = [probability for _, probability in analysis.concepts]
    assert probabilities == sorted(probabilities, reverse=True)
    assert 0.0 < sum(probabilities) <= 1.0
    embedding = analysis.embeddings["efficientnet-lite2"]
    assert embedding.vector.shape == (1280,)
    assert np.linalg.norm(embedding.vector) == pytest.approx(1.0, abs=1e-5)
    analyzer.close()
