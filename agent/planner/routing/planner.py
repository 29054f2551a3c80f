"""Rules where they are certain; where a trained model is surer of another kind, the rules read the message as that."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agent.languages import common_words, read
from agent.planner.afterthoughts import said_after_all_is_dropped
from agent.planner.forms import CERTAIN
from agent.planner.pointing import loose_places, without_places
from agent.planner.routing.concepts import NearConcepts
from agent.planner.routing.kinds import KINDS, kind_of
from agent.planner.routing.router import Message, Router, message_of
from agent.planner.rules import RulePlanner
from agent.questions.reading import asks
from agent.standing import TOPICS
from agent.values import Attachment, Comparison, DialogueState, Question, TurnPlan
from catalog.names import fold
from encoders.protocols import TextEncoder
from retrieval.constraints import Constraint, Field
from retrieval.lexical import content_words
from retrieval.reading.wishes import residue
from retrieval.vocabulary import load_vocabulary

# From this probability on another kind than the rules' is taken: where they disagree on texts that were left out in
# training, the router is right more often down to here. What is kept or undone wants more than a good guess.
SURE, SURE_TO_CHANGE = 0.4, 0.6
# "Thank you, can I have some blues now?" is small talk with a wish, "I'd like world music to play at work" no order to
# compose: from this on a message with a wish asks for no tracks.
SURE_OF_NO_SEARCH = 0.9
# A part says more than which tracks: "the first" alone is done nothing to.
_NOT_PLACES = re.compile(
    r"\b(?!(?:of|by|from|to|for|with|on|in|the|and|or|both|also|number|track|song|one|play|show|give|me|my)\b)[^\W\d_]{2,}",
    re.IGNORECASE,
)
_ACTS = frozenset({"edit_playlist", "feedback"})
_SEARCHES = frozenset({"recommend", "refine"})
_NAMES = frozenset({"artist", "album"})
_WISHING = frozenset({"recommend", "refine", "similar", "generate", "continue_playlist"})
_FIELDS: Mapping[str, Field] = {"genre": "genre", "mood": "mood", "instrument": "instrument"}
# Moods that say of themselves what a comparison says of the tracks on the screen.
_MOODS: Mapping[Comparison, tuple[str, ...]] = {
    "calmer": ("calm",), "more energetic": ("energetic", "party"), "darker": ("dark", "sad"), "happier": ("happy",),
}  # fmt: skip
_OF_LENGTH, _OF_PACE = frozenset({"shorter", "longer"}), frozenset({"faster", "slower"})
_OF_THESE = re.compile(r"\b(?:too|so|is|are|sounds?|feels?|makes?|this|these|it|they|all)\b|['’]s\b", re.IGNORECASE)
_A_LIST = re.compile(r"\ba\b.{0,60}\bplaylist\b", re.IGNORECASE)  # "make a playlist of ..." asks for one
_DOUBT = 0.3  # below this probability of the rules' own kind they are no longer sure of themselves
_NEVER = 2.0  # no probability is as high
_ON_SCREEN = 20  # places of a list
_LONGEST = 400  # characters; the model was trained on messages of a sentence or two


class RouterPlanner:
    """The planner that never needs a language model.

    Args:
        rules: reads places, names and wishes, and knows what is certain.
        router: tells the kind.
        encoder: the sentence embeddings that the router was trained on.
    """

    def __init__(self, rules: RulePlanner, router: Router, encoder: TextEncoder) -> None:
        self._rules, self._router, self._encoder = rules, router, encoder
        self._near = NearConcepts(encoder)

    def warm(self) -> None:
        """Load the encoder, so that the first message need not wait for it."""
        self._near.of(["hello"])

    def plan(self, message: str, state: DialogueState, attachments: Sequence[Attachment]) -> TurnPlan:
        """Return the plan; its `confidence` is the router's probability of the kind that was taken."""
        plan = self._routed(message, state, attachments)
        if plan.intent == "chitchat" and plan.question is None and not self._rules.greets(message):
            question = Question(kind="else" if asks(message, read(message)) else "remark")
            plan = plan.model_copy(update={"question": question})
        language = read(message).language
        if not plan.text or plan.intent not in _WISHING or language is None or language == "en":
            return plan
        ours = load_vocabulary().unheard
        words = [w for w in content_words(residue(plan.text)) if w not in common_words(language) and w not in ours]
        known = {c.value for c in plan.constraints}
        more = tuple(
            Constraint(_FIELDS[concept.family], "is", concept.id, word, hard=False)
            for word, concept in self._near.of(words).items()
            if concept.id not in known
        )
        return plan.model_copy(update={"constraints": (*plan.constraints, *more)}) if more else plan

    def _routed(self, message: str, state: DialogueState, attachments: Sequence[Attachment]) -> TurnPlan:
        plan = self._rules.plan(message, state, attachments, self._part)
        surprised = plan.intent == "recommend" and plan.fresh and not (plan.text or state.standing.results)
        if attachments or surprised or self._settled(message, plan) or not 0 < len(message) <= _LONGEST:
            return plan
        # Where nothing was found, what was wished for stands all the same.
        shown = bool(state.standing.results)
        results = shown or bool(state.standing.constraints)
        told = self._router.tell(seen(message, plan, results), self._encoder)
        asked = _asks_only(message)
        able = {
            k: p for k, p in told.items()
            if (shown or not KINDS[k].on_results or (results and KINDS[k].intent == "refine"))
            and not (asked and _changes(k))
        }  # fmt: skip
        best = max(able, key=able.__getitem__)
        if results and (_wished(plan, KINDS[best].comparison, message) or _narrows(plan, best)):
            able["refine"] += able.pop(best)
            best = "refine"
        mine = kind_of(plan)
        if mine is None and plan.intent != "clarify":
            return plan
        if results and (changed := self._of_list(message, state, plan, best, able[best])) is not None:
            return changed
        if mine == "explain" and best == "chitchat":
            return plan  # "Who sings this?" is about the list on the screen.
        if _same(mine, best, plan) or able[best] < self._enough(best, plan, message):
            if best == "continue" and plan.intent == "continue_playlist" and not plan.constraints:
                # "What would come next?" goes on with what there is; its words are no title of another list.
                plan = plan.model_copy(update={"text": ""})
            unsure = min(plan.confidence, 0.5)
            if mine is not None and KINDS[mine].places and not (plan.handles or plan.named):
                update = {"confidence": plan.confidence}
                plan = self._rules.as_kind(message, state, KINDS[mine]).model_copy(update=update)
            return plan if told.get(mine or "", 0.0) >= _DOUBT else plan.model_copy(update={"confidence": unsure})
        other = self._rules.as_kind(message, state, KINDS[best])
        if other.intent == "exact_track" and not (other.handles or other.named):
            # One track is asked for by its name or its place, or not at all.
            return plan.model_copy(update={"confidence": min(plan.confidence, 0.5)})
        return other.model_copy(update={"confidence": able[best], "planner": "router"})

    def _of_list(self, message: str, state: DialogueState, plan: TurnPlan, best: str, sure: float) -> TurnPlan | None:
        """Return the plan where a message changes the list on the screen though it looks like a search; else None."""
        if plan.intent == "refine" and best == "recommend":
            return plan  # a word that changes the list was read; that it may be a search as well, is no news
        if plan.intent == "recommend" and (best == "recommend" or sure < SURE) and _changes_list(plan, best):
            return self._rules.as_kind(message, state, KINDS["refine"]).model_copy(update={"confidence": 0.5})
        return None

    def _part(self, part: str, state: DialogueState) -> TurnPlan:
        """Return the plan of a part of a message: what is done to tracks in words that the rules do not know, too."""
        plan = self._rules.part(part, state)
        shown = len(state.standing.results)
        points = bool(plan.handles) or bool(loose_places(part, shown))
        if not (shown and points) or plan.intent in _ACTS or not _NOT_PLACES.search(without_places(part)):
            return plan
        told = self._router.tell(seen(part, plan, results=True), self._encoder)
        best = max(told, key=told.__getitem__)
        if KINDS[best].intent not in _ACTS or told[best] < SURE_TO_CHANGE:
            return plan
        other = self._rules.as_kind(part, state, KINDS[best])
        return other.model_copy(update={"planner": "router"}) if other.handles else plan

    def _enough(self, kind: str, plan: TurnPlan, message: str) -> float:
        """Return how probable a kind must be to be taken instead of the rules' own."""
        intent, of_music = KINDS[kind].intent, self._rules.speaks_of_music(message)
        if intent in {"chitchat", "ask_library"} and plan.intent in _SEARCHES and self._rules.names_music(message):
            return _NEVER  # "accordion?"
        if (
            intent == "ask_library"
            and plan.intent in _SEARCHES
            and plan.constraints
            and not asks(message, read(message))
        ):
            return _NEVER  # "calm jazz for a library"
        if intent == "generate" and plan.intent in _SEARCHES and plan.constraints and not self._rules.makes(message):
            return _NEVER  # "bossa nova instrumental for my café" asks for what there is
        if intent == "chitchat" and (plan.intent == "generate" or plan.comparisons):
            return SURE_OF_NO_SEARCH
        wishes = any(c.field != "other" for c in plan.constraints)  # "what even is a time signature" wishes for none
        if (wishes or of_music) and plan.intent in _SEARCHES and intent in {"chitchat", "generate"}:
            return SURE_OF_NO_SEARCH
        # "Lovely! I want some Ada Sun" does not only praise; "#6 is so beautiful" does.
        if intent == "feedback" and plan.intent in _SEARCHES and any(c.field in _NAMES for c in plan.constraints):
            return SURE_OF_NO_SEARCH
        if plan.intent == "continue_playlist" and intent in _SEARCHES and _A_LIST.search(read(message).text):
            return SURE_OF_NO_SEARCH
        return SURE_TO_CHANGE if _changes(kind) else SURE

    def _settled(self, message: str, plan: TurnPlan) -> bool:
        """Tell whether the rules read more than a kind: an answer to an offer, steps, a list's shape, two tracks."""
        return bool(
            plan.confidence >= CERTAIN
            or said_after_all_is_dropped(read(message).text) is not None
            or plan.agreed or plan.steps or plan.shape or plan.without or plan.attribute or plan.less or plan.less_named
            or plan.tastes or plan.question
            or plan.intent in {"path", "music_for_video", "profile"}
            or plan.edit in {"move", "rename", "pin", "unpin", "ban", "unban"}
            or (plan.edit == "save" and (plan.playlist_title or self._rules.saves(message)))
            or (plan.intent == "generate" and self._rules.composes(message))
            or (plan.intent == "exact_track" and plan.handles and self._rules.plays(message))
            or (plan.intent == "exact_track" and _only_named(plan))
            or (plan.intent == "similar" and any(c.op == "like" for c in plan.constraints))
            or (plan.intent == "recommend" and self._rules.begins_anew(message))
            or (plan.intent == "chitchat" and self._rules.greets(message))
            or (
                plan.intent in {"recommend", "edit_playlist"} and any(c.field == "order" for c in plan.constraints)
            )
            or plan.unsaid or plan.variation or plan.same_artist or (plan.different_artist and plan.handles)
            or (plan.intent == "explain" and plan.constraints)
            or (plan.intent == "generate" and plan.handles)
            or (plan.intent == "similar" and plan.handles and self._rules.likens(message))
            or (plan.intent == "refine" and plan.fresh and not (residue(plan.text) or plan.constraints))
            or (plan.intent == "clarify" and self._rules.starts_over(message))
        )  # fmt: skip


