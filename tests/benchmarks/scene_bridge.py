"""Pictures to the music that their authors chose, over Debian's games, each game left out in turn.

    python tests/benchmarks/scene_pairs.py --packages FOLDER --fetch        # the pairs (Debian 12, apt), once
    python tests/benchmarks/scene_bridge.py --packages FOLDER --keep FOLDER [--shared DIR]

The figure is the normalised rank of a picture's own music among its game's tracks, titles and names hidden: 0 is first,
.5 chance; of several true tracks the mean. A game's figure is the mean of its pictures, the total the mean of the games
that have five pictures or more, with a bootstrap interval over games. Ranked by the product's brief, and by a bridge
learned from the other games: ridge regression from what was seen to what is heard, every game and in it every track
weighing alike, tracks standardised within their game. What it sees, what it predicts and its strength are chosen for
each game by leaving each of the other games out. The same with tracks dealt anew within each game says what such a
search finds where there is nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from figures import DRAWS, SEED, machine, table
from numpy.typing import NDArray
from peers import add_option, folder_of
from scene_features import Cabinet, GameSet
from scene_pairs import GAMES

from encoders.vision.reading import load_words
from retrieval.concepts import measurements_of
from retrieval.scene import brief_from
from retrieval.scene_ranking import scene_scores
from retrieval.snapshot import snapshot_of
from ui.compose import App
from ui.settings import load_settings

STRENGTHS = (0.3, 3.0, 30.0)  # beside games that weigh one each
SEEN = ("feeling and light", "settings", "EfficientNet", "DINOv2", "all")
HEARD = ("measurements", "tags", "embeddings", "all")
EFFICIENTNET, DINOV2 = slice(0, 1280), slice(1280, 1664)
PARTS = 24
DEALS = 6
LEAST = 5  # pictures, for a game to count

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Views:
    """One game: pictures by kind of features, tracks by kind of features, true rows of each picture."""

    name: str
    seen: Mapping[str, Array]
    heard: Mapping[str, Array]
    truths: tuple[tuple[int, ...], ...]
    brief: Array

    def dealt(self, rng: np.random.Generator) -> Views:
        """Return the same game with its tracks exchanged among one another."""
        order = rng.permutation(self.brief.shape[1])
        truths = tuple(tuple(int(order[row]) for row in rows) for rows in self.truths)
        return Views(self.name, self.seen, self.heard, truths, self.brief)


def views_of(game: GameSet) -> Views:
    snapshot = snapshot_of(game.tracks, revision=0)
    brief = np.stack([scene_scores(snapshot, brief_from(scene.seen)) for scene in game.scenes]).astype(float)
    light = np.array([_feeling_and_light(scene.seen) for scene in game.scenes])
    words = [word for word, _ in load_words()]
    settings = np.array([[dict(scene.seen.settings).get(word, 0.0) for word in words] for scene in game.scenes])
    features = np.stack([scene.features for scene in game.scenes])
    told = [measurements_of(track) for track in game.tracks]
    names = sorted({name for each in told for name in each})
    columns = np.array([[each.get(name, np.nan) for name in names] for each in told])
    columns = np.where(np.isnan(columns), np.nanmean(columns, axis=0), columns)
    is_tag = np.array([":" in name for name in names])
    seen = {
        "feeling and light": light,
        "settings": settings,
        "EfficientNet": features[:, EFFICIENTNET],
        "DINOv2": features[:, DINOV2],
        "all": np.concatenate([light, settings, features * 3], axis=1),
    }
    parts = {"measurements": columns[:, ~is_tag], "tags": columns[:, is_tag], "embeddings": game.sound}
    heard = {name: _standard(part) for name, part in parts.items()}
    heard["all"] = np.concatenate([part / np.sqrt(part.shape[1]) for part in heard.values()], axis=1)
    return Views(game.name, seen, heard, tuple(scene.truth for scene in game.scenes), brief)


def _feeling_and_light(seen: object) -> list[float]:
    from encoders.values import VideoAnalysis

    assert isinstance(seen, VideoAnalysis)
    assert seen.feeling is not None
    feeling = (seen.feeling.energy, seen.feeling.valence, seen.feeling.tension)
    return [*feeling, seen.brightness, seen.saturation, seen.warmth, seen.contrast]


def _standard(x: Array) -> Array:
    """Standardise within a game: its style is common to all its tracks and says nothing about any scene."""
    return (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-6)


@dataclass(frozen=True)
class Choice:
    """How a bridge is built: what it sees, what it predicts, strength of the ridge, weight of the brief beside it."""

    seen: str
    heard: str
    strength: float


CHOICES = tuple(Choice(*each) for each in product(SEEN, HEARD, STRENGTHS))


class Bridges:
    """Bridges over one set of games; what does not depend on who chose which track is worked out once."""

    def __init__(self, games: Sequence[Views]) -> None:
        self._games = games
        self._pictures: dict[tuple[str, frozenset[int]], list[Array]] = {}
        self._tracks: dict[tuple[str, frozenset[int]], list[Array]] = {}

    def scores(self, choice: Choice, out: frozenset[int], ask: int, games: Sequence[Views]) -> Array:
        """Return the scores ``(pictures, tracks)`` of game `ask` by a bridge learned from all games but `out`."""
        x, tracks = self._seen(choice.seen, out), self._heard(choice.heard, out)
        learn = [n for n in range(len(games)) if n not in out]
        y = np.concatenate([[tracks[n][list(rows)].mean(axis=0) for rows in games[n].truths] for n in learn])
        weight = np.concatenate([weights(games[n]) for n in learn])
        moment = np.concatenate([x[n] for n in learn]).T * weight
        middle = (weight @ y) / weight.sum()
        inner = moment @ np.concatenate([x[n] for n in learn]) + choice.strength * np.eye(len(moment))
        predicted = x[ask] @ np.linalg.solve(inner, moment @ (y - middle))
        lengths = np.linalg.norm(tracks[ask], axis=1, keepdims=True)
        scores: Array = predicted @ (tracks[ask] / lengths).T
        return scores

    def _seen(self, kind: str, out: frozenset[int]) -> list[Array]:
        """Every game's pictures by the first principal parts of those of the games to learn from, unit variance."""
        if (kind, out) not in self._pictures:
            x = np.concatenate([g.seen[kind] for n, g in enumerate(self._games) if n not in out])
            mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
            axes = _axes((x - mean) / spread)
            size = (((x - mean) / spread) @ axes).std(axis=0)
            self._pictures[kind, out] = [((g.seen[kind] - mean) / spread) @ axes / size for g in self._games]
        return self._pictures[kind, out]

    def _heard(self, kind: str, out: frozenset[int]) -> list[Array]:
        if (kind, out) not in self._tracks:
            axes = _axes(np.concatenate([g.heard[kind] for n, g in enumerate(self._games) if n not in out]))
            self._tracks[kind, out] = [g.heard[kind] @ axes for g in self._games]
        return self._tracks[kind, out]


