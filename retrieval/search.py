"""The search engine: wishes compiled, branches asked, fused, ranked, calibrated, diversified, explained."""

from __future__ import annotations

import logging
import math
import threading
from dataclasses import dataclass, replace

import numpy as np

from catalog.names import fold
from catalog.store import Catalogue
from encoders.protocols import QueryFuser, TextEncoder
from encoders.values import Space
from retrieval import fusion
from retrieval.calibration import NOTHING_FITS, Calibration, load_calibration
from retrieval.company import Company
from retrieval.concepts import FloatArray
from retrieval.constraints import Constraint, Receipt
from retrieval.continuation.library import LibraryModels
from retrieval.continuation.models.titles import EmbedOnce
from retrieval.continuation.versions import ModelVersions, Trained
from retrieval.diversity import Wanted, originals_first, pick, settle_order
from retrieval.editions import has_mark
from retrieval.errors import QueryError, RetrievalError
from retrieval.filters import Compiled, compile_constraints
from retrieval.indexes.build import build_indexes, open_view
from retrieval.indexes.store import IntArray
from retrieval.indexes.versions import IndexDirectory
from retrieval.leaning import influence_of, leaned_order, pull
from retrieval.lexical import content_words, is_sentence, stands_anywhere, words_of_talk
from retrieval.ordering import clearly_meant, first_of, fitting_first, order_of
from retrieval.question import QuestionReader
from retrieval.ranking.features import Candidates
from retrieval.ranking.rankers import MeanRanker, Ranker
from retrieval.reading.wishes import Wishes, parse_wishes, residue, search_text
from retrieval.reasons import Spoken, explain
from retrieval.relaxation import smallest_relaxation
from retrieval.scorers import NOMINATED, PER_PLACE, gather
from retrieval.snapshot import Snapshot, take_snapshot
from retrieval.state import State
from retrieval.track_receipts import receipts_of
from retrieval.values import Candidate, SearchRequest, SearchResult

MAX_RESULTS = 100
# Titles of so many playlists are compared by meaning as well: a title takes 10 ms to embed.
MOST_EMBEDDED = 300
# As many words as an answer can name that nothing here has.
MAX_UNMET = 5
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Gathered:
    """A question on its way: what was asked for, and the candidates (None where the hard wishes leave nothing)."""

    state: State
    compiled: Compiled
    weights: dict[str, float]
    candidates: Candidates | None


