"""Where a picture plays and how it feels: setting words, energy, valence and tension out of one network's answer.

Settings: what the recognised classes say (``settings.toml``) plus a linear head on the network's features, so that
scenery without an ImageNet class of its own (sky, night, a field) is told, too. Energy, valence and tension: a linear
head on the log probabilities, the settings' evidence and eleven statistics of colour and light. Both heads are ridge
regressions (Hoerl and Kennedy, 1970) on pictures labelled by eye; ``docs/picture_model.md`` is their card.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files

import numpy as np

from encoders.protocols import Image
from encoders.values import FloatArray
from encoders.vision.pixels import LUMA, thumb

HEADS = "reading.npz"
AFFECTS = ("energy", "valence", "tension")
_LOWEST = np.array([0.0, -1.0, 0.0], dtype=np.float32)
_TINY_CLASS, _TINY_SETTING = 1e-4, 1e-3  # below these, a probability is noise


@dataclass(frozen=True, slots=True)
class Reading:
    """Of n pictures: setting scores ``(n, len(words))``, about 0 to 1, and (energy, valence, tension) ``(n, 3)``."""

    words: tuple[str, ...]
    settings: FloatArray
    affect: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """Linear heads: ``x @ weights + bias`` for settings ``(1280, m)`` and affect ``(1000 + m + 11, 3)``."""

    settings_weights: FloatArray
    settings_bias: FloatArray
    affect_weights: FloatArray
    affect_bias: FloatArray


@lru_cache(maxsize=1)
def load_words() -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return each setting word with its ImageNet classes."""
    text = files("encoders.vision").joinpath("settings.toml").read_text(encoding="utf-8")
    return tuple((word, _classes(spans)) for word, spans in tomllib.loads(text).items())


def _classes(spans: str) -> tuple[int, ...]:
    found: set[int] = set()
    for span in spans.split():
        first, _, last = span.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return tuple(sorted(found))


@lru_cache(maxsize=1)
def load_heads() -> Heads:
    """Read the heads that ship with the package (made by ``tests/benchmarks/picture_brief.py --write``)."""
    with as_file(files("encoders.vision").joinpath(HEADS)) as path, np.load(path, allow_pickle=False) as stored:
        return Heads(*(stored[name].astype(np.float32) for name in Heads.__slots__))


def read_pictures(
    pictures: list[Image], probabilities: FloatArray, features: FloatArray, heads: Heads | None = None
) -> Reading:
    """Read n >= 1 pictures from the network's ``probabilities (n, 1000)`` and ``features (n, 1280)``."""
    heads = heads or load_heads()
    evidence = setting_evidence(probabilities)
    settings = unit_features(features) @ heads.settings_weights + heads.settings_bias + evidence
    affect = affect_inputs(pictures, probabilities) @ heads.affect_weights + heads.affect_bias
    words = tuple(word for word, _ in load_words())
    return Reading(words, settings.astype(np.float32), np.clip(affect, _LOWEST, 1.0).astype(np.float32))


def unit_features(features: FloatArray) -> FloatArray:
    """Scale each row to unit length."""
    unit: FloatArray = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9)
    return unit


def setting_evidence(probabilities: FloatArray) -> FloatArray:
    """Return the summed probability of each setting's classes, ``(n, m)``."""
    return np.stack([probabilities[:, list(classes)].sum(axis=1) for _, classes in load_words()], axis=1)


def affect_inputs(pictures: list[Image], probabilities: FloatArray) -> FloatArray:
    """Return what the affect head sees, ``(n, 1000 + m + 11)``."""
    classes = np.log(probabilities + _TINY_CLASS)
    settings = np.log(setting_evidence(probabilities) + _TINY_SETTING)
    light = np.stack([light_statistics(picture) for picture in pictures])
    return np.concatenate([classes, settings, light], axis=1).astype(np.float32)


def light_statistics(picture: Image) -> FloatArray:
    """Eleven numbers of a picture's light and colour.

    Mean luma, saturation, warmth, contrast, edges, colourfulness (Hasler and Suesstrunk, 2003), share of near black and
    of near white, green above the other channels, how much lighter the upper half is, saturation of what is lit.
    """
    pixels = thumb(picture)
    luma = pixels @ LUMA
    flat = pixels.reshape(-1, 3)
    high, low = flat.max(axis=1), flat.min(axis=1)
    saturation = (high - low) / np.maximum(high, 1e-6)
    red, green, blue = flat.mean(axis=0)
    edges = np.abs(np.diff(luma, axis=1)).mean() + np.abs(np.diff(luma, axis=0)).mean()
    red_green, yellow_blue = flat[:, 0] - flat[:, 1], (flat[:, 0] + flat[:, 1]) / 2 - flat[:, 2]
    spread, offset = np.hypot(red_green.std(), yellow_blue.std()), np.hypot(red_green.mean(), yellow_blue.mean())
    middle = len(luma) // 2
    return np.array(
        [
            luma.mean(),
            saturation.mean(),
            0.5 + 0.5 * (red - blue) / max(red + blue, 1e-6),
            2 * luma.std(),
            edges,
            spread + 0.3 * offset,
            (luma < 0.15).mean(),
            (luma > 0.85).mean(),
            green - (red + blue) / 2,
            luma[:middle].mean() - luma[middle:].mean(),
            (saturation * high).mean(),
        ],
        dtype=np.float32,
    )
