"""What is known of a film, as the catalogue keeps it; a stretch of it as a clip of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise

import numpy as np
from pydantic import TypeAdapter

from encoders.media.video import read_analysis
from encoders.values import Cut, Feeling, Footage, Moment, Shot, VideoAnalysis
from retrieval.values import Picture, SceneBrief

_CUTS = TypeAdapter(tuple[Cut, ...])
_FLOATS = TypeAdapter(tuple[float, ...])
_PICTURE = TypeAdapter(Picture | None)


@dataclass(frozen=True, slots=True)
class Timeline:
    """`Footage` as it is kept: the analysis has no embeddings, `picture` is what a tri-modal model reads of it."""

    analysis: VideoAnalysis
    cuts: tuple[Cut, ...]
    exact: bool
    thumbnails_s: tuple[float, ...]
    thumbnail_width: int
    thumbnail_height: int
    level_step_s: float
    levels_db: tuple[float, ...]
    picture: Picture | None = None

    @property
    def shots(self) -> tuple[Shot, ...]:
        """Return the stretches between the cuts."""
        edges = [0.0, *(cut.time_s for cut in self.cuts if 0 < cut.time_s < self.analysis.duration_s)]
        ends = [*edges[1:], self.analysis.duration_s]
        return tuple(Shot(start_s, end_s) for start_s, end_s in zip(edges, ends, strict=True))

    def cuts_within(self, start_s: float, end_s: float) -> tuple[Cut, ...]:
        """Return the cuts inside a segment, their times from its start on."""
        return tuple(Cut(c.time_s - start_s, c.strength) for c in self.cuts if start_s + 0.02 < c.time_s < end_s - 0.02)

    def text(self) -> str:
        """Return the JSON text that `read_timeline` reads."""
        body = asdict(replace(self, analysis=replace(self.analysis, embeddings={})))
        del body["analysis"]["embeddings"]
        return json.dumps(body, allow_nan=False)


def timeline_of(footage: Footage, brief: SceneBrief) -> Timeline:
    """Return what is kept of a clip that was looked at."""
    return Timeline(
        replace(footage.analysis, embeddings={}),
        footage.cuts,
        footage.exact,
        footage.thumbnails_s,
        footage.thumbnail_width,
        footage.thumbnail_height,
        footage.level_step_s,
        footage.levels_db,
        brief.picture,
    )


def read_timeline(text: str) -> Timeline:
    """Return a timeline from its JSON text."""
    body = json.loads(text)
    return Timeline(
        analysis=read_analysis(body["analysis"]),
        cuts=_CUTS.validate_python(body["cuts"]),
        exact=bool(body["exact"]),
        thumbnails_s=_FLOATS.validate_python(body["thumbnails_s"]),
        thumbnail_width=int(body["thumbnail_width"]),
        thumbnail_height=int(body["thumbnail_height"]),
        level_step_s=float(body["level_step_s"]),
        levels_db=_FLOATS.validate_python(body["levels_db"]),
        picture=_PICTURE.validate_python(body["picture"]),
    )


def excerpt(timeline: Timeline, start_s: float, end_s: float) -> VideoAnalysis:
    """Return the analysis of a stretch of the film as if it were a clip of its own, its time counted from 0.

    What is only known of the whole (recognised things, camera) stays as it is; a rhythm of the picture does not.
    """
    whole = timeline.analysis
    inside = _inside(whole.moments, start_s, end_s)
    if not inside:
        return whole
    length_s = end_s - start_s
    cuts = timeline.cuts_within(start_s, end_s)
    edges = [0.0, *(cut.time_s for cut in cuts), length_s]
    return replace(
        whole,
        duration_s=length_s,
        sample_times_s=tuple(t - start_s for t in whole.sample_times_s if start_s <= t < end_s),
        brightness=_mean([m.brightness for m in inside]),
        saturation=_mean([m.saturation for m in inside]),
        warmth=_mean([m.warmth for m in inside]),
        motion=_mean([m.motion for m in inside]),
        cut_rate=len(cuts) * 60.0 / length_s if timeline.exact else whole.cut_rate,
        settings=_settings(inside),
        feeling=_feeling(inside),
        moments=tuple(replace(m, start_s=max(0.0, m.start_s - start_s)) for m in inside),
        shots=tuple(Shot(a, b) for a, b in pairwise(edges)),
        rhythm=None,
        speech=_share([m.speech for m in inside]),
        singing=_share([m.singing for m in inside]),
        music=_share([m.music for m in inside]),
        faces=max((m.faces for m in inside if m.faces is not None), default=None),
        marks=(),
    )


def _inside(moments: Sequence[Moment], start_s: float, end_s: float) -> list[Moment]:
    found = [m for m in moments if start_s <= m.start_s < end_s]
    # A segment that is shorter than a step lies within the last one that began before it.
    return found or [m for m in moments if m.start_s <= start_s][-1:]


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _settings(moments: Sequence[Moment]) -> tuple[tuple[str, float], ...]:
    scores: dict[str, float] = {}
    for moment in moments:
        for word, score in moment.settings:
            scores[word] = scores.get(word, 0.0) + score / len(moments)
    return tuple(sorted(scores.items(), key=lambda each: -each[1])[:8])


def _feeling(moments: Sequence[Moment]) -> Feeling | None:
    known = [(m.feeling.energy, m.feeling.valence, m.feeling.tension) for m in moments if m.feeling is not None]
    return Feeling(*(float(value) for value in np.mean(known, axis=0))) if known else None


def _share(marks: Sequence[bool | None]) -> float | None:
    known = [mark for mark in marks if mark is not None]
    return sum(known) / len(known) if known else None
