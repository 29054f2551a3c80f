"""Clips made by formula, one knob at a time: do the suggestions follow, and do words outweigh the picture?

    python tests/benchmarks/controlled_clips.py [--data-dir DIR]

Knobs: cuts a minute, amount of motion, rhythm (a pulse of light), and all of them together; each at ten levels, two
clips a level, of pictures drawn at random. The knob is compared with the mean energy and the median tempo of the first
20 tracks. For the words, clips of one extreme meet texts of the other: the energy of the first ten must be nearer to
that of what the words alone find than to that of what the picture alone finds.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from figures import DRAWS, SEED, machine, table
from numpy.typing import NDArray
from scipy.stats import spearmanr

from retrieval.snapshot import snapshot_of
from retrieval.values import SceneBrief
from retrieval.video import VideoSuggester
from ui.compose import App
from ui.settings import load_settings

WIDTH, HEIGHT, FPS, LENGTH_S = 640, 360, 25, 10
LEVELS, CLIPS = 10, 2
FIRST, FIRST_OF_TEXT = 20, 10


@dataclass(frozen=True)
class Knobs:
    """How a clip is made: `cuts` a minute, `speed` of the drift in widths a second, `pulse` a minute (0: none)."""

    cuts: float = 0.0
    speed: float = 0.02
    pulse: float = 0.0
    light: float = 0.5
    colour: float = 0.4
    seed: int = 0


SERIES: dict[str, Callable[[float], Knobs]] = {
    "cuts, 0 to 90 a minute": lambda x: Knobs(cuts=90 * x),
    "motion, 0 to 1 width a second": lambda x: Knobs(speed=x),
    "rhythm, 65 to 170 pulses a minute": lambda x: Knobs(pulse=65 + 105 * x),
    "all together": lambda x: Knobs(cuts=60 * x, speed=0.6 * x, pulse=65 + 105 * x, light=0.3 + 0.4 * x),
}
LIGHT: dict[str, Callable[[float], Knobs]] = {
    "light, black to white": lambda x: Knobs(light=0.05 + 0.9 * x),
    "light and colour": lambda x: Knobs(light=0.1 + 0.7 * x, colour=x),
}
WILD = Knobs(cuts=70, speed=0.8, light=0.7, colour=0.9)
CALM = Knobs(cuts=0, speed=0.0, light=0.3, colour=0.2)
CALMING = (
    "slow dark piano",
    "calm ambient music",
    "quiet gentle music",
    "peaceful slow strings",
    "soft relaxing background",
    "sad slow music",
    "calm meditation",
    "slow quiet new age",
    "a lullaby, very calm",
    "gentle calm harp",
)
ROUSING = (
    "fast energetic rock",
    "loud heavy metal",
    "energetic techno",
    "wild party music",
    "aggressive fast drums",
    "energetic dance music",
    "powerful energetic electronic",
    "upbeat drum and bass",
    "intense fast music",
    "hard rock with loud guitars",
)


def pictures(knobs: Knobs) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames: drawn worlds that drift, are cut and pulse as the knobs say."""
    rng = np.random.default_rng([SEED, knobs.seed])
    frames = LENGTH_S * FPS
    shots = max(1, round(1 + knobs.cuts * LENGTH_S / 60))
    edges = np.linspace(0, frames, shots + 1).round().astype(int)
    shot, left, world = -1, 0.0, draw(rng, knobs)
    for n in range(frames):
        if n >= edges[shot + 1]:
            shot, left, world = shot + 1, 0.0, draw(rng, knobs)
        left = (left + knobs.speed * WIDTH / FPS) % WIDTH
        view = np.roll(world, -int(left), axis=1)
        if knobs.pulse and (n / FPS * knobs.pulse / 60) % 1 < 0.2:
            view = np.minimum(view.astype(int) + 90, 255).astype(np.uint8)
        yield np.ascontiguousarray(view)