# "Could you take it out?" orders, "licence of 2?" asks, whatever it is that it asks for.
_POLITE = re.compile(
    r"\b(?:can|could|would|will|may|might|how\s+about|what\s+about|mind|please|kannst|könntest|würdest|magst|geht|bitte|puedes|podrías|"
    r"puede|peux|pourrais|pouvez|veux)\b|能|可以|行吗|好吗|可否",
    re.IGNORECASE,
)


def _asks_only(message: str) -> bool:
    """Tell whether a message is a question that asks politely for nothing: no guess makes an order of it."""
    return message.rstrip(" 。.").endswith(("?", "？", "吗", "么")) and _POLITE.search(message) is None


def _only_named(plan: TurnPlan) -> bool:
    """Tell whether a message is an order to play and a name, nothing else: "play Blue Monday"."""
    return len(plan.named) == 1 and fold(plan.text) == fold(plan.named[0].title) and len(plan.text.split()) > 1


def seen(message: str, plan: TurnPlan, results: bool) -> Message:
    """Return what the router sees of a message that the rules read as `plan`."""
    english = read(message).text
    places = bool(plan.handles) or (results and bool(loose_places(english, _ON_SCREEN)))
    return message_of(
        message, english, plan.constraints, results=results, places=places,
        names=bool(plan.named), titled=plan.playlist_title is not None,
    )  # fmt: skip


