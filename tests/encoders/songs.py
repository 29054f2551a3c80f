"""Music by formula: plucked notes over chords, which every listener calls music."""

import numpy as np

SCALE, ROOTS, CHORD = (0, 3, 5, 7, 10, 12), (0, 5, 7, 3), (0, 3, 7)


def song(seconds, rate=48_000, bpm=120, seed=0):
    """Float32 ``(samples,)`` of half the full scale."""
    rng = np.random.default_rng(seed)
    count = int(seconds * rate)
    times = np.arange(int(1.2 * rate)) / rate
    out = np.zeros(count + len(times))

    def pluck(at, semitones, gain):
        hz = 110 * 2 ** (semitones / 12)
        partials = [np.sin(2 * np.pi * hz * k * times) * np.exp(-times * (2 + k)) / k for k in range(1, 7)]
        out[at : at + len(times)] += gain * sum(partials)

    for step, at_s in enumerate(np.arange(0, seconds, 30 / bpm)):
        at = int(at_s * rate)
        pluck(at, 12 + SCALE[rng.integers(len(SCALE))], 0.3)
        if step % 4 == 0:
            for note in CHORD:
                pluck(at, note + ROOTS[step // 8 % 4], 0.25)
    return (0.5 * out[:count] / np.abs(out).max()).astype(np.float32)
