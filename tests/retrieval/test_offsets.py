"""Offsets matched to cuts: provable on made-up onset curves, and on knocks that are really heard."""

import numpy as np
import pytest
from film_media import clicks

from encoders.music.onsets import ONSET_HZ, RATE_HZ, onset_curve
from encoders.values import Cut
from retrieval.film.matching import best_offsets, judged

LENGTH_S = 20.0


def curve(times, seconds=120.0):
    made = np.zeros(round(seconds * ONSET_HZ), np.float32)
    for time_s in times:
        made[round(time_s * ONSET_HZ)] = 1.0
    return made


def cuts(times, strength=1.0):
    return tuple(Cut(float(t), strength) for t in times)


def at_random(seed, count=9, end=LENGTH_S - 1):
    return np.sort(np.random.default_rng(seed).uniform(1.0, end, count)).round(2)


@pytest.mark.parametrize("seed", range(8))
def test_an_offset_that_was_hidden_in_the_music_is_found(seed):
    rng = np.random.default_rng(100 + seed)
    times, hidden = at_random(seed), round(rng.uniform(5, 90), 2)
    noise = rng.uniform(0, 120, 60)
    best = best_offsets(curve([*(times + hidden), *noise[noise < 119]]), cuts(times), LENGTH_S)[0]
    assert best.offset_s == pytest.approx(hidden, abs=0.011)
    assert (best.hits, best.cuts) == (9, 9)
    assert best.sync == 1.0
    assert best.chance_p < 0.01
    assert best.score > 3 * best.typical


def test_knocks_on_every_beat_meet_cuts_on_the_beat_at_the_first_phase_that_fits():
    beats = np.arange(0.37, 119, 0.5)  # 120 a minute, the first at 0.37 s
    found = best_offsets(curve(beats), cuts([2.0, 4.5, 7.0, 11.5, 15.0]), LENGTH_S, n=4)
    phases = [(each.offset_s - 0.37) % 0.5 for each in found]
    assert all(min(phase, 0.5 - phase) < 0.011 for phase in phases)
    assert found[0].offset_s == pytest.approx(0.37, abs=0.011)  # the earliest of equals
    gaps = [abs(a.offset_s - b.offset_s) for n, a in enumerate(found) for b in found[:n]]
    assert min(gaps) >= 2.0  # offers are places, not neighbours of one


def test_a_stronger_cut_counts_for_more():
    # One onset can meet either the weak cut or the strong one.
    found = best_offsets(curve([50.0]), (Cut(4.0, 0.2), Cut(9.0, 0.9)), LENGTH_S)
    assert found[0].offset_s == pytest.approx(41.0, abs=0.011)


def test_the_score_against_chance_is_nought_for_music_that_has_nothing_to_do_with_the_cuts():
    onsets = curve(np.arange(0.5, 119, 1.0))
    on, off = cuts([1.0, 3.0, 8.0]), cuts([1.5, 3.5, 8.5])
    good, bad = judged(onsets, on, LENGTH_S, 0.5), judged(onsets, off, LENGTH_S, 0.5)
    assert (good.hits, good.sync) == (3, 1.0)
    assert (bad.hits, bad.sync) == (0, 0.0)
    assert good.chance == pytest.approx(0.17, abs=0.02)  # 80 ms to both sides of one onset a second
    assert good.chance_p == pytest.approx(good.chance**3, rel=0.01)
    assert bad.chance_p == 1.0


def test_random_cuts_hit_as_often_as_chance_says():
    onsets = curve(np.arange(0.25, 299, 0.4), 300.0)
    told = [judged(onsets, cuts(at_random(s, 20)), LENGTH_S, float(s)) for s in range(40)]
    share = sum(each.hits for each in told) / sum(each.cuts for each in told)
    assert share == pytest.approx(np.mean([each.chance for each in told]), abs=0.05)  # 800 cuts: 95 % within 0.034


def test_a_hundred_milliseconds_off_is_no_hit_and_seventy_is():
    onsets = curve([10.0])
    assert judged(onsets, cuts([5.07]), LENGTH_S, 5.0).hits == 1
    assert judged(onsets, cuts([5.10]), LENGTH_S, 5.0).hits == 0


def test_without_cuts_the_music_sets_in_with_the_segment():
    best = best_offsets(curve([33.0]), (), LENGTH_S)[0]
    assert best.offset_s == pytest.approx(33.0, abs=0.011)
    assert (best.sync, best.chance_p, best.cuts) == (None, None, 0)


def test_a_track_that_is_shorter_than_its_segment_begins_at_its_beginning():
    assert [each.offset_s for each in best_offsets(curve([3.0], 10.0), cuts([2.0]), LENGTH_S)] == [0.0]


def test_silence_and_nothing_are_answered_without_a_fault():
    assert best_offsets(np.zeros(0, np.float32), cuts([1.0]), LENGTH_S) == ()
    silent = best_offsets(np.zeros(6000, np.float32), cuts([1.0]), LENGTH_S)
    assert silent[0].hits == 0
    assert silent[0].sync == 0.0
    assert judged(np.zeros(0, np.float32), cuts([1.0]), LENGTH_S, 3.0).hits == 0


def test_the_curve_of_knocks_peaks_where_they_are():
    times = np.array([0.5, 1.31, 2.07, 3.9, 5.25])
    made = onset_curve(clicks(7.0, times, rate=RATE_HZ))
    assert len(made) == 700
    assert (0 <= made).all()
    assert made.max() == 1.0
    peaks = [int(np.argmax(np.where(np.abs(np.arange(700) - 100 * t) < 20, made, 0))) / ONSET_HZ for t in times]
    assert np.abs(np.array(peaks) - times).max() <= 0.02
    away = np.min([np.abs(np.arange(700) / ONSET_HZ - t) for t in times], axis=0) > 0.15
    assert made[away].max() < 0.2


def test_silence_has_a_curve_of_noughts():
    assert onset_curve(np.zeros(RATE_HZ, np.float32)).tolist() == [0.0] * 100
    assert onset_curve(np.zeros(0, np.float32)).shape == (0,)
