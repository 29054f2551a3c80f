"""Mixing and mastering: what is heard where, how loud, and that memory and time stamps stay in bounds."""

import numpy as np
import pyloudnorm
import pytest
from film_media import make_clip, tone, write_sound

from encoders.media import mixing
from encoders.media.limits import MediaLimits
from encoders.media.mastering import LoudnessMeter, limited, true_peaks
from encoders.media.mixing import RATE_HZ, Mix, MixCue, Mixer, envelope
from encoders.values import SoundMark

LIMITS = MediaLimits()


def cue(path, start_s=0.0, end_s=10.0, **more):
    told = {"offset_s": 0.0, "gain_db": 0.0, "fade_in_s": 0.0, "fade_out_s": 0.0, "duck": False} | more
    return MixCue(str(path), start_s, end_s, **told)


def mixed(clip, mix, seconds=10.0, has_audio=False):
    blocks = list(Mixer(clip, mix, seconds, has_audio, LIMITS).blocks())
    assert max(block.shape[1] for block in blocks) <= RATE_HZ  # a second at a time, never the whole
    return np.concatenate(blocks, axis=1)


def level(sound, start_s, end_s):
    part = sound[:, round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
    return float(np.sqrt(np.mean(np.square(part, dtype=np.float64))))


@pytest.fixture
def music(tmp_path):
    return write_sound(tmp_path / "music.wav", tone(20.0, 0.5), 48_000)


@pytest.fixture
def clip(tmp_path):
    return make_clip(tmp_path / "clip.mp4", 10.0, (), size=(64, 48), sound=tone(10.0, 0.1, 300.0))


def test_music_plays_in_its_segment_and_nowhere_else(clip, music):
    sound = mixed(clip, Mix((cue(music, 2.25, 7.5),)))
    assert sound.shape == (2, 10 * RATE_HZ)
    assert np.abs(sound[:, : round(2.25 * RATE_HZ)]).max() == 0.0
    assert np.abs(sound[:, round(7.5 * RATE_HZ) :]).max() == 0.0
    assert level(sound, 2.3, 7.4) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)


def test_the_offset_is_a_place_in_the_track(clip, tmp_path):
    ramp = np.linspace(0, 0.9, 20 * 48_000).astype(np.float32)  # the level tells the place
    path = write_sound(tmp_path / "ramp.wav", ramp, 48_000)
    sound = mixed(clip, Mix((cue(path, 1.0, 9.0, offset_s=7.0),)))
    for at_s in (1.5, 4.2, 8.5):
        assert sound[0, round(at_s * RATE_HZ)] == pytest.approx(0.9 * (at_s - 1.0 + 7.0) / 20.0, abs=2e-3)


def test_fades_have_equal_power(clip, music):
    sound = mixed(clip, Mix((cue(music, 0.0, 10.0, fade_in_s=2.0, fade_out_s=4.0),)))
    full = level(sound, 3.0, 5.0)
    assert level(sound, 0.98, 1.02) / full == pytest.approx(np.sqrt(0.5), rel=0.02)
    assert level(sound, 7.98, 8.02) / full == pytest.approx(np.sqrt(0.5), rel=0.02)
    assert np.abs(sound[:, -10:]).max() < 0.01


def test_two_pieces_that_fade_into_one_another_keep_their_power(clip, tmp_path):
    rng = np.random.default_rng(1)
    paths = [write_sound(tmp_path / f"{n}.wav", 0.1 * rng.normal(size=480_000), 48_000) for n in range(2)]
    a, b = cue(paths[0], 0.0, 6.0, fade_out_s=2.0), cue(paths[1], 4.0, 10.0, fade_in_s=2.0)
    sound = mixed(clip, Mix((a, b)))
    assert level(sound, 4.5, 5.5) == pytest.approx(level(sound, 1.0, 3.0), rel=0.05)


def test_gain_is_in_decibels(clip, music):
    sound = mixed(clip, Mix((cue(music, gain_db=-20.0),)))
    assert level(sound, 1.0, 9.0) == pytest.approx(0.05 / np.sqrt(2), rel=0.01)


def test_a_track_that_ends_before_its_segment_fades_out_at_its_own_end(clip, tmp_path):
    short = write_sound(tmp_path / "short.wav", tone(5.0, 0.5), 48_000)
    sound = mixed(clip, Mix((cue(short, 0.0, 10.0, fade_out_s=1.0),)))
    assert level(sound, 4.45, 4.55) == pytest.approx(0.5 / 2, rel=0.03)
    assert np.abs(sound[:, 5 * RATE_HZ :]).max() == 0.0


def test_music_falls_before_speech_and_comes_back_after_it(clip, music, monkeypatch):
    spoken = (SoundMark("speech", 3.0, 4.0), SoundMark("speech", 4.5, 6.0))
    monkeypatch.setattr(mixing, "find_speech", lambda *_: spoken)
    sound = mixed(clip, Mix((cue(music, duck=True),), "remove", 12.0), has_audio=True)
    assert level(sound, 1.0, 2.7) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
    assert np.abs(sound).max() <= 0.51