def draw(rng: np.random.Generator, knobs: Knobs) -> NDArray[np.uint8]:
    """Draw a world that joins at its ends, of the wanted mean light and colourfulness."""
    from PIL import Image

    layers = []
    for size in (4, 12, 40):
        small = rng.random((size, size, 3))
        small = np.concatenate([small, small[:, :1]], axis=1)
        large = Image.fromarray((255 * small).astype(np.uint8)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
        layers.append(np.asarray(large, dtype=float) / 255)
    mixed = np.mean(layers, axis=0)
    grey = mixed.mean(axis=2, keepdims=True)
    coloured = grey + (mixed - grey) * 3 * knobs.colour
    shifted = (coloured - coloured.mean()) * 1.6 + knobs.light + rng.uniform(-0.08, 0.08, 3) * knobs.colour
    return (255 * np.clip(shifted, 0, 1)).astype(np.uint8)


def write(knobs: Knobs, target: Path) -> Path:
    import av

    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for picture in pictures(knobs):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return target


@dataclass(frozen=True)
class Asker:
    """Asks the catalogue by a clip, by words or by both; gives (mean energy, median tempo, mean lightness)."""

    app: App

    def by(self, brief: SceneBrief | None, text: str, n: int) -> NDArray[np.float64]:
        engine = self.app.engine
        request = replace(engine.request(text, n), scene=brief)
        found = [candidate.track for candidate in engine.search(request).candidates]
        columns = snapshot_of(found, revision=0)
        happy, dark = columns.column("happy"), columns.column("dark")
        energy, tempo = (np.array([t.number(name) or np.nan for t in found]) for name in ("energy", "tempo"))
        return np.array([np.nanmean(energy), np.nanmedian(tempo), (happy - dark).mean()])


def follow(series: Callable[[float], Knobs], suggester: VideoSuggester, asker: Asker, folder: Path) -> list[object]:
    """Return Spearman between a knob and the brief's energy and tempo, and the first 20's energy, tempo, lightness."""
    levels, told, found = [], [], []
    for level in np.repeat(np.linspace(0, 1, LEVELS), CLIPS):
        knobs = replace(series(float(level)), seed=len(levels))
        brief = suggester.look(write(knobs, folder / "clip.mp4"))
        levels.append(level)
        told.append((brief.energy, brief.tempo_bpm, brief.valence))
        found.append(asker.by(brief, "", FIRST))
    pairs = np.concatenate([np.array(told), np.array(found)], axis=1)
    return [rank(np.array(levels), column) for column in pairs.T]


def rank(levels: NDArray[np.float64], values: NDArray[np.float64]) -> str:
    """Return Spearman's correlation with its 95 % bootstrap interval."""
    if np.ptp(values) < 1e-9:
        return "constant"
    rng = np.random.default_rng(SEED)
    draws = [rng.integers(len(levels), size=len(levels)) for _ in range(DRAWS)]
    low, high = np.nanpercentile(
        [spearmanr(levels[i], values[i])[0] for i in draws if np.ptp(values[i]) > 0], [2.5, 97.5]
    )
    return f"{spearmanr(levels, values)[0]:.2f} [{low:.2f}, {high:.2f}]"


def overrides(suggester: VideoSuggester, asker: Asker, folder: Path) -> Sequence[tuple[str, str, bool]]:
    """Return (kind, text, words won) for a hundred disagreements of a clip and a text."""
    outcomes = []
    for kind, knobs, texts in (("wild clip", WILD, CALMING), ("calm clip", CALM, ROUSING)):
        for seed in range(5):
            brief = suggester.look(write(replace(knobs, seed=1000 + seed), folder / "clip.mp4"))
            by_picture = asker.by(brief, "", FIRST_OF_TEXT)[0]
            for text in texts:
                by_words = asker.by(None, text, FIRST_OF_TEXT)[0]
                both = asker.by(brief, text, FIRST_OF_TEXT)[0]
                outcomes.append((kind, text, abs(both - by_words) < abs(both - by_picture)))
    return outcomes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="where the catalogue and the models lie")
    options = parser.parse_args()
    app = App(load_settings(options.data_dir))
    suggester, asker = app.suggester, Asker(app)
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            print(f"{machine()}; {LEVELS} levels x {CLIPS} clips of {LENGTH_S} s; seed {SEED}")
            rows = [
                [name, LEVELS * CLIPS, *follow(series, suggester, asker, folder)]
                for name, series in (SERIES | LIGHT).items()
            ]
            told = ["brief: energy", "brief: tempo", "brief: valence"]
            print(table(["knob", "n", *told, "top 20: energy", "top 20: tempo", "top 20: lightness"], rows))
            outcomes = overrides(suggester, asker, folder)
            won = sum(each for _, _, each in outcomes)
            print(f"words outweigh the picture in {won} of {len(outcomes)} cases")
            for kind, text, each in outcomes:
                if not each:
                    print(f"  lost: {kind}, {text!r}")
    finally:
        app.close()


if __name__ == "__main__":
    main()
