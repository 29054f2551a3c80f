import time

import av
import numpy as np
import pytest
from PIL import Image

from encoders.media.limits import MediaLimits
from encoders.media.opening import open_media
from encoders.media.seeking import frames_from, key_time_s
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


@pytest.mark.parametrize("name", ["x.mp4", "x.mkv", "x.avi", "x.mpg"])
def test_key_frames_are_found_without_decoding_where_decoding_finds_them(media, name):
    codec = {"x.mp4": "libx264", "x.mkv": "libx264", "x.mpg": "mpeg1video"}.get(name, "mpeg4")
    path = media.clip(name, [bar(8 * i) for i in range(100)], codec=codec, options={"g": "20"})
    with open_media(path, MediaLimits()) as opened:
        for at_s in (0.0, 0.5, 1.7, 3.9):
            decoded = next((time_s for time_s, _ in frames_from(opened, opened.video, at_s)), None)
            assert key_time_s(opened, opened.video, at_s) == pytest.approx(decoded, abs=0.001)


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


def world(seed=0, size=(400, 600)):
    """A picture with structure at every scale, so that any movement over it can be told."""
    rng = np.random.default_rng(seed)
    layers = [
        np.asarray(Image.fromarray(rng.integers(0, 255, (n, n, 3), dtype=np.uint8)).resize(size[::-1], Image.BICUBIC))
        for n in (6, 20, 60)
    ]
    return Image.fromarray(np.mean(layers, axis=0).astype(np.uint8))


def views(boxes, size=(160, 120)):
    picture = world()
    return [np.asarray(picture.resize(size, Image.BILINEAR, box=box)) for box in boxes]


def test_a_hard_cut_is_found_to_the_frame(video, media):
    red, blue = plain((220, 40, 30)), plain((30, 50, 220))
    shots = video.analyze(media.clip("cut.mp4", [red] * 83 + [blue] * 117)).shots
    assert [shot.start_s for shot in shots] == [0.0, pytest.approx(83 / 25, abs=1 / 25)]
    assert shots[-1].end_s == pytest.approx(8.0, abs=0.1)


def test_a_flash_is_no_cut(video, media):
    grey, white = plain((90, 90, 90)), plain((255, 255, 255))
    assert len(video.analyze(media.clip("flash.mp4", [grey] * 50 + [white] * 2 + [grey] * 50)).shots) == 1


def panned(seed, count, flash_every=0):
    """A fast pan, with a flash of light of four pictures every so often."""
    clear = np.clip((np.asarray(world(seed, (240, 480)), dtype=float) - 128) * 1.8 + 128, 0, 255).astype(np.uint8)
    wide = np.concatenate([clear, clear], axis=1)
    found = []
    for n in range(count):
        view = wide[:, 10 * n % 480 :][:, :320]
        lit = flash_every and n % flash_every < 4
        found.append(np.minimum(view.astype(int) + 90, 255).astype(np.uint8) if lit else view)
    return found


def test_a_flash_during_a_pan_is_no_cut_either(video, media):
    assert len(video.analyze(media.clip("club.mp4", panned(0, 150, flash_every=20))).shots) == 1


def test_a_cut_between_two_pans_is_found(video, media):
    shots = video.analyze(media.clip("pans.mp4", panned(0, 75) + panned(7, 75))).shots
    assert [shot.start_s for shot in shots] == [0.0, pytest.approx(3.0, abs=1 / 25)]


@pytest.mark.parametrize(
    ("word", "box"),
    [
        ("pan right", lambda t: (40 * t, 100, 300 + 40 * t, 300)),
        ("pan left", lambda t: (300 - 40 * t, 100, 560 - 40 * t, 300)),
        ("tilt up", lambda t: (100, 180 - 30 * t, 360, 375 - 30 * t)),
        ("tilt down", lambda t: (100, 30 * t, 360, 195 + 30 * t)),
        ("zoom in", lambda t: (40 * t, 27 * t, 600 - 40 * t, 400 - 27 * t)),
        ("zoom out", lambda t: (160 - 40 * t, 107 - 27 * t, 440 + 40 * t, 293 + 27 * t)),
        ("still", lambda t: (100, 100, 360, 295)),
    ],
)
def test_the_camera_is_followed(video, media, word, box):
    clip = media.clip("camera.mp4", views([box(n / 25) for n in range(100)]), options={"b": "4000000"})
    camera = video.analyze(clip).camera
    assert camera.word == word


def test_the_speed_of_a_pan_is_measured(video, media):
    pan = video.analyze(media.clip("pan.mp4", views([(65 * n / 25, 100, 260 + 65 * n / 25, 295) for n in range(100)])))
    assert pan.camera.pan == pytest.approx(0.25, abs=0.05)  # a quarter of the view's width in a second


@pytest.mark.parametrize("bpm", [60, 90, 120, 150])
def test_blinking_and_moving_have_a_rhythm(video, media, bpm):
    beats = np.arange(250) / 25 * bpm / 60
    blinking = [plain((200, 200, 200)) if beat % 1 < 0.15 else plain((40, 40, 40)) for beat in beats]
    hopping = [bar(int(beat) * 37) for beat in beats]
    for name, pictures in (("blink.mp4", blinking), ("hop.mp4", hopping)):
        rhythm = video.analyze(media.clip(name, pictures)).rhythm
        assert rhythm.value == pytest.approx(bpm, rel=0.04)
        assert rhythm.confidence > 0.5


