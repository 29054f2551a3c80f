"""Going on with a playlist: resolve, score by every model, fuse, respect wishes and length, say why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from catalog.store import Catalogue
from retrieval.concepts import FloatArray
from retrieval.continuation.feedback import Near, Taste, leaned, taste_of
from retrieval.continuation.models import ContentModel, ContinuationModel
from retrieval.continuation.values import Continuation, ContinuationRequest, Continued, NamedTrack
from retrieval.diversity import Wanted, pick
from retrieval.errors import QueryError
from retrieval.filters import compile_constraints
from retrieval.resolve import resolve
from retrieval.scorers import best_first
from retrieval.search import SearchEngine
from retrieval.snapshot import Snapshot
from retrieval.state import State
from retrieval.values import SearchRequest

DEFAULT_N, MAX_N = 10, 500
MAX_DURATION_S = 86_400.0
# A fill is done when it is this close to the asked length.
_LENGTH_SLACK = 0.02
_MAX_MOVES = 8
# How much each side counts; what playlists say is scarcer and more telling than likeness in sound.
_WEIGHTS = {"playlists": 1.5, "sound": 1.0, "title": 0.8, "artist": 0.3}


class PlaylistContinuer:
    """Continues playlists over one catalogue; safe to call from several threads."""

    def __init__(self, catalogue: Catalogue, engine: SearchEngine) -> None:
        self._catalogue = catalogue
        self._engine = engine

    def continue_playlist(self, request: ContinuationRequest) -> Continuation:
        """Answer with tracks that go on with the playlist, and the entries that the catalogue does not have.

        Raises:
            QueryError: nothing to go by, or a number out of range.
        """
        state = self._engine.state
        snapshot = state.snapshot
        seeds, unresolved = self._resolve(snapshot, request)
        taste = self._taste(request)
        if not (seeds or unresolved or request.title.strip()):
            seeds = snapshot.rows(taste.tracks("like"))
        _validate(request, bool(seeds), bool(unresolved))
        compiled = compile_constraints(snapshot, request.constraints, state.playlists)
        allowed = compiled.allowed.copy()
        allowed[seeds + snapshot.rows((*request.exclude, *taste.tracks("dislike")))] = False
        sides = self._sides(state, request, seeds)
        if not allowed.any() or not sides:
            return Continuation((), unresolved, compiled.receipts)
        total = np.zeros(len(snapshot), np.float32)
        for name, side in sides.items():
            total += np.float32(_WEIGHTS[name]) * side
        total /= np.float32(sum(_WEIGHTS[name] for name in sides))
        total = leaned(total, self._near(state), snapshot.rows, taste)
        wanted = request.n or (DEFAULT_N if request.duration_s is None else _enough(snapshot, request.duration_s))
        candidates = np.flatnonzero(allowed)
        order = candidates[best_first(total[candidates], 20 * MAX_N)]
        chosen = pick(snapshot, order, _wanted(request, min(wanted, MAX_N)), state.music)
        rows = order[chosen].tolist()
        if request.duration_s is not None:
            rows = _fill(snapshot, rows, request.duration_s, request.n)
        tracks = tuple(
            Continued(snapshot.tracks[r], round(float(total[r]), 4), _why(snapshot, r, sides, seeds)) for r in rows
        )
        return Continuation(tracks, unresolved, compiled.receipts)

    def _resolve(self, snapshot: Snapshot, request: ContinuationRequest) -> tuple[list[int], tuple[NamedTrack, ...]]:
        rows = snapshot.rows(request.track_ids)
        missing = [NamedTrack(title=str(i)) for i in request.track_ids if i not in snapshot.row_of]
        for named in request.tracks:
            found = resolve(snapshot, named.title, named.artist)
            if found is None:
                missing.append(named)
            else:
                rows.append(snapshot.row_of[found.track_id])
        return list(dict.fromkeys(rows)), tuple(missing)

    def _taste(self, request: ContinuationRequest) -> Taste:
        said = [] if request.user_id is None else self._catalogue.conversations.feedback(user_id=request.user_id)
        return taste_of(request, said)

    def _near(self, state: State) -> Near:
        """Return how close tracks are: in sound or by the playlists that they share, whichever is closer."""
        models: list[ContinuationModel] = [state.together, ContentModel(len(state.snapshot), state.music)]

        def near(rows: Sequence[int]) -> FloatArray:
            closest: FloatArray = np.max([m.score(rows) for m in models], axis=0)
            return np.clip(closest, 0, 1)

        return near

    def _sides(self, state: State, request: ContinuationRequest, seeds: list[int]) -> dict[str, FloatArray]:
        snapshot = state.snapshot
        models: list[ContinuationModel] = [
            state.together,
            ContentModel(len(snapshot), state.music),
        ]
        # A side that has nothing to say drops out, so that its zeros do not pull the others down.
        sides = {m.name: s for m in models if (s := m.score(seeds)).any()} if seeds else {}
        words = request.title or " ".join(t.title for t in request.tracks if not seeds)
        if words.strip():
            sides["title"] = self._title_side(snapshot, words)
        if seeds:
            artists = Counter(snapshot.artists[r] for r in seeds if snapshot.artists[r])
            share = [artists[a] / len(seeds) if a else 0.0 for a in snapshot.artists]
            sides["artist"] = np.array(share, np.float32)
        return sides

    def _title_side(self, snapshot: Snapshot, words: str) -> FloatArray:
        found = self._engine.search(SearchRequest(text=words, n=100, max_per_artist=None))
        side = np.zeros(len(snapshot), np.float32)
        for candidate in found.candidates:
            if (row := snapshot.row_of.get(candidate.track.id)) is not None:
                side[row] = float(np.mean(list(candidate.branches.values())))
        return side


def _wanted(request: ContinuationRequest, n: int) -> Wanted:
    asked = [int(c.bounds()[1]) for c in request.constraints if c.field == "per_artist"]
    return Wanted(n, min(asked) if asked else request.max_per_artist, capped=bool(asked))


def _validate(request: ContinuationRequest, resolved: bool, unresolved: bool) -> None:
    if request.n is not None and not 1 <= request.n <= MAX_N:
        raise QueryError(f"n is {request.n}; ask for 1 to {MAX_N} tracks.")
    if request.duration_s is not None and not 1 <= request.duration_s <= MAX_DURATION_S:
        raise QueryError(f"duration is {request.duration_s:g} s; ask for 1 to {MAX_DURATION_S:g} s.")
    if not resolved and not unresolved and not request.title.strip():
        raise QueryError("The playlist is empty; give track ids, titles, a playlist file or a title.")


def _enough(snapshot: Snapshot, duration_s: float) -> int:
    shortest = float(np.percentile(snapshot.numbers["duration"], 10)) if len(snapshot) else 60.0
    return min(MAX_N, int(duration_s / max(shortest, 10.0)) + 5)


def _fill(snapshot: Snapshot, rows: list[int], duration_s: float, n: int | None) -> list[int]:
    """Return the best rows whose lengths add up to the target, closing the rest with the best-fitting last track."""
    lengths = snapshot.numbers["duration"]
    chosen: list[int] = []
    left = duration_s
    for place, row in enumerate(rows):
        if left <= duration_s * _LENGTH_SLACK or (n is not None and len(chosen) == n):
            break
        if float(lengths[row]) <= left * (1 + _LENGTH_SLACK):
            chosen.append(row)
            left -= float(lengths[row])
        elif place == len(rows) - 1 and not chosen:
            chosen.append(row)
    return _closed(lengths, chosen, rows, duration_s, n)


def _closed(lengths: FloatArray, chosen: list[int], rows: Sequence[int], duration_s: float, n: int | None) -> list[int]:
    """Return the choice brought to the asked length by adding or swapping single tracks, as few as it takes."""
    slack = duration_s * _LENGTH_SLACK
    for _ in range(_MAX_MOVES):
        missing = duration_s - float(lengths[chosen].sum())
        others = [r for r in rows if r not in set(chosen)]
        if abs(missing) <= slack or not others:
            break
        # Line i swaps the i-th track; the last one adds. Later swaps win ties: they cost the least fit.
        given_up = np.append(lengths[chosen], 0.0)[: len(chosen) + (n is None or len(chosen) < n)]
        gaps = np.abs(missing + given_up[:, None] - lengths[others][None, :])[::-1]
        line, column = np.unravel_index(int(gaps.argmin()), gaps.shape)
        if gaps[line, column] >= abs(missing):
            break
        place = len(given_up) - 1 - int(line)
        chosen = [*chosen[:place], others[column], *chosen[place + 1 :]]
    return chosen


def _why(snapshot: Snapshot, row: int, sides: dict[str, FloatArray], seeds: Sequence[int]) -> str:
    clauses = []
    if "playlists" in sides and sides["playlists"][row] > 0:
        clauses.append(f"stands in playlists with your tracks ({sides['playlists'][row]:.0%})")
    if "sound" in sides and sides["sound"][row] >= 0.3:
        clauses.append(f"sounds like your tracks ({sides['sound'][row]:.0%})")
    if "title" in sides and sides["title"][row] >= 0.3:
        clauses.append("fits the playlist's title")
    if "artist" in sides and sides["artist"][row] > 0:
        clauses.append(f"by {snapshot.tracks[row].artist}, who is in your list")
    return "; ".join(clauses) or "the closest that the catalogue has"
