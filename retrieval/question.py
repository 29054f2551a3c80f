"""A request as branches: what its words, its seeds and its picture say, each as one side to look from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from catalog.names import fold
from encoders.protocols import QueryFuser, TextEncoder
from encoders.zero_shot import MUSIC_TEMPLATES, ensemble
from retrieval.concept_ranking import concept_scores
from retrieval.concepts import FloatArray
from retrieval.constraints import Constraint
from retrieval.filters import Compiled
from retrieval.lexical import content_words, lexical_scores, stands_anywhere
from retrieval.reading.wishes import DESCRIPTION
from retrieval.scene_ranking import scene_scores
from retrieval.scorers import Branch, ColumnScorer, VectorScorer
from retrieval.seeds import company_branch, near_branches, seed_branches
from retrieval.snapshot import BoolArray, Snapshot
from retrieval.state import State
from retrieval.targets import target_branch
from retrieval.trimodal import trimodal_branches
from retrieval.values import SearchRequest
from retrieval.vocabulary import load_vocabulary

MAX_TEXT = 2_000
# How much each word of a description counts where a track has them all, and the share that some track has by chance.
_PER_WORD, _SCATTERED = 8.0, 0.05
# Many soft wishes say together what few say, and not over everything else.
_MOST_OF_WISHES = 2.0
# One or two words beside a known one narrow it ("flamenco guitar"); more of them tell of an occasion.
STORY_WORDS = 2
# What a hard wish that every track holds is worth, and the share of it by which tracks of one artist may differ.
_HELD, _BETWEEN = 0.8, 0.3
# Who asks for an artist means their own tracks before those on which they are guests.
_GUEST = 0.7
# What the names of lists say counts as much as what is heard. Who stands in lists beside an artist that was named comes
# after their own tracks; of those, what no list has gives way to what most have, and still leads guest appearances.
_LISTED, _BESIDE, _KNOWN = 1.0, 0.2, 0.15
# Enough of an artist to tell what they are like.
MAX_LIKE_ROWS = 50
# Cosines of the text encoder live in a band; these ends map to 0 and 1. Measured on the demo catalogue.
_TEXT_BAND = (0.50, 0.80)
_CONCEPT_BAND = (0.66, 0.80)
# Joint models of words and music: what their authors print for wrong and right pairs. Not measured here: no such
# weights could be had.
_JOINT_BAND = (0.0, 0.5)


class QuestionReader:
    """Turns requests into branches; safe to call from several threads.

    Args:
        text: encoder of the text branch, or None to do without.
        fuser: a trained tri-modal model, or None to do without.
        tower: the text tower of a joint music encoder, or None to do without.
    """

    def __init__(
        self, text: TextEncoder | None, fuser: QueryFuser | None = None, tower: TextEncoder | None = None
    ) -> None:
        self._text = text
        self._tower = tower
        self._fuser = fuser
        self._concept_vectors: FloatArray | None = None

    def branches(
        self, state: State, request: SearchRequest, compiled: Compiled, weights: Mapping[str, float]
    ) -> list[Branch]:
        """Return every side that the request speaks to; `weights` are its concepts."""
        branches = self._word_branches(state, request.text[:MAX_TEXT], weights)
        branches += seed_branches(state, request)
        if self._tower is not None and state.music is not None and content_words(request.text):
            query = ensemble(self._tower, [request.text[:MAX_TEXT]], MUSIC_TEMPLATES)[0]
            branches.append(Branch("by ear", 0.6, VectorScorer(state.music, query, _JOINT_BAND)))
        if self._fuser is not None and self._text is not None:
            branches += trimodal_branches(state, request, self._fuser, self._text)
        if request.scene is not None:
            # What the user says outweighs what the picture shows.
            spoken = bool(weights or content_words(request.text))
            scorer = ColumnScorer(scene_scores(state.snapshot, request.scene))
            branches.append(Branch("scene", 0.3 if spoken else 1.0, scorer))
        branches += _wish_branches(state, compiled)
        if request.targets:
            branches.append(target_branch(state.snapshot, request.targets))
        if (artists := [str(c.value) for c in request.constraints if _names_artist(c)]) and compiled.allowed.any():
            branches.append(Branch("artist", 1.0, ColumnScorer(self._of_artists(state, artists, compiled.allowed))))
        if not branches:
            # Only hard wishes: every allowed row is as good as the next, and none is any good if none could be checked.
            enforced = any(r.status == "enforced" for r in compiled.receipts)
            everywhere = np.full(len(state.snapshot), 0.8 if enforced else 0.3, np.float32)
            branches.append(Branch("browse", 1.0, ColumnScorer(everywhere)))
        return branches

    def concept_weights(self, text: str, compiled: Compiled | None = None) -> dict[str, float]:
        """Return which concepts a text asks for (> 0) or against (< 0), by its words, else by their meaning."""
        weights = dict(compiled.weights) if compiled is not None else {}
        vocabulary = load_vocabulary()
        for mention in vocabulary.mentions(text[:MAX_TEXT]):
            weights.setdefault(mention.concept.id, -1.0 if mention.negated else vocabulary.strength(mention.text))
        if not weights and self._text is not None and content_words(text):
            weights = self._nearest_concepts(text)
        return weights

    def _of_artists(self, state: State, artists: Sequence[str], allowed: BoolArray) -> FloatArray:
        """Return ``(n,)`` how well the tracks of artists who must be theirs stand for them, close to one another.

        All hold the wish, so there is little between them: their own before those with others, then those whose words
        are mostly the name (an album that bears it) before the rest.
        """
        own = np.max([_by(state, artist, allowed) for artist in artists], axis=0)
        near = np.zeros(len(state.snapshot), np.float32)
        if self._text is not None and state.text is not None:
            rows = np.flatnonzero(allowed)
            places = state.text.store_row[rows]
            query = self._text.encode([", ".join(artists)], "query")[0]
            near[rows[places >= 0]] = state.text.store.vectors(places[places >= 0]) @ query
        scores: FloatArray = np.where(allowed, _HELD * (1 - _BETWEEN * (2 - own - near) / 2), 0.0).astype(np.float32)
        return scores

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

    def _word_branches(self, state: State, text: str, weights: Mapping[str, float]) -> list[Branch]:
        snapshot = state.snapshot
        branches = []
        words = content_words(text)
        named = {w for m in snapshot.vocabulary.mentions(text) if not m.negated for w in fold(m.text).split()}
        if weights:
            heard = concept_scores(snapshot, weights, snapshot.vocabulary.either(text))
            # A track whose name or tags say the very words is likely what was meant, whatever the tagger hears.
            said = lexical_scores(snapshot, [w for w in words if w in named])
            branches.append(Branch("concepts", 1.0, ColumnScorer(np.maximum(heard, 0.4 * heard + 0.6 * said))))
        if words and (listed := state.company.listed(text)) is not None:
            branches.append(Branch("listed", _LISTED * listed.trust, ColumnScorer(listed.scores), soft=True))
        strange = [w for w in words if w not in named]
        told = _description(snapshot, words)
        if told is not None:
            branches.append(told)
        elif strange:
            branches.append(_strange_words(snapshot, strange, len(strange) / len(words), bool(named)))
        if self._text is not None and state.text is not None and words:
            query = self._text.encode([text], "query")[0]
            # A wish with a story around it: the more of it is story, the less its text as a whole tells.
            story = len(strange) / len(words) if named and len(strange) > STORY_WORDS else 0.0
            weight = 0.4 * (1 - 0.8 * story) if told is None else 0.5 * told.weight
            branches.append(Branch("text", weight, VectorScorer(state.text, query, _TEXT_BAND)))
        return branches


def _wish_branches(state: State, compiled: Compiled) -> list[Branch]:
    """Return the branches of soft wishes that are no concepts.

    Several artists are alternatives; the other wishes add up. An artist to be like is told by the sound, or else the
    description, of their tracks.
    """
    branches = []
    named = [_by(state, str(w.value), m) for w, m in compiled.preferred if w.field == "artist" and w.op == "is"]
    if named:
        beside = state.company.near(str(w.value) for w, _ in compiled.preferred if w.field == "artist" and w.op == "is")
        held = np.max(named if beside is None else [*named, np.float32(_BESIDE * beside.trust) * beside.scores], axis=0)
        branches.append(Branch("artist", 1.0, ColumnScorer(held)))
    for wish, mask in compiled.preferred:
        if wish.op == "like":
            branches += near_branches(state, f"like {wish.value}", 1.0, np.flatnonzero(mask)[:MAX_LIKE_ROWS])
            branches += company_branch(state, 1.0, [str(wish.value)])
    others = [(w.weight, m) for w, m in compiled.preferred if w.field != "artist"]
    if others:
        weights, masks = zip(*others, strict=True)
        held = np.average(np.asarray(masks, np.float32), axis=0, weights=weights)
        branches.append(
            Branch("wishes", min(0.5 * sum(weights), _MOST_OF_WISHES), ColumnScorer(np.asarray(held, np.float32)))
        )
    return branches


def _names_artist(wish: Constraint) -> bool:
    return wish.field == "artist" and wish.op == "is" and wish.hard


def _by(state: State, artist: str, held: BoolArray) -> FloatArray:
    """Return ``(n,)`` 1 for an artist's own tracks, less for those where others come first ("Doja Cat, Gunna").

    Where playlists tell which of their songs are well known, those stand before the rest.
    """
    snapshot = state.snapshot
    name, codes = fold(artist), snapshot.artist_code[held]
    own = [c for c in np.unique(codes).tolist() if f"{snapshot.artist_names[c]} ".startswith(f"{name} ")]
    scores = np.zeros(len(snapshot), np.float32)
    scores[held] = np.where(np.isin(codes, own), np.float32(1), np.float32(_GUEST))
    known = state.company.known[held]
    if (most := float(known.max(initial=0))) > 0:
        scores[held] *= 1 - np.float32(_KNOWN) * (1 - known / most)
    return scores


def _description(snapshot: Snapshot, words: list[str]) -> Branch | None:
    """Return the branch of a description, by all its words; None for fewer words, or where they lie scattered.

    Where some track has many of them at once, all the words together tell it better than the concepts among them.
    """
    if len(words) < DESCRIPTION:
        return None
    scores = lexical_scores(snapshot, words)
    weight = _PER_WORD * len(set(words)) * max(0.0, float(scores.max(initial=0.0)) - _SCATTERED) ** 2
    return Branch("words", weight, ColumnScorer(scores)) if weight > 1 else None


def _strange_words(snapshot: Snapshot, strange: list[str], share: float, has_named: bool) -> Branch:
    """Return the branch of the words that name no concept.

    Beside named concepts a word that stands nowhere in the catalogue tells the tracks not apart ("calm music for my
    nephew"), so it costs a little; without any concept it is all there is, and that nothing has it is the answer. So it
    is with a style that cannot be heard ("flamenco guitar"): only a name or a tag can meet it.
    """

    def branch(weight: float, scores: FloatArray) -> Branch:
        return Branch("words", weight, ColumnScorer(scores))

    unheard = [w for w in strange if w in snapshot.vocabulary.unheard]
    if not has_named or unheard:
        kept = unheard if has_named else strange
        return branch(0.3 + 0.7 * share * len(kept) / len(strange), lexical_scores(snapshot, kept))
    here = [w for w in strange if stands_anywhere(snapshot, w)]
    if not here:
        return branch(0.12, np.zeros(len(snapshot), np.float32))
    scores = lexical_scores(snapshot, here)
    # One track that has all of the words is likely meant by them ("calm wesnoth"); a sentence whose words lie scattered
    # over many tracks ("our trip to the lake") only tells a story.
    meant = float(scores.max()) ** 2
    return branch(0.12 + (0.18 + 0.7 * share * len(here) / len(strange)) * meant, scores)
