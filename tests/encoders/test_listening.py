"""What is heard in a clip's own sound: when there is music, within a budget, whatever the file holds."""

import numpy as np
import pytest
from songs import song

from encoders.media.limits import MediaLimits
from encoders.media.listening import Heard, listen
from encoders.media.video import SandboxedVideoAnalyzer

LIMITS = MediaLimits()
PICTURES = [np.full((48, 64, 3), 90, dtype=np.uint8)] * 30


def between_silences(rate=48_000):
    pause = np.zeros(3 * rate, dtype=np.float32)
    return np.concatenate([pause, song(6.0, rate), pause])


def test_music_between_two_silences_is_heard_when_it_plays(media):
    heard = listen(media.sound("x.wav", between_silences(16_000), 16_000), LIMITS)
    _, _, playing = heard.found.T
    assert heard.times_s[playing].min() == pytest.approx(3.0, abs=0.3)
    assert heard.times_s[playing].max() == pytest.approx(9.0, abs=0.5)
    assert playing[(heard.times_s > 3.3) & (heard.times_s < 8.7)].all()
    assert heard.shares(0.0, 2.5) == (0.0, 0.0, 0.0)
    assert heard.shares(4.0, 8.0) == (0.0, 0.0, 1.0)
    assert heard.shares(20.0, 21.0) is None


def test_singing_is_music_too_and_shares_are_of_what_was_listened_to():
    found = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 1], [0, 0, 0]], dtype=bool)
    heard = Heard(-20.0, np.array([0.0, 1.0, 5.0, 6.0]), found)
    assert heard.shares() == (0.25, 0.25, 0.5)
    assert heard.shares(5.0, 7.0) == (0.0, 0.0, 0.5)
    assert heard.shares(2.0, 4.0) is None
    assert Heard().shares() is None


def test_the_time_line_of_a_clip_marks_its_music(video, media):
    clip = media.clip("x.mp4", PICTURES * 10, sound=between_silences())
    seen = video.analyze(clip)
    assert seen.music == pytest.approx(0.5, abs=0.05)
    assert (seen.speech, seen.singing, seen.faces) == (0.0, 0.0, None)
    marks = [moment.music for moment in seen.moments]
    assert marks[:3] == [False] * 3
    assert marks[3:9] == [True] * 6
    assert marks[10:12] == [False] * 2
    assert {moment.speech for moment in seen.moments} == {False}
    assert {moment.faces for moment in seen.moments} == {None}


def test_what_has_no_sound_is_not_listened_to(video, media):
    mute = video.analyze(media.clip("mute.mp4", PICTURES))
    assert (mute.loudness_db, mute.speech, mute.singing, mute.music) == (None, None, None, None)
    assert mute.moments[0].music is None


def test_silence_holds_nothing(media):
    for level in (0.0, 1e-4):
        noise = level * np.random.default_rng(0).normal(size=64_000)
        heard = listen(media.sound("x.wav", noise, 16_000), LIMITS)
        assert heard.loudness_db < -60
        assert heard.shares() == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (11_025, 2), (48_000, 8), (192_000, 2)])
def test_music_is_heard_at_every_rate_and_count_of_channels(media, rate, channels):
    sound = np.repeat(song(5.0, rate)[:, None], channels, axis=1)
    assert listen(media.sound("x.wav", sound, rate), LIMITS).shares()[2] > 0.9


def test_broken_samples_are_heard_past(media):
    sound = song(6.0, 16_000)
    sound[::1000] = np.nan
    heard = listen(media.sound("x.wav", sound, 16_000, subtype="FLOAT"), LIMITS)
    assert np.isfinite(heard.loudness_db)
    for value in (np.nan, np.inf, 1e30):
        whole = listen(media.sound("y.wav", np.full(32_000, value, np.float32), 16_000, subtype="FLOAT"), LIMITS)
        assert whole.shares() == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("samples", [1, 100, 400, 480, 1599, 1601, 4000])
def test_very_short_sounds_have_an_answer(media, samples):
    heard = listen(media.sound("x.wav", song(1.0, 16_000)[:samples], 16_000), LIMITS)
    assert len(heard.times_s) >= 1
    assert len(heard.shares()) == 3


@pytest.mark.parametrize(("rate", "seconds"), [(8_000, 1_200), (192_000, 60)])
def test_a_long_sound_is_heard_in_stretches_to_its_end(media, rate, seconds):
    """The second half is music; a sound of four times the rate is listened to for a quarter of the time."""
    half = np.zeros(rate * seconds // 2, dtype=np.float32)
    music = np.tile(song(6.0, rate), seconds // 12)
    heard = listen(media.sound("x.wav", np.concatenate([half, music]), rate), LIMITS)
    budget_s = 120 * min(1, 48_000 / rate)
    assert len(heard.times_s) / 50 == pytest.approx(budget_s, abs=0.5)
    assert heard.times_s.max() == pytest.approx(seconds, abs=0.1)
    assert np.all(np.diff(heard.times_s) > 0)
    assert heard.shares(0.0, seconds * 0.45) == (0.0, 0.0, 0.0)
    assert heard.shares(seconds * 0.55)[2] > 0.9


def test_a_warm_child_under_a_tight_cap_listens_again_and_again(media, empty_store, child_memory):
    clip = media.clip("x.mp4", PICTURES * 50, sound=song(120.0))
    analyzer = SandboxedVideoAnalyzer(empty_store, MediaLimits(memory_bytes=700 << 20), models=())
    analyzer.warm()
    (pid,) = analyzer._sandbox.pids()
    assert all(analyzer.analyze(clip).music > 0.9 for _ in range(6))
    assert analyzer._sandbox.pids() == [pid]
    assert child_memory(pid) < 500 << 20
    analyzer.close()