def _axes(x: Array) -> Array:
    """Return the first principal axes ``(d, at most 24)``."""
    if x.shape[1] <= len(x):
        return np.linalg.eigh(x.T @ x)[1][:, ::-1][:, :PARTS]
    values, vectors = np.linalg.eigh(x @ x.T)
    axes: Array = (x.T @ vectors[:, ::-1][:, :PARTS]) / np.sqrt(values[::-1][:PARTS])
    return axes


def weights(views: Views) -> Array:
    """Every game weighs one, in it every track alike: pictures that share their music share its weight."""
    counts: dict[tuple[int, ...], int] = {}
    for rows in views.truths:
        counts[rows] = counts.get(rows, 0) + 1
    return np.array([1 / counts[rows] / len(counts) for rows in views.truths])


def normalised_ranks(scores: Array, truths: Sequence[tuple[int, ...]]) -> Array:
    """Return each picture's figure: ties averaged, of several true tracks the mean."""
    places = ((scores[:, None, :] > scores[:, :, None]).sum(axis=2)).astype(float)
    places += 0.5 * ((scores[:, None, :] == scores[:, :, None]).sum(axis=2) - 1)
    places /= scores.shape[1] - 1
    return np.array([places[n, list(rows)].mean() for n, rows in enumerate(truths)])


def standardised(scores: Array) -> Array:
    spread: Array = (scores - scores.mean(axis=1, keepdims=True)) / (scores.std(axis=1, keepdims=True) + 1e-9)
    return spread


