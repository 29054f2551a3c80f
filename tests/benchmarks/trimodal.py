"""The tri-modal transformer on pairs whose answer is known: fused against each alone, with and without text dropout.

    python tests/benchmarks/trimodal.py [--seeds 5] [--pairs 2000] [--epochs 40]

Music is a function of z; the clip sees one part of z, the words another, liked and disliked tracks a third
(``tests/encoders/paired_features.py``). Each seed draws its own world, data and weights. Settings were chosen on other
seeds (from 0 on); the reported ones start at 100. A model of a single kind gets four tries (two rates, two first
weights), of which the validation split chooses; the fused ones get one.
"""

import argparse
import runpy
import tempfile
from pathlib import Path

import numpy as np
import torch

from encoders.trimodal.card import WEIGHTS
from encoders.trimodal.config import TrainingConfig
from encoders.trimodal.measuring import USES, ranks_of
from encoders.trimodal.training import build, dims_of, train

FACTS = runpy.run_path(str(Path(__file__).parents[1] / "encoders" / "paired_features.py"))
FIRST_SEED, DRAWS = 100, 2_000
MODELS = {
    "fused": {},
    "fused, no text dropout": {"text_dropout": 0.0},
    "clip only": {"inputs": ("video",), "video_dropout": 0.0},
    "words only": {"inputs": ("text",), "text_dropout": 0.0},
    "feedback only": {"inputs": ("liked", "disliked"), "turn_dropout": 0.0},
}


TRIES = ((3e-3, 0), (1e-3, 0), (3e-3, 1_000), (1e-3, 1_000))


def trained(pairs, config):
    """Train one model; return it and its reciprocal rank on the validation split."""
    from safetensors.torch import load_file

    with tempfile.TemporaryDirectory() as folder:
        card = train(pairs, config, Path(folder))
        network = build(dims_of(pairs), config)
        network.load_state_dict(load_file(Path(folder) / WEIGHTS))
    return network, card.metrics["validation"]["all"].mrr


def hits_of(pairs, configs, use):
    """Train a model of each configuration; return what the best one finds within the first ten, for each use."""
    network, _ = max((trained(pairs, config) for config in configs), key=lambda found: found[1])
    return {name: ranks_of(network, pairs, "test", kinds)[0] <= 10 for name, kinds in use.items()}


def interval(values, rng):
    """Mean of ``(seeds, questions)`` and its 95 % bootstrap interval: seeds are drawn first, then their questions."""
    means = []
    for _ in range(DRAWS):
        drawn = values[rng.integers(0, len(values), len(values))]
        columns = rng.integers(0, drawn.shape[1], drawn.shape)
        means.append(np.take_along_axis(drawn, columns, axis=1).mean())
    low, high = np.quantile(means, [0.025, 0.975])
    return values.mean(), low, high


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=2_000)
    parser.add_argument("--epochs", type=int, default=40)
    told = parser.parse_args()
    torch.set_num_threads(1)
    found = {}
    for seed in range(FIRST_SEED, FIRST_SEED + told.seeds):
        pairs = FACTS["known_pairs"](told.pairs, seed)
        base = {
            "epochs": told.epochs,
            "patience": told.epochs,
            "batch_size": 128,
            "width": 64,
            "layers": 1,
            "dropout": 0.0,
        }
        for name, more in MODELS.items():
            fused = name.startswith("fused")
            tries = TRIES[:1] if fused else TRIES
            configs = [TrainingConfig(**{**base, "learning_rate": r}, seed=seed + s, **more) for r, s in tries]
            # A model of one kind is asked by that kind alone: of the others it has learned nothing.
            for shown, hits in hits_of(pairs, configs, USES if fused else {"all": configs[0].inputs}).items():
                found.setdefault((name, shown), []).append(hits)
    table = {key: np.array(rows, float) for key, rows in found.items()}
    candidates = int(told.pairs * 0.25)
    rng = np.random.default_rng(20240917)
    print(
        f"recall@10 of {candidates} tracks, {told.seeds} seeds x {candidates} questions; chance {10 / candidates:.3f}"
    )
    for (name, shown), values in table.items():
        print("| {} | {} | {:.3f} [{:.3f}, {:.3f}] |".format(name, shown, *interval(values, rng)))
    single = {name: table[name, "all"] for name in ("clip only", "words only", "feedback only")}
    best = max(single, key=lambda name: single[name].mean())
    fused, bare = "fused", "fused, no text dropout"
    differences = {
        f"fused - {best}": table[fused, "all"] - single[best],
        "fused without text - clip only": table[fused, "without text"] - single["clip only"],
        "fused shown the clip alone - clip only": table[fused, "video"] - single["clip only"],
        "text dropout - none, without text": table[fused, "without text"] - table[bare, "without text"],
        "text dropout - none, all shown": table[fused, "all"] - table[bare, "all"],
    }
    for name, values in differences.items():
        print("| {} | {:+.3f} [{:+.3f}, {:+.3f}] |".format(name, *interval(values, rng)))


if __name__ == "__main__":
    main()
