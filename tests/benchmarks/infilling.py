"""Missing parts of a texture from the others: the infilling model, a rule, a Markov chain, and what people wrote.

    python tests/benchmarks/infilling.py --scores FOLDER [--part tune] [--windows 150]

FOLDER holds MuseScore files, or is a file of grids that training left; works of the test part count (`split_of`). Of
windows of 96 sixteenths that do not overlap the top part is given, and three are filled.

The rule harmonises the top part by Viterbi and voices the chords with little movement, as the composer's pads are, one
a bar. The chain is of order one over the cells of its part and their place in the bar, counted in the train part.

How near to what people wrote in the same place:
- rhythm: F1 of the onsets of the filled parts; pitch classes: of the sixteenths in which people's parts sound, how far
  the pitch classes of the filled ones overlap (Jaccard); chord roots: sixteenths whose chord has the root that is
  estimated from all of people's staves.
How like what people write, wherever (0 is alike):
- Jensen-Shannon divergence in bits of the steps within a part, the lengths of notes, and the intervals to the given
  part; how many times as many notes there are as people wrote.
- consonant: of the sixteenths in which a filled part and the given one sound, the share in a consonant interval
  (unison, thirds, fourth, fifth, sixths, octave). Not more is better, but as much as people's.
- nats: how surprising people's cells are, each after the one before (chain) or at most (model, a bound).

Skeletons: of the top part alone the strong beats are given, the rest is filled: by the model, by the chain drawn so
that it passes through what is given, and by holding each note to the next.

Copies: of the runs of eight notes (steps and lengths) in what was filled, how many stand in the train part; of people's
beside them.

Intervals are 95 % by bootstrap over works; where only one work is left, over its windows. Differences are paired.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from figures import machine
from viterbi import harmonise

from agent.generation.harmony import voice
from agent.generation.infilling.filling import DECODING, Decoding, fill
from agent.generation.infilling.grid import (
    BAR,
    CHORDS,
    HELD,
    LOWEST,
    MASK,
    PARTS,
    PITCHES,
    QUALITIES,
    REST,
    STEPS,
    STRUCK,
    TOKENS,
    Grid,
    chord_token,
    laid,
    notes_in,
)
from agent.generation.infilling.network import InfillingModel, Told
from agent.generation.infilling.sheets import Sheet, load_sheets, read_sheets
from agent.generation.melodies.passages import split_of
from agent.generation.metre import METRES
from agent.generation.theory import Key
from agent.generation.tunes import Tune, TuneNote

CONSONANT = [0, 3, 4, 5, 7, 8, 9]
HIDDEN = [1, 2, 3]
LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16)


@dataclass(frozen=True)
class Window:
    """96 sixteenths of a sheet."""

    work: str
    grid: Grid
    told: Told


def windows_of(sheets: Sequence[Sheet], count: int) -> list[Window]:
    """Cut sheets into windows in which the top part has a note a bar; draw some."""
    found = [
        Window(sheet.work, grid, Told(sheet.metre, sheet.tonic, sheet.minor, sheet.song))
        for sheet in sheets
        for at in range(0, sheet.grid.shape[1] - STEPS + 1, STEPS)
        if (struck(grid := sheet.grid[:, at : at + STEPS])[0].sum() >= STEPS // sheet.bar)
        and (grid[:PARTS] > REST).any(axis=1).all()
    ]
    return [found[n] for n in np.random.default_rng(0).permutation(len(found))[:count]]


class Chain:
    """A Markov chain of a part over its cells, given the place in the bar; smoothed by adding a little."""

    def __init__(self, rows: Sequence[Grid], bar: int) -> None:
        counts = np.full((bar, TOKENS, TOKENS), 0.02)
        for row in rows:
            np.add.at(counts, (np.arange(1, len(row)) % bar, row[:-1], row[1:]), 1)
        self.bar, self.shares = bar, counts / counts.sum(axis=-1, keepdims=True)

    def draw(self, rng: np.random.Generator, known: Grid) -> Grid:
        """Draw a row that passes through what is known (`MASK` elsewhere): filter forwards, sample backwards."""
        forward = [np.where(known[0] == MASK, 1.0, np.arange(TOKENS) == known[0]) / TOKENS]
        for at in range(1, len(known)):
            now = forward[-1] @ self.shares[at % self.bar]
            now = now * (True if known[at] == MASK else np.arange(TOKENS) == known[at])
            forward.append(now / now.sum())
        row = [int(rng.choice(TOKENS, p=forward[-1] / forward[-1].sum()))]
        for at in range(len(known) - 2, -1, -1):
            odds = forward[at] * self.shares[(at + 1) % self.bar][:, row[-1]]
            row.append(int(rng.choice(TOKENS, p=odds / odds.sum())))
        return np.array(row[::-1])

    def nats(self, row: Grid) -> float:
        return float(-np.log(self.shares[np.arange(1, len(row)) % self.bar, row[:-1], row[1:]]).mean())


def by_rule(window: Window) -> Grid:
    """Fill three parts with the voices of chords."""
    told, grid = window.told, window.grid.copy()
    metre, key = METRES[told.metre], Key(told.tonic, "minor" if told.minor else "major")
    notes = tuple(TuneNote(float(start), float(length), pitch, 80) for start, length, pitch in notes_in(grid[0]))
    bars = STEPS // metre.sixteenths
    chords = harmonise(Tune(notes, 100.0, metre), key, metre, bars, 3)
    voicings = voice(chords, key, 43, 69, notes=3)
    roots = [chord_token(chord.classes(key)[0], chord.classes(key)) for chord in chords]
    grid[CHORDS] = np.repeat(roots, metre.sixteenths)
    for part, index in ((1, 2), (2, 1), (3, 0)):
        size = metre.sixteenths
        grid[part] = laid([(n * size, size, voicing[index]) for n, voicing in enumerate(voicings)], STEPS)
    return grid


def pitches(grid: Grid) -> Grid:
    """Return the pitch that sounds in each cell, -1 for none."""
    return np.where(grid == REST, -1, LOWEST + (grid - STRUCK) % PITCHES)


def struck(grid: Grid) -> Grid:
    """Say which cells of parts begin a note."""
    return (grid[:PARTS] >= STRUCK) & (grid[:PARTS] < HELD)


@dataclass
class Figures:
    """What is measured in one filled window against people's."""

    near: dict[str, float] = field(default_factory=dict)
    counts: dict[str, np.ndarray] = field(default_factory=dict)


