"""The video desk: films are opened, get suggestions for the whole or a segment, and offsets for a track under it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from catalog.errors import CueError
from catalog.films import Cue, CueSheet, Film, FilmId, FilmJob, standard_rate
from catalog.ingest.open import UnreadableFileError
from catalog.licences import FILM_LEVELS, FilmTerms, film_terms
from catalog.names import clean
from catalog.store import Catalogue
from catalog.values import Track, TrackId
from encoders.errors import MediaError
from encoders.media.video import SandboxedVideoAnalyzer
from retrieval.constraints import Constraint
from retrieval.errors import QueryError
from retrieval.film.files import CLIP, FilmFiles
from retrieval.film.jobs import FilmJobs
from retrieval.film.matching import Offset, best_offsets, judged
from retrieval.film.onsets import Onsets
from retrieval.film.timeline import Timeline, excerpt, read_timeline, timeline_of
from retrieval.filters import compile_constraints
from retrieval.search import SearchEngine
from retrieval.values import SceneBrief, SearchResult
from retrieval.video import Suggestion, VideoSuggester

LEVELS = (*FILM_LEVELS, "any")
_FADE_IN_S, _FADE_OUT_S = 0.3, 1.5
_CHOICE = 30


@dataclass(frozen=True, slots=True)
class Suggested:
    """Music for a film or a segment; `left_out` counts the tracks that the licence wish alone kept out, by terms."""

    brief: SceneBrief
    result: SearchResult
    left_out: Mapping[FilmTerms, int]


class FilmDesk:
    """Films and everything that is asked of them. Raises NotFoundError for ids that are not there.

    Args:
        catalogue: keeps films and tracks.
        engine: finds tracks.
        suggester: turns what was seen into a question.
        video: looks at clips.
        onsets: the tracks' onset curves.
        files: where clips lie.
        jobs: work in the background.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        engine: SearchEngine,
        suggester: VideoSuggester,
        video: SandboxedVideoAnalyzer,
        onsets: Onsets,
        files: FilmFiles,
        jobs: FilmJobs,
    ) -> None:
        self._catalogue, self._engine, self._suggester, self._video = catalogue, engine, suggester, video
        self._onsets, self._jobs = onsets, jobs
        self.files = files

    def open(self, path: Path, name: str, *, background: bool = True) -> Film:
        """Look at a clip and put it on the desk; its segments are the stretches of one mood, without music yet.

        What would take long (every cut of a long film, a proxy where browsers cannot play it) follows in the
        `background`.

        Raises:
            MediaError: not a clip, or what is wrong with it; nothing is kept.
        """
        film_id = FilmId(secrets.token_hex(16))
        shown = clean(name, 120) or "film"
        clip = self.files.adopt(film_id, path)
        try:
            footage = self._video.survey(clip, self.files.thumbnails(film_id))
            seen = footage.analysis
            if seen.duration_s <= 0:
                raise MediaError(f"{shown!r} does not tell how long it is; save it again as MP4.")
            brief = self._suggester.brief(seen)
            film = Film(
                film_id,
                shown,
                seen.duration_s,
                seen.width,
                seen.height,
                standard_rate(seen.fps),
                seen.has_audio,
                footage.playable,
                footage.media_type,
                timeline_of(footage, brief).text(),
                datetime.now(UTC).replace(tzinfo=None),
            )
            self._catalogue.films.create(film, CueSheet(_segments(brief, film)))
        except BaseException as error:
            self.files.remove(film_id)
            if type(error) is MediaError:
                raise MediaError(str(error).replace(repr(CLIP), repr(shown))) from error
            raise
        if background and not footage.exact:
            self._jobs.start(film_id, "cuts")
        if background and not footage.playable:
            self._jobs.start(film_id, "proxy")
        return film

    def get(self, film_id: FilmId) -> tuple[Film, Timeline]:
        """Return a film and what is known of it by now."""
        film = self._catalogue.films.get(film_id)
        return film, read_timeline(film.timeline)

    def work(self, film_id: FilmId) -> dict[str, FilmJob]:
        """Return the latest work on a film by its kind."""
        return {job.kind: job for job in reversed(self._jobs.of(film_id))}

    def proxy_again(self, film_id: FilmId) -> None:
        """Make what browsers play once more, where the last try failed; a film that plays as it is needs none."""
        film, last = self._catalogue.films.get(film_id), self.work(film_id).get("proxy")
        if not film.playable and (last is None or last.status in {"failed", "cancelled"}):
            self._jobs.start(film_id, "proxy")

    def delete(self, film_id: FilmId) -> None:
        """Forget a film and remove its files; its work is stopped."""
        for job in self._jobs.of(film_id):
            if job.status in {"queued", "running"}:
                self._jobs.cancel(job.id)
        self._catalogue.films.delete(film_id)
        self.files.remove(film_id)

    def brief(self, timeline: Timeline, span: tuple[float, float] | None = None) -> SceneBrief:
        """Return what music a film asks for, or a stretch of it."""
        if span is None:
            return replace(self._suggester.brief(timeline.analysis), picture=timeline.picture)
        return self._suggester.brief(excerpt(timeline, *span))

    def suggest(
        self, film_id: FilmId, segment: int | None = None, text: str = "", licence: str = "film", n: int = 10
    ) -> Suggested:
        """Return tracks for a film or one of its segments; the words of `text` outweigh the picture.

        `licence` is one of `LEVELS`: what may lie under a picture, from the strictest on.
        """
        _, timeline = self.get(film_id)
        found = self._find(timeline, None if segment is None else self.cue(film_id, segment), text, licence, n)
        return Suggested(found.brief, found.result, {} if licence == "any" else self._left_out(text, licence))

    def _find(
        self,
        timeline: Timeline,
        cue: Cue | None,
        text: str,
        licence: str,
        n: int,
        wishes: tuple[Constraint, ...] = (),
    ) -> Suggestion:
        if licence not in LEVELS:
            raise QueryError(f"licence is {licence[:40]!r}; give one of {', '.join(LEVELS)}.")
        brief = self.brief(timeline, None if cue is None else (cue.start_s, cue.end_s))
        if licence != "any":
            wishes = (*wishes, Constraint("licence", "is", licence, "usable in a film"))
        return self._suggester.find(brief, text, n, wishes)

    def offsets(self, film_id: FilmId, track_id: TrackId, segment: int | None, n: int = 5) -> tuple[Offset, ...]:
        """Return where in a track to begin under a segment or (None) the whole film, the best first."""
        cue = self.cue(film_id, segment)
        _, timeline = self.get(film_id)
        cuts = timeline.cuts_within(cue.start_s, cue.end_s)
        return best_offsets(self._onsets.of(track_id), cuts, cue.end_s - cue.start_s, n)

    def fill(self, film_id: FilmId, text: str = "", licence: str = "film") -> CueSheet:
        """Put music under every segment that has none: what fits it best and is long enough, each piece once.

        Each begins where its onsets meet the cuts best. A segment that nothing fits stays as it is.
        """
        sheet = self._catalogue.films.sheet(film_id)
        _, timeline = self.get(film_id)
        used: set[TrackId | None] = {cue.track_id for cue in sheet.cues}
        cues = list(sheet.cues)
        for n, cue in enumerate(cues):
            if cue.track_id is None and (filled := self.under(timeline, cue, text, licence, besides=used)) is not None:
                cues[n] = filled
                used.add(filled.track_id)
        return self._catalogue.films.put_sheet(film_id, replace(sheet, cues=tuple(cues)), sheet.revision)

    def under(
        self,
        timeline: Timeline,
        cue: Cue,
        text: str = "",
        licence: str = "film",
        *,
        wishes: tuple[Constraint, ...] = (),
        besides: Set[TrackId | None] = frozenset(),
    ) -> Cue | None:
        """Return a cue with the music that fits it best and is long enough, begun where its onsets meet the cuts.

        Level, fades and ducking stay. None where nothing holds the words and the wishes `besides` the tracks named.
        """
        length_s = cue.end_s - cue.start_s
        found = [c.track for c in self._find(timeline, cue, text, licence, _CHOICE, wishes).result.candidates]
        fresh = [track for track in found if track.id not in besides and track.path is not None]
        long = [track for track in fresh if track.duration_s >= length_s]
        cuts = timeline.cuts_within(cue.start_s, cue.end_s)
        for track in [*long, *(track for track in fresh if track not in long)]:
            try:
                offsets = best_offsets(self._onsets.of(track.id), cuts, length_s, 1)
            except (MediaError, UnreadableFileError):  # a file that has gone: the next one
                continue
            return replace(cue, track_id=track.id, offset_s=offsets[0].offset_s if offsets else 0.0)
        return None

    def judge(self, timeline: Timeline, cue: Cue, *, listen: bool = True) -> Offset | None:
        """Return how a cue's offset does; None without a track or its file (or its curve, unless it may `listen`)."""
        if cue.track_id is None:
            return None
        try:
            curve = self._onsets.of(cue.track_id) if listen else self._onsets.kept(cue.track_id)
        except (MediaError, ValueError):  # deleted or unreadable: the cue itself says so
            return None
        if curve is None:
            return None
        return judged(curve, timeline.cuts_within(cue.start_s, cue.end_s), cue.end_s - cue.start_s, cue.offset_s)

    def tracks_of(self, sheet: CueSheet) -> dict[TrackId, Track]:
        """Return the tracks of a sheet that are in the catalogue."""
        ids = dict.fromkeys(cue.track_id for cue in sheet.cues if cue.track_id is not None)
        return {track.id: track for track in self._catalogue.library.get_many(list(ids))}

    def cue(self, film_id: FilmId, segment: int | None) -> Cue:
        """Return a segment by its place from 0, or for None the whole film as one; CueError where there is none."""
        if segment is None:
            return Cue(0.0, self._catalogue.films.get(film_id).duration_s)
        cues = self._catalogue.films.sheet(film_id).cues
        if not 0 <= segment < len(cues):
            raise CueError(f"There is no segment {segment}; the film has {len(cues)}, counted from 0.")
        return cues[segment]

    def _left_out(self, text: str, licence: str) -> dict[FilmTerms, int]:
        state = self._engine.state
        snapshot = state.snapshot
        held = compile_constraints(snapshot, self._engine.request(text).constraints, state.playlists).allowed
        places: dict[FilmTerms, list[int]] = {}
        for place, name in enumerate(snapshot.licences.values):
            terms = film_terms(name)
            if terms not in FILM_LEVELS[licence]:
                places.setdefault(terms, []).append(place)
        counts = {terms: int(np.sum(snapshot.licences.mask(those) & held)) for terms, those in places.items()}
        return {terms: count for terms, count in counts.items() if count}


def _segments(brief: SceneBrief, film: Film) -> tuple[Cue, ...]:
    parts = [(part.start_s, min(part.end_s, film.duration_s)) for part in brief.segments]
    spans = [(start_s, end_s) for start_s, end_s in parts if end_s - start_s >= 1.0]
    # A stretch that is too short for music of its own leaves no hole.
    whole = spans and sum(end_s - start_s for start_s, end_s in spans) >= film.duration_s - 1e-3
    return tuple(
        Cue(
            start_s,
            end_s,
            fade_in_s=min(_FADE_IN_S, (end_s - start_s) / 4),
            fade_out_s=min(_FADE_OUT_S, (end_s - start_s) / 4),
            duck=True,
        )
        for start_s, end_s in (spans if whole else [(0.0, film.duration_s)])
    )
