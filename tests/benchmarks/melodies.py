"""Melodies beside those that people wrote: the model, the rules it replaced, a Markov chain of order 2.

    python tests/benchmarks/melodies.py --scores FOLDER [--tunes 300] [--part test]

FOLDER holds MuseScore files (OpenScore Lieder and String Quartets were used). All systems write 16 bars of 4/4 over the
same forms, keys and chords of the composer, with densities drawn from the tune part. Distances to the human passages of
the part are Jensen-Shannon (base 2, 0 to 1); intervals are 95 % by bootstrap over tunes, 1,000 times.
"""

from __future__ import annotations

import argparse
import itertools
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from figures import machine
from markov_melody import MarkovMelody
from rule_melodist import Melodist
from scipy.spatial.distance import jensenshannon

from agent.generation.changes import Changes
from agent.generation.choosing import traits_of
from agent.generation.form import Form, Section
from agent.generation.harmony import plan_harmony
from agent.generation.instruments import BY_NAME
from agent.generation.melodies.features import densities
from agent.generation.melodies.network import Line, MelodyModel
from agent.generation.melodies.passages import PITCHES, REST, ZERO, Event, Harmony, Passage, read_passages, split_of
from agent.generation.melodies.singer import Singer, harmony_of, lowest_tonic
from agent.generation.melodies.training import perplexity_of
from agent.generation.metre import METRES
from agent.generation.notes import GridNote
from agent.generation.styles import MOODS, STYLES
from agent.generation.theory import Chord, Key

BARS = 16
RUN = 8
BAR = 16
LEAD = BY_NAME["violin"]
STYLE_NAMES = ("pop", "orchestral", "piano", "folk", "rock", "latin", "jazz")
HARMONIES = sorted({mood.harmony for mood in MOODS.values()})


@dataclass(frozen=True)
class Tune:
    """16 bars: notes as (start, length, token) in sixteenths, two chords a bar."""

    minor: bool
    chords: tuple[tuple[Harmony, Harmony], ...]
    notes: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Task:
    """What every system writes for."""

    form: Form
    key: Key
    chords: list[Chord]
    density: float
    seed: int


def of_events(
    events: Sequence[Event], minor: bool, chords: Sequence[tuple[Harmony, Harmony]], bars: int = BARS
) -> Tune:
    starts = itertools.accumulate((event.length for event in events), initial=0)
    notes = [
        (at, e.length, e.pitch) for at, e in zip(starts, events, strict=False) if e.pitch != REST and at < bars * BAR
    ]
    return Tune(minor, tuple(chords[:bars]), tuple(notes))


def of_grid(notes: Sequence[GridNote], task: Task) -> Tune:
    chords = [(harmony_of(chord, task.key),) * 2 for chord in task.chords]
    low = lowest_tonic(task.key, LEAD)
    placed = [
        (n.bar * BAR + round(n.start), max(1, round(n.length)), n.pitch - low + ZERO) for n in notes if n.bar < BARS
    ]
    return Tune(task.key.is_minor, tuple(chords), tuple(sorted(placed)))


def human(passages: Sequence[Passage]) -> list[Tune]:
    return [of_events(p.events, p.minor, p.chords) for p in passages if p.beats == 4 and p.bars >= BARS]


def tasks(count: int, tune: Sequence[Passage], seed: int) -> list[Task]:
    rng = np.random.default_rng(seed)
    sections = (Section("A", 0, 8, 0.7), Section("B", 8, 4, 1.0), Section("A'", 12, 4, 0.9))
    drawn = []
    four = [p for p in tune if p.beats == 4]
    for n in range(count):
        style = STYLES[str(rng.choice(STYLE_NAMES))]
        key = Key(int(rng.integers(12)), "minor" if rng.random() < 1 / 3 else "major")
        form = Form(100.0, METRES["4/4"], sections, BARS * 2.4 + 3)
        model = four[int(rng.integers(len(four)))]
        density = float(np.mean(densities(model.events, model.bars, BAR)))
        drawn.append(Task(form, key, plan_harmony(form, style, str(rng.choice(HARMONIES)), key, rng), density, n))
    return drawn


