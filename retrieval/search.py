"""The search engine: wishes compiled, branches scored, fused, calibrated, diversified, explained."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

import numpy as np

from catalog.store import Catalogue
from catalog.values import TrackId
from encoders.protocols import TextEncoder
from encoders.values import Embedding, Space
from retrieval.branches import concept_scores
from retrieval.calibration import Calibration, load_calibration
from retrieval.concepts import FloatArray
from retrieval.constraints import Constraint
from retrieval.diversity import pick
from retrieval.errors import QueryError
from retrieval.filters import Compiled, compile_constraints, smallest_relaxation
from retrieval.indexes.build import VectorView, build_indexes, open_view
from retrieval.indexes.versions import IndexDirectory
from retrieval.lexical import content_words, is_sentence, lexical_scores, stands_anywhere
from retrieval.reasons import explain
from retrieval.scene_ranking import scene_scores
from retrieval.snapshot import Snapshot, take_snapshot
from retrieval.values import Candidate, SearchRequest, SearchResult
from retrieval.vocabulary import load_vocabulary
from retrieval.wishes import Wishes, parse_wishes, residue, search_text

MAX_RESULTS = 100
MAX_TEXT = 2_000
# One or two words beside a known one narrow it ("flamenco guitar"); more of them tell of an occasion.
STORY_WORDS = 2
# Cosines of these encoders live in a band; these ends map to 0 and 1. Measured on the demo catalogue.
_TEXT_BAND = (0.50, 0.80)
_MUSIC_BAND = (0.30, 0.95)
_CONCEPT_BAND = (0.66, 0.80)
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Branch:
    """One branch's view of all rows: scores in [0, 1] and how much this question leans on it."""

    weight: float
    scores: FloatArray


@dataclass(frozen=True, eq=False)
class State:
    """Everything that a search reads, of one catalogue revision. Replaced whole, never changed."""

    snapshot: Snapshot
    text: VectorView | None
    music: VectorView | None

    @property
    def notices(self) -> tuple[str, ...]:
        """Return what is out of order with the indexes."""
        return tuple(v.notice for v in (self.text, self.music) if v is not None and v.notice)


