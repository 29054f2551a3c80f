"""Which intent a message has, by the patterns and by what was read in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.generation.spoken import makes_of_it
from agent.planner.patterns import Patterns
from agent.planner.relations import Relations
from agent.standing import TOPICS
from agent.values import Attachment, Comparison, DialogueState, Edit, Intent, NamedReference
from catalog.values import FeedbackKind
from retrieval.lexical import content_words
from retrieval.reading.wishes import Wishes, residue
from retrieval.vocabulary import load_vocabulary

_OF_TRACKS = re.compile(
    r"#\s?\d|\b(?:tracks?|songs?|ones?|number|save|store|export|list|playlist|it|them|that|this)\b", re.IGNORECASE
)


_CLAUSE = re.compile(r"[,;.!?]\s*|\b(?:but|and|then)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """What the rules read in a message, whatever its intent."""

    handles: tuple[int, ...]
    named: tuple[NamedReference, ...]
    comparisons: tuple[Comparison, ...]
    wishes: Wishes
    agreed: bool
    related: Relations


class Intents:
    """The intents of messages whose places, names and wishes are read; `patterns` are those of the planner."""

    def __init__(self, patterns: Patterns) -> None:
        self._patterns = patterns

    def of(self, message: str, state: DialogueState, attachments: Sequence[Attachment], reading: ReadMessage) -> Intent:
        """Return the intent of a message in English words."""
        kinds = {a.kind for a in attachments}
        if reading.agreed and "midi" not in kinds:
            return "generate" if state.pending_generation else "refine"
        if "playlist" in kinds:
            return "continue_playlist"
        if "midi" in kinds:
            return "generate"  # notes are handed over to be written around
        if kinds & {"video", "image"}:
            return "generate" if self._patterns.intent_of(message, False) == "generate" else "music_for_video"
        if "audio" in kinds and makes_of_it(message):
            return "generate"
        if reading.related.path:
            return "path"
        intent = self._patterns.intent_of(message, bool(state.standing.results))
        if intent is not None:
            return _as_told(intent, message, reading)
        if "audio" in kinds:
            return "similar"
        return self._search_intent(message, state, reading)

    def _search_intent(self, message: str, state: DialogueState, reading: ReadMessage) -> Intent:
        cue = self._patterns.cue
        if _relates(reading, bool(state.standing.results)) or any(c.op == "like" for c in reading.wishes.constraints):
            return "similar"
        if reading.named:
            return "similar" if cue("similar", message) else "exact_track"
        if reading.handles:
            return self._about_handles(message, reading)
        if state.standing.results and cue("similar_to_list", message):
            return "similar"
        if self._patterns.cue("anew", message) and _names_topic(reading):
            return "recommend"
        if (state.standing.results or state.standing.constraints) and self._refines(message, state, reading):
            return "refine"
        if not (content_words(message) or reading.wishes.constraints or cue("surprise", message)):
            return "clarify"
        return "recommend"

    def _about_handles(self, message: str, reading: ReadMessage) -> Intent:
        cue, wishes = self._patterns.cue, reading.wishes.constraints
        if cue("similar_to_handle", message) and not cue("dislike", message):
            return "similar"
        if cue("like", message) or cue("dislike", message):
            return "refine" if wishes or reading.comparisons else "feedback"
        return "similar" if wishes or reading.comparisons else "exact_track"

    def _refines(self, message: str, state: DialogueState, reading: ReadMessage) -> bool:
        """Tell whether a message changes the standing wishes rather than starting on a new topic."""
        cue = self._patterns.cue
        if reading.comparisons or any(cue(c, message) for c in ("refining", "fresh", "other_artist")):
            return True
        if state.standing.scene is not None and cue("scene", message):
            return True
        # Nothing but limits ("in A minor", "under 2 minutes", "I don't want guitars") is no topic of its own.
        limits = all(c.op == "not" or c.field not in TOPICS for c in reading.wishes.constraints)
        said = self._patterns.without("instead", reading.wishes.rest)
        return bool(reading.wishes.constraints) and limits and not residue(said)

    def reaction(self, message: str, handles: tuple[int, ...]) -> FeedbackKind | None:
        """Return whether a message likes or dislikes the tracks at some places; None where there are none."""
        if not handles:
            return None
        if self._patterns.cue("dislike", message):
            return "dislike"
        return "like" if self._patterns.cue("like", message) else None

    def edit(self, message: str) -> Edit:
        """Return what a message does to a list."""
        edits: tuple[Edit, ...] = ("unpin", "pin", "unban", "ban", "remove", "save")
        return next((edit for edit in edits if self._patterns.cue(edit, message)), "add")


def _as_told(intent: Intent, message: str, reading: ReadMessage) -> Intent:
    """Return what a pattern's intent is beside what else was read."""
    if intent == "ask_library":
        return _of_library(message, reading)
    if intent == "edit_playlist" and _takes_out_a_sound(message, reading):
        return "similar" if reading.handles else "refine"
    return intent


def _takes_out_a_sound(message: str, reading: ReadMessage) -> bool:
    """Tell whether what is taken out is no track but a sound: "the first is nice, but can we lose the drums"."""
    refused = [c for c in reading.wishes.constraints if c.op == "not" and c.field in TOPICS and c.source_text]
    clauses = [part for part in _CLAUSE.split(message) if any(c.source_text in part for c in refused)]
    return bool(clauses) and not reading.named and not any(_OF_TRACKS.search(part) for part in clauses)


def _of_library(message: str, reading: ReadMessage) -> Intent:
    """Return what a question about the catalogue is: some are answered by a track."""
    ordered = any(c.field == "order" for c in reading.wishes.constraints)
    if ordered and "how many" not in message.casefold():
        return "recommend"  # "What is the longest track you have?"
    return "explain" if reading.handles else "ask_library"  # "Who is the artist of #2?"


def _names_topic(reading: ReadMessage) -> bool:
    """Tell whether a message names what music is to be like, be it by a style that nobody can hear out."""
    styles = load_vocabulary().unheard
    wished = any(c.field in TOPICS and c.op == "is" for c in reading.wishes.constraints)
    return wished or any(word in styles for word in content_words(reading.wishes.rest))


def _relates(reading: ReadMessage, has_results: bool) -> bool:
    """Tell whether tracks are to be alike in an attribute, or like one and less like another."""
    related, given = reading.related, bool(reading.handles or reading.named)
    if related.attribute is not None:
        return given or has_results
    return given and bool(related.less or related.less_named)
