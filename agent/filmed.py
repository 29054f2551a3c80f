"""Clips that music is to be made for: what was seen in them, as a request carries it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

from agent.generation.material import MAX_CUTS, Film, FilmCut, FilmPlace
from agent.generation.values import MAX_DURATION_S, MIN_DURATION_S, GenerationRequest, InvalidRequestError
from catalog.films import FilmId
from retrieval.film.desk import FilmDesk
from retrieval.values import SceneBrief
from retrieval.video import VideoSuggester

_KEPT = 16


class Filmed:
    """Looks at the clip of a request and writes its course into it; the last clips are looked at once.

    Args:
        suggester: the one that looks.
    """

    def __init__(self, suggester: VideoSuggester) -> None:
        self._suggester = suggester
        self._seen: OrderedDict[tuple[str, int], SceneBrief] = OrderedDict()
        self._lock = threading.Lock()

    def written(self, request: GenerationRequest, *, length_said: bool) -> GenerationRequest:
        """Return the request with the course of its clip; where no length was said, the piece is as long as the clip.

        Raises:
            InvalidRequestError: the clip is gone.
            MediaError: it cannot be looked at.
        """
        if request.video is None or request.film is not None:
            return request
        brief = self._look(request.video.existing())
        film = film_of(brief)
        if film is None:
            return request
        end_s = max((segment.end_s for segment in brief.segments), default=film.step_s * len(film.energy))
        length_s = min(max(end_s, MIN_DURATION_S), MAX_DURATION_S)
        return replace(request, film=film, duration_s=request.duration_s if length_said else length_s)

    def _look(self, path: Path) -> SceneBrief:
        key = (str(path), path.stat().st_mtime_ns)
        with self._lock:  # a brief is asked for while it is typed: one look serves them all
            if key not in self._seen:
                self._seen[key] = self._suggester.look(path)
                while len(self._seen) > _KEPT:
                    self._seen.popitem(last=False)
            return self._seen[key]


def written_for(
    request: GenerationRequest, desk: FilmDesk, film_id: FilmId, span: tuple[float, float] | None, *, length_said: bool
) -> GenerationRequest:
    """Return the request with the course of a film on the video desk, or (`span`, in seconds) of a stretch of it.

    Where no length was said, the piece is as long as the stretch.

    Raises:
        NotFoundError: there is no such film.
        InvalidRequestError: the stretch does not lie within it.
    """
    film, timeline = desk.get(film_id)
    start_s, end_s = span or (0.0, film.duration_s)
    if not 0 <= start_s < end_s or end_s > film.duration_s + 0.1:
        raise InvalidRequestError(
            f"{start_s:g} to {end_s:g} s is no stretch of a film of {film.duration_s:.1f} s; name one within it"
        )
    course = film_of(desk.brief(timeline, None if span is None else (start_s, end_s)))
    if course is not None:
        course = replace(course, place=FilmPlace(film.id, film.name, start_s, end_s))
    length_s = min(max(end_s - start_s, MIN_DURATION_S), MAX_DURATION_S)
    return replace(request, film=course, duration_s=request.duration_s if length_said else length_s)


def film_of(brief: SceneBrief) -> Film | None:
    """Return the course of a clip that was looked at; None for a still."""
    if not brief.curve:
        return None
    starts = [point.start_s for point in brief.curve]
    step_s = (starts[-1] - starts[0]) / (len(starts) - 1) if len(starts) > 1 else 1.0
    strengths = [1.0 if _near_change(brief, at) else 0.6 for at in brief.cuts_s]
    return Film(
        step_s,
        tuple(round(point.energy, 3) for point in brief.curve),
        tuple(round(point.valence, 3) for point in brief.curve),
        tuple(round(point.tension, 3) for point in brief.curve),
        tuple(
            FilmCut(round(at, 3), strength) for at, strength in zip(brief.cuts_s[:MAX_CUTS], strengths, strict=False)
        ),
    )


def _near_change(brief: SceneBrief, time_s: float) -> bool:
    """Whether a stretch of another feeling begins there."""
    return any(abs(segment.start_s - time_s) < 1.0 for segment in brief.segments[1:])