def test_ducking_holds_the_asked_depth_between_words_too(clip, music, monkeypatch):
    spoken = (SoundMark("speech", 3.0, 4.0), SoundMark("speech", 4.5, 6.0))
    monkeypatch.setattr(mixing, "find_speech", lambda *_: spoken)
    own = mixed(clip, Mix((), "keep"), has_audio=True)
    both = mixed(clip, Mix((cue(music, duck=True),), "keep", 12.0), has_audio=True)
    added = both - own
    full = level(added, 1.0, 2.7)
    assert 20 * np.log10(level(added, 3.0, 6.0) / full) == pytest.approx(-12.0, abs=0.2)
    assert level(added, 6.7, 9.0) == pytest.approx(full, rel=0.02)
    # Attack and release are slopes, not steps: no 10 ms change by more than 2 dB.
    steps = [20 * np.log10(level(added, t, t + 0.02) / full) for t in np.arange(2.5, 7.0, 0.01)]
    assert np.abs(np.diff(steps)).max() < 2.0


def test_the_clips_own_sound_is_ducked_under_music_but_not_where_somebody_speaks(clip, tmp_path, monkeypatch):
    monkeypatch.setattr(mixing, "find_speech", lambda *_: (SoundMark("speech", 5.0, 6.0),))
    silence = write_sound(tmp_path / "silence.wav", np.zeros(480_000), 48_000)
    sound = mixed(clip, Mix((cue(silence, 2.0, 8.0),), "duck", 12.0), has_audio=True)
    own = 0.1 / np.sqrt(2)
    assert level(sound, 0.5, 1.5) == pytest.approx(own, rel=0.03)
    assert level(sound, 2.5, 4.5) == pytest.approx(own * 10 ** (-12 / 20), rel=0.05)
    assert level(sound, 5.1, 5.9) == pytest.approx(own, rel=0.03)
    assert level(sound, 9.0, 9.8) == pytest.approx(own, rel=0.03)


def test_spans_that_lie_close_are_one():
    times, levels = envelope([(4.5, 6.0), (3.0, 4.0)])
    assert times.tolist() == pytest.approx([2.75, 3.0, 6.0, 6.6])
    assert levels.tolist() == [0.0, 1.0, 1.0, 0.0]
    assert envelope([])[0].shape == (0,)


@pytest.mark.parametrize("seed", range(3))
def test_the_meter_agrees_with_the_reference_however_the_sound_is_cut(seed):
    rng = np.random.default_rng(seed)
    swell = np.repeat(rng.uniform(0.01, 0.5, 20), RATE_HZ // 2)
    sound = (swell * rng.normal(size=(2, len(swell)))).astype(np.float32)
    meter, at = LoudnessMeter(RATE_HZ), 0
    while at < sound.shape[1]:
        count = int(rng.integers(1, 90_000))
        meter.add(sound[:, at : at + count])
        at += count
    assert meter.lufs() == pytest.approx(pyloudnorm.Meter(RATE_HZ).integrated_loudness(sound.T), abs=0.1)


def test_silence_and_a_blink_have_no_loudness():
    meter = LoudnessMeter(RATE_HZ)
    meter.add(np.zeros((2, RATE_HZ), np.float32))
    assert meter.lufs() == -np.inf
    short = LoudnessMeter(RATE_HZ)
    short.add(np.ones((2, 100), np.float32))
    assert short.lufs() == -np.inf


def test_the_limiter_holds_true_peaks_and_leaves_the_rest_alone():
    rng = np.random.default_rng(0)
    sound = 0.1 * rng.normal(size=(2, 5 * RATE_HZ)).astype(np.float32)
    # A quarter of the sampling rate at 45 degrees: the peaks lie between the samples.
    loud = 1.3 * np.sin(np.pi / 2 * np.arange(RATE_HZ) + np.pi / 4)
    sound[:, 2 * RATE_HZ : 3 * RATE_HZ] += loud.astype(np.float32)
    blocks = np.array_split(sound, [100, 50_000, 51_000, 140_000], axis=1)
    out = np.concatenate(list(limited(blocks, 0.0, -2.0, RATE_HZ)), axis=1)
    assert out.shape == sound.shape
    assert 20 * np.log10(true_peaks(out.astype(np.float64)).max()) <= -1.9
    assert out[:, :RATE_HZ] == pytest.approx(sound[:, :RATE_HZ], abs=1e-6)
    assert out[:, 4 * RATE_HZ :] == pytest.approx(sound[:, 4 * RATE_HZ :], abs=1e-6)


def test_what_stays_below_the_ceiling_comes_out_as_it_went_in():
    quiet = tone(2.0, 0.3)[None].repeat(2, axis=0)
    out = np.concatenate(list(limited(np.array_split(quiet, 3, axis=1), -6.0, -1.0, RATE_HZ)), axis=1)
    assert out == pytest.approx(quiet * 10 ** (-6 / 20), abs=1e-6)
