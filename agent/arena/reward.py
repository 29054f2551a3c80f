"""A reward learned from votes: which of two pieces would be preferred, by what they sound like and by their notes.

Pairwise logistic regression, the Bradley-Terry model with features: the odds that A is preferred to B are
``exp(w . (x_A - x_B))`` (Christiano et al. 2017; for music Cideron et al. 2024, MusicRL). ``x`` is the embedding of the
music index and, of pieces with notes, the traits of their lead line. It has no intercept: swapping the sides swaps the
odds. How right it is, is measured on words that it has not seen, and a model no better than chance refuses to be used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.errors import BattleError
from agent.generation.choosing import TRAITS
from encoders.values import FloatArray, Space

MINIMUM = 50
FOLDS = 5
_PENALTIES = (0.003, 0.03, 0.3, 3.0)
_SCORES = {"a": 1.0, "b": 0.0, "tie": 0.5}
Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sounding:
    """One side of a vote as numbers: its embedding ``(dim,)``, and the traits of its notes, empty without notes."""

    embedding: FloatArray
    traits: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Vote:
    """Two sides, which was preferred, and the words that both were for."""

    a: Sounding
    b: Sounding
    choice: str
    words: str


@dataclass(frozen=True, slots=True)
class RewardCard:
    """What a model was trained on and how right it is.

    `accuracy` is the share of decided votes that it gets right out of fold, with its 95 % interval; chance is one half.
    The interval is Wilson's for half as many votes: a fold is told by the votes of the others and they by its own, so
    that the variance is up to twice that of independent ones. The embeddings are those of `space` with weights of
    `weights_sha256`.
    """

    votes: int
    decided: int
    words: int
    accuracy: float
    low: float
    high: float
    penalty: float
    space: str
    weights_sha256: str
    seed: int

    @property
    def better_than_chance(self) -> bool:
        """Tell whether the whole interval lies above one half."""
        return self.low > 0.5


@dataclass(frozen=True, eq=False)
class RewardModel:
    """Weights ``(dim + traits,)`` on features divided by `scale`."""

    weights: Weights
    scale: Weights
    card: RewardCard

    def rewards(self, pieces: Sequence[Sounding]) -> NDArray[np.float64]:
        """Return ``(n,)``: the more, the rather preferred; a difference of 1 is odds of 2.7 to one."""
        if not pieces:
            return np.zeros(0)
        first = pieces[0]
        differences = np.stack([_difference(each, first) for each in pieces])
        told: NDArray[np.float64] = (differences / self.scale) @ self.weights
        return told

    def write(self, folder: Path) -> None:
        """Write `reward.npz` and `reward.json`, the card, each by one rename."""
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / "reward.part"
        with draft.open("wb") as sink:
            np.savez(sink, weights=self.weights, scale=self.scale)
        draft.replace(folder / "reward.npz")
        draft.write_text(json.dumps(asdict(self.card), indent=2) + "\n", encoding="utf-8")
        draft.replace(folder / "reward.json")


def load_reward(folder: Path, space: Space) -> RewardModel:
    """Read a model for use.

    Raises:
        BattleError: it is damaged, no better than chance, or of another encoder; with the remedy.
    """
    try:
        card = RewardCard(**json.loads((folder / "reward.json").read_text(encoding="utf-8")))
        with np.load(folder / "reward.npz", allow_pickle=False) as held:
            model = RewardModel(held["weights"].astype(np.float64), held["scale"].astype(np.float64), card)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BattleError(
            f"The reward model in {folder} cannot be read ({error}); train it again: trichord train reward"
        ) from error
    if (card.space, card.weights_sha256) != (space.id, space.weights_sha256):
        raise BattleError(f"The reward model was trained on {card.space}, not on {space.id} as it is used here.")
    if model.weights.shape != (space.dim + len(TRAITS),) or model.scale.shape != model.weights.shape:
        raise BattleError(f"The reward model in {folder} has {model.weights.size} weights, not those of {space.id}.")
    if not card.better_than_chance:
        raise BattleError(
            f"The reward model is right in {card.accuracy:.0%} [{card.low:.0%}, {card.high:.0%}] of {card.decided} "
            "votes, which chance may bring as well; it is not used until more votes say more."
        )
    return model


def train_reward(votes: Sequence[Vote], space: Space, minimum: int = MINIMUM, seed: int = 0) -> RewardModel:
    """Fit a model; its card says how right it is on words that were left out. “Both bad” says nothing here.

    Args:
        votes: in any order.
        space: that of the embeddings.
        minimum: so many decided votes are wanted at least.
        seed: shuffles the folds.

    Raises:
        BattleError: there are too few votes, or on too few different words.
    """
    told = [vote for vote in votes if vote.choice in _SCORES]
    decided = np.array([vote.choice != "tie" for vote in told], bool)
    groups = np.array([_group(vote.words, seed) for vote in told])
    if int(decided.sum()) < minimum:
        raise BattleError(
            f"There are {int(decided.sum())} votes that prefer a side and can be heard, and {minimum} are wanted; "
            "vote on more battles (the tab Compose, “Compare blind”)."
        )
    if len(np.unique(groups)) < 2 * FOLDS:
        raise BattleError(
            f"All votes are on {len(np.unique(groups))} different words, and {2 * FOLDS} are wanted: with fewer "
            "nothing could be said of words that were left out."
        )
    differences = np.stack([_difference(vote.a, vote.b) for vote in told])
    scores = np.array([_SCORES[vote.choice] for vote in told])
    scale = np.maximum(np.sqrt(np.mean(np.square(differences), axis=0)), 1e-6)
    features = differences / scale
    right = np.zeros(len(told), bool)
    for held in _folds(groups, FOLDS):
        kept = ~held
        weights = _fitted(features[kept], scores[kept], _best_penalty(features[kept], scores[kept], groups[kept]))
        right[held] = (features[held] @ weights > 0) == (scores[held] > 0.5)
    hits, count = int(right[decided].sum()), int(decided.sum())
    low, high = wilson(hits / 2, count / 2)
    penalty = _best_penalty(features, scores, groups)
    card = RewardCard(
        len(told), count, len(np.unique(groups)), round(hits / count, 4), round(low, 4), round(high, 4), penalty,
        space.id, space.weights_sha256, seed,
    )  # fmt: skip
    return RewardModel(_fitted(features, scores, penalty), scale, card)


def wilson(hits: float, count: float) -> tuple[float, float]:
    """Return the 95 % interval of a share (E. B. Wilson, 1927)."""
    z, share = 1.96, hits / count
    middle, wide = share + z * z / (2 * count), z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return float((middle - wide) / (1 + z * z / count)), float((middle + wide) / (1 + z * z / count))


def _difference(a: Sounding, b: Sounding) -> Weights:
    """Return what tells two sides apart; traits that one of them lacks tell nothing."""
    traits = [a.traits[name] - b.traits[name] if name in a.traits and name in b.traits else 0.0 for name in TRAITS]
    return np.concatenate([_unit(a.embedding) - _unit(b.embedding), np.array(traits, np.float64)])


def _unit(vector: FloatArray) -> Weights:
    return np.asarray(vector, np.float64) / max(float(np.linalg.norm(vector)), 1e-9)


def _group(words: str, seed: int) -> int:
    """Return a number that is the same for the same words: votes on them stay in one fold."""
    told = f"{seed} {' '.join(words.casefold().split())}"
    return int.from_bytes(hashlib.sha256(told.encode("utf-8", "surrogatepass")).digest()[:7], "big")


def _folds(groups: NDArray[Any], count: int) -> list[NDArray[np.bool_]]:
    places = np.unique(groups, return_inverse=True)[1]  # hashes are in no order of ours
    return [places % count == fold for fold in range(count)]


def _fitted(features: Weights, scores: Weights, penalty: float) -> Weights:
    """Fit by maximum likelihood with a Gaussian prior; a tie is half a vote for each side."""
    from scipy.optimize import minimize

    def loss(weights: Weights) -> tuple[float, Weights]:
        odds = features @ weights
        lost = np.logaddexp(0.0, odds) - scores * odds
        slope = features.T @ (1 / (1 + np.exp(-np.clip(odds, -500, 500))) - scores)
        return float(lost.mean() + penalty / 2 * weights @ weights), slope / len(features) + penalty * weights

    found = minimize(loss, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B")
    weights: Weights = found.x
    return weights


def _best_penalty(features: Weights, scores: Weights, groups: NDArray[Any]) -> float:
    """Choose the penalty by the likelihood of folds that were left out."""

    def lost(penalty: float) -> float:
        total = 0.0
        for held in _folds(groups, 3):
            odds = features[held] @ _fitted(features[~held], scores[~held], penalty)
            total += float((np.logaddexp(0.0, odds) - scores[held] * odds).sum())
        return total

    return min(_PENALTIES, key=lost)