@pytest.mark.parametrize("bpm", [75, 110, 145])
def test_a_pulse_of_light_is_felt_through_a_fast_camera_and_cuts(video, media, bpm):
    rng = np.random.default_rng(8)
    tints = ((160, 40, 40), (40, 160, 40), (40, 40, 160), (160, 160, 40))
    worlds = [
        np.asarray(Image.fromarray(rng.integers(0, tint, (6, 6, 3)).astype(np.uint8)).resize((320, 180)))
        for tint in tints
    ]

    def picture(n, pulse):
        view = np.roll(worlds[n // 31 % 4], -int(n * 320 * 0.6 / 25), axis=1).astype(int)
        return (view + (80 if pulse and (n / 25 * bpm / 60) % 1 < 0.2 else 0)).astype(np.uint8)

    pulsing = video.analyze(media.clip("pulse.mp4", [picture(n, True) for n in range(250)]))
    assert pulsing.cut_rate > 20
    assert pulsing.rhythm.value == pytest.approx(bpm, rel=0.04)
    assert pulsing.rhythm.confidence > 0.5
    even = video.analyze(media.clip("even.mp4", [picture(n, False) for n in range(250)])).rhythm
    assert even is None or even.confidence < 0.5  # even cuts are no movement


def test_what_moves_without_a_beat_has_none(video, media):
    rng = np.random.default_rng(5)
    pictures = [plain(tuple(int(v) for v in rng.integers(100, 156, 3))) for _ in range(200)]
    rhythm = video.analyze(media.clip("noise.mp4", pictures)).rhythm
    assert rhythm is None or rhythm.confidence < 0.5
    assert video.analyze(media.clip("still.mp4", [plain((90, 90, 90))] * 100)).rhythm is None


def test_the_time_line_follows_the_clip(video, media):
    dark, light = plain((10, 10, 10)), plain((240, 240, 240))
    moments = video.analyze(media.clip("dawn.mp4", [dark] * 100 + [light] * 100)).moments
    assert [moment.start_s for moment in moments] == [float(n) for n in range(len(moments))]
    assert len(moments) in {8, 9}
    assert max(moment.brightness for moment in moments[:4]) < 0.1 < 0.9 < min(m.brightness for m in moments[4:8])


def test_the_level_of_the_sound_is_heard(video, media):
    pictures = [plain((90, 90, 90))] * 100
    silent = video.analyze(media.clip("silent.mp4", pictures, sound=np.zeros(4 * 48_000)))
    loud = video.analyze(media.clip("loud.mp4", pictures, sound=0.5 * np.sin(np.arange(4 * 48_000) * 0.05)))
    mute = video.analyze(media.clip("mute.mp4", pictures))
    assert mute.loudness_db is None
    assert silent.loudness_db < -60
    assert loud.loudness_db == pytest.approx(-9.0, abs=1.5)


@pytest.mark.parametrize("pictures", [[plain((0, 0, 0))] * 50, [plain((0, 0, 0))], [plain((7, 9, 200), (2, 2))] * 5])
def test_black_tiny_and_one_frame_clips_have_an_answer(video, media, pictures):
    analysis = video.analyze(media.clip("odd.mp4", pictures, codec="libx264"))
    numbers = (analysis.brightness, analysis.motion, analysis.cut_rate, analysis.contrast)
    assert np.isfinite(numbers).all()
    assert (analysis.motion, analysis.cut_rate) == (0.0, 0.0)
    assert analysis.camera is None or analysis.camera.word == "still"
    assert analysis.rhythm is None
    assert len(analysis.shots) == 1


def test_a_long_clip_costs_no_more_than_a_short_one(video, media):
    """Three hours at one picture in ten seconds: every look at it goes by seeking."""
    pictures = [bar(n % 130) for n in range(1080)]
    path = media.clip("long.mp4", pictures, fps=25, options={"g": "5"}, pts=[250 * n for n in range(1080)])
    analysis = video.analyze(path)
    assert analysis.duration_s == pytest.approx(10_800, rel=0.01)
    assert len(analysis.moments) == 240
    assert analysis.moments[1].start_s == pytest.approx(45.0, rel=0.02)


@pytest.mark.models
def test_settings_and_feeling_of_a_picture(store, media):
    analyzer = SandboxedVideoAnalyzer(store)
    ramp = np.linspace(0, 1, 240)[:, None, None]
    sunny = (np.array([90, 160, 250]) * (1 - ramp) + np.array([240, 220, 160]) * ramp).repeat(320, 1)
    Image.fromarray(sunny.astype(np.uint8)).save(media.folder / "sunny.png")
    Image.fromarray(plain((6, 4, 8))).save(media.folder / "black.png")
    day, night = analyzer.analyze(media.folder / "sunny.png"), analyzer.analyze(media.folder / "black.png")
    analyzer.close()
    assert len(day.settings) == 8
    assert [score for _, score in day.settings] == sorted((score for _, score in day.settings), reverse=True)
    assert day.feeling.valence > night.feeling.valence
    assert night.feeling.tension > day.feeling.tension
    assert 0 <= day.feeling.energy <= 1