def measured(filled: Grid, true: Grid) -> Figures:
    """Measure the filled parts."""
    sounds, people = pitches(filled[:PARTS]), pitches(true[:PARTS])
    both = (sounds[HIDDEN] >= 0) & (sounds[0] >= 0)
    apart = np.bincount(((sounds[HIDDEN] - sounds[0]) % 12)[both], minlength=12)
    begun, due = struck(filled)[HIDDEN], struck(true)[HIDDEN]
    right = float((begun & due).sum())
    overlaps = []
    for at in range(STEPS):
        one, other = ({int(p) % 12 for p in grid[HIDDEN, at] if p >= 0} for grid in (sounds, people))
        if other:
            overlaps.append(len(one & other) / len(one | other))
    ours, theirs = ((grid[CHORDS] - 1) // len(QUALITIES) for grid in (filled, true))
    known = (filled[CHORDS] > 0) & (true[CHORDS] > 0)
    near = {
        "rhythm F1": 2 * right / max(float(begun.sum() + due.sum()), 1.0),
        "pitch classes": float(np.mean(overlaps)) if overlaps else float("nan"),
        "chord roots": float((ours == theirs)[known].mean()) if known.any() else float("nan"),
    }
    return Figures(near, moves(filled[HIDDEN]) | {"intervals": apart, "notes": np.array([begun.sum(), due.sum()])})


def moves(rows: Grid) -> dict[str, np.ndarray]:
    """Count the steps from note to note within each row, and the lengths of notes."""
    steps, lengths = np.zeros(25), np.zeros(len(LENGTHS))
    for row in rows:
        notes = notes_in(row)
        for (_, _, before), (_, _, after) in itertools.pairwise(notes):
            steps[min(max(after - before, -12), 12) + 12] += 1
        for _, length, _ in notes:
            lengths[np.searchsorted(LENGTHS, length, side="right") - 1] += 1
    return {"steps": steps, "lengths": lengths}


def mean(values: Sequence[float]) -> float:
    """Return the mean of what is known."""
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def summed(figures: Sequence[Figures], people: Sequence[Figures]) -> dict[str, float]:
    """Sum figures of windows up."""
    found = {name: mean([one.near[name] for one in figures]) for name in figures[0].near}
    ours, theirs = (
        {name: np.sum([one.counts[name] for one in group], axis=0) for name in figures[0].counts}
        for group in (figures, people)
    )
    for name in sorted(ours.keys() - {"notes"}):
        found[f"JS {name}"] = divergence(ours[name], theirs[name])
    found["notes"] = float(ours["notes"][0] / max(1, ours["notes"][1]))
    if "intervals" in ours:
        shares = [kinds["intervals"][CONSONANT].sum() / max(1, kinds["intervals"].sum()) for kinds in (ours, theirs)]
        found |= {"consonant": float(shares[0]), "consonant, off": float(abs(shares[0] - shares[1]))}
    return found


def divergence(one: np.ndarray, other: np.ndarray) -> float:
    """Return the Jensen-Shannon divergence of two histograms in bits."""
    p, q = one / max(one.sum(), 1), other / max(other.sum(), 1)
    middle = (p + q) / 2
    terms = [np.where(x > 0, x * np.log2(np.maximum(x, 1e-12) / np.maximum(middle, 1e-12)), 0).sum() for x in (p, q)]
    return float(sum(terms) / 2)


def report(windows: Sequence[Window], rows: dict[str, list[Figures]]) -> None:
    """Print the figures of each way with intervals, and how far the model is ahead of the others."""
    works = sorted({window.work for window in windows})
    groups = [[n for n, window in enumerate(windows) if window.work == work] for work in works]
    groups = groups if len(groups) > 1 else [[n] for n in range(len(windows))]
    rng = np.random.default_rng(0)
    picks = [[n for g in rng.integers(len(groups), size=len(groups)) for n in groups[g]] for _ in range(400)]
    told = {
        name: [
            summed([each[n] for n in pick], [rows["people"][n] for n in pick]) for pick in [range(len(windows)), *picks]
        ]
        for name, each in rows.items()
    }
    print(f"{len(windows)} windows of {len(works)} works")
    for name, draws in told.items():
        words = []
        for what in draws[0]:
            low, high = np.percentile([draw[what] for draw in draws[1:]], [2.5, 97.5])
            words.append(f"{what} {draws[0][what]:.3f} ({low:.3f} to {high:.3f})")
        print(f"  {name}: {', '.join(words)}")
    for other in [name for name in told if name not in {"people", "model"}]:
        words = []
        for what in told["model"][0]:
            apart = [one[what] - two[what] for one, two in zip(told["model"], told[other], strict=True)]
            low, high = np.percentile(apart[1:], [2.5, 97.5])
            words.append(f"{what} {apart[0]:+.3f} ({low:+.3f} to {high:+.3f})")
        print(f"  model less {other}: {', '.join(words)}")


def textures(
    windows: Sequence[Window], chains: dict[str, list[Chain]], model: InfillingModel, decoding: Decoding
) -> dict[str, list[Grid]]:
    """Fill three parts under the top one in each way."""
    rng = np.random.default_rng(1)

    def by_model(window: Window) -> Grid:
        grid = window.grid.copy()
        grid[[*HIDDEN, CHORDS]] = MASK
        return fill(grid, window.told, rng, decoding=decoding, model=model)

    def by_chain(window: Window) -> Grid:
        grid = window.grid.copy()
        for part in HIDDEN:
            grid[part] = chains[window.told.metre][part].draw(rng, np.full(STEPS, MASK))
        grid[CHORDS] = 0
        return grid

    ways: dict[str, Callable[[Window], Grid]] = {
        "people": lambda window: window.grid, "model": by_model, "rule": by_rule, "chain": by_chain,
    }  # fmt: skip
    return {name: [way(window) for window in windows] for name, way in ways.items()}


def skeletons(
    windows: Sequence[Window], chains: dict[str, list[Chain]], model: InfillingModel, decoding: Decoding
) -> dict[str, list[Figures]]:
    """Fill the top part between its strong beats, with nothing beside it."""
    rng = np.random.default_rng(2)
    rows: dict[str, list[Figures]] = {"people": [], "model": [], "held": [], "chain": []}
    for window in windows:
        metre, true = METRES[window.told.metre], window.grid[0]
        known = np.where(np.isin(np.arange(STEPS) % metre.sixteenths, metre.strong), true, MASK)
        grid = np.full_like(window.grid, MASK)
        grid[0] = known
        held, now = known.copy(), REST
        for at in range(STEPS):
            now = known[at] if known[at] != MASK else HELD + (now - STRUCK) % PITCHES if now != REST else REST
            held[at] = now
        ways = {
            "people": true, "held": held, "chain": chains[window.told.metre][0].draw(rng, known),
            "model": fill(grid, window.told, rng, wanted=[0], decoding=decoding, model=model)[0],
        }  # fmt: skip
        for name, row in ways.items():
            rows[name].append(line(row, true, known == MASK))
    return rows


def line(row: Grid, true: Grid, open_: Grid) -> Figures:
    """Measure a tune that was filled in where it was open."""
    ours, theirs = pitches(row), pitches(true)
    begun, due = (row >= STRUCK) & (row < HELD) & open_, (true >= STRUCK) & (true < HELD) & open_
    near = {
        "rhythm F1": 2 * float((begun & due).sum()) / max(float(begun.sum() + due.sum()), 1.0),
        "pitch": float((ours == theirs)[open_].mean()),
    }
    return Figures(near, moves(row[None]) | {"notes": np.array([begun.sum(), due.sum()])})


def runs(rows: Iterable[Grid]) -> list[tuple[tuple[int, int], ...]]:
    """Return each run of eight notes: the step to each next one and its length."""
    found = []
    for row in rows:
        notes = notes_in(row)
        moves = [(after[2] - before[2], before[1]) for before, after in itertools.pairwise(notes)]
        found += [tuple(moves[n : n + 8]) for n in range(len(moves) - 7)]
    return [run for run in found if len({step for step, _ in run}) > 2]  # repeated notes are nobody's


def bound(model: InfillingModel, windows: Sequence[Window], rng: np.random.Generator, draws: int = 4) -> float:
    """Bound the surprise of three parts given the first in nats a cell, by masks of evenly spread rates."""
    total = []
    for window in windows:
        for n in range(draws):
            rate = (n + rng.random()) / draws
            noisy = window.grid.copy()
            noisy[CHORDS] = MASK
            hide = rng.random((len(HIDDEN), STEPS)) < rate
            noisy[HIDDEN] = np.where(hide, MASK, noisy[HIDDEN])
            scores = model.scores(noisy[None], window.told)[0, HIDDEN]
            logs = scores - scores.max(axis=-1, keepdims=True)
            logs = logs - np.log(np.exp(logs).sum(axis=-1, keepdims=True))
            picked = np.take_along_axis(logs, window.grid[HIDDEN][..., None], axis=-1)[..., 0]
            total.append(-float(picked[hide].sum()) / rate / hide.size)
    return float(np.mean(total))


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--windows", type=int, default=150)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--part", choices=("tune", "test"), default="test")
    asked = parser.parse_args()
    print(machine())
    found = (
        load_sheets(asked.scores)
        if asked.scores.is_file()
        else [s for _, got in read_sheets(asked.scores) for s in got]
    )
    model = InfillingModel.load(asked.model)
    for kind, song in (("songs", True), ("quartets", False)):
        train = [s for s in found if split_of(s.work) == "train" and s.song == song]
        windows = windows_of([s for s in found if split_of(s.work) == asked.part and s.song == song], asked.windows)
        if not windows or not train:
            print(f"{kind}: no work in this part")
            continue
        chains = {
            metre: [Chain([s.grid[part] for s in train if s.metre == metre], bar) for part in range(PARTS)]
            for metre, bar in BAR.items()
        }
        print(f"{kind}, three parts under the first:")
        filled = textures(windows, chains, model, DECODING)
        measures = {
            name: [measured(grid, window.grid) for grid, window in zip(grids, windows, strict=True)]
            for name, grids in filled.items()
        }
        report(windows, measures)
        learned = set(runs(row for sheet in train for row in sheet.grid[:PARTS]))
        for name in ("people", "model", "chain"):
            copied = [run in learned for run in runs(row for grid in filled[name] for row in grid[HIDDEN])]
            print(f"  {name}: {sum(copied)} of {len(copied)} runs of eight notes stand in the train part")
        chain = np.mean([chains[w.told.metre][part].nats(w.grid[part]) for w in windows for part in HIDDEN])
        print(f"  nats a cell: model at most {bound(model, windows, np.random.default_rng(3)):.3f}, chain {chain:.3f}")
        print(f"{kind}, the top part from its strong beats:")
        report(windows, skeletons(windows, chains, model, DECODING))


if __name__ == "__main__":
    main()
