"""The reward model against simulated raters, on the real embeddings of a catalogue.

    python tests/benchmarks/reward.py --data-dir DIR [--raters 20]

A rater has a taste: a random direction among what the embeddings vary in, so strong that a fresh pair is decided as the
taste says in 75 % of cases; one vote in ten is a tie. Half of the tracks are voted on, in random pairs on as many words
as votes / 4; what is told is the rank correlation with the true taste on the other half, which no vote has seen, and
how often the model would be used. Raters without any taste say how often chance is taken for one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from figures import machine, table
from numpy.typing import NDArray
from scipy.stats import spearmanr

from agent.arena.reward import RewardModel, Sounding, Vote, train_reward
from catalog.store import Catalogue
from encoders.values import Space

Matrix = NDArray[np.float32]


def taste(rng: np.random.Generator, matrix: Matrix, decided: float) -> NDArray[np.float64]:
    """Return what each row is worth to a rater who decides as it says in a share of pairs."""
    worth = np.asarray(matrix @ (matrix.T @ rng.standard_normal(len(matrix))), np.float64)
    worth = (worth - worth.mean()) / worth.std()
    if decided == 0.5:
        return worth * 0
    first, second = rng.integers(len(worth), size=(2, 4000))
    gaps = np.abs(worth[first] - worth[second])
    strengths = np.linspace(0.1, 20, 400)
    shares = [float(np.mean(1 / (1 + np.exp(-strength * gaps)))) for strength in strengths]
    return worth * strengths[int(np.argmin(np.abs(np.array(shares) - decided)))]


def voted(
    rng: np.random.Generator, matrix: Matrix, worth: NDArray[np.float64], rows: NDArray[np.int64], n: int
) -> list[Vote]:
    """Return so many votes on pairs of these rows."""
    votes = []
    for _ in range(n):
        a, b = rng.choice(rows, 2, replace=False)
        better = 1 / (1 + np.exp(worth[b] - worth[a]))
        choice = "tie" if rng.random() < 0.1 else "a" if rng.random() < better else "b"
        words = f"words {rng.integers(max(20, n // 4))}"
        votes.append(Vote(Sounding(matrix[a], {}), Sounding(matrix[b], {}), choice, words))
    return votes


def trained(
    seed: int, matrix: Matrix, space: Space, n: int, decided: float
) -> tuple[RewardModel, NDArray[np.float64], NDArray[np.int64]]:
    """Return a model of so many votes, what each row is worth, and the rows that nobody voted on."""
    rng = np.random.default_rng(seed)
    worth = taste(rng, matrix, decided)
    order = rng.permutation(len(matrix))
    half = len(order) // 2
    return train_reward(voted(rng, matrix, worth, order[:half], n), space), worth, order[half:]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--space", default="musicnn-msd")
    parser.add_argument("--raters", type=int, default=20)
    told = parser.parse_args()
    catalogue = Catalogue(told.data_dir / "catalogue.db")
    _, found = catalogue.library.vectors(told.space)
    catalogue.close()
    matrix = np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)
    space = Space(told.space, matrix.shape[1], "", "")
    print(machine(), f"{len(matrix)} tracks, {told.raters} raters each\n")
    rows = []
    for decided, counts in ((0.75, (80, 200, 600, 2000)), (0.5, (80, 200, 600))):
        for n in counts:
            ranked, used, right = [], 0, []
            for seed in range(told.raters):
                model, worth, unheard = trained(seed, matrix, space, n, decided)
                used += model.card.better_than_chance
                right.append(model.card.accuracy)
                if decided > 0.5:
                    rewards = model.rewards([Sounding(matrix[row], {}) for row in unheard])
                    ranked.append(float(spearmanr(rewards, worth[unheard]).statistic))
            spread = f"{np.median(ranked):.2f} [{min(ranked):.2f}, {max(ranked):.2f}]" if ranked else ""
            name = "taste" if decided > 0.5 else "no taste"
            rows.append((name, n, f"{np.mean(right):.3f}", f"{used} of {told.raters}", spread))
    print(table(["raters", "votes", "right out of fold", "used", "Spearman on tracks without votes"], rows))


if __name__ == "__main__":
    main()
