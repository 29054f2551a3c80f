"""Loudness, true peak, length and fade on signals whose figures are known."""

import numpy as np
import pytest
import soundfile

from agent.generation.mastering import RATE, loudness, master, true_peak, write_flac


def sine(seconds, frequency=1000.0, level=0.5, phase=0.0):
    wave = level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE + phase)
    return np.stack([wave, wave], axis=1).astype(np.float32)


def test_loudness_of_a_known_sine():
    # EBU Tech 3341: a stereo 1 kHz sine of peak -23 dBFS measures -23 LUFS.
    assert loudness(sine(5, level=10 ** (-23 / 20))) == pytest.approx(-23.0, abs=0.1)
    assert loudness(sine(150, level=10 ** (-23 / 20))) == pytest.approx(-23.0, abs=0.1)


def test_true_peak_sees_between_the_samples():
    # A quarter of the rate, 45 degrees off: samples reach 0.707 of the wave's height.
    wave = sine(1, frequency=RATE / 4, level=1.0, phase=np.pi / 4)
    assert np.abs(wave).max() == pytest.approx(0.707, abs=0.01)
    assert true_peak(wave) == pytest.approx(0.0, abs=0.3)
    assert true_peak(np.zeros((1000, 2), np.float32)) == -np.inf


@pytest.mark.parametrize("level", [0.01, 0.1, 4.0])
def test_any_level_comes_out_at_target(level):
    out = master(sine(6, level=level), 6.0)
    assert loudness(out) == pytest.approx(-14.0, abs=0.5)
    assert true_peak(out) <= -1.0


def test_spiky_sound_is_limited_not_clipped():
    rng = np.random.default_rng(0)
    sound = (rng.normal(0, 0.02, (8 * RATE, 2))).astype(np.float32)
    sound[:: RATE // 4] = 1.0
    out = master(sound, 8.0)
    assert true_peak(out) <= -1.0
    assert loudness(out) == pytest.approx(-14.0, abs=1.0)


def test_length_is_exact_and_the_end_fades():
    assert len(master(sine(3), 5.0)) == 5 * RATE
    out = master(sine(5), 3.0)
    assert len(out) == 3 * RATE
    assert np.abs(out[-20:]).max() < 0.001
    assert np.abs(out[: RATE // 2]).max() > 0.1


def test_silence_and_broken_samples():
    assert not master(np.zeros((RATE, 2), np.float32), 1.0).any()
    sound = sine(2)
    sound[100:200] = np.nan
    assert np.isfinite(master(sound, 2.0)).all()


def test_limiter_has_no_seam_where_its_blocks_meet():
    sound = sine(61, level=1.0)
    out = master(sound, 61.0)
    seam = 60 * RATE
    around = np.abs(np.diff(out[seam - 200 : seam + 200, 0], n=2)).max()
    before = np.abs(np.diff(out[seam - 2000 : seam - 1600, 0], n=2)).max()
    assert around == pytest.approx(before, rel=0.05)


def test_flac_keeps_the_sound(tmp_path):
    write_flac(sine(1), tmp_path / "a.flac")
    read, rate = soundfile.read(tmp_path / "a.flac", dtype="float32")
    assert rate == RATE
    assert np.abs(read - sine(1)).max() < 1 / 30_000