class SearchEngine:
    """Answers `SearchRequest`s over one catalogue; safe to call from several threads.

    Args:
        catalogue: the tracks.
        indexes: where index versions lie.
        text: encoder of the text branch, or None to do without.
        music_space: the space of the tracks' music embeddings.
        calibration: from relevance to probability.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        indexes: IndexDirectory,
        text: TextEncoder | None,
        music_space: Space,
        calibration: Calibration | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._indexes = indexes
        self._text = text
        self._music_space = music_space
        self._calibration = calibration or load_calibration()
        self._lock = threading.Lock()
        self._state: State | None = None
        self._concept_vectors: FloatArray | None = None

    @property
    def state(self) -> State:
        """Return the current state, read anew when the catalogue has moved on."""
        revision = self._catalogue.library.revision
        state = self._state
        if state is not None and state.snapshot.revision == revision:
            return state
        with self._lock:
            if self._state is None or self._state.snapshot.revision != revision:
                self._state = self._read_state()
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
            self._state = self._read_state()
            return self._state

    def search(self, request: SearchRequest) -> SearchResult:
        """Answer one question.

        Raises:
            QueryError: nothing to go by, or `n` out of 1 to 100.
        """
        _validate(request)
        state = self.state
        snapshot = state.snapshot
        compiled = compile_constraints(snapshot, request.constraints)
        allowed = compiled.allowed.copy()
        allowed[snapshot.rows((*request.exclude, *request.like, *request.dislike))] = False
        if not allowed.any():
            blocking = smallest_relaxation(snapshot, request.constraints) if len(snapshot) else None
            return SearchResult((), compiled.receipts, 0.0, blocking)
        weights = self.concept_weights(request.text, compiled)
        branches = self._branches(state, request, weights)
        if compiled.preferred:
            held = np.stack(compiled.preferred).astype(np.float32).mean(axis=0)
            branches["wishes"] = Branch(0.5, np.asarray(held, np.float32))
        if not branches:
            # Only hard wishes: every allowed row is as good as the next, and none is any good if none could be checked.
            enforced = any(r.status == "enforced" for r in compiled.receipts)
            branches["browse"] = Branch(1.0, np.full(len(snapshot), 0.8 if enforced else 0.3, np.float32))
        relevance = fuse(branches, len(snapshot))
        rows = pick(snapshot, relevance, allowed, request.n, self._artist_cap(request), state.music)
        candidates = tuple(
            Candidate(
                track=snapshot.tracks[row],
                score=round(self._calibration.probability(float(relevance[row])), 4),
                branches={name: round(float(b.scores[row]), 4) for name, b in branches.items()},
                reasons=explain(snapshot, row, request, weights, branches_at(branches, row)),
            )
            for row in rows
        )
        return SearchResult(candidates, compiled.receipts, candidates[0].score if candidates else 0.0)

    def parse(self, text: str) -> Wishes:
        """Read the wishes of a text, knowing the catalogue's artists."""
        snapshot = self.state.snapshot
        return parse_wishes(text, (t.artist for t in snapshot.tracks if t.artist))

    def request(self, text: str, n: int = 10, constraints: tuple[Constraint, ...] = ()) -> SearchRequest:
        """Return the request for a text, its wishes read; `constraints` come on top, a count in the words wins."""
        wishes = self.parse(text)
        together = (*constraints, *wishes.constraints)
        return SearchRequest(
            text=search_text(wishes.constraints, residue(wishes.rest)), constraints=together, n=wishes.n or n
        )

    def concept_weights(self, text: str, compiled: Compiled | None = None) -> dict[str, float]:
        """Return which concepts a text asks for (> 0) or against (< 0), by its words, else by their meaning."""
        weights = dict(compiled.weights) if compiled is not None else {}
        vocabulary = load_vocabulary()
        for mention in vocabulary.mentions(text[:MAX_TEXT]):
            weights.setdefault(mention.concept.id, -1.0 if mention.negated else vocabulary.strength(mention.text))
        if not weights and self._text is not None and content_words(text):
            weights = self._nearest_concepts(text)
        return weights

    def _nearest_concepts(self, text: str) -> dict[str, float]:
        assert self._text is not None
        vocabulary = load_vocabulary()
        if self._concept_vectors is None:
            self._concept_vectors = self._text.encode([f"{', '.join(c.words)} music" for c in vocabulary.concepts])
        similarity = (self._text.encode([text[:MAX_TEXT]], "query") @ self._concept_vectors.T)[0]
        low, high = _CONCEPT_BAND
        best = np.argsort(-similarity)[:3]
        return {
            vocabulary.concepts[i].id: float(min(1.0, (similarity[i] - low) / (high - low)))
            for i in best
            if similarity[i] > low
        }

    def _branches(self, state: State, request: SearchRequest, weights: dict[str, float]) -> dict[str, Branch]:
        snapshot, text = state.snapshot, request.text[:MAX_TEXT]
        branches: dict[str, Branch] = {}
        words = content_words(text)
        named = {w for m in snapshot.vocabulary.mentions(text) if not m.negated for w in m.text.split()}
        if weights:
            heard = concept_scores(snapshot, weights)
            # A track whose name or tags say the very words is likely what was meant, whatever the tagger hears.
            said = lexical_scores(snapshot, [w for w in words if w in named])
            branches["concepts"] = Branch(1.0, np.maximum(heard, 0.4 * heard + 0.6 * said))
        strange = [w for w in words if w not in named]
        if strange:
            branches["words"] = _strange_words(snapshot, strange, len(strange) / len(words), bool(named))
        if self._text is not None and state.text is not None and words:
            query = self._text.encode([text], "query")
            # A wish with a story around it: the more of it is story, the less its text as a whole tells.
            story = len(strange) / len(words) if named and len(strange) > STORY_WORDS else 0.0
            weight = 0.4 * (1 - 0.8 * story)
            branches["text"] = Branch(weight, _banded(_cosines(state.text, query[0], len(snapshot)), _TEXT_BAND))
        for name, weight, query in self._sound_queries(state, request):
            assert state.music is not None
            branches[name] = Branch(weight, _banded(_cosines(state.music, query, len(snapshot)), _MUSIC_BAND))
        if request.scene is not None:
            # What the user says outweighs what the picture shows.
            branches["scene"] = Branch(0.3 if weights or words else 1.0, scene_scores(snapshot, request.scene))
        return branches

    def _sound_queries(self, state: State, request: SearchRequest) -> list[tuple[str, float, FloatArray]]:
        """Return (branch, weight, music query): what was asked to sound alike, and the taste that leans along."""
        if request.sound is not None and request.sound.space != self._music_space:
            raise QueryError(
                f"The sound is of space {request.sound.space.id}, the catalogue of {self._music_space.id}; "
                "run `trichord index build` with the same encoder."
            )
        queries = []
        if request.like or request.sound is not None:
            queries.append(("sound", 1.2, self._rocchio(state, request.like, request.dislike, request.sound)))
        if request.taste or (request.dislike and not queries):
            queries.append(("taste", 0.25, self._rocchio(state, request.taste, request.dislike, None)))
        return [(name, weight, q) for name, weight, q in queries if q is not None]

    def _rocchio(
        self, state: State, like: tuple[TrackId, ...], dislike: tuple[TrackId, ...], sound: Embedding | None
    ) -> FloatArray | None:
        """Return one unit query from liked and disliked tracks and a sound (Rocchio's formula, 1971)."""
        view = state.music
        if view is None:
            return None
        total = np.zeros(view.store.dim, np.float32)
        if sound is not None:
            total += sound.vector
        for ids, weight in ((like, 1.0), (dislike, -0.5)):
            rows = view.store_row[state.snapshot.rows(ids)]
            rows = rows[rows >= 0]
            if len(rows):
                total += np.float32(weight) * view.store.vectors(rows).mean(axis=0)
        norm = float(np.linalg.norm(total))
        return None if norm < 1e-6 else (total / norm).astype(np.float32)

    def _artist_cap(self, request: SearchRequest) -> int | None:
        by_artist = any(c.field in {"artist", "album"} and c.op == "is" for c in request.constraints)
        return None if by_artist else request.max_per_artist

    def _read_state(self) -> State:
        snapshot = take_snapshot(self._catalogue)
        music = open_view(self._catalogue, self._indexes, self._music_space, snapshot)
        text = None if self._text is None else open_view(self._catalogue, self._indexes, self._text.space, snapshot)
        return State(snapshot, text, music)