class SearchEngine:
    """Answers `SearchRequest`s over one catalogue; safe to call from several threads.

    Args:
        catalogue: the tracks.
        indexes: where index versions lie.
        text: encoder of the text branch, or None to do without.
        music_space: the space of the tracks' music embeddings.
        calibration: from relevance to probability.
        ranker: puts the candidates in order.
        fuser: a trained tri-modal model of the same spaces, or None to do without.
        tower: the text tower of the music encoder, where it has one.
        lists: where trained playlist models lie; a version promoted while this runs is taken with the next question.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        indexes: IndexDirectory,
        text: TextEncoder | None,
        music_space: Space,
        calibration: Calibration | None = None,
        ranker: Ranker | None = None,
        fuser: QueryFuser | None = None,
        tower: TextEncoder | None = None,
        lists: ModelVersions | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._indexes = indexes
        self._text = text
        self._music_space = music_space
        self._calibration = calibration or load_calibration()
        self._ranker = ranker or MeanRanker()
        self._reader = QuestionReader(text, fuser, tower)
        self._lists = lists
        self._trained: tuple[str, Trained | None] = ("", None)
        self._embed = None if text is None else EmbedOnce(text)
        self._lock = threading.Lock()
        self._state: State | None = None

    @property
    def state(self) -> State:
        """Return the current state, read anew where the catalogue or its playlists have moved on."""
        revision = self._revision()
        state = self._state
        if state is not None and state.revision == revision:
            return state
        with self._lock:
            if self._state is None or self._state.revision != revision:
                self._state = self._read_state(revision)
            return self._state

    @property
    def music_space(self) -> Space:
        """Return the space in which tracks are compared by sound."""
        return self._music_space

    def rebuild(self) -> State:
        """Build and promote fresh indexes, then read the state anew."""
        spaces = [self._music_space] + ([self._text.space] if self._text is not None else [])
        build_indexes(self._catalogue, self._indexes, spaces, self._text)
        with self._lock:
            self._state = None
        return self.state

    def search(self, request: SearchRequest) -> SearchResult:
        """Answer one question.

        Raises:
            QueryError: nothing to go by, or `n` out of 1 to 100.
        """
        gathered = self.gather(request)
        snapshot = gathered.state.snapshot
        receipts = (*gathered.compiled.receipts, *_unmet(snapshot, request.text))
        if gathered.candidates is None:
            step = smallest_relaxation(snapshot, request.constraints, gathered.state.playlists)
            return SearchResult((), receipts, 0.0, step)
        pool = gathered.candidates.pool
        relevance = fusion.fit(pool)
        # A learned order knows nothing of single attributes and targets.
        by_mean = request.attribute is not None or bool(request.targets)
        scores = fusion.mean(pool) if by_mean else self._ranker.scores(gathered.candidates)
        wanted = self._wanted(snapshot, request)
        ordered = order_of(request.constraints)

        def listed(order: IntArray) -> IntArray:
            if ordered is not None:
                placed: IntArray = order[pick(snapshot, pool.rows[order], wanted, gathered.state.music)]
                return placed
            order = order[settle_order(snapshot, pool.rows[order], relevance[order], wanted, gathered.state.music)]
            if not _asks_for_edition(request):
                order = order[originals_first(snapshot, pool.rows[order], wanted.n)]
            best: IntArray = order[pick(snapshot, pool.rows[order], wanted, gathered.state.music)]
            return best

        if ordered is None:
            chosen = listed(np.argsort(-scores, kind="stable"))
        else:
            fits = np.array([self._calibration.probability(float(r)) >= NOTHING_FITS for r in relevance], np.bool_)
            chosen = listed(fitting_first(snapshot, pool.rows, ordered, fits, scores))
        influence = None
        if request.lean and len(chosen) and ordered is None:
            leaned = listed(leaned_order(scores, pull(snapshot, pool.rows, request.lean), len(chosen)))
            influence = influence_of(snapshot, pool.rows[chosen], pool.rows[leaned], request.lean)
            chosen = leaned
        tracks = snapshot.tracks_at(pool.rows[chosen].tolist())
        spoken = Spoken.of(snapshot, request.text)
        candidates = tuple(
            Candidate(
                track=track,
                score=round(self._calibration.probability(float(relevance[place])), 4),
                branches={name: round(score, 4) for name, score in pool.at(place).items()},
                reasons=explain(
                    snapshot,
                    int(pool.rows[place]),
                    request,
                    spoken,
                    gathered.weights,
                    pool.at(place),
                    gathered.state.company.titles_of(int(pool.rows[place]), request.text),
                ),
                receipts=receipts_of(
                    snapshot, int(pool.rows[place]), track, gathered.compiled.receipts, gathered.compiled.masks
                ),
            )
            for track, place in zip(tracks, chosen.tolist(), strict=True)
        )
        fit = max((c.score for c in candidates), default=0.0)
        return SearchResult(candidates, receipts, fit, influence=influence)

    def gather(self, request: SearchRequest) -> Gathered:
        """Return all that a ranker may choose from: the candidates with every branch's view of them.

        Raises:
            QueryError: as `search`.
        """
        self._validate(request)
        state = self.state
        snapshot = state.snapshot
        compiled = compile_constraints(snapshot, request.constraints, state.playlists)
        allowed = compiled.allowed.copy()
        allowed[snapshot.rows((*request.exclude, *request.like, *request.dislike, *request.away))] = False
        weights = self.concept_weights(request.text, compiled)
        if not allowed.any():
            return Gathered(state, compiled, weights, None)
        nominated = max(NOMINATED, PER_PLACE * request.n)
        if (ordered := order_of(request.constraints)) is not None:
            allowed = clearly_meant(compiled, allowed, request.n)
            if not (residue(request.text) or request.like or request.sound or request.scene):
                # Nothing else tells them apart: the first of all, not of those that a branch happens to nominate.
                allowed = first_of(snapshot, allowed, ordered, nominated)
        pool = gather(self._reader.branches(state, request, compiled, weights), allowed, nominated)
        return Gathered(state, compiled, weights, Candidates(pool, snapshot, request.text))

    def parse(self, text: str) -> Wishes:
        """Read the wishes of a text, knowing the catalogue's artists and how many of its tracks fill a length."""
        snapshot = self.state.snapshot
        wishes = parse_wishes(text, snapshot.known_artists, snapshot.vocabulary, snapshot.tags)
        if wishes.n is None and wishes.total_s is not None:
            return replace(wishes, n=_enough_for(snapshot, wishes.total_s))
        return wishes

    def request(self, text: str, n: int = 10, constraints: tuple[Constraint, ...] = ()) -> SearchRequest:
        """Return the request for a text, its wishes read; `constraints` come on top, a count in the words wins."""
        wishes = self.parse(text)
        together = (*constraints, *wishes.constraints)
        return SearchRequest(
            text=search_text(wishes.constraints, residue(wishes.rest)),
            constraints=together,
            n=wishes.n or n,
            freshness=wishes.freshness or 0.0,
        )

    def concept_weights(self, text: str, compiled: Compiled | None = None) -> dict[str, float]:
        """Return which concepts a text asks for (> 0) or against (< 0), by its words, else by their meaning."""
        return self._reader.concept_weights(text, compiled)

    def _validate(self, request: SearchRequest) -> None:
        if not 1 <= request.n <= MAX_RESULTS:
            raise QueryError(f"n is {request.n}; ask for 1 to {MAX_RESULTS} tracks.")
        if not -1 <= request.freshness <= 1:
            raise QueryError(f"freshness is {request.freshness:g}; give -1 (familiar) to 1 (fresh).")
        tracks = request.like or request.taste
        if not (is_sentence(request.text) or request.constraints or tracks or request.sound or request.scene):
            raise QueryError("There is nothing to search by; give words, a wish, a track, a sound or a video.")
        if request.attribute is not None and not (tracks or request.sound):
            raise QueryError(f"The same {request.attribute} as what? Give a track or a sound to compare with.")
        if request.sound is not None and not np.isfinite(request.sound.vector).all():
            raise QueryError("The sound's vector holds NaN or infinity; give another sound.")
        if request.sound is not None and request.sound.space != self._music_space:
            raise QueryError(
                f"The sound is of space {request.sound.space.id}, the catalogue of {self._music_space.id}; "
                "run `trichord index build` with the same encoder."
            )

    def _wanted(self, snapshot: Snapshot, request: SearchRequest) -> Wanted:
        # Who asks for an order, or for an artist, gets them as they come.
        by_artist = any(c.field in {"artist", "album", "order"} and c.op == "is" for c in request.constraints)
        asked = [int(c.bounds()[1]) for c in request.constraints if c.field == "per_artist"]
        return Wanted(
            request.n,
            min(asked) if asked else None if by_artist else request.max_per_artist,
            tuple(snapshot.rows((*request.like, *request.taste))),
            tuple(snapshot.rows(request.shown)),
            request.freshness,
            bool(asked),
        )

    def _revision(self) -> tuple[int, str]:
        trained = "" if self._lists is None else self._lists.current() or ""
        return self._catalogue.library.revision, f"{self._catalogue.playlists.revision}/{trained}"

    def _read_state(self, revision: tuple[int, str]) -> State:
        old = self._state
        if old is not None and old.snapshot.revision == revision[0]:
            # Playlists change with every edit of one; the tracks need not be read anew for that.
            snapshot, music, text = old.snapshot, old.music, old.text
        else:
            snapshot = take_snapshot(self._catalogue)
            music = open_view(self._catalogue, self._indexes, self._music_space, snapshot)
            text = None if self._text is None else open_view(self._catalogue, self._indexes, self._text.space, snapshot)
        playlists = self._catalogue.playlists.all()
        lists = LibraryModels(
            snapshot,
            playlists,
            music,
            self._trained_lists(),
            self._embed if len(playlists) <= MOST_EMBEDDED else None,
            lambda title: self._by_title(snapshot, title),
        )
        rows = {fold(p.title): tuple(snapshot.rows(e.track_id for e in p.entries if e.track_id)) for p in playlists}
        company = Company(snapshot, playlists)
        return State(snapshot, text, music, lists, company, rows, (snapshot.revision, revision[1]))

    def _trained_lists(self) -> Trained | None:
        """Return the playlist models in use; damaged ones are told and left out."""
        version = "" if self._lists is None else self._lists.current() or ""
        if self._lists is not None and version != self._trained[0]:
            try:
                self._trained = (version, self._lists.load())
            except RetrievalError as error:
                _logger.warning("%s", error)
                self._trained = (version, None)
        return self._trained[1]

    def _by_title(self, snapshot: Snapshot, title: str) -> FloatArray:
        """Return ``(n,)`` how well what the search finds for a playlist's title fits it, 0 for all else."""
        side = np.zeros(len(snapshot), np.float32)
        if not is_sentence(title):
            return side
        for candidate in self.search(SearchRequest(text=title, n=MAX_RESULTS, max_per_artist=None)).candidates:
            if (row := snapshot.row_of.get(candidate.track.id)) is not None:
                side[row] = float(np.mean(list(candidate.branches.values())))
        return side