def histograms(tune: Tune) -> dict[str, np.ndarray]:
    pitches = [pitch for _, _, pitch in tune.notes]
    moves = np.clip(np.diff(pitches), -12, 12) + 12
    classes = (np.array(pitches) - ZERO) % 12
    return {
        "pitch": np.bincount(classes + 12 * tune.minor, minlength=24).astype(float),
        "interval": np.bincount(moves, minlength=25).astype(float),
        "rhythm": np.bincount([min(length, 16) - 1 for _, length, _ in tune.notes], minlength=16).astype(float),
        "onset": np.bincount([at % BAR for at, _, _ in tune.notes], minlength=16).astype(float),
    }


def scalars(tune: Tune) -> dict[str, float]:
    pitches = [pitch for _, _, pitch in tune.notes]
    inside, sounding = 0, 0
    for at, length, pitch in tune.notes:
        for sixteenth in range(at, min(at + length, BARS * BAR)):
            chord = tune.chords[sixteenth // BAR][sixteenth % BAR >= 8]
            if chord.tones:
                inside += (pitch - ZERO) % 12 in chord.tones
                sounding += 1
    said = bytes(itertools.chain.from_iterable((min(length, 255), pitch) for _, length, pitch in tune.notes))
    moves = np.abs(np.diff(pitches))
    return {
        "compression": len(said) / len(zlib.compress(said, 9)),
        "chord tones": inside / max(sounding, 1),
        "range": max(pitches) - min(pitches),
        "notes a bar": len(pitches) / BARS,
        "repeated notes": float(np.mean(moves == 0)),
        "leaps over a fifth": float(np.mean(moves > 7)),
    }


def runs(tune: Tune) -> list[tuple[int, ...]]:
    """Return each run of so many notes, as moves and lengths: the same in any key and place."""
    pitches, lengths = [pitch for _, _, pitch in tune.notes], [length for _, length, _ in tune.notes]
    moves = [after - before for before, after in itertools.pairwise(pitches)]
    return [(*moves[n : n + RUN - 1], *lengths[n : n + RUN]) for n in range(len(pitches) - RUN + 1)]


def known(written: Sequence[Tune], learned: set[tuple[int, ...]]) -> str:
    """Tell how many runs stand in what was learned from."""
    found = [run in learned for tune in written for run in runs(tune)]
    return f"{sum(found)} of {len(found)}"


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Jensen-Shannon distance of summed histograms; pitch classes of each mode first, then their mean."""
    if len(one) == 24:
        return float(np.mean([jensenshannon(one[m], other[m], base=2) for m in (slice(12), slice(12, 24))]))
    return float(jensenshannon(one, other, base=2))


def interval(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def compared(
    written: list[Tune], people: list[Tune], rng: np.random.Generator
) -> dict[str, tuple[float, float, float]]:
    """Return each measure with its interval."""
    ours, theirs = [histograms(t) for t in written], [histograms(t) for t in people]
    found = {}
    for name in ours[0]:
        a, b = np.array([h[name] for h in ours]), np.array([h[name] for h in theirs])
        draws = [
            distance(a[rng.integers(len(a), size=len(a))].sum(0), b[rng.integers(len(b), size=len(b))].sum(0))
            for _ in range(1000)
        ]
        found[f"JS {name}"] = (distance(a.sum(0), b.sum(0)), *interval(draws))
    rows = [scalars(t) for t in written]
    for name in rows[0]:
        values = np.array([row[name] for row in rows])
        draws = [float(values[rng.integers(len(values), size=len(values))].mean()) for _ in range(1000)]
        found[name] = (float(values.mean()), *interval(draws))
    return found


def unbound(model: MelodyModel, task: Task) -> list[Event]:
    """Let the model write what it likes: no rules, temperature 1."""
    rng = np.random.default_rng(task.seed)
    chords = [(harmony_of(chord, task.key),) * 2 for chord in task.chords]
    line = Line(model, BAR, task.key.is_minor, chords, [task.density] * BARS)
    events: list[Event] = []
    while line.at < BARS * BAR:
        length = min(_drawn(line.lengths()[1:], rng) + 1, BARS * BAR - line.at)
        events.append(Event(length, _drawn(line.pitches(length)[: REST + 1], rng)))
        line.take(events[-1])
    return events


def _drawn(scores: np.ndarray, rng: np.random.Generator) -> int:
    shares = np.exp(scores.astype(float) - scores.max())
    return int(rng.choice(len(shares), p=shares / shares.sum()))


def print_ranges(passages: Sequence[Passage]) -> None:
    """Print what the composer holds its candidates to: the 10th to 90th percentile of passages of 8 bars and more."""
    rows = []
    for p in passages:
        starts = itertools.accumulate((event.length for event in p.events), initial=0)
        notes = [(at, e.length, e.pitch) for at, e in zip(starts, p.events, strict=False) if e.pitch != REST]
        chords = [frozenset((t + ZERO) % 12 for t in half.tones) for pair in p.chords for half in pair]
        if p.bars >= 8 and p.beats == 4:
            rows.append(traits_of(notes, BAR, lambda at, chords=chords: chords[min(at // 8, len(chords) - 1)]))
    for name in rows[0]:
        low, high = np.quantile([row[name] for row in rows], [0.1, 0.9])
        print(f"people's {name}: {low:.3f} to {high:.3f} (n {len(rows)})")


def main() -> None:
    """Print perplexities, then a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--tunes", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--part", choices=("tune", "test"), default="test")
    told = parser.parse_args()
    passages = [p for _, found in read_passages(told.scores) for p in found]
    part = {name: [p for p in passages if split_of(p.work) == name] for name in ("train", "tune", "test")}
    model, markov = MelodyModel.load(told.model), MarkovMelody(part["train"])
    people = human(part[told.part])
    print(machine())
    print_ranges(part["tune"])
    print(
        f"perplexity an event, {told.part}: model {perplexity_of(model, part[told.part]):.2f}, told nothing "
        f"{perplexity_of(model, part[told.part], told=False):.2f}, Markov {markov.perplexity(part[told.part]):.2f}"
    )
    asked = tasks(told.tunes, part["tune"], told.seed)

    def sing(task: Task) -> Tune:
        busy = min(1.0, max(0.0, (task.density - 2.5) / 5))
        rng = np.random.default_rng(task.seed)
        changes = Changes.of_bars([(chord,) for chord in task.chords], task.form.metre)
        return of_grid(Singer(task.form, task.key, LEAD, busy, rng, model).write(changes), task)

    def by_rule(task: Task) -> Tune:
        busy = min(1.0, max(0.0, (task.density - 2.5) / 5))
        return of_grid(
            Melodist(task.form, task.key, LEAD, busy, np.random.default_rng(task.seed)).write(task.chords), task
        )

    def free(events: Callable[[Task], list[Event]]) -> list[Tune]:
        chords = [[(harmony_of(c, t.key),) * 2 for c in t.chords] for t in asked]
        return [of_events(events(t), t.key.is_minor, c) for t, c in zip(asked, chords, strict=True)]

    low, high = (ZERO - 6, ZERO + 24)
    systems = {
        "people, the other part": human(part["tune" if told.part == "test" else "test"]),
        "people": people,
        "model in the composer": [sing(t) for t in asked],
        "model alone": free(lambda t: unbound(model, t)),
        "rules (before)": [by_rule(t) for t in asked],
        "Markov, order 2": free(
            lambda t: markov.write(BARS * BAR, range(max(0, low), min(PITCHES, high)), np.random.default_rng(t.seed))
        ),
    }
    rng = np.random.default_rng(told.seed)
    whole = [of_events(p.events, p.minor, p.chords, p.bars) for p in part["train"]]
    learned = {run for tune in whole for run in runs(tune)}
    for name, written in systems.items():
        print(f"{name} (n {len(written)}); runs of {RUN} notes that are in the train part: {known(written, learned)}")
        for measure, (value, *ends) in compared(written, people, rng).items():
            print(f"    {measure:20} {value:.3f} [{ends[0]:.3f}, {ends[1]:.3f}]")


if __name__ == "__main__":
    main()