def fuse(branches: dict[str, Branch], n: int) -> FloatArray:
    """Return the weighted mean of the branches' scores, ``(n,)`` in [0, 1]."""
    total, weight = np.zeros(n, np.float32), 0.0
    for branch in branches.values():
        total += np.float32(branch.weight) * branch.scores
        weight += branch.weight
    return total / np.float32(weight)


def _strange_words(snapshot: Snapshot, strange: list[str], share: float, has_named: bool) -> Branch:
    """Return the branch of the words that name no concept.

    Beside named concepts a word that stands nowhere in the catalogue tells the tracks not apart ("calm music for my
    nephew"), so it costs a little; without any concept it is all there is, and that nothing has it is the answer. So it
    is with a style that cannot be heard ("flamenco guitar"): only a name or a tag can meet it.
    """
    unheard = [w for w in strange if w in snapshot.vocabulary.unheard]
    if not has_named or unheard:
        kept = unheard if has_named else strange
        return Branch(0.3 + 0.7 * share * len(kept) / len(strange), lexical_scores(snapshot, kept))
    here = [w for w in strange if stands_anywhere(snapshot, w)]
    if not here:
        return Branch(0.12, np.zeros(len(snapshot), np.float32))
    scores = lexical_scores(snapshot, here)
    # One track that has all of the words is likely meant by them ("calm wesnoth"); a sentence whose words lie scattered
    # over many tracks ("our trip to the lake") only tells a story.
    meant = float(scores.max()) ** 2
    return Branch(0.12 + (0.18 + 0.7 * share * len(here) / len(strange)) * meant, scores)


def branches_at(branches: dict[str, Branch], row: int) -> dict[str, float]:
    """Return each branch's score of one row."""
    return {name: float(b.scores[row]) for name, b in branches.items()}


def _validate(request: SearchRequest) -> None:
    if not 1 <= request.n <= MAX_RESULTS:
        raise QueryError(f"n is {request.n}; ask for 1 to {MAX_RESULTS} tracks.")
    if not (is_sentence(request.text) or request.constraints or request.like or request.sound or request.scene):
        raise QueryError("There is nothing to search by; give words, a wish, a track, a sound or a video.")


def _cosines(view: VectorView, query: FloatArray, n: int) -> FloatArray:
    """Return the cosine of every snapshot row with the query; rows without a vector get -1."""
    rows, scores = view.store.search(query[None], len(view.store))
    cosines = np.full(n, -1.0, np.float32)
    targets = view.row_of[rows[0]]
    known = targets >= 0
    cosines[targets[known]] = scores[0][known]
    return cosines


def _banded(cosines: FloatArray, band: tuple[float, float]) -> FloatArray:
    banded: FloatArray = np.clip((cosines - band[0]) / (band[1] - band[0]), 0, 1)
    return banded