def _asks_for_edition(request: SearchRequest) -> bool:
    """Tell whether a request speaks of editions: by a wish, or by one of the words that mark them."""
    return any(c.field == "edition" for c in request.constraints) or has_mark(request.text)


def _enough_for(snapshot: Snapshot, total_s: float) -> int:
    """Return about how many tracks fill a length, by the median length of the catalogue's tracks."""
    lengths = snapshot.numbers["duration"]
    lengths = lengths[np.isfinite(lengths)]
    median = float(np.median(lengths)) if len(lengths) else 0.0
    return max(1, min(MAX_RESULTS, math.ceil(total_s / max(median, 30.0))))


def _unmet(snapshot: Snapshot, text: str) -> list[Receipt]:
    """Return one receipt for the words that no name, tag or concept of this catalogue knows."""
    known = {w for m in snapshot.vocabulary.mentions(text) for w in fold(m.text).split()}
    known |= words_of_talk()
    strange = [w for w in content_words(text) if w not in known and not stands_anywhere(snapshot, w)]
    if not strange:
        return []
    words = " ".join(dict.fromkeys(strange[:MAX_UNMET]))
    wish = Constraint("other", "is", words, words, hard=False)
    return [Receipt(wish, "unenforceable", "no name or tag here has it; it counts by its meaning at most")]
