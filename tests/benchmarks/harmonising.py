"""Chords found under a tune alone, beside those of the whole score.

    python tests/benchmarks/harmonising.py --scores FOLDER [--part test]

FOLDER holds MuseScore files (OpenScore Lieder and String Quartets were used), split as for the infilling model.
Of each passage the tune alone is harmonised in the passage's own key, by the model and by the rule that did it before
(Viterbi, a chord a bar). The truth is the chord that is estimated from all staves in the first half of the bar. A bar
is right whose first chord has the same root. Beside them the tonic throughout. Intervals are 95 % by bootstrap over
works; the difference is paired.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
from figures import machine
from viterbi import harmonise

from agent.generation.harmonising import chords_under
from agent.generation.infilling.sheets import work_of
from agent.generation.melodies.musescore import ScoreFileError, read_musescore, scores_in
from agent.generation.melodies.passages import REST, ZERO, Passage, passages_of, split_of
from agent.generation.metre import METRES
from agent.generation.theory import Key
from agent.generation.tunes import Tune, TuneNote


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
    model = chords_under({0: tune}, key, tune.metre, passage.bars, 3, np.random.default_rng(0))
    found = {"model": [bar[0] for bar in model], "Viterbi": harmonise(tune, key, tune.metre, passage.bars, 3)}
    truth = [pair[0] for pair in passage.chords]
    told = {
        name: [chord.classes(key)[0] == true.root for chord, true in zip(chords, truth, strict=True) if true.tones]
        for name, chords in found.items()
    }
    return told | {"the tonic": [true.root == 0 for true in truth if true.tones]}


def passages_in(path: Path) -> list[Passage]:
    """Return the passages of a score, none where it cannot be read."""
    try:
        return passages_of(read_musescore(path), work_of(path))
    except ScoreFileError:
        return []


def main() -> None:
    """Print the share of bars whose root is found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--part", choices=("tune", "test"), default="test")
    told = parser.parse_args()
    print(machine())
    works: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for path in scores_in(told.scores):
        if split_of(work_of(path)) == told.part:
            for passage in passages_in(path):
                for name, hits in right(passage).items():
                    works[name][passage.work] += hits
    rng = np.random.default_rng(0)
    for name, by_work in works.items():
        hits = np.array([[sum(one), len(one)] for one in by_work.values()], float)
        drawn = hits[rng.integers(len(hits), size=(2000, len(hits)))].sum(1)
        low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
        share = hits[:, 0].sum() / hits[:, 1].sum()
        print(f"{name}: {share:.1%} ({low:.1%} to {high:.1%}) of {hits[:, 1].sum():.0f} bars, {len(hits)} works")
    pairs = [(sum(one), sum(works["Viterbi"][work]), len(one)) for work, one in works["model"].items()]
    totals = np.array(pairs, float)[rng.integers(len(pairs), size=(2000, len(pairs)))].sum(1)
    low, high = np.percentile((totals[:, 0] - totals[:, 1]) / totals[:, 2], [2.5, 97.5])
    ahead = sum(one - other for one, other, _ in pairs) / sum(count for *_, count in pairs)
    print(f"model less Viterbi: {ahead:+.1%} ({low:+.1%} to {high:+.1%})")


if __name__ == "__main__":
    main()