def evaluate(games: Sequence[Views], bridges: Bridges) -> dict[str, list[Array]]:
    """Return, per ranker, the figures of every picture of every game, each game by what never saw it."""
    found: dict[str, list[Array]] = {"brief": [], "bridge": [], "both": []}
    for n, views in enumerate(games):
        others = [m for m in range(len(games)) if m != n]
        inner = [
            [normalised_ranks(bridges.scores(c, frozenset({n, m}), m, games), games[m].truths).mean() for m in others]
            for c in CHOICES
        ]
        scores = bridges.scores(CHOICES[int(np.argmin(np.mean(inner, axis=1)))], frozenset({n}), n, games)
        found["brief"].append(normalised_ranks(views.brief, views.truths))
        found["bridge"].append(normalised_ranks(scores, views.truths))
        found["both"].append(normalised_ranks(standardised(views.brief) + standardised(scores), views.truths))
    return found


def total(figures: Sequence[Array]) -> tuple[float, float, float]:
    """Return the mean of the games' means with its interval over games."""
    means = np.array([each.mean() for each in figures])
    rng = np.random.default_rng(SEED)
    draws = means[rng.integers(len(means), size=(DRAWS, len(means)))].mean(axis=1)
    return float(means.mean()), *(float(q) for q in np.percentile(draws, [2.5, 97.5]))


def fixed(games: Sequence[Views], bridges: Bridges) -> list[list[object]]:
    """Return a row for every kind of bridge with one strength, nothing chosen: where a signal would show."""
    rows: list[list[object]] = []
    for seen, heard in product(SEEN, HEARD):
        choice = Choice(seen, heard, STRENGTHS[1])
        figures = [
            normalised_ranks(bridges.scores(choice, frozenset({n}), n, games), views.truths)
            for n, views in enumerate(games)
        ]
        mean, low, high = total(figures)
        rows.append([seen, heard, f"{mean:.3f}", f"[{low:.2f}, {high:.2f}]"])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_option(parser)
    parser.add_argument("--packages", type=Path, required=True, help="folder of the unpacked packages")
    parser.add_argument("--keep", type=Path, required=True, help="folder that keeps the analyses for the next run")
    parser.add_argument("--data-dir", type=Path, help="where the models lie (default: the user's data folder)")
    options = parser.parse_args()
    app = App(load_settings(options.data_dir))
    cabinet = Cabinet(app, options.packages, options.keep)
    try:
        sets = [cabinet.game(name) for name in GAMES]
        if options.shared:
            sets += cabinet.given(folder_of(options, "scene_music_pairs"), folder_of(options, "debian_music"))
    finally:
        cabinet.close()
        app.close()
    sets = [each for each in sets if len(each.scenes) >= LEAST]
    games = [views_of(each) for each in sets]
    bridges = Bridges(games)
    found = evaluate(games, bridges)
    print(f"{machine()}; seed {SEED}; each game by a bridge that never saw it")
    rows: list[list[object]] = []
    for n, (game, views) in enumerate(zip(sets, games, strict=True)):
        figures = [f"{found[kind][n].mean():.2f}" for kind in found]
        meant = len({row for rows_ in views.truths for row in rows_})
        rows.append([game.name, len(views.truths), len(game.tracks), meant, *figures])
    totals = [total(found[kind]) for kind in found]
    rows.append(
        [
            "all games alike",
            sum(len(g.truths) for g in games),
            "",
            "",
            *(f"{m:.3f} [{a:.2f}, {b:.2f}]" for m, a, b in totals),
        ]
    )
    print(table(["game", "pictures", "tracks", "tracks meant", *found], rows))
    print(table(["sees", "predicts", "mean rank", "95 % interval"], fixed(games, bridges)))
    rng = np.random.default_rng(SEED)
    luck = [{k: total(v)[0] for k, v in evaluate([g.dealt(rng) for g in games], bridges).items()} for _ in range(DEALS)]
    for kind in found:
        low, high = np.percentile([each[kind] for each in luck], [2.5, 97.5])
        print(f"{kind}: tracks dealt anew {DEALS} times end in [{low:.2f}, {high:.2f}]")


if __name__ == "__main__":
    main()