def _wished(plan: TurnPlan, comparison: Comparison | None, message: str) -> bool:
    """Tell whether what would be compared is wished for in so many words: "additionally energetic", "kind of mournful".

    "This is so mournful" complains: there the opposite is wanted.
    """
    if comparison is None or comparison not in _MOODS or plan.comparisons:
        return False
    wished = [load_vocabulary().concept(str(c.value)) for c in plan.constraints if c.field == "mood" and c.op == "is"]
    if _OF_THESE.search(read(message).text):
        return any(concept is not None and concept.id in _MOODS[comparison] for concept in wished)
    return bool(wished)


def _narrows(plan: TurnPlan, kind: str) -> bool:
    """Tell whether wishes narrow what is shown where a kind takes them for less.

    "Longer than 5 minutes" compares with no track; "that, but with strings" is like none in particular.
    """
    comparison = KINDS[kind].comparison
    if comparison in _OF_LENGTH and not plan.comparisons:
        return bool(plan.constraints)
    if comparison in _OF_PACE and not plan.comparisons:
        return any(c.field == "tempo" for c in plan.constraints)
    if kind != "similar" or not plan.constraints or plan.handles or plan.named:
        return False
    # "In the vein of X" is like X; "by X" narrows.
    near = (c for c in plan.constraints if c.op == "like" or c.field in _NAMES)
    return all(c.op == "is" and c.source_text.casefold().startswith("by ") for c in near)


def _changes_list(plan: TurnPlan, best: str) -> bool:
    """Tell whether what looks like a search changes the list on the screen: it only limits, or may be no search at all.

    With a list on the screen hardly anybody starts anew without saying so (none of 259 messages of strangers).
    """
    limits = all(c.op == "not" or c.field not in TOPICS for c in plan.constraints)
    return limits or KINDS[best].intent == "refine"


def _changes(kind: str) -> bool:
    return KINDS[kind].intent in _ACTS | {"undo"}


def _same(mine: str | None, best: str, plan: TurnPlan) -> bool:
    """Tell whether two kinds come to the same plan: a list that goes on and one to make differ in nothing it says."""
    if mine is None or mine == best:
        return mine == best
    # A comparison that stands in the message in so many words is no matter of likelihood.
    if plan.comparisons and KINDS[best].comparison:
        return True
    return KINDS[mine].intent == KINDS[best].intent == "continue_playlist"
