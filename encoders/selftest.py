"""The gate that an encoder passes before it is used: deterministic, finite, unit length, not collapsed, tells apart.

Published checkpoints have failed each of these: a text tower whose vectors are all the same, a pipeline that crops at
random, weights that load with half the names missing. The probes are made by formula, so a verdict is repeatable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from encoders.errors import SelfTestError
from encoders.protocols import FrameEncoder, Image, MusicEncoder, TextEncoder
from encoders.values import FloatArray, Space

MAX_DRIFT = 1e-5  # between two runs over the same probes
MAX_NORM_ERROR = 1e-3
MAX_COSINE = 0.995  # between any two different probes
MIN_MARGIN = 0.01  # cosine within a class of probes minus cosine between the classes
PROBE_S = 12.0

TEXT_PROBES = (
    "a slow sad piano piece",
    "fast aggressive heavy metal with distorted guitars",
    "a choir sings in a church",
    "electronic dance music with a strong beat",
    "waves on a beach at night",
    "the invoice is due on Friday",
    "",
)
PARAPHRASES = (
    ("sad piano", "a sad piano piece", "music: sad piano"),
    ("fast heavy metal", "a fast heavy metal song", "music: fast heavy metal"),
    ("ocean waves at night", "the sound of ocean waves at night", "music: ocean waves at night"),
    ("children singing", "a song with children singing", "music: children singing"),
)
COLOURS = (("red", (220, 30, 30)), ("green", (30, 180, 60)), ("blue", (30, 60, 220)), ("black", (5, 5, 5)))


@dataclass(frozen=True, slots=True)
class Check:
    """One figure against its limit; without `passed` it is only reported."""

    name: str
    value: float
    limit: float
    passed: bool | None


@dataclass(frozen=True, slots=True)
class GateReport:
    """All checks of an accepted encoder."""

    space: Space
    checks: tuple[Check, ...]

    def __str__(self) -> str:
        figures = ", ".join(f"{check.name} {check.value:.4f}" for check in self.checks)
        return f"{self.space.id} ({self.space.encoder}, {self.space.dim}-d): {figures}"


def gate_text(encoder: TextEncoder) -> GateReport:
    """Accept a text encoder or raise SelfTestError; one wish in other words must stay nearer than other wishes do."""
    checks = _basic(encoder.space, lambda: encoder.encode(TEXT_PROBES))
    said = encoder.encode([wording for wordings in PARAPHRASES for wording in wordings], "query")
    wishes = np.repeat(np.arange(len(PARAPHRASES)), [len(wordings) for wordings in PARAPHRASES])
    return _accept(encoder.space, [*checks, _margin("same wish in other words", said, wishes, 0.0)])


def gate_pictures(text: TextEncoder, frames: FrameEncoder) -> GateReport:
    """Accept a joint encoder of texts and pictures: both gates, and colours must lie nearer to their own names."""
    return _accept_joint([gate_text(text), gate_frames(frames)], frame_alignment(text, frames))


def gate_songs(text: TextEncoder, music: MusicEncoder) -> GateReport:
    """Accept a joint encoder of texts and music: both gates, and sounds must lie nearer to their own names."""
    return _accept_joint([gate_text(text), gate_music(music)], music_alignment(text, music))


def gate_music(encoder: MusicEncoder) -> GateReport:
    """Accept a music encoder or raise SelfTestError; chords and drums made by formula must be told apart."""
    rate = encoder.sample_rate_hz
    chords = [_chord(rate, root) for root in (110.0, 146.8, 220.0)]
    drums = [_drums(rate, bpm) for bpm in (90.0, 120.0, 150.0)]
    sounds = [*chords, *drums]
    vectors = np.stack([encoder.encode(sound) for sound in sounds])
    checks = _basic(encoder.space, lambda: np.stack([encoder.encode(sound) for sound in sounds]), vectors)
    kinds = np.repeat([0, 1], [len(chords), len(drums)])
    return _accept(encoder.space, [*checks, _margin("chords and drums apart", vectors, kinds)])


def gate_frames(encoder: FrameEncoder) -> GateReport:
    """Accept a frame encoder or raise SelfTestError; stripes and blobs made by formula must be told apart."""
    frames = [_stripes(period) for period in (4, 6, 8)] + [_blob(size) for size in (30, 45, 60)]
    vectors = encoder.encode(frames)
    checks = _basic(encoder.space, lambda: encoder.encode(frames), vectors)
    return _accept(encoder.space, [*checks, _margin("stripes and blobs apart", vectors, np.repeat([0, 1], 3))])


def frame_alignment(text: TextEncoder, frames: FrameEncoder) -> Check:
    """How much nearer plain colours lie to their own names than to others; a figure, not a verdict.

    Raises:
        SelfTestError: The two do not share a space.
    """
    _same_space(text.space, frames.space)
    names = text.encode([f"a plain {name} picture" for name, _ in COLOURS])
    pictures = frames.encode([np.full((64, 64, 3), colour, dtype=np.uint8) for _, colour in COLOURS])
    return _alignment(names, pictures)


def music_alignment(text: TextEncoder, music: MusicEncoder) -> Check:
    """How much nearer a chord and drums lie to their own names than to each other's; a figure, not a verdict."""
    _same_space(text.space, music.space)
    names = text.encode(["a sustained organ chord", "a drum beat without any melody"])
    sounds = [_chord(music.sample_rate_hz, 146.8), _drums(music.sample_rate_hz, 120.0)]
    return _alignment(names, np.stack([music.encode(sound) for sound in sounds]))


