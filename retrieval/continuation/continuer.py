"""Going on with a playlist: resolve, score by every model, fuse, respect wishes and length, say why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catalog.store import Catalogue
from catalog.values import TrackId
from retrieval.concepts import FloatArray
from retrieval.continuation.asking import asked_of, weights_of
from retrieval.continuation.corpus import Seeds
from retrieval.continuation.ensemble import Pool
from retrieval.continuation.feedback import Near, Taste, leaned, taste_of
from retrieval.continuation.library import seeds_of
from retrieval.continuation.models.protocol import ContinuationModel
from retrieval.continuation.ranker import order
from retrieval.continuation.resolving import EntryResolver
from retrieval.continuation.sequencing import sequence
from retrieval.continuation.transitions import TransitionModel
from retrieval.continuation.values import Continuation, ContinuationRequest, Continued, NamedTrack
from retrieval.errors import QueryError
from retrieval.filters import compile_constraints
from retrieval.scorers import best_first
from retrieval.search import SearchEngine
from retrieval.snapshot import Snapshot
from retrieval.state import State

MAX_N = 500
MAX_DURATION_S = 86_400.0
CLOSEST = "the closest that the catalogue has"
# Models whose scores mean the same for every question; where none speaks, little is known.
ABSOLUTE, WEAKEST = frozenset({"items", "titles", "named", "sound"}), 0.2


class PlaylistContinuer:
    """Continues playlists over one catalogue; safe to call from several threads."""

    def __init__(self, catalogue: Catalogue, engine: SearchEngine) -> None:
        self._catalogue = catalogue
        self._engine = engine
        self._learned: tuple[State, TransitionModel | None] | None = None
        self._found: EntryResolver | None = None

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
        asked = asked_of(snapshot, request)
        title = request.title or " ".join(t.title for t in request.tracks if not seeds)
        told = seeds_of(seeds, title, weights_of(snapshot, seeds, request.seed_weights))
        if not allowed.any() or not (seeds or title.strip()):
            return Continuation((), unresolved, compiled.receipts)
        pool = state.lists.ensemble.pool(told, allowed)
        total = np.zeros(len(snapshot), np.float32)
        total[pool.rows] = _fit(state, pool, told)
        total = leaned(total, self._near(state), snapshot.rows, taste)
        candidates = np.flatnonzero(allowed)
        best = candidates[best_first(total[candidates], 20 * MAX_N)]
        placed = sequence(snapshot, best, total, seeds, asked, state.music, self._followings(state))
        tracks = tuple(
            Continued(
                snapshot.tracks[p.row],
                round(float(total[p.row]), 4),
                _why(state, pool, p.row, told),
                None if p.after is None else TrackId(snapshot.ids[seeds[p.after]]),
            )
            for p in placed
        )
        return Continuation(tracks, unresolved, compiled.receipts)

    def _resolve(self, snapshot: Snapshot, request: ContinuationRequest) -> tuple[list[int], tuple[NamedTrack, ...]]:
        rows = snapshot.rows(request.track_ids)
        asked = (*request.track_ids, *request.include, *(i for _, i in request.pinned))
        resolver = self.resolver(snapshot)
        missing = [NamedTrack(title=str(i)) for i in asked if i not in snapshot.row_of]
        for named in request.tracks:
            found = resolver.find(named)
            if found is None:
                missing.append(named)
            else:
                rows.append(snapshot.row_of[found[0]])
        return list(dict.fromkeys(rows)), tuple(missing)

    def _taste(self, request: ContinuationRequest) -> Taste:
        said = [] if request.user_id is None else self._catalogue.conversations.feedback(user_id=request.user_id)
        return taste_of(request, said)

    def _near(self, state: State) -> Near:
        """Return how close tracks are: in sound or by the playlists that they share, whichever is closer."""
        models: list[ContinuationModel] = [state.lists.together, state.lists.sound]

        def near(rows: Sequence[int]) -> FloatArray:
            closest: FloatArray = np.max([m.score(Seeds.of(rows)) for m in models], axis=0)
            return np.clip(closest, 0, 1)

        return near

    def resolver(self, snapshot: Snapshot | None = None, *, anew: bool = False) -> EntryResolver:
        """Return what finds a playlist's entries in a snapshot (the present one unless told); `anew`: as of now."""
        snapshot = snapshot or self._engine.state.snapshot
        found = self._found
        if anew or found is None or found.snapshot is not snapshot:
            self._found = found = EntryResolver(self._catalogue, snapshot)
        return found

    def _followings(self, state: State) -> TransitionModel | None:
        """Return what follows what in the stored playlists of a state, counted once for each state."""
        if self._learned is None or self._learned[0] is not state:
            corpus = state.lists.corpus
            lists = [corpus.rows(p).tolist() for p in range(len(corpus))]
            model = TransitionModel.fit(lists, state.snapshot.artist_code.astype(np.int64))
            self._learned = (state, None if model.empty else model)
        return self._learned[1]


def _validate(request: ContinuationRequest, resolved: bool, unresolved: bool) -> None:
    if request.n is not None and not 1 <= request.n <= MAX_N:
        raise QueryError(f"n is {request.n}; ask for 1 to {MAX_N} tracks.")
    if request.duration_s is not None and not 1 <= request.duration_s <= MAX_DURATION_S:
        raise QueryError(f"duration is {request.duration_s:g} s; ask for 1 to {MAX_DURATION_S:g} s.")
    if not resolved and not unresolved and not request.title.strip():
        raise QueryError("The playlist is empty; give track ids, titles, a playlist file or a title.")


def _fit(state: State, pool: Pool, told: Seeds) -> FloatArray:
    """Return how well each candidate fits, in [0, 1]: by the trained order where there is one, else by the blend.

    Both say which fits better, not how well: the best of a poor choice is no certainty. So all are taken down to what
    the strongest of the models that have a scale of their own says of its best.
    """
    fit = order(state.lists.ensemble, state.lists.ranker, pool, told)
    told_best = [float(pool.raw[:, n].max(initial=0)) for n, name in enumerate(pool.names) if name in ABSOLUTE]
    return fit * np.float32(min(1.0, max(told_best, default=0.0)) or WEAKEST)


def _why(state: State, pool: Pool, row: int, told: Seeds) -> str:
    place = int(np.searchsorted(pool.rows, row))
    if place == len(pool.rows) or pool.rows[place] != row:
        return CLOSEST
    said = dict(zip(pool.names, pool.raw[place].tolist(), strict=True))
    clauses = []
    if lists := state.lists.shared(row, told.rows):
        clauses.append(f"stands in {lists} playlist{'s' if lists > 1 else ''} with your tracks")
    if said.get("sound", 0) >= 0.3:
        clauses.append(f"sounds like your tracks ({said['sound']:.0%})")
    if said.get("titles", 0) > 0:
        clauses.append("stands in playlists of a like title")
    if said.get("named", 0) >= 0.3:
        clauses.append("fits the playlist's title")
    if said.get("artists", 0) > 0:
        clauses.append(f"by {state.snapshot.tracks[row].artist}, who is in your list")
    return "; ".join(clauses) or CLOSEST
