"""Going on with a playlist: resolve, score by every model, fuse, respect wishes and length, say why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from catalog.store import Catalogue
from catalog.values import TrackId
from retrieval.concepts import FloatArray
from retrieval.constraints import Receipt
from retrieval.continuation.arcs import Arc, read_arc
from retrieval.continuation.asking import asked_of, weights_of
from retrieval.continuation.corpus import Seeds
from retrieval.continuation.ensemble import Pool
from retrieval.continuation.feedback import Near, Taste, leaned, taste_of
from retrieval.continuation.library import seeds_of
from retrieval.continuation.models.protocol import ContinuationModel
from retrieval.continuation.ranker import order
from retrieval.continuation.reshaping import Stock, reshaped
from retrieval.continuation.resolving import EntryResolver
from retrieval.continuation.sequencing import sequence
from retrieval.continuation.transitions import TransitionModel
from retrieval.continuation.values import Arrangement, Continuation, ContinuationRequest, Continued, NamedTrack
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
IN_LIST = "was in your list"


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
        known = self._known(request)
        if known.total is None:
            return Continuation((), known.unresolved, known.receipts)
        state, seeds = known.state, known.seeds
        snapshot = state.snapshot
        candidates = np.flatnonzero(known.allowed)
        best = candidates[best_first(known.total[candidates], 20 * MAX_N)]
        asked = asked_of(snapshot, request)
        placed = sequence(snapshot, best, known.total, seeds, asked, state.music, self._followings(state))
        tracks = tuple(
            known.added(p.row, None if p.after is None else TrackId(snapshot.ids[seeds[p.after]])) for p in placed
        )
        return Continuation(tracks, known.unresolved, known.receipts)

    def reshape(
        self, request: ContinuationRequest, *, same_order: bool = False, arrangement: Arrangement | None = None
    ) -> Continuation:
        """Answer with the playlist as it should be as a whole: what is in it stays where it can.

        `n`, `duration_s`, `arc` and the places of `pinned` are those of the whole list, which keeps its size where no
        length is asked for. Tracks of `include` and `pinned` stay even against a wish; others that do not hold a hard
        wish, or are disliked or excluded, go. With `same_order` what stays keeps its order;
        with an `arrangement` all but the pinned tracks is in that order. `insert` does not count.

        Raises:
            QueryError: nothing to go by, a number out of range, or too many tracks to put in order.
        """
        known = self._known(request)
        snapshot, seeds = known.state.snapshot, set(known.seeds)
        if len(seeds) > MAX_N:
            raise QueryError(f"The list has {len(seeds)} tracks; up to {MAX_N} can be made another length or order.")
        asked = asked_of(snapshot, request)
        asked = replace(asked, target=replace(asked.target, n=request.n))
        scores = np.zeros(len(snapshot), np.float32) if known.total is None else known.total.copy()
        scores[known.seeds] = self._among(known, self._taste(request))[known.seeds]
        candidates = np.flatnonzero(known.allowed)
        stock = Stock(
            own=tuple(row for row in known.seeds if known.holds[row]),
            others=candidates[best_first(scores[candidates], 20 * MAX_N)],
            scores=scores,
            music=known.state.music,
            followings=self._followings(known.state),
        )
        rows = reshaped(snapshot, stock, asked, same_order=same_order, arrangement=arrangement)
        tracks = (Continued(snapshot.tracks[r], 1.0, IN_LIST) if r in seeds else known.added(r) for r in rows)
        return Continuation(tuple(tracks), known.unresolved, known.receipts)

    def _known(self, request: ContinuationRequest) -> _Known:
        """Return what a request comes to before a list is made of it: seeds, what may come in, and every score."""
        state = self._engine.state
        snapshot = state.snapshot
        seeds, unresolved = self._resolve(snapshot, request)
        taste = self._taste(request)
        if not (seeds or unresolved or request.title.strip()):
            seeds = snapshot.rows(taste.tracks("like"))
        _validate(request, bool(seeds), bool(unresolved))
        compiled = compile_constraints(snapshot, request.constraints, state.playlists)
        holds = compiled.allowed.copy()
        holds[snapshot.rows((*request.exclude, *taste.tracks("dislike")))] = False
        allowed = holds.copy()
        allowed[seeds] = False
        title = request.title or " ".join(t.title for t in request.tracks if not seeds)
        told = seeds_of(seeds, title, weights_of(snapshot, seeds, request.seed_weights))
        known = _Known(state, seeds, unresolved, compiled.receipts, holds, allowed, told)
        if not allowed.any() or not (seeds or title.strip()):
            return known
        pool = state.lists.ensemble.pool(told, allowed)
        total = np.zeros(len(snapshot), np.float32)
        total[pool.rows] = _fit(state, pool, told)
        arc = None if request.arc is None else read_arc(request.arc)
        if arc is not None and (ends := arc.fit(snapshot)) is not None:
            # What sounds like either end fits, and what goes with the rest of the question fits better.
            total = np.where(total > 0, ends * (1 + total) / 2, 0).astype(np.float32)
        return replace(known, pool=pool, arc=arc, total=leaned(total, self._near(state), snapshot.rows, taste))

    def _among(self, known: _Known, taste: Taste) -> FloatArray:
        """Return how well each seed fits the others, ``(n,)``: either half of them is scored by the other one."""
        scores = np.zeros(len(known.state.snapshot), np.float32)
        for half in (0, 1):
            told = seeds_of(known.seeds[half::2], "", known.told.weight[half::2].tolist())
            others = known.seeds[1 - half :: 2]
            if len(told.rows) and others:
                allowed = np.zeros(len(scores), np.bool_)
                allowed[others] = True
                pool = known.state.lists.ensemble.pool(told, allowed)
                scores[pool.rows] = _fit(known.state, pool, told)
        return leaned(scores, self._near(known.state), known.state.snapshot.rows, taste)

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


@dataclass(frozen=True, eq=False)
class _Known:
    """What is known before a list is made: `holds` marks the rows that hold every wish, `allowed` those to add.

    `total` has every row's score, ``(n,)``; None where nothing may be added.
    """

    state: State
    seeds: list[int]
    unresolved: tuple[NamedTrack, ...]
    receipts: tuple[Receipt, ...]
    holds: NDArray[np.bool_]
    allowed: NDArray[np.bool_]
    told: Seeds
    pool: Pool | None = None
    total: FloatArray | None = None
    arc: Arc | None = None

    def added(self, row: int, after: TrackId | None = None) -> Continued:
        """Return a row as a track of the answer."""
        score = 0.0 if self.total is None else round(float(self.total[row]), 4)
        why = CLOSEST if self.pool is None else _why(self.state, self.pool, row, self.told)
        if self.arc is not None and (sound := self.arc.sound(self.state.snapshot, row)) is not None:
            why = sound if why == CLOSEST else f"{sound}; {why}"
        return Continued(self.state.snapshot.tracks[row], score, why, after)


def _fit(state: State, pool: Pool, told: Seeds) -> FloatArray:
    """Return how well each candidate fits, in [0, 1]: by the trained order where there is one, else by the blend.

    Both say which fits better, not how well: the best of a poor choice is no certainty. So all are taken down to what
    the strongest of the models that have a scale of their own says of its best.
    """
    fit = order(state.lists.ensemble, state.lists.rankers, pool, told)
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
