"""The rule that chose chords under a tune before the infilling model did, to compare with.

Chords are the path of a hidden Markov model by Viterbi (1967), a chord a bar: what a chord gains is how much of the bar
lies on its tones, strong beats counting more, and by its degree; how likely chords follow one another, counted in the
composer's own progressions, breaks ties.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from agent.generation.metre import Metre
from agent.generation.styles import PROGRESSIONS
from agent.generation.theory import Chord, Key
from agent.generation.tunes import Tune
from encoders.values import FloatArray

_OUTSIDE = -0.9  # of time that lies on no tone of the chord
_FOLLOWS = 0.02  # how much of the say custom has beside the tune: more made it worse on songs
_ROOT = 0.3  # more for time on the root
_USUAL = {0: 0.25, 3: 0.1, 4: 0.25}  # what a chord gains by its degree alone
_DIMINISHED = -0.35
_OPENS, _CLOSES = 0.5, 0.25


def harmonise(tune: Tune, key: Key, metre: Metre, bars: int, size: int) -> list[Chord]:
    """Choose a chord for each bar under a tune, by Viterbi.

    Args:
        tune: its notes.
        key: its key; the chords are triads of its scale, and in minor the major dominant.
        metre: how long a bar is.
        bars: how many.
        size: tones a chord, 3 to 5.
    """
    chords = [Chord(degree) for degree in range(7)] + ([Chord(4, 3, raised=True)] if key.is_minor else [])
    gains = np.array([[_fit(chord, key, heard) for chord in chords] for heard in _by_bar(tune, metre, bars)])
    follows = _FOLLOWS * _custom(key.is_minor)[: len(chords), : len(chords)]
    best, came = gains[0] + _OPENS * np.array([chord.degree == 0 for chord in chords]), []
    for gain in gains[1:]:
        paths = best[:, None] + follows
        came.append(paths.argmax(axis=0))
        best = paths.max(axis=0) + gain
    best = best + _CLOSES * np.array([chord.degree in {4, 0} for chord in chords])
    path = [int(best.argmax())]
    for before in reversed(came):
        path.append(int(before[path[-1]]))
    return [_sized(chords[number], size) for number in reversed(path)]


def _sized(chord: Chord, size: int) -> Chord:
    return Chord(chord.degree, max(size, 4) if chord.raised else min(size, 4), chord.raised)


def _by_bar(tune: Tune, metre: Metre, bars: int) -> list[FloatArray]:
    """Return how much each pitch class weighs in each bar ``(12,)``: its time, more on strong beats."""
    heard = np.zeros((bars, 12), np.float32)
    for note in tune.notes:
        at, end = note.start, note.start + note.length
        while at < min(end, bars * metre.sixteenths) - 1e-6:
            bar, inside = int(at // metre.sixteenths), at % metre.sixteenths
            until = min(end, (bar + 1) * metre.sixteenths)
            strong = any(abs(inside - beat) < 0.5 for beat in metre.strong)
            heard[bar, note.pitch % 12] += (until - at) * (1.6 if strong else 1.0)
            at = until
    totals = heard.sum(axis=1, keepdims=True)
    return list(heard / np.maximum(totals, 1e-9))


def _fit(chord: Chord, key: Key, heard: FloatArray) -> float:
    tones = list(chord.classes(key))
    inside = float(heard[tones].sum())
    usual = _USUAL.get(chord.degree, 0.0) - 0.05 * chord.raised
    if (tones[2] - tones[0]) % 12 == 6:
        usual += _DIMINISHED
    return inside + _OUTSIDE * (float(heard.sum()) - inside) + _ROOT * float(heard[tones[0]]) + usual


@cache
def _custom(minor: bool) -> FloatArray:
    """Return ``(8, 8)``: logarithms of how often a chord follows another in the progressions; the last is `5!`."""
    counts = np.full((8, 8), 0.5, np.float32)
    for (mode, _), texts in PROGRESSIONS.items():
        for text in (*texts[0], *texts[1]) if mode == minor else ():
            words = [7 if word.endswith("!") else int(word) - 1 for word in text.split()]
            for one, other in zip(words, [*words[1:], words[0]], strict=True):
                counts[one, other] += 1
    shares: FloatArray = np.log(counts / counts.sum(axis=1, keepdims=True))
    centred: FloatArray = shares - shares.mean()
    return centred
