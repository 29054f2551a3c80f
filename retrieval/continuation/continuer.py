"""Going on with a playlist: resolve, score by every model, fuse, respect wishes and length, say why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from catalog.store import Catalogue
from catalog.values import TrackId
from retrieval.concepts import FloatArray
from retrieval.continuation.asking import asked_of, seed_shares, weighted
from retrieval.continuation.feedback import Near, Taste, leaned, taste_of
from retrieval.continuation.models import ContentModel, ContinuationModel
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
from retrieval.values import SearchRequest

MAX_N = 500
MAX_DURATION_S = 86_400.0
# How much each side counts; what playlists say is scarcer and more telling than likeness in sound.
_WEIGHTS = {"playlists": 1.5, "sound": 1.0, "title": 0.8, "artist": 0.3}


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
        sides = self._sides(state, request, seeds)
        if not allowed.any() or not sides:
            return Continuation((), unresolved, compiled.receipts)
        total = np.zeros(len(snapshot), np.float32)
        for name, side in sides.items():
            total += np.float32(_WEIGHTS[name]) * side
        total /= np.float32(sum(_WEIGHTS[name] for name in sides))
        total = leaned(total, self._near(state), snapshot.rows, taste)
        candidates = np.flatnonzero(allowed)
        order = candidates[best_first(total[candidates], 20 * MAX_N)]
        placed = sequence(snapshot, order, total, seeds, asked, state.music, self._followings(state))
        tracks = tuple(
            Continued(
                snapshot.tracks[p.row],
                round(float(total[p.row]), 4),
                _why(snapshot, p.row, sides, seeds),
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
        shares = seed_shares(snapshot, seeds, request.seed_weights)
        sides = {m.name: s for m in models if (s := weighted(m.score, shares)).any()} if seeds else {}
        words = request.title or " ".join(t.title for t in request.tracks if not seeds)
        if words.strip():
            sides["title"] = self._title_side(snapshot, words)
        if seeds:
            artists = Counter(snapshot.artists[r] for r in seeds if snapshot.artists[r])
            share = [artists[a] / len(seeds) if a else 0.0 for a in snapshot.artists]
            sides["artist"] = np.array(share, np.float32)
        return sides

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
            # What a recipe filled is our own order; to learn from it would move a list at every refresh.
            own = [p.entries for p in self._catalogue.playlists.all() if p.recipe is None]
            lists = [state.snapshot.rows(e.track_id for e in entries if e.track_id) for entries in own]
            model = TransitionModel.fit(lists, state.snapshot.artist_code.astype(np.int64))
            self._learned = (state, None if model.empty else model)
        return self._learned[1]

    def _title_side(self, snapshot: Snapshot, words: str) -> FloatArray:
        found = self._engine.search(SearchRequest(text=words, n=100, max_per_artist=None))
        side = np.zeros(len(snapshot), np.float32)
        for candidate in found.candidates:
            if (row := snapshot.row_of.get(candidate.track.id)) is not None:
                side[row] = float(np.mean(list(candidate.branches.values())))
        return side


def _validate(request: ContinuationRequest, resolved: bool, unresolved: bool) -> None:
    if request.n is not None and not 1 <= request.n <= MAX_N:
        raise QueryError(f"n is {request.n}; ask for 1 to {MAX_N} tracks.")
    if request.duration_s is not None and not 1 <= request.duration_s <= MAX_DURATION_S:
        raise QueryError(f"duration is {request.duration_s:g} s; ask for 1 to {MAX_DURATION_S:g} s.")
    if not resolved and not unresolved and not request.title.strip():
        raise QueryError("The playlist is empty; give track ids, titles, a playlist file or a title.")


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
