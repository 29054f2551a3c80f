"""Chords, time signature and sections that the composer was given, read back from its notes.

    python tests/benchmarks/given_form.py [--pieces 50] [--seed 12]

Each request has one to eight bars of chords (half of the requests with chords outside the key, some bars with two, some
over another bass), a time signature, a tempo, a key, and every other one a plan of sections in seconds.

- chords, from the notes: of the time in which accompaniment and pads sound, the share on tones of the chord that was
  asked for; and of the chords that the bass begins, the share that it begins on their lowest note.
- metre, from the notes: two, three, or two beats of three parts, after whichever of them onsets, weighted by loudness,
  repeat best. 2/4 and 4/4 are one here, since a bar of 4/4 that repeats by halves is both.
- borders of the sections, from the plan that the notes were written by: within half a bar of their times.

A piece counts where its chords are right for 95 % of the time and of the basses. Intervals are Wilson's, 95 %.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict

import numpy as np
from figures import machine
from measured_back import TONICS, wilson

from agent.generation.material import Section
from agent.generation.metre import METRES
from agent.generation.score import Score, compose
from agent.generation.styles import STYLES
from agent.generation.symbols import parse_bars
from agent.generation.theory import parse_key
from agent.generation.values import GenerationRequest

NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
KINDS = ("", "m", "7", "maj7", "m7", "sus4", "dim", "6", "add9", "m7b5")


def drawn(n: int, rng: random.Random) -> GenerationRequest:
    """Draw a request."""
    mode = rng.choice(["major", "minor"])
    key = parse_key(f"{rng.choice(TONICS)} {mode}")
    triads = [("", "m", "m", "", "", "m", "dim"), ("m", "dim", "", "m", "m", "", "")][mode == "minor"]

    def chord() -> str:
        if n % 2:
            return rng.choice(NAMES) + rng.choice(KINDS)
        degree = rng.randrange(7)
        name = NAMES[key.pitch(degree) % 12] + triads[degree]
        return f"{name}/{NAMES[key.pitch(degree + 2) % 12]}" if rng.random() < 0.2 else name

    bars = tuple(" ".join(chord() for _ in range(2 if rng.random() < 0.2 else 1)) for _ in range(rng.randint(1, 8)))
    duration = float(rng.randint(20, 45))
    first = rng.uniform(0.2, 0.5) * duration
    second = rng.uniform(0.2, 0.4) * duration
    plan = (Section("verse", first), Section("chorus", second), Section("verse", duration - first - second))
    return GenerationRequest(
        genre=sorted(STYLES)[n % len(STYLES)],
        duration_s=duration,
        tempo_bpm=rng.randint(70, 150),
        key=key.name,
        time_signature=sorted(METRES)[(n + n // len(STYLES)) % 4],
        chords=bars,
        sections=plan if n % 2 else (),
        energy=0.7,
        seed=n,
    )


def chords_met(score: Score, request: GenerationRequest) -> tuple[float, float]:
    """Return the share of sounding time on the chords asked for, and of chords whose bass begins on their lowest."""
    form, key, asked = score.arrangement.form, score.arrangement.key, parse_bars(request.chords)
    size, sixteenth = form.metre.sixteenths, 15.0 / request.tempo_bpm
    inside = total = 0.0
    begun: list[bool] = []
    for bar in range(form.bars):
        chords = asked[bar % len(asked)]
        for number, chord in enumerate(chords):
            # two in a bar: half each, of three beats two and one
            split = 8 if size in {12, 16} and not form.metre.compound else size // 2
            begin, end = ((0, split), (split, size))[number] if len(chords) == 2 else (0, size)
            start_s, end_s = (bar * size + begin) * sixteenth, (bar * size + end) * sixteenth
            classes = set(chord.classes(key))
            for part in score.parts:
                if part.role in {"comp", "pad"}:
                    # what was struck before rings on, as it does under a pedal: only what begins here counts
                    for note in part.notes:
                        if start_s - 0.05 <= note.start < end_s - 0.05:
                            lasts = min(note.end, end_s) - note.start
                            total += lasts
                            inside += lasts * (note.pitch % 12 in classes)
                if part.role == "bass":
                    first = [note for note in part.notes if abs(note.start - start_s) < min(0.05, sixteenth / 2)]
                    begun += [first[0].pitch % 12 == chord.bass(key)] if first else []
    return inside / max(total, 1e-9), float(np.mean(begun)) if begun else 1.0


def metre_read(score: Score, tempo: float) -> str:
    """Return the metre after which the onsets repeat best."""
    sixteenth, end = 15.0 / tempo, score.arrangement.form.body_s
    weights = np.zeros(int(end / sixteenth) + 2)
    for part in score.parts:
        if part.role == "lead":
            continue
        for note in part.notes:
            if note.start < end - 0.1:
                low = 2.0 if part.role == "bass" or (part.role == "drums" and note.pitch in {35, 36}) else 1.0
                weights[round(note.start / sixteenth)] += low * note.velocity / 100
    weights -= weights.mean()

    def after(lag: int) -> float:
        return float(np.dot(weights[:-lag], weights[lag:]) / (len(weights) - lag) / max(np.var(weights), 1e-9))

    if after(12) + after(24) > after(8) + after(16) and after(12) + after(24) > 2 * after(16):
        return "6/8" if after(6) > after(4) else "3/4"
    return "2/4 or 4/4"


def borders_met(score: Score, request: GenerationRequest) -> list[bool]:
    """Tell for each border that was asked for whether a section begins within half a bar of it."""
    form = score.arrangement.form
    due = np.cumsum([section.seconds for section in request.sections])[:-1]
    return [min(abs(s.start * form.bar_s - at) for s in form.sections[1:]) <= form.bar_s / 2 + 1e-6 for at in due]


def main() -> None:
    """Print how much of what was given is in the notes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pieces", type=int, default=50)
    parser.add_argument("--seed", type=int, default=12)
    told = parser.parse_args()
    rng = random.Random(told.seed)
    print(machine())
    met: dict[str, list[bool]] = defaultdict(list)
    shares: list[tuple[float, float]] = []
    for n in range(told.pieces):
        request = drawn(n, rng)
        score = compose(request)
        shares.append(chords_met(score, request))
        met["chords"].append(min(shares[-1]) >= 0.95)
        read = metre_read(score, request.tempo_bpm or 0)
        right = (request.time_signature or "?") in read
        met["metre"].append(right)
        met[f"metre {request.time_signature}"].append(right)
        met["borders"] += borders_met(score, request) if request.sections else []
        if not (met["chords"][-1] and met["metre"][-1]):
            print(n, request.genre, request.time_signature, read, request.chords, shares[-1])
    print(f"time on the chords asked for: mean {np.mean(shares, 0)[0]:.4f}, least {np.min(shares, 0)[0]:.3f}")
    print(f"basses on their lowest note: mean {np.mean(shares, 0)[1]:.4f}, least {np.min(shares, 0)[1]:.3f}")
    print(*(f"{name}: {wilson(sum(each), len(each))}" for name, each in met.items()), sep="\n")


if __name__ == "__main__":
    main()
