"""Music written for films: how many cuts meet a beat, and whether it is loud where much moves.

    python tests/benchmarks/film_scores.py [--films 60] [--seed 5] [--clips FOLDER] [--part report]

Films are drawn: scenes of 6 to 20 s with a feeling each, cuts in them at gaps of 1 to 6 s that are shorter the more
moves (gamma of shape 3), strengths .3 to 1. Every other one is the part to tune on, the rest is reported. With --clips
the clips of a folder are looked at as uploads are; those with a cut in them count.

Each is composed twice with the same seed, style, key and length: for the film, and without it at the tempo that the
composer chooses alone. A cut meets a beat that lies within 80 ms. Loudness is the level of the rendered sound, a value
a second, correlated with the film's energy (Pearson). Intervals are 95 % by bootstrap over films, 2,000 times.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
from figures import machine

from agent.filmed import film_of
from agent.generation.affect import mood_of_film
from agent.generation.composer import Composer
from agent.generation.form import Form
from agent.generation.material import Film, FilmCut
from agent.generation.score import compose
from agent.generation.spotting import energy_at, hits_of
from agent.generation.values import GenerationRequest
from encoders.media.video import SandboxedVideoAnalyzer
from encoders.models.store import ModelStore
from retrieval.scene import brief_from
from ui.settings import Settings

STYLES = ("orchestral", "epic", "ambient", "piano", "rock", "synthwave", "pop", "dark")
Row = tuple[int, int, int, int, int]
"""Cuts; on beats and downbeats with the film; on beats and downbeats without it."""


def drawn(rng: random.Random) -> tuple[Film, float]:
    """Draw a film and its length in seconds."""
    length = float(rng.randint(25, 90))
    edges, feelings = [0.0], []
    while edges[-1] < length:
        edges.append(edges[-1] + rng.uniform(6, 20))
        feelings.append((rng.random(), rng.uniform(-1, 1), rng.random()))
    steps = [feelings[int(np.searchsorted(edges, at + 0.5)) - 1] for at in range(int(length))]
    energies = [min(1.0, max(0.0, energy + rng.gauss(0, 0.06))) for energy, _, _ in steps]
    cuts, at = [], 0.0
    while True:
        mean = 6.0 - 5.0 * energies[min(int(at), len(energies) - 1)]
        at += max(0.4, rng.gammavariate(3.0, mean / 3.0))
        if at >= length:
            break
        cuts.append(at)
    cuts = sorted({*cuts, *(edge for edge in edges[1:-1] if edge < length)})
    film = Film(
        1.0,
        tuple(energies),
        tuple(valence for _, valence, _ in steps),
        tuple(tension for _, _, tension in steps),
        tuple(FilmCut(round(one, 3), 1.0 if one in edges else rng.uniform(0.3, 1.0)) for one in cuts),
    )
    return film, length


def looked_at(folder: Path) -> list[tuple[str, Film, float]]:
    """Look at the clips of a folder, as uploads are looked at."""
    found = []
    eyes = SandboxedVideoAnalyzer(ModelStore(Settings().models_path))
    for path in sorted(folder.iterdir()):
        if path.suffix in {".mp4", ".webm", ".ogg", ".mov"}:
            seen = eyes.analyze(path)
            film = film_of(brief_from(seen))
            if film is not None and film.cuts and seen.duration_s >= 5:
                found.append((path.name, film, min(seen.duration_s, 600.0)))
    eyes.close()
    return found


def pair_of(film: Film, length: float, n: int) -> tuple[GenerationRequest, GenerationRequest]:
    """Return the request for the film, and the same one without it."""
    style = STYLES[n % len(STYLES)]
    key = "A minor" if sum(film.valence) < 0 else "C major"
    with_it = GenerationRequest(genre=style, key=key, duration_s=length, seed=n, film=film)
    return with_it, replace(with_it, film=None, mood=mood_of_film(film), energy=float(np.mean(film.energy)))


def row_of(film: Film, form: Form, alone: Form) -> Row:
    """Count the hits of both among all cuts, also those under the last chord, which nothing can hit."""
    one, other = hits_of(form, film), hits_of(alone, film)
    return sum(cut.time_s > 0.3 for cut in film.cuts), one.beats, one.downbeats, other.beats, other.downbeats


def loudness(request: GenerationRequest, film: Film, folder: Path) -> float:
    """Return how the level of a piece goes with the film's energy."""
    made = Composer().generate(request, folder / "piece.flac", lambda *_: None, threading.Event())
    sound, rate = soundfile.read(made.path)
    seconds = [np.sqrt(np.mean(sound[at * rate : (at + 1) * rate] ** 2)) for at in range(len(sound) // rate - 3)]
    energies = [energy_at(film, at + 0.5) for at in range(len(seconds))]
    if np.std(energies) < 0.02:
        return float("nan")
    return float(np.corrcoef(20 * np.log10(np.array(seconds) + 1e-6), energies)[0, 1])


def interval(rows: list[Row], column: int, rng: np.random.Generator) -> str:
    """Return the share of cuts of a column with its interval over films."""
    counts = np.array(rows, float)
    share = counts[:, column].sum() / counts[:, 0].sum()
    picks = rng.integers(len(counts), size=(2000, len(counts)))
    drawn_ = counts[picks, column].sum(1) / counts[picks, 0].sum(1)
    low, high = np.percentile(drawn_, [2.5, 97.5])
    return f"{share:.1%} ({low:.1%} to {high:.1%})"


def mean(values: list[float], rng: np.random.Generator) -> str:
    """Return a mean with its interval, and of how many."""
    known = np.array([value for value in values if np.isfinite(value)])
    low, high = np.percentile(known[rng.integers(len(known), size=(2000, len(known)))].mean(1), [2.5, 97.5])
    return f"{known.mean():.2f} ({low:.2f} to {high:.2f}), n {len(known)}"


def told(title: str, rows: list[Row], levels: list[tuple[float, float]]) -> None:
    """Print a part."""
    rng = np.random.default_rng(0)
    print(f"{title}: {len(rows)} films, {sum(row[0] for row in rows)} cuts")
    print(f"  on a beat: {interval(rows, 1, rng)}, without the film {interval(rows, 3, rng)}")
    print(f"  on a downbeat: {interval(rows, 2, rng)}, without the film {interval(rows, 4, rng)}")
    if levels:
        one, other = ([pair[n] for pair in levels] for n in (0, 1))
        print(f"  loudness with energy: {mean(one, rng)}; without the film {mean(other, rng)}")


def measured(films: list[tuple[Film, float]], sound: bool) -> tuple[list[Row], list[tuple[float, float]]]:
    """Compose for films, with and without them."""
    rows, levels = [], []
    with tempfile.TemporaryDirectory() as place:
        for n, (film, length) in enumerate(films):
            one, other = pair_of(film, length, n)
            rows.append(row_of(film, compose(one).arrangement.form, compose(other).arrangement.form))
            if sound:
                levels.append((loudness(one, film, Path(place)), loudness(other, film, Path(place))))
    return rows, levels


def main() -> None:
    """Print the shares of cuts that are hit and the correlations."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--films", type=int, default=60)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--clips", type=Path)
    parser.add_argument("--part", choices=("tune", "report"), default="report")
    parser.add_argument("--silent", action="store_true", help="render nothing")
    asked = parser.parse_args()
    print(machine())
    rng = random.Random(asked.seed)
    films = [drawn(rng) for _ in range(asked.films)][asked.part == "report" :: 2]
    told(f"drawn, {asked.part}", *measured(films, not asked.silent))
    if asked.clips is not None:
        clips = looked_at(asked.clips)
        rows, levels = measured([(film, length) for _, film, length in clips], not asked.silent)
        for (name, _, length), row in zip(clips, rows, strict=True):
            print(f"  {name}, {length:.0f} s: {row}")
        told("clips", rows, levels)


if __name__ == "__main__":
    main()
