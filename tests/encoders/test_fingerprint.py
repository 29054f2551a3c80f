import sys
from pathlib import Path

import numpy as np
import pytest

from encoders.music.fingerprint import PHASES, RATE_HZ, STEP, STEP_S, fingerprint, joined, query_prints

sys.path.append(str(Path(__file__).parents[1] / "retrieval"))
from tunes import tune


def errors(ours, theirs):
    return float(np.bitwise_count(ours ^ theirs).mean()) / 32


def test_forty_bytes_a_second():
    assert fingerprint(tune(0, 30.0)).nbytes / 30 == pytest.approx(4 / STEP_S, rel=0.03)


def test_one_phase_of_the_query_is_the_stored_print():
    sound = tune(1, 10.0)
    stored, dense = fingerprint(sound), query_prints(sound).prints[::PHASES]
    assert errors(stored[: len(dense)], dense[: len(stored)]) < 0.005


def test_level_does_not_matter_and_another_tune_shares_half_of_the_bits():
    ours = fingerprint(tune(1, 20.0))
    assert errors(ours, fingerprint(0.1 * tune(1, 20.0))) < 0.005
    assert errors(ours, fingerprint(tune(2, 20.0))) == pytest.approx(0.5, abs=0.06)


def test_the_weak_bits_are_those_that_noise_turns():
    sound = tune(3, 15.0)
    spoilt = sound + 0.01 * np.random.default_rng(0).standard_normal(len(sound)).astype(np.float32)
    clean, dirty = query_prints(sound), query_prints(spoilt)
    turned = clean.prints ^ dirty.prints
    weak = np.mean([(turned >> clean.weakest[:, c].astype(np.uint32)) & 1 for c in range(3)])
    assert weak > 3 * errors(clean.prints, dirty.prints)


@pytest.mark.parametrize("sound", [np.zeros(0, np.float32), np.zeros(STEP, np.float32)])
def test_too_short_to_print(sound):
    assert fingerprint(sound).shape == (0,)
    assert query_prints(sound).weakest.shape == (0, 3)


@pytest.mark.parametrize("level", [0.0, 0.7])
def test_what_does_not_change_has_no_prints(level):
    assert not fingerprint(np.full(5 * RATE_HZ, level, np.float32)).any()


def test_blocks_are_joined_and_cut_at_the_limit():
    whole = tune(4, 6.0, rate=44_100)
    blocks = np.array_split(whole, 17)
    assert len(joined(blocks, 44_100)) == pytest.approx(6 * RATE_HZ, abs=2)
    assert len(joined(blocks, 44_100, most_s=2.0)) == pytest.approx(2 * RATE_HZ, abs=2)
    assert len(joined([], 44_100)) == 0


def test_a_file_is_printed_as_its_sound_is(audio, media):
    sound = tune(5, 80.0, rate=22_050)
    path = media.sound("tune.flac", sound)
    prints = audio.analyze(path).fingerprint
    assert prints.dtype == np.uint32
    ours = fingerprint(joined([sound], 22_050))
    assert len(prints) == len(ours)
    assert errors(prints, ours) < 0.01


def test_a_coded_copy_of_a_file_has_nearly_its_prints(audio, media):
    sound = tune(6, 12.0, rate=48_000)
    clean = audio.analyze(media.sound("a.wav", sound, rate=48_000)).fingerprint
    coded = audio.analyze(media.encoded_sound("a.mp3", sound, "libmp3lame")).fingerprint
    n = min(len(clean), len(coded))
    assert errors(clean[:n], coded[:n]) < 0.2


def test_silence_and_noise_are_no_fault(audio, media):
    assert not audio.analyze(media.sound("quiet.wav", np.zeros(22_050, np.float32))).fingerprint.any()
