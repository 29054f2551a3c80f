"""A clip's curve of feeling, and the stretches of one mood it falls into.

Per step: energy grows with motion and with the cuts around it, and starts from what the picture alone conveys; valence
and tension are the picture's, tension a little higher where it moves. Neighbouring steps are merged, the most alike
first (agglomerative, as in Ward, 1963), until the rest differ clearly; a hard cut makes a border likelier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from encoders.values import Feeling, Moment, VideoAnalysis
from retrieval.values import AffectPoint

MAX_POINTS = 120
MAX_PARTS = 8
_SHORTEST_S = 3.0
_ALIKE = 0.15  # stretches closer than this are one
_CUT_WORTH = 0.03  # so much farther apart do two sides of a cut count
_AROUND_S = 5.0  # cuts are counted within this much of an instant
_HALF_MOTION, _HALF_CUTS, _HALF_SPEED, _HALF_BEATS = 0.4, 35.0, 0.5, 400.0  # each alone makes half of the pace
_STEADY = 0.5  # confidence from which a rhythm was truly seen
_SCALE = np.array([1.0, 0.5, 1.0])  # valence spans twice the range of the others

Floats = NDArray[np.float64]
Mark = TypeVar("Mark", bool, int)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a clip with its mean feeling."""

    start_s: float
    end_s: float
    feeling: Feeling


def pace_of(video: VideoAnalysis, motion: float | None = None, cut_rate: float | None = None) -> float:
    """Return how busy a clip is, in [0, 1]: 0 when nothing moves; what is there adds up and wears off.

    `motion` in [0, 1] and `cut_rate` in cuts a minute may be those of one moment; camera and beat are the clip's.
    """
    motion = video.motion if motion is None else motion
    cut_rate = video.cut_rate if cut_rate is None else cut_rate
    steady = (steady_beat(video) or 0.0) / _HALF_BEATS + _camera_speed(video) / _HALF_SPEED
    return float(1.0 - 0.5 ** (motion / _HALF_MOTION + cut_rate / _HALF_CUTS + steady))


def steady_beat(video: VideoAnalysis) -> float | None:
    """Return the beats a minute of a rhythm in the picture that can be relied on, if there is one."""
    rhythm = video.rhythm
    steady = rhythm is not None and rhythm.confidence >= _STEADY
    return rhythm.value if rhythm is not None and steady else None


def _camera_speed(video: VideoAnalysis) -> float:
    """Return how fast the camera moves, in views a second; what it sees may change no faster than wholly."""
    camera = video.camera
    return 0.0 if camera is None else float(np.linalg.norm((camera.pan, camera.tilt, camera.zoom)))


def feeling_of(picture: Feeling, pace: float) -> Feeling:
    """Return the feeling of something that moves at a pace in [0, 1], from that of its picture."""
    return Feeling(
        energy=float(np.clip(0.35 * picture.energy + 0.05 + 0.7 * pace, 0.0, 1.0)),
        valence=picture.valence,
        tension=float(np.clip(picture.tension + 0.2 * (pace - 0.3), 0.0, 1.0)),
    )


def light_feeling(brightness: float, saturation: float, warmth: float) -> Feeling:
    """Return what light and colour alone convey, for when no network looked: bright, colourful and warm is glad."""
    valence = 1.4 * (brightness - 0.4) + 0.6 * (saturation - 0.3) + 0.4 * (warmth - 0.5)
    dark = 1.0 - brightness
    return Feeling(
        float(np.clip(0.3 + 0.3 * saturation, 0, 1)), float(np.clip(valence, -1, 1)), float(np.clip(0.6 * dark, 0, 1))
    )


def curve_of(video: VideoAnalysis) -> tuple[AffectPoint, ...]:
    """Return the feeling step by step, at most 120 steps; empty for a still."""
    stride = -(-len(video.moments) // MAX_POINTS) if video.moments else 1
    cuts = [shot.start_s for shot in video.shots[1:]]
    points = []
    for first in range(0, len(video.moments), stride):
        group = video.moments[first : first + stride]
        feelings = [_of_moment(moment, cuts, video) for moment in group]
        mean = np.mean([(f.energy, f.valence, f.tension) for f in feelings], axis=0)
        energy, valence, tension = (float(value) for value in mean)
        points.append(
            AffectPoint(
                group[0].start_s,
                energy,
                valence,
                tension,
                faces=_most([m.faces for m in group]),
                speech=_most([m.speech for m in group]),
                singing=_most([m.singing for m in group]),
                music=_most([m.music for m in group]),
            )
        )
    return tuple(points)


def _most(marks: list[Mark | None]) -> Mark | None:
    """Return the largest of what is known; of yes and no, yes."""
    return max((mark for mark in marks if mark is not None), default=None)


def _of_moment(moment: Moment, cuts: list[float], video: VideoAnalysis) -> Feeling:
    picture = moment.feeling or light_feeling(moment.brightness, moment.saturation, moment.warmth)
    early, late = max(0.0, moment.start_s - _AROUND_S), min(video.duration_s, moment.start_s + _AROUND_S)
    near = sum(early <= cut_s <= late for cut_s in cuts)
    around = near * 60.0 / max(late - early, 1.0)
    # Where only parts of the clip were decoded, not every cut was seen: the clip's own rate fills in.
    return feeling_of(picture, pace_of(video, moment.motion, max(around, 0.5 * video.cut_rate)))


def stretches_of(curve: tuple[AffectPoint, ...], video: VideoAnalysis) -> tuple[Stretch, ...]:
    """Return one to eight stretches that cover the clip in order; none for a still."""
    if not curve:
        return ()
    edges = [*(point.start_s for point in curve), video.duration_s]
    cuts = np.array([shot.start_s for shot in video.shots[1:]])
    parts = [_Part(edges[n], edges[n + 1], np.array(_numbers(point))) for n, point in enumerate(curve)]
    while len(parts) > 1:
        apart = [_apart(parts[n], parts[n + 1], cuts) for n in range(len(parts) - 1)]
        n = int(np.argmin(apart))
        if apart[n] > _ALIKE and len(parts) <= MAX_PARTS:
            break
        parts[n : n + 2] = [_joined(parts[n], parts[n + 1])]
    return tuple(Stretch(p.start_s, p.end_s, Feeling(*(float(value) for value in p.mean))) for p in parts)


@dataclass(frozen=True, slots=True)
class _Part:
    start_s: float
    end_s: float
    mean: Floats


def _numbers(point: AffectPoint) -> tuple[float, float, float]:
    return point.energy, point.valence, point.tension


def _apart(one: _Part, other: _Part, cuts: Floats) -> float:
    """Distance of two neighbours; one that is too short for music of its own counts as near."""
    distance = float(np.linalg.norm((one.mean - other.mean) * _SCALE))
    cut = len(cuts) > 0 and bool((np.abs(cuts - one.end_s) <= 0.5).any())
    short = min(one.end_s - one.start_s, other.end_s - other.start_s) < _SHORTEST_S
    return (distance + _CUT_WORTH * cut) * (0.1 if short else 1.0)


def _joined(one: _Part, other: _Part) -> _Part:
    long, more = one.end_s - one.start_s, other.end_s - other.start_s
    return _Part(one.start_s, other.end_s, (one.mean * long + other.mean * more) / max(long + more, 1e-9))