def _same_space(one: Space, other: Space) -> None:
    if one != other:
        raise SelfTestError(f"{one.id} and {other.id} are different spaces, so their vectors cannot be compared")


def _alignment(names: FloatArray, things: FloatArray) -> Check:
    cosines = names @ things.T
    own = float(np.diag(cosines).mean())
    others = float(cosines[~np.eye(len(cosines), dtype=bool)].mean())
    return Check("alignment", own - others, 0.0, None)


def _basic(space: Space, encode: Callable[[], FloatArray], first: FloatArray | None = None) -> list[Check]:
    one = encode() if first is None else first
    if one.ndim != 2 or one.shape[1] != space.dim or not np.isfinite(one).all():
        raise SelfTestError(f"{space.id} was refused: probes gave shape {one.shape} or values that are not finite")
    drift = float(np.abs(one - encode()).max())
    error = float(np.abs(np.linalg.norm(one, axis=1) - 1.0).max())
    cosines = one @ one.T
    nearest = float(cosines[~np.eye(len(one), dtype=bool)].max())
    return [
        Check("drift between two runs", drift, MAX_DRIFT, drift <= MAX_DRIFT),
        Check("error of length", error, MAX_NORM_ERROR, error <= MAX_NORM_ERROR),
        Check("largest cosine of two probes", nearest, MAX_COSINE, nearest <= MAX_COSINE),
    ]


def _margin(name: str, vectors: FloatArray, kinds: NDArray[np.int64], least: float = MIN_MARGIN) -> Check:
    """Mean cosine of probes of the same kind, less that of probes of different kinds."""
    cosines = vectors @ vectors.T
    same = kinds[:, None] == kinds[None, :]
    other = ~same
    np.fill_diagonal(same, False)
    margin = float(cosines[same].mean() - cosines[other].mean())
    return Check(name, margin, least, margin >= least)


def _accept_joint(parts: Sequence[GateReport], alignment: Check) -> GateReport:
    judged = replace(alignment, passed=alignment.value > alignment.limit)
    return _accept(parts[0].space, [*(check for part in parts for check in part.checks), judged])


def _accept(space: Space, checks: Sequence[Check]) -> GateReport:
    for check in checks:
        if check.passed is False:
            raise SelfTestError(
                f"{space.id} was refused: {check.name} is {check.value:.4g}, the limit is {check.limit:.4g}; "
                "choose other weights"
            )
    return GateReport(space, tuple(checks))


def _chord(rate: int, root_hz: float) -> FloatArray:
    """Hold a major triad of decaying harmonics."""
    t = np.arange(int(PROBE_S * rate)) / rate
    tones = [root_hz * ratio for ratio in (1.0, 5 / 4, 3 / 2)]
    sound = sum(np.sin(2 * np.pi * tone * k * t) / k for tone in tones for k in range(1, 6))
    return (0.1 * np.asarray(sound)).astype(np.float32)


def _drums(rate: int, bpm: float) -> FloatArray:
    """Bursts of noise on the beat; the noise is a fixed sequence."""
    t = np.arange(int(PROBE_S * rate)) / rate
    noise = np.random.default_rng(7).uniform(-1.0, 1.0, t.size)
    since_beat = t % (60.0 / bpm)
    return (0.8 * noise * np.exp(-since_beat / 0.03)).astype(np.float32)


def _stripes(period: int) -> Image:
    x = np.arange(128) % period < period // 2
    rows = np.tile(np.where(x, 255, 0), (128, 1)).astype(np.uint8)
    return np.repeat(rows[:, :, None], 3, axis=2)


def _blob(size: int) -> Image:
    y, x = np.mgrid[-64:64, -64:64]
    light = np.exp(-(x**2 + y**2) / (2.0 * size**2))
    picture: Image = (light[:, :, None] * np.array([240, 160, 60])).astype(np.uint8)
    return picture
