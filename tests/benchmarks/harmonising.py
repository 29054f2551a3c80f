"""Chords found under a tune alone, beside those of the whole score.

    python tests/benchmarks/harmonising.py --scores FOLDER [--part test]

FOLDER holds MuseScore files (OpenScore Lieder and String Quartets were used), split by works as for the melody model.
Of each passage the tune alone is harmonised, a chord a bar, in the passage's own key. The truth is the chord that is
estimated from all staves in the first half of the bar. A bar is right whose root is the same. Beside the path by
Viterbi: the best chord of each bar by itself, and the tonic throughout. Intervals are 95 % by bootstrap over works.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
from figures import machine

from agent.generation import tunes
from agent.generation.melodies.passages import REST, ZERO, Passage, read_passages, split_of
from agent.generation.metre import METRES
from agent.generation.theory import Key
from agent.generation.tunes import Tune, TuneNote, harmonise


def tune_of(passage: Passage) -> Tune:
    """Return the passage's tune in C."""
    at, notes = 0, []
    for event in passage.events:
        if event.pitch != REST:
            notes.append(TuneNote(float(at), float(event.length), 60 + event.pitch - ZERO, 80))
        at += event.length
    return Tune(tuple(notes), 100.0, METRES["4/4" if passage.beats == 4 else "3/4"])


def right(passage: Passage) -> dict[str, list[bool]]:
    """Tell for each bar whose chord is known whether its root is found, by each way."""
    tune, key = tune_of(passage), Key(0, "minor" if passage.minor else "major")
    found = {"Viterbi": harmonise(tune, key, tune.metre, passage.bars, 3)}
    with_custom, tunes._FOLLOWS = tunes._FOLLOWS, 0.0
    found["bar by bar"] = harmonise(tune, key, tune.metre, passage.bars, 3)
    tunes._FOLLOWS = with_custom
    truth = [pair[0] for pair in passage.chords]
    told = {
        name: [chord.classes(key)[0] == true.root for chord, true in zip(chords, truth, strict=True) if true.tones]
        for name, chords in found.items()
    }
    return told | {"the tonic": [true.root == 0 for true in truth if true.tones]}


def main() -> None:
    """Print the share of bars whose root is found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--part", choices=("tune", "test"), default="test")
    told = parser.parse_args()
    print(machine())
    works: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for _, passages in read_passages(told.scores):
        for passage in passages:
            if split_of(passage.work) == told.part:
                for name, hits in right(passage).items():
                    works[name][passage.work] += hits
    rng = np.random.default_rng(0)
    for name, by_work in works.items():
        hits = np.array([[sum(one), len(one)] for one in by_work.values()], float)
        drawn = hits[rng.integers(len(hits), size=(2000, len(hits)))].sum(1)
        low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
        share = hits[:, 0].sum() / hits[:, 1].sum()
        print(f"{name}: {share:.1%} ({low:.1%} to {high:.1%}) of {hits[:, 1].sum():.0f} bars, {len(hits)} works")


if __name__ == "__main__":
    main()
