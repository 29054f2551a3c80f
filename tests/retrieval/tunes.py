"""Tunes that no two seeds share, and what happens to recordings on their way."""

from functools import lru_cache

import numpy as np

from encoders.music.fingerprint import RATE_HZ


@lru_cache(maxsize=64)
def tune(seed, seconds=40.0, rate=RATE_HZ):
    """Return mono notes of random pitch, timbre and length over each other, in [-1, 1]."""
    rng = np.random.default_rng(seed)
    sound = np.zeros(int(seconds * rate), np.float32)
    for start in np.cumsum(rng.uniform(0.08, 0.25, int(seconds * 8))):
        length = int(rng.uniform(0.2, 0.6) * rate)
        first = int(start * rate)
        if first + length > len(sound):
            break
        time_s = np.arange(length) / rate
        pitch = 220 * 2 ** (rng.integers(0, 24) / 12)
        partials = sum(rng.uniform(0.2, 1) * np.sin(2 * np.pi * k * pitch * time_s) for k in range(1, 6))
        sound[first : first + length] += (partials * np.exp(-4 * time_s)).astype(np.float32)
    return (0.8 * sound / np.abs(sound).max()).astype(np.float32)


def noisy(sound, decibels, seed=0):
    level = np.sqrt(np.mean(np.square(sound))) * 10 ** (-decibels / 20)
    return (sound + level * np.random.default_rng(seed).standard_normal(len(sound))).astype(np.float32)
